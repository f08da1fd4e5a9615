"""Gradient descent one step at a time, every number in the open, and back again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from cftui.lab.functions import Polynomial
from cftui.lab.points import Points
from cftui.lab.update_rules import State, UpdateRule

DIFFERENCE = 0.01
"""h of the estimated derivatives, as the lesson has it."""

MOST_KEPT = 64
"""Predictions of a step that are kept: a batch may be of a million points, and steps are many."""


@dataclass(frozen=True, eq=False)
class Plan:
    """What is descended, from where, and how."""

    points: Points
    function: Polynomial
    rule: UpdateRule
    start: np.ndarray
    """First weights, shape (k,)."""
    batch: int = 1
    """Points in a step, in their own order; 0: all of them. The lesson takes 1, "online"."""
    difference: float = DIFFERENCE

    @property
    def batch_size(self) -> int:
        """Return the points in a step."""
        return min(self.batch or len(self.points), len(self.points))

    @property
    def steps_per_epoch(self) -> int:
        """Return the steps that one pass over the points takes."""
        return -(-len(self.points) // self.batch_size)


@dataclass(frozen=True, eq=False)
class DescentStep:
    """One step: what was seen, what followed from it, and where it led.

    Arrays of shape (batch,) for points, (k,) for weights.
    """

    number: int
    """From 1."""
    first: int
    """Place of its first point, from 0; -1 for a change by hand."""
    x: np.ndarray
    y: np.ndarray
    weights: np.ndarray
    """Before the step."""
    prediction: np.ndarray
    """Of the first `MOST_KEPT` points."""
    squared_error: float
    """Mean over the batch."""
    estimated: np.ndarray
    """The error's derivatives by forward difference."""
    gradient: np.ndarray
    """The same by the chain rule."""
    state: State
    """Of the rule, after the step."""
    new: np.ndarray
    """Weights after it."""

    @property
    def by_hand(self) -> bool:
        """Return whether somebody changed a weight here, in place of a step."""
        return self.first < 0

    @property
    def finite(self) -> bool:
        """Return whether the numbers are still numbers."""
        return bool(np.isfinite(self.new).all() and np.isfinite(self.squared_error))


@dataclass(eq=False)
class Descent:
    """Steps taken so far; going back and forth changes none of them."""

    plan: Plan
    steps: list[DescentStep] = field(default_factory=list)
    """All that are known, also those that one has gone back over."""
    place: int = 0
    """So many steps are done now."""
    _points_met: list[int] = field(default_factory=lambda: [0])
    """Steps along the points, changes by hand left out, after each of `steps`."""

    @property
    def weights(self) -> np.ndarray:
        """Return the weights now, shape (k,)."""
        return self.steps[self.place - 1].new if self.place else self.plan.start

    @property
    def last(self) -> DescentStep | None:
        """Return the step done last; none at the beginning."""
        return self.steps[self.place - 1] if self.place else None

    @property
    def diverged(self) -> bool:
        """Return whether there is no going on: a number is none any more."""
        return self.last is not None and not self.last.finite

    def forward(self) -> bool:
        """Do one step; return whether there was one to do, which there is not once diverged."""
        if self.diverged:
            return False
        if self.place == len(self.steps):
            self.steps.append(self._next())
            self._points_met.append(self._points_met[-1] + 1)
        self.place += 1
        return True

    def back(self) -> bool:
        """Go back over one step; return whether there was one."""
        self.place -= self.place > 0
        return bool(self.steps)

    def go(self, place: int) -> None:
        """Go to where so many steps are done, or to where it diverged."""
        while self.place < place and self.forward():
            pass
        self.place = min(self.place, max(place, 0))

    def change(self, letter: str, value: float) -> None:
        """Set a weight by hand: a step of its own, in place of those gone back over."""
        new = self.weights.copy()
        new[self.plan.function.letters.index(letter)] = value
        del self.steps[self.place :], self._points_met[self.place + 1 :]
        nothing, zeros = np.empty(0), np.zeros_like(new)
        self.steps.append(
            DescentStep(
                *(self.place + 1, -1, nothing, nothing, self.weights, nothing, 0.0),
                *(zeros, zeros, self._state, new),
            )
        )
        self._points_met.append(self._points_met[-1])
        self.place += 1

    def epoch_rmse(self) -> list[float]:
        """Return each whole epoch's error, as met: the root of the mean of all squared errors.

        Divided by the number of points, which the lesson's own sheet leaves out.
        """
        plan, found, total = self.plan, [], 0.0
        taken = [step for step in self.steps[: self.place] if not step.by_hand]
        for count, step in enumerate(taken, start=1):
            total += step.squared_error * len(step.x)
            if count % plan.steps_per_epoch == 0:
                found.append(float(np.sqrt(total / len(plan.points))))
                total = 0.0
        return found

    @property
    def _state(self) -> State:
        return self.last.state if self.last is not None else self._first_state

    @cached_property
    def _first_state(self) -> State:
        return self.plan.rule.begin(self.plan.start)

    def _next(self) -> DescentStep:
        plan, weights = self.plan, self.weights
        first = self._points_met[self.place] % plan.steps_per_epoch * plan.batch_size
        batch = slice(first, first + plan.batch_size)
        x, y = plan.points.x[batch], plan.points.y[batch]
        with np.errstate(over="ignore", invalid="ignore"):  # who diverges is told so
            gradient = plan.function.gradient(weights, x, y)
            new, state = plan.rule.step(weights, gradient, self._state)
            return DescentStep(
                number=self.place + 1,
                first=first,
                x=x,
                y=y,
                weights=weights,
                prediction=plan.function.predict(weights, x[:MOST_KEPT]),
                squared_error=plan.function.squared_error(weights, x, y),
                estimated=plan.function.estimated(weights, x, y, plan.difference),
                gradient=gradient,
                state=state,
                new=new,
            )


def state_of(step: DescentStep, rule: UpdateRule) -> Mapping[str, np.ndarray]:
    """Return what a step's state shows, in the order in which it is computed."""
    return {name: step.state[name] for name in rule.shown if name in step.state}
