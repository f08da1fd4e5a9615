"""What a stop does before it says what to look at."""

import asyncio
from dataclasses import dataclass, field
from typing import Protocol

from textual.widgets import Static

from cftui.people import Profile, profile_names, save_profile
from cftui.remedies import words_of
from cftui.runs.row import RunRow
from cftui.text import plain
from cftui.tui.shared.messages import ChooseData, ChooseRun, CompareRules, RateAs, StartRun
from cftui.tui.tour.stage import Stage, StopRefused

START_SECONDS = 10.0
"""From a trainer that has begun to its run in the list."""


class TourAct(Protocol):
    """One thing that a stop does; raises StopRefused where it cannot be done, or MovedOn."""

    async def on(self, stage: Stage) -> None:
        """Do it and wait until it is done."""


@dataclass(frozen=True)
class PerformCommand:
    """Does a command."""

    command: str
    unless: tuple[str, str] = ("", "")
    """A widget's selector and words: where it has them already, nothing is done."""

    async def on(self, stage: Stage) -> None:
        """Do it, and wait for the answer."""
        selector, words = self.unless
        if not (selector and stage.shows(selector, words)):
            await stage.perform(self.command)
            await stage.settle()


@dataclass(frozen=True)
class BringStanding:
    """Brings a pane, and has it pause what the user has set going there."""

    command: str
    pause: str
    """The command that pauses, where a widget has these words."""
    going: tuple[str, str]

    async def on(self, stage: Stage) -> None:
        """Bring it, and pause."""
        await stage.perform(self.command)
        if stage.shows(*self.going):
            await stage.perform(self.pause)
        await stage.settle()


@dataclass(frozen=True)
class TurnUntil:
    """Does a command that goes from view to view until a widget is to be seen."""

    command: str
    selector: str
    most: int = 4

    async def on(self, stage: Stage) -> None:
        """Do it as often as it takes."""
        for _ in range(self.most):
            if stage.shows(self.selector):
                return
            await stage.perform(self.command)
            await stage.settle()


@dataclass(frozen=True)
class OpenRatings:
    """Opens ratings where others are open."""

    source: str

    async def on(self, stage: Stage) -> None:
        """Ask for them unless they are open or on their way; wait until they are there."""

        def there() -> bool:
            return stage.workspace().data_settings.get("source") == self.source

        now = stage.workspace()
        if not there() and (now.ratings is not None or now.opening is None):
            stage.app.post_message(ChooseData(self.source))
        if not there():
            stage.tell("opening", name=self.source)
            await stage.until(lambda: there() or self._failure(stage) != "")
        if not there():
            raise StopRefused(self._failure(stage))

    def _failure(self, stage: Stage) -> str:
        opening = stage.workspace().opening
        return plain(opening.failure) if opening is not None else ""


@dataclass(frozen=True)
class TrainRun:
    """Trains a run with a name of its own, or finds the one trained before."""

    name: str
    settings: dict[str, dict[str, object]] = field(default_factory=dict)
    epochs: int = 3
    whole: bool = True
    """Whether all epochs are waited for, or the first one alone."""

    async def on(self, stage: Stage) -> None:
        """Have the run, in view and answering, as far as it is to be."""
        row = self._found(stage) or await self._start(stage)
        stage.app.post_message(ChooseRun(row.id, to_answer=True))
        await stage.until(lambda: self._far_enough(stage, row.id))
        await stage.settle()
        ended = _row(stage, row.id)
        if ended is None or not ended.answers:
            why = ended.message if ended is not None and ended.message else "it ended too early"
            raise StopRefused(plain(f"{self.name}: {why}"))

    def _found(self, stage: Stage) -> RunRow | None:
        """Return the newest run of this name that goes on or is finished."""
        rows = stage.workspace().runs_on_these_ratings
        return next((row for row in rows if self._is_it(row)), None)

    def _is_it(self, row: RunRow) -> bool:
        usable = row.alive or row.shown == "finished"
        return usable and row.name == self.name and row.epochs == self.epochs

    async def _start(self, stage: Stage) -> RunRow:
        await stage.until(lambda: stage.workspace().runs_listed)
        found = self._found(stage)
        if found is not None:
            return found
        stage.app.post_message(StartRun(self.settings, self.name))
        stage.tell("starting", name=self.name)
        await stage.breathe()
        await stage.until(lambda: self._found(stage) is not None or not stage.workspace().starting)
        await stage.until(lambda: self._found(stage) is not None, START_SECONDS)
        found = self._found(stage)
        if found is None:
            raise StopRefused(f"{self.name}: the trainer did not start")
        return found

    def _far_enough(self, stage: Stage, run: str) -> bool:
        row = _row(stage, run)
        if row is None or not row.alive or (row.answers and not self.whole):
            return True
        kind = "paused" if row.shown == "paused" else "training"
        stage.tell(kind, name=self.name, epoch=min(row.epoch + 1, row.epochs), epochs=row.epochs)
        return False


def _row(stage: Stage, run: str) -> RunRow | None:
    return next((row for row in stage.workspace().runs if row.id == run), None)


@dataclass(frozen=True)
class RateAsProfile:
    """Gives a profile some ratings, where it is not there yet, and rates as it."""

    profile: str
    rated: tuple[tuple[str, float], ...]
    view: str
    """Selector of the view whose ratings are the profile's then."""

    async def on(self, stage: Stage) -> None:
        """Write the profile and have the view take it."""
        ratings = stage.workspace().ratings
        if ratings is None:
            raise StopRefused("the ratings are being read")
        try:
            if self.profile not in profile_names(ratings.fingerprint):
                rated = Profile(self.rated)
                await asyncio.to_thread(save_profile, ratings.fingerprint, rated, self.profile)
        except OSError as error:
            raise StopRefused(f"the profile cannot be written: {words_of(error)}") from error
        stage.app.screen_stack[0].query_one(self.view).post_message(RateAs(self.profile))
        await stage.settle()


@dataclass(frozen=True)
class StepRules:
    """Takes steps of some optimizers side by side, from the start."""

    rules: tuple[str, ...]
    steps: int

    async def on(self, stage: Stage) -> None:
        """Bring the Lab pane back to its start, where nothing runs, and have it step."""
        await stage.perform("lab.reset")
        await stage.settle(also="race")
        lab = stage.app.screen_stack[0].query_one("#lab")
        lab.post_message(CompareRules(self.rules, self.steps))
        await stage.settle()


@dataclass(frozen=True)
class AwaitDialog:
    """Waits for a dialog that the act before has asked for."""

    async def on(self, stage: Stage) -> None:
        """Wait for it."""
        await stage.until(lambda: stage.in_dialog and stage.app.screen.is_mounted, 10.0)


@dataclass(frozen=True)
class ScrollToLine:
    """Shows a line, and what is below it, of what is too long for the dialog on show."""

    selector: str
    words: str
    """What the line begins with."""

    async def on(self, stage: Stage) -> None:
        """Scroll."""
        for box in stage.app.screen.query(self.selector):
            lines = [line for words in box.query(Static) for line in str(words.content).split("\n")]
            places = [place for place, line in enumerate(lines) if line.startswith(self.words)]
            box.scroll_to(y=places[0] if places else box.max_scroll_y, animate=False)
