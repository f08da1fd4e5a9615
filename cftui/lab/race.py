"""Several descents on the same points: where each is, how it came there, and over what land."""

from collections.abc import Sequence

import numpy as np

from cftui.lab.asked import descent_answer, taken
from cftui.lab.descent import Descent
from cftui.lab.landscape import Bowl, landscape
from cftui.library.door import Library, answers
from cftui.questions.errors import QuestionError
from cftui.questions.race import MOST_PLACE, MOST_RACERS, Curve, Race, RaceAnswer, Racer

TRAIL = 200
"""Points of a trail that are told."""


@answers(Race)
def answer_race(library: Library, question: Race) -> RaceAnswer:
    """Take every descent as far as was asked, and tell where each is.

    Raises QuestionError for settings that cannot be used, or that are of unlike points.
    """
    if not 1 <= len(question.settings) <= MOST_RACERS:
        raise QuestionError(f"{len(question.settings)} optimizers: a race is of 1 to {MOST_RACERS}")
    if question.place > MOST_PLACE:
        raise QuestionError(f"{question.place:,} steps: a race goes up to {MOST_PLACE:,}")
    if len({(one.points, one.function) for one in question.settings}) > 1:
        raise QuestionError("a race is on the same points, with the same function")
    descents = [taken(settings, question.place) for settings in question.settings]
    bowl = Bowl.of(descents[0].plan.points, descents[0].plan.function)
    racers = [_racer(descent, bowl) for descent in descents]
    focused = descents[question.focused]
    land = landscape(
        bowl,
        [descent.plan.start for descent in descents],
        [racer.trail for racer in racers],
        focused.weights,
    )
    place = focused.place  # less than was asked, where it diverged
    first = max(question.first - (question.place - place), 1)
    if question.ahead:  # last of all: it moves the descent on
        focused = taken(question.settings[question.focused], place + question.ahead)
    told = descent_answer(focused, first, place + question.ahead)
    return RaceAnswer(told, tuple(racers), land)


def _racer(descent: Descent, bowl: Bowl) -> Racer:
    told = thinned(descent.place)
    weights = np.array([_weights(descent, place) for place in told])
    rmse = bowl.rmse(weights)
    return Racer(
        options=tuple(sorted(descent.plan.rule.model_dump(exclude={"name"}).items())),
        place=descent.place,
        diverged=descent.diverged,
        weights=tuple(descent.weights.tolist()),
        rmse=float(rmse[-1]),
        trail=(tuple(weights[:, 0].tolist()), tuple(weights[:, 1].tolist())),
        errors=(tuple(map(float, told)), tuple(rmse.tolist())),
        epochs=_epochs(descent),
    )


def thinned(last: int) -> list[int]:
    """Return numbers from 0 to `last`, both among them, at most `TRAIL` or so.

    At strides of a power of 2, so that a trail that grows keeps its points.
    """
    stride = 1
    while last > stride * TRAIL:
        stride *= 2
    return [*range(0, last, stride), last]


def _weights(descent: Descent, place: int) -> np.ndarray:
    return descent.steps[place - 1].new if place else descent.plan.start


def _epochs(descent: Descent) -> Curve:
    errors: Sequence[float] = descent.epoch_rmse()
    told = thinned(len(errors))[1:]
    return tuple(map(float, told)), tuple(errors[number - 1] for number in told)
