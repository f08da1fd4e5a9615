"""What a check of a run tells, as the rows and columns of tables."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from cftui.questions.check import (
    ERRORS,
    LISTS,
    CheckAnswer,
    HeldOutPrediction,
    Interval,
    Measure,
    MethodRow,
)
from cftui.tui.explore.item_columns import title_columns
from cftui.tui.explore.stars_column import stars_column
from cftui.tui.shared.grid import Column

MEASURES: tuple[Measure, ...] = (*ERRORS, *LISTS)
HEADS: dict[Measure, str] = {
    "rmse": "RMSE",
    "mae": "MAE",
    "precision": "prec",
    "recall": "rec",
    "ndcg": "NDCG",
    "mrr": "MRR",
    "coverage": "cover",
    "popularity": "popul",
}
CALLED = {"run": "this run", "item-knn": "item k-NN", "ease": "EASE"}
CELL = 5


@dataclass(frozen=True)
class MethodLine:
    """A method's values, or in a line of its own how sure they are."""

    label: str
    cells: dict[Measure, str]


def method_lines(answer: CheckAnswer, *, wide: bool) -> list[MethodLine]:
    """Return two lines for each method: its values, and half of each interval.

    Methods are told of in all their words where there is room for them.
    """
    return [line for method in answer.methods for line in _two_lines(method, wide=wide)]


def _two_lines(method: MethodRow, *, wide: bool) -> Iterator[MethodLine]:
    found = {name: interval for name in MEASURES if (interval := method.measured(name))}
    label = method.words if wide else CALLED.get(method.name, method.name)
    yield MethodLine(label, {name: number(i.value) for name, i in found.items()})
    yield MethodLine("", {name: give_or_take(i) for name, i in found.items()})


def number(value: float) -> str:
    """Return a value in at most `CELL` characters as far as that tells it."""
    size = abs(value)
    if size >= 1000:
        return f"{value:,.0f}"
    return f"{value:.{3 if size < 10 else 2 if size < 100 else 1}f}"


def give_or_take(interval: Interval) -> str:
    """Return half of an interval's width, as `±.012`, in `CELL` characters; empty for none."""
    half = (interval.high - interval.low) / 2
    if half == 0:
        return ""
    if half < 1:
        return f"±{half:.3f}".replace("0.", ".", 1)
    return f"±{half:,.{2 if half < 10 else 1 if half < 100 else 0}f}"


def method_columns(answer: CheckAnswer | None) -> list[Column]:
    """Return the columns of those measures that any method has."""
    shown = [
        name
        for name in MEASURES
        if answer is None or any(method.measured(name) for method in answer.methods)
    ]

    def cell(name: Measure) -> Callable[[MethodLine], str]:
        return lambda line: line.cells.get(name, "")

    return [
        Column("", None, key=lambda line: line.label),
        *(Column(HEADS[name], CELL, align="right", key=cell(name)) for name in shown),
    ]


def worst_columns(rows: Sequence[HeldOutPrediction] = ()) -> list[Column]:
    """Return the columns of these predictions, that are farthest off."""
    return [
        stars_column("model", rows),
        Column("rated", 5, align="right", key=lambda row: f"{row.actual:g}"),
        Column("error", 6, align="right", key=_error),
        Column("user", 8, key=lambda row: row.user, yields=1, keeps_end=True),
        Column("theirs", 6, "right", lambda row: f"{row.user_ratings:,}", yields=3),
        Column("its", 6, "right", lambda row: f"{row.item_ratings:,}", yields=2),
        *title_columns(genres=False),
    ]


def _error(row: HeldOutPrediction) -> str:
    return f"{row.predicted - row.actual:+.2f}"
