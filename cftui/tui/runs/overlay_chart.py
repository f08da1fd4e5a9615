"""Several runs on one chart: validation loss, or smoothed training loss."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from cftui.charts import Chart, Series
from cftui.runs.columns import letter
from cftui.runs.history import History
from cftui.runs.row import RunRow
from cftui.tui.runs.table import colour_of, titled
from cftui.tui.shared.run_chart import AXIS_WORDS, ChartChoice, ChartInk, curve_x, epoch_x

OverlayLoss = Literal["valid", "train"]
LOSSES: tuple[OverlayLoss, ...] = ("valid", "train")
TITLES = {"valid": "validation MSE", "train": "training loss, smoothed"}
EMPTY = {
    "valid": "The first error stands here when an epoch is done",
    "train": "The curve begins with the first steps",
}
READING = "Reading the runs …"
Points = tuple[tuple[float, ...], tuple[float, ...]]


@dataclass(frozen=True)
class _Thinned:
    """A curve made short, and of what it was made."""

    history: History
    version: int
    how: tuple[str, str, int]
    points: Points


class Overlay:
    """Makes the chart; a curve is thinned again only when its run has gone on."""

    def __init__(self) -> None:
        self._thinned: dict[str, _Thinned] = {}

    def chart(
        self,
        runs: Sequence[tuple[RunRow, History]],
        loss: OverlayLoss,
        choice: ChartChoice,
        ink: ChartInk,
        width: int,
        height: int,
    ) -> Chart:
        """Return the chart of runs, each in the colour of its mark."""
        kept = {row.id for row, _ in runs}
        self._thinned = {run: old for run, old in self._thinned.items() if run in kept}
        return Chart(
            width,
            height,
            tuple(self._series(row, history, loss, choice, ink, width) for row, history in runs),
            ink.foreground,
            title=TITLES[loss],
            x_label=AXIS_WORDS[choice.x_axis],
            log_y=choice.log_loss,
            marker=choice.marker,
            no_colour=ink.no_colour,
            empty=EMPTY[loss] if all(history.whole for _, history in runs) else READING,
        )

    def _series(
        self,
        row: RunRow,
        history: History,
        loss: OverlayLoss,
        choice: ChartChoice,
        ink: ChartInk,
        width: int,
    ) -> Series:
        how = (loss, choice.x_axis, max(width, 20))
        old = self._thinned.get(row.id)
        if old is None or (old.history, old.version, old.how) != (history, history.version, how):
            points = _points(history, loss, choice, 2 * max(width, 20))
            old = self._thinned[row.id] = _Thinned(history, history.version, how, points)
        colour = colour_of(row.mark, ink.series) or ink.series[0]
        # Without colour the curve is made of its letter, which then stands in the legend anyway.
        label = row.label if ink.no_colour and row.mark else titled(row)
        return Series(label, *old.points, colour, mark=letter(row.mark))


def _points(history: History, loss: OverlayLoss, choice: ChartChoice, most: int) -> Points:
    """Return x and y of a run's curve, at most so many."""
    from cftui.thin import floats, means

    if loss == "train":
        x, y = means(curve_x(history, choice), history.curve.smooth, most)
    else:
        epochs = [epoch for epoch in history.epochs if epoch.valid_mse is not None]
        x, y = means(
            [epoch_x(history, choice, epoch.step, epoch.train_seconds) for epoch in epochs],
            [epoch.valid_mse or 0.0 for epoch in epochs],
            most,
        )
    return floats(x), floats(y)
