"""The two parts of ratings that a run works with: those trained on, and those held out."""

from dataclasses import dataclass

import numpy as np

from cftui.hyperparameters import DataInfo


@dataclass(frozen=True)
class TrainingRatings:
    """The ratings trained on; arrays of shape (n_train,), read-only."""

    user: np.ndarray
    item: np.ndarray
    value: np.ndarray
    info: DataInfo

    def __len__(self) -> int:
        return len(self.user)


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
