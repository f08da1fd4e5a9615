"""Likes and tastes as one value: whose list, which neighbours, from which ratings."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cftui.explore.likes.ease import Ease, Way, fit_ease
from cftui.explore.likes.kernels import Progress
from cftui.explore.likes.residuals import Company, Residuals, fit_residuals
from cftui.ratings.liking import RULES, LikingThreshold, liking_threshold

EASE_UNIT, COSINE_UNIT = 0.06, 0.3
"""What is usual among close neighbours: brings the two parts of nearness to one scale."""
EASE_SHARE = 0.8
"""Of the time that fitting takes."""


@dataclass(frozen=True, eq=False)
class NearByTastes:
    """One item beside all: arrays of shape (n_items,)."""

    score: np.ndarray
    """Symmetric EASE weight / 0.06 + shrunk cosine / 0.3; minus infinity for the item itself."""
    ease: np.ndarray
    """(W + Wᵀ) / 2."""
    company: Company


@dataclass(frozen=True, eq=False)
class Tastes:
    """All that ratings say of likes: of whom and what is told by codes alone."""

    threshold: LikingThreshold
    ease: Ease
    residuals: Residuals

    def scores(self, codes: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Return every item's score, shape (n_items,), for somebody's ratings, shape (n,) each."""
        return self.ease.scores(codes, self.threshold.says(values))

    def parts(self, codes: np.ndarray, values: np.ndarray, target: int) -> np.ndarray:
        """Return what each rating, shape (n,), adds to an item's score; their sum is the score."""
        return self.ease.parts(codes, self.threshold.says(values), target)

    def near(self, code: int) -> NearByTastes:
        """Return how near every item is to one."""
        ease, company = self.ease.symmetric(code), self.residuals.company(code)
        score = ease / EASE_UNIT + company.cosine / COSINE_UNIT
        score[code] = -np.inf
        return NearByTastes(score, ease, company)

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return all that it is as named arrays of numbers, to be kept."""
        chosen = self.threshold
        threshold = [chosen.value, chosen.share, RULES.index(chosen.rule), chosen.low]
        arrays = {"threshold": np.array(threshold, np.float64)}
        return {**arrays, **self.ease.to_arrays(), **self.residuals.to_arrays()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "Tastes":
        """Return what `to_arrays` kept; raises KeyError if an array is missing."""
        value, share, rule, low = arrays["threshold"].tolist()
        threshold = LikingThreshold(value, share, RULES[int(rule)], low)
        return cls(threshold, Ease.from_arrays(arrays), Residuals.from_arrays(arrays))


def fit_tastes(
    user: np.ndarray,
    item: np.ndarray,
    value: np.ndarray,
    n_users: int,
    n_items: int,
    *,
    threshold: float | None = None,
    way: Way | None = None,
    progress: Progress | None = None,
) -> Tastes:
    """Fit likes and residuals to ratings: codes and values, shape (n,) each, n above 0.

    All ratings for lists and neighbours; training ratings alone for what is evaluated. Counts
    enter the residuals as log(1 + value). Raises QuestionError for a threshold nobody reaches.
    """
    liking, tell = liking_threshold(value, threshold), progress or (lambda _: None)
    ease = fit_ease(
        *(user, item, liking.weights(value), n_users, n_items),
        way=way,
        progress=lambda share: tell(EASE_SHARE * share),
    )
    if liking.rule == "counts":
        value = np.log1p(value.astype(np.float64))
    residuals = fit_residuals(user, item, value, n_users, n_items)
    tell(1.0)
    return Tastes(liking, ease, residuals)
