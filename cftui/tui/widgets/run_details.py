"""All about the run at the cursor, in words."""

from collections.abc import Iterator
from typing import Any

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from cftui.runs.details import RunDetails
from cftui.runs.directory import RunRecord
from cftui.runs.fields import duration
from cftui.runs.index import RunRow
from cftui.text import plain
from cftui.tui.widgets.runs_table import sign, titled

Line = tuple[str, str]
"""A label, and what is said."""


class RunDetailsView(VerticalScroll):
    """Shows the details of one run; scrolls where they are long."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.lines: tuple[Line, ...] = ()
        """What is said."""

    def compose(self) -> ComposeResult:
        """Lay out the text."""
        yield Static("", markup=False)

    def show(self, row: RunRow | None, details: RunDetails | None) -> None:
        """Show a run, first what the list knows of it."""
        self.border_title = plain(titled(row)) if row else "No run"
        self.lines = () if row is None else tuple(run_lines(row, details))
        table = Table.grid(padding=(0, 1, 0, 0), expand=True)
        table.add_column(width=8)
        table.add_column(ratio=1, overflow="fold")
        for label, words in self.lines:
            shown = "\n".join(plain(line) for line in words.splitlines())
            table.add_row(Text(label, style="dim"), Text(shown))
        self.query_one(Static).update(table)


def run_lines(row: RunRow, details: RunDetails | None) -> Iterator[Line]:
    """Yield what is to be said of a run, most wanted first."""
    yield "state", _state(row)
    if row.message:
        yield "why", row.message
    if row.notes:
        yield "notes", row.notes
    if row.best_valid_mse is not None and row.best_rmse is not None:
        yield "error", f"best validation MSE {row.best_valid_mse:.4f}, RMSE {row.best_rmse:.4f}"
    if row.train_seconds is not None:
        yield "time", _time(row)
    if details is None:
        return
    yield "changed", _settings(details.changed) or "nothing; all defaults"
    if details.record is not None:
        yield from _record_lines(details.record)
    seed, split_seed = details.seeds
    yield "seed", f"{seed} of training, {split_seed} of the split"
    yield "run", f"{row.id}, {size_words(details.bytes_on_disk)}"
    if details.problem:
        yield "damage", details.problem
    if details.command:
        yield "again", details.command
    if row.shown in ("failed", "died") and details.log_end:
        yield "log", details.log_end


def _state(row: RunRow) -> str:
    steps = f", step {row.step:,}" if row.step else ""
    epochs = f", epoch {row.epochs_done:.3g} of {row.epochs}" if row.epochs else ""
    return f"{sign(row)} {row.shown}{epochs}{steps}"


def _time(row: RunRow) -> str:
    speed = row.ratings_per_second
    words = f"began {row.when}, {duration(row.train_seconds)} of training"
    if speed is None:
        return words
    left = ""
    if row.alive and row.step and row.train_seconds and row.steps_per_epoch:
        steps = max(row.epochs * row.steps_per_epoch - row.step, 0)
        left = f", {duration(steps * row.train_seconds / row.step)} left"
    return f"{words}, {speed:,.0f} ratings/s{left}"


def _settings(values: dict[str, Any]) -> str:
    return "\n".join(f"{key} = {value}" for key, value in values.items())


def _record_lines(record: RunRecord) -> Iterator[Line]:
    shape = f"{record.n_users:,} users × {record.n_items:,} items"
    yield "data", f"{record.data_name}, {shape}, values {record.low:g}–{record.high:g}"
    if record.parameter_count:
        yield "size", f"{record.parameter_count:,} parameters"
    threads = f", {record.threads} threads" if record.threads else ""
    on = f"{record.host}, process {record.pid}"
    yield "device", f"{record.device or 'not chosen yet'}{threads}, on {on}"
    if record.versions:
        yield "versions", ", ".join(f"{name} {v}" for name, v in record.versions.items())


def size_words(count: int) -> str:
    """Return a number of bytes as `1.2 MB`."""
    size = float(count)
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:,.3g} GB"
