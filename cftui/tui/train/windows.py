"""Zooming and moving along a run's steps: each makes another window of a run's history."""

from cftui.runs.history import History
from cftui.tui.shared.run_chart import StepWindow

MOST = 64
"""Times that a run's steps are zoomed in at most."""
LEAST = 8
"""Reports that a window shows at least."""


def zoomed(
    history: History, window: StepWindow | None, by: int, at: int | None
) -> StepWindow | None:
    """Return half of the steps on show, or twice as many where `by` is below 0.

    Around the step `at`, which stays where it is; without one the end stays, and goes on with a
    live run. None for all steps.
    """
    steps = history.curve.step
    if not len(steps):
        return None
    first, last = _ends(history, window)
    length = (last - first) * (2 if by < 0 else 0.5)
    whole = steps[-1] - steps[0]
    if by > 0 and length < max(whole / MOST, min(whole, LEAST * whole / len(steps))):
        return window
    share = (min(max(at, first), last) - first) / max(last - first, 1) if at is not None else 1.0
    centre = last if at is None else at
    return _window(history, window, centre - share * length, centre + (1 - share) * length)


def moved(history: History, window: StepWindow | None, by: int) -> StepWindow | None:
    """Return the window moved by a quarter of itself, as far as there are steps."""
    if window is None:
        return None
    steps, (first, last) = history.curve.step, _ends(history, window)
    by_steps = by * max((last - first) // 4, 1)
    by_steps = min(max(by_steps, steps[0] - first), steps[-1] - last)
    return _window(history, None, first + by_steps, last + by_steps)


def _ends(history: History, window: StepWindow | None) -> tuple[int, int]:
    """Return the first and the last step on show."""
    steps = history.curve.step
    if window is None:
        return steps[0], steps[-1]
    return max(window.first, steps[0]), steps[-1] if window.last is None else window.last


def _window(
    history: History, before: StepWindow | None, first: float, last: float
) -> StepWindow | None:
    """Return a window within the steps there are; one that reaches the end stays there."""
    steps = history.curve.step
    low, high = max(round(first), steps[0]), min(round(last), steps[-1])
    follows = high >= steps[-1] and (before is None or before.last is None)
    if low <= steps[0] and high >= steps[-1]:
        return None
    return StepWindow(low, None if follows else high)
