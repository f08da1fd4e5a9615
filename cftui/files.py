"""Files that are there whole or not at all, and locks for moments between processes."""

import contextlib
import errno
import itertools
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path

from cftui.locks import Hold
from cftui.modes import new_file, new_folder
from cftui.regular import open_regular

_numbers = itertools.count()
TRIES = 100
"""Names tried for a temporary: one may be left by a process that had our number before us."""
SETTLED_SECONDS = 3600.0
"""A temporary untouched for so long is a leftover: its writer may be on another host."""
Put = Callable[[Path, bytes], None]
"""Writes a file's new content beside it."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a path beside a file to write to; when all is written that becomes the file.

    An error leaves what was there before, and nothing beside it; so does a power cut before the
    end, after which the new file is safe. Raises OSError where the disk refuses.
    """
    temporary, descriptor = _temporary(path)
    os.close(descriptor)
    try:
        yield temporary
        _sync(temporary)
        temporary.replace(path)
    except BaseException:
        _drop(temporary)
        raise
    sync_folder(path.parent)


@contextmanager
def replacing_together(folder: Path) -> Iterator[Put]:
    """Put several files of a folder in place at the end, in the order of their coming.

    Each is whole or as it was before; they are synced at once, and cost but one sync of the folder.
    An error within leaves all as they were. Raises OSError where the disk refuses.
    """
    written: list[tuple[Path, int, Path]] = []

    def put(path: Path, content: bytes) -> None:
        temporary, descriptor = _temporary(path)
        written.append((temporary, descriptor, path))
        with _said_of(path):
            _write_all(descriptor, content)

    try:
        try:
            yield put
            _sync_at_once([(descriptor, path) for _, descriptor, path in written])
        finally:
            for _, descriptor, _ in written:
                os.close(descriptor)
        for temporary, _, path in written:
            temporary.replace(path)
    except BaseException:
        for temporary, _, _ in written:
            _drop(temporary)
        raise
    sync_folder(folder)


def replace_file(path: Path, content: bytes) -> None:
    """Put content in place at once, as `replacing` does."""
    with replacing_together(path.parent) as put:
        put(path, content)


def write_new(path: Path, content: bytes) -> None:
    """Write a file that is not there yet, synced; its name is safe when its folder is synced.

    Raises FileExistsError where something has the name, a link too.
    """
    _write(new_file(path), content, path)


def put_in_place(source: Path, target: Path) -> None:
    """Give a file that is written to its final name, content and name safe on the disk."""
    _sync(source)
    source.replace(target)
    sync_folder(target.parent)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it that are missing, their names safe on the disk."""
    missing = []
    for each in (folder, *folder.parents):
        if each.exists():
            break
        missing.append(each)
    new_folder(folder)
    for each in reversed(missing):
        sync_folder(each.parent)


def move_aside(path: Path, why: str = "damaged") -> Path:
    """Give a file or folder in the way a name that is free, beside where it was; return its path.

    `why`: a word for the name. Raises OSError where the folder cannot be written.
    """
    aside = name_aside(path, why)
    # Linked, not renamed, where that can be: what has come by that name is not replaced.
    with contextlib.suppress(OSError):
        os.link(path, aside, follow_symlinks=False)
        path.unlink()
        sync_folder(path.parent)
        return aside
    aside = name_aside(path, why)
    path.rename(aside)
    return aside


def name_aside(path: Path, why: str = "damaged") -> Path:
    """Return the free name that `move_aside` would give a file."""
    number = 1
    while os.path.lexists(aside := path.with_name(f"{path.name}.{why}-{number}")):
        number += 1
    return aside


def open_plainly(path: Path) -> BufferedReader:
    """Open a file to read, whatever lies there: no link is followed, no pipe waited for.

    Raises OSError where that is no regular file.
    """
    return os.fdopen(open_regular(path), "rb")


def sweep(folder: Path, names: Iterable[str], *, alone: bool = True) -> None:
    """Remove what a process that was killed while replacing these files has left.

    `alone`: whether nobody else can be replacing them now; else what was touched lately stays.
    What cannot be removed stays too.
    """
    since = float("inf") if alone else time.time() - SETTLED_SECONDS
    for name in names:
        for leftover in folder.glob(f".{name}.*"):
            with contextlib.suppress(OSError):
                if leftover.lstat().st_mtime < since:
                    leftover.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder written to the disk."""
    _sync(folder)


@contextmanager
def held(path: Path, seconds: float | None, poll: float = 0.01) -> Iterator[None]:
    """Hold a lock file for a short section; the system lets go when we die, and the file stays.

    `seconds`: how long to wait for another that has it; None waits for ever.

    Raises TimeoutError where another has it for longer than `seconds`, OSError where the file
    cannot be made. A run's own lock is `RunLock`, which readers probe.
    """
    hold = Hold(path, seconds, poll)
    try:
        yield
    finally:
        hold.release()


def _temporary(path: Path) -> tuple[Path, int]:
    """Make an empty file beside a file, ours alone; return its path and a descriptor to write."""
    for _ in range(TRIES):
        # Numbered: threads of one process may write the same file.
        beside = path.with_name(f".{path.name}.{os.getpid()}-{next(_numbers)}")
        with contextlib.suppress(FileExistsError):
            return beside, new_file(beside)
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(beside))


def _write(descriptor: int, content: bytes, path: Path) -> None:
    """Write and sync an empty file, and close it; what fails is said of `path`."""
    try:
        with _said_of(path):
            _write_all(descriptor, content)
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _sync_at_once(written: Sequence[tuple[int, Path]]) -> None:
    """Sync files side by side: a file system that keeps a log writes that once for all of them."""

    def sync(descriptor: int, path: Path) -> None:
        with _said_of(path):
            os.fsync(descriptor)

    first, others = written[:1], written[1:]
    if not others:
        for descriptor, path in first:
            sync(descriptor, path)
        return
    # Needed by a trainer alone.
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(len(others)) as pool:
        waiting = [pool.submit(sync, *each) for each in others]
        sync(*first[0])
        for each in waiting:
            each.result()


@contextmanager
def _said_of(path: Path) -> Iterator[None]:
    """Have what fails name a file, not the temporary beside it."""
    try:
        yield
    except OSError as error:
        error.filename = str(path)
        raise


def _drop(temporary: Path) -> None:
    with contextlib.suppress(OSError):
        temporary.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
