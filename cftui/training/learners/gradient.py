"""Learning by gradient descent: batches in an order of the epoch's own, steps by an engine."""

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cftui.config import RunConfig
from cftui.models.initial import initial_values
from cftui.optim.schedules import learning_rates, momenta
from cftui.ratings.pairs import Pairs
from cftui.ratings.parts import TrainingRatings
from cftui.training.engines import choose
from cftui.training.engines.protocol import Arrays, Engine
from cftui.training.learners.protocol import Place, Report
from cftui.training.order import epoch_order

if TYPE_CHECKING:
    from cftui.models.custom import CustomClass


def begin_gradient_descent(
    config: RunConfig,
    ratings: TrainingRatings,
    custom: "CustomClass | None" = None,
    *,
    threads: int = 0,
    engine: Engine | None = None,
) -> "GradientLearner":
    """Return a learner at its first step; `engine` in place of the one that suits the run.

    Raises EngineError if the device is not there, ModelError if a user's model does not work.
    """
    engine = engine or choose.make_engine(config, threads, custom)
    # A user's module draws its own.
    initial = None if custom else initial_values(config.model, ratings.info, config.training.seed)
    engine.start(config, ratings, initial)
    return GradientLearner(config, ratings, engine)


@dataclass(frozen=True, eq=False)
class _Epoch:
    """What is settled for a whole epoch."""

    number: int
    """From 0."""
    order: np.ndarray
    multipliers: np.ndarray
    """What the schedule makes of a base rate of 1, shape (steps_per_epoch,)."""
    momenta: np.ndarray | None


class GradientLearner:
    """Owns the order of the ratings, the schedule and the place in both; the engine the numbers."""

    def __init__(self, config: RunConfig, ratings: TrainingRatings, engine: Engine) -> None:
        """Take an engine that was started."""
        self.engine = engine
        self.device, self.threads = engine.device, engine.threads
        self.parameter_count = engine.parameter_count
        self.steps_per_epoch = math.ceil(len(ratings) / config.training.batch_size)
        self.base_rate = config.optimizer.learning_rate
        self._config, self._n = config, len(ratings)
        self._number, self._position = 0, 0
        self._epoch: _Epoch | None = None

    def change_rate(self, rate: float) -> None:
        """Go on with another base rate."""
        self.base_rate = rate

    def advance(self, steps: int) -> Report:
        """Take so many steps, but none of the next epoch."""
        epoch, first = self._present(), self._position
        last = min(first + steps, self.steps_per_epoch)
        size = self._config.training.batch_size
        batches = epoch.order[first * size : last * size]
        rates = self.base_rate * epoch.multipliers[first:last]
        cycled = None if epoch.momenta is None else epoch.momenta[first:last]
        began = time.perf_counter()
        losses = self.engine.run(batches, rates, cycled)
        elapsed = time.perf_counter() - began
        counts = np.full(len(losses), size)
        counts[-1] = len(batches) - size * (len(losses) - 1)
        done = last == self.steps_per_epoch
        self._number, self._position = (epoch.number + 1, 0) if done else (epoch.number, last)
        return Report(losses, counts, float(rates[-1]), elapsed, done)

    def _present(self) -> _Epoch:
        if self._epoch is None or self._epoch.number != self._number:
            self._epoch = self._planned(self._number)
        return self._epoch

    def _planned(self, number: int) -> _Epoch:
        """Return order and schedule of an epoch.

        A whole epoch at once: a vectorised cosine may round otherwise in a portion of another
        length, and portions are as long as time allows.
        """
        config, steps = self._config, self.steps_per_epoch
        first, epochs = number * steps, config.training.epochs
        return _Epoch(
            number,
            epoch_order(config.training.seed, number, self._n),
            learning_rates(config.schedule, 1.0, steps, first, steps, epochs=epochs),
            momenta(config.schedule, config.optimizer, steps, first, steps, epochs=epochs),
        )

    def score(self, pairs: Pairs) -> np.ndarray:
        """Return predicted ratings, float32, shape (n,), without dropout."""
        return self.engine.score(pairs)

    def score_all_items(self, users: np.ndarray) -> np.ndarray:
        """Return users' predicted ratings of every item, float32, shape (len(users), n_items)."""
        return self.engine.score_all_items(users)

    def parameters(self) -> dict[str, np.ndarray]:
        """Return the model's parameters by name."""
        return self.engine.parameters()

    def state(self) -> dict[str, np.ndarray]:
        """Return the engine's state: slots, random states."""
        return self.engine.state()

    def place(self) -> Place:
        """Return the epoch, the steps done in it, and the base rate."""
        return {"epoch": self._number, "position": self._position, "base_rate": self.base_rate}

    def restore(self, parameters: Arrays, state: Arrays, place: Place) -> None:
        """Go back to what the three returned. Raises KeyError, ValueError or RuntimeError."""
        number, position, rate = (place[key] for key in ("epoch", "position", "base_rate"))
        self.engine.restore(parameters, state)
        self._number, self._position, self.base_rate = int(number), int(position), float(rate)
