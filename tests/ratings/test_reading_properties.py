"""Whatever stands in a delimited file, reading it by the block comes to what row by row does."""

import csv
import gzip
import io
import math
import re
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cftui.ratings.reading import blocks
from cftui.ratings.reading.intake import RatingsTable
from cftui.ratings.reading.preview import preview
from cftui.ratings.reading.readers import read
from cftui.ratings.sources.locate import SourceFiles, locate
from cftui.ratings.sources.packed import ArchivePart
from cftui.ratings.values import DataError

SETTINGS = settings(
    derandomize=True,
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
NAMES = ["user", "item", "rating", "timestamp"]
FIELDS = st.sampled_from(
    [
        *(
            "1",
            "7",
            "31",
            "007",
            "0",
            "00",
            "-5",
            "+5",
            "12345678",
            "123456789",
            "1234567890123456",
        ),
        *(
            "12345678901234567",
            "9" * 40,
            " 7",
            "7 ",
            "\t7",
            "a",
            "a b",
            "B007",
            "id-1234567890",
            "é",
        ),
        *(
            "日本",
            "\u00a07",
            "",
            " ",
            "3",
            "3.5",
            "3.50",
            ".5",
            "5.",
            "1e3",
            "1E-2",
            "1e999",
            "nan",
        ),
        *("inf", "-inf", "1_0", "0x1", "five", "1260759144", "1260759144.7", "-1", "9" * 19),
        *("2009-12-14", "2009-12-14 02:52:24", "2009-12-14T02:52:24Z", "2001-02-29", "soon", "x\0"),
        *(
            '"7"',
            '"a,b"',
            '"a""b"',
            '"a\nb"',
            '"7\n"',
            'a"b',
            '"a"b',
            '""',
            '"3,5"',
            '" 7 "',
            '"',
            "::",
            ";",
        ),
    ]
)
USUAL = st.tuples(*(st.sampled_from(["1", "2", "31"]),) * 2, FIELDS, FIELDS).map(list)
ROWS = st.lists(USUAL | st.lists(FIELDS, max_size=6) | st.tuples(*(FIELDS,) * 4), max_size=12)


NO_TIME = -(2**63)


class Plain(NamedTuple):
    """A usable row."""

    user: str
    item: str
    value: float
    time: int


class Expected(NamedTuple):
    """What a file says."""

    rows: list[Plain]
    bad_lines: list[int]
    unclosed: bool
    """Whether a quotation mark takes up rows to the end."""


def by_the_row(text: str, separator: str) -> Expected:
    """Return what a file says, read with the csv module and the plainest of checks."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    end = "\ue000end\n"
    lines = iter([*re.findall("[^\n]*\n|[^\n]+$", text), end])
    reader = csv.reader(lines, delimiter=separator)
    rows: list[Plain] = []
    bad: list[int] = []
    begins = 1
    for fields in reader:
        begin, begins = begins, reader.line_num + 1
        if any("\ue000end" in field for field in fields):
            swallowed = re.split("\n", text)[begin:]
            lost = any(_usable(next(csv.reader([s], delimiter=separator), [])) for s in swallowed)
            if fields != ["\ue000end"] and not lost:
                bad.append(begin)
            return Expected(_latest(rows), bad, lost)
        if begin == 1 or not any(field.strip() for field in fields):
            continue
        row = _usable(fields)
        if row is None:
            bad.append(begin)
        else:
            rows.append(row)
    raise AssertionError("the end was not seen")


def _usable(fields: list[str]) -> Plain | None:
    if len(fields) < 4 or any(field.strip() for field in fields[4:]):
        return None
    user, item, value, time = fields[:4]
    if not user.strip() or not item.strip() or "\n" in user + item:
        return None
    number, seconds = _number(value), _seconds(time)
    if number is None or abs(number) > 3.4028235e38:
        return None
    known = NO_TIME if seconds is None else seconds
    return Plain(user.strip(), item.strip(), float(np.float32(number)), known)


def _number(text: str) -> float | None:
    text = text.strip().replace(",", ".")
    if not re.fullmatch("[-+.0-9eE]+", text):
        return None
    try:
        return float(text) if math.isfinite(float(text)) else None
    except ValueError:
        return None


def _seconds(text: str) -> int | None:
    text = text.strip()
    if re.fullmatch("[-+]?[0-9]+", text):
        return int(text) if -(2**63) <= int(text) < 2**63 else None
    if (number := _number(text)) is not None:
        return int(number) if abs(number) < 2**63 else None
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        return None
    return math.floor((date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp())


def _latest(rows: list[Plain]) -> list[Plain]:
    best: dict[tuple[str, str], int] = {}
    for place, row in enumerate(rows):
        former = best.get((row.user, row.item))
        if former is None or rows[former].time <= row.time:
            best[row.user, row.item] = place
    return [rows[place] for place in sorted(best.values())]


def rows_of(table: RatingsTable) -> list[Plain]:
    users, items = ([str(own) for own in ids] for ids in (table.user_ids, table.item_ids))
    times = [] if table.timestamp is None else table.timestamp.tolist()
    return [
        Plain(users[user], items[item], value, time)
        for user, item, value, time in zip(
            table.user, table.item, table.value.tolist(), times, strict=True
        )
    ]


def first_appearances(codes: np.ndarray) -> list[int]:
    return list(dict.fromkeys(codes.tolist()))


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    """Give a file's path, read in blocks so small that rows stand across their edges."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK", 64)
        yield tmp_path / "ratings.csv"


@SETTINGS
@given(
    rows=ROWS,
    ending=st.sampled_from(["\n", "\r\n", "\r"]),
    separator=st.sampled_from(",;\t|"),
    spare=st.integers(0, 2),
)
@example(
    rows=[["1", "2", "-1234567.25", "2012-02-29"], ["1", "3", "0.1234567", "2009-12-14 02:52:24"]],
    ending="\n",
    separator=",",
    spare=0,
)
@example(rows=[['"1', "2", "3", "4"], ["5", "6", "3", "4"]], ending="\n", separator=",", spare=1)
@example(rows=[["\ufeff1", "2", "3", "4"]] * 9, ending="\n", separator=",", spare=0)
def test_reading_by_the_block_comes_to_the_same(
    rows: list[list[str]], ending: str, separator: str, spare: int, path: Path
) -> None:
    body = [separator.join(row) + separator * spare for row in (["1", "2", "3", "4"], *rows)]
    body.insert(0, separator.join(NAMES))
    text = ending.join(body) + ending
    path.write_text(text, encoding="utf-8", newline="")
    expected = by_the_row(text, separator)
    if expected.unclosed:
        with pytest.raises(DataError, match="quotation mark is never closed"):
            read(SourceFiles(ArchivePart(path)))
        return
    table = read(SourceFiles(ArchivePart(path)))
    assert rows_of(table) == expected.rows
    assert table.unusable_rows == len(expected.bad_lines)
    assert [problem.line for problem in table.problems] == expected.bad_lines
    assert first_appearances(table.user) == list(range(len(table.user_ids)))
    assert first_appearances(table.item) == list(range(len(table.item_ids)))


@SETTINGS
@given(data=st.binary(max_size=300) | st.text(max_size=200).map(str.encode), headed=st.booleans())
@example(data=b"1,2,3,4\n\xff,2,3,4\n", headed=True)
@example(data=b"\xff\xfe1", headed=False)
@example(data=b"1,2,3,8\x1f\n", headed=False)
@example(data="1,2,3,\u00b2\n".encode(), headed=False)
def test_anything_is_read_or_refused_in_words(data: bytes, headed: bool, path: Path) -> None:
    path.write_bytes((b"user,item,rating\n1,2,3\n" if headed else b"") + data)
    try:
        table = read(SourceFiles(ArchivePart(path)))
    except DataError as error:
        assert str(path) in str(error)
    else:
        assert len(table.value) > 0


def packed(kind: str) -> bytes:
    """Return a sound file of 200 ratings."""
    out = io.BytesIO()
    rows = [(f"u{n}", n % 7, 3.5, n) for n in range(200)]
    text = ",".join(NAMES) + "\n" + "".join(f"{u},{i},{v},{t}\n" for u, i, v, t in rows)
    if kind == "gzip":
        return gzip.compress(text.encode(), mtime=0)
    if kind == "zip":
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(zipfile.ZipInfo("ml/ratings.csv"), text)
            archive.writestr(zipfile.ZipInfo("ml/movies.csv"), "movieId,title\n1,One\n")
        return out.getvalue()
    pd.DataFrame(rows, columns=NAMES).to_parquet(out)
    return out.getvalue()


SOUND = {kind: packed(kind) for kind in ("gzip", "zip", "parquet")}
HARM = st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 5), st.binary(max_size=4))


@SETTINGS
@given(kind=st.sampled_from(sorted(SOUND)), harms=st.lists(HARM, min_size=1, max_size=4))
def test_a_damaged_download_is_read_or_refused_in_words(
    kind: str, harms: list[tuple[float, int, bytes]], path: Path
) -> None:
    data = SOUND[kind]
    for share, cut, put in harms:
        at = int(share * len(data))
        data = data[:at] + put + data[at + cut :]
    path.write_bytes(data)
    seen = preview(path)
    assert seen.columns or str(path) in seen.problem
    try:
        table = read(locate(path))
    except DataError as error:
        assert str(path) in str(error)
    else:
        assert len(table.value) > 0
