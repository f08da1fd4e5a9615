"""The folders: whether they can be written, what room there is, and what lies in them."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from cftui import paths
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
    parts = [state, f"{size_words(free)} free", kind]
    words = f"{path}: {', '.join(part for part in parts if part)}"
    numbers: dict[str, float | str | None] = {
        "free_bytes": free,
        "file_system": kind,
    }
    if any(part in kind.lower() for part in NETWORK):
        remedy = "start and resume a run from one host at a time, or move to a local disk by"
        return Finding(
            SECTION, name, f"{words}: locks may not hold between hosts", "warn",
            f"{remedy} {paths.HOME_VARIABLE}", numbers,
        )  # fmt: skip
    if free < LEAST_FREE:
        return Finding(SECTION, name, words, "warn", "make room: runs keep checkpoints", numbers)
    return Finding(SECTION, name, words, numbers=numbers)


def _objection(folder: Path) -> str:
    """Return why a file cannot be made and locked in an existing folder; empty if it can."""
    if not folder.is_dir():
        return f"{folder} is not a folder"
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
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
