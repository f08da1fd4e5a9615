"""The data sets opened last, on screen or from the shell: a small file that can be lost."""

import contextlib
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cftui import paths
from cftui.files import held, make_folder, replace_file
from cftui.questions.data import AS_RECOGNISED, ColumnMapping, DataSummary
from cftui.ratings.sources.locate import as_far_as_there

KEPT = 20
PATIENCE = 5.0
"""Seconds to wait for others who write the file; one that was halted must not hold us up."""


@dataclass(frozen=True)
class RecentData:
    """A data set that was opened."""

    source: str
    """A data set's name, or the absolute path of its file or folder."""
    name: str
    opened: float
    """In seconds since 1970."""
    n_users: int
    n_items: int
    n_ratings: int
    mapping: ColumnMapping = AS_RECOGNISED


def recently_used() -> tuple[RecentData, ...]:
    """Return the data sets opened last, newest first; none where the file cannot be read."""
    try:
        records = json.loads(_file().read_text(encoding="utf-8"))["opened"]
        found = [_from_record(record) for record in records]
    except (
        OSError,
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        RecursionError,
        OverflowError,
    ):
        return ()
    return tuple(sorted(found, key=lambda recent: -recent.opened)[:KEPT])


def last_mapping(source: str) -> ColumnMapping:
    """Return how the columns of these ratings were mapped when they were last opened.

    Raises FileNotFoundError where the source is not there.
    """
    lasting = paths.lasting_source(source)
    known = (recent.mapping for recent in recently_used() if recent.source == lasting)
    return as_far_as_there(next(known, AS_RECOGNISED))


def remember(source: str, summary: DataSummary, mapping: ColumnMapping = AS_RECOGNISED) -> None:
    """Put a data set before all others; where the file cannot be written, nothing is kept.

    Raises FileNotFoundError where the source is not there.
    """
    lasting = paths.lasting_source(source)
    now = RecentData(
        lasting,
        summary.name,
        time.time(),
        summary.n_users,
        summary.n_items,
        summary.n_ratings,
        mapping,
    )
    with contextlib.suppress(OSError):
        make_folder(_file().parent)
        with held(_file().with_suffix(".lock"), PATIENCE):
            others = [r for r in recently_used() if (r.source, r.mapping) != (lasting, mapping)]
            _write([now, *others][:KEPT])


def _file() -> Path:
    return paths.state_folder() / "recent.json"


def _write(recents: list[RecentData]) -> None:
    text = json.dumps({"opened": [asdict(recent) for recent in recents]}, indent=1)
    replace_file(_file(), text.encode())


def _from_record(record: dict[str, Any]) -> RecentData:
    """Return a record as it was written; raises TypeError or ValueError for any other."""
    mapping = ColumnMapping(**record["mapping"])
    recent = RecentData(**{**record, "mapping": mapping})
    texts = (recent.source, recent.name, *asdict(mapping).values())
    counts = (recent.n_users, recent.n_items, recent.n_ratings)
    if not all(isinstance(text, str) for text in texts) or not all(type(n) is int for n in counts):
        raise ValueError("not as it was written")
    return RecentData(**{**record, "mapping": mapping, "opened": float(recent.opened)})
