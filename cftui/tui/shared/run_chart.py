"""How a run's curves are charted: the axis and the part of it that the user chose, and colours."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cftui.charts import Colour, Limits, Marker, Series
from cftui.runs.history import History

if TYPE_CHECKING:
    import numpy as np

AXES = ("step", "epoch", "time")
AXIS_WORDS = {"step": "step", "epoch": "epoch", "time": "seconds"}
FEW_EPOCHS = 24
"""Up to so many, what is known once an epoch is drawn as dots: a line hides what is below it."""

Reach = Literal["bulk", "valid", "all"]
REACHES: tuple[Reach, ...] = ("bulk", "valid", "all")
"""What the loss axis shows: all but outliers, the range of validation alone, everything."""


@dataclass(frozen=True)
class StepWindow:
    """The steps on show; `last` None goes on with the run."""

    first: int
    last: int | None = None


@dataclass(frozen=True)
class ChartChoice:
    """How the user wants the charts."""

    x_axis: str = "step"
    log_loss: bool = False
    log_x: bool = False
    window: StepWindow | None = None
    marker: Marker = "braille"
    reach: Reach = "bulk"
    gutter: int = 0
    """As in `Chart`."""

    @property
    def words(self) -> str:
        """Return what differs from the plain chart, for its title."""
        told = (
            ("zoomed", self.window is not None),
            ("log x", self.log_x),
            ("log y", self.log_loss),
            ("range of validation", self.reach == "valid"),
            ("whole range", self.reach == "all"),
        )
        return "".join(f" · {words}" for words, holds in told if holds)


@dataclass(frozen=True)
class ChartInk:
    """Colours of a chart, from the theme."""

    foreground: Colour
    series: tuple[Colour, ...]
    no_colour: bool


def why_no_curve(history: History, to_come: str) -> str:
    """Return what stands where nothing is known of a run: what is to come, or why nothing is."""
    if not history.whole:
        return "Reading the run …"
    return to_come if history.end is None else "It ended before there was anything to show"


def epoch_series(
    label: str, x: Sequence[float], y: Sequence[float | None], colour: Colour
) -> Series:
    """Return what is known an epoch; a line where there are many."""
    told = [(at, value) for at, value in zip(x, y, strict=True) if value is not None]
    kind: Literal["line", "points"] = "line" if len(told) > FEW_EPOCHS else "points"
    places, values = tuple(at for at, _ in told), tuple(value for _, value in told)
    return Series(label, places, values, colour, kind=kind, mark=label[0])


def _steps_per_epoch(history: History) -> int:
    return history.started.steps_per_epoch if history.started else 1


def curve_x(history: History, choice: ChartChoice) -> "np.ndarray":
    """Return where each reported step stands on the x axis, as a copy that outlives appending."""
    import numpy as np

    if choice.x_axis == "time":
        return np.array(history.curve.seconds)
    steps = np.array(history.curve.step, dtype=np.float64)
    return steps / _steps_per_epoch(history) if choice.x_axis == "epoch" else steps


def epoch_x(history: History, choice: ChartChoice, step: int, seconds: float) -> float:
    """Return where an epoch's end stands on the x axis."""
    if choice.x_axis == "time":
        return seconds
    return step / _steps_per_epoch(history) if choice.x_axis == "epoch" else float(step)


def step_x(history: History, choice: ChartChoice, step: int) -> float:
    """Return where a step stands on the x axis; in time, the first report from it on."""
    seconds = history.curve.seconds
    place = min(bisect_left(history.curve.step, step), len(seconds) - 1)
    return epoch_x(history, choice, step, seconds[place] if len(seconds) else 0.0)


def step_at(history: History, choice: ChartChoice, x: float) -> int:
    """Return the reported step that is nearest to a place on the x axis; 0 where there is none."""
    steps, seconds = history.curve.step, history.curve.seconds
    if not len(steps):
        return 0
    column = seconds if choice.x_axis == "time" else steps
    value = x * _steps_per_epoch(history) if choice.x_axis == "epoch" else x
    after = bisect_left(column, value)
    around = [place for place in (after - 1, after) if 0 <= place < len(column)]
    return steps[min(around, key=lambda place: abs(column[place] - value))]


def shown_reports(history: History, window: StepWindow | None) -> tuple[int, int]:
    """Return the first reported step on show, and the one behind the last, by their places."""
    steps = history.curve.step
    if window is None or not len(steps):
        return 0, len(steps)
    first = min(bisect_left(steps, window.first), max(len(steps) - 2, 0))
    last = len(steps) if window.last is None else bisect_right(steps, window.last)
    return first, max(last, min(first + 2, len(steps)))


def x_limits(history: History, choice: ChartChoice) -> Limits | None:
    """Return the ends of the x axis, alike for all charts of a run; none before two reports."""
    first, last = shown_reports(history, choice.window)
    if last - first < 2:
        return None
    steps, seconds = history.curve.step, history.curve.seconds
    low, high = (epoch_x(history, choice, steps[at], seconds[at]) for at in (first, last - 1))
    return (low, high) if low < high else None
