"""Moments of a run: its item factors at some steps of its training, a file of float16 each."""

import os
import re
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from cftui.files import make_folder
from cftui.regular import check_regular, refuse_link
from cftui.runs.checkpoint import CheckpointError, check_finite, load_checkpoint, save_checkpoint
from cftui.runs.directory import Run

FOLDER = "moments"
TABLE = "item_factors"
MOST, MOST_BYTES = 30, 50_000_000
"""Moments of a run, and the bytes of their numbers."""
MOST_ENTRIES = 4_096
"""Of the folder that are looked at: somebody else may have filled it."""
HEADER_ROOM = 1 << 16
"""Bytes that a file may have beside its numbers."""
_NAME = re.compile(r"([0-9]{9}|[1-9][0-9]{9,17})\.safetensors")


def moment_path(run: Path, step: int) -> Path:
    """Return the file of a moment."""
    return run / FOLDER / f"{step:09d}.safetensors"


def moment_steps(run: Run) -> tuple[int, ...]:
    """Return the steps of a run's moments, ascending; none where there is no folder of them."""
    folder = run.path / FOLDER
    try:
        if folder.is_symlink():
            return ()
        with os.scandir(folder) as entries:
            named = [_NAME.fullmatch(entry.name) for entry in islice(entries, MOST_ENTRIES)]
    except OSError:
        return ()
    return tuple(sorted({int(found[1]) for found in named if found}))


def most_of(shape: tuple[int, ...]) -> int:
    """Return how many moments of so many numbers are kept; 0 where two would be too large."""
    numbers = int(np.prod(shape))
    most = min(MOST, MOST_BYTES // max(2 * numbers, 1))
    return most if most > 1 else 0


def thinned(steps: Sequence[int], stride: int, most: int) -> tuple[list[int], int]:
    """Return which steps stay, the first of each stride, and the stride.

    That is doubled until at most `most` stay, so that they lie evenly however long training goes.
    """
    while True:
        firsts: dict[int, int] = {}
        for step in sorted(steps):
            firsts.setdefault(step // stride, step)
        if len(firsts) <= most:
            return list(firsts.values()), stride
        stride *= 2


def save_moment(run: Path, step: int, factors: np.ndarray) -> None:
    """Write item factors, shape (n_items, k), as float16; raises OSError where the disk refuses."""
    folder = run / FOLDER
    refuse_link(folder)
    make_folder(folder)
    largest = float(np.finfo(np.float16).max)
    halves = np.clip(factors, -largest, largest).astype(np.float16)
    save_checkpoint(moment_path(run, step), {TABLE: halves}, {"step": str(step)})


def read_moment(run: Run, step: int, shape: tuple[int, ...]) -> np.ndarray:
    """Return the item factors of a moment, float32, of the shape that the run's now have.

    Raises CheckpointError where it is not there, damaged, or of another shape.
    """
    path = moment_path(run.path, step)
    try:
        size = check_regular(path)
    except OSError as error:
        raise CheckpointError(f"{path}: no such moment ({error.strerror})") from None
    if size > 8 * int(np.prod(shape)) + HEADER_ROOM:
        raise CheckpointError(f"{path}: too large for the run's item factors; delete it")
    arrays = load_checkpoint(path).arrays
    found = arrays.get(TABLE)
    if found is None or found.shape != shape or found.dtype.kind != "f":
        raise CheckpointError(f"{path}: not item factors of this run; delete it")
    check_finite(path, {TABLE: found})
    return found.astype(np.float32)
