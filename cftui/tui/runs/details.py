"""All about the run at the cursor, in words."""

from collections.abc import Iterator
from typing import ClassVar

from rich.console import Console
from rich.segment import Segment
from rich.text import Text
from textual import events
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from cftui.runs.columns import duration, titled
from cftui.runs.details import RunDetails
from cftui.runs.interventions import WHILE_LIVE, intervention_words
from cftui.runs.list_words import of_users
from cftui.runs.rates import change_words, unrepeated
from cftui.runs.record import RunRecord
from cftui.runs.row import RunRow
from cftui.runs.standing import BY
from cftui.text import plain
from cftui.tui.runs.table import sign

CONSOLE = Console(width=80)
"""Measures what is wrapped; prints nothing."""
LABEL = 8
"""Cells of the labels."""
Line = tuple[str, str]
"""A label, and what is said."""


class RunDetailsView(ScrollView, can_focus=True):
    """Shows the details of one run; scrolls where they are long.

    Draws its lines itself: to lay them out at each move of a cursor would hold the keys up.
    """

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"details--label"}
    DEFAULT_CSS = """
    RunDetailsView {
        scrollbar-size-vertical: 1;
        overflow-x: hidden;
        & > .details--label { color: $foreground-muted; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.lines: tuple[Line, ...] = ()
        """What is said."""
        self._wrapped: list[tuple[str, str]] = []
        self._width = 0

    def show(self, row: RunRow | None, details: RunDetails | None) -> None:
        """Show a run, first what the list knows of it."""
        lines = () if row is None else tuple(run_lines(row, details))
        title = plain(titled(row)) if row else "Run"
        if str(self.border_title) != title:
            self.border_title = title
            self.scroll_to(y=0, animate=False)
        if lines != self.lines:
            self.lines = lines
            self._wrap()

    def on_resize(self, event: events.Resize) -> None:
        """Wrap anew at another width."""
        if self.scrollable_content_region.width != self._width:
            self._wrap()

    def _wrap(self) -> None:
        """Wrap what is said into lines of the width there is."""
        self._width = self.scrollable_content_region.width
        # A scroll bar may come, without a resize, when the lines are known.
        room = max(self._width - (not self.show_vertical_scrollbar) - LABEL - 1, 8)
        self._wrapped = [
            (label if place == 0 else "", words)
            for label, text in self.lines
            for place, words in enumerate(_wrapped(text, room))
        ]
        self.virtual_size = Size(self._width, len(self._wrapped))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return one line on show: a label and its words."""
        width, style = self.scrollable_content_region.width, self.rich_style
        place = self.scroll_offset.y + y
        if place >= len(self._wrapped):
            return Strip.blank(width, style)
        label, words = self._wrapped[place]
        muted = style + self.get_component_rich_style("details--label")
        segments = [Segment(f"{label:<{LABEL}} ", muted), Segment(words, style)]
        return Strip(segments).adjust_cell_length(width, style)


def _wrapped(text: str, width: int) -> list[str]:
    """Return text in lines of at most `width` cells, its own line breaks kept."""
    lines = Text("\n".join(plain(line) for line in text.splitlines()))
    return [line.plain for line in lines.wrap(CONSOLE, width)] or [""]


def run_lines(row: RunRow, details: RunDetails | None) -> Iterator[Line]:
    """Yield what is to be said of a run, most wanted first."""
    if row.worse_than:
        yield "verdict", _verdict(row, details)
    yield "state", _state(row)
    if row.message:
        yield "why", row.message
    if row.notes:
        yield "notes", row.notes
    if row.best_valid_mse is not None and row.best_rmse is not None:
        yield "error", f"best validation MSE {row.best_valid_mse:.4f}, RMSE {row.best_rmse:.4f}"
    if row.refit_of:
        yield "refit", f"of {row.refit_of}, on all ratings: the error of that run stands for it"
    if row.valid_recall is not None and row.valid_ndcg is not None:
        whose = of_users(row.list_users)
        yield "lists", f"recall@20 {row.valid_recall:.3f}, NDCG@20 {row.valid_ndcg:.3f}{whose}"
    if row.train_seconds is not None:
        yield "time", _time(row)
    if details is None:
        return
    yield "changed", _changed(details) or "nothing; all defaults"
    if details.record is not None:
        yield from _record_lines(details.record)
    seed, split_seed = details.seeds
    yield "seed", f"{seed} of training, {split_seed} of the split"
    yield "run", f"{row.id}, {size_words(details.bytes_on_disk)}"
    if details.problem:
        yield "damage", details.problem
    if details.command:
        left_out = unrepeated(details.record)
        yield "again", "\n".join(filter(None, (details.command, left_out)))
    if row.shown in ("failed", "died") and details.log_end:
        yield "log", details.log_end


def _verdict(row: RunRow, details: RunDetails | None) -> str:
    """Return what speaks against a run; the reason as soon as its files are read."""
    if details is not None and details.verdict is not None:
        return details.verdict.words
    return f"worse than {BY[row.worse_than]} alone"


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


def _changed(details: RunDetails) -> str:
    lines = [f"{key} = {value}" for key, value in details.changed.items()]
    if details.rate_changes:
        lines.append(f"learning rate {change_words(details.rate_changes)}")
    if words := intervention_words(details.interventions):
        lines.append(f"{WHILE_LIVE}: {words}")
    return "\n".join(lines)


def _record_lines(record: RunRecord) -> Iterator[Line]:
    yield "data", record.data_words
    if record.unit_words:
        yield "unit", record.unit_words
    if record.parameter_count:
        yield "size", f"{record.parameter_count:,} parameters"
    threads = f", {record.threads} thread{'s' * (record.threads > 1)}" if record.threads else ""
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
