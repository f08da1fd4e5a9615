"""Titles and genres of items, from a movies.csv, movies.dat or u.item beside the ratings."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from cftui.ratings.reading.dialect import encoding_of
from cftui.ratings.sources.packed import ArchivePart
from cftui.ratings.values import DataError
from cftui.remedies import cause

NO_GENRES = "(no genres listed)"
"""What MovieLens writes where a movie has no genres."""
FLAGS = (
    *("unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime"),
    *("Documentary", "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance"),
    *("Sci-Fi", "Thriller", "War", "Western"),
)
"""The genres that the last fields of u.item say yes (1) or no (0) to, by its u.genre."""
U_ITEM_FIELDS = 5 + len(FLAGS)
"""Id, title, release date, video release date, address, flags."""

Entry = tuple[str, str, str]
"""Id, title, genres; empty where there are none."""


@dataclass(frozen=True)
class Titles:
    """Titles and genres by id, exactly as in the file, or a sentence on why there are none."""

    titles: Mapping[str, str] = field(default_factory=dict)
    genres: Mapping[str, str] = field(default_factory=dict)
    warning: str | None = None


def read_titles(part: ArchivePart) -> Titles:
    """Return the titles in a file; one that is broken gives none, and a warning, never an error."""
    found: dict[str, str] = {}
    kinds: dict[str, str] = {}
    try:
        for own, title, genres in _entries(part.read_all()):
            found[own.strip()] = title
            if genres:
                kinds[own.strip()] = genres
    except _Broken as error:
        return _none(part, str(error))
    except DataError as error:
        return Titles(warning=f"{error}; items are shown by their ids")
    except OSError as error:
        return _none(part, f"cannot be read: {cause(error)}")
    return Titles(found, kinds)


class _Broken(ValueError):
    """A file that gives no titles; the message says where and why."""


def _entries(data: bytes) -> Iterator[Entry]:
    """Yield what a file says; raises _Broken."""
    first = data[:4096].splitlines()[0] if data else b""
    if b"::" in first:
        return _movies_dat(_old_text(data))
    if first.count(b"|") == U_ITEM_FIELDS - 1:
        return _u_item(_old_text(data))
    try:
        return _movies_csv(data.decode(encoding_of(data)))
    except UnicodeError:
        raise _Broken("is not UTF-8 text") from None


def _old_text(data: bytes) -> str:
    """Return the text of a file that may be older than UTF-8's success."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _movies_dat(text: str) -> Iterator[Entry]:
    for line in re.split("\r?\n", text):
        own, _, rest = line.partition("::")
        title, _, genres = rest.rpartition("::")
        if title:
            yield own, title, "" if genres == NO_GENRES else genres


def _u_item(text: str) -> Iterator[Entry]:
    for line in re.split("\r?\n", text):
        fields = line.split("|")
        if len(fields) == U_ITEM_FIELDS:
            flagged = zip(FLAGS[1:], fields[6:], strict=True)
            yield fields[0], fields[1], "|".join(name for name, flag in flagged if flag == "1")


def _movies_csv(text: str) -> Iterator[Entry]:
    rows = csv.reader(io.StringIO(text, newline=""))
    line = 1
    try:
        places = {name.strip().lower(): place for place, name in enumerate(next(rows, []))}
        missing = [name for name in ("movieid", "title") if name not in places]
        if missing:
            raise _Broken(f"line 1: no column {missing[0]}")
        own, title, genres = places["movieid"], places["title"], places.get("genres")
        for row in rows:
            line = rows.line_num
            if len(row) <= max(own, title):
                continue
            known = genres is not None and genres < len(row) and row[genres] != NO_GENRES
            yield row[own], row[title], row[genres] if known and genres is not None else ""
    except csv.Error as error:
        raise _Broken(f"after line {line}: {error}") from None


def _none(part: ArchivePart, reason: str) -> Titles:
    return Titles(warning=f"{part} {reason}; items are shown by their ids")
