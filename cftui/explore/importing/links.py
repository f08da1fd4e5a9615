"""The ids that IMDb gives to a data set's items, where a file beside the ratings tells them."""

import csv
import io
from pathlib import Path

from cftui.explore.importing.matching import imdb_number
from cftui.ratings.sources.packed import ArchivePart, is_zip, members
from cftui.ratings.values import DataError, Ratings

LINKS = "links.csv"
"""As MovieLens calls it: movieId, imdbId, tmdbId."""
MOST_BYTES = 64 << 20


def imdb_links(ratings: Ratings) -> dict[str, str]:
    """Return the data's ids by the numbers of IMDb; none where no file tells, or it is no help."""
    try:
        part = _part(Path(ratings.source))
        if part is None:
            return {}
        with part.open() as stream:
            text = stream.read(MOST_BYTES).decode("utf-8-sig", "replace")
        rows = csv.DictReader(io.StringIO(text, newline=""))
        return {
            imdb_number(row["imdbId"]): row["movieId"].strip()
            for row in rows
            if row.get("imdbId") and row.get("movieId")
        }
    except (OSError, DataError, csv.Error):
        return {}


def _part(source: Path) -> ArchivePart | None:
    """Return the file of links beside a ratings file, or within the same zip."""
    if source.is_file() and not is_zip(source):
        beside = source.with_name(LINKS)
        return ArchivePart(beside) if beside.is_file() else None
    for archive in (source, *source.parents):
        if archive.is_file() and is_zip(archive):
            inside = source.relative_to(archive).parent / LINKS
            return ArchivePart(archive, str(inside)) if str(inside) in members(archive) else None
    return None
