"""A factorization machine by its equation in numpy, float64, nothing of what trains."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from cftui.config import RunConfig
from cftui.hyperparameters import Adam, Fm
from cftui.models.initial import initial_values
from cftui.ratings.parts import TrainingRatings
from cftui.training.order import epoch_order, places_of_member

Array = NDArray[np.float64]
Step = Callable[[Array, Array], None]
"""Moves parameters along their gradient, in place."""


def machine_in_float64(
    config: RunConfig, ratings: TrainingRatings, epochs: int
) -> tuple[Array, dict[str, np.ndarray]]:
    """Return the loss of each step, and the tables by name that the steps lead to."""
    model, features = config.model, ratings.features
    assert isinstance(model, Fm) and features is not None and ratings.positions is not None
    begun = initial_values(model, ratings.info, config.training.seed)
    tables = [begun[f"tables.{name}"].astype(np.float64) for name in features.names]
    table, mean = np.concatenate(tables), float(begun["mean"])
    x, values = _dense(ratings), ratings.value.astype(np.float64)
    step, losses, seed = _stepper(config, table.shape), [], config.training.seed
    own = [places_of_member(seed, member, len(ratings)) for member in range(model.members)]
    for batch in _batches(config, len(ratings), epochs):
        met = [places[batch] for places in own]
        loss, gradient = _descent(table, mean, [x[m] for m in met], [values[m] for m in met])
        losses.append(loss)
        step(table, gradient + 2 * model.l2 / len(ratings) * table)
    edges = features.offsets[1:-1]
    named = zip(features.names, np.split(table, edges), strict=True)
    mean_table = {"mean": np.array(mean)}
    return np.array(losses), {f"tables.{name}": part for name, part in named} | mean_table


def _dense(ratings: TrainingRatings) -> Array:
    assert ratings.features is not None and ratings.positions is not None
    rows = ratings.features.rows_of(ratings.positions)
    x = np.zeros((len(rows), ratings.features.n_features))
    row = np.repeat(np.arange(len(rows)), np.diff(rows.indptr))
    x[row, rows.columns] = rows.values
    return x


def _batches(config: RunConfig, n: int, epochs: int) -> Iterator[np.ndarray]:
    size = config.training.batch_size
    for epoch in range(epochs):
        order = epoch_order(config.training.seed, epoch, n)
        for start in range(0, n, size):
            yield order[start : start + size]


def _descent(
    table: Array, mean: float, xs: Sequence[Array], values: Sequence[Array]
) -> tuple[float, Array]:
    """Return the mean of the members' mean squared errors, and each one's gradient of its own.

    Rendle 2010, eq. 1, with the pairs by its lemma 3.1; `table`: (columns, members, k + 1).
    """
    gradient, losses = np.zeros_like(table), []
    for member, (x, value) in enumerate(zip(xs, values, strict=True)):
        factors, weights = table[:, member, :-1], table[:, member, -1]
        sums = x @ factors
        pairs = ((sums**2).sum(1) - (x**2 @ factors**2).sum(1)) / 2
        error = mean + x @ weights + pairs - value
        losses.append(float((error**2).mean()))
        slope = 2 * error / len(error)
        own = (slope @ x**2)[:, None] * factors
        gradient[:, member, :-1] = x.T @ (slope[:, None] * sums) - own
        gradient[:, member, -1] = slope @ x
    return float(np.mean(losses)), gradient


def _stepper(config: RunConfig, shape: tuple[int, ...]) -> Step:
    """Return Adam (Kingma and Ba 2015, algorithm 1) or momentum, with L2 in the gradient."""
    o = config.optimizer
    first, second, steps = np.zeros(shape), np.zeros(shape), 0

    def adam(table: Array, gradient: Array) -> None:
        nonlocal steps
        assert isinstance(o, Adam)
        steps += 1
        gradient = gradient + o.weight_decay * table
        first[:] = o.beta1 * first + (1 - o.beta1) * gradient
        second[:] = o.beta2 * second + (1 - o.beta2) * gradient**2
        lengths = np.sqrt(second / (1 - o.beta2**steps)) + o.eps
        table -= o.learning_rate * first / (1 - o.beta1**steps) / lengths

    def momentum(table: Array, gradient: Array) -> None:
        first[:] = getattr(o, "momentum", 0.0) * first + gradient + o.weight_decay * table
        table -= o.learning_rate * first

    return adam if isinstance(o, Adam) else momentum
