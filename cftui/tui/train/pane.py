"""Pane 3, Train: the form, the live charts, the epochs and the runs."""

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.events import DescendantFocus, Resize
from textual.widget import Widget
from textual.widgets import Static

from cftui.charts import Chart
from cftui.questions.custom_model import DescribeModel, ModelDescription
from cftui.runs.control import WishKind
from cftui.runs.history import History
from cftui.runs.judging import verdict_of_row
from cftui.runs.row import RunRow
from cftui.text import fitting, plain
from cftui.tui.services.child import ChildError
from cftui.tui.services.services import Services
from cftui.tui.shared.asking import Asker
from cftui.tui.shared.chart import ChartView, series_colours, theme_foreground
from cftui.tui.shared.commands import Command, bindings
from cftui.tui.shared.form import TrainingForm
from cftui.tui.shared.grid import Column, Grid
from cftui.tui.shared.inputs import Choice, FileField, TextField
from cftui.tui.shared.messages import ChooseRun, ChooseSplit, FillForm, ResumeRun, StartRun, WishRun
from cftui.tui.shared.overlays import RUN_COLUMNS, AskNumber, AskYesNo, run_columns
from cftui.tui.shared.pane import Pane
from cftui.tui.shared.run_chart import (
    AXES,
    ChartChoice,
    ChartInk,
    lists_chart,
    loss_chart,
    rate_chart,
    why_no_curve,
)
from cftui.tui.shared.run_words import cost_words, run_words
from cftui.tui.train.device_line import DeviceLine
from cftui.tui.workspace import LOOKING, Workspace

COMMANDS = (
    Command("train.start", "s", "start", "Start", "Train a new run with the form's settings", True),
    Command(
        "train.pause",
        "p",
        "pause",
        "Pause",
        "Pause the run, or let it go on; a stopped or died one goes on from its checkpoint",
        True,
    ),
    Command("train.stop", "x", "stop", "Stop", "End the run; what it learned is kept", True),
    Command("train.rate", "l", "rate", "Rate", "Change the learning rate of a live run", True),
    Command("train.checkpoint", "w", "checkpoint", "Checkpoint", "Write a checkpoint now"),
    Command(
        "train.view", "v", "view", "View", "Loss, learning rate, recall and NDCG of lists", True
    ),
    Command("train.axis", "a", "axis", "Axis", "Steps, epochs or seconds along the x axis", True),
    Command("train.log", "y", "log", "Log", "Logarithmic loss axis, on or off", True),
    Command("train.zoom-in", "plus,equals_sign", "zoom(2)", "Zoom in", "Show the later half"),
    Command("train.zoom-out", "minus", "zoom(-2)", "Zoom out", "Show twice as much"),
    Command("train.runs", "r", "runs", "Runs", "Go to the list of runs"),
    Command("train.form", "f", "form", "Form", "Go to the form"),
)
EPOCH_COLUMNS = (
    Column("epoch", 5, align="right", key=lambda epoch: str(epoch.epoch)),
    Column("train", 6, align="right", key=lambda epoch: fitting(epoch.train_loss, 4, 6)),
    Column("valid", 6, align="right", key=lambda epoch: fitting(epoch.valid_mse, 4, 6)),
    Column("RMSE", 6, align="right", key=lambda epoch: fitting(epoch.valid_rmse, 4, 6)),
    Column("unseen", 6, align="right", key=lambda epoch: fitting(epoch.unseen_mse, 4, 6)),
    Column("recall@20", 9, align="right", key=lambda epoch: _share(epoch.recall)),
    Column("NDCG@20", 7, align="right", key=lambda epoch: _share(epoch.ndcg)),
    Column("lr", 7, align="right", key=lambda epoch: rate_text(epoch.learning_rate)),
    Column("s", 5, align="right", key=lambda epoch: f"{epoch.seconds:.1f}"),
)
NARROW_EPOCHS = ("epoch", "train", "valid", "NDCG@20", "s")
Values = tuple[tuple[str, object], ...]
NARROW = 100
"""Cells of the screen's width below which tables leave columns out."""
NO_EPOCH = "An epoch's errors stand here at its end"
VIEWS = ("both", "loss", "rate", "lists")
"""`lists`: the loss, and below it recall and NDCG in the learning rate's place."""


def rate_text(rate: float | None) -> str:
    """Return a learning rate; nothing where the method has none."""
    return "" if rate is None else f"{rate:.2g}"


class TrainPane(Pane):
    """Choose settings, start, watch, steer."""

    ABOUT: ClassVar[str] = (
        "Choose a model, an optimizer and a schedule at the left, press s, and watch it learn."
        " tab goes through the fields and lists; left and right change a choice; in a"
        " number's field digits are typed, and esc takes them back and leaves it.\n\n"
        "A run lives in a process of its own: quit, or lose the connection, and it goes on; open"
        " cftui again and it is there.\n\n"
        "A run that is worse than the mean of the ratings alone (‼), or than user and item biases"
        " (!), says so above its state, with the likely reason and what to do.\n\n"
        "training is the loss of the batches, smoothed its debiased moving average, validation the"
        " mean squared error on the ratings held out; unseen is that of pairs whose user or movie"
        " has no rating in training. recall@20 and NDCG@20 tell how much of what people were found"
        " to like is among the 20 movies with their highest predictions, and how far up: of at most"
        " 200 people, the same ones in all epochs of a run."
    )
    SCOPED_CSS = False  # classes of the screen that tell its size stand above the pane
    DEFAULT_CSS = """
    TrainPane #side { width: 43; }
    .-narrow TrainPane #side { width: 37; }
    .-wide TrainPane #side { width: 48; }
    TrainPane #main { width: 1fr; }
    TrainPane TrainingForm {
        height: 1fr;
        min-height: 6;
        border: round $primary-muted;
        border-title-color: $text-muted;
        padding: 0 1;
        scrollbar-size-vertical: 1;
    }
    TrainPane TrainingForm:focus-within { border: round $primary; }
    TrainPane #hint {
        height: auto;
        max-height: 4;
        min-height: 3;
        padding: 0 1;
        color: $text-muted;
    }
    .-short TrainPane #hint { max-height: 2; min-height: 2; }
    TrainPane #cost { height: 2; padding: 0 1; color: $text-success; }
    TrainPane #cost.problem { color: $text-error; text-style: bold; }
    TrainPane #run-list {
        height: 30%;
        min-height: 5;
        border: round $primary-muted;
        border-title-color: $text-muted;
        border-subtitle-color: $text-muted;
    }
    .-short TrainPane #run-list { height: 6; }
    TrainPane #run-list:focus { border: round $primary; }
    TrainPane #loss { height: 3fr; }
    TrainPane #rate { height: 1fr; min-height: 6; }
    TrainPane.-loss-only #rate, TrainPane.-rate-only #loss { display: none; }
    .-short TrainPane #rate { display: none; }
    .-short TrainPane.-rate-only #rate, .-short TrainPane.-lists #rate { display: block; }
    TrainPane.-lists #rate { height: 2fr; }
    .-short TrainPane.-lists #loss { display: none; }
    TrainPane #verdict {
        display: none;
        height: auto;
        max-height: 5;
        padding: 0 1;
        color: $text-warning;
        text-style: bold;
    }
    TrainPane #verdict.against { display: block; }
    TrainPane #status { height: 2; padding: 0 1; }
    .-narrow TrainPane #status { height: 3; }
    TrainPane #epochs { height: 6; border-top: solid $primary-muted; }
    .-short TrainPane #epochs { height: 4; }
    """
    COMMANDS: ClassVar[tuple[Command, ...]] = COMMANDS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(COMMANDS)]

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._memory, self._paint = services.memory, services.paint
        self._ask = Asker(services.ask, self._not_described)
        self._history = History()
        self._zoom = 1
        self._view = "both"

    def compose(self) -> ComposeResult:
        """Lay out the form and the runs at the left, charts and epochs at the right."""
        with Horizontal():
            with Vertical(id="side"):
                form = TrainingForm(self._memory.state.settings or {})
                form.border_title = "New run"
                yield form
                yield Static("", id="hint", markup=False)
                yield Static("", id="cost", markup=False)
                runs = Grid(RUN_COLUMNS, empty=LOOKING, id="run-list")
                runs.border_title = "Runs"
                yield runs
            with Vertical(id="main"):
                yield ChartView(self._paint, id="loss", placeholder=LOOKING)
                yield ChartView(self._paint, id="rate", placeholder="The learning rate", pause=1.0)
                yield Static("", id="verdict", markup=False)
                yield Static("", id="status", markup=False)
                yield DeviceLine(id="device")
                yield Grid(EPOCH_COLUMNS, empty=NO_EPOCH, id="epochs")

    @property
    def form(self) -> TrainingForm:
        """Return the form."""
        return self.query_one(TrainingForm)

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

    def on_mount(self) -> None:
        """Show the charts that were chosen."""
        self._show_view()

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
        if now.ratings != before.ratings:
            self._show_cost()
            if before.ratings is None:
                self.form.ask_for_custom()
        if now.split != before.split and now.split != self.form.settings()["split"]:
            self.form.show_section("split", now.split)
        if now.runs_on_these_ratings != before.runs_on_these_ratings:
            self._show_runs()
        self._say_none()
        if now.starting != before.starting:
            self._show_starting()
        if _offered(now) != _offered(before):
            self.refresh_bindings()  # composes the footer anew, which takes tens of milliseconds

    def _show_runs(self) -> None:
        """Show the runs, newest first; the cursor stays on its run."""
        rows = self._rows
        self.runs.set_rows(rows, [row.id for row in rows])
        live = any(row.alive for row in rows)
        self.runs.border_title = "Runs; live ones go on if you quit" if live else "Runs"
        self.runs.border_subtitle = f"{len(rows)}" if rows else ""

    def _say_none(self) -> None:
        """Say in the place of runs that there are none, or that it is not known yet."""
        now = self.workspace
        here = " on these ratings" if now.runs else ""
        self.runs.set_empty(now.waiting or f"No runs{here} yet: s starts one")
        loss = self.query_one("#loss", ChartView)
        loss.placeholder = now.waiting or "Press s to train, and watch it here"

    def show_history(self) -> None:
        """Show one run's curves, epochs and state."""
        row, history = self._row, self.services.runs.history
        if history is not self._history:
            self._history, self._zoom = history, 1
        if not self.is_mounted:
            return
        self._put_cursor_on(row)
        self._draw()
        at_end = self.epochs.cursor_row >= len(self.epochs.rows) - 1
        self.epochs.set_empty(why_no_curve(history, NO_EPOCH) if row is not None else NO_EPOCH)
        self.epochs.set_rows(tuple(history.epochs))
        self.epochs.border_title = plain(_why_no_lists(history))
        if at_end and not self.epochs.has_focus:
            self.epochs.action_last()
        self.show_status()
        live = row is not None and row.alive
        self.query_one(DeviceLine).show(history.device if live else None)

    def show_status(self) -> None:
        """Show state, progress, speed and what is left."""
        status = self.query_one("#status", Static)
        state, progress, rest = run_words(self._row, self._history, self._batch_size())
        narrow = self.app.size.width < NARROW
        words = "\n".join((state, progress, rest)) if narrow else f"{state}  {progress}\n{rest}"
        if str(status.content) != words:
            status.update(words, layout=False)
        self._show_verdict()

    def _show_verdict(self) -> None:
        """Say first of all that the run in view is worse than no model, and why."""
        row, said = self._row, self.query_one("#verdict", Static)
        verdict = verdict_of_row(row, self._history) if row is not None else None
        small = self.app.size.width < NARROW
        words = plain(verdict.brief if small else verdict.words) if verdict else ""
        if str(said.content) != words:
            said.update(words)
            said.set_class(bool(words), "against")

    def _show_starting(self) -> None:
        """Say that runs are on their way."""
        if self.workspace.starting:
            self.query_one("#status", Static).update("starting a trainer …")
        else:
            self.show_status()

    def _batch_size(self) -> int:
        started = self._history.started
        return -(-started.n_train // started.steps_per_epoch) if started else 0

    def _put_cursor_on(self, row: RunRow | None) -> None:
        ids = [known.id for known in self._rows]
        if row is not None and row.id in ids and not self.runs.has_focus:
            self.runs.cursor_place = ids.index(row.id)

    def _draw(self) -> None:
        if self._row is None:
            for chart in self.query(ChartView):
                chart.clear()
            return
        self.query_one("#loss", ChartView).show(partial(self._chart, loss_chart))
        second = lists_chart if self._view == "lists" else rate_chart
        self.query_one("#rate", ChartView).show(partial(self._chart, second))

    def _chart(self, make: Callable[..., Chart], width: int, height: int) -> Chart:
        state = self._memory.state
        choice = ChartChoice(state.x_axis, state.log_loss, self._zoom, state.marker)  # type: ignore[arg-type]
        app = self.app
        ink = ChartInk(theme_foreground(app), series_colours(app, 4), bool(app.no_color))
        return make(self._history, choice, ink, width, height)

    def _show_cost(self) -> None:
        if not self.is_mounted:
            return
        cost = self.query_one("#cost", Static)
        cost.set_class(bool(self.form.problem), "problem")
        described, ratings = self.form.described, self.workspace.ratings
        counted = described.parameter_count if described else None
        cost.update(self.form.problem or cost_words(self.form.config, ratings, counted))

    def _show_view(self) -> None:
        self.set_class(self._view == "rate", "-rate-only")
        self.set_class(self._view == "loss", "-loss-only")
        self.set_class(self._view == "lists", "-lists")

    # What the user does here

    @on(TrainingForm.SettingsChanged)
    def _form_changed(self, message: TrainingForm.SettingsChanged) -> None:
        self._show_cost()
        self._show_hint(self.screen.focused)
        self.refresh_bindings()
        if message.config is not None:
            settings = self.form.settings()
            self._memory.update(settings=settings)
            if settings["split"] != self.workspace.split:
                self.post_message(ChooseSplit(settings["split"]))

    @on(TrainingForm.CustomModelNamed)
    def _custom_model_named(self, message: TrainingForm.CustomModelNamed) -> None:
        message.stop()
        self._describe(message.name, message.values, asked=message.asked)

    @work(exclusive=True, group="describe", exit_on_error=False, description="Reading a model")
    async def _describe(self, name: str, values: Values, *, asked: bool, agreed: str = "") -> None:
        """Have a user's model tell its parameters; its source runs only where that is agreed to."""
        if self.workspace.ratings is None:
            return  # asked again when the ratings are there
        question = DescribeModel(name, self.workspace.ratings.store, values, agreed)
        answer = await self._ask(question, "describe")
        if answer is None:
            return
        if isinstance(answer, ModelDescription):
            await self.form.describe(answer)
            for note in answer.notes if asked else ():
                self.notify(plain(note), title="Your model", timeout=12, markup=False)
            if asked and isinstance(self.screen.focused, FileField):
                self.action_form()  # where letters are commands again: s starts
        elif asked and await self.app.push_screen_wait(AskYesNo(_agreement(answer.path))):
            self._describe(name, values, asked=asked, agreed=answer.sha256)

    def _not_described(self, error: ChildError) -> None:
        words = plain(str(error))
        self.notify(words, title="Your model", severity="error", timeout=20, markup=False)

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Explain the field that has the focus."""
        self._show_hint(event.widget)
        self.refresh_bindings()

    def _show_hint(self, field: Widget | None) -> None:
        words, typing = "", False
        if isinstance(field, Choice | TextField) and self.form in field.ancestors:
            words, typing = str(self.form.help_of(field.key)), isinstance(field, TextField)
        self.query_one("#hint", Static).update(words)
        self.form.border_subtitle = "esc takes back and leaves" if typing else ""

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
            case "stop" | "rate" | "checkpoint":
                return None if live else "Only a live run (▶) can do that"
        return None

    def _why_no_start(self) -> str | None:
        if self.workspace.starting:
            return "A trainer is starting already"
        if not self.is_mounted or self.workspace.ratings is None:
            return "The ratings are still being read"
        return self.form.problem or None

    def action_start(self) -> None:
        """Train a new run."""
        self.post_message(StartRun(self.form.settings()))

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
        self._view = VIEWS[(VIEWS.index(self._view) + 1) % len(VIEWS)]
        self._show_view()
        self._draw()

    def action_axis(self) -> None:
        """Take the next x axis."""
        axis = self._memory.state.x_axis
        place = AXES.index(axis) if axis in AXES else -1
        self._memory.update(x_axis=AXES[(place + 1) % len(AXES)])
        self._draw()

    def action_log(self) -> None:
        """Switch the loss axis between linear and logarithmic."""
        self._memory.update(log_loss=not self._memory.state.log_loss)
        self._draw()

    def action_zoom(self, by: int) -> None:
        """Show half as much, or twice as much, of the x axis."""
        self._zoom = min(self._zoom * by, 64) if by > 0 else max(self._zoom // -by, 1)
        self._draw()

    def action_runs(self) -> None:
        """Go to the list of runs."""
        self.runs.focus()

    def action_form(self) -> None:
        """Go to the form."""
        self.form.query(Choice).first().focus()

    def on_resize(self, event: Resize) -> None:
        """Leave columns out where there is no room for them."""
        narrow = event.size.width < NARROW
        self.runs.set_columns(run_columns(narrow))
        chosen = [c for c in EPOCH_COLUMNS if not narrow or c.label in NARROW_EPOCHS]
        self.epochs.set_columns(chosen)

    def redraw(self) -> None:
        """Draw the charts anew, after a change of theme or marker."""
        self._draw()


def _agreement(path: str) -> str:
    return plain(f"Run {path} to read which parameters it takes? It may do anything you may do.")


def _why_no_lists(history: History) -> str:
    """Return why an epoch has no recall and NDCG; empty where lists are judged."""
    said = (epoch.no_lists for epoch in reversed(history.epochs))
    return next(filter(None, said), "")


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _offered(workspace: Workspace) -> object:
    """Return what decides which commands can be given."""
    row = workspace.run_in_view
    of_run = None if row is None else (row.shown, row.alive)
    return of_run, workspace.starting, workspace.ratings is None
