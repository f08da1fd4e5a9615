"""Titles and genres of the items that are rated, from the files beside the ratings that fit them.

A file fits by its content: its ids are those of the ratings. MovieLens' own formats are known.
"""

import csv
import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TextIO

from cftui.ratings.reading.movielens import genres_as_listed, movielens, old_text, with_year
from cftui.ratings.reading.names import word_of
from cftui.ratings.reading.old_text import half_character
from cftui.ratings.reading.table_text import whole_of
from cftui.ratings.reading.title_columns import (
    HEAD,
    LEGACY,
    TitleColumns,
    codec_of,
    title_columns,
)
from cftui.ratings.sources.packed import ArchivePart
from cftui.ratings.values import DataError
from cftui.remedies import cause

ENOUGH = 0.5
"""Share of the rated items that must have an id in a column whose name does not say what it is."""


@dataclass(frozen=True)
class Titles:
    """Titles and genres by id, exactly as in the file, or a sentence on why there are none."""

    titles: Mapping[str, str] = field(default_factory=dict)
    genres: Mapping[str, str] = field(default_factory=dict)
    warning: str | None = None
    told: str = ""
    """In words, where they are from and how many of the rated items they name."""
    movies: bool = True
    """Whether the items are called movies."""


@dataclass(frozen=True)
class Found:
    """What one file has for the items that are rated."""

    part: ArchivePart
    column: str = ""
    """The ids' column."""
    titles: Mapping[str, str] = field(default_factory=dict)
    genres: Mapping[str, str] = field(default_factory=dict)
    legacy: bool = False
    """Whether it is text of before Unicode."""
    dated: str = ""
    """The column of years that titles were given theirs from."""
    broken: str = ""
    sure: bool = True
    """Whether this is a file of titles of such items, by its name or its columns' names."""

    @property
    def name(self) -> str:
        """Return the file's name without its folder."""
        return self.part.place.name


def read_titles(
    parts: Sequence[ArchivePart],
    items: Collection[str],
    item_column: str = "",
    sure: Collection[ArchivePart] = (),
) -> Titles:
    """Return the titles of rated items from the file that has most of them.

    `item_column`: what the ratings call it; `sure`: files that the user named, or that are called
    as usual. One that is broken gives no titles, and a warning.
    """
    word, wanted = word_of(item_column), set(items)
    found = [_found(part, wanted, word, sure=part in sure) for part in parts]
    if not found:
        return Titles()
    best = max(found, key=lambda one: len(one.titles))  # the first of equals
    if not best.titles:
        return Titles(warning=_none(found, len(items)))
    others = [one for one in found if one is not best and one.titles]
    return Titles(
        best.titles,
        best.genres,
        warning=_few(best, len(items)),
        told=told_of(best, len(items)) + "".join(_also(one) for one in others[:1]),
        movies=is_about_movies(best.column, best.name),
    )


def told_of(found: Found, n_items: int) -> str:
    """Return where titles are from and how many items have one, in words."""
    year = f", years from {found.dated}" if found.dated else ""
    codec = ", read as Windows-1252" if found.legacy else ""
    return f"{found.name} ({len(found.titles):,} of {n_items:,} items{year}{codec})"


def is_about_movies(column: str, name: str) -> bool:
    """Tell whether a column or a file is called after movies, or is MovieLens' own."""
    word = f"{column} {name}".lower()
    return "movie" in word or "film" in word or name.lower() in ("u.item", "u.item.gz")


def _also(found: Found) -> str:
    return f"; {found.name} fits {len(found.titles):,} (--titles takes it)"


def _few(found: Found, n_items: int) -> str | None:
    if len(found.titles) >= ENOUGH * n_items:
        return None
    share = f"{len(found.titles):,} of {n_items:,} items"
    return f"only {share} occur in {found.part}; ids stand for the other titles"


def _none(found: Sequence[Found], n_items: int) -> str | None:
    broken = next((one for one in found if one.broken), None)
    if broken is not None:
        return f"{broken.broken}; items are shown by their ids"
    sure = next((one for one in found if one.sure), None)
    if sure is None:
        return None
    return (
        f"0 of {n_items:,} items occur in {sure.part}; ids stand for titles (--titles FILE"
        " names another file; to train: data.titles)"
    )


def _found(part: ArchivePart, wanted: set[str], word: str, *, sure: bool) -> Found:
    try:
        return _within(part, whole_of(part), wanted, word, sure=sure)
    except _Broken as error:
        return Found(part, broken=f"{part} {error}")
    except DataError as error:
        return Found(part, broken=str(error))
    except OSError as error:
        return Found(part, broken=f"{part} cannot be read: {cause(error)}")


class _Broken(ValueError):
    """A file that gives no titles; the message says where and why."""


def _within(part: ArchivePart, data: bytes, wanted: set[str], word: str, *, sure: bool) -> Found:
    """Return what a file has for the items wanted; raises _Broken."""
    if half_character(data):  # and the row that it ends within may lack more
        data = data[: max(data.rfind(b"\n"), data.rfind(b"\r")) + 1]
    own = movielens(data)
    if own is not None:
        kept = [(e[0].strip(), e[1], e[2]) for e in own if e[0].strip() in wanted and e[1]]
        titles = {item: title for item, title, _ in kept}
        return Found(part, "movie", titles, {item: genres for item, _, genres in kept if genres})
    columns = title_columns(data[:HEAD])
    if columns is None:
        raise _Broken("is no table with a column of ids and one of titles")
    codec = codec_of(data)
    if codec in (LEGACY, "latin-1"):
        lines: TextIO = io.StringIO(old_text(data, LEGACY), newline=None)
    else:
        lines = io.TextIOWrapper(io.BytesIO(data), codec, newline=None)
    by_column = _by_column(lines, columns, wanted)

    def named(place: int) -> str:
        return columns.names[place] if columns.header else ""

    def sound(place: int) -> bool:
        share = len(by_column[place]) / len(wanted)
        return sure or share >= ENOUGH or word_of(named(place)) == word != ""

    place = max(filter(sound, columns.ids), key=lambda n: len(by_column[n]), default=None)
    rows = by_column[place] if place is not None else {}
    return Found(
        part,
        named(place) if place is not None else "",
        {item: title for item, (title, _) in rows.items()},
        {item: genres for item, (_, genres) in rows.items() if genres},
        legacy=codec in (LEGACY, "latin-1"),
        dated=columns.names[columns.year] if columns.year is not None else "",
        sure=sure or any(word_of(named(place)) == word != "" for place in columns.ids),
    )


def _by_column(
    lines: TextIO, columns: TitleColumns, wanted: set[str]
) -> dict[int, dict[str, tuple[str, str]]]:
    """Return title and genres by id, for each column that could hold the ids; raises _Broken."""
    found: dict[int, dict[str, tuple[str, str]]] = {place: {} for place in columns.ids}
    again = dict.fromkeys(columns.ids, 0)
    rows = _rows(lines, columns)
    if columns.header:
        next(rows, None)
    for row in rows:
        if len(row) <= columns.title or not row[columns.title].strip():
            continue
        for place in columns.ids:
            own = row[place].strip() if place < len(row) else ""
            if own in wanted:
                again[place] += own in found[place]
                found[place].setdefault(own, _told(row, columns))
    # Where ids stand again and again each row is of something else, such as a rating.
    return {place: {} if again[place] > len(of) else of for place, of in found.items()}


def _told(row: Sequence[str], columns: TitleColumns) -> tuple[str, str]:
    def at(place: int | None) -> str:
        return row[place] if place is not None and place < len(row) else ""

    return with_year(row[columns.title], at(columns.year)), genres_as_listed(at(columns.genres))


def _rows(lines: TextIO, columns: TitleColumns) -> Iterator[list[str]]:
    """Yield the rows of a table; raises _Broken where its quotes cannot be followed."""
    if len(columns.separator) > 1:
        for text in lines:
            yield text.rstrip("\r\n").split(columns.separator)
        return
    escape = "\\" if columns.escaped else None
    rows = csv.reader(lines, delimiter=columns.separator, escapechar=escape)
    line = 0
    try:
        for row in rows:
            line = rows.line_num
            if any(row):
                yield row
    except csv.Error as error:
        raise _Broken(f"after line {line}: {error}") from None
