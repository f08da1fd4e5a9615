"""Runs that were deleted on the screen: kept for a day, so that it can be undone."""

import contextlib
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from cftui.paths import runs_folder
from cftui.runs.directory import Run, RunError

FOLDER = ".trash"
"""Within the folder of runs; no list of runs looks into it."""
KEPT_SECONDS = 24 * 3600.0


def trash_folder() -> Path:
    """Return where deleted runs are; it need not be there."""
    return runs_folder() / FOLDER


def discard(run: Run) -> None:
    """Delete a run so that `restore` brings it back within a day.

    Raises RunHeld while its trainer lives, OSError where the disk refuses.
    """
    folder = trash_folder()
    folder.mkdir(exist_ok=True)
    place = folder / run.id
    if os.path.lexists(place):  # one of the same id was deleted before, and is not wanted back
        _remove(place)
    run.delete(to=place)


def restore(run_id: str) -> None:
    """Bring a deleted run back. Raises RunError where it is gone, or its place is taken."""
    place, home = trash_folder() / run_id, runs_folder() / run_id
    if not os.path.lexists(place):
        raise RunError(f"{run_id} is not among the deleted runs any more")
    if os.path.lexists(home):
        raise RunError(f"there is a run {run_id} again")
    place.rename(home)


def trashed() -> list[os.DirEntry[str]]:
    """Return what was deleted and is still there."""
    with contextlib.suppress(OSError), os.scandir(trash_folder()) as entries:
        return list(entries)
    return []


def empty_trash(now: float | None = None) -> None:
    """Remove what was deleted more than a day ago; what cannot be removed stays."""
    for path in too_old(time.time() if now is None else now):
        _remove(path)
    with contextlib.suppress(OSError):
        trash_folder().rmdir()  # where it is empty


def too_old(now: float) -> Iterator[Path]:
    """Yield what was deleted more than a day before a time."""
    for entry in trashed():
        with contextlib.suppress(OSError):
            # being moved there is the last that changed the folder's own entry
            if entry.stat(follow_symlinks=False).st_ctime < now - KEPT_SECONDS:
                yield Path(entry.path)


def _remove(path: Path) -> None:
    if path.is_symlink() or not path.is_dir():
        with contextlib.suppress(OSError):
            path.unlink()
    else:
        shutil.rmtree(path, ignore_errors=True)
