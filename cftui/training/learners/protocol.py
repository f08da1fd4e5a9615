"""What a trainer asks of whatever learns; ratings, predictions and losses as it gave the ratings.

They are in the trainer's unit (`cftui.ratings.unit`), but for a user's own model: that is given
ratings as they are, and its losses alone are in the unit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from cftui.ratings.pairs import Pairs
from cftui.training.engines.protocol import Arrays

Place = Mapping[str, float]
"""Where a learner is, as plain numbers by name: a checkpoint's metadata holds them."""


@dataclass(frozen=True, eq=False)
class Report:
    """What some steps came to."""

    losses: np.ndarray
    """Mean squared error of each step's ratings, as it was before the step; shape (steps,)."""
    counts: np.ndarray
    """Number of ratings in each step, shape (steps,)."""
    learning_rate: float | None
    """Of the last step; none where the method has no such thing."""
    seconds: float
    """Time that the steps took."""
    epoch_done: bool
    """Whether the last of them ended a pass over the ratings."""


class Learner(Protocol):
    """Learns step by step; owns the parameters and everything that going on exactly needs."""

    device: str
    threads: int
    parameter_count: int
    """Trainable numbers."""
    steps_per_epoch: int

    @property
    def base_rate(self) -> float | None:
        """The learning rate that a schedule scales; none where the method has no such thing."""

    def change_rate(self, rate: float) -> None:
        """Go on with another base rate; never called where there is none."""

    def advance(self, steps: int) -> Report:
        """Take so many steps, but none of the next epoch."""

    def score(self, pairs: Pairs) -> np.ndarray:
        """Return predicted ratings, float32, shape (n,)."""

    def score_all_items(self, users: np.ndarray) -> np.ndarray:
        """Return users' predicted ratings of every item, float32, shape (len(users), n_items).

        Draws no random number that training draws.
        """

    def parameters(self) -> dict[str, np.ndarray]:
        """Return what predictions are computed from, by name."""

    def state(self) -> dict[str, np.ndarray]:
        """Return all arrays that going on needs besides the parameters."""

    def place(self) -> Place:
        """Return where it is: the next step, and what numbers hold for it."""

    def restore(self, parameters: Arrays, state: Arrays, place: Place) -> None:
        """Go back to what the three returned; `place` may hold more. Raises KeyError, ValueError,
        RuntimeError for what is of another learner.
        """


@runtime_checkable
class Sampler(Protocol):
    """A learner that draws weights instead of improving them: the mean of the draws predicts.

    What it has at the end is best, so that no weights of another step are kept, and a checkpoint is
    written only where one is due.
    """

    def noise(self) -> float:
        """Return the variance of the noise as of the last draw, averaged over training ratings."""

    def watch(self, pairs: Pairs) -> None:
        """Have `score` give the mean of all draws from now on for these pairs."""

    def last_draw(self) -> np.ndarray:
        """Return what the last draw alone predicts of the watched pairs, float32, shape (n,)."""
