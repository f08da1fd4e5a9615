"""Pairs of a user and an item, each with the rating that it has, if it has one."""

import numpy as np

from cftui.ratings.pairs import Pairs
from cftui.ratings.values import Ratings


def rated_pairs(ratings: Ratings, users: np.ndarray, items: np.ndarray) -> Pairs:
    """Return pairs of codes, each with its rating where it has one: that tells when it was."""
    rated = {
        (int(user), int(ratings.item[position])): position
        for user in np.unique(users)
        for position in ratings.by_user.of(int(user)).tolist()
    }
    pairs = zip(users.tolist(), items.tolist(), strict=True)
    return Pairs(users, items, np.array([rated.get(pair, -1) for pair in pairs], np.int64))
