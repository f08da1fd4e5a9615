"""Recognises from its beginning how a delimited file is written."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from cftui.questions.data import AS_RECOGNISED, ColumnMapping
from cftui.ratings.reading.asked import asked_names
from cftui.ratings.reading.cells import (
    column,
    is_number,
    looks_counted,
    rises,
    usual_width,
)
from cftui.ratings.reading.columns import NEEDED, Guess, find_columns
from cftui.ratings.reading.encodings import decoded
from cftui.ratings.reading.exports import TRAKT_NAMES, is_trakt_list, told_of_export
from cftui.ratings.reading.headless import likely_places, published_format, taken_words
from cftui.ratings.reading.names import COUNTED, known_names, word_of
from cftui.ratings.reading.preamble import Line, below_comments, below_title
from cftui.ratings.reading.rewriting import (
    BLANKS,
    NETFLIX,
    NETFLIX_ROW,
    REWRITTEN,
    ItemBlocks,
    Rewrite,
    tabs_for_blanks,
)
from cftui.ratings.reading.splitting import (
    ALL,
    WORDS,
    best_separator,
    separator_of,
    split_line,
)
from cftui.ratings.reading.times import joined
from cftui.ratings.values import DataError

HEAD = 1 << 16
"""Bytes of a file that are looked at."""
SAMPLE = 50
"""Lines that are looked at."""


@dataclass(frozen=True)
class Dialect:
    """How a delimited file is written, and where its columns stand."""

    format: str
    """In words, for people."""
    encoding: str
    """A codec's name; `windows-1252` where only some lines are UTF-8."""
    separator: str
    """Between two columns of the file; a blank stands for any number of them."""
    header_line: int
    """Counted from 1; 0 where there is no header."""
    names: tuple[str, ...]
    """The header's names; 1, 2, 3… where there is no header."""
    guess: Guess
    rows: tuple[tuple[str, ...], ...]
    """The first rows."""
    skip: int = 0
    """Lines above the first row."""
    notes: tuple[str, ...] = ()
    """What was taken or skipped that could have been meant otherwise, a sentence each."""
    by_item: bool = False
    """Whether an item stands on a line of its own above its ratings."""
    lines: tuple[str, ...] = ()
    """Of the beginning, those below the header."""

    def texts(self, role: str) -> list[str]:
        """Return what the first rows have in a role's column, as written; nothing without one."""
        place = self.guess.places.get(role)
        if place is None:
            return []
        split = (split_line(line, self.separator) for line in self.lines)
        rows = [row for row in split if len(row) >= len(self.names)]
        if role == "timestamp" and self.guess.joined:
            return [joined([row[n] for n in self.guess.joined]) for row in rows]
        return [row[place] for row in rows]

    @property
    def split_at(self) -> str:
        """Return the separator of lines that `rewrite` gave."""
        return REWRITTEN if self.separator == BLANKS else self.separator

    def rewrite(self) -> Rewrite | None:
        """Return what makes rows of the file's lines; none where they are rows as they stand."""
        if self.by_item:
            return ItemBlocks()
        return tabs_for_blanks if self.separator == BLANKS else None


def recognise(head: bytes, mapping: ColumnMapping = AS_RECOGNISED) -> Dialect:
    """Return how a delimited file is written, from its first bytes (fewer than HEAD: all of it).

    Raises DataError, without the file's name, where nothing can be read. Columns that are not
    clear are told in the dialect's guess.
    """
    written = written_in(head, mapping)
    separator = written.separator
    records = [split_line(line, separator) for _, line in written.lines[:SAMPLE]]
    number, first = written.first, records[0]
    header = _has_header(first, records[1:], mapping)
    rows = records[1:] if header else records
    if header and not mapping.user and (words := told_of_export(first)):
        raise DataError(words)
    names = _named(first, rows) if header else tuple(str(n + 1) for n in range(usual_width(rows)))
    published = "" if header else published_format(rows, separator, by_item=written.by_item)
    likely, doubt = (None, "") if header else likely_places(rows, published)
    guess = find_columns(names, mapping, likely, rows)
    if not header and guess.problem:
        words = "; ".join(filter(None, (doubt, guess.problem)))
        guess = Guess(guess.places, f"no header names the columns of {first}; {words}")
    if len(names) < 3:
        guess = Guess(guess.places, _too_few(names, separator))
    if header and guess.problem:
        guess = Guess(guess.places, f"line {number}: {guess.problem}")
    said = header or published or guess.problem or all(getattr(mapping, r) for r in NEEDED)
    taken = () if said else (taken_words(guess.places),)
    return Dialect(
        format=published or _format(written),
        encoding=written.encoding,
        separator=separator,
        header_line=number if header else 0,
        names=names,
        guess=guess,
        rows=tuple(tuple(fields) for fields in rows[:10]),
        skip=number if header else number - 1,
        notes=(*written.notes, *taken, *guess.notes, *_amounts(names, guess, rows)),
        by_item=written.by_item,
        lines=tuple(line for _, line in written.lines[header:]),
    )


@dataclass(frozen=True)
class Written:
    """The first lines of a file, from its header or its first row on."""

    lines: Sequence[Line]
    encoding: str
    separator: str
    notes: tuple[str, ...]
    first: int
    """The number of the first line that is not skipped."""
    by_item: bool = False


def written_in(head: bytes, mapping: ColumnMapping = AS_RECOGNISED) -> Written:
    """Return a file's first lines and how they are written; raises DataError for no text."""
    text, encoding, notes = decoded(head, whole=len(head) < HEAD)
    below = below_comments(_lines(text, whole=len(head) < HEAD))
    lines, notes = below.lines, (*notes, *below.notes)
    if not lines:
        raise DataError("only comments; give a file with a header and ratings")
    if _by_item(lines):
        return Written(_items_joined(lines), encoding, ",", notes, lines[0][0], by_item=True)
    asked = separator_of(mapping) or below.separator
    splits = [partial(split_line, separator=one) for one in ([asked] if asked else ALL)]
    if not any(_could_be_header(lines, split, mapping) for split in splits):
        title = below_title(lines, splits)
        lines, notes = title.lines, (*notes, *title.notes)
    separator = asked or best_separator(lines[:SAMPLE], mapping)
    return Written(lines, encoding, separator, notes, lines[0][0])


def _could_be_header(
    lines: Sequence[Line], split: Callable[[str], Sequence[str]], mapping: ColumnMapping
) -> bool:
    """Return whether the first line names columns; one name may be a word of a title."""
    first = split(lines[0][1])
    below = split(lines[1][1]) if len(lines) > 1 else first
    known = known_names(first) + asked_names(first, mapping)
    better = known == 1 and known_names(below) > 1
    near = len(below) in (len(first), len(first) + 1) or '"' in lines[1][1]
    return len(first) > 1 and known > 0 and near and not better


def _by_item(lines: Sequence[Line]) -> bool:
    """Return whether the lines are Netflix' combined files."""
    return (
        len(lines) > 1
        and NETFLIX.fullmatch(lines[0][1]) is not None
        and NETFLIX_ROW.fullmatch(lines[1][1].strip()) is not None
    )


def _items_joined(lines: Sequence[Line]) -> list[Line]:
    """Return the rows, each with its item first."""
    joined = ItemBlocks()("".join(f"{line}\n" for _, line in lines).encode()).decode().split("\n")
    return [(n, new) for (n, _), new in zip(lines, joined, strict=False) if new]


def _named(first: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Return the header's names, a blank one first for the row numbers that pandas and R write."""
    if word_of(first[0]) in ("", "id", "index", "no", "row"):
        return tuple(first)  # they have a name
    longer = bool(rows) and all(len(row) == len(first) + 1 for row in rows)
    numbered = longer and rises([row[0] for row in rows]) and any(row[-1].strip() for row in rows)
    return ("", *first) if numbered else tuple(first)


def _lines(text: str, *, whole: bool) -> list[Line]:
    """Return the lines that are not blank, with their numbers; raises DataError for no text."""
    if not text.strip():
        raise DataError("the file is empty; give a file with a header and ratings")
    if is_trakt_list(text):
        raise DataError(told_of_export(TRAKT_NAMES))
    if text.startswith("{") or text.startswith("["):
        raise DataError(
            "this is JSON, but neither an object a line nor an array of objects; export the"
            " ratings as CSV or Parquet"
        )
    lines = re.split("\r\n|\n|\r", text)
    if len(lines) == 1 and not whole:
        raise DataError("line 1: too long for a header; give a delimited text file")
    if not whole:
        del lines[-1]
    return [(number, line) for number, line in enumerate(lines, 1) if line.strip()]


def _has_header(
    first: Sequence[str], others: Sequence[Sequence[str]], mapping: ColumnMapping
) -> bool:
    numbers = sum(map(is_number, first))
    if asked_names(first, mapping) > numbers:
        return True
    known = known_names(first)
    if known > 1 or (known and not (numbers and _alike(first, others))):
        return True
    return not numbers and (
        not others or any(is_number(field) for fields in others for field in fields)
    )


def _alike(first: Sequence[str], others: Sequence[Sequence[str]]) -> bool:
    """Return whether the first line has numbers just where the others have."""
    kinds = [is_number(field) for field in first]
    return bool(others) and all(list(map(is_number, fields)) == kinds for fields in others[:5])


def _amounts(names: Sequence[str], guess: Guess, rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Return that ratings look like counts, if they do."""
    if guess.problem or "rating" not in guess.places:
        return ()
    place = guess.places["rating"]
    name, values = names[place].strip(), column(rows, place)
    if not (COUNTED.match(word_of(name)) or looks_counted(values)):
        return ()
    what = f"column {name!r}" if not name.isdigit() else f"column {name}"
    return (f"{what} looks like counts, not ratings; --values log reads them as log2(1 + count)",)


def _too_few(names: Sequence[str], separator: str) -> str:
    split = WORDS.get(separator, repr(separator))
    found = "one column alone" if len(names) == 1 else f"{len(names)} columns, split at {split}"
    return (
        f"{found}, where user, item and rating are needed; say what separates them: "
        "--separator (to train: --set data.separator=…)"
    )


def _format(written: Written) -> str:
    between = WORDS.get(written.separator, f"{written.separator!r}")
    return f"text with {between} between columns"
