"""The files that people can export of what they rated elsewhere, told by their columns."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cftui.ratings.reading.names import candidates

Names = tuple[str, ...]


@dataclass(frozen=True)
class ExportFormat:
    """A kind of file: which of its columns mean what, in lower case; the first that is there."""

    name: str
    own: Names
    """Columns that all such files have, and no others."""
    rating: Names
    titles: Names
    """Each names the same thing, perhaps in another language."""
    year: Names = ()
    scale: tuple[float, float] | None = None
    """Lowest and highest value; none where any can be."""
    step: float | None = None
    unrated: float | None = None
    """The value that says that there is none."""
    item: Names = ()
    imdb: Names = ()
    isbn: Names = ()
    kind: Names = ()
    """What the row is about: a film, a game …"""
    whose: Names = ()
    """Who rated: one person alone is read."""
    dated: Names = ()
    """Where the day of the rating stands, year first."""
    remedy: str = ""
    """What to export instead, where there are no ratings in it."""


RUSSIAN_TITLES = ("русскоязычное название", "русское название", "название", "название фильма")
FORMATS = (
    ExportFormat(
        "Letterboxd",
        own=("letterboxd uri", "name"),
        rating=("rating",),
        titles=("name",),
        year=("year",),
        scale=(0.5, 5.0),
        step=0.5,
        dated=("watched date", "date"),
        remedy="it lists films without ratings; give ratings.csv of the same export",
    ),
    ExportFormat(
        "IMDb",
        own=("const", "title"),
        rating=("your rating",),
        titles=("title", "original title"),
        year=("year",),
        scale=(1.0, 10.0),
        step=1.0,
        imdb=("const",),
        kind=("title type",),
        dated=("date rated",),
        remedy="it is a list without your ratings; export the page Your ratings",
    ),
    ExportFormat(
        "Goodreads",
        own=("book id", "exclusive shelf"),
        rating=("my rating",),
        titles=("title",),
        year=("original publication year", "year published"),
        scale=(1.0, 5.0),
        step=1.0,
        unrated=0.0,
        isbn=("isbn", "isbn13"),
        dated=("date read", "date added"),
        remedy="it has no column My Rating; export your library once more",
    ),
    ExportFormat(
        "Trakt",
        own=("rated_at", "type", "title"),
        rating=("rating",),  # `trakt_rating` is everybody's
        titles=("title",),
        year=("year",),
        scale=(1.0, 10.0),
        step=1.0,
        imdb=("imdb_id",),
        kind=("type",),
        dated=("rated_at",),
        remedy="it has no column rating; export your ratings",
    ),
    ExportFormat(
        "Kinopoisk",
        own=("моя оценка",),
        rating=("моя оценка",),
        titles=("оригинальное название", *RUSSIAN_TITLES),
        year=("год", "год выпуска"),
        scale=(1.0, 10.0),
        step=1.0,
        unrated=0.0,
        dated=("дата оценки", "дата"),
        remedy="nothing in it names the films; export it with their titles",
    ),
    ExportFormat(
        "CSV",
        own=(),
        rating=("rating", "my rating", "your rating", "value", "score", "stars"),
        titles=("title", "name"),
        year=("year", "release year"),
        item=("item", "itemid", "movieid", "item id"),
        whose=("profile", "user", "userid", "user id"),
        dated=("date",),
        remedy="it needs a column rating, and one of title (with year) or item (an id here)",
    ),
)
NOT_FILMS = ("episode", "season", "game", "podcast", "music")
"""Within what IMDb calls a title's type: rated there, and never an item beside films."""
TRAKT = next(kind for kind in FORMATS if kind.name == "Trakt")
TRAKT_NAMES = ("rated_at", "type", "title", "year", "rating", "imdb_id")


def folded_names(names: Sequence[str]) -> Names:
    """Return a header's names as the kinds of files have them."""
    return tuple(" ".join(name.split()).lower() for name in names)


def format_of(columns: Names) -> ExportFormat:
    """Return the kind of file that has these columns, in lower case; `CSV` for any other."""
    return next(kind for kind in FORMATS if set(kind.own) <= set(columns))


def is_readable(kind: ExportFormat, columns: Names) -> bool:
    """Tell whether a file of a kind has what names things and what rates them."""
    named = {*kind.titles, *kind.item, *kind.imdb} & set(columns)
    return bool(named and set(kind.rating) & set(columns))


def told_of_export(names: Sequence[str]) -> str:
    """Return what to do with one person's ratings; empty where a header is of something else."""
    columns = folded_names(names)
    kind = format_of(columns)
    if not kind.own or candidates(names, "user"):
        return ""
    if not is_readable(kind, columns):
        return f"{kind.name}: one person's list, no data set: {kind.remedy}"
    return (
        f"{kind.name}: one person's ratings, no data set: `cftui you import FILE` takes them as"
        " yours (or `i` in Explore, You)"
    )


def is_trakt_list(text: str) -> bool:
    """Tell whether a text begins as the list of ratings that Trakt gives as JSON."""
    first = next(_entries(text), None) if text.lstrip().startswith("[") else None
    return first is not None and {"rated_at", "rating"} <= first[2].keys()


def trakt_rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield what a list of Trakt says under TRAKT_NAMES, each with its line.

    Where several stand on one line their numbers in the list stand for it. Raises ValueError, with
    the line, for a list that is broken.
    """
    entries, lines, line, at = [], [], 1, 0
    for begin, end, entry in _entries(text):
        line += text.count("\n", at, begin)
        lines.append(line)
        entries.append(_flat(entry))
        line, at = line + text.count("\n", begin, end), end
    if text[at:].strip(" \r\n\t,") != "]":
        raise ValueError(f"line {line}: the list is broken, or cut off; export it once more")
    if len(set(lines)) < len(lines):
        lines = list(range(1, len(lines) + 1))
    return zip(lines, entries, strict=True)


def _entries(text: str) -> Iterator[tuple[int, int, Mapping[str, Any]]]:
    """Yield the objects of a JSON list, as far as they are whole, with begin and end of each."""
    decoder = json.JSONDecoder()
    end = 0
    while (begin := text.find("{", end)) >= 0:
        try:
            entry, end = decoder.raw_decode(text, begin)
        except (ValueError, RecursionError):
            return
        yield begin, end, entry


def _flat(entry: Mapping[str, Any]) -> list[str]:
    """Return what an entry says: of a film, or of a show; of its parts only that they are such."""
    inside = (kind for kind in ("movie", "episode", "season", "show") if kind in entry)
    kind = entry.get("type") or next(inside, "")
    about = entry.get("movie") or entry.get("show") or {}
    about = about if isinstance(about, dict) else {}
    ids = about.get("ids")
    imdb = ids.get("imdb") if isinstance(ids, dict) else ""
    found = [
        entry.get("rated_at"),
        kind,
        *map(about.get, ("title", "year")),
        entry.get("rating"),
        imdb,
    ]
    return ["" if value is None else str(value) for value in found]
