"""Pane 6, Lab: gradient descent by several optimizers, one step at a time."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.timer import Timer
from textual.widgets import Static

from cftui.charts import Chart, Marker
from cftui.questions.errors import QuestionError
from cftui.questions.lab import DescentSettings, StepRow, WriteDescent
from cftui.questions.race import MOST_PLACE, MOST_RACERS, Race
from cftui.text import plain
from cftui.tui.lab.commands import COMMANDS
from cftui.tui.lab.moment import Moment
from cftui.tui.lab.pictures import contour_chart, error_chart
from cftui.tui.lab.state import LabState
from cftui.tui.lab.step_table import StepTable
from cftui.tui.lab.words import ABOUT, NOTHING_YET, head_words, legend
from cftui.tui.services.child import ChildError, Superseded
from cftui.tui.services.runs import path_of
from cftui.tui.services.services import Services
from cftui.tui.shared.ask_file import ask_file
from cftui.tui.shared.asking import Asker
from cftui.tui.shared.chart import ChartView, series_colours, theme_foreground
from cftui.tui.shared.commands import Command, bindings
from cftui.tui.shared.messages import CompareRules
from cftui.tui.shared.pane import Pane
from cftui.tui.shared.run_chart import ChartInk

if TYPE_CHECKING:
    from cftui.charts import Colour

TICK = 0.2
"""Seconds between two looks at what a running descent is to do."""
MOST_AT_ONCE = 2_000
"""Steps of one key; an epoch of many points has more."""
ROOMY = (100, 30)
"""Cells and lines of the pane from which on table, contour and errors are shown together."""
SECTIONS = {
    "steps": "Steps",
    "contour": "Loss over the weights, a → b ↑",
    "errors": "RMSE over all points",
}


class LabPane(Pane):
    """Up to four optimizers on the same points."""

    ABOUT: ClassVar[str] = ABOUT
    DEFAULT_CSS = """
    LabPane {
        & #head {
            height: 1; padding: 0 1; color: $text-muted;
            text-wrap: nowrap; text-overflow: ellipsis;
        }
        & #legend { height: auto; max-height: 4; padding: 0 1; }
        & #sentence { height: 4; padding: 0 1; }
        & #sentence.-wrong { color: $text-error; }
        & #steps { height: 1fr; }
        & #pictures { height: 1fr; }
        & .section {
            border: round $primary-muted;
            border-title-color: $text-muted;
            border-subtitle-color: $text-muted;
        }
    }
    LabPane.-roomy #sentence { height: 3; }
    """
    COMMANDS: ClassVar[tuple[Command, ...]] = COMMANDS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(COMMANDS)]

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.can_focus = True
        self.state = LabState.of(services.memory.state.lab)
        self.moment: Moment | None = None
        """What is on show."""
        self._asked: Race | None = None
        """What was answered last, or refused."""
        self._busy = False
        self._failure = ""
        self._clock: Timer | None = None
        self._due = 0.0
        """Steps that a running descent owes."""
        self._view = "all"
        self._by_epoch = False

    def compose(self) -> ComposeResult:
        """Lay out what is fitted, the optimizers, the sentence, the table and the pictures."""
        yield Static("", id="head", markup=False)
        yield Static("", id="legend", markup=False)
        yield Static("", id="sentence", markup=False)
        with Vertical(id="steps", classes="section"):
            yield StepTable()
        with Horizontal(id="pictures"):
            with Container(id="contour", classes="section"):
                yield ChartView(self.services.paint)
            with Container(id="errors", classes="section"):
                yield ChartView(self.services.paint)

    def on_mount(self) -> None:
        """Name the sections, and ask for the start."""
        for name, title in SECTIONS.items():
            self.query_one(f"#{name}").border_title = title
        self._show_view()
        self._look()

    def focus_first(self) -> None:
        """Take the focus: all keys are the pane's own."""
        self.focus()

    def redraw(self) -> None:
        """Draw the charts anew, as after a change of their marks."""
        if self.moment is not None:
            self._draw(self.moment)

    # Asking: never more than one question on its way

    @property
    def settled(self) -> bool:
        """Whether what is on show is what was chosen."""
        return not self._busy and self._asked == self._question

    @property
    def running(self) -> bool:
        """Whether steps are taken one after another."""
        return self._clock is not None

    @property
    def _question(self) -> Race:
        return self.state.question(self.query_one(StepTable).steps)

    def _go(self, state: LabState) -> None:
        """Take another state, and ask what it looks like."""
        self.state = state
        self._look()

    def _look(self) -> None:
        if self.is_mounted and not self._busy and self._asked != self._question:
            self._busy = True
            self._ask()

    @work(group="race", exit_on_error=False, description="Stepping")
    async def _ask(self) -> None:
        """Ask until what was answered is what is chosen; it may change meanwhile."""
        try:
            while self._asked != (question := self._question):
                try:
                    answer = await self.services.ask(question)
                except Superseded:
                    return
                except ChildError as error:
                    self._asked = question
                    self._refuse(error)
                else:
                    self._asked = question
                    self._show(Moment(question, answer))
        finally:
            self._busy = False

    def _show(self, moment: Moment) -> None:
        self.moment, self._failure = moment, ""
        if self.stuck:
            self._pause()
            furthest = max(racer.place for racer in moment.answer.racers)
            if furthest < self.state.place:
                self.state = self.state.ended(furthest)
        self._put(moment)
        self.refresh_offer()

    def _refuse(self, error: ChildError) -> None:
        """Say why there is no answer; where that is for the settings, there is no going on."""
        unusable = error.kind == QuestionError.__name__
        self._failure = str(error) if unusable else ""
        self._pause()
        words = f"{error}; f changes it" if unusable else str(error)
        self._put_sentence(words, wrong=True)
        self.refresh_offer()

    @property
    def stuck(self) -> bool:
        """Whether every descent on show has diverged."""
        return self.moment is not None and self.moment.stuck

    @property
    def step_row(self) -> StepRow | None:
        """The step on show, of the optimizer in view; none at the start."""
        return None if self.moment is None else self.moment.row

    # Showing

    def _put(self, moment: Moment) -> None:
        self._put_head()
        self._put_legend(moment)
        self.query_one(StepTable).show(moment.answer.focused, moment.racer.place)
        self._put_sentence(moment.words or NOTHING_YET)
        self._draw(moment)

    def _put_legend(self, moment: Moment) -> None:
        line = self.query_one("#legend", Static)
        grew = line.size.height != len(moment.answer.racers)
        line.update(legend(moment, self.state.focused, self._colours, self.app), layout=grew)

    def _put_head(self) -> None:
        if self.moment is not None:
            words = head_words(self.moment, self.state.speed, running=self.running)
            self.query_one("#head", Static).update(words, layout=False)

    def _put_sentence(self, words: str, *, wrong: bool = False) -> None:
        line = self.query_one("#sentence", Static)
        line.set_class(wrong, "-wrong")
        line.update("\n".join(map(plain, words.splitlines())), layout=False)

    @property
    def _colours(self) -> "tuple[Colour, ...]":
        return series_colours(self.app, MOST_RACERS)

    def _draw(self, moment: Moment) -> None:
        def contour(width: int, height: int) -> Chart:
            return contour_chart(moment, *self._inks(), width, height)

        def errors(width: int, height: int) -> Chart:
            return error_chart(moment, self._by_epoch, *self._inks(), width, height)

        self.query_one("#contour > ChartView", ChartView).show(contour)
        self.query_one("#errors > ChartView", ChartView).show(errors)
        land = moment.answer.landscape
        rings = ", ".join(f"{rmse:.3g}" for rmse, _ in reversed(land.rings))
        section, words = self.query_one("#contour"), f"rings: RMSE {rings}" if rings else ""
        if section.border_subtitle != words:  # else the whole of it is drawn anew
            section.border_subtitle = words

    def _inks(self) -> tuple[Marker, ChartInk]:
        ink = ChartInk(theme_foreground(self.app), self._colours, bool(self.app.no_color))
        marker: Marker = self.services.memory.state.marker  # type: ignore[assignment]
        return marker, ink

    # Views

    @property
    def shown(self) -> tuple[str, ...]:
        """Return the sections on show."""
        return tuple(name for name in SECTIONS if self.query_one(f"#{name}").display)

    @property
    def _roomy(self) -> bool:
        return self.size.width >= ROOMY[0] and self.size.height >= ROOMY[1]

    def _show_view(self) -> None:
        view = "steps" if self._view == "all" and not self._roomy else self._view
        for place, name in enumerate(SECTIONS, start=1):
            section = self.query_one(f"#{name}")
            section.display = view in ("all", name)
            if name != "contour":
                section.border_subtitle = (
                    f"{place} of {len(SECTIONS)}, v: next" if view == name else ""
                )
        self.query_one("#pictures").display = view != "steps"
        self.set_class(self._roomy, "-roomy")

    def on_resize(self, event: events.Resize) -> None:
        """Show what there is room for."""
        self._show_view()

    @on(StepTable.RoomChanged)
    def _room_changed(self, message: StepTable.RoomChanged) -> None:
        message.stop()
        self._look()

    def action_view(self) -> None:
        """Show one section alone, the next, or all there is room for."""
        views = ["all", *SECTIONS] if self._roomy else ["all", "contour", "errors"]
        now = self._view if self._view in views else views[0]
        self._view = views[(views.index(now) + 1) % len(views)]
        self._show_view()

    def action_axis(self) -> None:
        """Draw the errors by epoch, or by step."""
        self._by_epoch = not self._by_epoch
        words = "RMSE of each epoch, as met" if self._by_epoch else SECTIONS["errors"]
        self.query_one("#errors").border_title = words
        self.redraw()

    # Along the steps

    def why_not(self, action: str) -> str | None:
        """Return why an action cannot be done now; none if it can."""
        name = action.partition("(")[0]
        forth = action in ("step(1)", "epoch(1)") or (name == "run" and not self.running)
        if forth and self._failure:
            return self._failure
        if forth and self.stuck and self.state.place == self.state.furthest:
            return "Diverged: , steps back, l begins anew with a lower learning rate"
        if forth and self.state.place == MOST_PLACE:
            return f"The lab goes up to {MOST_PLACE:,} steps: r goes back to the start"
        if action in ("step(-1)", "epoch(-1)") and not self.state.place:
            return "This is the start"
        if name == "add" and len(self.state.racers) == MOST_RACERS:
            return f"A race is of {MOST_RACERS} at most: d takes one off"
        if name in ("drop", "focus") and len(self.state.racers) == 1:
            return "There is one optimizer: n adds another"
        if name == "decay" and not self._answering:
            return "Its weights are those of a run: train one (3)"
        if name == "chain" and self.step_row is None:
            return "Nothing done yet: . takes the first step"
        return None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey what cannot be done now; a direction is part of what is asked."""
        whole = f"{action}({parameters[0]})" if parameters else action
        return None if self.why_not(whole) else True

    def action_step(self, by: int) -> None:
        """Take a step, or go back over one."""
        self._move(by)

    def action_epoch(self, by: int) -> None:
        """Take as many steps as an epoch has, or go back over as many."""
        per_epoch = self.moment.answer.focused.steps_per_epoch if self.moment else 1
        self._move(by * min(per_epoch, MOST_AT_ONCE))

    def _move(self, by: int) -> None:
        place = self.state.place
        if by < 0 and self.moment is not None and self.moment.racer.diverged:
            place = min(place, self.moment.racer.place)
        self._pause()
        self._go(self.state.go(place + by))

    def action_run(self) -> None:
        """Take steps one after another, or pause."""
        if self.running:
            self._pause()
        else:
            self._due = 1.0
            self._clock = self.set_interval(TICK, self._tick)
            self._put_head()

    def _pause(self) -> None:
        if self._clock is not None:
            self._clock.stop()
            self._clock = None
            self._put_head()

    def _tick(self) -> None:
        """Take the steps that are due, unless those before are still on their way."""
        if self._busy or not self.display:
            return
        self._due += self.state.speed * TICK
        whole = int(self._due + 1e-9)
        if whole:
            self._due -= whole
            if self.state.place == MOST_PLACE:
                self._pause()
            self._go(self.state.go(self.state.place + whole))

    def action_speed(self, by: int) -> None:
        """Take more steps a second, or fewer."""
        self._go(self.state.faster(by))
        self._remember()
        self._put_head()

    def action_reset(self) -> None:
        """Go back to the start; what was set by hand is forgotten."""
        self._pause()
        racers = tuple(replace(racer, changes=()) for racer in self.state.racers)
        self._go(replace(self.state, racers=racers, place=0, furthest=0))

    # The optimizers

    def _remember(self) -> None:
        self.services.memory.update(lab=self.state.saved())

    def _choose(self, state: LabState) -> None:
        """Take other optimizers or settings, and remember them."""
        self._go(state)
        self._remember()
        self.refresh_offer()

    def action_add(self) -> None:
        """Have one more optimizer."""
        self._choose(self.state.add())

    def action_drop(self) -> None:
        """Take the optimizer in view off."""
        self._choose(self.state.drop())

    def action_focus(self, by: int) -> None:
        """Look at the next optimizer's steps."""
        self._go(self.state.focus(by))
        if self.moment is not None:
            self._put_legend(self.moment)

    def action_lower(self) -> None:
        """Begin anew with a tenth of the learning rate."""
        if self.moment is None:
            return
        self._pause()
        rate = float(dict(self.moment.racer.options)["learning_rate"])
        lower = self.state.with_options(learning_rate=float(f"{rate / 10:.12g}"))
        self._choose(replace(lower, place=0, furthest=0))

    # Beside the steps

    def action_truths(self) -> None:
        """Show what the lesson says in passing."""
        from cftui.tui.lab.truths import TruthsScreen

        self._pause()
        ratings = self.workspace.ratings
        store = ratings.store if ratings else ""
        self.app.push_screen(TruthsScreen(self.services.ask, store, self._answering))

    def action_decay(self) -> None:
        """Show L2 inside Adam beside AdamW, on two weights of the run that answers."""
        from cftui.tui.lab.decay import DecayScreen

        self._pause()
        self.app.push_screen(DecayScreen(self.services, self._answering))

    @property
    def _answering(self) -> str:
        """The directory of the run that answers; empty where there is none."""
        row = self.workspace.answering_run
        return str(path_of(row.id)) if row is not None else ""

    def action_export(self) -> None:
        """Ask for a file, and write the steps taken to it, or those of an epoch at the start."""
        self._pause()
        question = "Write these steps to which file? An .xlsx has live formulas; or .csv"

        def take(path: Path) -> None:
            self._export(str(path))

        ask_file(self, question, "descent.xlsx", take)

    @work(group="export", exit_on_error=False, description="Writing a workbook")
    async def _export(self, path: str) -> None:
        def refused(error: ChildError) -> None:
            words = plain(str(error))
            self.notify(words, title="Not written", severity="error", markup=False)

        ask = Asker(self.services.ask, refused)
        written = await ask(WriteDescent(self.state.racers, self.state.place, path))
        if written is not None:
            self.notify(plain(written), title="Written", markup=False)

    def on_compare_rules(self, message: CompareRules) -> None:
        """Show optimizers that somebody else has chosen, on the lesson's points; not remembered."""
        message.stop()
        self._pause()
        racers = tuple(DescentSettings(rule) for rule in message.rules)
        place = message.steps
        self._go(LabState(racers, len(racers) - 1, place, place, self.state.speed))

    def action_optimizer(self) -> None:
        """Choose another optimizer."""
        from cftui.tui.lab.dialogs import ChooseRule

        def choose(rule: str | None) -> None:
            if rule is not None:
                self._choose(self.state.choose(rule))

        self.app.push_screen(ChooseRule(self.state.settings.rule), choose)

    def action_chain(self) -> None:
        """Show the chain rule of this step."""
        from cftui.tui.lab.chain_rule import ChainRuleScreen

        moment, row = self.moment, self.step_row
        if moment is not None and row is not None:
            self._pause()
            difference = moment.settings.difference
            self.app.push_screen(ChainRuleScreen(moment.answer.focused, row, difference))

    def action_weight(self) -> None:
        """Set a weight by hand."""
        from cftui.tui.lab.dialogs import SetWeight

        moment = self.moment
        if moment is None:
            return
        self._pause()
        weights = dict(zip(moment.letters, moment.racer.weights, strict=True))

        def change(given: tuple[str, float] | None) -> None:
            if given is not None:
                self._go(self.state.change(*given))

        self.app.push_screen(SetWeight(weights), change)

    def action_form(self) -> None:
        """Change the learning rate, h, the batch, the points or the function."""
        from cftui.tui.lab.dialogs import LabForm

        self._pause()
        state, moment = self.state, self.moment
        known = moment is not None and not self._failure
        options = dict(moment.racer.options if moment and known else state.settings.options)

        async def check(settings: DescentSettings) -> str:
            said: list[str] = []
            ask = Asker(self.services.ask, lambda error: said.append(str(error)))
            await ask(replace(self.state.with_settings(settings), place=0, furthest=0).question(1))
            return "\n".join(said)

        def take(settings: DescentSettings | None) -> None:
            if settings is not None:
                self._take_settings(settings)

        self.app.push_screen(LabForm(state.settings, options, check), take)

    def _take_settings(self, settings: DescentSettings) -> None:
        before, state = self.state.settings, self.state.with_settings(settings)
        land = ("points", "function", "start", "batch")
        if any(getattr(before, name) != getattr(settings, name) for name in land):
            state = replace(state, place=0, furthest=0)
        self._choose(state)
