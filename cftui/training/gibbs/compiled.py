"""Compiling by numba, with the machine code kept in the person's own cache."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import numba
from numba.core import config

from cftui.paths import compiled_folder

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """Return a function compiled when it is first called, its code kept for later processes.

    It runs without the interpreter's lock, so that threads are on several cores at once, and
    divides by zero as numpy does.
    """
    if TYPE_CHECKING:
        return function
    options = {"nogil": True, "error_model": "numpy"}
    before, config.CACHE_DIR = config.CACHE_DIR, str(compiled_folder())
    try:
        return numba.njit(cache=True, **options)(function)
    except (RuntimeError, OSError):  # no folder that can be written
        return numba.njit(**options)(function)
    finally:
        config.CACHE_DIR = before
