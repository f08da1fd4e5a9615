"""What was done to a run while it trained: the marks on its charts."""

from dataclasses import dataclass

from cftui.runs.events import Control, Finished
from cftui.runs.history import History

WORDS = {"pause": "pause", "resume": "goes on", "stop": "stop"}
"""Of the wishes that leave a mark beside a learning rate's."""


@dataclass(frozen=True)
class RunMark:
    """Something that happened at a step, in words."""

    step: int
    words: str


def marks_of(history: History) -> tuple[RunMark, ...]:
    """Return changes of the rate, pauses, stops and goings on, in order; one a step."""
    told = [(one.step, words) for one in history.controls if (words := _words(one))]
    told += [(step, "resumed") for step in history.resumed]
    end = history.end
    if isinstance(end, Finished) and end.outcome == "stopped":
        told.append((end.step, "stop"))
    at_step: dict[int, dict[str, None]] = {}
    for step, words in sorted(told, key=lambda one: one[0]):
        at_step.setdefault(step, {})[words] = None
    return tuple(RunMark(step, ", ".join(words)) for step, words in at_step.items())


def _words(control: Control) -> str:
    """Return what a wish did; empty where it was refused, or leaves no mark."""
    if control.outcome != "obeyed":
        return ""
    if control.wish == "learning-rate" and control.value is not None:
        return f"lr {control.value:g}"
    return WORDS.get(control.wish, "")
