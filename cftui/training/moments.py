"""Keeps a run's item factors at up to 30 steps as it trains, for the map that forms with them."""

import contextlib
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future

import numpy as np

from cftui.files import sweep
from cftui.runs.directory import Run
from cftui.runs.moments import (
    FOLDER,
    TABLE,
    moment_path,
    moment_steps,
    most_of,
    save_moment,
    thinned,
)

A_EPOCH = 10
"""Moments of the first epochs, until they are thinned."""
SHARE = 0.01
"""Of the training time that looking at the factors between checkpoints may take at the most."""
Arrays = Mapping[str, np.ndarray]
log = logging.getLogger(__name__)


class MomentKeeper:
    """Takes item factors when a stride of steps is over; writes and thins beside the training."""

    def __init__(self, run: Run, steps_per_epoch: int, beside: Executor) -> None:
        """Write to a run's folder, by `beside`."""
        self._run, self._beside = run, beside
        self._stride = max(1, steps_per_epoch // A_EPOCH)
        self._steps = list(moment_steps(run))
        if not (run.path / FOLDER).is_symlink():
            sweep(run.path / FOLDER, ("*.safetensors",))
        self._writing: Future[None] | None = None
        self._most: int | None = None
        """How many there may be; none until the factors were seen, 0 where none are kept."""
        self._cost, self._taken = 0.0, -1e9
        """Seconds that the last look took, and when it was."""

    def go_back(self, step: int) -> None:
        """Forget what came after a step that is gone back to."""
        for later in (one for one in self._steps if one > step):
            self._drop(later)
        self._steps = [one for one in self._steps if one <= step]

    def look(self, step: int, parameters: Callable[[], Arrays]) -> None:
        """Take a moment where one is due and costs next to nothing."""
        now = time.monotonic()
        if self._is_due(step) and (now - self._taken) * SHARE >= self._cost and self._is_idle():
            self.keep(step, parameters())
            self._cost, self._taken = time.monotonic() - now, now

    def keep(self, step: int, parameters: Arrays) -> None:
        """Take a moment where one is due."""
        factors = parameters.get(TABLE)
        if self._most is None:
            fits = factors is not None and factors.ndim == 2
            self._most = most_of(factors.shape) if fits and factors is not None else 0
        if factors is None or not self._is_due(step):
            return
        self.settle()
        kept, self._stride = thinned([*self._steps, step], self._stride, self._most)
        dropped = set(self._steps) - set(kept)
        self._steps = kept
        if step in kept:
            self._writing = self._beside.submit(self._write, step, factors, dropped)

    def settle(self) -> None:
        """Wait until what was taken is on the disk; one that refuses gets no more moments."""
        writing, self._writing = self._writing, None
        if writing is not None:
            try:
                writing.result()
            except OSError as error:
                log.warning("no more moments of the item factors are kept: %s", error)
                self._most = 0

    def _is_due(self, step: int) -> bool:
        if self._most == 0:
            return False
        return not self._steps or step // self._stride > self._steps[-1] // self._stride

    def _is_idle(self) -> bool:
        return self._writing is None or self._writing.done()

    def _write(self, step: int, factors: np.ndarray, dropped: set[int]) -> None:
        save_moment(self._run.path, step, factors)
        for one in dropped:
            self._drop(one)

    def _drop(self, step: int) -> None:
        with contextlib.suppress(OSError):
            moment_path(self._run.path, step).unlink(missing_ok=True)
