"""What processes that died have left: it costs room, and nobody will come back to it."""

import os
import re
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from cftui import locks, paths
from cftui.doctor.finding import Finding
from cftui.doctor.folders import size_words
from cftui.doctor.mending import removing
from cftui.runs import leftovers
from cftui.runs.trash import too_old, trash_folder, trashed

SECTION = "leftovers"
HALF = re.compile(r"\.(new|deleted|building)-.+")
"""Folders: runs and stores not yet complete, and runs being deleted; their makers hold `lock`."""
START = re.compile(r"\.start-.+\.(toml|log)")
"""Of a trainer that has no directory yet, which holds its output."""
TEMPORARY = re.compile(r"\..+\.\d+(-\d+)?")
"""Of a file that was being written; the number is that of the process."""
FEW = 4
"""So many are named."""


def leftover_findings() -> Iterator[Finding]:
    """Yield what is left in each of our folders, and untouched for an hour."""
    for name, folder in (
        ("runs", paths.runs_folder()),
        ("stores", paths.stores_folder()),
        ("answers", paths.answers_folder()),
        ("data sets", paths.datasets_folder()),
        ("state", paths.state_folder()),
    ):
        left = [path for path in _below(folder) if _is_left(path)]
        if left:
            yield _finding(name, folder, left)
    if deleted := [Path(entry.path) for entry in trashed()]:
        yield _trash_finding(deleted)


def _trash_finding(deleted: list[Path]) -> Finding:
    """Tell of runs deleted on the screen; of those whose day is over, offer to remove them."""
    old, size = list(too_old(time.time())), sum(map(_size, deleted))
    runs = f"{len(deleted):,} deleted run{'s' * (len(deleted) != 1)}"
    words = f"{runs} in {trash_folder()} ({size_words(size)}), kept for a day (U in Runs)"
    numbers: dict[str, float | str | None] = {"count": len(deleted), "bytes": size}
    mend = removing(old, "those of more than a day ago") if old else None
    return Finding(SECTION, "trash", words, "warn" if old else "ok", "", numbers, mend)


def _finding(name: str, folder: Path, left: list[Path]) -> Finding:
    names = ", ".join(str(path.relative_to(folder)) for path in left[:FEW])
    more = f" and {len(left) - FEW:,} more" if len(left) > FEW else ""
    size = sum(map(_size, left))
    words = f"{len(left):,} in {folder} ({size_words(size)}), of processes that died: {names}{more}"
    numbers: dict[str, float | str | None] = {"count": len(left), "bytes": size}
    mend = removing(left, "them" if len(left) > 1 else "it")
    return Finding(SECTION, name, words, "warn", "", numbers, mend)


def _below(folder: Path) -> Iterator[Path]:
    """Give what may be left in a folder, and in those within it; links are not followed."""
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        own = any(kind.fullmatch(entry.name) for kind in (HALF, START, TEMPORARY))
        if own and not entry.is_symlink():
            yield Path(entry.path)
        elif entry.is_dir(follow_symlinks=False):
            yield from _below(Path(entry.path))


def _is_left(path: Path) -> bool:
    """Return whether its maker is gone, as far as that can be known from here."""
    try:
        facts = path.lstat()
        if max(facts.st_mtime, facts.st_ctime) > time.time() - leftovers.SETTLED_SECONDS:
            return False  # another host may be at it, whose locks and processes are not seen
        if HALF.fullmatch(path.name):
            return stat.S_ISDIR(facts.st_mode) and not _is_locked(path / "lock")
        if not stat.S_ISREG(facts.st_mode):
            return False
        if START.fullmatch(path.name):
            return not _is_locked(path.with_suffix(".log"))
        return not _lives(int(path.name.rpartition(".")[2].partition("-")[0]))
    except (OSError, ValueError):
        return False


def _is_locked(path: Path) -> bool:
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        return False
    try:
        return locks.is_locked(descriptor, path, shared=False)
    finally:
        os.close(descriptor)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _size(path: Path) -> int:
    if not path.is_dir():
        return path.lstat().st_size
    return sum(found.lstat().st_size for found in path.rglob("*"))
