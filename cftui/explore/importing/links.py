"""The ids that IMDb gives to a data set's items, where a file beside the ratings tells them."""

from pathlib import Path

from cftui.explore.importing.matching import imdb_number
from cftui.ratings.reading.exports import folded_names
from cftui.ratings.reading.table import read_table
from cftui.ratings.sources.packed import ArchivePart, is_zip, members
from cftui.ratings.values import Ratings

LINKS = "links.csv"
"""As MovieLens calls it: movieId, imdbId, tmdbId."""


def imdb_links(ratings: Ratings) -> dict[str, str]:
    """Return the data's ids by the numbers of IMDb; none where no file tells, or it is no help."""
    try:
        part = _part(Path(ratings.source))
        if part is None:
            return {}
        table = read_table(part)
        names = folded_names(table.names)
        imdb, own = names.index("imdbid"), names.index("movieid")
        return {
            imdb_number(row[imdb]): row[own].strip()
            for _, row in table.rows
            if len(row) > max(imdb, own) and row[imdb].strip() and row[own].strip()
        }
    except (OSError, ValueError):  # of these DataError is one
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
