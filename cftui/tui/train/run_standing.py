"""How the run in view is doing: what speaks against it, its state and speed, its device."""

from textual.app import ComposeResult
from textual.widget import Widget
from textual.widgets import Static

from cftui.runs.history import History
from cftui.runs.judging import verdict_of_row
from cftui.runs.row import RunRow
from cftui.text import plain
from cftui.tui.shared.run_words import run_words
from cftui.tui.train.device_line import DeviceLine

NARROW = 100
"""Cells of the screen's width below which less is said."""


class RunStanding(Widget):
    """A verdict where there is one, two lines or three, and one of the device while it is news."""

    SCOPED_CSS = False  # classes of the screen that tell its size stand above
    DEFAULT_CSS = """
    RunStanding { height: auto; }
    RunStanding #verdict {
        display: none;
        height: auto;
        max-height: 5;
        padding: 0 1;
        color: $text-warning;
        text-style: bold;
    }
    RunStanding #verdict.against { display: block; }
    RunStanding #status { height: 2; padding: 0 1; }
    .-narrow RunStanding #status { height: 3; }
    """

    def compose(self) -> ComposeResult:
        """Lay out the three."""
        yield Static("", id="verdict", markup=False)
        yield Static("", id="status", markup=False)
        yield DeviceLine(id="device")

    def show(self, row: RunRow | None, history: History, *, starting: bool = False) -> None:
        """Show state, progress, speed and what is left, or that a trainer is on its way."""
        status = self.query_one("#status", Static)
        if starting:
            status.update("starting a trainer …")
            return
        state, progress, rest = run_words(row, history, _batch_size(history))
        words = f"{state}  {progress}\n{rest}"
        if self._narrow:
            words = "\n".join((state, progress, rest))
        if str(status.content) != words:
            status.update(words, layout=False)
        self._show_verdict(row, history)
        live = row is not None and row.alive
        self.query_one(DeviceLine).show(history.device if live else None)

    @property
    def _narrow(self) -> bool:
        return self.app.size.width < NARROW

    def _show_verdict(self, row: RunRow | None, history: History) -> None:
        """Say first of all that the run in view is worse than no model, and why."""
        said = self.query_one("#verdict", Static)
        verdict = verdict_of_row(row, history) if row is not None else None
        words = plain(verdict.brief if self._narrow else verdict.words) if verdict else ""
        if str(said.content) != words:
            said.update(words)
            said.set_class(bool(words), "against")


def _batch_size(history: History) -> int:
    started = history.started
    return -(-started.n_train // started.steps_per_epoch) if started else 0
