"""Whether the records of an old workbook (.xls, BIFF5 and BIFF8: [MS-XLS] 2.1.4) are whole.

calamine believes what a record says of its length: one that says too much takes up the cells that
follow, unseen, a false end of a sheet hides the rest of it, and one of no known type is passed
over. A record of a cell is known to be so long; what looks like one anywhere else, and is of no
cell that is read, has been lost. What ROW and DIMENSIONS say tells nothing: a tenth of 500 sound
files (Excel's, LibreOffice's, Gnumeric's and others') do not hold to it.
"""

import re
import struct
from collections.abc import Iterator
from typing import NamedTuple

BOF, EOF, BOUNDSHEET, FILEPASS, CODEPAGE = 0x0809, 0x0A, 0x85, 0x2F, 0x42
NUMBER, RK, LABELSST, LABEL, RSTRING = 0x0203, 0x027E, 0xFD, 0x0204, 0xD6
BLANK, BOOLERR, FORMULA, MULRK, MULBLANK = 0x0201, 0x0205, 0x06, 0xBD, 0xBE
ROW, DBCELL, STRING, NOTE, WINDOW2 = 0x0208, 0xD7, 0x0207, 0x1C, 0x023E
ONE_CELL = {
    **{NUMBER: 14, RK: 10, LABELSST: 10, LABEL: 8, RSTRING: 8},
    **{BLANK: 6, BOOLERR: 8, FORMULA: 22},
}
"""Records of one cell, with the bytes that each has at least; some programs write a few more."""
OWN = {**ONE_CELL, ROW: 16, DBCELL: 68, NOTE: 8}
"""Bytes of a record that are its own, however much they look like another."""
CELLS = {MULRK: 6, MULBLANK: 2}
"""Records of cells side by side, with the bytes that each cell takes."""
LIKE_CELLS = re.compile(
    rb"\x03\x02\x0e\0|\x7e\x02\x0a\0|\xfd\0\x0a\0|\x04\x02..|\xbd\0..", re.DOTALL
)
"""How records of numbers and texts begin."""
TABLE = {*ONE_CELL, *CELLS, ROW, DBCELL, STRING}
"""What the table of cells is made of."""
AFTER_CELL = {*TABLE, WINDOW2, EOF}
"""What may follow a record that looks like a cell: bytes of another kind go on differently."""
BESIDE = {
    *(*AFTER_CELL, NOTE, 0x1D, 0x29, 0x34, 0x3C, 0x3D, 0x50, 0x5D, 0x7D, 0x80, 0xAB, 0xE5, 0xEC),
    *(0x01B8, 0x01BA, 0x01C2, 0x0221, 0x0236, 0x0406, 0x04BC),
}
"""What else programs write next to a cell: formulas' further parts, what is drawn, views."""
LAST_COLUMN = 255
WORKSHEET, BIFF8 = 0, b"\0\6"
HEADER = PLACE = struct.Struct("<HH")
BOUND = struct.Struct("<IBBB")
Cell = tuple[int, int]
"""Row and column, from 0."""


class BrokenRecords(ValueError):
    """A record that cannot be what it says, or that says nothing known."""


class _Record(NamedTuple):
    """One of a run of records."""

    number: int
    """Counted from 1 where its sheet begins."""
    kind: int
    inside: int
    """Where its content begins."""
    end: int
    depth: int
    """1 in a sheet, more in a chart within it."""


def check_records(stream: bytes) -> None:
    """Raise BrokenRecords where a worksheet has cells that are in no record of its own."""
    sheets: list[tuple[int, int, str]] = []
    for record in _run(stream, 0, len(stream), "the workbook"):
        if record.kind == FILEPASS:
            return  # locked, which calamine says
        if record.kind == BOUNDSHEET and record.end - record.inside > BOUND.size:
            begin, _, kind, letters = BOUND.unpack_from(stream, record.inside)
            name = _text(stream[record.inside + BOUND.size : record.end], letters)
            sheets.append((begin, kind, name))
    for begin, kind, name in sheets:
        if kind == WORKSHEET:
            end = min((other for other, *_ in sheets if other > begin), default=len(stream))
            _check_sheet(stream, begin, end, f"sheet {name!r}")


def place_of_code_page(stream: bytes) -> int | None:
    """Return where a workbook of BIFF8 says what letters it has, if it does."""
    run = _run(stream, 0, len(stream), "the workbook")
    first = next(run)
    if stream[first.inside : first.inside + 2] != BIFF8:
        return None
    found = next((record for record in run if record.kind in (FILEPASS, CODEPAGE)), first)
    return found.inside if found.kind == CODEPAGE else None


def _text(content: bytes, letters: int) -> str:
    """Return a text of so many letters: as in BIFF5, or after a byte for how wide they are."""
    if len(content) <= letters:
        return content.decode("cp1252", "replace")
    return content[1:].decode("utf-16-le" if content[0] & 1 else "latin-1", "replace")


def _check_sheet(stream: bytes, begin: int, end: int, name: str) -> None:
    cells = _SheetCells(stream, name)
    last = None
    for last in _run(stream, begin, end, name):
        if last.depth == 1:
            cells.take(last)
    if last is not None:
        cells.look_between(last.end, end, last.number)
    if gone := [cell for cell in cells.lost if cell not in cells.read]:
        (row, column), taker = gone[0], cells.lost[gone[0]]
        where = f"row {row + 1:,}, column {column + 1}"
        raise BrokenRecords(f"{name}, record {taker:,} takes up the cell of {where}")


class _SheetCells:
    """The cells of a sheet, record by record: those that are read, and those that are not."""

    def __init__(self, stream: bytes, name: str) -> None:
        """Begin before the sheet's first record."""
        self.read: set[Cell] = set()
        self.lost: dict[Cell, int] = {}
        """Cells that may have been taken up, each with the number of the record that did."""
        self._stream, self._name = stream, name
        self._row = -1
        """Of the cell right before; -1 where none is."""
        self._odd = 0
        """The number of a record right before that is of no kind known beside cells; 0 for none."""

    def take(self, record: _Record) -> None:
        """Take the next record of a sheet; raises BrokenRecords for one of no kind among cells."""
        number, kind, inside, end, _ = record
        if kind in TABLE and self._odd:
            raise BrokenRecords(f"{self._name}, record {self._odd:,} is none of a table's")
        if ONE_CELL.get(kind) == end - inside:  # almost all are
            cell: Cell = PLACE.unpack_from(self._stream, inside)
            self.read.add(cell)
            self._row = cell[0]
            return
        self.look_between(_end_of_own(self._stream, kind, inside, end), end, number)
        if cells := _cells(self._stream, kind, inside, end):
            self.read.update(cells)
            self._row = cells[0][0]
        elif kind in BESIDE:
            self._odd, self._row = 0, self._row if kind in TABLE else -1
        elif self._row >= 0:
            self._take_odd(number, self._stream[inside:end])

    def _take_odd(self, number: int, content: bytes) -> None:
        """Take a record that is of no kind known beside cells: maybe one that was a cell's."""
        if len(content) >= PLACE.size:
            cell: Cell = PLACE.unpack_from(content)
            if self._row <= cell[0] <= self._row + 1 and cell[1] <= LAST_COLUMN:
                self.lost[cell] = number
        self._odd, self._row = number, -1

    def look_between(self, begin: int, end: int, number: int) -> None:
        """Look for records of cells that begin between two places, within a record."""
        if begin < end:
            self.lost |= dict.fromkeys(_cells_between(self._stream, begin, end), number)


def _run(stream: bytes, at: int, end: int, name: str) -> Iterator[_Record]:
    """Yield the records from a beginning to its end; raises BrokenRecords without these."""
    number = depth = 0
    while not number or depth:
        number += 1
        if at + HEADER.size > end:
            raise BrokenRecords(f"{name} has no end after record {number - 1:,}")
        kind, size = HEADER.unpack_from(stream, at)
        inside, at = at + HEADER.size, at + HEADER.size + size
        if number == 1 and kind != BOF:
            raise BrokenRecords(f"{name} is not where it should be")
        if at > end:
            raise BrokenRecords(f"{name}, record {number:,} is longer than what is left")
        depth += (kind == BOF) - (kind == EOF)
        yield _Record(number, kind, inside, at, depth)


def _end_of_own(stream: bytes, kind: int, inside: int, end: int) -> int:
    """Return where the bytes end that are a record's own; its header is none of an unknown one."""
    if kind in OWN:
        return inside + OWN[kind]
    cells = _cells(stream, kind, inside, end) if kind in CELLS else ()
    fills = bool(cells) and end - inside == 6 + CELLS[kind] * len(cells)
    return end if fills else inside - HEADER.size


def _cells_between(stream: bytes, begin: int, end: int) -> Iterator[Cell]:
    """Yield the cells of whatever looks like a record of cells and begins between two places."""
    for found in LIKE_CELLS.finditer(stream, begin, end + HEADER.size - 1):
        kind, size = HEADER.unpack_from(stream, found.start())
        inside, after = found.end(), found.end() + size
        if after + HEADER.size > len(stream) or not _is_whole(stream, kind, inside, after):
            continue
        if HEADER.unpack_from(stream, after)[0] in AFTER_CELL:
            yield from _cells(stream, kind, inside, after)


def _is_whole(stream: bytes, kind: int, inside: int, end: int) -> bool:
    """Tell whether a record of numbers or a text is as long as it says itself."""
    cells = _cells(stream, kind, inside, end)
    if not cells or cells[-1][1] > LAST_COLUMN:
        return False
    if kind in CELLS:
        return end - inside == 6 + CELLS[kind] * len(cells)
    if kind != LABEL:
        return end - inside == ONE_CELL[kind]
    letters = int.from_bytes(stream[inside + 6 : inside + 8], "little")
    wide = 1 + (stream[inside + 8] == 1)
    return end - inside in (8 + letters, 9 + letters * wide)


def _cells(stream: bytes, kind: int, inside: int, end: int) -> list[Cell]:
    """Return the cells that a record is about."""
    if end - inside < ONE_CELL.get(kind, 6) or not (kind in ONE_CELL or kind in CELLS):
        return []
    row, column = PLACE.unpack_from(stream, inside)
    last = int.from_bytes(stream[end - 2 : end], "little") if kind in CELLS else column
    return [(row, one) for one in range(column, min(last, LAST_COLUMN) + 1)]
