"""The mean rating to expect of an item that is not in the data, and how sure that is.

Random effects: an item's bias is drawn around what is known beforehand, its ratings scatter around
it; both variances are told by the data (method of moments). So a few ratings count k / (k + ratio
of the two), which is the damping of Koren (2010, section 2.1) with its constant measured.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from cftui.evaluation.baselines import Biases, fit_biases
from cftui.explore.content import Regression, Told, features_of, learn
from cftui.ratings.pairs import Pairs
from cftui.ratings.values import Ratings


@dataclass(frozen=True, eq=False)
class Plain:
    """What ratings are by biases alone, and how they scatter; rating units."""

    biases: Biases
    items: np.ndarray
    """Each item's mean above its raters' own, undamped, shape (n_items,)."""
    often: np.ndarray
    """Codes of the items with ratings enough to tell how biases scatter."""
    noise: float
    """Variance of a rating around user and item bias."""
    scatter: float
    """Variance of item biases around their mean."""


@lru_cache(maxsize=4)
def plain_of(ratings: Ratings) -> Plain:
    """Return biases and variances of a data set; found once."""
    pairs = Pairs(np.asarray(ratings.user), np.asarray(ratings.item))
    value = np.asarray(ratings.value)
    biases = fit_biases(pairs, value, ratings.n_users, ratings.n_items)
    counts = ratings.by_item.counts()
    above = value - biases.mean - biases.user[pairs.users]
    items = np.bincount(pairs.items, above, ratings.n_items) / np.maximum(counts, 1)
    often = np.flatnonzero(counts >= ratings.usual_floor)
    left = above - items[pairs.items]
    free = max(len(value) - ratings.n_items - ratings.n_users, 1)
    noise = max(float(left @ left) / free, 1e-12)
    told = float(items[often].var()) - float((noise / counts[often]).mean())
    return Plain(biases, items, often, noise, max(told, 1e-3 * noise))


@lru_cache(maxsize=4)
def bias_by_features(ratings: Ratings) -> Regression:
    """Return what genres and year tell of biases, from items with ratings enough; learned once."""
    plain = plain_of(ratings)
    return learn(features_of(ratings).table[plain.often], plain.items[plain.often, None])


@dataclass(frozen=True)
class Expected:
    """An item's bias, as far as it is known."""

    bias: float
    before: float
    """Without its own ratings."""
    variance: float


def expect(plain: Plain, users: np.ndarray, values: np.ndarray, told: Told | None) -> Expected:
    """Return the bias to expect from a few ratings, codes and values of shape (n,).

    `told`: what genres and year tell of the bias, if they were given.
    """
    before = float(plain.items[plain.often].mean()) if told is None else float(told.value[0])
    spread = plain.scatter * (1 if told is None else 1 - max(told.explained, 0.0))
    above = values - plain.biases.mean - plain.biases.user[users]
    sureness = 1 / spread + len(values) / plain.noise
    bias = (before / spread + float(above.sum()) / plain.noise) / sureness
    return Expected(bias, before, 1 / sureness)
