"""Who can reach what we write: in our own folders, as far as the folder that it lies in.

A new home is its owner's alone. Within it, each new folder and file follows the folder above, so
that a home made for a group (writable by it, with the set-group-ID bit) stays the group's whatever
the umask of who writes; elsewhere the umask makes it stricter, never wider. What is written
outside of our folders, an export, has the mode that any program would give it.
"""

import contextlib
import os
from pathlib import Path

from cftui.paths import homes
from cftui.regular import open_regular, refuse_link

GROUP_WRITES = 0o020
BLOCK = 1 << 20
"""Bytes copied at a time."""


def new_folder(path: Path) -> None:
    """Make a folder, and those above that are missing; raises OSError as mkdir does."""
    if path.is_dir():
        return
    if not path.parent.exists():
        new_folder(path.parent)
    within = _bits_above(path)
    try:
        path.mkdir(mode=0o777 if within is None else within | 0o700)
    except FileExistsError:
        if not path.is_dir():
            raise
        return
    follow(path)


def new_file(path: Path) -> int:
    """Make an empty file and return a descriptor to write; raises FileExistsError, OSError."""
    # Neither a file that is there nor what a link leads to: somebody may have laid it there.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    within = _bits_above(path)
    if within is None:
        return os.open(path, flags, 0o666)
    file = os.open(path, flags, within & 0o666 | 0o600)
    now = os.fstat(file).st_mode & 0o7777
    if (wanted := _following(now, within, 0o060)) != now:
        os.fchmod(file, wanted)
    return file


def make_kept(path: Path) -> None:
    """Make an empty file where none is; raises OSError."""
    with contextlib.suppress(FileExistsError):
        os.close(new_file(path))


def open_kept(path: Path, flags: int, *, linked_folder: bool = False) -> int:
    """Return the descriptor of a file of ours, made where it is missing, to write in place.

    One that has other names (hard links) is replaced by a copy before: under those it stays as it
    is. `linked_folder`: whether its folder may be a link. Raises NotRegular, OSError.
    """
    if not linked_folder:
        refuse_link(path.parent)
    make_kept(path)
    # Not cut before it is known whose it is.
    file = open_regular(path, flags & ~os.O_TRUNC, linked_folder=linked_folder)
    if has_other_names(file):
        os.close(file)
        put_own_copy(path, content=not flags & os.O_TRUNC)
        file = open_regular(path, flags & ~os.O_TRUNC, linked_folder=linked_folder)
    if flags & os.O_TRUNC:
        os.ftruncate(file, 0)
    return file


def has_other_names(file: int) -> bool:
    """Return whether an open file has hard links: what is written to it shows there too."""
    return os.fstat(file).st_nlink > 1


def put_own_copy(path: Path, *, content: bool = True) -> None:
    """Put a copy, or an empty file, in the place of one that has other names. Raises OSError."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)  # of a process that had our number
    old = open_regular(path)
    try:
        new = new_file(beside)
        try:
            # Its other name may be in a folder that is closed to those who can reach this one.
            reach = os.fstat(new).st_mode & os.fstat(old).st_mode & 0o777
            os.fchmod(new, reach | 0o600)
            while content and (block := os.read(old, BLOCK)):
                while block := block[os.write(new, block) :]:
                    pass
            os.fsync(new)
        finally:
            os.close(new)
        beside.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        raise
    finally:
        os.close(old)


def follow(path: Path) -> None:
    """Give something just made in one of our folders the reach of the folder above."""
    within = _bits_above(path)
    if within is None or path.is_symlink():
        return
    now = path.stat().st_mode & 0o7777
    if (wanted := _following(now, within, 0o070 if path.is_dir() else 0o060)) != now:
        path.chmod(wanted)


def _following(mode: int, within: int, group: int) -> int:
    """Return a mode no wider than the folder above; `group`: the bits that a group may have."""
    # A group that may write there is meant to: the umask of one member is not to stop the others.
    given = within & group if within & GROUP_WRITES else 0
    return mode & (within | 0o7700) | given


def follow_all(folder: Path) -> None:
    """Have all that was put into a new folder of ours follow it."""
    for found in sorted(folder.rglob("*")):
        follow(found)


def _bits_above(path: Path) -> int | None:
    """Return how far the folder above reaches; nothing for a home, none outside of all homes."""
    for home in homes():
        if home == path or home.is_relative_to(path):
            return 0
        if path.is_relative_to(home):
            return path.parent.stat().st_mode & 0o777
    return None


def tighten(home: Path) -> bool:
    """Close a home to strangers where it cannot have been meant for anybody; return whether.

    Where the group may read or write anything, or a file is another account's, somebody may rely
    on it: left as it is, which doctor tells.
    """
    try:
        facts = home.lstat()
        if not home.is_dir() or facts.st_mode & 0o070 or not facts.st_mode & 0o007:
            return False
        ours = all(_is_ours_alone(found) for found in (home, *home.rglob("*")))
        if ours:
            home.chmod(0o700)
    except OSError:
        return False
    return ours


def _is_ours_alone(path: Path) -> bool:
    facts = path.lstat()
    return facts.st_uid == os.geteuid() and (path.is_symlink() or not facts.st_mode & 0o070)
