"""What `--repair` does: it removes what can be made again and moves aside all else."""

import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from cftui.doctor.finding import Mend
from cftui.files import move_aside, name_aside

ASIDE = re.compile(r".+\.(damaged|kept)-\d+")
"""Names that files and folders are moved to, damaged ones or good ones that were in the way."""


def removing(paths: Iterable[Path], what: str = "it") -> Mend:
    """Return the removal of files and folders that nobody misses; links are not followed."""
    doomed = tuple(paths)

    def remove() -> None:
        for path in doomed:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)

    return Mend(f"remove {what}", f"removed {what}", remove)


def moving_aside(path: Path) -> Mend:
    """Return the renaming of a damaged file to a name that is free, beside where it was."""
    aside = name_aside(path)

    def move() -> None:
        move_aside(path)

    return Mend(f"move it aside as {aside.name}", f"moved aside as {aside.name}", move)


def closing(paths: Iterable[Path], bits: int, whom: str) -> Mend:
    """Return taking permission bits away from files and folders of ours."""
    ours = tuple(paths)

    def close() -> None:
        for path in ours:
            path.chmod(path.lstat().st_mode & 0o7777 & ~bits)

    return Mend(f"take that from {whom}", f"taken from {whom}", close)
