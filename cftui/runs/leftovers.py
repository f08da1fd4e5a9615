"""Sweeps what processes that died have left in the folder of runs."""

import contextlib
import os
import shutil
import time
from pathlib import Path

from cftui import locks
from cftui.regular import NotRegular, open_regular

SETTLED_SECONDS = 3600.0
"""What was touched since then may be at work on a host whose locks are not seen from here."""
FOLDERS = (".new-", ".deleted-")
"""Begin the names of run directories not yet complete, and of those being deleted."""
START = ".start-"
"""Begins the names of the files of a trainer that has no directory yet."""


def sweep_leftovers(runs: Path) -> None:
    """Remove half-made and half-deleted runs, and files of starts, whose owners are gone.

    An owner holds a lock: a maker and a deleter that of the run, a trainer its output. What cannot
    be removed stays.
    """
    with contextlib.suppress(OSError), os.scandir(runs) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                if entry.name.startswith(FOLDERS) and entry.is_dir(follow_symlinks=False):
                    if _is_settled(entry) and not _is_locked(Path(entry.path) / "lock"):
                        shutil.rmtree(entry.path, ignore_errors=True)
                elif entry.name.startswith(START) and entry.is_file(follow_symlinks=False):
                    output = Path(entry.path).with_suffix(".log")
                    if _is_settled(entry) and not _is_locked(output):
                        Path(entry.path).unlink()


def _is_settled(entry: "os.DirEntry[str]") -> bool:
    facts = entry.stat(follow_symlinks=False)
    # A rename changes the one, work within the folder the other.
    return max(facts.st_mtime, facts.st_ctime) < time.time() - SETTLED_SECONDS


def _is_locked(path: Path) -> bool:
    try:
        file = open_regular(path)
    except (FileNotFoundError, NotRegular):
        return False
    try:
        return locks.is_locked(file, path, shared=False)
    finally:
        os.close(file)
