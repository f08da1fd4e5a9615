"""What anybody could predict without a model: the mean, and the mean with biases."""

from dataclasses import dataclass

import numpy as np

from cftui.ratings.pairs import Pairs

DAMPING = 5.0
"""So many ratings at the mean are added to each user's and item's own."""
SWEEPS = 5
"""Alternations between items and users; each shrinks what is left to about a tenth."""


@dataclass(frozen=True, eq=False)
class Biases:
    """A mean and what each user and item is above it; biases of shape (n,), in rating units."""

    mean: float
    user: np.ndarray
    item: np.ndarray

    def score(self, pairs: Pairs) -> np.ndarray:
        """Return predicted ratings, shape (n,), float64."""
        scores: np.ndarray = self.mean + self.user[pairs.users] + self.item[pairs.items]
        return scores


def fit_biases(pairs: Pairs, value: np.ndarray, n_users: int, n_items: int) -> Biases:
    """Return damped least-squares biases (Koren 2010, section 2.1), by alternating.

    `value`: the pairs' ratings, shape (n,). A user or an item without any has the bias 0.
    """
    user, item = pairs.users, pairs.items
    mean = float(value.mean(dtype=np.float64))
    left = value.astype(np.float64) - mean
    users, items = np.zeros(n_users), np.zeros(n_items)
    per_user = np.bincount(user, minlength=n_users) + DAMPING
    per_item = np.bincount(item, minlength=n_items) + DAMPING
    for _ in range(SWEEPS):
        items = np.bincount(item, left - users[user], n_items) / per_item
        users = np.bincount(user, left - items[item], n_users) / per_user
    return Biases(mean, users, items)
