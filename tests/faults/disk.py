"""Disks that fail: one that forgets what was not synced, one that refuses a certain call.

Only what goes through Python's `os` is seen, as all small files, events and checkpoints do.
"""

import os
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
CALLS = ("open", "write", "fsync", "ftruncate", "replace", "rename", "mkdir", "unlink")
Before = Callable[[str, Path], None]
"""Told of a call and its file, before it is done; may raise what the disk would."""


@contextmanager
def watched(
    root: Path, before: Before, after_sync: Callable[[int], None] | None = None
) -> Iterator[None]:
    """Tell of each call of any thread that changes something below a folder, one at a time."""
    real, turn = {name: getattr(os, name) for name in CALLS}, threading.Lock()

    def wrapped(name: str) -> Callable[..., Any]:
        def call(what: Any, *rest: Any, **named: Any) -> Any:
            path = _path(what)
            reads = name == "open" and not (rest and rest[0] & WRITING)
            if path is None or not path.is_relative_to(root) or reads:
                return real[name](what, *rest, **named)
            with turn:  # what a cut leaves is of one moment
                before(name, path)
                done = real[name](what, *rest, **named)
                if name == "fsync" and after_sync is not None:
                    after_sync(what)
                return done

        return call

    try:
        for name in CALLS:
            setattr(os, name, wrapped(name))
        yield
    finally:
        for name, function in real.items():
            setattr(os, name, function)


def _path(what: Any) -> Path | None:
    try:
        return Path(f"/proc/self/fd/{what}").readlink() if isinstance(what, int) else Path(what)
    except (OSError, TypeError, ValueError):
        return None


@dataclass
class ForgetfulDisk:
    """Knows what of a folder would be there after a power cut: what was synced, as with XFS.

    Contents are those of the last sync of the file, none where there was none; names are those of
    the last sync of the folder, or, where the system has got to it by itself, those of now.
    """

    root: Path
    contents: dict[int, bytes] = field(default_factory=dict)
    names: dict[int, dict[str, int]] = field(default_factory=dict)
    _held: list[int] = field(default_factory=list)
    """Descriptors that keep numbers of inodes from being given to other files."""

    def __post_init__(self) -> None:
        """Take what is there as synced long ago."""
        for path in (self.root, *self.root.rglob("*")):
            if path.is_file() or path.is_dir():
                descriptor = os.open(path, os.O_RDONLY)
                self.synced(descriptor)
                os.close(descriptor)

    def synced(self, descriptor: int) -> None:
        """Take in what a sync makes lasting."""
        place = Path(f"/proc/self/fd/{descriptor}")
        if not place.exists():
            return  # no longer anywhere
        inode = os.fstat(descriptor).st_ino
        if inode not in self.contents and inode not in self.names:
            self._held.append(os.open(place, os.O_RDONLY))
        if place.is_dir():
            self.names[inode] = {entry.name: entry.inode() for entry in os.scandir(place)}
        else:
            self.contents[inode] = place.read_bytes()

    def after_cut(self, target: Path, draw: random.Random) -> None:
        """Write into a new folder what would be there if the power went now."""
        now = {path.lstat().st_ino: path for path in (self.root, *self.root.rglob("*"))}
        self._leave(self.root.stat().st_ino, target, now, draw)

    def _leave(self, folder: int, target: Path, now: dict[int, Path], draw: random.Random) -> None:
        target.mkdir(parents=True)
        names = self.names.get(folder, {})
        if folder in now and draw.random() < 0.5:
            names = {entry.name: entry.inode() for entry in os.scandir(now[folder])}
        for name, inode in names.items():
            if inode in self.names or (inode in now and now[inode].is_dir()):
                self._leave(inode, target / name, now, draw)
            else:
                (target / name).write_bytes(self.contents.get(inode, b""))

    def close(self) -> None:
        """Let go of what is held."""
        for descriptor in self._held:
            os.close(descriptor)


@contextmanager
def cut_at(root: Path, moments: set[int], folder: Path, seed: int) -> Iterator[list[str]]:
    """Leave what power cuts at some calls, counted from 0, would leave; give the calls made."""
    disk, calls = ForgetfulDisk(root), list[str]()

    def before(name: str, path: Path) -> None:
        moment = len(calls)
        calls.append(f"{name} {path.relative_to(root)}")
        if moment in moments:
            disk.after_cut(folder / str(moment), random.Random(f"{seed} {moment}"))

    try:
        with watched(root, before, disk.synced):
            yield calls
    finally:
        disk.close()


@contextmanager
def refusing(root: Path, nth: int, number: int, *, on: bool = False) -> Iterator[list[str]]:
    """Have the nth call, counted from 0, fail with an errno, and those after it if `on` says so.

    Of those that go on, a full disk refuses no unlink, and no sync of what was written. Gives the
    calls made.
    """
    calls = list[str]()

    def before(name: str, path: Path) -> None:
        calls.append(f"{name} {path.relative_to(root)}")
        place = len(calls) - 1
        if place == nth or (on and place > nth and name not in ("unlink", "fsync", "ftruncate")):
            raise OSError(number, os.strerror(number), str(path))

    with watched(root, before):
        yield calls
