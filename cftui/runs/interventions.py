"""What was done to a run while it was live: pauses, stops, checkpoints, other learning rates."""

from collections.abc import Sequence
from dataclasses import dataclass

from cftui.runs.directory import Run
from cftui.runs.event_log import read_events
from cftui.runs.events import Control, Event, Finished, Resumed

WHILE_LIVE = "while it ran"
"""What interventions are called beside the settings."""
MOST_TOLD = 8
DONE = {
    "pause": "paused",
    "resume": "went on",
    "stop": "stopped",
    "checkpoint": "checkpoint",
    "learning-rate": "learning rate",
}
"""What each wish comes to, in words."""


@dataclass(frozen=True)
class Intervention:
    """One thing that a live run was made to do: a mark on its charts, and words."""

    step: int
    """Steps done when it came."""
    kind: str
    """A key of `DONE`; `resume` also where a new trainer went on from a checkpoint."""
    value: float | None = None
    """The new base learning rate, for `learning-rate`."""

    @property
    def words(self) -> str:
        """Return what was done, without the step."""
        value = "" if self.value is None else f" {self.value:g}"
        return DONE[self.kind] + value


def take(found: list[Intervention], event: Event) -> None:
    """Add what an event tells; one that goes on from before takes back what a death undid."""
    if isinstance(event, Resumed):
        found[:] = [one for one in found if one.step <= event.step]
        found.append(Intervention(event.step, "resume"))
    elif isinstance(event, Control) and event.outcome == "obeyed" and event.wish in DONE:
        found.append(Intervention(event.step, event.wish, event.value))
    elif isinstance(event, Finished) and event.outcome == "stopped":
        stopped = Intervention(event.step, "stop")
        if found[-1:] != [stopped]:  # by a signal, which is no wish
            found.append(stopped)


def interventions_of(run: Run) -> tuple[Intervention, ...]:
    """Return what was done to a run while it was live, as its events tell it, in order."""
    found: list[Intervention] = []
    for event in read_events(run.events, Control, Resumed, Finished):
        take(found, event)
    return tuple(found)


def intervention_words(found: Sequence[Intervention]) -> str:
    """Return interventions as `paused at step 1,200, went on`; changed rates are told elsewhere.

    Empty where there was none. Of many, the first ones, and how many more there are.
    """
    told: list[str] = []
    before = None
    for one in found:
        if one.kind != "learning-rate":
            at = "" if one.kind == "resume" and one.step == before else f" at step {one.step:,}"
            told.append(one.words + at)
            before = one.step
    more = len(told) - MOST_TOLD
    return ", ".join(told[:MOST_TOLD]) + (f", and {more:,} more" if more > 0 else "")
