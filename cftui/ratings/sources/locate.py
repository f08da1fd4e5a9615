"""Which files make up a source, and the key that changes whenever they do."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePosixPath

from cftui.questions.data import AS_RECOGNISED, ColumnMapping
from cftui.ratings.sources.holders import ENDINGS as OTHER_ENDINGS
from cftui.ratings.sources.holders import (
    holds_tables,
    table_named,
    table_with_ratings,
    tables_of,
)
from cftui.ratings.sources.packed import ENDINGS as PACKED_ENDINGS
from cftui.ratings.sources.packed import ArchivePart, is_zip, members
from cftui.ratings.sources.title_files import NO_TITLES, TitleFiles, title_files
from cftui.ratings.values import DataError
from cftui.remedies import cause

FORMAT = 1
"""Version of the store's layout; raising it makes every store be built anew."""
META = "meta.json"
"""The file in a store that tells what its arrays are."""

USUAL = (
    *("ratings.csv", "u.data", "ratings.dat", "ratings.parquet"),  # MovieLens, goodbooks-10k
    *("rating.csv", "bx-book-ratings.csv", "book-ratings.csv"),  # anime, Book-Crossing
    *("user_artists.dat", "user_ratedmovies-timestamps.dat", "user_ratedmovies.dat"),  # HetRec 2011
)
"""What the ratings file of a published data set is called; earlier ones win."""
ENDINGS = (".csv", ".tsv", ".dat", ".data", ".txt", ".parquet", ".jsonl", ".ndjson")
NO_RATINGS = (
    *("readme", "license", "movies", "links", "tags", "genome", "users", "items", "titles"),
    *("books", "bx-books", "bx-users", "anime.", "artists", "to_read", "book_tags"),
    "meta_",
)
"""How files begin that come with ratings and are none."""
TITLES_READER = 2
"""Raising it makes the stores anew whose titles are not from a file as MovieLens writes it."""


@dataclass(frozen=True)
class SourceFiles:
    """The resolved files of a source."""

    ratings: ArchivePart
    titles: TitleFiles = NO_TITLES
    mapping: ColumnMapping = AS_RECOGNISED

    @property
    def name(self) -> str:
        """Return what the data set is called: by its zip, its folder or its file."""
        without = f"without {self.mapping.unrated}" if self.mapping.unrated else ""
        how = ", ".join(word for word in (self.mapping.values, without) if word)
        return f"{self._bare_name} ({how})" if how else self._bare_name

    @property
    def _bare_name(self) -> str:
        path, place = self.ratings.path, self.ratings.place
        if self.ratings.member and holds_tables(path):
            return f"{path.stem} {self.ratings.member}"
        if bare(place.name) in USUAL:
            if self.ratings.member:
                return path.stem
            if path.parent.name:
                return path.parent.name
        return PurePosixPath(_unpacked_name(place.name)).stem

    def key(self) -> str:
        """Return a hash of path, size and time of change of each file; raises OSError."""
        parts = [self.ratings, *self.titles.parts]
        facts = [
            (str(part), part.path.stat().st_size, part.path.stat().st_mtime_ns) for part in parts
        ]
        # What is not chosen is left out, so that stores of before there was the choice are found.
        mapping = {
            name: value
            for name, value in asdict(self.mapping).items()
            if value or name not in ("values", "titles", "unrated", "dates")
        }
        told = [FORMAT, facts, *([mapping] if self.mapping != AS_RECOGNISED else [])]
        if not self.titles.as_published:
            told.append({"titles": TITLES_READER})
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:32]


def locate(source: Path, mapping: ColumnMapping = AS_RECOGNISED) -> SourceFiles:
    """Return the files of a folder, of a zip, of a member of a zip, or of a ratings file itself.

    Raises DataError where there is no ratings file, or more than one could be meant.
    """
    try:
        ratings = ratings_part(source, mapping)
        asked = _asked_titles(mapping.titles) if mapping.titles else None
        return SourceFiles(ratings, title_files(ratings, asked), mapping)
    except (OSError, RuntimeError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        # No permission, a ring of links, an unknown ~user, a NUL in the path.
        words = cause(error) if isinstance(error, OSError) else f"{error}; give another path"
        raise DataError(f"{source}: cannot be read: {words}") from None


def as_far_as_there(mapping: ColumnMapping) -> ColumnMapping:
    """Return a mapping of before without its file of titles where that is gone.

    Ratings are the same without.
    """
    path = Path(mapping.titles)
    there = not mapping.titles or any(place.is_file() for place in (path, *path.parents))
    return mapping if there else replace(mapping, titles="")


def bare(name: str) -> str:
    """Return a file's name in lower case, without the ending of a packed one."""
    return _unpacked_name(name).lower()


def candidates(source: Path) -> list[ArchivePart]:
    """Return the files in a folder or a zip that could hold ratings, the most usual first.

    Raises OSError or DataError where it cannot be listed.
    """
    path = source.expanduser().resolve()
    if path.is_dir():
        return [
            ArchivePart(path / name)
            for name in _likely(p.name for p in path.iterdir() if p.is_file())
        ]
    if path.is_file() and holds_tables(path):
        found = tables_of(path)
        return found if len(found) > 1 else []
    if path.is_file() and is_zip(path):
        return [ArchivePart(path, name) for name in _likely(members(path))]
    return []


def _unpacked_name(name: str) -> str:
    ending = next((own for own in PACKED_ENDINGS if name.lower().endswith(own)), "")
    return name[: len(name) - len(ending)]


def _likely(names: Iterable[str]) -> list[str]:
    """Return those of usual names, or else those of usual endings."""
    files = sorted(names)
    bases = {name: bare(PurePosixPath(name).name) for name in files}
    usual = [name for own in USUAL for name in files if bases[name] == own]
    likely = [name for name in files if not bases[name].startswith((".", *NO_RATINGS))]
    texts = [name for name in likely if bases[name].endswith(ENDINGS)]
    others = [name for name in likely if bases[name].endswith(OTHER_ENDINGS)]
    # JSON comes with many a data set as a description of it.
    objects = [name for name in likely if bases[name].endswith(".json")]
    called = [name for name in objects if bases[name].startswith("ratings")]  # as Trakt does
    return usual or texts or others or called or objects


def ratings_part(source: Path, mapping: ColumnMapping = AS_RECOGNISED) -> ArchivePart:
    """Return the one ratings file of a source; raises OSError, and DataError as `locate`."""
    path = source.expanduser().resolve()
    if path.is_dir():
        found = _within_folder(path)
        return table_with_ratings(found.path, mapping) if holds_tables(found.path) else found
    if path.is_file() and holds_tables(path):
        return table_with_ratings(path, mapping)
    if path.is_file():
        return _the_one(path, candidates(path)) if is_zip(path) else ArchivePart(path)
    if path.exists():
        raise DataError(f"{source}: not a regular file; give the path of a ratings file")
    for archive in path.parents:
        if archive.is_file() and holds_tables(archive):
            return table_named(archive, path.relative_to(archive).as_posix())
        if archive.is_file() and is_zip(archive):
            return _member(archive, path.relative_to(archive).as_posix())
    raise DataError(f"{source}: no such file; give the path of a ratings file or its folder")


def _within_folder(path: Path) -> ArchivePart:
    found = candidates(path)
    if not found:
        # As many zips unpack: into one folder more.
        inner = [folder for folder in path.iterdir() if folder.is_dir()]
        if len(inner) == 1:
            found = candidates(inner[0])
    if not found:
        raise DataError(
            f"{path}: no ratings.csv in this folder, nor anything like it; "
            "give a ratings file's path"
        )
    return _the_one(path, found)


def _member(archive: Path, name: str) -> ArchivePart:
    if name not in members(archive):
        raise DataError(f"{archive}: holds no file {name!r}; give the zip alone")
    return ArchivePart(archive, name)


def _the_one(source: Path, found: list[ArchivePart]) -> ArchivePart:
    """Return the file that is meant; raises DataError where that is not clear."""
    if not found:
        raise DataError(
            f"{source}: no file in this zip looks like ratings; unpack it and give the file "
            "(a workbook: save it as CSV)"
        )
    usual = bare(found[0].place.name) in USUAL
    alike = [part for part in found if bare(part.place.name) == bare(found[0].place.name)]
    if (len(alike) == 1 and usual) or len(found) == 1:
        return found[0]
    names = ", ".join(str(part) for part in (alike if usual else found)[:5])
    raise DataError(f"{source}: several files could be meant; give one of {names}")


def _asked_titles(name: str) -> ArchivePart:
    """Return the file of titles that the user named; raises DataError where it is not there."""
    path = Path(name).expanduser().resolve()
    if path.is_file() and (not is_zip(path) or holds_tables(path)):
        return ArchivePart(path)
    for archive in path.parents:
        if archive.is_file() and holds_tables(archive):
            return table_named(archive, path.relative_to(archive).as_posix())
        if archive.is_file() and is_zip(archive):
            return _member(archive, path.relative_to(archive).as_posix())
    what = (
        "a zip, of which a file must be named: FILE.zip/books.csv" if path.is_file() else "no file"
    )
    raise DataError(f"{name}: {what}; give the file of titles (--titles; to train: data.titles)")
