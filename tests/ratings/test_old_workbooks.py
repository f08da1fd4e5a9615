"""Old workbooks (.xls): cells that calamine would pass over, texts that it would misread."""

import struct
import zlib
from base64 import b64decode
from pathlib import Path

import olefile
import pytest

from cftui.ratings.reading.readers import read
from cftui.ratings.reading.titles_for import titles_for
from cftui.ratings.sources.locate import locate
from cftui.ratings.sources.records import BrokenRecords, check_records
from cftui.ratings.values import DataError

PERL = """
    eNrtWL1v00AU//nsfCFK09B2QCBFSHz0YwBFSCyQFNGhAwviowNLUJIStU2kJEViwhTYQEIgVfJG/wQWFhjCxmAJ+A8KAokF
    qQMgBsrx7vnsOKGVUtShID/n7t397r2f7Xu+l7PfvhlaW3124D165CxM/JIpxEOYQSXpd9KgcSlV09cpKjKSf0pSSQpkPIYX
    A25iiuKn4n0OAh+tM8hwoK+d+nLitI7/rHhIY8Bhrk9iBK9VzG8/MryHIoapRrW4sEsGXop+B0bxtIsqjkvFG/XFou+yF2rE
    6LisYZgNv8lsaIG0s1341wjfKdzAZvM84dn/6MXHtsAnt8DHt8BTm+J7/OtJdvAnwkLaNqXSQ3acdca2WO+3E6xhg/WwHZOP
    8QHeolK5k7OnrlQqZYQatoJ0ZdtcQzXa7TYpG44j4eQqZOrCJfsKHVIZVqjvSvaTmtPjszWd7Z2QbJSfS/5SOnCoLx3yJV7p
    OshVJHKuSzhZq+JQqRB9xcHKygrIADmHgBz9qDhcCMuRLwH3MYB3lrfSrnxvlZsPYNHUGfiJaSR0tqGy1Cw3ZkoELNZvVssz
    JYIaxVa1NhcDWtXWQnkQOF+szZUb9aVm9kK1VmoKGJ/Kk3OSopHEsqWWKDgyXkJLdyW0cU5XE1QbWOa23QkejqjY0GzcoZFX
    1jD98ZGMeOouW9/j+mjg8zl/LNQ+HrTX82Oh9iqlSaAEL6cISp6zOu+s5X1t4DKNkI/Yx4gV1Bt8N8Ag1xv6qRtkNq8nqCeC
    nkk9dckmMRmBH3Cw4CFGgOQ1IgLEKigOgzkszSFCHNmCh/RyiBBHmjlEF4f5B4cZ4ihopMOxnlccJnPE1CZEZPA8wbah1X9I
    36nekUAHPpJIIokkkkgiiSSSfuQi6nS06HVmGjXSDdzalv8obdT8bwlGnz7+9yIlV+nsDczjOl/H/LavP0Pbx/D3jL4d0zs3
    h391fuyO8xv8IgHeUFv8oua9MiV0nFTZiD6T/bfyG+2gECc=
"""
"""What Spreadsheet::WriteExcel 2.40 for Perl wrote of ROWS: BIFF8 that claims to be cp1252."""
ROWS = [("7", "31", 2.5), ("8", "31", 4.0), ("8", "32", 1.0)]
TITLES = {"31": "Dangerous Minds", "32": "\u65e5\u672c"}


def record(kind: int, content: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def number(row: int, column: int, value: float) -> bytes:
    return record(0x0203, struct.pack("<HHHd", row, column, 15, value))


def integers(row: int, *values: int) -> bytes:
    cells = b"".join(struct.pack("<HI", 15, value << 2 | 2) for value in values)
    return record(0xBD, struct.pack("<HH", row, 0) + cells + struct.pack("<H", len(values) - 1))


BOF, EOF, WINDOW = record(0x0809, struct.pack("<HHHH", 0x0600, 5, 0, 0)), record(0x0A), 0x023E
ROWS_OF = record(0x0208, struct.pack("<HHHHHHHH", 1, 0, 3, 255, 0, 0, 0, 15))
ONE = number(1, 0, 7) + number(1, 1, 31) + number(1, 2, 2.5)
TWO, THREE = integers(2, 8, 31, 4), integers(3, 8, 32, 1)
CHART = BOF + number(9, 9, 5) + EOF
"""What a chart remembers of its points looks like cells."""
VIEW = record(WINDOW, struct.pack("<HHHHIHHI", 0x06B6, 0, 0, 0, 0, 0, 0, 0))
PICK = record(0x1D, b"\3" + struct.pack("<HHHH", 253, 10, 0, 1))  # as LABELSST begins
MERGED = record(0xE5, struct.pack("<HHHHH", 1, 4, 5, 0, 1))


def book(*sheets: bytes) -> bytes:
    """Return the records of a workbook of these sheets, without their beginnings."""
    bounds = [struct.pack("<IBBBB", 0, 0, 0, 1, 0) + name for name in (b"A", b"B")]
    at = len(BOF) + len(sheets) * len(record(0x85, bounds[0])) + len(EOF)
    head = BOF
    for bound, sheet in zip(bounds, sheets, strict=False):
        head += record(0x85, struct.pack("<I", at) + bound[4:])
        at += len(BOF) + len(sheet)
    return head + EOF + b"".join(BOF + sheet for sheet in sheets)


def said(length: int, whole: bytes) -> bytes:
    """Return a record that is said to be so long, and what it is followed by."""
    return whole[:2] + struct.pack("<H", length) + whole[4:]


SOUND = ROWS_OF + ONE + TWO + THREE + VIEW + PICK + EOF


def test_sound_workbooks_are_none_of_the_broken_ones() -> None:
    blanks = record(0xBE, struct.pack("<HHHHHHHHH", 638, 10, 68, 68, 68, 68, 68, 13, 0)[:-2])
    text = record(
        0x0204, struct.pack("<HHHHB", 5, 0, 15, 3, 1) + "\u65e5\u672cx".encode("utf-16-le")
    )
    formula = record(0x06, struct.pack("<HHHdHIH", 253, 10, 15, 3, 0, 0, 0))
    for sheet in (
        SOUND,
        SOUND + bytes(400),  # as xlwt fills a sector
        ONE + MERGED + TWO + text + formula + record(0x0207, b"\3\0\0abc") + VIEW + EOF,
        ROWS_OF + blanks + VIEW + CHART + record(0x0867, bytes(19)) + EOF,
        record(0x0203, number(1, 0, 7)[4:] + b"\0\0") + VIEW + EOF,  # Excel takes that too
        EOF,
    ):
        check_records(book(sheet, SOUND))
    check_records(BOF + record(0x2F, bytes(6)) + b"\x85\0\xff\0")  # locked


BROKEN = [
    ("record 2 takes up the cell of row 2", [said(16 + len(ONE), ROWS_OF), ONE, TWO, VIEW, EOF]),
    (
        "record 3 takes up the cell of row 3",
        [ONE[:18], said(14 + len(TWO), ONE[:18]), TWO, THREE, EOF],
    ),
    ("record 2 is longer than what is left", [said(9000, ROWS_OF), ONE, VIEW, EOF]),
    (" has no end after record 5", [ONE, VIEW]),
    ("record 3 takes up the cell of row 3", [ONE[:18], EOF, TWO, THREE, VIEW, EOF]),
    ("record 5 is none of a table's", [ONE, b"\xbc" + TWO[1:], THREE, VIEW, EOF]),
    ("record 6 takes up the cell of row 4, column 1", [ONE, TWO, b"\xbc" + THREE[1:], VIEW, EOF]),
    ("record 3 is none of a table's", [ONE[:18], bytes(36), TWO, THREE, VIEW, EOF]),
]


@pytest.mark.parametrize(("told", "records"), BROKEN)
def test_a_record_that_takes_up_cells_is_told(told: str, records: list[bytes]) -> None:
    with pytest.raises(BrokenRecords, match=f"^sheet 'A'.*{told}"):
        check_records(book(b"".join(records), SOUND))


def test_a_workbook_that_leads_nowhere_is_told() -> None:
    whole = book(SOUND)
    at = len(BOF) + 4
    with pytest.raises(BrokenRecords, match="sheet 'A' is not where it should be"):
        check_records(whole[:at] + b"\3" + whole[at + 1 :])
    with pytest.raises(BrokenRecords, match="the workbook has no end after record 1"):
        check_records(BOF)


def written(folder: Path) -> Path:
    (folder / "votes.xls").write_bytes(zlib.decompress(b64decode(PERL)))
    return folder / "votes.xls"


def test_texts_that_claim_to_be_of_a_code_page_are_read_as_the_unicode_they_are(
    tmp_path: Path,
) -> None:
    files = locate(written(tmp_path))
    table = read(files)
    users, items = ([str(one) for one in ids] for ids in (table.user_ids, table.item_ids))
    of = zip(table.user, table.item, table.value, strict=True)
    assert [(users[user], items[item], float(value)) for user, item, value in of] == ROWS
    assert titles_for(files, items).titles == TITLES


def test_an_old_workbook_with_a_record_too_long_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path)
    with olefile.OleFileIO(str(path), write_mode=True) as document:
        stream = document.openstream("Workbook").read()
        size = record(0x0200, struct.pack("<IIHHH", 0, 4, 0, 4, 0))
        assert stream.count(size) == 1
        head = 4 * len(record(0xFD, bytes(10)))
        document.write_stream("Workbook", stream.replace(size, said(14 + head + 3 * 18, size)))
    reason = r"sheet 'V\xf6tes', record \d+ takes up the cell of row 1, column 1"
    with pytest.raises(DataError, match=rf"votes.xls: not a sound workbook \({reason}\); save it"):
        read(locate(path))
