"""Which files beside ratings could hold the titles of their items; told from their beginnings."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from cftui.questions.data import AS_RECOGNISED
from cftui.ratings.reading.jsonl import recognise_json
from cftui.ratings.reading.movielens import is_as_published
from cftui.ratings.reading.table_text import beginning_of, titles_in_json
from cftui.ratings.reading.title_columns import HEAD, title_columns, title_named
from cftui.ratings.sources.databases import BROKEN, is_database, text_of_table
from cftui.ratings.sources.holders import holds_tables, tables_of
from cftui.ratings.sources.packed import ENDINGS as PACKED_ENDINGS
from cftui.ratings.sources.packed import ArchivePart, members
from cftui.ratings.values import DataError

BESIDE = {"u.data": "u.item", "ratings.dat": "movies.dat"}
"""The file with titles that comes with one of ratings; movies.csv with all others."""
TITLES = ("movies.csv", "movies.dat", "u.item")
ENDINGS = (
    *(".csv", ".tsv", ".dat", ".txt", ".item", ".json", ".jsonl", ".ndjson"),
    *(".parquet", ".feather", ".arrow", ".ipc", ".dta"),
)
OTHERS = (
    *("readme", "license", "links", "tags", "genome", "user", "genre", "author", "actor", "rating"),
    *("director", "people", "cast", "countr", "book_tags", "to_read", "bx-user", "bx-book-rating"),
)
"""How files begin that hold names of something else than items."""
MOST_LOOKED_AT = 40
"""Files of a folder; in one that has more only the usual names are known."""
MOST_BYTES = 256 << 20
"""Of a file on the disk; larger ones are taken where they are called as usual, or asked for."""


@dataclass(frozen=True)
class TitleFiles:
    """Files that may hold titles, the most usual first."""

    parts: tuple[ArchivePart, ...] = ()
    asked: bool = False
    """Whether the user named the file."""
    usual: ArchivePart | None = None
    """The one that is called as usual."""
    as_published: bool = True
    """Whether there is one at most, and it is as MovieLens writes it."""


NO_TITLES = TitleFiles()


def title_files(ratings: ArchivePart, asked: ArchivePart | None = None) -> TitleFiles:
    """Return the files beside the ratings that look like titles, or the one asked for.

    Ratings whose header, or whose objects name titles are not as published. Raises OSError.
    """
    first = _first_bytes(ratings)
    own = title_named(first) or titles_in_json(recognise_json(first, AS_RECOGNISED)) is not None
    if asked is not None:
        return TitleFiles((asked,), asked=True, as_published=False)
    within: tuple[ArchivePart, ...] = ()
    if holds_tables(ratings.path):
        within = _within(ratings)
        ratings = ArchivePart(ratings.path)
    usual = _usual(ratings)
    beside = (part for part in _others(ratings) if part != usual and _has_titles(part))
    others = (*within, *beside)
    published = not own and not others and (usual is None or is_as_published(_first_bytes(usual)))
    parts = (*((usual,) if usual else ()), *others)
    return TitleFiles(parts, usual=usual, as_published=published)


def _within(ratings: ArchivePart) -> tuple[ArchivePart, ...]:
    """Return the other sheets or tables of the ratings' file that look like titles."""
    others = tables_of(ratings.path) if ratings.member else []
    likely = [p for p in others if p != ratings and not p.member.casefold().startswith(OTHERS)]
    return tuple(part for part in likely[:MOST_LOOKED_AT] if _has_titles(part))


def _usual(ratings: ArchivePart) -> ArchivePart | None:
    usual = BESIDE.get(_bare(ratings.place.name), TITLES[0])
    folder = ratings.place.parent
    inside = set(members(ratings.path)) if ratings.member else set()
    for name in dict.fromkeys((usual, *TITLES)):
        for ending in ("", *PACKED_ENDINGS):
            place = folder / f"{name}{ending}"
            if place == ratings.place:
                continue
            if ratings.member and str(place) in inside:
                return ArchivePart(ratings.path, str(place))
            if not ratings.member and Path(place).is_file():
                return ArchivePart(Path(place))
    return None


def _others(ratings: ArchivePart) -> Iterator[ArchivePart]:
    """Yield the files beside the ratings that are not called after something else."""
    folder = ratings.place.parent
    if ratings.member:
        names = [name for name in members(ratings.path) if PurePosixPath(name).parent == folder]
    else:
        names = [path.name for path in Path(folder).iterdir() if path.is_file()]
    bases = {name: _bare(PurePosixPath(name).name) for name in names}
    likely = [
        name
        for name in sorted(names)
        if bases[name].endswith(ENDINGS) and not bases[name].startswith((".", *OTHERS))
    ]
    if len(likely) > MOST_LOOKED_AT:
        return  # no data set's folder, but one of all kinds of files
    for name in likely:
        inside = ArchivePart(ratings.path, name)
        part = inside if ratings.member else ArchivePart(ratings.path.parent / name)
        if part != ratings:
            yield part


def _has_titles(part: ArchivePart) -> bool:
    try:
        small = part.path.stat().st_size <= MOST_BYTES
        return small and title_columns(beginning_of(part)[:HEAD]) is not None
    except (OSError, DataError, *BROKEN):
        return False


def _first_bytes(part: ArchivePart) -> bytes:
    """Return a file's first bytes; none where it cannot be read."""
    try:
        if part.member and is_database(part.path):
            return next(text_of_table(part.path, part.member))
        with part.open() as stream:
            return stream.read(HEAD)
    except (OSError, DataError, *BROKEN):
        return b""


def _bare(name: str) -> str:
    small = name.lower()
    return next((small.removesuffix(own) for own in PACKED_ENDINGS if small.endswith(own)), small)
