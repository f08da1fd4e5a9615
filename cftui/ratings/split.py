"""Which ratings train and which validate."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cftui.config import SplitConfig
from cftui.ratings.values import Ratings


@dataclass(frozen=True, eq=False)
class Split:
    """Positions in the ratings, each in exactly one of the two read-only arrays."""

    train: NDArray[np.int64]
    """In the file's order."""
    valid: NDArray[np.int64]
    """In the order in which they were drawn."""


def split(config: SplitConfig, ratings: Ratings | int) -> Split:
    """Return the split of these ratings, or of that many, as the configuration says.

    `random` draws as the lesson does: the first share of `RandomState(seed).permutation(n)`.
    """
    n = ratings if isinstance(ratings, int) else len(ratings)
    drawn = np.random.RandomState(config.seed).permutation(n).astype(np.int64, copy=False)
    n_valid = int(config.fraction * n)
    valid, train = drawn[:n_valid].copy(), np.sort(drawn[n_valid:])
    train.flags.writeable = valid.flags.writeable = False
    return Split(train, valid)


def unseen(ratings: Ratings, split: Split) -> NDArray[np.bool_]:
    """Return, for each validation pair, whether its user or item has no training rating.

    Shape (n_valid,), in the order of `split.valid`.
    """
    seen_users = np.zeros(ratings.n_users, np.bool_)
    seen_items = np.zeros(ratings.n_items, np.bool_)
    seen_users[ratings.user[split.train]] = True
    seen_items[ratings.item[split.train]] = True
    user, item = ratings.user[split.valid], ratings.item[split.valid]
    return ~(seen_users[user] & seen_items[item])
