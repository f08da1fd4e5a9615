"""Explore, check: how right a run is on what was held out from it, beside what needs no model."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Static

from cftui.questions.check import CheckAnswer, CheckRun
from cftui.runs.checkpoint import checkpoint_step
from cftui.runs.directory import Run, RunError, run_called
from cftui.runs.twins import Twins, find_twins
from cftui.text import plain
from cftui.tui.explore.check_export import ask_where_to_export_check
from cftui.tui.explore.check_page import CheckPage
from cftui.tui.explore.check_words import head_words, why_no_twin
from cftui.tui.explore.view import OpenItem, OpenUser, Setting, View
from cftui.tui.services.jobs import JobError, do_job
from cftui.tui.services.services import Services
from cftui.tui.shared.commands import Command, bindings
from cftui.tui.shared.grid import Grid
from cftui.tui.shared.messages import TrainLike

COMMANDS = (
    Command("check.view", "v,right", "turn(1)", "View", "Show another part, or all", True),
    Command("check.back", "left", "turn(-1)", "View before", "Show the part before"),
    Command("check.user", "w", "user", "User", "Open whose prediction is worst, as enter", True),
    Command("check.open", "o", "open", "Movie", "Open the movie of a worst prediction", True),
    Command("check.again", "s", "again", "Check", "Check again, by the newest weights", True),
    Command(
        "check.twin",
        "t",
        "twin",
        "Other split",
        "Train the same settings on each user's latest ratings, or on some drawn at random",
        True,
    ),
    Command("check.export", "e", "export", "Export", "Write the figures as CSV, or all as JSON"),
    Command("check.cancel", "x,escape", "cancel", "Cancel", "Stop checking", True),
)
NARROW = 100
"""Cells of the view under which its head is short."""
NEWER = "It has learned on since then: s checks it again"


class CheckView(View, can_focus=True):
    """What a run's predictions and lists are worth."""

    ABOUT: ClassVar[str] = (
        "How right a run is on the ratings held out from it, beside baselines on the same split"
        " that need no model: the mean, biases, popularity, item neighbours, EASE. The first line"
        " is the verdict.\n\n"
        "Predicted against actual: each cell tells how many held-out ratings were predicted so (to"
        " the right) and are so (upwards); │ stands where both are equal. Figures: errors in rating"
        " units (lower is better); lists of the places named above, on users with held-out likes"
        " (higher is better), and how much of the catalogue they show; below each value half of"
        " its 95 % interval from a bootstrap over users. Calibration: what was rated on average,"
        " of what was predicted alike. Residuals: who is predicted too high or too low, by how"
        " many ratings users and movies have; of a model that tells ± beside its predictions, how"
        " many held-out ratings are within. Worst predictions: enter opens the user, o the"
        " movie, backspace comes back.\n\n"
        "Ratings held out at random are easier than those to come: what a user rated later, and on"
        " which day, is known. t trains the same settings on each user's latest ratings; then both"
        " errors stand side by side, here and under Split audit.\n\n"
        "v, or left and right, show one part at a time."
    )
    SCOPED_CSS = False
    DEFAULT_CSS = """
    CheckView #about { height: auto; max-height: 7; }
    CheckView.-short #about { height: auto; max-height: 5; }
    CheckView #doing { height: 1; padding: 0 1; color: $text-success; }
    """
    COMMANDS: ClassVar[tuple[Command, ...]] = COMMANDS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(COMMANDS)]
    NO_RUN = "A check needs a trained run, and there is none on these ratings yet: 3, then s"

    def __init__(self, services: Services) -> None:
        super().__init__("check", services)
        self._services = services
        self._path = ""
        """The run that the page is about."""
        self._job: CheckRun | None = None
        """What was asked of it last."""
        self._doing = False
        self._gave_up = False
        """Whether the user cancelled."""
        self._twins: Twins | None = None

    def show(self, setting: Setting) -> None:
        """Ask anew where the ratings or the run became others.

        From a refit nothing is held out: the run that it repeats is checked.
        """
        row = setting.row
        if row is not None and row.refit_of:
            rows = self._services.runs.rows
            row = next((one for one in rows if one.id == row.refit_of), row)
        super().show(replace(setting, row=row))

    def compose(self) -> ComposeResult:
        """Lay out the verdict above the page."""
        yield Static("", id="about", markup=False)
        yield Static("", id="doing", markup=False)
        yield CheckPage(self._services)

    @property
    def page(self) -> CheckPage:
        """Return the sections."""
        return self.query_one(CheckPage)

    def on_mount(self) -> None:
        """Ask."""
        self._put_doing("")
        self._look()

    def on_show(self) -> None:
        """Ask what became of a run while another view was on show."""
        self._look()

    def focus_first(self) -> None:
        """Take the focus where one begins."""
        self.page.focus_section()

    def redraw(self) -> None:
        """Draw the chart anew, as after a change of its marks."""
        self.page.draw()

    def data_changed(self) -> None:
        """Forget what was about other ratings."""
        self._forget()

    def run_changed(self) -> None:
        """Ask another run, or the same one's newer weights."""
        if self._path != self.setting.answering_path:
            self._forget()
        self._look()

    def runs_changed(self) -> None:
        """Look whether the same settings were trained on the other split by now."""
        if self.is_on_screen and self.page.answer is not None:
            self._find_twins()

    # Asking

    @work(exclusive=True, group="twins", exit_on_error=False, description="Looking for a twin")
    async def _find_twins(self) -> None:
        row, rows = self.setting.row, self._services.runs.rows_on_these_ratings
        if row is None:
            return
        try:
            found = await asyncio.to_thread(lambda: find_twins(run_called(row.id), rows))
        except (RunError, OSError):
            found = None  # what is damaged is said where runs are
        if found == self._twins or self.page.answer is None:
            return
        self._twins = found
        self.page.show_twins(found)
        self._say_head(self.page.answer)
        self.refresh_offer()

    def _forget(self) -> None:
        self.workers.cancel_group(self, "check")
        self.workers.cancel_group(self, "twins")
        self._path, self._job, self._gave_up = self.setting.answering_path, None, False
        self._twins = None
        self._put_doing("")
        self._refuse("")

    def _look(self) -> None:
        """Ask where that would tell anything new; a view that nobody sees waits."""
        row = self.setting.row
        live = row is not None and row.alive
        if not self.is_on_screen:
            return
        if not self.setting.answers:
            self._refuse(self.no_run)
        elif self._doing or self._gave_up or (live and self.page.answer is not None):
            self._tell_newer()  # a live run would be checked all the time
        else:
            self._check()

    @work(exclusive=True, group="check", exit_on_error=False, description="Checking a run")
    async def _check(self) -> None:
        summary, self._path = self.setting.summary, self.setting.answering_path
        if summary is None:
            return
        step = await asyncio.to_thread(checkpoint_step, Run(Path(self._path)).last)
        job = CheckRun(summary.store, self._path, step)
        if job == self._job:
            return
        self._job = job
        try:
            self._put_doing("beginning")
            answer = await do_job(job, self._tell)
        except JobError as error:
            self._put_doing("")
            self._job = None
            self._refuse(str(error))
        else:
            self._put_doing("")
            self._show(answer)
            self._look()  # it may have learned on meanwhile
        finally:
            if self._job is job:  # else a newer one is being done
                self._put_doing("")

    def _tell(self, done: int, of: int, words: str) -> None:
        self._put_doing(f"{words} ({done / max(of, 1):.0%})")

    def _put_doing(self, words: str) -> None:
        """Show what is being done; empty where nothing is."""
        was, self._doing = self._doing, bool(words)
        line = self.query_one("#doing", Static)
        line.display = self._doing
        line.update(plain(f"Checking: {words}; x cancels"), layout=was != self._doing)
        if was != self._doing:
            self.refresh_offer()

    def _refuse(self, words: str) -> None:
        """Show why there is no answer."""
        self.page.show(None, self.setting.items_word)
        self.say(words)
        self.refresh_offer()

    def _show(self, answer: CheckAnswer) -> None:
        self.page.show_twins(self._twins)
        self.page.show(answer, self.setting.items_word)
        self._say_head(answer)
        self.refresh_offer()
        self._find_twins()

    def _say_head(self, answer: CheckAnswer, *more: str) -> None:
        narrow = self.size.width < NARROW
        words = head_words(answer, self.by(answer.step), self._twins, narrow=narrow)
        self.say("\n".join((words, *more)))

    def on_resize(self, event: events.Resize) -> None:
        """Say the head in as many words as there is room for."""
        if self.page.answer is not None:
            self._say_head(self.page.answer)

    def _tell_newer(self) -> None:
        answer, row = self.page.answer, self.setting.row
        if answer is not None and not self._doing and row is not None and row.step > answer.step:
            self._say_head(answer, NEWER)

    # What the user does here

    def why_not(self, action: str) -> str | None:
        """Return why an action cannot be done now; none if it can."""
        answer = self.page.answer if self.is_mounted else None
        if action == "cancel":
            return None if self._doing else "Nothing is being checked"
        if action == "again":
            if not self.setting.answers:
                return self.no_run
            return "It is being checked" if self._doing else None
        if action in ("export", "twin") and answer is None:
            return "Nothing has been checked yet"
        if action == "twin":
            return why_no_twin(self.setting.summary, self._twins)
        if action in ("user", "open") and not (answer and answer.worst):
            return "There are no predictions to walk through"
        return None

    def action_twin(self) -> None:
        """Train the same settings on the other split."""
        row, twins = self.setting.row, self._twins
        if row is not None and twins is not None and twins.missing is not None:
            self.post_message(TrainLike(row.id, {"split": dict(twins.missing)}))

    def action_turn(self, steps: int) -> None:
        """Show another part."""
        self.page.turn(steps)

    def action_again(self) -> None:
        """Check once more."""
        self._gave_up, self._job = False, None
        self._check()

    def action_cancel(self) -> None:
        """Stop checking."""
        self._gave_up = True
        self.workers.cancel_group(self, "check")
        self._put_doing("")
        if self.page.answer is None:
            self.say("Not checked: s checks it")

    @on(Grid.Selected, "#first")
    def _open_worst(self, message: Grid.Selected) -> None:
        message.stop()
        self.action_user()

    def action_user(self) -> None:
        """Open the user of the prediction under the cursor."""
        if self.page.worst is not None:
            self.post_message(OpenUser(self.page.worst.user))

    def action_open(self) -> None:
        """Open the movie of the prediction under the cursor."""
        if self.page.worst is not None:
            self.post_message(OpenItem(self.page.worst.item))

    def action_export(self) -> None:
        """Ask for a file and write the check to it."""
        if self.page.answer is not None:
            ask_where_to_export_check(self, self.page.answer)
