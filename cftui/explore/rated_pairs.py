"""Pairs of a user and an item, each with the rating that it has, if it has one."""

import numpy as np

from cftui.ratings.pairs import Pairs
from cftui.ratings.values import Ratings


def rated_pairs(ratings: Ratings, users: np.ndarray, items: np.ndarray) -> Pairs:
    """Return pairs of codes, each with its rating where it has one: that tells when it was."""
    own = [ratings.by_user.of(user) for user in np.unique(users).tolist()]
    rated = np.concatenate([np.empty(0, np.int64), *own])
    keys = _keys(ratings, ratings.user[rated], ratings.item[rated])
    order, wanted = np.argsort(keys), _keys(ratings, users, items)
    places = np.searchsorted(keys, wanted, sorter=order)
    found = np.append(order, -1)[places]  # the last one stands for what is beyond all
    positions = np.append(rated, -1)[found]
    there = np.append(keys, -1)[found] == wanted
    return Pairs(users, items, np.where(there, positions, -1).astype(np.int64))


def _keys(ratings: Ratings, users: np.ndarray, items: np.ndarray) -> np.ndarray:
    """Return a number for each pair."""
    return np.asarray(users.astype(np.int64) * ratings.n_items + items)
