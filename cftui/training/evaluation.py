"""Errors on held-out ratings."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class ValidRatings:
    """The held-out ratings; arrays of shape (n_valid,)."""

    user: np.ndarray
    item: np.ndarray
    value: np.ndarray
    unseen: np.ndarray
    """Whether the pair's user or item has no training rating."""
    low: float
    high: float


@dataclass(frozen=True)
class Errors:
    """Mean squared errors in squared rating units."""

    mse: float
    """Of the model's own output."""
    mse_clipped: float
    unseen_pairs: int
    unseen_mse: float | None


def errors(predicted: np.ndarray, valid: ValidRatings) -> Errors:
    """Return the errors of predicted ratings, shape (n_valid,), summed in float64."""
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
    )
