"""Pane 4, Runs: every run, marked ones on one chart, and what can be done with them."""

from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType

from cftui.runs.columns import titled
from cftui.runs.filters import HELP
from cftui.runs.row import RunRow
from cftui.runs.telling import sentences
from cftui.tui.runs import actions
from cftui.tui.runs.board import RunsBoard
from cftui.tui.runs.log import LogScreen
from cftui.tui.runs.overlay_chart import MEASURES
from cftui.tui.runs.table import sorted_by
from cftui.tui.services.services import Services
from cftui.tui.shared.commands import Command, bindings
from cftui.tui.shared.grid import Grid
from cftui.tui.shared.messages import ForkRun, OpenRun, RefitRun, ResumeRun, WishRun
from cftui.tui.shared.pane import Pane
from cftui.tui.shared.run_chart import AXES
from cftui.tui.shared.run_words import why_not_refit
from cftui.tui.shared.sized import Sized
from cftui.tui.shared.telling import TellScreen
from cftui.tui.workspace import Workspace

COMMANDS = (
    Command("runs.mark", "space", "mark", "Mark", "Mark this run, or unmark it", True),
    Command("runs.mark-all", "A", "mark_all", "Mark all", "Mark all listed runs, or unmark them"),
    Command("runs.unmark", "u", "unmark", "Unmark all", "Unmark all runs"),
    Command("runs.filter", "slash", "filter", "Filter", "Type which runs are listed", True),
    Command("runs.own", "o", "own", "Own", "List runs on these ratings alone, or all"),
    Command("runs.sort", "s", "sort(1)", "Sort", "Sort by the next column"),
    Command("runs.sort-back", "S", "sort(-1)", "Sort back", "By the one before"),
    Command("runs.reverse", "r", "reverse", "Reverse", "Turn the order round"),
    Command("runs.open", "enter", "open", "Watch", "Watch this run in Train (3)"),
    Command(
        "runs.view",
        "v",
        "view",
        "View",
        "Draw validation, training loss, NDCG, recall or learning rate; four where there is room",
        True,
    ),
    Command("runs.axis", "a", "axis", "Axis", "Epochs, seconds or steps along the x axis"),
    Command("runs.log", "y", "log", "Log", "Logarithmic loss axis, on or off"),
    Command("runs.log-x", "H", "log_x", "Log x", "Logarithmic x axis, on or off"),
    Command("runs.tell", "T", "tell", "Tell", "What the chart shows of each run, in sentences"),
    Command("runs.about", "i", "about", "Info", "Show the details, or the chart alone", True),
    Command("runs.diff", "d", "diff", "Diff", "What differs between the marked runs", True),
    Command("runs.fork", "f", "fork", "Fork", "Fill the form with this run's settings", True),
    Command("runs.refit", "R", "refit", "Refit", "Train this run's model again, on all ratings"),
    Command("runs.copy", "c", "copy", "Copy", "Copy the command line that repeats this run"),
    Command("runs.rename", "n", "rename", "Rename", "Give this run a name"),
    Command("runs.log-text", "L", "log_text", "Log", "What its trainer wrote, and your note"),
    Command("runs.notes", "t", "notes", "Notes", "Write a note on this run"),
    Command(
        "runs.pause",
        "p",
        "pause",
        "Pause",
        "Pause this run, or let it go on; a stopped or died one goes on from its checkpoint",
    ),
    Command("runs.stop", "x", "stop", "Stop", "End this run; what it learned is kept"),
    Command("runs.delete", "D,delete", "delete", "Delete", "Delete the marked runs, or this", True),
    Command("runs.undelete", "U", "undelete", "Undelete", "Bring back what was deleted last"),
    Command("runs.export", "e", "export", "Export", "Write the marked or listed runs to a file"),
    Command(
        "runs.report",
        "w",
        "report",
        "Report",
        "Write a report of the marked runs, or of this, to be read by others: .html or .md",
    ),
    Command("runs.clear", "escape", "clear", "Clear", "Empty the filter"),
)


class RunsPane(Pane, Sized):
    """Every run ever made: filter, sort, mark, compare, look after."""

    ABOUT: ClassVar[str] = (
        "Every run, on whatever ratings, newest first; live ones (▶) move. space marks runs: they"
        " are drawn on one chart, each with a letter and a colour that it keeps, up to eight; with"
        " none marked, the run at the cursor is drawn. d shows what differs between them.\n\n"
        "‼ before an error says that the run ends worse than the mean of the ratings alone, ! that"
        " it ends worse than user and item biases; the details say why, and what to do.\n\n"
        f"/ filters as you type. {HELP}"
    )
    SCOPED_CSS = False  # classes of the screen that tell its size stand above the pane
    DEFAULT_CSS = """
    RunsPane #runs-head { height: 1; }
    RunsPane #runs-filter { width: 1fr; height: 1; padding: 0 1; }
    RunsPane #runs-said {
        width: 44;
        height: 1;
        padding: 0 1;
        color: $text-muted;
        text-align: right;
    }
    RunsPane #all-runs { height: 1fr; border: round $primary-muted; }
    RunsPane #all-runs:focus { border: round $primary; }
    RunsPane #runs-below { height: 1fr; }
    RunsPane #overlays { width: 3fr; padding: 0 1; }
    RunsPane #overlays ChartView { display: none; }
    RunsPane #overlays #overlay { display: block; }
    RunsPane .-roomy #overlays { layout: grid; grid-size: 2 2; grid-gutter: 0 2; }
    RunsPane .-roomy #overlays ChartView { display: block; }
    RunsPane #details {
        width: 2fr;
        border: round $primary-muted;
        border-title-color: $text-muted;
        padding: 0 1;
        scrollbar-size-vertical: 1;
    }
    RunsPane #details:focus { border: round $primary; }
    RunsPane.-about #details, RunsPane.-narrow #details { display: none; }
    RunsPane.-narrow.-about #details { display: block; width: 1fr; }
    RunsPane.-narrow.-about #overlays { display: none; }
    """
    COMMANDS: ClassVar[tuple[Command, ...]] = COMMANDS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(COMMANDS)]

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._memory = services.memory
        self.board = RunsBoard(services)

    def compose(self) -> ComposeResult:
        """Lay out the board."""
        yield self.board

    def focus_first(self) -> None:
        """Take the focus where one begins."""
        self.board.table.focus()

    def show_changes(self, before: Workspace) -> None:
        """Show the runs."""
        self.board.show(self.workspace)

    def show_history(self) -> None:
        """Draw what the followed runs have come to."""
        self.board.draw()

    def redraw(self) -> None:
        """Draw the chart anew, and the list's colours."""
        self.board.redraw()

    @on(RunsBoard.Rested)
    def _rested(self, message: RunsBoard.Rested) -> None:
        message.stop()
        self.refresh_offer()

    @on(Grid.Selected, "#all-runs")
    def _selected(self, message: Grid.Selected) -> None:
        message.stop()
        self.action_open()

    def why_not(self, action: str) -> str | None:
        """Return why an action cannot be done now; none if it can."""
        row = self.board.row
        match action:
            case "unmark":
                return None if self.board.marked else "No run is marked"
            case "clear":
                return None if self.is_mounted and self.board.words.value else "Nothing is filtered"
            case "undelete":
                return None if self.services.runs.deleted else "Nothing was deleted since the start"
            case "own":
                return None if self.workspace.ratings else "The ratings are still being read"
            case "diff":
                return None if len(self.board.marked) > 1 else "Mark two or more runs first (space)"
            case (
                "filter"
                | "sort"
                | "sort(1)"
                | "sort(-1)"
                | "reverse"
                | "view"
                | "axis"
                | "log"
                | "log_x"
                | "about"
            ):
                return None
            case _ if row is None:
                return "No run is listed"
            case "export" | "report" | "mark" | "mark_all" | "open" | "tell" | "rename" | "notes":
                return None
        return self._why_not_for(action, row)

    def is_on(self, action: str) -> bool:
        """Return whether what an action turns on is on."""
        state = self._memory.state
        return {"log": state.log_loss, "log_x": state.log_x}.get(action, False)

    def _why_not_for(self, action: str, row: RunRow) -> str | None:
        match action:
            case "pause":
                ended = "It is finished; f forks it" if row.shown == "finished" else None
                return _if_damaged(row) or ended
            case "stop":
                return None if row.alive else "Only a live run (▶) can do that"
            case "delete":
                return actions.why_not_delete(self.board.targets)
            case "fork" | "copy":
                return _if_damaged(row)
            case "refit":
                return _if_damaged(row) or why_not_refit(row)
        return None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey what cannot be done now."""
        return super().check_action(action, parameters) if self.is_mounted else True

    def action_mark(self) -> None:
        """Mark the run at the cursor, or unmark it, and go on to the next."""
        if self.board.row is not None:
            actions.keep_marks(self, self.board.toggle_mark(self.board.row))
            self.board.table.action_move(1)

    def action_mark_all(self) -> None:
        """Mark all runs that are listed; where they are marked already, unmark them."""
        actions.keep_marks(self, self.board.mark_listed())

    def action_unmark(self) -> None:
        """Unmark all runs."""
        actions.keep_marks(self, self.board.unmark_all())

    def action_filter(self) -> None:
        """Go to the filter's field."""
        self.board.words.focus()

    def action_clear(self) -> None:
        """Empty the filter."""
        self.board.words.value = ""

    def action_own(self) -> None:
        """List runs on these ratings alone, or all."""
        self._memory.update(runs_own=not self._memory.state.runs_own)
        self.board.list_runs()

    def action_sort(self, by: int) -> None:
        """Sort by the next field, or the one before; numbers and names rise, times fall."""
        names = sorted_by(self.app.size.width)
        state = self._memory.state
        place = names.index(state.runs_sort) if state.runs_sort in names else 0
        name = names[(place + by) % len(names)]
        self._memory.update(runs_sort=name, runs_descending=name in ("when", "speed", "epochs"))
        self._reorder()

    def action_reverse(self) -> None:
        """Turn the order round."""
        self._memory.update(runs_descending=not self._memory.state.runs_descending)
        self._reorder()

    def _reorder(self) -> None:
        self.board.show_columns()
        self.board.list_runs()

    def action_open(self) -> None:
        """Watch the run at the cursor in the Train pane."""
        if self.board.row is not None:
            self.post_message(OpenRun(self.board.row.id))

    def action_view(self) -> None:
        """Draw the next measure."""
        place = MEASURES.index(self.board.measure)
        self._memory.update(runs_view=MEASURES[(place + 1) % len(MEASURES)])
        self.board.draw()

    def action_axis(self) -> None:
        """Take the next x axis."""
        axis = self._memory.state.runs_axis
        place = AXES.index(axis) if axis in AXES else 0
        self._memory.update(runs_axis=AXES[(place + 1) % len(AXES)])
        self.board.draw()

    def action_log(self) -> None:
        """Switch the loss axis between linear and logarithmic."""
        self._memory.update(log_loss=not self._memory.state.log_loss)
        self.board.draw()

    def action_log_x(self) -> None:
        """Switch the x axis between linear and logarithmic."""
        self._memory.update(log_x=not self._memory.state.log_x)
        self.board.draw()

    def action_tell(self) -> None:
        """Tell in sentences what is drawn of each run."""
        told = [(titled(row), sentences(past)) for row, past in self.board.drawn_runs]
        self.app.push_screen(TellScreen("Runs on the chart", told))

    def action_log_text(self) -> None:
        """Show what the trainer wrote."""
        if self.board.row is not None:
            self.app.push_screen(LogScreen(self.board.row))

    def action_about(self) -> None:
        """Show the details beside the chart, or in its place where it is narrow; or hide them."""
        self.toggle_class("-about")

    def action_fork(self) -> None:
        """Fill the training form with this run's settings."""
        if self.board.row is not None:
            self.post_message(ForkRun(self.board.row.id))

    def action_refit(self) -> None:
        """Train this run's model again on all ratings."""
        if self.board.row is not None:
            self.post_message(RefitRun(self.board.row.id))

    def action_pause(self) -> None:
        """Pause the run, or let it go on, from its checkpoint where it has ended."""
        row = self.board.row
        if row is not None and row.alive:
            self.post_message(WishRun(row.id, "resume" if row.shown == "paused" else "pause"))
        elif row is not None:
            self.post_message(ResumeRun(row.id))

    def action_stop(self) -> None:
        """Stop the run with a checkpoint."""
        if self.board.row is not None:
            self.post_message(WishRun(self.board.row.id, "stop"))

    def action_copy(self) -> None:
        """Copy the command line that repeats this run."""
        if self.board.row is not None:
            actions.copy_command(self, self.board.row)

    def action_rename(self) -> None:
        """Ask for a name and give it to the run."""
        if self.board.row is not None:
            actions.ask_name(self, self.board.row)

    def action_notes(self) -> None:
        """Ask for a note and keep it with the run."""
        if self.board.row is not None:
            actions.ask_notes(self, self.board.row)

    @work(group="ask", exit_on_error=False, description="Reading the settings")
    async def action_diff(self) -> None:
        """Show what differs between the marked runs."""
        await actions.show_differences(self, self.board.marked)

    @work(group="ask", exit_on_error=False, description="Measuring the runs")
    async def action_delete(self) -> None:
        """Ask whether the marked runs, or this one, are to be deleted with all their files."""
        hidden = len(set(self.board.targets) - set(self.board.listed))
        await actions.ask_delete(self, self.board.targets, hidden)

    def action_undelete(self) -> None:
        """Bring back the runs that were deleted last."""
        actions.undelete(self)

    def action_export(self) -> None:
        """Ask for a file and write the marked or listed runs to it."""
        actions.ask_export(self, self.board.marked or self.board.listed)

    def action_report(self) -> None:
        """Ask for a file and write a report of the marked runs, or of this one, to it."""
        actions.ask_report(self, self.board.targets)


def _if_damaged(row: RunRow) -> str | None:
    return "Its files are damaged; D deletes it" if row.shown == "damaged" else None
