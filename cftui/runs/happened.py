"""What was done to a run while it was live, as marks on its charts."""

from dataclasses import dataclass

from cftui.runs.history import History
from cftui.runs.interventions import Intervention


@dataclass(frozen=True)
class RunMark:
    """Something that happened at a step, in words."""

    step: int
    words: str


def marks_of(history: History) -> tuple[RunMark, ...]:
    """Return changes of the rate, pauses, stops and goings on, in order; one a step."""
    at_step: dict[int, dict[str, None]] = {}
    for one in sorted(history.interventions, key=lambda one: one.step):
        if one.kind != "checkpoint":
            at_step.setdefault(one.step, {})[_words(one)] = None
    return tuple(RunMark(step, ", ".join(words)) for step, words in at_step.items())


def _words(one: Intervention) -> str:
    """Return what was done, short enough for a chart."""
    rate = one.kind == "learning-rate" and one.value is not None
    return f"lr {one.value:g}" if rate else one.words
