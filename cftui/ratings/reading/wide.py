"""Tables of users by items, a rating in a cell: recognised with care, read cell by cell."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cftui.questions.data import AS_RECOGNISED, ColumnMapping, Problem
from cftui.ratings.reading import cells
from cftui.ratings.reading.blocks import Block, Blocks
from cftui.ratings.reading.columns import find_columns
from cftui.ratings.reading.dialect import HEAD, Dialect, recognise
from cftui.ratings.reading.encodings import decoded, encoding_of
from cftui.ratings.reading.headless import TITLE
from cftui.ratings.reading.rewriting import BLANKS
from cftui.ratings.reading.rows import KEPT_PROBLEMS, RowLayout, Rows
from cftui.ratings.reading.splitting import split_line
from cftui.ratings.sources.packed import ArchivePart
from cftui.ratings.values import DataError

if TYPE_CHECKING:
    import pyarrow as pa

LONGEST_HEAD = 4 << 20
"""Bytes that are looked at: a header may name ten thousand items."""
SAMPLE = 100
"""Rows that are looked at."""
EMPTY = frozenset(("", "NA", "N/A", "NaN", "nan", "NULL", "null", "None", "none", "-", "?"))
FEWEST_ITEMS = 3
FEWEST_NAMED = 8
"""Items that a table needs whose header is words: these could be anything."""
GREATEST = 1_000
"""A rating is hardly above."""
NOT_RATED = "99"
"""What stands for no rating in Jester's tables, which have neither header nor users."""
GREATEST_JOKE = 20

SIDES = {"user": "users", "item": "items"}


@dataclass(frozen=True)
class WideTable:
    """How a table of users by items is written."""

    dialect: Dialect
    names: tuple[str, ...]
    """What the columns after the first are called: the items, or the users where those are rows."""
    skip: int
    """Lines above the first row."""
    rows_are: str = "user"
    """`user` or `item`."""
    numbered: bool = False
    """Whether rows have no ids but the numbers of their lines, and a count in the first column."""
    empty: frozenset[str] = EMPTY
    """What stands in cells without a rating."""

    @property
    def format(self) -> str:
        """Return in words what it is."""
        return f"a table of {SIDES[self.rows_are]} by {self._columns}"

    def told(self, rows: int, filled: int) -> str:
        """Return in words what was found in it."""
        counted = f"{rows:,} {SIDES[self.rows_are]} by {self._columns}"
        return f"a table of {counted}, {filled:,} cells filled"

    @property
    def _columns(self) -> str:
        return f"{len(self.names):,} {SIDES[self._columns_are]}"

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what was taken that could have been meant otherwise, a sentence each."""
        if not self.numbered:
            return ()
        return (
            f"no header and no users: rows and columns go by their numbers, {NOT_RATED} is no"
            " rating, and the first column is how many ratings its row has",
        )

    @property
    def _columns_are(self) -> str:
        return "item" if self.rows_are == "user" else "user"

    @property
    def layout(self) -> RowLayout:
        """Return where things stand in the row that a cell is."""
        places = {self.rows_are: 0, self._columns_are: 1, "rating": 2}
        return RowLayout(places, (self.rows_are, self._columns_are, "rating"))


def wide_table(
    part: ArchivePart, head: bytes, mapping: ColumnMapping = AS_RECOGNISED
) -> WideTable | None:
    """Return how a table of users by items is written; none for all other files.

    Only what has no column for items and none for ratings, neither known nor asked for, is one.
    """
    if mapping.item or mapping.rating or mapping.timestamp:
        return None
    if len(head) >= HEAD and head.count(b"\n") < SAMPLE:
        with part.open() as stream:
            head = _first_lines(stream.read(LONGEST_HEAD))
    try:
        dialect = recognise(head, mapping)
    except DataError:
        return None
    if not dialect.guess.problem or dialect.separator == BLANKS or dialect.by_item:
        return None
    rows = _first_rows(head, dialect)
    if not rows or len(rows[0]) <= FEWEST_ITEMS:
        return None
    if not dialect.header_line and (jester := _jester(rows, dialect)):
        return jester
    return _with_header(rows, dialect)


def _first_lines(head: bytes) -> bytes:
    """Return no more lines than are looked at, which costs time for each."""
    if not encoding_of(head).startswith("utf-8"):
        return head
    return b"".join(head.splitlines(keepends=True)[: SAMPLE + 1])


def _first_rows(head: bytes, dialect: Dialect) -> list[list[str]]:
    """Return the first rows, with the header if there is one."""
    text, *_ = decoded(head, whole=len(head) < HEAD)
    lines = re.split("\r\n|\n|\r", text)
    if len(head) >= HEAD:
        del lines[-1]
    own = lines[dialect.skip - 1 if dialect.header_line else dialect.skip :]
    filled = [line for line in own[: SAMPLE + 1] if line.strip()]
    return [split_line(line, dialect.separator) for line in filled]


def _jester(rows: Sequence[Sequence[str]], dialect: Dialect) -> WideTable | None:
    """Return a table like Jester's: in each row, first the number of cells that are not 99."""
    for row in rows:
        if not all(map(cells.is_number, row)) or len(row) != len(rows[0]):
            return None
        rated = [value for value in map(cells.number, row[1:]) if value != float(NOT_RATED)]
        if cells.number(row[0]) != len(rated) or any(abs(v) > GREATEST_JOKE for v in rated):
            return None
    names = tuple(str(n) for n in range(1, len(rows[0])))
    empty = EMPTY | {NOT_RATED, f"{NOT_RATED}.0", f"{NOT_RATED}.00", f" {NOT_RATED}"}
    return WideTable(dialect, names, dialect.skip, numbered=True, empty=empty)


def _with_header(rows: Sequence[Sequence[str]], dialect: Dialect) -> WideTable | None:
    first, body = [name.strip() for name in rows[0]], rows[1:]
    while first and not first[-1]:
        first.pop()
    names = tuple(first[1:])
    ids = [row[0].strip() for row in body]
    if len(names) < FEWEST_ITEMS or not all(names) or len(set(names)) < len(names) or not body:
        return None
    side = _side(first, dialect)
    if side is None or len(set(ids)) < len(ids) or not _rated(body, names, known=bool(side)):
        return None
    skip = dialect.skip + (not dialect.header_line)
    return WideTable(dialect, names, skip, side or "user")


def _side(first: Sequence[str], dialect: Dialect) -> str | None:
    """Return what the first column's name says rows are, empty if nothing; none if it is another.

    A name of any other role, or for any other column, speaks against such a table.
    """
    places = find_columns(first, AS_RECOGNISED).places
    if any(place or role not in SIDES for role, place in places.items()):
        return None
    if not dialect.header_line and not places:
        return None
    return next(iter(places), "" if not first[0] or len(first) > FEWEST_NAMED else None)


def _rated(body: Sequence[Sequence[str]], names: Sequence[str], *, known: bool) -> bool:
    """Return whether what stands below the names are ratings, not anything that has numbers."""
    width = len(names) + 1
    if sum(any(row[width:]) for row in body) > len(body) / 20:
        return False
    texts = [text.strip() for row in body for text in row[1:width]]
    filled = [text for text in texts if text not in EMPTY]
    if not cells.mostly(filled, cells.is_number):
        return False
    values = [cells.number(text) for text in filled if cells.is_number(text)]
    if max(map(abs, values)) > GREATEST:
        return False
    empty = 1 - len(filled) / (len(body) * len(names))
    if all(map(str.isdigit, names)) or cells.mostly(names, _is_title):  # items, surely
        return known or empty > 0.05
    return empty > 0.2 and len(names) >= FEWEST_NAMED


def _is_title(name: str) -> bool:
    return TITLE.fullmatch(name) is not None


def wide_rows(
    part: ArchivePart, table: WideTable, progress: Callable[[int, int], None] | None
) -> Iterator[Rows]:
    """Yield the ratings in the cells, block by block; `lines` are those of the table."""
    blocks = Blocks(part, table.dialect.encoding, table.skip)
    for block in blocks:
        yield _melted(block, table)
        if progress:
            progress(block.read, blocks.size)


def _melted(block: Block, table: WideTable) -> Rows:
    import numpy as np
    import pyarrow as pa

    from cftui.ratings.reading.checked import RowColumns, checked_rows

    melted = _Cells(table)
    for number, line in enumerate(block.text.decode().split("\n")[:-1], block.first_line):
        melted.add(number, line)
    lines = np.array(melted.lines, np.int64)
    columns = {
        table.rows_are: pa.array(melted.rows, pa.string()),
        "rating": pa.array(melted.values, pa.string()),
    }
    columns[table.layout.names[1]] = melted.names()
    found = checked_rows(
        RowColumns(columns, np.arange(len(lines)), (), melted.cell, 0, read=block.read),
        table.layout,
    )
    told = [
        replace(one, line=int(lines[one.line]), column=melted.cell(one.line)[1])
        for one in found.problems
    ]
    problems = sorted([*told, *melted.problems], key=lambda one: one.line)[:KEPT_PROBLEMS]
    return replace(
        found,
        lines=lines[found.lines],
        unusable=found.unusable + melted.unusable,
        problems=tuple(problems),
    )


class _Cells:
    """The filled cells of some lines, and what is wrong with whole lines."""

    def __init__(self, table: WideTable) -> None:
        self._table = table
        self.lines: list[int] = []
        self.rows: list[str] = []
        self.places: list[int] = []
        self.values: list[str] = []
        self.unusable = 0
        self.problems: list[Problem] = []

    def add(self, number: int, line: str) -> None:
        """Take the cells of a line."""
        separator, empty = self._table.dialect.separator, self._table.empty
        plain = '"' not in line and len(separator) == 1
        fields = line.split(separator) if plain else split_line(line, separator)
        filled = [n for n, text in enumerate(fields) if text not in empty and text.strip()]
        if not filled:
            return
        own = str(number - self._table.skip) if self._table.numbered else fields[0]
        if filled[-1] > len(self._table.names):
            self._refuse(number, "beyond the last", fields[filled[-1]], "more fields than columns")
        elif not own.strip():
            self._refuse(number, self._table.rows_are, "", "missing")
        else:
            places = [n for n in filled if n]
            self.places += [n - 1 for n in places]
            self.values += [fields[n] for n in places]
            self.rows += [own] * len(places)
            self.lines += [number] * len(places)

    def _refuse(self, line: int, column: str, value: str, reason: str) -> None:
        self.unusable += 1
        if len(self.problems) < KEPT_PROBLEMS:
            self.problems.append(Problem(line, column, value[:200], reason))

    def names(self) -> "pa.Array":
        """Return the column that each cell stands in."""
        import pyarrow as pa

        known = pa.array(self._table.names, pa.string())
        return pa.DictionaryArray.from_arrays(pa.array(self.places, pa.int32()), known)

    def cell(self, place: int) -> Sequence[str]:
        """Return the row that a cell is."""
        return self.rows[place], self._table.names[self.places[place]], self.values[place]
