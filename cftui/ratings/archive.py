"""Looks over a downloaded zip before it is taken for data; nothing is unpacked."""

import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath, PureWindowsPath

from cftui.ratings.values import DataError

LARGEST = 64 * 10**9
"""Bytes that the members may have in all, unpacked."""
RATIO = 200
"""How many times its packed size a zip may unpack to; text of ratings packs 3 to 10 times."""
MEMBERS = 10_000


def check_zip(path: Path) -> None:
    """Raise DataError unless this is a zip whose members are plain files of sensible size."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, zlib.error, ValueError, EOFError, NotImplementedError) as error:
        raise DataError(f"not a sound zip ({error})") from None
    if len(members) > MEMBERS:
        raise DataError(f"the zip has {len(members):,} members, too many for ratings")
    for member in members:
        _check_member(member)
    total = sum(member.file_size for member in members)
    if total > LARGEST or total > RATIO * path.stat().st_size:
        raise DataError(f"the zip would unpack to {total / 1e9:,.1f} GB, far more than ratings do")
    if not any(member.file_size for member in members):
        raise DataError("the zip is empty")


def _check_member(member: zipfile.ZipInfo) -> None:
    name = member.filename
    # As Windows reads a name too: it may begin with a drive, or use \ as a separator.
    for path in (PurePosixPath(name), PureWindowsPath(name)):
        if path.anchor or ".." in path.parts:
            raise DataError(f"the zip has a member outside of itself: {name!r}")
    mode = member.external_attr >> 16
    if mode and not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_IFMT(mode) == 0):
        raise DataError(f"the zip has a member that is no plain file: {name!r}")
    if member.flag_bits & 1:
        raise DataError(f"the zip is locked with a password: {name!r}")
