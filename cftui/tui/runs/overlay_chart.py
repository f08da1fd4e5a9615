"""Several runs on one chart: a loss, a measure of their lists, or their learning rates."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from cftui.charts import Chart, Limits, Note, Series
from cftui.runs.columns import colour_of, letter, titled
from cftui.runs.events import Epoch
from cftui.runs.history import History
from cftui.runs.list_words import judged_users, of_users, why_no_lists_yet
from cftui.runs.row import RunRow
from cftui.tui.shared.run_chart import AXIS_WORDS, ChartChoice, ChartInk, curve_x, epoch_x

Measure = Literal["valid", "train", "ndcg", "recall", "rate"]
MEASURES: tuple[Measure, ...] = ("valid", "train", "ndcg", "rate", "recall")
"""In the order in which they come, one by one or four side by side."""
TITLES = {
    "valid": "validation MSE",
    "train": "training loss, smoothed",
    "ndcg": "NDCG@20",
    "recall": "recall@20",
    "rate": "learning rate",
}
AT_END = "The first stands here when an epoch is done"
EMPTY = {
    "valid": "The first error stands here when an epoch is done",
    "train": "The curve begins with the first steps",
    "ndcg": AT_END,
    "recall": AT_END,
    "rate": "No learning rate yet",
}
OF_LISTS = ("ndcg", "recall")
AIR = 0.04
"""Share of the x axis that is left free at its end, for the letters of the runs."""
READING = "Reading the runs …"
Points = tuple[tuple[float, ...], tuple[float, ...]]


@dataclass(frozen=True)
class _Thinned:
    """A curve made short, and of what it was made."""

    history: History
    version: int
    how: tuple[str, int]
    points: Points


class Overlay:
    """Makes the charts; a curve is thinned again only when its run has gone on."""

    def __init__(self) -> None:
        self._thinned: dict[tuple[str, Measure], _Thinned] = {}

    def chart(
        self,
        runs: Sequence[tuple[RunRow, History]],
        measure: Measure,
        choice: ChartChoice,
        ink: ChartInk,
        width: int,
        height: int,
    ) -> Chart:
        """Return the chart of runs, each in the colour of its mark, its letter at its end."""
        kept = {row.id for row, _ in runs}
        self._thinned = {key: old for key, old in self._thinned.items() if key[0] in kept}
        series = tuple(self._series(row, past, measure, choice, ink, width) for row, past in runs)
        return Chart(
            width,
            height,
            series,
            ink.foreground,
            title=f"{TITLES[measure]}{_whose(runs, measure)}{choice.words}{_apart(runs, measure)}",
            x_label=AXIS_WORDS[choice.x_axis],
            log_x=choice.log_x,
            log_y=choice.log_loss,
            x_limits=_with_air(series, choice.log_x),
            notes=_letters(runs, series),
            marker=choice.marker,
            no_colour=ink.no_colour,
            empty=_why_empty(runs, measure),
        )

    def _series(
        self,
        row: RunRow,
        history: History,
        measure: Measure,
        choice: ChartChoice,
        ink: ChartInk,
        width: int,
    ) -> Series:
        how, key = (choice.x_axis + "log" * choice.log_x, max(width, 20)), (row.id, measure)
        old = self._thinned.get(key)
        if old is None or (old.history, old.version, old.how) != (history, history.version, how):
            points = _points(history, measure, choice, 2 * max(width, 20))
            old = self._thinned[key] = _Thinned(history, history.version, how, points)
        colour = colour_of(row.mark, ink.series) or ink.series[0]
        # Without colour the curve is made of its letter, which then stands in the legend anyway.
        label = row.label if ink.no_colour and row.mark else titled(row)
        return Series(label, *old.points, colour, mark=letter(row.mark))


def _whose(runs: Sequence[tuple[RunRow, History]], measure: Measure) -> str:
    """Return how many users' lists a measure is of."""
    return of_users(*(judged_users(past) for _, past in runs)) if measure in OF_LISTS else ""


def _why_empty(runs: Sequence[tuple[RunRow, History]], measure: Measure) -> str:
    histories = [past for _, past in runs]
    if not all(past.whole for past in histories):
        return READING
    if measure in OF_LISTS:
        return why_no_lists_yet(histories, EMPTY[measure])
    return EMPTY[measure]


def _apart(runs: Sequence[tuple[RunRow, History]], measure: Measure) -> str:
    """Return a warning where runs are judged by other ratings: so the errors of biases tell."""
    judged = {row.biases_mse for row, _ in runs if row.biases_mse is not None}
    return ", of other ratings held out each: not to be compared" if len(judged) > 1 else ""


def _with_air(series: Sequence[Series], log_x: bool) -> Limits | None:
    """Return the ends of the x axis; none before two places are known."""
    told = [x for one in series for x in one.x if x > 0 or not log_x]
    if not told or min(told) == max(told):
        return None
    low, high = min(told), max(told)
    if log_x:
        return low, high * math.exp(AIR * math.log(high / low))
    return low, high + AIR * (high - low)


def _letters(runs: Sequence[tuple[RunRow, History]], series: Sequence[Series]) -> tuple[Note, ...]:
    return tuple(
        Note(one.x[-1], one.y[-1], letter(row.mark), one.colour)
        for (row, _), one in zip(runs, series, strict=True)
        if one.x and letter(row.mark)
    )


def _points(history: History, measure: Measure, choice: ChartChoice, most: int) -> Points:
    """Return x and y of a run's curve, at most so many; what is raw with its extremes."""
    from cftui.thin import extremes, floats, means

    curve = history.curve
    if measure == "train":
        x, y = means(curve_x(history, choice), curve.smooth, most, logarithmic=choice.log_x)
    elif measure == "rate":
        x, y = extremes(curve_x(history, choice), curve.learning_rate, most // 2)
    else:
        told = [(epoch, _value(epoch, measure)) for epoch in history.epochs]
        known = [(epoch, value) for epoch, value in told if value is not None]
        x, y = extremes(
            [epoch_x(history, choice, epoch.step, epoch.train_seconds) for epoch, _ in known],
            [value for _, value in known],
            most // 2,
        )
    return floats(x), floats(y)


def _value(epoch: Epoch, measure: Measure) -> float | None:
    return {"valid": epoch.valid_mse, "ndcg": epoch.ndcg, "recall": epoch.recall}[measure]
