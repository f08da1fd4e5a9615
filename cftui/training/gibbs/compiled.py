"""Compiling by numba, with the machine code kept in the person's own cache."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numba
from numba.core import config

from cftui.paths import compiled_folder

Function = TypeVar("Function", bound=Callable[..., object])


HERE = Path(__file__).parent
"""All that is compiled is in this folder."""


def source_key(folder: Path) -> str:
    """Return a name for what a folder's source is, to keep what is compiled from it apart.

    What numba keeps names our classes: it cannot be read by a version that calls them otherwise.
    """
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def compiled(function: Function) -> Function:
    """Return a function compiled when it is first called, its code kept for later processes.

    It runs without the interpreter's lock, so that threads are on several cores at once, and
    divides by zero as numpy does.
    """
    if TYPE_CHECKING:
        return function
    options = {"nogil": True, "error_model": "numpy"}
    before, config.CACHE_DIR = config.CACHE_DIR, str(compiled_folder() / source_key(HERE))
    try:
        return numba.njit(cache=True, **options)(function)
    except (RuntimeError, OSError):  # no folder that can be written
        return numba.njit(**options)(function)
    finally:
        config.CACHE_DIR = before
