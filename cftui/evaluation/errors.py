"""Errors on held-out ratings."""

from dataclasses import dataclass

import numpy as np

from cftui.evaluation.baselines import fit_biases
from cftui.ratings.parts import TrainingRatings, ValidRatings


@dataclass(frozen=True)
class Errors:
    """Mean squared errors in squared rating units."""

    mse: float
    """Of the model's own output."""
    mse_clipped: float
    unseen_pairs: int
    unseen_mse: float | None
    saturated: float | None = None
    """As `saturated_share`."""


END = 0.01
"""Share of the range within which a value stands at an end of it."""


def errors(predicted: np.ndarray, valid: ValidRatings) -> Errors:
    """Return the errors of predicted ratings, shape (n_valid,), at least one, summed in float64."""
    predicted = predicted.astype(np.float64)
    actual = valid.value.astype(np.float64)
    squares = (predicted - actual) ** 2
    clipped = (np.clip(predicted, valid.low, valid.high) - actual) ** 2
    unseen = squares[valid.unseen]
    return Errors(
        float(squares.mean()),
        float(clipped.mean()),
        len(unseen),
        float(unseen.mean()) if len(unseen) else None,
        saturated_share(predicted, actual, valid.low, valid.high),
    )


def saturated_share(
    predicted: np.ndarray, actual: np.ndarray, low: float, high: float
) -> float | None:
    """Return the share of predictions at an end of the scale whose rating stands at neither.

    Of those ratings alone, so that a scale of two values is no sign; none where there are none.
    """
    margin = END * (high - low)
    inner = (actual > low + margin) & (actual < high - margin)
    if not inner.any():
        return None
    of_inner = predicted[inner]
    return float(((of_inner <= low + margin) | (of_inner >= high - margin)).mean())


def baseline_errors(training: TrainingRatings, valid: ValidRatings) -> dict[str, float] | None:
    """Return the validation MSE of the training ratings' mean, and of the mean with biases.

    None where nothing is held out.
    """
    if not len(valid):
        return None
    info = training.info
    fitted = fit_biases(training.pairs, training.value, info.n_users, info.n_items)
    mean = np.full(len(valid.user), fitted.mean)
    biases = fitted.score(valid.pairs)
    return {"global_mean": errors(mean, valid).mse, "biases": errors(biases, valid).mse}
