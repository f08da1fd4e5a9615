"""Changes of the learning rate while a run was live: part of what it is, though not configured."""

from collections.abc import Iterable, Sequence

from cftui.runs.directory import Run, RunError
from cftui.runs.event_log import read_events
from cftui.runs.events import Control, Event, Resumed
from cftui.runs.record import RateChange, RunRecord

CHANGED = "learning rate, changed"
"""What the changes are called beside the settings."""


def changes_of(run: Run) -> tuple[RateChange, ...]:
    """Return the changes in a run, in order; an older one's as its events tell them."""
    try:
        told = run.record().rate_changes
    except RunError:
        told = None
    return changes_in(read_events(run.events, Control, Resumed)) if told is None else told


def changes_in(events: Iterable[Event]) -> tuple[RateChange, ...]:
    """Return the changes that events tell of, without those that a death undid."""
    found: list[RateChange] = []
    for event in events:
        if isinstance(event, Resumed):
            found = [change for change in found if change.step <= event.step]
        elif isinstance(event, Control) and event.value is not None and _is_change(event):
            found = [change for change in found if change.step != event.step]
            found.append(RateChange(event.step, event.value))
    return tuple(found)


def _is_change(event: Control) -> bool:
    return event.wish == "learning-rate" and event.outcome == "obeyed"


def change_words(changes: Sequence[RateChange]) -> str:
    """Return changes as `0.002 from step 3,260`; empty where there is none."""
    return ", ".join(f"{one.learning_rate:g} from step {one.step:,}" for one in changes)


def as_setting(changes: Sequence[RateChange]) -> str:
    """Return changes as the setting `training.rate_changes` takes them, no digit lost."""
    return " ".join(f"{one.step}={one.learning_rate!r}" for one in changes)


def unrepeated(record: RunRecord | None) -> str:
    """Return what the command line that repeats a run leaves out; empty where that is nothing."""
    if record is None or record.state != "stopped":
        return ""
    return f"it was stopped at step {record.step:,}; no option repeats that"


def not_refitted(changes: Sequence[RateChange]) -> str:
    """Return what a refit leaves out, whose steps are others; empty where that is nothing."""
    if not changes:
        return ""
    told = " and ".join(f"to {one.learning_rate:g} at step {one.step:,}" for one in changes)
    return f"the learning rate was changed {told}; a refit does not repeat that"
