"""`cftui crosstab`: the most active users by the most rated items, and the sheet that learns."""

from dataclasses import asdict, dataclass, replace
from math import isnan
from pathlib import Path
from typing import Annotated, Any

import typer

from cftui.commands.console import Debug, Json, UsageError, print_json, print_table, say
from cftui.commands.explore import load_run, open_known

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
    _check("--order", order, ("id", "activity"))
    _check("--values", values, ("actual", "predicted", "error"))
    _check("--solver", solver, ("lbfgs", "descent"))
    from cftui.sheet.export import ending_of, write_cells

    ending = "" if out is None else ending_of(out)
    start = _Start(factors, biases, seed)
    table = _Table(data, users, items, order)
    if sheet or from_ is not None or ending == ".xlsx":
        if run is not None:
            raise UsageError("--run and the sheet both predict; leave one of them out")
        if from_ is None:
            shown = _of_sheet(*_started(table, start), values, solver)
        else:
            if (users, items, order) != (15, 15, "id"):
                raise UsageError(
                    "--from: the workbook says which users and items; leave --users, --items and"
                    " --order out"
                )
            shown = _of_sheet(*_read_back(from_, data), values, solver if sheet else None)
    else:
        shown = _of_run(table, values, run, json)
    if out is not None:
        write_cells(out.expanduser(), shown.labels, shown.cells, shown.sheet)
        say(f"{out} written")
    _print(shown, values, json=json, brief=out is not None)


@dataclass(frozen=True)
class _Table:
    """Which crosstab."""

    data: str | None
    users: int
    items: int
    order: str

    def of(self, ratings: Any) -> Any:
        """Return the crosstab of these ratings."""
        from cftui.explore.cells import describe_crosstab
        from cftui.ratings.crosstab import crosstab as make

        return describe_crosstab(ratings, make(ratings, self.users, self.items, self.order))  # type: ignore[arg-type]


@dataclass(frozen=True)
class _Start:
    """How a sheet begins."""

    factors: int
    biases: bool
    seed: int


@dataclass(frozen=True, eq=False)
class _Shown:
    """Cells to show or to write, and the sheet that they are of."""

    labels: Any
    cells: Any
    sheet: Any = None
    rmse: float | None = None


def _check(option: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise UsageError(f"{option} {value}: choose {', '.join(known)}")


def _ratings(data: str | None) -> Any:
    from cftui.paths import BUNDLED

    return open_known(data or BUNDLED)


def _started(table: _Table, start: _Start) -> tuple[Any, Any]:
    from cftui.sheet.solver import start_sheet

    found = table.of(_ratings(table.data))
    return start_sheet(found.values, start.factors, start.biases, start.seed), found.labels


def _read_back(path: Path, data: str | None) -> tuple[Any, Any]:
    """Return a workbook's sheet, and its labels with the titles of the data that it is of."""
    from cftui.sheet.read_workbook import read_workbook

    sheet, labels = read_workbook(path.expanduser())
    ratings = _ratings(data)
    for user in labels.users:
        ratings.users.code_of(user)
    codes = [ratings.items.code_of(item) for item in labels.items]
    return sheet, replace(labels, titles=tuple(map(ratings.items.title_of, codes)))


def _of_sheet(sheet: Any, labels: Any, values: str, solver: str | None) -> _Shown:
    from cftui.sheet.solver import default_rate, descend, evaluate, solve

    if solver == "lbfgs":
        answer = solve(sheet, seconds=SOLVE_SECONDS)
    elif solver == "descent":
        answer = descend(sheet, DESCENT_STEPS, default_rate(sheet.actual), 0.9)
    else:
        answer = evaluate(sheet)
    cells = _chosen(values, sheet.actual, answer.predicted)
    return _Shown(labels, cells, answer.sheet, answer.rmse)


def _chosen(values: str, actual: Any, predicted: Any) -> Any:
    return {"actual": actual, "predicted": predicted, "error": predicted - actual}[values]


def _of_run(table: _Table, values: str, run: str | None, json: bool) -> _Shown:
    from cftui.explore.cells import predict_cells

    if values == "actual" and run is None:
        found = table.of(_ratings(table.data))
        return _Shown(found.labels, found.values)
    trained = load_run(run or "latest", table.data if run is None else None, best=False, json=json)
    if table.data is not None and _ratings(table.data).fingerprint != trained.record.fingerprint:
        raise UsageError(
            f"run {trained.run} is of {trained.ratings.name}, not of {table.data}; leave --data"
            " out, or choose a run of these ratings"
        )
    found = table.of(trained.ratings)
    predicted = predict_cells(trained, found.labels).values
    return _Shown(found.labels, _chosen(values, found.values, predicted))


def _print(shown: _Shown, values: str, *, json: bool, brief: bool) -> None:
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
        print(f"RMSE of the sheet {shown.rmse:.6f}")
