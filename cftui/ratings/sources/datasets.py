"""Every data set there is to open: bundled, the user's own, downloaded, and to be downloaded."""

from collections.abc import Mapping
from pathlib import Path

from cftui import paths
from cftui.catalogue import CATALOGUE, SHARED_ALIKE, CatalogueEntry
from cftui.questions.data import DataSetRow
from cftui.ratings.sources.partial import PartialDownload
from cftui.ratings.sources.recent import RecentData, recently_used


def data_sets(catalogue: Mapping[str, CatalogueEntry] = CATALOGUE) -> tuple[DataSetRow, ...]:
    """Return the bundled data set, files opened before (newest first), downloads, the rest."""
    recents = recently_used()
    by_name = {recent.source: recent for recent in reversed(recents)}
    own = [r for r in recents if r.source != paths.BUNDLED and r.source not in catalogue]
    listed = [_listed(entry, by_name.get(entry.name)) for entry in catalogue.values()]
    return (
        _bundled(by_name.get(paths.BUNDLED)),
        *(_recent(recent) for recent in own),
        *(row for row in listed if row.ready),
        *(row for row in listed if not row.ready),
    )


def _bundled(recent: RecentData | None) -> DataSetRow:
    try:
        file = paths.resolve_source(paths.BUNDLED) / "ratings.csv"
    except FileNotFoundError:
        file = Path()
    size = _size(file)
    return DataSetRow(
        name=paths.BUNDLED,
        kind="bundled",
        source=paths.BUNDLED,
        where=str(file),
        size=size,
        state="ready" if size else "gone",
        ready=size is not None,
        n_ratings=100_004,
        n_users=671,
        n_items=9_066,
        holds="half stars, 1995 to 2016; the lesson's data",
        licence=SHARED_ALIKE,
        opened=recent.opened if recent else None,
    )


def _recent(recent: RecentData) -> DataSetRow:
    try:
        path = paths.resolve_source(recent.source)
    except FileNotFoundError:
        path = None
    return DataSetRow(
        name=recent.name,
        kind="recent",
        source=recent.source,
        where=recent.source,
        size=_size(path) if path else None,
        state="ready" if path else "gone",
        ready=path is not None,
        n_ratings=recent.n_ratings,
        n_users=recent.n_users,
        n_items=recent.n_items,
        holds="",
        licence="",
        opened=recent.opened,
        mapping=recent.mapping,
    )


def _listed(entry: CatalogueEntry, recent: RecentData | None) -> DataSetRow:
    file, part = paths.downloaded(entry.name), PartialDownload(entry)
    size = _size(file)
    state = "to download"
    if size is not None:
        state = "downloaded"
    elif part.size:
        state = f"{part.size / 1e6:,.0f} of {entry.size / 1e6:,.0f} MB"
    counted = recent or entry  # what was found in it is better than what was published
    return DataSetRow(
        name=entry.name,
        kind="catalogue" if size is None else "downloaded",
        source=entry.name,
        where=entry.url if size is None else str(file),
        size=entry.size if size is None else size,
        state=state,
        ready=size is not None,
        n_ratings=counted.n_ratings,
        n_users=counted.n_users,
        n_items=counted.n_items,
        holds=entry.holds,
        licence=entry.licence,
        received=part.size,
        changes=entry.changes,
        opened=recent.opened if recent else None,
    )


def _size(path: Path) -> int | None:
    """Return the bytes of a file, or of ratings.csv in a folder; none where there is none."""
    try:
        return path.stat().st_size if path.is_file() else _folder_size(path)
    except OSError:
        return None


def _folder_size(path: Path) -> int | None:
    file = path / "ratings.csv"
    return file.stat().st_size if file.is_file() else None
