"""Turns every step's loss into a bounded number of step events."""

from collections.abc import Callable

from cftui.runs.events import Event, Step
from cftui.training.progress import Progress

FINEST = 0.05
"""Seconds between step events in the first quarter of an hour: at most 20 a second."""
PER_RUN = 16_000
"""Later, elapsed training time over this: a week stays under 50 MB."""


class Reporter:
    """Gathers steps and emits one event for those since the last."""

    def __init__(self, emit: Callable[[Event], None], finest: float = FINEST) -> None:
        self._emit = emit
        self._finest = finest
        self._reported_at = float("-inf")
        self._clear()

    def _clear(self) -> None:
        self._total = 0.0
        self._losses: list[float] = []

    def take(self, loss: float) -> None:
        """Gather one step's loss."""
        self._total += loss
        self._losses.append(loss)

    def report(self, progress: Progress, rate: float | None, *, now: bool = False) -> None:
        """Emit what was gathered if it is time, or at once where `now` says so."""
        interval = max(self._finest, progress.train_seconds / PER_RUN)
        due = now or progress.train_seconds - self._reported_at >= interval
        if not self._losses or not due:
            return
        ordered = sorted(self._losses)
        self._emit(
            Step(
                step=progress.step,
                loss=self._total / len(ordered),
                low=ordered[0],
                high=ordered[-1],
                smooth=progress.smooth,
                learning_rate=rate,
                seconds=round(progress.train_seconds, 6),
                tenth=_quantile(ordered, 1),
                ninetieth=_quantile(ordered, 9),
            )
        )
        self._reported_at = progress.train_seconds
        self._clear()


def _quantile(ordered: list[float], tenths: int) -> float:
    """Return the least value that so many tenths of all are at most, to six digits."""
    return float(f"{ordered[-(-tenths * len(ordered) // 10) - 1]:.6g}")
