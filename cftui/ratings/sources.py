"""Which files make up a source, and the key that changes whenever they do."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from cftui.ratings.values import DataError

FORMAT = 1
"""Version of the store's layout; raising it makes every store be built anew."""


@dataclass(frozen=True)
class SourceFiles:
    """The resolved files of a source."""

    ratings: Path
    titles: Path | None

    @property
    def name(self) -> str:
        """Return the folder's name for a `ratings.csv`, else the file's name without its ending."""
        path = self.ratings
        return path.parent.name if path.name == "ratings.csv" and path.parent.name else path.stem

    def key(self) -> str:
        """Return a hash of path, size and time of change of each file; raises OSError."""
        files = [path for path in (self.ratings, self.titles) if path]
        facts = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
        return hashlib.sha256(json.dumps([FORMAT, facts]).encode()).hexdigest()[:32]


def locate(source: Path) -> SourceFiles:
    """Return the files of a folder that holds ratings.csv, or of a ratings file itself.

    Raises DataError where there is no ratings file.
    """
    try:
        return _locate(source)
    except (OSError, RuntimeError) as error:  # no permission, a ring of links, an unknown ~user
        raise DataError(f"{source}: cannot be read: {error}; give another path") from None


def _locate(source: Path) -> SourceFiles:
    path = source.expanduser().resolve()
    if path.is_dir():
        path = path / "ratings.csv"
        if not path.is_file():
            raise DataError(f"{source}: no ratings.csv in this folder; give a ratings file's path")
    elif not path.exists():
        raise DataError(f"{source}: no such file; give the path of a ratings file or its folder")
    elif not path.is_file():
        raise DataError(f"{source}: not a regular file; give the path of a ratings file")
    titles = path.with_name("movies.csv")
    return SourceFiles(path, titles if titles.is_file() and titles != path else None)
