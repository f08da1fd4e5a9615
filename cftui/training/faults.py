"""What a trainer says when it fails, and the room it keeps on disk to say so."""

import contextlib
import os
from pathlib import Path

from cftui.config import ConfigError, RunConfig
from cftui.models.errors import ModelError
from cftui.modes import open_kept
from cftui.remedies import cause, place_of
from cftui.runs.checkpoint import CheckpointError
from cftui.runs.directory import Run, RunError
from cftui.training.endings import NonFiniteLoss
from cftui.training.engines.protocol import EngineError

RESERVE = ".reserve"
RESERVE_BYTES = 65_536


class Unsigned(RuntimeError):
    """Training ended as it should, but the run's record could not be told so."""

    def __init__(self, outcome: str, error: OSError) -> None:
        """Take how it ended and what the disk said."""
        super().__init__(f"{outcome}, but run.json could not be written: {cause(error)}")


def keep_reserve(folder: Path) -> None:
    """Keep some room in a run's directory, so that a full disk leaves enough for the last words."""
    with contextlib.suppress(OSError):
        file = open_kept(folder / RESERVE, os.O_WRONLY | os.O_TRUNC)
        try:
            os.posix_fallocate(file, 0, RESERVE_BYTES)
        finally:
            os.close(file)


def release_reserve(folder: Path) -> None:
    """Give the room back."""
    with contextlib.suppress(OSError):
        (folder / RESERVE).unlink(missing_ok=True)


def explain(error: Exception, run: Run, config: RunConfig, rate: float | None) -> str:
    """Return what happened and what to do, in words for the user.

    `rate`: the base learning rate in force, where there is one.
    """
    resume = f"cftui runs resume {run.id}"
    if isinstance(error, NonFiniteLoss):
        advice = "" if rate is None else f" Lower the learning rate: {resume} --lr {rate / 10:g}"
        return f"{error}; the weights of the last checkpoint are kept.{advice}"
    if isinstance(error, OSError) and error.errno is not None:
        place = place_of(error) or run.path
        kept = "the last checkpoint is kept" if run.has_weights else "no checkpoint was written yet"
        return f"{place}: {cause(error, place)}; {kept}. To go on: {resume}"
    if isinstance(error, Unsigned):
        return f"{error}; the last checkpoint is whole. Where there is room: {resume}"
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return (
            f"out of memory on {config.training.device}; lower training.batch_size or"
            " model.n_factors, or choose another device"
        )
    if isinstance(error, EngineError | RunError | CheckpointError | ModelError | ConfigError):
        return str(error)
    return f"{type(error).__name__}: {error}; the whole story is in {run.log}"
