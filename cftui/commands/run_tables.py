"""`cftui runs list|show|diff|export`: what is known of runs, printed or written to a file."""

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cftui.commands.console import Debug, Json, UsageError, print_json, print_table, run_words
from cftui.commands.opening import find
from cftui.commands.progress import EventPrinter, beside
from cftui.commands.tables import GAP
from cftui.printing import put
from cftui.text import plain

if TYPE_CHECKING:
    from cftui.runs.directory import Run
    from cftui.runs.record import RunStatus
    from cftui.runs.row import RunRow

Word = Annotated[
    str,
    typer.Argument(
        metavar="RUN", help="Id, unique prefix, name, or latest", autocompletion=run_words
    ),
]
Plain = Annotated[
    bool, typer.Option("--plain", help="Sentences for a screen reader: what the charts show")
]
Words = Annotated[
    list[str],
    typer.Argument(metavar="[WORDS...]", help="Such as: adam 'mse<0.8' state:live; all must fit"),
]
Runs = Annotated[
    list[str],
    typer.Argument(metavar="RUN...", help="Ids, prefixes, names", autocompletion=run_words),
]
SHOWN = ("state", "verdict", "epochs", "mse", "recall", "ndcg", "time", "data", "when")
"""Columns of the printed list, beside id and name."""


def list_(
    words: Words = [],  # noqa: B006 - Typer copies it
    sort: Annotated[str, typer.Option(help="Order by a column: mse, time, lr, …")] = "when",
    json: Json = False,
    debug: Debug = False,
) -> None:
    """List runs, newest first: all, or those that words fit.

    A word stands anywhere in a run's line; model:net looks in one column; mse<0.8 compares.
    """
    from cftui.runs.columns import BY_NAME
    from cftui.runs.directory import Run

    rows = _listed(words, sort)
    if json:
        for row in rows:
            print_json(_line_of(Run(_folder() / row.id)))
        return
    fields = [BY_NAME[name] for name in SHOWN]
    table = [(row.id, row.name, *(field.text(row) for field in fields)) for row in rows]
    labels = ["run", "name", *(field.label for field in fields)]
    print_table(
        labels,
        table,
        right=[field.label for field in fields if field.number],
        yielding=("data", "name"),
        dropping=(*("began", "data", "verdict", "time", "recall@20", "NDCG@20", "epochs", "name"),),
    )


def _folder() -> Path:
    from cftui.paths import runs_folder

    return runs_folder()


def _listed(words: Sequence[str], sort: str) -> "list[RunRow]":
    """Return the rows that words fit, in order."""
    from cftui.runs.columns import BY_NAME, in_order
    from cftui.runs.filters import chosen, complaint
    from cftui.runs.index import RunsIndex

    if sort not in BY_NAME:
        raise UsageError(f"--sort {sort}: no such column; there are {', '.join(BY_NAME)}")
    problem = complaint(" ".join(words))
    if problem:
        raise UsageError(problem)
    rows = chosen(RunsIndex().refresh(), " ".join(words))
    return rows if sort == "when" else in_order(rows, sort, descending=False)


def _line_of(run: "Run") -> dict[str, Any]:
    from cftui.runs.directory import RunError

    try:
        return _summary(run, run.status())
    except (RunError, OSError) as error:
        return {"run": run.id, "state": "damaged", "message": str(error)}


def _summary(run: "Run", status: "RunStatus") -> dict[str, Any]:
    from dataclasses import asdict

    from cftui.runs.annotations import read_annotations
    from cftui.runs.judging import verdict_of

    words, verdict = read_annotations(run.path), verdict_of(run)
    return {
        **asdict(status.record),
        "name": words.name,
        "notes": words.notes,
        "state": status.shown,
        "alive": status.alive,
        "verdict": verdict.told() if verdict else None,
        "path": str(run.path),
    }


def show(
    word: Word = "latest", plain: Plain = False, json: Json = False, debug: Debug = False
) -> None:
    """Show a run's state, settings and epochs, and the line that repeats it."""
    from cftui.runs.compare import command_line
    from cftui.runs.events import Finished
    from cftui.runs.history import read_history
    from cftui.runs.interventions import WHILE_LIVE, intervention_words, interventions_of
    from cftui.runs.judging import verdict_of
    from cftui.runs.rates import change_words, changes_of, unrepeated
    from cftui.runs.telling import sentences

    run = find(word)
    status, config, history = run.status(), run.config(), read_history(run.events)
    again, changes, done = command_line(run), changes_of(run), interventions_of(run)
    left_out = unrepeated(status.record)
    if plain and not json:
        put(f"Run {run.id}, {status.shown}.")
        put("\n".join(sentences(history)))
        return
    if json:
        from dataclasses import asdict

        from cftui.runs.events import as_row

        epochs = [as_row(epoch) for epoch in history.epochs]
        told = {"config": config.to_settings(), "command": again, "epochs_done": epochs}
        told |= {"rate_changes": list(map(asdict, changes)), "unrepeated": left_out}
        told |= {"interventions": [{**asdict(one), "words": one.words} for one in done]}
        print_json({**_summary(run, status), **told})
        return
    put(f"{run.id}  {run.name()}  {status.shown}  step {status.record.step:,}")
    if (verdict := verdict_of(run)) is not None:
        put(verdict.words)
    if status.record.message or status.note:
        put(status.record.message or status.note)
    put(f"in {run.path}")
    if status.record.refit_of:
        put(f"a refit on all ratings of {status.record.refit_of}, whose error stands for it")
    for section, values in config.to_settings().items():
        put(f"{section}: " + ", ".join(f"{key} = {value}" for key, value in values.items()))
    if status.record.unit_words:
        put(status.record.unit_words)
    if changes:
        put(f"learning rate {change_words(changes)}")
    if words := intervention_words(done):
        put(f"{WHILE_LIVE}: {words}")
    put(f"again: {again}", *filter(None, [left_out]))
    printer = EventPrinter(json=False)
    for epoch in history.epochs:
        printer(epoch)
    if isinstance(history.end, Finished) and history.end.why:
        put(f"ended early: {history.end.why}")
    put(beside(status.record.baselines).strip(), end="\n" if status.record.baselines else "")


def diff(
    words: Runs,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Show the settings in which runs differ, those alone."""
    from cftui.runs.compare import run_differences

    if len(words) < 2:
        raise UsageError("runs diff: name two runs or more")
    runs = [find(word) for word in words]
    found = run_differences(runs)
    if json:
        for one in found:
            values = dict(zip((run.id for run in runs), one.values, strict=True))
            print_json({"setting": one.key, "values": values})
    elif found:
        table = [(one.key, *("–" if v is None else str(v) for v in one.values)) for one in found]
        heads = _heads([run.name() or run.id for run in runs], max(len(one.key) for one in found))
        print_table(["setting", *heads], table, repeating=True)
    else:
        put("no setting differs")


def _heads(names: list[str], taken: int) -> list[str]:
    """Return what heads the runs' columns, beside one of `taken` cells.

    Letters, and a line on each, where a terminal has no room for the names side by side.
    """
    from cftui.runs.columns import MARKS

    wide = taken + sum(GAP + len(name) for name in names)
    if (
        not sys.stdout.isatty()
        or len(names) > len(MARKS)
        or wide <= shutil.get_terminal_size().columns
    ):
        return names
    for mark, name in zip(MARKS, names, strict=False):
        put(f"{mark}  {plain(name)}")
    return list(MARKS[: len(names)])


def export(
    out: Annotated[Path, typer.Option(help="A .csv or .json file to write")],
    words: Annotated[
        list[str], typer.Argument(metavar="[RUN...]", help="Ids, prefixes, names; else all runs")
    ] = [],  # noqa: B006 - Typer copies it
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Write what is known of runs, with all their settings, to a file."""
    from cftui.runs.export import ExportError, export_path, export_runs
    from cftui.runs.index import RunsIndex

    try:
        path = export_path(str(out))
    except ExportError as error:
        raise UsageError(f"--out {error}") from None
    wanted = [find(word).id for word in words]
    rows = {row.id: row for row in RunsIndex().refresh()}
    count = export_runs([rows[run] for run in wanted] if wanted else rows.values(), path)
    if json:
        print_json({"event": "exported", "runs": count, "out": str(path)})
    else:
        put(f"{count:,} run{'s' * (count != 1)} written to {path}")
