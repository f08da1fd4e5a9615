"""What a run's charts say at one step, in words."""

from bisect import bisect_left, bisect_right
from math import isfinite

from cftui.runs.history import History
from cftui.runs.list_words import of_users


def reading_words(history: History, step: int) -> str:
    """Return the values of all charts at a reported step, most wanted first; empty without one."""
    curve = history.curve
    place = bisect_left(curve.step, step)
    if not len(curve) or place >= len(curve):
        return ""
    parts = [f"step {curve.step[place]:,}"]
    if history.started:
        parts.append(f"epoch {curve.step[place] / history.started.steps_per_epoch:.2f}")
    parts.append(f"average {curve.smooth[place]:.4f}")
    error, *lists = _epoch_words(history, curve.step[place]) or ("",)
    parts.append(error)
    if isfinite(curve.learning_rate[place]):
        parts.append(f"lr {curve.learning_rate[place]:.3g}")
    if curve.low[place] < curve.high[place]:
        parts.append(f"batches {curve.low[place]:.3f} to {curve.high[place]:.3f}")
    return "  ".join(filter(None, [*parts, *lists]))


def _epoch_words(history: History, step: int) -> list[str]:
    """Return what was measured at the end of the last whole epoch."""
    done = bisect_right(history.epochs, step, key=lambda epoch: epoch.step)
    if not done:
        return []
    epoch = history.epochs[done - 1]
    measures = (
        ("validation", epoch.valid_mse, ".4f"),
        ("recall", epoch.recall, ".3f"),
        ("NDCG", epoch.ndcg, ".3f"),
    )
    told = [f"{name} {value:{form}}" for name, value, form in measures if value is not None]
    if epoch.ndcg is not None:
        told[-1] += of_users(epoch.list_users)
    return [f"{told[0]} (epoch {epoch.epoch})", *told[1:]] if told else []


def neighbour(history: History, step: int, by: int) -> int:
    """Return the reported step that is so many reports on; the nearest end's beyond them."""
    steps = history.curve.step
    if not len(steps):
        return 0
    return steps[min(max(bisect_left(steps, step) + by, 0), len(steps) - 1)]
