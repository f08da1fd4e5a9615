"""The folders: whether they can be written, what room there is, and what lies in them."""

import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from cftui import locks, paths
from cftui.doctor.finding import Finding, first_line

SECTION = "folders"
NETWORK = (
    "nfs",
    "cifs",
    "smb",
    "afs",
    "sshfs",
    "lustre",
    "gpfs",
    "beegfs",
    "ceph",
    "9p",
    "gluster",
)
"""Parts of the names of file systems where a lock may not hold between hosts."""
LEAST_FREE = 10**9
LEAST_FILES = 10_000
"""That can still be made: a thousand runs have so many."""
SLOW_SYNC = 0.25
"""Seconds for a small write to be safe on the disk; each checkpoint takes two of them."""


def folder_findings(file_system: Callable[[Path], str] | None = None) -> Iterator[Finding]:
    """Yield the folders that cftui writes; `file_system` names the file system of a path."""
    override = os.environ.get(paths.HOME_VARIABLE)
    where = override or "not set: the user's own folders"
    yield Finding(SECTION, paths.HOME_VARIABLE, where)
    kind_of = file_system or file_system_of
    runs, stores = paths.runs_folder(), paths.stores_folder()
    yield _folder("runs", runs, kind_of, _contents(runs, "run"))
    yield _folder("stores", stores, kind_of, _contents(stores, "store"))
    yield _folder("state", paths.state_folder(), kind_of, "")
    yield _bundled()


def file_system_of(path: Path) -> str:
    """Return the type of the file system that an existing path lies on; empty if unknown."""
    import psutil

    try:
        mounts = psutil.disk_partitions(all=True)
    except (OSError, psutil.Error):
        return ""
    whole = path.resolve()
    holding = [m for m in mounts if whole.is_relative_to(m.mountpoint)]
    nearest = max(holding, key=lambda mount: len(Path(mount.mountpoint).parts), default=None)
    return str(nearest.fstype) if nearest else ""


def _folder(name: str, path: Path, kind_of: Callable[[Path], str], contents: str) -> Finding:
    there = next(folder for folder in (path, *path.parents) if folder.exists())
    objection = _objection(there)
    if objection:
        remedy = f"let this user write there, or set {paths.HOME_VARIABLE} to another folder"
        return Finding(SECTION, name, f"{path}: {objection}", "fail", remedy)
    free, kind = shutil.disk_usage(there).free, kind_of(there)
    state = contents if path.exists() else "made when it is needed"
    sync = _seconds_of_sync(there)
    parts = [state, f"{size_words(free)} free", kind, f"safe on the disk in {1000 * sync:.3g} ms"]
    words = f"{path}: {', '.join(part for part in parts if part)}"
    numbers: dict[str, float | str | None] = {
        "free_bytes": free,
        "file_system": kind,
        "sync_seconds": sync,
    }
    if not locks.has_flock(there):
        remedy = "start and resume from one host at a time; better: mount it with flock (Lustre:"
        return Finding(
            SECTION, name, f"{words}: it has no flock; claims stand for it", "warn",
            f"{remedy} -o flock), or a local disk by {paths.HOME_VARIABLE}", numbers,
        )  # fmt: skip
    if any(part in kind.lower() for part in NETWORK):
        remedy = "start and resume a run from one host at a time, or move to a local disk by"
        return Finding(
            SECTION, name, f"{words}: locks may not hold between hosts", "warn",
            f"{remedy} {paths.HOME_VARIABLE}", numbers,
        )  # fmt: skip
    if free < LEAST_FREE:
        return Finding(SECTION, name, words, "warn", "make room: runs keep checkpoints", numbers)
    left = _files_left(there)
    if left is not None and left < LEAST_FILES:
        words = f"{words}: no more than {left:,} files can be made (df -i)"
        return Finding(SECTION, name, words, "warn", "remove files that nobody needs", numbers)
    if sync > SLOW_SYNC:
        words = f"{words}: checkpoints and wishes are slow"
        return Finding(SECTION, name, words, "note", "a local disk is faster", numbers)
    return Finding(SECTION, name, words, numbers=numbers)


def _files_left(folder: Path) -> int | None:
    """Return how many files can be made; none where the file system has no such bound."""
    facts = os.statvfs(folder)
    return facts.f_favail if facts.f_files else None


def _seconds_of_sync(folder: Path) -> float:
    """Return how long a small write takes until it is safe on the disk, the middle one of three."""
    times = []
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        for _ in range(3):
            began = time.perf_counter()
            file.write(bytes(4096))
            os.fsync(file.fileno())
            times.append(time.perf_counter() - began)
    return statistics.median(times)


def _objection(folder: Path) -> str:
    """Return why a file cannot be made, locked and synced in an existing folder; empty if it can.

    Without flock a claim is as good.
    """
    if not folder.is_dir():
        return f"{folder} is not a folder"
    try:
        locks.has_flock(folder)
        _seconds_of_sync(folder)
    except OSError as error:
        return f"cannot be written ({error.strerror or first_line(error)})"
    return ""


def _contents(folder: Path, word: str) -> str:
    """Return how many runs or stores there are, and their size."""
    try:
        count = sum(entry.is_dir() for entry in os.scandir(folder) if entry.name[0] != ".")
    except OSError:
        return ""
    size = 0
    for root, _, files in os.walk(folder):
        for name in files:
            try:
                size += os.lstat(os.path.join(root, name)).st_size  # noqa: PTH118 - thousands
            except OSError:
                continue
    return f"{count:,} {word}{'' if count == 1 else 's'} ({size_words(size)})"


def _bundled() -> Finding:
    try:
        folder = paths.bundled_folder()
    except FileNotFoundError as error:
        return Finding(SECTION, "bundled data", str(error), "fail", "install cftui again")
    return Finding(SECTION, "bundled data", str(folder))


def size_words(n_bytes: float) -> str:
    """Return a number of bytes in words: `12.3 MB`."""
    for unit in ("B", "kB", "MB", "GB"):
        if n_bytes < 1000:
            return f"{n_bytes:.3g} {unit}"
        n_bytes /= 1000
    return f"{n_bytes:.3g} TB"
