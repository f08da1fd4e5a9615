"""Descents that are asked about: checked, taken as far as asked, and remembered."""

import math
from functools import lru_cache
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from cftui.hyperparameters.complaints import complaints
from cftui.lab.descent import MOST_KEPT, Descent, DescentStep, Plan, state_of
from cftui.lab.functions import FUNCTIONS
from cftui.lab.points import Points, lesson_points, read_points
from cftui.lab.update_rules import RULES, UpdateRule
from cftui.library.door import Library, answers
from cftui.questions.errors import QuestionError
from cftui.questions.lab import LESSON, Descend, DescentAnswer, DescentSettings, StepRow

MOST_STEPS = 1_000_000
REMEMBERED = 8
"""Descents."""
MOST_SHOWN = MOST_KEPT
"""Points of a batch that a row tells; a larger one's are too many to read."""


@answers(Descend)
def answer_descend(library: Library, question: Descend) -> DescentAnswer:
    """Take a descent as far as was asked."""
    return descend(question.settings, question.first, question.last)


def descend(settings: DescentSettings, first: int, last: int) -> DescentAnswer:
    """Return steps `first` to `last` of a descent, fewer where it diverges before.

    Raises QuestionError for settings that cannot be used.
    """
    return descent_answer(taken(settings, last), first, last)


def descent_answer(descent: Descent, first: int, last: int) -> DescentAnswer:
    """Return what is to be told of steps `first` to `last`, as far as they are done."""
    plan, steps = descent.plan, descent.steps[max(first - 1, 0) : min(last, descent.place)]
    return DescentAnswer(
        letters=plan.function.letters,
        formula=plan.function.formula,
        n_points=len(plan.points),
        steps_per_epoch=plan.steps_per_epoch,
        learning_rate=plan.rule.learning_rate,
        source=plan.rule.source,
        rows=tuple(_row(step, plan.rule) for step in steps),
        epoch_rmse=tuple(descent.epoch_rmse()),
        diverged=descent.place if descent.diverged else None,
    )


def taken(settings: DescentSettings, last: int) -> Descent:
    """Return the descent of these settings where `last` steps are done, or where it diverged.

    It is remembered: who asks next moves it. Raises QuestionError for what cannot be used.
    """
    if last > MOST_STEPS:
        raise QuestionError(f"{last:,} steps: the lab takes up to {MOST_STEPS:,}")
    descent = _descent(settings, _written(settings.points))
    _take(descent, settings, last)
    return descent


def _take(descent: Descent, settings: DescentSettings, last: int) -> None:
    """Be where `last` steps are done, changes by hand among them."""
    for change in sorted(settings.changes, key=lambda change: change.after):
        if change.after < last and change.after >= len(descent.steps):
            descent.go(change.after)
            descent.change(change.letter, change.value)
    descent.go(last)


@lru_cache(maxsize=REMEMBERED)
def _descent(settings: DescentSettings, written: int) -> Descent:
    """Return the descent of these settings, at whatever step it was left.

    `written` is when its points were, so that a file that was changed is read anew.
    """
    return Descent(plan_of(settings))


def _written(points: str) -> int:
    """Return when a file of points was written, in ns; 0 for none."""
    try:
        return 0 if points == LESSON else Path(points).stat().st_mtime_ns
    except (OSError, ValueError):
        return 0


def plan_of(settings: DescentSettings) -> Plan:
    """Return what the settings say, checked; raises QuestionError, which names what is wrong."""
    if settings.function not in FUNCTIONS:
        known = ", ".join(FUNCTIONS)
        raise QuestionError(f"function {settings.function!r}: there are {known}")
    function = FUNCTIONS[settings.function]
    start = settings.start or (1.0,) * len(function.letters)
    if len(start) != len(function.letters) or not all(map(math.isfinite, start)):
        letters = ", ".join(function.letters)
        raise QuestionError(f"start {start}: give a finite number each for {letters}")
    if not (settings.difference and math.isfinite(settings.difference)):
        raise QuestionError(
            f"difference {settings.difference:g}: h of the estimated derivatives is a number that"
            " is not 0, such as 0.01"
        )
    if settings.batch < 0:
        raise QuestionError(f"batch {settings.batch}: give the points in a step, or 0 for all")
    for change in settings.changes:
        if change.letter not in function.letters or not math.isfinite(change.value):
            raise QuestionError(
                f"{change.letter} = {change.value:g}: the weights are"
                f" {', '.join(function.letters)}, each a finite number"
            )
    return Plan(
        points_of(settings.points),
        function,
        rule_of(settings.rule, dict(settings.options)),
        np.array(start, np.float64),
        settings.batch,
        settings.difference,
    )


def rule_of(name: str, options: dict[str, float | bool]) -> UpdateRule:
    """Return an update rule with its options; raises QuestionError for one that cannot be."""
    if name not in RULES:
        raise QuestionError(f"optimizer {name!r}: there are {', '.join(RULES)}")
    try:
        return RULES[name].model_validate({"name": name, **options})
    except ValidationError as error:
        known = [key for key in RULES[name].model_fields if key != "name"]
        raise QuestionError("\n".join(complaints(error, "optimizer", lambda _: known))) from None


def points_of(name: str) -> Points:
    """Return the points that a name or a path means, such as can be descended on."""
    points = lesson_points() if name == LESSON else read_points(Path(name))
    if len(points) < 2 or np.ptp(points.x) == 0:
        one = "one point" if len(points) < 2 else f"every x is {points.x[0]:g}"
        raise QuestionError(f"{name}: {one}: many lines fit it equally; give points of unlike x")
    return points


def _row(step: DescentStep, rule: UpdateRule) -> StepRow:
    def numbers(array: np.ndarray) -> tuple[float, ...]:
        return tuple(array[:MOST_SHOWN].tolist())

    return StepRow(
        number=step.number,
        by_hand=step.by_hand,
        place=step.first,
        x=numbers(step.x),
        y=numbers(step.y),
        weights=numbers(step.weights),
        prediction=numbers(step.prediction),
        squared_error=step.squared_error,
        estimated=numbers(step.estimated),
        gradient=numbers(step.gradient),
        state=tuple((name, numbers(array)) for name, array in state_of(step, rule).items()),
        new=numbers(step.new),
    )
