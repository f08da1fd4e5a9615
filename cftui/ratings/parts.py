"""The two parts of ratings that a run works with: those trained on, and those held out."""

from dataclasses import dataclass

import numpy as np

from cftui.config import ConfigError, SplitConfig
from cftui.hyperparameters import DataInfo
from cftui.ratings.features import Features
from cftui.ratings.pairs import Pairs
from cftui.ratings.split import split, unseen
from cftui.ratings.values import Ratings


@dataclass(frozen=True)
class TrainingRatings:
    """The ratings trained on; arrays of shape (n_train,), read-only."""

    user: np.ndarray
    item: np.ndarray
    value: np.ndarray
    info: DataInfo
    squared_unit: float = 1.0
    """What a squared error is divided by to be in the trainer's unit, which the values may not be
    in.
    """
    positions: np.ndarray | None = None
    """In the data's ratings, shape (n_train,), where that is known."""
    features: Features | None = None
    """What else is known of the ratings, where the model reads it."""

    def __len__(self) -> int:
        return len(self.user)

    @property
    def pairs(self) -> Pairs:
        """Who rated what."""
        return Pairs(self.user, self.item, self.positions)


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
    positions: np.ndarray | None = None
    """In the data's ratings, shape (n_valid,), where that is known."""

    def __len__(self) -> int:
        return len(self.user)

    @property
    def pairs(self) -> Pairs:
        """Who rated what."""
        return Pairs(self.user, self.item, self.positions)


def parts_of(config: SplitConfig, ratings: Ratings) -> tuple[TrainingRatings, ValidRatings]:
    """Return the two parts of ratings.

    Raises ConfigError if they are too few for two, or cannot be split so.
    """
    parts = split(config, ratings)
    train, valid = parts.train, parts.valid
    if not len(train) or (not len(valid) and config.kind != "none"):
        raise ConfigError(
            f"{len(ratings)} ratings are too few for this split ({len(train)} to train on,"
            f" {len(valid)} held out); change split.fraction or split.kind"
        )
    return (
        TrainingRatings(
            ratings.user[train],
            ratings.item[train],
            ratings.value[train],
            ratings.info(),
            positions=train,
        ),
        ValidRatings(
            ratings.user[valid],
            ratings.item[valid],
            ratings.value[valid],
            unseen(ratings, parts),
            ratings.low,
            ratings.high,
            valid,
        ),
    )
