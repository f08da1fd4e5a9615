"""The order in which ratings are met: a function of (seed, epoch) alone."""

import numpy as np


def epoch_order(seed: int, epoch: int, n: int) -> np.ndarray:
    """Return a permutation of the n training ratings for an epoch (from 0), int64.

    Philox is counter-based (Salmon et al. 2011): any epoch's order is had without the others.
    """
    return _permutation(seed, epoch, n)


def places_of_member(seed: int, member: int, n: int) -> np.ndarray:
    """Return which training rating a member (from 0) of several meets in place of each, int64.

    The same in every epoch: the order is another in each, so each member's own is as well.
    """
    return np.arange(n) if member == 0 else _permutation(seed, (1 << 40) + member, n)


def _permutation(seed: int, number: int, n: int) -> np.ndarray:
    key = np.array([seed, number], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key)).permutation(n)
