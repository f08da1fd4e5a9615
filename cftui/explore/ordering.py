"""In which order a list stands: by likes and predicted stars together, or by one of them."""

from functools import lru_cache

import numpy as np
from scipy.special import log_ndtr

from cftui.explore.likes.tastes import Tastes
from cftui.questions.items import ListOrder
from cftui.ratings.values import Ratings

LIKED_FROM, NOISE = 3.75, 0.9
"""Where four stars begin, and how far ratings lie from predictions; of values within 0.5 to 5."""
LEAST = 1e-3
"""Scores by likes below this, which may be negative, count as much."""


def two_terms(ratings: Ratings, score: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Return 0.5 log P(four stars or more) + log(score by likes), shape as both given.

    `predicted` in rating units is mapped from the ratings' range to 0.5 to 5. A rating model alone
    says which rare item is good, not which one somebody would pick; likes say that.
    """
    span = ratings.high - ratings.low
    share = (predicted - ratings.low) / span if span > 0 else np.ones_like(predicted)
    stars = 0.5 + 4.5 * np.asarray(share, np.float64)
    return np.asarray(
        0.5 * log_ndtr((stars - LIKED_FROM) / NOISE) + np.log(np.maximum(score, LEAST))
    )


def ordered(
    ratings: Ratings,
    tastes: Tastes,
    order: ListOrder,
    score: np.ndarray,
    predicted: np.ndarray | None,
) -> np.ndarray:
    """Return what a list is sorted by, highest first, shape (n_items,).

    `predicted` may be none for an order that is not `stars`.
    """
    if order == "popular":
        return likes_given(ratings, tastes)
    if predicted is None:
        return score
    return predicted if order == "stars" else two_terms(ratings, score, predicted)


def likes_given(ratings: Ratings, tastes: Tastes) -> np.ndarray:
    """Return by how many people each item was liked, shape (n_items,); do not change it."""
    return _likes_given(ratings, tastes.threshold.value)


@lru_cache(maxsize=4)
def _likes_given(ratings: Ratings, threshold: float) -> np.ndarray:
    liked = ratings.value >= np.float32(threshold)
    return np.bincount(ratings.item[liked], minlength=ratings.n_items).astype(np.float64)


def rise(before: np.ndarray, after: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return by how many places each item rose among those that `mask` marks; 0 for the others."""
    places = np.flatnonzero(mask)
    risen = np.zeros(len(mask), np.int64)
    for scores, sign in ((before, 1), (after, -1)):
        order = places[np.argsort(-scores[places], kind="stable")]
        risen[order] += sign * np.arange(len(order))
    return risen
