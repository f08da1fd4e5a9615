"""The order in which ratings are met: a function of (seed, epoch) alone."""

import numpy as np


def epoch_order(seed: int, epoch: int, n: int) -> np.ndarray:
    """Return a permutation of the n training ratings for an epoch (from 0), int64.

    Philox is counter-based (Salmon et al. 2011): any epoch's order is had without the others.
    """
    key = np.array([seed, epoch], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key)).permutation(n)
