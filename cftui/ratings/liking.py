"""From which value on a rating says that somebody liked what they rated."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from cftui.questions.errors import QuestionError

LIKED = 4.0
"""Of values within 0.5 to 5."""
LIKED_SHARE = 0.5157
"""Share of the bundled ratings that are 4 or more; other scales take the value nearest to it."""
OTHER_WEIGHT = 0.15
"""What a rating below the threshold counts, where a liked one counts 1.

Not 0: who has disliked all so far would get no list at all. What people choose to rate says much
of their taste, whatever they thought of it.
"""
LEAST_WEIGHT = 0.05 * OTHER_WEIGHT
"""What the lowest value counts of somebody whose list is made; between it and the threshold the
weight rises evenly. So what they disliked hardly speaks for its like: lists of newcomers are as
good as with one weight for all below (NDCG@10 from 5 ratings 0.276 and 0.260 in the two draws of
`tests/bench/lists.py`, for 0.275 and 0.261).
"""
LONG_TAIL = 5.0
"""Counts of something reach so many times their median before the highest hundredth begins."""

Rule = Literal["stars", "share", "counts", "equal", "asked"]
RULES: tuple[Rule, ...] = ("stars", "share", "counts", "equal", "asked")
_WHY: dict[Rule, str] = {
    "stars": "usual for values within 0.5 to 5",
    "share": "the value that about as many ratings reach as reach 4 of 5 stars elsewhere",
    "counts": "these values are counts, so that each says liked",
    "equal": "all values are equal, so that each says liked",
    "asked": "as you chose",
}


@dataclass(frozen=True)
class LikingThreshold:
    """The value from which on a rating counts as liked, and why that one."""

    value: float
    """In rating units."""
    share: float
    """Share of all ratings that are liked by it."""
    rule: Rule
    low: float
    """The lowest value of the ratings."""

    @property
    def words(self) -> str:
        """Return it as a sentence for the screen."""
        return f"liked: {self.value:g} or more ({self.share:.0%} of ratings; {_WHY[self.rule]})"

    def liked(self, values: np.ndarray) -> np.ndarray:
        """Tell of each value, shape (n,), whether it is liked."""
        return reaches(values, self.value)

    def weights(self, values: np.ndarray) -> np.ndarray:
        """Return what each rating counts in fitting, shape (n,): 1 if liked, else a little."""
        return np.where(self.liked(values), 1.0, OTHER_WEIGHT)

    def says(self, values: np.ndarray) -> np.ndarray:
        """Return what each of somebody's ratings counts for their list, shape (n,), float64."""
        span = self.value - self.low
        above = values.astype(np.float64) - self.low
        share = above / span if span > 0 else np.zeros(len(values))
        rising = LEAST_WEIGHT + (OTHER_WEIGHT - LEAST_WEIGHT) * np.clip(share, 0.0, 1.0)
        return np.where(self.liked(values), 1.0, rising)


def reaches(values: np.ndarray, least: float) -> np.ndarray:
    """Tell of each value, shape (n,), whether it is at least so much.

    Compared as float32, which stored ratings are: 0.8 typed is not below 0.8 stored.
    """
    return np.asarray(values.astype(np.float32) >= np.float32(least))


def liking_threshold(values: np.ndarray, asked: float | None = None) -> LikingThreshold:
    """Return the threshold for ratings of these values, shape (n,), n above 0.

    Raises QuestionError if none of them reaches the threshold asked for.
    """
    levels, counts = np.unique(values, return_counts=True)
    reached = np.cumsum(counts[::-1])[::-1] / len(values)
    place, rule = _chosen(levels, reached, counts, asked)
    value = float(levels[place]) if asked is None else asked
    return LikingThreshold(value, float(reached[place]), rule, float(levels[0]))


def _chosen(
    levels: np.ndarray, reached: np.ndarray, counts: np.ndarray, asked: float | None
) -> tuple[int, Rule]:
    """Return the place of the lowest liked level, and the rule that chose it."""
    if asked is not None:
        return _at_least(levels, asked), "asked"
    if len(levels) == 1:
        return 0, "equal"
    if _are_counts(levels, counts):
        return int(np.searchsorted(levels, 0, side="right")), "counts"
    if levels[0] >= 0.5 and LIKED <= levels[-1] <= 5:
        return _at_least(levels, LIKED), "stars"
    # The lowest level is liked by nobody where there is another.
    return 1 + int(np.argmin(np.abs(reached[1:] - LIKED_SHARE))), "share"


def _at_least(levels: np.ndarray, value: float) -> int:
    place = int(np.searchsorted(levels, np.float32(value)))
    if not place < len(levels):
        raise QuestionError(f"no rating is {value:g} or more: choose at most {float(levels[-1]):g}")
    return place


def _are_counts(levels: np.ndarray, counts: np.ndarray) -> bool:
    """Tell whether the values are whole, none below 0, with a long tail upwards."""
    if levels[0] < 0 or np.any(levels != np.floor(levels)):
        return False
    above = levels > 0
    reached = np.cumsum(counts[above])
    median, high = levels[above][np.searchsorted(reached, (0.5 * reached[-1], 0.99 * reached[-1]))]
    return bool(high > LONG_TAIL * median)
