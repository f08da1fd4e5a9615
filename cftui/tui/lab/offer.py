"""What can be done in the lab as it stands, and why the rest cannot."""

from dataclasses import dataclass

from cftui.questions.race import MOST_PLACE, MOST_RACERS
from cftui.tui.lab.moment import Moment
from cftui.tui.lab.state import LabState


@dataclass(frozen=True)
class LabOffer:
    """The lab as it stands."""

    state: LabState
    moment: Moment | None
    """What is on show."""
    running: bool
    failure: str
    """Why there is no answer for what is chosen; empty where there is one."""
    has_run: bool
    """Whether a trained run answers."""

    def why_not(self, action: str) -> str | None:
        """Return why an action cannot be done now; none if it can."""
        name = action.partition("(")[0]
        if action in ("step(1)", "epoch(1)") or (name == "run" and not self.running):
            return self._why_not_forth()
        if action in ("step(-1)", "epoch(-1)") and not self.state.place:
            return "This is the start"
        if name == "add" and len(self.state.racers) == MOST_RACERS:
            return f"A race is of {MOST_RACERS} at most: d takes one off"
        if name in ("drop", "focus") and len(self.state.racers) == 1:
            return "There is one optimizer: n adds another"
        if name == "decay" and not self.has_run:
            return "Its weights are those of a run: train one (3)"
        if name == "chain" and (self.moment is None or self.moment.row is None):
            return "Nothing done yet: . takes the first step"
        return None

    def _why_not_forth(self) -> str | None:
        if self.failure:
            return self.failure
        stuck = self.moment is not None and self.moment.stuck
        if stuck and self.state.place == self.state.furthest:
            return "Diverged: , steps back, l begins anew with a lower learning rate"
        if self.state.place == MOST_PLACE:
            return f"The lab goes up to {MOST_PLACE:,} steps: r goes back to the start"
        return None
