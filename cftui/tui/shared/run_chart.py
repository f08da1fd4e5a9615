"""A run's curves as a chart's data: thinned, on the axis the user chose."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cftui.charts import Chart, Colour, Marker, Series
from cftui.runs.history import History

if TYPE_CHECKING:
    import numpy as np

AXES = ("step", "epoch", "time")
AXIS_WORDS = {"step": "step", "epoch": "epoch", "time": "seconds of training"}
FEW_EPOCHS = 24
"""Up to so many, validation is drawn as points: a line would hide the smoothed loss behind it."""


@dataclass(frozen=True)
class ChartChoice:
    """How the user wants the charts."""

    x_axis: str = "step"
    log_loss: bool = False
    zoom: int = 1
    """The last 1/zoom of the axis is shown."""
    marker: Marker = "braille"


@dataclass(frozen=True)
class ChartInk:
    """Colours of a chart, from the theme."""

    foreground: Colour
    series: tuple[Colour, ...]
    no_colour: bool


def loss_chart(
    history: History, choice: ChartChoice, ink: ChartInk, width: int, height: int
) -> Chart:
    """Return training loss, raw and smoothed, and validation loss an epoch."""
    from cftui.thin import floats, means

    curve = history.curve
    first = _first_shown(history, choice)
    x = curve_x(history, choice)[first:]
    raw_x, raw_y = _spread(x, curve.low[first:], curve.high[first:], max(width, 20))
    smooth_x, smooth_y = means(x, curve.smooth[first:], 2 * max(width, 20))
    valid = [
        (epoch_x(history, choice, epoch.step, epoch.train_seconds), epoch.valid_mse)
        for epoch in history.epochs
        if epoch.valid_mse is not None
    ]
    start = x[0] if len(x) else 0.0
    valid = [point for point in valid if point[0] >= start]
    raw, smoothed, held_out = ink.series[0], ink.series[0], ink.series[1]
    return Chart(
        width,
        height,
        (
            Series("training", floats(raw_x), floats(raw_y), raw, faint=True),
            Series("smoothed", floats(smooth_x), floats(smooth_y), smoothed),
            Series(
                "validation",
                tuple(x for x, _ in valid),
                tuple(y for _, y in valid),
                held_out,
                kind="line" if len(valid) > FEW_EPOCHS else "points",
            ),
        ),
        ink.foreground,
        title="loss (MSE)",
        x_label=AXIS_WORDS[choice.x_axis],
        log_y=choice.log_loss,
        marker=choice.marker,
        no_colour=ink.no_colour,
        empty=why_no_curve(history, "The curve begins with the first steps"),
    )


def rate_chart(
    history: History, choice: ChartChoice, ink: ChartInk, width: int, height: int
) -> Chart:
    """Return the learning rate."""
    from cftui.thin import floats, means

    first = _first_shown(history, choice)
    x, y = means(
        curve_x(history, choice)[first:], history.curve.learning_rate[first:], max(width, 20)
    )
    return Chart(
        width,
        height,
        (Series("learning rate", floats(x), floats(y), ink.series[2]),),
        ink.foreground,
        x_label=AXIS_WORDS[choice.x_axis],
        marker=choice.marker,
        no_colour=ink.no_colour,
        empty=why_no_curve(history, "The learning rate"),
    )


def lists_chart(
    history: History, choice: ChartChoice, ink: ChartInk, width: int, height: int
) -> Chart:
    """Return recall and NDCG of the top 20, an epoch a point."""
    curve, first = history.curve, _first_shown(history, choice)
    start = curve.step[first] if len(curve) else 0
    epochs = [epoch for epoch in history.epochs if epoch.step >= start]
    x = [epoch_x(history, choice, epoch.step, epoch.train_seconds) for epoch in epochs]
    return Chart(
        width,
        height,
        (
            _points("recall@20", x, [epoch.recall for epoch in epochs], ink.series[2]),
            _points("NDCG@20", x, [epoch.ndcg for epoch in epochs], ink.series[3]),
        ),
        ink.foreground,
        x_label=AXIS_WORDS[choice.x_axis],
        marker=choice.marker,
        no_colour=ink.no_colour,
        empty=why_no_curve(history, "Recall and NDCG of the top 20 lists, an epoch"),
    )


def why_no_curve(history: History, to_come: str) -> str:
    """Return what stands where nothing is known of a run: what is to come, or why nothing is."""
    if not history.whole:
        return "Reading the run …"
    return to_come if history.end is None else "It ended before there was anything to show"


def _points(label: str, x: Sequence[float], y: Sequence[float | None], colour: Colour) -> Series:
    """Return what is known an epoch; a line where there are many."""
    told = [(at, value) for at, value in zip(x, y, strict=True) if value is not None]
    kind: Literal["line", "points"] = "line" if len(told) > FEW_EPOCHS else "points"
    places, values = tuple(at for at, _ in told), tuple(value for _, value in told)
    return Series(label, places, values, colour, kind=kind, mark=label[0])


def _spread(
    x: "np.ndarray", low: Sequence[float], high: Sequence[float], buckets: int
) -> "tuple[np.ndarray, np.ndarray]":
    """Return a line that goes up and down between the lowest and the highest loss of each bucket.

    Every batch lies within it, though few batches are drawn.
    """
    import numpy as np

    if not len(x):
        return np.array([]), np.array([])
    edges = np.unique(np.linspace(0, len(x), buckets + 1).astype(int)[:-1])
    lowest = np.minimum.reduceat(np.asarray(low), edges)
    highest = np.maximum.reduceat(np.asarray(high), edges)
    return np.repeat(x[edges], 2), np.column_stack((lowest, highest)).ravel()


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


def _first_shown(history: History, choice: ChartChoice) -> int:
    """Return the first reported step within the zoom."""
    n = len(history.curve)
    return n - max(n // choice.zoom, min(n, 2))
