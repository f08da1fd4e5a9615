"""What gradient descent asks of an engine."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from cftui.config import RunConfig
from cftui.ratings.pairs import Pairs
from cftui.ratings.parts import TrainingRatings

Arrays = Mapping[str, np.ndarray]


class Engine(Protocol):
    """Owns parameters and steps; state is named arrays, anything postponed settled first."""

    device: str
    threads: int
    parameter_count: int
    """Trainable numbers, once started."""

    def start(self, config: RunConfig, ratings: TrainingRatings, initial: Arrays | None) -> None:
        """Build the model and the optimizer; without `initial` the model draws its own values."""

    def run(
        self, order: np.ndarray, learning_rates: np.ndarray, momenta: np.ndarray | None = None
    ) -> np.ndarray:
        """Take a step a batch and return one mean squared error a step, float32, in the unit.

        `order`: positions in the training ratings, batches in a row, the last may be short.
        `learning_rates`: one a step; so `momenta`, without which the optimizer's own stands.
        """

    def score(self, pairs: Pairs) -> np.ndarray:
        """Return predicted ratings, float32, shape (n,), without dropout."""

    def score_all_items(self, users: np.ndarray) -> np.ndarray:
        """Return users' predicted ratings of every item, float32, shape (len(users), n_items).

        Draws no random number that training draws.
        """

    def parameters(self) -> dict[str, np.ndarray]:
        """Return the model's parameters by name."""

    def state(self) -> dict[str, np.ndarray]:
        """Return all that going on needs besides the parameters: slots, random states."""

    def restore(self, parameters: Arrays, state: Arrays) -> None:
        """Go back to what `parameters` and `state` returned."""


class EngineError(RuntimeError):
    """An engine that cannot serve a run here; the message says what to do."""
