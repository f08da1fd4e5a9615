"""What is on show: an answer, beside the very question that it answers."""

from dataclasses import dataclass

from cftui.questions.lab import DescentSettings, StepRow
from cftui.questions.race import Race, RaceAnswer, Racer
from cftui.tui.lab.sentence import TakenStep, sentence


@dataclass(frozen=True)
class Moment:
    """A race at one place; the user may have chosen another since."""

    race: Race
    answer: RaceAnswer

    @property
    def focused(self) -> int:
        """The optimizer in view, by its place."""
        return self.race.focused

    @property
    def racer(self) -> Racer:
        """The optimizer in view."""
        return self.answer.racers[self.focused]

    @property
    def settings(self) -> DescentSettings:
        """Those of the optimizer in view."""
        return self.race.settings[self.focused]

    @property
    def row(self) -> StepRow | None:
        """The step on show; none at the start."""
        rows = self.answer.focused.rows
        return next((row for row in rows if row.number == self.racer.place), None)

    @property
    def letters(self) -> tuple[str, ...]:
        """Of the weights."""
        return self.answer.focused.letters

    @property
    def stuck(self) -> bool:
        """Whether every descent has diverged."""
        return all(racer.diverged for racer in self.answer.racers)

    @property
    def words(self) -> str:
        """What the step did and why; empty at the start."""
        row, racer = self.row, self.racer
        if row is None:
            return ""
        rule = self.settings.rule
        return sentence(TakenStep(row, rule, dict(racer.options), self.letters, racer.diverged))
