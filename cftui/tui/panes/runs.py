"""Pane 4, Runs: every run, marked ones on one chart, and what can be done with them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.timer import Timer
from textual.widgets import Input, Static

from cftui.charts import Chart, Colour, Drawing
from cftui.questions import DataSummary
from cftui.runs.details import read_details
from cftui.runs.directory import Run
from cftui.runs.fields import BY_NAME, in_order
from cftui.runs.filters import HELP, chosen
from cftui.runs.history import History
from cftui.runs.index import RunRow
from cftui.tui import run_errands as errands
from cftui.tui.commands import Command, bindings
from cftui.tui.desk import RunDesk, path_of
from cftui.tui.marks import Changes, Marks, drawn
from cftui.tui.messages import FollowRuns, ForkRun, OpenRun, ResumeRun, WishRun
from cftui.tui.session import Session
from cftui.tui.widgets.chart import ChartView, series_colours, theme_foreground
from cftui.tui.widgets.grid import Grid
from cftui.tui.widgets.overlay_chart import VIEWS, Overlay, View
from cftui.tui.widgets.pane import Pane
from cftui.tui.widgets.run_chart import AXES, ChartChoice, ChartInk
from cftui.tui.widgets.run_details import RunDetailsView
from cftui.tui.widgets.runs_table import runs_columns, sorted_by

COMMANDS = (
    Command("runs.mark", "space", "mark", "Mark", "Mark this run, or unmark it", True),
    Command("runs.unmark", "u", "unmark", "Unmark all", "Unmark all runs"),
    Command("runs.filter", "slash", "filter", "Filter", "Type which runs are listed", True),
    Command("runs.own", "o", "own", "Own", "List runs on these ratings alone, or all"),
    Command("runs.sort", "s,greater_than_sign", "sort(1)", "Sort", "Sort by the next column"),
    Command("runs.sort-back", "S,less_than_sign", "sort(-1)", "Sort back", "By the one before"),
    Command("runs.reverse", "r", "reverse", "Reverse", "Turn the order round"),
    Command("runs.open", "enter", "open", "Watch", "Watch this run in Train (3)"),
    Command("runs.view", "v", "view", "View", "Draw validation or training loss", True),
    Command("runs.axis", "a", "axis", "Axis", "Epochs, seconds or steps along the x axis"),
    Command("runs.log", "y", "log", "Log", "Logarithmic loss axis, on or off"),
    Command("runs.about", "i", "about", "Info", "Show the details, or the chart alone", True),
    Command("runs.diff", "d", "diff", "Diff", "What differs between the marked runs", True),
    Command("runs.fork", "f", "fork", "Fork", "Fill the form with this run's settings", True),
    Command("runs.copy", "c", "copy", "Copy", "Copy the command line that repeats this run"),
    Command("runs.rename", "n", "rename", "Rename", "Give this run a name"),
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
    Command("runs.export", "e", "export", "Export", "Write the marked or listed runs to a file"),
    Command("runs.clear", "escape", "clear", "Clear", "Empty the filter"),
)
REST_SECONDS = 0.15
"""After the cursor's last move, what is grey is looked at anew: that composes the footer."""


class RunsPane(Pane):
    """Every run ever made: filter, sort, mark, compare, look after."""

    ABOUT: ClassVar[str] = (
        "Every run, on whatever ratings, newest first; live ones (▶) move. space marks runs: they"
        " are drawn on one chart, each with a letter and a colour that it keeps, up to eight; with"
        " none marked, the run at the cursor is drawn. d shows what differs between them.\n\n"
        f"/ filters as you type. {HELP}"
    )
    COMMANDS: ClassVar[tuple[Command, ...]] = COMMANDS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(COMMANDS)]

    def __init__(self, session: Session, paint: Callable[[Chart], Awaitable[Drawing]]) -> None:
        """Draw by `paint`."""
        super().__init__(id="runs")
        self._session = session
        self._paint = paint
        self._desk: RunDesk | None = None
        self._marks = Marks()
        self._all: tuple[RunRow, ...] = ()
        self._listed: list[RunRow] = []
        self._followed: tuple[str, ...] = ()
        self._detailed: RunRow | None = None
        self._overlay = Overlay()
        self._rest: Timer | None = None
        self._greyed: tuple[bool, ...] = ()

    def compose(self) -> ComposeResult:
        """Lay out filter and list above, chart and details below."""
        with Horizontal(id="runs-head"):
            words = Input(placeholder="/ adam mse<0.8 state:live", compact=True, id="runs-filter")
            words.cursor_blink = False
            yield words
            yield Static("", id="runs-said", markup=False)
        yield Grid((), empty="Looking for runs …", id="all-runs")
        with Horizontal(id="runs-below"):
            yield ChartView(
                self._paint, id="overlay", placeholder="Marked runs are drawn here on one chart"
            )
            yield RunDetailsView(id="details")

    @property
    def table(self) -> Grid:
        """Return the list of runs."""
        return self.query_one("#all-runs", Grid)

    @property
    def words(self) -> Input:
        """Return the filter's field."""
        return self.query_one("#runs-filter", Input)

    @property
    def row(self) -> RunRow | None:
        """Return the run at the cursor."""
        place = self.table.cursor_row if self.is_mounted else 0
        return self._listed[place] if place < len(self._listed) else None

    @property
    def marked(self) -> list[RunRow]:
        """Return the marked runs, in the order of their marks, listed or not."""
        return sorted((row for row in self._all if row.mark), key=lambda row: row.mark)

    @property
    def targets(self) -> list[RunRow]:
        """Return the marked runs; with none marked, the one at the cursor."""
        return self.marked or ([self.row] if self.row else [])

    def on_mount(self) -> None:
        """Show what was already known."""
        self._show_columns()
        if self._desk is not None:
            self.show_runs(self._desk)

    def focus_first(self) -> None:
        """Take the focus where one begins."""
        self.table.focus()

    # What the app shows here

    def show_data(self, summary: DataSummary) -> None:
        """Take which ratings are open."""
        if self._desk is not None:
            self.show_runs(self._desk)

    def show_runs(self, desk: RunDesk) -> None:
        """Show the runs; the cursor stays on its run."""
        self._desk = desk
        self._all = self._marks.applied(desk.rows)
        if self.is_mounted:
            self._list()

    def show_history(self, desk: RunDesk) -> None:
        """Draw what the followed runs have come to."""
        self._desk = desk
        self._draw()

    def redraw(self) -> None:
        """Draw the chart anew, and the list's colours."""
        self._show_columns()
        self._draw()

    def _list(self) -> None:
        """List the runs that the filter lets through, in order."""
        state = self._session.state
        own = self._desk.fingerprint if self._desk is not None and state.runs_own else None
        rows = [row for row in self._all if own is None or row.fingerprint == own]
        found = chosen(rows, self.words.value)
        name = state.runs_sort if state.runs_sort in BY_NAME else "when"
        self._listed = in_order(found, name, descending=state.runs_descending)
        if name == "when" and state.runs_descending:
            self._listed = found  # newest first they are already, to the nanosecond
        self.table.set_empty(self._why_empty())
        self.table.set_rows(self._listed, [row.id for row in self._listed])
        self._say(len(found))
        self._look()

    def _why_empty(self) -> str:
        if not self._all:
            listed = self._desk is not None and self._desk.listed
            return "No runs yet; train one (3)" if listed else "Looking for runs …"
        if self.words.value:
            return "No run fits; esc empties the filter"
        return "None on these ratings; o lists all"

    def _say(self, listed: int) -> None:
        live, marked = sum(row.alive for row in self._all), len(self.marked)
        own = " on these ratings" if self._session.state.runs_own else ""
        parts = [f"{listed:,} of {len(self._all):,} runs{own}"]
        parts += [f"{live} live"] if live else []
        parts += [f"{marked} marked"] if marked else []
        said = self.query_one("#runs-said", Static)
        words = " · ".join(parts)
        if str(said.content) != words:
            said.update(words, layout=False)

    def _show_columns(self) -> None:
        state = self._session.state
        self.table.set_columns(
            runs_columns(
                self.app.size.width,
                state.runs_sort,
                descending=state.runs_descending,
                colours=self._colours,
            )
        )

    def _colours(self) -> Sequence[Colour]:
        return series_colours(self.app)

    # The run at the cursor, and the marked ones

    def _look(self) -> None:
        """Follow and detail what the cursor and the marks say."""
        rows = drawn(self._all) or ([self.row] if self.row else [])
        followed = tuple(row.id for row in rows)
        if followed != self._followed:
            self._followed = followed
            self.post_message(FollowRuns(followed))
        self._draw()
        if self.row != self._detailed:
            self._detailed = self.row
            self._detail(self.row)
            self._settle()

    def _settle(self) -> None:
        """Grey anew what cannot be done, once the cursor rests."""
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(REST_SECONDS, self._show_grey)

    def _show_grey(self) -> None:
        """Have the footer composed anew if a command in it turns grey or back."""
        grey = tuple(bool(self.why_not(c.action)) for c in COMMANDS if c.footer)
        if grey != self._greyed:
            self._greyed = grey
            self.refresh_bindings()

    @work(exclusive=True, group="details", exit_on_error=False, description="Reading a run")
    async def _detail(self, row: RunRow | None) -> None:
        view = self.query_one(RunDetailsView)
        if row is None:
            view.show(None, None)
            return
        details = await asyncio.to_thread(read_details, Run(path_of(row.id)))
        view.show(row, details)

    def _draw(self) -> None:
        if not self.is_mounted:
            return
        chart = self.query_one("#overlay", ChartView)
        if self._stories():
            chart.show(self._chart)
        elif not self._followed:
            chart.clear()

    def _chart(self, width: int, height: int) -> Chart:
        state = self._session.state
        axis = state.runs_axis if state.runs_axis in AXES else "epoch"
        choice = ChartChoice(axis, state.log_loss, marker=state.marker)  # type: ignore[arg-type]
        ink = ChartInk(
            theme_foreground(self.app), series_colours(self.app), bool(self.app.no_color)
        )
        return self._overlay.chart(self._stories(), self._view, choice, ink, width, height)

    def _stories(self) -> list[tuple[RunRow, History]]:
        rows = {row.id: row for row in self._all}
        found = []
        for run in self._followed:
            history = self._desk.history_of(run) if self._desk is not None else None
            if run in rows and history is not None:
                found.append((rows[run], history))
        return found

    @property
    def _view(self) -> View:
        view = self._session.state.runs_view
        return view if view in VIEWS else "valid"

    @on(Grid.Highlighted, "#all-runs")
    def _moved(self, message: Grid.Highlighted) -> None:
        message.stop()
        self._look()

    @on(Grid.Selected, "#all-runs")
    def _selected(self, message: Grid.Selected) -> None:
        message.stop()
        self.action_open()

    @on(Input.Changed, "#runs-filter")
    def _filtered(self, message: Input.Changed) -> None:
        message.stop()
        self._list()

    @on(Input.Submitted, "#runs-filter")
    def _filter_done(self, message: Input.Submitted) -> None:
        message.stop()
        self.table.focus()

    def on_key(self, event: events.Key) -> None:
        """Let down and escape leave the filter for the list."""
        if self.words.has_focus and event.key in ("down", "escape"):
            event.stop()
            event.prevent_default()
            self.table.focus()

    def on_resize(self, event: events.Resize) -> None:
        """Choose the columns that there is room for."""
        self._show_columns()

    # What the user does here

    def why_not(self, action: str) -> str | None:
        """Return why an action cannot be done now; none if it can."""
        row = self.row
        match action:
            case "unmark":
                return None if self.marked else "No run is marked"
            case "clear":
                return None if self.is_mounted and self.words.value else "Nothing is filtered"
            case "own":
                known = self._desk is not None and self._desk.fingerprint is not None
                return None if known else "The ratings are still being read"
            case "diff":
                return None if len(self.marked) > 1 else "Mark two or more runs first (space)"
            case "filter" | "sort(1)" | "sort(-1)" | "reverse" | "view" | "axis" | "log" | "about":
                return None
            case _ if row is None:
                return "No run is listed"
            case "export" | "mark" | "open" | "rename" | "notes":
                return None
        return self._why_not_for(action, row)

    def _why_not_for(self, action: str, row: RunRow) -> str | None:
        match action:
            case "pause":
                ended = "It is finished; f forks it" if row.shown == "finished" else None
                return _if_damaged(row) or ended
            case "stop":
                return None if row.alive else "Only a live run (▶) can do that"
            case "delete":
                return errands.why_not_delete(self.targets)
            case "fork" | "copy":
                return _if_damaged(row)
        return None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey what cannot be done now."""
        return super().check_action(action, parameters) if self.is_mounted else True

    def action_mark(self) -> None:
        """Mark the run at the cursor, or unmark it, and go on to the next."""
        if self.row is not None:
            self._keep_marks(self._marks.toggle(self._all, self.row.id))
            self.table.action_move(1)

    def action_unmark(self) -> None:
        """Unmark all runs."""
        self._keep_marks(self._marks.clear(self._all))

    def _keep_marks(self, changes: Changes) -> None:
        self._all = self._marks.applied(self._all)
        self._list()
        self._settle()
        errands.keep_marks(self, changes)

    def action_filter(self) -> None:
        """Go to the filter's field."""
        self.words.focus()

    def action_clear(self) -> None:
        """Empty the filter."""
        self.words.value = ""

    def action_own(self) -> None:
        """List runs on these ratings alone, or all."""
        self._session.update(runs_own=not self._session.state.runs_own)
        self._list()

    def action_sort(self, by: int) -> None:
        """Sort by the next field, or the one before; numbers and names rise, times fall."""
        names = sorted_by(self.app.size.width)
        state = self._session.state
        place = names.index(state.runs_sort) if state.runs_sort in names else 0
        name = names[(place + by) % len(names)]
        self._session.update(runs_sort=name, runs_descending=name in ("when", "speed", "epochs"))
        self._reorder()

    def action_reverse(self) -> None:
        """Turn the order round."""
        self._session.update(runs_descending=not self._session.state.runs_descending)
        self._reorder()

    def _reorder(self) -> None:
        self._show_columns()
        self._list()

    def action_open(self) -> None:
        """Watch the run at the cursor in the Train pane."""
        if self.row is not None:
            self.post_message(OpenRun(self.row.id))

    def action_view(self) -> None:
        """Draw the other loss."""
        place = VIEWS.index(self._view)
        self._session.update(runs_view=VIEWS[(place + 1) % len(VIEWS)])
        self._draw()

    def action_axis(self) -> None:
        """Take the next x axis."""
        axis = self._session.state.runs_axis
        place = AXES.index(axis) if axis in AXES else 0
        self._session.update(runs_axis=AXES[(place + 1) % len(AXES)])
        self._draw()

    def action_log(self) -> None:
        """Switch the loss axis between linear and logarithmic."""
        self._session.update(log_loss=not self._session.state.log_loss)
        self._draw()

    def action_about(self) -> None:
        """Show the details beside the chart, or in its place where it is narrow; or hide them."""
        self.toggle_class("-about")

    def action_fork(self) -> None:
        """Fill the training form with this run's settings."""
        if self.row is not None:
            self.post_message(ForkRun(self.row.id))

    def action_pause(self) -> None:
        """Pause the run, or let it go on, from its checkpoint where it has ended."""
        row = self.row
        if row is not None and row.alive:
            self.post_message(WishRun(row.id, "resume" if row.shown == "paused" else "pause"))
        elif row is not None:
            self.post_message(ResumeRun(row.id))

    def action_stop(self) -> None:
        """Stop the run with a checkpoint."""
        if self.row is not None:
            self.post_message(WishRun(self.row.id, "stop"))

    def action_copy(self) -> None:
        """Copy the command line that repeats this run."""
        if self.row is not None:
            errands.copy_command(self, self.row)

    def action_rename(self) -> None:
        """Ask for a name and give it to the run."""
        if self.row is not None:
            errands.ask_name(self, self.row)

    def action_notes(self) -> None:
        """Ask for a note and keep it with the run."""
        if self.row is not None:
            errands.ask_notes(self, self.row)

    @work(group="ask", exit_on_error=False, description="Reading the settings")
    async def action_diff(self) -> None:
        """Show what differs between the marked runs."""
        await errands.show_differences(self, self.marked)

    @work(group="ask", exit_on_error=False, description="Measuring the runs")
    async def action_delete(self) -> None:
        """Ask whether the marked runs, or this one, are to be deleted with all their files."""
        hidden = len(set(self.targets) - set(self._listed))
        await errands.ask_delete(self, self.targets, hidden)

    def action_export(self) -> None:
        """Ask for a file and write the marked or listed runs to it."""
        errands.ask_export(self, self.marked or self._listed)


def _if_damaged(row: RunRow) -> str | None:
    return "Its files are damaged; D deletes it" if row.shown == "damaged" else None
