"""Turns every step's loss into a bounded number of step events."""

from collections.abc import Callable

from cftui.runs.events import Event, Step
from cftui.training.progress import Progress

FINEST = 0.05
"""Seconds between step events in the first quarter of an hour: at most 20 a second."""
PER_RUN = 20_000
"""Later, elapsed training time over this: a week stays under 50 MB."""


class Reporter:
    """Gathers steps and emits one event for those since the last."""

    def __init__(self, emit: Callable[[Event], None], finest: float = FINEST) -> None:
        self._emit = emit
        self._finest = finest
        self._reported_at = float("-inf")
        self._clear()

    def _clear(self) -> None:
        self._total, self._count = 0.0, 0
        self._low, self._high = float("inf"), float("-inf")

    def take(self, loss: float) -> None:
        """Gather one step's loss."""
        self._total += loss
        self._count += 1
        self._low = min(self._low, loss)
        self._high = max(self._high, loss)

    def report(self, progress: Progress, rate: float | None, *, now: bool = False) -> None:
        """Emit what was gathered if it is time, or at once where `now` says so."""
        interval = max(self._finest, progress.train_seconds / PER_RUN)
        due = now or progress.train_seconds - self._reported_at >= interval
        if not self._count or not due:
            return
        self._emit(
            Step(
                step=progress.step,
                loss=self._total / self._count,
                low=self._low,
                high=self._high,
                smooth=progress.smooth,
                learning_rate=rate,
                seconds=round(progress.train_seconds, 6),
            )
        )
        self._reported_at = progress.train_seconds
        self._clear()
