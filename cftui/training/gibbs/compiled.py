"""Compiling by numba, with the machine code kept in the person's own cache.

`KeptCode` is of inner parts of numba (`numba.core.caching`, as in 0.68), which takes what is kept
for whole, and a disk without room for an error.
"""

import contextlib
import hashlib
import logging
import os
import re
import shutil
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numba
from numba.core import config
from numba.core.caching import FunctionCache

from cftui.paths import compiled_folder

Function = TypeVar("Function", bound=Callable[..., object])


HERE = Path(__file__).parent
"""All that is compiled is in this folder."""
UNUSED_DAYS = 30
"""After which what another version of the source left is removed."""
log = logging.getLogger("cftui.training")


def source_key(folder: Path) -> str:
    """Return a name for what a folder's source is, to keep what is compiled from it apart.

    What numba keeps names our classes: it cannot be read by a version that calls them otherwise.
    """
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@cache
def folder_in_use(whole: Path) -> Path:
    """Return where our code is kept; what versions left there that nobody uses is removed."""
    own = whole / source_key(HERE)
    with contextlib.suppress(OSError):
        if own.is_dir():
            os.utime(own)
        long_ago = time.time() - UNUSED_DAYS * 86_400
        for other in whole.iterdir():
            ours = re.fullmatch("[0-9a-f]{16}", other.name) and not other.is_symlink()
            if ours and other != own and other.stat().st_mtime < long_ago:
                shutil.rmtree(other, ignore_errors=True)
    return own


class KeptCode(FunctionCache):
    """What is kept of a function: damaged, it is compiled anew; not kept where there is no room."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the code for a signature; none where there is none that can be used."""
        try:
            return super().load_overload(sig, target_context)  # type: ignore[no-untyped-call]
        except Exception as error:  # whatever a file may hold that was cut short
            _say_damaged(self.cache_path, f"{type(error).__name__}: {error}")
            try:
                self.flush()  # type: ignore[no-untyped-call]
            except OSError:
                self.disable()  # type: ignore[no-untyped-call]
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep the code for a signature, where that can be."""
        with contextlib.suppress(OSError):
            super().save_overload(sig, data)  # type: ignore[no-untyped-call]


@cache
def _say_damaged(folder: str, why: str) -> None:
    log.warning("compiled code in %s is damaged (%s): it is compiled anew", folder, why)


def compiled(function: Function) -> Function:
    """Return a function compiled when it is first called, its code kept for later processes.

    It runs without the interpreter's lock, so that threads are on several cores at once, and
    divides by zero as numpy does.
    """
    if TYPE_CHECKING:
        return function
    dispatcher = numba.njit(nogil=True, error_model="numpy")(function)
    before, config.CACHE_DIR = config.CACHE_DIR, str(folder_in_use(compiled_folder()))
    try:
        dispatcher._cache = KeptCode(function)
    except (RuntimeError, OSError):  # no folder that can be written
        return dispatcher
    finally:
        config.CACHE_DIR = before
    return dispatcher
