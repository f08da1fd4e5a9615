"""Pane 6, Lab: gradient descent by several optimizers, one step at a time."""

from pathlib import Path
from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType

from cftui.questions.errors import QuestionError
from cftui.questions.lab import DescentSettings, StepRow, WriteDescent
from cftui.questions.race import MOST_PLACE, Race
from cftui.tui.lab import beside
from cftui.tui.lab.clock import StepClock
from cftui.tui.lab.commands import COMMANDS
from cftui.tui.lab.head import LabHead
from cftui.tui.lab.moment import Moment
from cftui.tui.lab.offer import LabOffer
from cftui.tui.lab.sections import Sections
from cftui.tui.lab.state import LabState
from cftui.tui.lab.step_table import StepTable
from cftui.tui.lab.words import ABOUT, NOTHING_YET
from cftui.tui.services.child import ChildError, Superseded
from cftui.tui.services.services import Services
from cftui.tui.shared.commands import Command, bindings
from cftui.tui.shared.messages import CompareRules
from cftui.tui.shared.pane import Pane

MOST_AT_ONCE = 2_000
"""Steps of one key; an epoch of many points has more."""
ROOMY = (100, 30)
"""Cells and lines of the pane from which on table, contour and errors are shown together."""


class LabPane(Pane):
    """Up to four optimizers on the same points."""

    ABOUT: ClassVar[str] = ABOUT
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
        self._clock = StepClock(self, self._tick)

    def compose(self) -> ComposeResult:
        """Lay out the words above the table and the pictures."""
        yield LabHead()
        yield Sections(self.services)

    def on_mount(self) -> None:
        """Ask for the start; the optimizers' names are in the colours of the theme."""
        self.app.theme_changed_signal.subscribe(self, lambda _: self._name_racers())
        self._look()

    def focus_first(self) -> None:
        """Take the focus: all keys are the pane's own."""
        self.focus()

    @property
    def head(self) -> LabHead:
        """Return the words above the sections."""
        return self.query_one(LabHead)

    @property
    def sections(self) -> Sections:
        """Return table and pictures."""
        return self.query_one(Sections)

    def redraw(self) -> None:
        """Draw the charts anew, as after a change of their marks."""
        if self.moment is not None:
            self.sections.redraw()

    # Asking: never more than one question on its way

    @property
    def settled(self) -> bool:
        """Whether what is on show is what was chosen."""
        return not self._busy and self._asked == self._question

    @property
    def running(self) -> bool:
        """Whether steps are taken one after another."""
        return self._clock.running

    @property
    def _question(self) -> Race:
        return self.state.question(self.sections.table.steps)

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
        self.head.say(words, wrong=True)
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
        self.head.name_racers(moment, self.state.focused)
        self.head.say(moment.words or NOTHING_YET)
        self.sections.show(moment)

    def _put_head(self) -> None:
        if self.moment is not None:
            self.head.tell(self.moment, self.state.speed, running=self.running)

    # Views

    def on_resize(self, event: events.Resize) -> None:
        """Show what there is room for."""
        roomy = self.size.width >= ROOMY[0] and self.size.height >= ROOMY[1]
        self.set_class(roomy, "-roomy")
        self.sections.fit(roomy=roomy)

    @on(StepTable.RoomChanged)
    def _room_changed(self, message: StepTable.RoomChanged) -> None:
        message.stop()
        self.sections.say_left_out()
        self._look()

    def action_view(self) -> None:
        """Show one section alone, the next, or all there is room for."""
        self.sections.turn_view()

    def action_axis(self) -> None:
        """Draw the errors by epoch, or by step."""
        self.sections.turn_axis()

    # Along the steps

    def why_not(self, action: str) -> str | None:
        """Return why an action cannot be done now; none if it can."""
        has_run = bool(beside.answering_path(self.workspace))
        offer = LabOffer(self.state, self.moment, self.running, self._failure, has_run)
        return offer.why_not(action)

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
            self._clock.start()
            self._put_head()

    def _pause(self) -> None:
        if self.running:
            self._clock.stop()
            self._put_head()

    def _tick(self) -> None:
        """Take the steps that are due, unless those before are still on their way."""
        if self._busy or not self.display:
            return
        if whole := self._clock.due(self.state.speed):
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
        self._go(self.state.reset())

    # The optimizers

    def _remember(self) -> None:
        self.services.memory.update(lab=self.state.saved())

    def _choose(self, state: LabState) -> None:
        """Take other optimizers or settings, and remember them."""
        self._go(state)
        self._remember()
        self.refresh_offer()

    def action_optimizer(self) -> None:
        """Have another optimizer in the place of that in view."""

        def take(rule: str) -> None:
            self._choose(self.state.choose(rule))

        state = self.state
        title = f"In the place of {state.focused + 1}, {state.settings.rule}"
        beside.ask_rule(self, title, state.settings.rule, state, take)

    def action_add(self) -> None:
        """Have one more optimizer."""

        def take(rule: str) -> None:
            self._choose(self.state.add(rule))

        beside.ask_rule(self, "One more optimizer", self.state.next_rule, self.state, take)

    def action_drop(self) -> None:
        """Take the optimizer in view off."""
        self._choose(self.state.drop())

    def action_focus(self, by: int) -> None:
        """Look at the next optimizer's steps."""
        self._go(self.state.focus(by))
        self._name_racers()

    def _name_racers(self) -> None:
        if self.moment is not None:
            self.head.name_racers(self.moment, self.state.focused)

    def action_lower(self) -> None:
        """Begin anew with a tenth of the learning rate."""
        if self.moment is None:
            return
        self._pause()
        rate = float(dict(self.moment.racer.options)["learning_rate"]) / 10
        lower = self.state.with_options(learning_rate=float(f"{rate:.12g}"))
        self._choose(lower.at_start())

    # Beside the steps

    def action_truths(self) -> None:
        """Show what the lesson says in passing."""
        self._pause()
        beside.open_truths(self)

    def action_decay(self) -> None:
        """Show L2 inside Adam beside AdamW, on two weights of the run that answers."""
        self._pause()
        beside.open_decay(self)

    def action_chain(self) -> None:
        """Show the chain rule of this step."""
        self._pause()
        beside.open_chain(self, self.moment)

    def action_export(self) -> None:
        """Ask for a file, and write the steps taken to it, or those of an epoch at the start."""

        def take(path: Path) -> None:
            self._export(WriteDescent(self.state.racers, self.state.place, str(path)))

        self._pause()
        beside.ask_export(self, take)

    @work(group="export", exit_on_error=False, description="Writing a workbook")
    async def _export(self, question: WriteDescent) -> None:
        await beside.export(self, question)

    def on_compare_rules(self, message: CompareRules) -> None:
        """Show optimizers that somebody else has chosen, on the lesson's points; not remembered."""
        message.stop()
        self._pause()
        racers = tuple(DescentSettings(rule) for rule in message.rules)
        place = message.steps
        self._go(LabState(racers, len(racers) - 1, place, place, self.state.speed))

    def action_weight(self) -> None:
        """Set a weight by hand."""

        def take(given: tuple[str, float]) -> None:
            self._go(self.state.change(*given))

        if self.moment is not None:
            self._pause()
            beside.ask_weight(self, self.moment, take)

    def action_form(self) -> None:
        """Change the learning rate, h, the batch, the points or the function."""
        self._pause()
        state, moment = self.state, self.moment
        known = moment is not None and not self._failure
        options = dict(moment.racer.options if moment and known else state.settings.options)

        def take(settings: DescentSettings) -> None:
            self._choose(self.state.retake(settings))

        beside.ask_settings(self, state, options, take)
