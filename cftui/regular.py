"""The one way to open what may have been laid there by somebody else: regular files alone.

A run directory may come from anywhere. A link in it leads to a file of the user's, a pipe or a
device never ends, a size may be a lie: none of them is followed, waited for or believed.
"""

import errno
import os
import stat
from pathlib import Path

WRITING = os.O_WRONLY | os.O_RDWR
FOLLOWING_NOTHING = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class NotRegular(OSError):
    """Something else than a regular file in its place; its words say what."""


def open_regular(path: Path, flags: int = os.O_RDONLY, *, linked_folder: bool = False) -> int:
    """Return a descriptor of a regular file. Raises NotRegular, and OSError as `os.open` does.

    To be written to, its folder must not be a link either, unless `linked_folder` says so.
    """
    if flags & WRITING and not linked_folder:
        refuse_link(path.parent)
    try:
        file = os.open(path, flags | FOLLOWING_NOTHING)
    except OSError as error:
        raise (_other_kind(path, error) or error) from None
    kind = os.fstat(file).st_mode
    if not stat.S_ISREG(kind):
        os.close(file)
        raise _not_regular(path, kind)
    return file


def read_regular(path: Path, most_bytes: int) -> bytes:
    """Return what a file holds. Raises NotRegular, OSError; EFBIG for one of more than so many."""
    file = open_regular(path)
    try:
        size = os.fstat(file).st_size
        if size > most_bytes:
            words = f"of {size:,} bytes, where {most_bytes:,} are plenty"
            raise OSError(errno.EFBIG, words, str(path))
        content = b""
        # It may be growing, or be told smaller than it is, as in /proc.
        while len(content) <= most_bytes and (more := os.read(file, max(size, 4095) + 1)):
            content = content + more if content else more
        return content[:most_bytes]
    finally:
        os.close(file)


def is_regular(path: Path) -> bool:
    """Return whether a regular file is there, a link being none."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except (OSError, ValueError):
        return False


def check_regular(path: Path) -> int:
    """Return the size of a file that a library is to open. Raises NotRegular, OSError."""
    facts = path.lstat()
    if not stat.S_ISREG(facts.st_mode):
        raise _not_regular(path, facts.st_mode)
    return facts.st_size


def refuse_link(folder: Path) -> None:
    """Raise NotRegular for a folder that is a link: what is written there would lie elsewhere."""
    if folder.is_symlink():
        words = "a link, and nothing is written behind one; move the folder itself here"
        raise NotRegular(errno.ELOOP, words, str(folder))


def _other_kind(path: Path, error: OSError) -> NotRegular | None:
    """Return what is there instead of a regular file; none where the fault is another."""
    try:
        kind = path.lstat().st_mode
    except (OSError, ValueError):
        return None
    return None if stat.S_ISREG(kind) else _not_regular(path, kind, error.errno or errno.EINVAL)


def _not_regular(path: Path, kind: int, number: int = errno.EINVAL) -> NotRegular:
    words = "a link" if stat.S_ISLNK(kind) else "a folder" if stat.S_ISDIR(kind) else "a device"
    words = "a pipe" if stat.S_ISFIFO(kind) else words
    return NotRegular(number, f"{words}, not a file", str(path))
