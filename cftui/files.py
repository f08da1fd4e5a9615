"""Files that are there whole or not at all, and locks for moments between processes."""

import itertools
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cftui.locks import Hold

_numbers = itertools.count()


@contextmanager
def replacing(path: Path, *, sync: bool = True) -> Iterator[Path]:
    """Give a path beside a file to write to; when all is written that becomes the file.

    An error leaves what was there before, and nothing beside it. Without `sync` a power cut may
    leave an empty file: for what can be lost. Raises OSError where the disk refuses.
    """
    # Numbered: threads of one process may write the same file.
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{next(_numbers)}")
    try:
        yield temporary
        if sync:
            _sync(temporary)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if sync:
        sync_folder(path.parent)


def replace_file(path: Path, content: bytes, *, sync: bool = True) -> None:
    """Put content in place at once, as `replacing` does."""
    with replacing(path, sync=sync) as temporary:
        temporary.write_bytes(content)


def sweep(folder: Path, names: Iterable[str]) -> None:
    """Remove what a process that was killed while replacing these files has left."""
    for name in names:
        for leftover in folder.glob(f".{name}.*"):
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


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
