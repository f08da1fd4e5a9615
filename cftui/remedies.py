"""What a refusal of the operating system means to the user: which place, why, and what to do."""

import errno
import os
import re
import resource
from collections.abc import Callable
from pathlib import Path

from cftui import paths
from cftui.owners import owner_words

OWN = re.compile(r"\.(new|deleted|building|start)-.*|\..+\.\d+(-\d+)?")
"""Names of our own files and folders that are not complete: no user knows them."""
STUCK = "the disk, or the server it is on, does not answer as it should"
LOOK = "look at dmesg and mount, mend that, then try again"
AGAIN = "try again, and if it stays so: cftui doctor"


def words_of(error: BaseException) -> str:
    """Return what an error says; of one of the system, with the place and the remedy."""
    if not isinstance(error, OSError) or error.errno is None:
        return str(error) or type(error).__name__
    place = place_of(error)
    return cause(error) if place is None else f"{place}: {cause(error)}"


def cause(error: OSError, place: Path | None = None) -> str:
    """Return why the system refused and what to do, to stand behind the place.

    `place`: where that happened, if the error may not tell.
    """
    if error.errno is None:
        return str(error)
    if error.strerror and error.strerror != os.strerror(error.errno):
        return str(error.strerror)  # words of our own, of what is no regular file, say
    remedy = _REMEDIES.get(error.errno, _say(AGAIN))
    return f"{os.strerror(error.errno)}; {remedy(place_of(error) or place)}"


def place_of(error: OSError) -> Path | None:
    """Return the file or folder that was refused, as the user knows it; none if it is not told."""
    name = error.filename if isinstance(error.filename, str | bytes | os.PathLike) else None
    if name is None:
        return None
    path = Path(os.fsdecode(name))
    own = next((part for part in (path, *path.parents) if OWN.fullmatch(part.name)), None)
    while own is not None:
        path = own.parent
        own = next((part for part in (path, *path.parents) if OWN.fullmatch(part.name)), None)
    return path


def elsewhere(place: Path | None) -> str:
    """Return what to choose in place of a file or folder."""
    if place is None or any(place.is_relative_to(folder) for folder in _folders()):
        return f"name another folder in {paths.HOME_VARIABLE}"
    return "choose another place"


def _folders() -> tuple[Path, ...]:
    return tuple(paths.homes())


def _not_allowed(place: Path | None) -> str:
    """Return whose the place is, and what can be done about it."""
    there = _nearest(place)
    if there is None:
        return f"ask its owner for access, or {elsewhere(place)}"
    try:
        found = there.stat()
    except OSError:
        return f"ask its owner for access, or {elsewhere(place)}"
    which = "it" if there == place else str(there)
    if found.st_uid != os.getuid():
        return (
            f"{which} belongs to {owner_words(found.st_uid)}: ask for access, or {elsewhere(place)}"
        )
    mode = "u+rwx" if there.is_dir() else "u+rw"
    return f"{which} is yours: chmod {mode} {there}, or {elsewhere(place)}"


def _nearest(place: Path | None) -> Path | None:
    """Return a place, or the nearest folder above it that is there."""
    for found in () if place is None else (place, *place.parents):
        try:
            if found.exists():
                return found
        except OSError:
            continue
    return None


def _room(place: Path | None) -> str:
    return f"make room, then try again, or {elsewhere(place)}; what was there before is kept"


def _limit(place: Path | None) -> str:
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    if limit == resource.RLIM_INFINITY:
        return f"this file system takes no file so large: {elsewhere(place)}"
    return f"files may have {limit:,} bytes at most here: ulimit -f unlimited, then try again"


def _files(_place: Path | None) -> str:
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return f"{limit:,} may be open at once: ulimit -n {max(2 * limit, 4096)}, then try again"


def _system_files(_place: Path | None) -> str:
    return "the whole machine has too many: end other programs, then try again"


def _no_locks(place: Path | None) -> str:
    return f"this file system has no flock: mount it with -o flock, or {elsewhere(place)}"


def _in_the_way(place: Path | None) -> str:
    return f"something else is in its way: move that away, or {elsewhere(place)}"


def _too_long(place: Path | None) -> str:
    longest = max((len(os.fsencode(part)) for part in place.parts), default=0) if place else 0
    what = "give a shorter name" if longest > 200 else "give a shorter path"
    return f"{what}, or {elsewhere(place)}"


def _say(words: str) -> Callable[[Path | None], str]:
    return lambda _place: words


_REMEDIES: dict[int, Callable[[Path | None], str]] = {
    **dict.fromkeys((errno.EACCES, errno.EPERM), _not_allowed),
    errno.EROFS: lambda place: f"it is mounted for reading only: {elsewhere(place)}",
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), _room),
    errno.EFBIG: _limit,
    **dict.fromkeys(
        (errno.EIO, errno.ESTALE, errno.ENODEV, errno.ENOTCONN, errno.ENXIO, errno.EHOSTDOWN),
        _say(f"{STUCK}: {LOOK}"),
    ),
    errno.EMFILE: _files,
    errno.ENFILE: _system_files,
    **dict.fromkeys((errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS), _no_locks),
    errno.ENAMETOOLONG: _too_long,
    errno.ELOOP: _say("a link, where none is followed, or a ring of them: remove the link"),
    **dict.fromkeys(
        (errno.EEXIST, errno.ENOTEMPTY, errno.EISDIR, errno.ENOTDIR), _in_the_way
    ),
    errno.ENOENT: _say("was it moved or removed meanwhile? Look, then try again"),
    errno.ENOMEM: _say("end other programs, then try again"),
    errno.EAGAIN: _say("too much runs at once (ulimit -u): end other programs, then try again"),
    errno.ETIMEDOUT: _say("another cftui has it, or the disk does not answer: try again"),
    **dict.fromkeys(
        (errno.EBUSY, errno.ETXTBSY), _say("another program uses it: end that, then try again")
    ),
}  # fmt: skip
