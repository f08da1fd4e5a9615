"""Pane 3, Train: the form, the live charts, the epochs and the runs."""

from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.events import DescendantFocus, Resize

from cftui.runs.apart import told_apart
from cftui.runs.columns import lettered
from cftui.runs.control import WishKind
from cftui.runs.history import History
from cftui.runs.row import RunRow
from cftui.runs.telling import sentences
from cftui.text import plain
from cftui.tui.services.services import Services
from cftui.tui.shared.commands import Command, bindings
from cftui.tui.shared.form import TrainingForm
from cftui.tui.shared.grid import Grid
from cftui.tui.shared.messages import ChooseRun, FillForm, FollowRuns, ResumeRun, StartRun, WishRun
from cftui.tui.shared.overlays import AskNumber
from cftui.tui.shared.pane import Pane
from cftui.tui.shared.run_chart import why_no_curve
from cftui.tui.shared.run_columns import run_columns
from cftui.tui.shared.sized import Sized
from cftui.tui.shared.telling import TellScreen
from cftui.tui.train.commands import ABOUT, COMMANDS
from cftui.tui.train.epochs import EPOCH_COLUMNS, NO_EPOCH, epoch_columns, lists_words
from cftui.tui.train.new_run import NewRun
from cftui.tui.train.run_charts import RunCharts
from cftui.tui.train.run_standing import NARROW, RunStanding
from cftui.tui.workspace import LOOKING, Workspace


class TrainPane(Pane, Sized):
    """Choose settings, start, watch, steer."""

    ABOUT: ClassVar[str] = ABOUT
    SCOPED_CSS = False  # classes of the screen that tell its size stand above the pane
    DEFAULT_CSS = """
    TrainPane #side { width: 43; }
    TrainPane.-narrow #side { width: 37; }
    TrainPane.-wide #side { width: 48; }
    TrainPane #main { width: 1fr; }
    .-short NewRun #hint { max-height: 2; min-height: 2; }
    TrainPane #run-list {
        height: 30%;
        min-height: 5;
        border: round $primary-muted;
        border-title-color: $text-muted;
        border-subtitle-color: $text-muted;
    }
    TrainPane.-short #run-list { height: 6; }
    TrainPane #run-list:focus { border: round $primary; }
    TrainPane #epochs {
        height: 6;
        border-top: solid $primary-muted;
        border-title-color: $text-muted;
    }
    TrainPane.-short #epochs { height: 4; }
    TrainPane.-tall #epochs { height: 22%; min-height: 6; }
    """
    COMMANDS: ClassVar[tuple[Command, ...]] = COMMANDS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(COMMANDS)]

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._memory = services.memory
        self._history = History()
        self._apart: dict[str, str] = {}
        """What tells runs apart that look alike in the list, by id."""

    def compose(self) -> ComposeResult:
        """Lay out the form and the runs at the left, charts and epochs at the right."""
        with Horizontal():
            with Vertical(id="side"):
                yield NewRun(self.services)
                runs = Grid(run_columns(), empty=LOOKING, id="run-list")
                runs.border_title = "Runs"
                yield runs
            with Vertical(id="main"):
                yield RunCharts(self.services)
                yield RunStanding()
                yield Grid(EPOCH_COLUMNS, empty=NO_EPOCH, id="epochs")

    @property
    def new_run(self) -> NewRun:
        """Return the form and what stands below it."""
        return self.query_one(NewRun)

    @property
    def form(self) -> TrainingForm:
        """Return the form."""
        return self.new_run.form

    @property
    def charts(self) -> RunCharts:
        """Return the charts."""
        return self.query_one(RunCharts)

    @property
    def status(self) -> RunStanding:
        """Return what is said of the run in view."""
        return self.query_one(RunStanding)

    @property
    def runs(self) -> Grid:
        """Return the list of runs."""
        return self.query_one("#run-list", Grid)

    @property
    def epochs(self) -> Grid:
        """Return the epoch table."""
        return self.query_one("#epochs", Grid)

    @property
    def _row(self) -> RunRow | None:
        return self.workspace.run_in_view

    @property
    def _rows(self) -> tuple[RunRow, ...]:
        return self.workspace.runs_on_these_ratings

    def focus_first(self) -> None:
        """Take the focus where one begins."""
        self.action_form()

    async def on_fill_form(self, message: FillForm) -> None:
        """Fill the form with other settings, as those of a run to be forked."""
        message.stop()
        await self.form.load(message.settings)
        self.action_form()

    # What the app shows here

    def show_changes(self, before: Workspace) -> None:
        """Show what a run costs on these ratings, the runs, and what is on its way."""
        now = self.workspace
        self.new_run.show(now)
        if lettered(now.runs) and lettered(now.runs) != lettered(before.runs):
            self.call_later(self._follow_marked)
        if now.runs_on_these_ratings != before.runs_on_these_ratings:
            self._show_runs()
        self._say_none()
        if now.starting != before.starting:
            self.status.show(self._row, self._history, starting=bool(now.starting))
        if _offered(now) != _offered(before):
            self.refresh_bindings()  # composes the footer anew, which takes tens of milliseconds

    def _show_runs(self) -> None:
        """Show the runs, newest first; the cursor stays on its run."""
        rows = self._rows
        if told_apart(rows) != self._apart:
            self._show_columns()
        self.runs.set_rows(rows, [row.id for row in rows])
        live = any(row.alive for row in rows)
        self.runs.border_title = "Runs; live ones go on if you quit" if live else "Runs"
        self.runs.border_subtitle = f"{len(rows)}" if rows else ""

    def _show_columns(self) -> None:
        """Choose the columns of the runs that there is room for."""
        self._apart = told_apart(self._rows)
        narrow = self.size.width < NARROW
        self.runs.set_columns(run_columns(self._rows, narrow=narrow))

    def _say_none(self) -> None:
        """Say in the place of runs that there are none, or that it is not known yet."""
        now = self.workspace
        here = " on these ratings" if now.runs else ""
        self.runs.set_empty(now.waiting or f"No runs{here} yet: s starts one")
        self.charts.loss.placeholder = now.waiting or "Press s to train, and watch it here"

    def show_history(self) -> None:
        """Show one run's curves, epochs and state."""
        row, history = self._row, self.services.runs.history
        self._history = history
        if not self.is_mounted:
            return
        self._put_cursor_on(row)
        if row is None:
            self.charts.clear()
        else:
            self.charts.show(history, self._rivals(row))
        at_end = self.epochs.cursor_row >= len(self.epochs.rows) - 1
        self.epochs.set_empty(why_no_curve(history, NO_EPOCH) if row is not None else NO_EPOCH)
        self.epochs.set_rows(tuple(history.epochs))
        self.epochs.border_title = plain(lists_words(history))
        if at_end and not self.epochs.has_focus:
            self.epochs.action_last()
        self.status.show(row, history)

    def _follow_marked(self) -> None:
        """Have the marked runs read too; a message made by a call from above would not rise."""
        self.post_message(FollowRuns(tuple(row.id for row in lettered(self.workspace.runs))))

    def _rivals(self, row: RunRow) -> list[tuple[RunRow, History]]:
        """Return the marked runs beside the one in view, as far as their events are read."""
        marked = [one for one in lettered(self._rows) if one.id != row.id]
        found = [(one, self.services.runs.history_of(one.id)) for one in marked]
        return [(one, history) for one, history in found if history is not None]

    def _put_cursor_on(self, row: RunRow | None) -> None:
        ids = [known.id for known in self._rows]
        if row is not None and row.id in ids and not self.runs.has_focus:
            self.runs.cursor_place = ids.index(row.id)

    # What the user does here

    @on(TrainingForm.SettingsChanged)
    def _form_changed(self) -> None:
        self.refresh_bindings()

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Explain the field that has the focus."""
        self.new_run.explain(event.widget)
        self.refresh_bindings()

    @property
    def _target(self) -> RunRow | None:
        """Return the run that commands are about: under the list's cursor, else the one in view."""
        if self.is_mounted and self.runs.has_focus and self.runs.cursor_place < len(self._rows):
            return self._rows[self.runs.cursor_place]
        return self._row

    @on(Grid.Highlighted, "#run-list")
    def _run_highlighted(self, message: Grid.Highlighted) -> None:
        message.stop()
        row = self._rows[message.row] if message.row < len(self._rows) else None
        if row is not None and message.grid.has_focus:
            self.post_message(ChooseRun(row.id))

    @on(Grid.Selected, "#run-list")
    def _open_run(self, message: Grid.Selected) -> None:
        message.stop()
        self.post_message(ChooseRun(self._rows[message.row].id))

    def why_not(self, action: str) -> str | None:
        """Return why an action cannot be done now; none if it can."""
        row = self._target
        live = row is not None and row.alive
        match action:
            case "start":
                return self._why_no_start()
            case "pause":
                goes_on = row is not None and not live and row.shown != "finished"
                return None if live or goes_on else "This run is finished; s starts another"
            case "optimizer":
                has = self.is_mounted and self.form.optimizer is not None
                return None if has else "This model is trained without an optimizer"
            case "tell" | "read":
                return None if self._row is not None else "No run is in view; s starts one"
            case "stop" | "rate" | "checkpoint":
                return None if live else "Only a live run (▶) can do that"
        return None

    def is_on(self, action: str) -> bool:
        """Return whether what an action turns on is on."""
        return self.is_mounted and self.charts.is_on(action)

    def _why_no_start(self) -> str | None:
        if self.workspace.starting:
            return "A trainer is starting already"
        if not self.is_mounted or self.workspace.ratings is None:
            return "The ratings are still being read"
        return self.form.problem or None

    def action_start(self) -> None:
        """Train a new run."""
        self.post_message(StartRun(self.form.settings()))
        self.form.step_out()  # what is pressed next is hardly a digit of the run just begun

    @work(exclusive=True, group="recipe", exit_on_error=False, description="Choosing a recipe")
    async def action_recipes(self) -> None:
        """Fill the form with a recipe's settings; data, split, seed and device stay."""
        await self.new_run.choose_recipe()

    def action_optimizer(self) -> None:
        """Take the next optimizer in the form, with the numbers that suit it."""
        if self.form.optimizer is not None:
            self.form.optimizer.action_turn(1)

    def action_pause(self) -> None:
        """Pause the run, or let it go on, from its checkpoint where it has ended."""
        row = self._target
        if row is not None and row.alive:
            self._wish("resume" if row.shown == "paused" else "pause")
        elif row is not None:
            self.post_message(ResumeRun(row.id))

    def action_stop(self) -> None:
        """Stop the run with a checkpoint."""
        self._wish("stop")

    def action_checkpoint(self) -> None:
        """Have the run write a checkpoint."""
        self._wish("checkpoint")

    def _wish(self, kind: WishKind) -> None:
        if self._target is not None:
            self.post_message(WishRun(self._target.id, kind))

    def action_rate(self) -> None:
        """Ask for a new learning rate and send it."""
        row = self._target
        if row is None:
            return
        base = self.services.runs.base_rate(row.id)
        if base is None:
            self.notify("This run's method has no learning rate", title="Rate", markup=False)
            return

        def send(value: float | None) -> None:
            if value is not None:
                self.post_message(WishRun(row.id, "learning-rate", value))

        question = f"Learning rate of {row.label} {row.clock}, which its schedule scales:"
        self.app.push_screen(AskNumber(question, base), send)

    def action_view(self) -> None:
        """Show the next of both charts, the loss, the learning rate, the loss and the lists."""
        self.charts.next_view()

    def action_axis(self) -> None:
        """Take the next x axis."""
        self.charts.next_axis()

    def action_log(self) -> None:
        """Switch the loss axis between linear and logarithmic."""
        self._memory.update(log_loss=not self._memory.state.log_loss)
        self.charts.redraw()

    def action_log_x(self) -> None:
        """Switch the x axis between linear and logarithmic."""
        self._memory.update(log_x=not self._memory.state.log_x)
        self.charts.redraw()

    def action_range(self) -> None:
        """Take the next range of the loss axis."""
        self.charts.next_range()

    def action_read(self) -> None:
        """Read values off the charts."""
        self.charts.read()

    def action_zoom(self, by: int) -> None:
        """Show half as many, or twice as many, steps."""
        self.charts.action_zoom(by)

    def action_pan(self, by: int) -> None:
        """Show earlier or later steps."""
        self.charts.pan(by)

    def action_whole(self) -> None:
        """Show all steps again."""
        self.charts.whole()

    def action_tell(self) -> None:
        """Tell in sentences what the charts show."""
        row = self._row
        if row is not None:
            told = [("", sentences(self._history))]
            self.app.push_screen(TellScreen(f"{row.label} {row.clock}", told))

    def action_runs(self) -> None:
        """Go to the list of runs."""
        self.runs.focus()

    def action_form(self) -> None:
        """Go to the form."""
        self.new_run.begin()

    def on_resize(self, event: Resize) -> None:
        """Leave columns out where there is no room for them."""
        narrow = event.size.width < NARROW
        self._show_columns()
        self.epochs.set_columns(epoch_columns(narrow))

    def redraw(self) -> None:
        """Draw the charts anew, after a change of theme or marker."""
        if self._row is not None and self.is_mounted:
            self.charts.redraw()


def _offered(workspace: Workspace) -> object:
    """Return what decides which commands can be given."""
    row = workspace.run_in_view
    of_run = None if row is None else (row.shown, row.alive)
    return of_run, workspace.starting, workspace.ratings is None
