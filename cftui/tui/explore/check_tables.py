"""What a check of a run tells, as the rows and columns of tables."""

from collections.abc import Callable, Iterator
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
CELL = 5


@dataclass(frozen=True)
class MethodLine:
    """A method's values, or in a line of its own how sure they are."""

    label: str
    cells: dict[Measure, str]


def method_lines(answer: CheckAnswer) -> list[MethodLine]:
    """Return two lines for each method: its values, and half of each interval."""
    return [line for method in answer.methods for line in _two_lines(method)]


def _two_lines(method: MethodRow) -> Iterator[MethodLine]:
    found = {name: interval for name in MEASURES if (interval := method.measured(name))}
    yield MethodLine(method.words, {name: number(i.value) for name, i in found.items()})
    yield MethodLine("", {name: give_or_take(i) for name, i in found.items()})


def number(value: float) -> str:
    """Return a value in at most `CELL` characters as far as that tells it."""
    size = abs(value)
    if size >= 1000:
        return f"{value:,.0f}"
    return f"{value:.{3 if size < 10 else 2 if size < 100 else 1}f}"


def give_or_take(interval: Interval) -> str:
    """Return half of an interval's width, as `±.012`, in `CELL` characters where that tells it."""
    half = (interval.high - interval.low) / 2
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


def worst_columns(*, narrow: bool) -> list[Column]:
    """Return the columns of the predictions that are farthest off."""
    columns = (
        Column("model", 5, align="right", key=lambda row: f"{row.predicted:.2f}"),
        Column("rated", 5, align="right", key=lambda row: f"{row.actual:g}"),
        Column("error", 6, align="right", key=_error),
        Column("user", 8, key=lambda row: row.user),
        Column("theirs", 6, align="right", key=lambda row: f"{row.user_ratings:,}"),
        Column("its", 6, align="right", key=lambda row: f"{row.item_ratings:,}"),
        Column("title", None, key=lambda row: row.title),
    )
    return [column for column in columns if not (narrow and column.label in ("theirs", "its"))]


def _error(row: HeldOutPrediction) -> str:
    return f"{row.predicted - row.actual:+.2f}"
