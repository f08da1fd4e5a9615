"""`cftui crosstab`: the most active users by the most rated items, and the sheet that learns."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

import typer

from cftui.commands.console import Debug, Json, UsageError, one_of, print_json, print_table, say
from cftui.commands.opening import open_known, open_run
from cftui.paths import BUNDLED
from cftui.printing import put
from cftui.questions.sheet import (
    CrosstabAnswer,
    DescendSheet,
    EvaluateSheet,
    Labels,
    OpenCrosstab,
    Order,
    PredictCells,
    ReadSheet,
    Sheet,
    SolveSheet,
    StartSheet,
    WriteCells,
    default_rate,
)

if TYPE_CHECKING:
    from cftui.library.door import Library
    from cftui.questions.sheet import Floats
    from cftui.ratings.values import Ratings

T = TypeVar("T")
Values = Literal["actual", "predicted", "error"]
Solver = Literal["lbfgs", "descent"]
ORDERS: tuple[Order, ...] = ("id", "activity")
VALUES: tuple[Values, ...] = ("actual", "predicted", "error")
SOLVERS: tuple[Solver, ...] = ("lbfgs", "descent")

Out = Annotated[Path | None, typer.Option(help="A .csv, .tsv, .md or .xlsx file to write")]
DESCENT_STEPS = 2000
SOLVE_SECONDS = 60.0


def crosstab(
    *,
    users: Annotated[int, typer.Option(help="How many of the most active users")] = 15,
    items: Annotated[int, typer.Option(help="How many of the most rated items")] = 15,
    order: Annotated[str, typer.Option(help="id, as the lesson shows them, or activity")] = "id",
    values: Annotated[str, typer.Option(help="actual, predicted or error")] = "actual",
    run: Annotated[
        str | None, typer.Option(help="The run that predicts; latest without --sheet")
    ] = None,
    data: Annotated[
        str | None, typer.Option(help="The ratings: a name or a path; of the run without it")
    ] = None,
    sheet: Annotated[
        bool, typer.Option("--sheet", help="Solve the lesson's sheet, and let it predict")
    ] = False,
    factors: Annotated[int, typer.Option(help="Of the sheet, a side, 1 to 20")] = 5,
    biases: Annotated[bool, typer.Option("--biases", help="Give the sheet biases")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of the sheet's first factors")] = 0,
    solver: Annotated[str, typer.Option(help="lbfgs or descent")] = "lbfgs",
    from_: Annotated[
        Path | None, typer.Option("--from", help="A workbook of ours, solved in a spreadsheet")
    ] = None,
    out: Out = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Show the crosstab, what a run or the sheet predicts in it, or write it to a file."""
    table = _Table(users, items, _one_of("--order", order, ORDERS))
    which = _one_of("--values", values, VALUES)
    by = _one_of("--solver", solver, SOLVERS)
    from cftui.library.door import Library
    from cftui.sheet.export import ending_of

    ending, library = "" if out is None else ending_of(out), Library()
    if sheet or from_ is not None or ending == ".xlsx":
        if run is not None:
            raise UsageError("--run and the sheet both predict; leave one of them out")
        if from_ is None:
            begun = _started(library, _ratings(library, data), table, _Start(factors, biases, seed))
            shown = _of_sheet(library, *begun, which, by)
        else:
            if table != _Table(15, 15, "id"):
                raise UsageError(
                    "--from: the workbook says which users and items; leave --users, --items and"
                    " --order out"
                )
            store = str(_ratings(library, data).path)
            read = library.answer(ReadSheet(str(from_.expanduser()), store))
            shown = _of_sheet(library, read.sheet, read.labels, which, by if sheet else None)
    else:
        shown = _of_run(library, table, which, run, data, json=json)
    if out is not None:
        path = str(out.expanduser())
        library.answer(WriteCells(shown.labels, shown.cells, path, shown.sheet))
        say(f"{out} written")
    _print(shown, which, json=json, brief=out is not None)


def _one_of(option: str, word: str, known: Sequence[T]) -> T:
    return one_of(word, known, f"{option} {word}: choose {', '.join(map(str, known))}")


@dataclass(frozen=True)
class _Table:
    """Which crosstab."""

    users: int
    items: int
    order: Order

    def of(self, library: "Library", ratings: "Ratings") -> CrosstabAnswer:
        """Return the crosstab of these ratings."""
        question = OpenCrosstab(str(ratings.path), self.users, self.items, self.order)
        return library.answer(question)


@dataclass(frozen=True)
class _Start:
    """How a sheet begins."""

    factors: int
    biases: bool
    seed: int


@dataclass(frozen=True, eq=False)
class _Shown:
    """Cells to show or to write, and the sheet that they are of."""

    labels: Labels
    cells: "Floats"
    sheet: Sheet | None = None
    rmse: float | None = None


def _ratings(library: "Library", data: str | None) -> "Ratings":
    return open_known(library, data or BUNDLED)


def _started(
    library: "Library", ratings: "Ratings", table: _Table, start: _Start
) -> tuple[Sheet, Labels]:
    found = table.of(library, ratings)
    begun = (start.factors, start.biases, start.seed)
    question = StartSheet(found.values, *begun, found.low, found.high)
    return library.answer(question).sheet, found.labels


def _of_sheet(
    library: "Library", sheet: Sheet, labels: Labels, values: Values, solver: Solver | None
) -> _Shown:
    question: SolveSheet | DescendSheet | EvaluateSheet = EvaluateSheet(sheet)
    if solver == "lbfgs":
        question = SolveSheet(sheet, SOLVE_SECONDS)
    elif solver == "descent":
        question = DescendSheet(sheet, DESCENT_STEPS, default_rate(*sheet.actual.shape), 0.9)
    answer = library.answer(question)
    cells = _chosen(values, sheet.actual, answer.predicted)
    return _Shown(labels, cells, answer.sheet, answer.rmse)


def _chosen(values: Values, actual: "Floats", predicted: "Floats") -> "Floats":
    return {"actual": actual, "predicted": predicted, "error": predicted - actual}[values]


def _of_run(
    library: "Library",
    table: _Table,
    values: Values,
    run: str | None,
    data: str | None,
    *,
    json: bool,
) -> _Shown:
    if values == "actual" and run is None:
        found = table.of(library, _ratings(library, data))
        return _Shown(found.labels, found.values)
    asked = data if run is None else None
    trained = open_run(library, run or "latest", asked, best=False, json=json)
    if data is not None and _ratings(library, data).fingerprint != trained.record.fingerprint:
        raise UsageError(
            f"run {trained.run} is of {trained.ratings.name}, not of {data}; leave --data"
            " out, or choose a run of these ratings"
        )
    found = table.of(library, trained.ratings)
    predicted = library.answer(PredictCells(trained.path, found.labels)).values
    return _Shown(found.labels, _chosen(values, found.values, predicted))


def _print(shown: _Shown, values: Values, *, json: bool, brief: bool) -> None:
    rows = shown.cells.tolist()
    if json:
        cells = [[None if isnan(cell) else cell for cell in row] for row in rows]
        record = {"event": "crosstab", "values": values, **asdict(shown.labels), "cells": cells}
        print_json(record if shown.rmse is None else {**record, "rmse": shown.rmse})
        return
    if not brief:
        digits = "g" if values == "actual" else ".2f"
        print_table(
            ("user", *shown.labels.items),
            [
                (user, *("" if isnan(cell) else f"{cell:{digits}}" for cell in row))
                for user, row in zip(shown.labels.users, rows, strict=True)
            ],
            right=("user", *shown.labels.items),
            repeating=True,
        )
    if shown.rmse is not None:
        put(f"RMSE of the sheet {shown.rmse:.6f}")
