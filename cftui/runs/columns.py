"""What a list of runs tells of each: one record a column, for tables, filters, sorting, exports."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from cftui.charts import Colour
from cftui.runs.row import RunRow
from cftui.runs.standing import SIGNS
from cftui.text import fitting, plain

Value = str | int | float | None
MARKS = "ABCDEFGH"
"""Letters of the marked runs that are laid over each other; further ones have none."""


@dataclass(frozen=True)
class RunField:
    """One thing that is told of a run."""

    name: str
    """As filters, exports and the remembered order call it."""
    label: str
    """Heads its column."""
    value: Callable[[RunRow], Value]
    """What it is sorted by and exported as."""
    text: Callable[[RunRow], str]
    """What is shown."""
    number: bool = False


def letter(mark: int) -> str:
    """Return the letter of a mark; `+` for one beyond the letters, nothing for none."""
    return "" if mark < 1 else MARKS[mark - 1] if mark <= len(MARKS) else "+"


def lettered(rows: Iterable[RunRow]) -> list[RunRow]:
    """Return the marked runs that have a letter, in the order of their letters."""
    return sorted((row for row in rows if 0 < row.mark <= len(MARKS)), key=lambda row: row.mark)


def titled(row: RunRow) -> str:
    """Return how a run is called in a legend or a heading: its letter first, where it has one."""
    return plain(f"{letter(row.mark)} {row.label}".strip())


def colour_of(mark: int, colours: Sequence[Colour]) -> Colour | None:
    """Return the colour of a mark; none for one without a letter."""
    return colours[(mark - 1) % len(colours)] if 0 < mark <= len(MARKS) else None


def duration(seconds: float | None) -> str:
    """Return a time as `4.2 s`, `2:05` or `1:02:05`."""
    if seconds is None:
        return ""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds + 0.5), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _state(row: RunRow) -> str:
    done = f" {row.epochs_done / row.epochs:.0%}" if row.alive and row.epochs else ""
    return row.shown + done


def _verdict(row: RunRow) -> str:
    """Return what a run is worse than, or that it ended before it had learned anything."""
    ended = not row.alive and row.shown != "damaged"
    return f"worse than {row.worse_than}" if row.worse_than else _untrained(row, ended)


def _untrained(row: RunRow, ended: bool) -> str:
    return "untrained" if ended and not row.epoch else ""


def _progress(row: RunRow) -> str:
    if row.shown == "damaged":
        return ""
    share = ".1f" if row.epochs < 100 else ".0f"
    done = f"{row.epochs_done:{share}}" if row.alive else str(row.epoch)
    return f"{done}/{row.epochs}"


def signed_error(row: RunRow) -> str:
    """Return the best validation error; a sign before it says that the run ends worse than none."""
    return f"{SIGNS[row.worse_than]}{_error(row.best_valid_mse)}"


def _error(value: float | None) -> str:
    return "" if value is None else fitting(value, 4, 6)


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _short(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _rate(row: RunRow) -> str:
    """Return the learning rate; where it was changed on the way, the last one too."""
    begun = _short(row.learning_rate)
    if not row.rate_changes:
        return begun
    between = "…→" if len(row.rate_changes) > 1 else ""
    return f"{begun}→{between}{_short(row.rate_changes[-1].learning_rate)}"


def _whole(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"


FIELDS = (
    RunField("mark", "mark", lambda r: letter(r.mark), lambda r: letter(r.mark)),
    RunField("state", "state", lambda r: r.shown, _state),
    RunField("verdict", "verdict", _verdict, _verdict),
    RunField("name", "run", lambda r: r.label, lambda r: r.label),
    RunField("model", "model", lambda r: r.model, lambda r: r.model),
    RunField("optimizer", "optimizer", lambda r: r.optimizer, lambda r: r.optimizer),
    RunField("schedule", "schedule", lambda r: r.schedule, lambda r: r.schedule),
    RunField("lr", "lr", lambda r: r.learning_rate, _rate, True),
    RunField("wd", "decay", lambda r: r.weight_decay, lambda r: _short(r.weight_decay), True),
    RunField("factors", "factors", lambda r: r.n_factors, lambda r: _whole(r.n_factors), True),
    RunField("batch", "batch", lambda r: r.batch_size, lambda r: _whole(r.batch_size), True),
    RunField("epochs", "epochs", lambda r: round(r.epochs_done, 4), _progress, True),
    RunField("mse", "best MSE", lambda r: r.best_valid_mse, signed_error, True),
    RunField("rmse", "RMSE", lambda r: r.best_rmse, lambda r: _error(r.best_rmse), True),
    RunField(
        "recall", "recall@20", lambda r: r.valid_recall, lambda r: _share(r.valid_recall), True
    ),
    RunField("ndcg", "NDCG@20", lambda r: r.valid_ndcg, lambda r: _share(r.valid_ndcg), True),
    RunField(
        "speed",
        "ratings/s",
        lambda r: r.ratings_per_second,
        lambda r: _whole(r.ratings_per_second),
        True,
    ),
    RunField("time", "time", lambda r: r.train_seconds, lambda r: duration(r.train_seconds), True),
    RunField("data", "data", lambda r: r.data, lambda r: r.data),
    RunField("when", "began", lambda r: r.created, lambda r: r.when),
    RunField("notes", "notes", lambda r: r.notes, lambda r: r.notes),
    RunField("id", "id", lambda r: r.id, lambda r: r.id),
)
BY_NAME = {field.name: field for field in FIELDS}


def in_order(rows: Iterable[RunRow], name: str, *, descending: bool) -> list[RunRow]:
    """Return rows sorted by a field; those without it come last, equals stay as they were.

    Raises KeyError for a field that there is not.
    """
    value = BY_NAME[name].value
    told = [(_key(value(row)), row) for row in rows]
    known = [pair for pair in told if pair[0] is not None]
    known.sort(key=lambda pair: pair[0], reverse=descending)  # type: ignore[arg-type,return-value]
    return [row for _, row in known] + [row for key, row in told if key is None]


def _key(value: Value) -> str | float | None:
    if isinstance(value, str):
        return value.casefold() or None
    return None if value is None or math.isnan(value) else value
