"""What a report says of runs: how they compare, then each by itself."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cftui.remedies import words_of
from cftui.report.blocks import Commands, Facts, Heading, ReportBlock, Sentence, Tabled
from cftui.report.figures import Paper, overlay_figure, run_figure
from cftui.runs.columns import BY_NAME, MARKS, duration, letter, titled
from cftui.runs.compare import Difference, differences, flat, settings_of
from cftui.runs.details import RunDetails, read_details
from cftui.runs.directory import Run, RunError
from cftui.runs.history import History, read_history
from cftui.runs.index import read_row
from cftui.runs.interventions import WHILE_LIVE, intervention_words
from cftui.runs.list_words import of_users
from cftui.runs.rates import CHANGED, change_words, unrepeated
from cftui.runs.row import RunRow
from cftui.runs.telling import sentences
from cftui.text import fitting

NOTHING = "–"
FACTS_OF_ALL = ("state", "epochs")
"""Fields of the table of runs, by their names in `cftui.runs.columns`, before what differs."""
OWN_PLACE = ("data.source", "training.epochs")
"""Settings that the table tells by columns of its own."""
SECTIONS = ("model", "method", "optimizer", "schedule", "training")
"""Of a run's settings; data and split have lines of their own."""


@dataclass(frozen=True)
class ReportedRun:
    """A run as a report has it, its letter by its place."""

    row: RunRow
    history: History
    details: RunDetails
    settings: dict[str, Any]
    """By full name; empty where they cannot be read."""
    problem: str = ""
    """Why its settings cannot be read."""


def read_runs(runs: Sequence[Run]) -> list[ReportedRun]:
    """Read runs for a report; what is damaged is said in it, not raised."""
    return [_read(run, place + 1) for place, run in enumerate(runs)]


def _read(run: Run, mark: int) -> ReportedRun:
    settings: dict[str, Any] = {}
    problem = ""
    try:
        settings = flat(settings_of(run))
    except (RunError, OSError) as error:
        problem = words_of(error)
    details = read_details(run)
    row = replace(read_row(run), mark=mark)
    return ReportedRun(row, read_history(run.events), details, settings, problem)


def compose(
    runs: Sequence[ReportedRun], paper: Paper, title: str = "", version: str = ""
) -> Iterator[ReportBlock]:
    """Yield the blocks of a report of one run at least."""
    data = list(dict.fromkeys(map(_data, runs)))
    yield Heading(title or _title(runs), 1)
    yield Facts(tuple(_head(runs, data, version)))
    yield _table(runs)
    if len(runs) > 1:
        yield Heading("Side by side")
        yield overlay_figure([(run.row, run.history) for run in runs], paper)
    for run in runs:
        yield from _one(run, paper, alone=len(data) == 1)


def _title(runs: Sequence[ReportedRun]) -> str:
    names = list(dict.fromkeys(run.row.data for run in runs if run.row.data))
    some = "A training run" if len(runs) == 1 else f"{len(runs)} training runs"
    return f"{some} on {' and '.join(names)}" if names else some


def _head(runs: Sequence[ReportedRun], data: list[str], version: str) -> Iterator[tuple[str, str]]:
    yield "Written", time.strftime("%Y-%m-%d %H:%M %z") + (f", by cftui {version}" * bool(version))
    splits = list(dict.fromkeys(map(_split, runs)))
    for name, told in (("Data", data), ("Held out", splits)):
        yield name, told[0] if len(told) == 1 else "not the same for all: each run says its own"


def _data(run: ReportedRun) -> str:
    return run.details.record.data_words if run.details.record else run.row.data or NOTHING


def _split(run: ReportedRun) -> str:
    """Return which ratings are held out, by the settings that say so."""
    told = {key: value for key, value in run.settings.items() if key.startswith("split.")}
    kind = told.pop("split.kind", None)
    if kind is None:
        return NOTHING
    if kind == "none":
        return "nothing"
    rest = [f"{key.partition('.')[2]} {value}" for key, value in told.items() if value != ""]
    return ", ".join([str(kind), *rest])


# How they compare


def _table(runs: Sequence[ReportedRun]) -> Tabled:
    """Return a line a run: settings that differ, errors, lists, time."""
    differing = _differences(runs)
    columns: list[tuple[str, Sequence[str], bool]] = [
        ("", [_letter(run) for run in runs], False),
        ("run", [run.row.label for run in runs], False),
    ]
    columns += [_field(name, runs) for name in FACTS_OF_ALL]
    columns += [(_short(one.key), list(map(_value, one.values)), False) for one in differing]
    columns += [
        ("best MSE", [_error(run.row.best_valid_mse) for run in runs], True),
        ("last MSE", [_error(run.row.valid_mse) for run in runs], True),
    ]
    whose = of_users(*(run.row.list_users for run in runs))
    for name in ("rmse", "recall", "ndcg", "time"):
        head, cells, number = _field(name, runs)
        columns.append((head + whose * (name in ("recall", "ndcg")), cells, number))
    return Tabled(
        tuple(head for head, _, _ in columns),
        tuple(zip(*(cells for _, cells, _ in columns), strict=True)),
        frozenset(place for place, (_, _, number) in enumerate(columns) if number),
    )


def _differences(runs: Sequence[ReportedRun]) -> list[Difference]:
    """Return the settings that differ, and the learning rates that live runs were given.

    What one optimizer has and another has not is told with each run.
    """
    found = [
        one
        for one in differences([_nested(run.settings) for run in runs])
        if one.key not in OWN_PLACE and len({str(v) for v in one.values if v is not None}) > 1
    ]
    changes = tuple(change_words(run.details.rate_changes) or None for run in runs)
    if len(set(changes)) > 1:
        found.append(Difference(CHANGED, changes))
    return found


def _short(key: str) -> str:
    """Return `optimizer` for optimizer.name, `seed (split)` for split.seed, else the last part."""
    section, _, name = key.partition(".")
    return section if name in ("", "name") else f"{name} ({section})" if name == "seed" else name


def _nested(settings: dict[str, Any]) -> dict[str, dict[str, Any]]:
    sections: dict[str, dict[str, Any]] = {}
    for key, value in settings.items():
        section, _, name = key.partition(".")
        sections.setdefault(section, {})[name] = value
    return sections


def _field(name: str, runs: Sequence[ReportedRun]) -> tuple[str, Sequence[str], bool]:
    field = BY_NAME[name]
    return field.label, [field.text(run.row) or NOTHING for run in runs], field.number


def _letter(run: ReportedRun) -> str:
    return letter(run.row.mark) if run.row.mark <= len(MARKS) else str(run.row.mark)


def _error(value: float | None) -> str:
    return fitting(value, 4, 8) or NOTHING


def _value(value: Any) -> str:
    return NOTHING if value is None else str(value)


# Each by itself


def _one(run: ReportedRun, paper: Paper, *, alone: bool) -> Iterator[ReportBlock]:
    yield Heading(titled(run.row))
    if run.details.verdict is not None:
        yield Sentence(run.details.verdict.words)
    yield Facts(tuple((name, text) for name, text in _facts(run, alone=alone) if text))
    yield run_figure(run.history, paper)
    yield Sentence(" ".join(sentences(run.history)))
    yield from _again(run)


def _facts(run: ReportedRun, *, alone: bool) -> Iterator[tuple[str, str]]:
    row, details = run.row, run.details
    yield "State", f"{row.shown}, epoch {row.epoch} of {row.epochs}, step {row.step:,}"
    yield "Why", row.message
    yield "Damage", details.problem or run.problem
    yield "Note", row.notes
    if row.best_valid_mse is not None:
        yield "Error", _errors(row)
    refit = f"of {row.refit_of}, on all ratings: the error of that run stands for it"
    yield "Refit", refit * bool(row.refit_of)
    yield WHILE_LIVE.capitalize(), _live(details)
    yield "Time", f"began {row.when}, {duration(row.train_seconds) or 'none'} of training"
    yield "Data", "" if alone else _data(run)
    yield "Held out", "" if alone else _split(run)
    for section, values in _nested(run.settings).items():
        if section in SECTIONS:
            told = ", ".join(f"{name} = {value}" for name, value in values.items())
            yield section.capitalize(), told
    if details.record is not None:
        yield "Device", details.record.device
    yield "Run", row.id


def _errors(row: RunRow) -> str:
    told = [f"best validation MSE {_error(row.best_valid_mse)}, RMSE {_error(row.best_rmse)}"]
    told += [f"last {_error(row.valid_mse)}"] if row.valid_mse is not None else []
    return ", ".join(told)


def _live(details: RunDetails) -> str:
    """Return what was done to a run while it was live; that nothing was, where that is known."""
    rates = change_words(details.rate_changes)
    told = [f"learning rate {rates}" if rates else "", intervention_words(details.interventions)]
    return ", ".join(filter(None, told)) or "nothing was changed"


def _again(run: ReportedRun) -> Iterator[ReportBlock]:
    if run.details.command:
        yield Sentence("The same again:")
        yield Commands(run.details.command)
        if words := unrepeated(run.details.record):
            yield Sentence(f"But {words}.")
