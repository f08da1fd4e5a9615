"""What one way of predicting is worth to each user: errors on ratings, quality of lists."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from cftui.evaluation.intervals import interval, resampled
from cftui.evaluation.ranking import HeldOutLikes, list_quality
from cftui.questions.check import Interval, Measure
from cftui.ratings.pairs import Pairs

CELLS = 1 << 22
"""Scores of a block of users: with the copies that are sorted about 150 MB."""

Rates = Callable[[Pairs], np.ndarray]
"""Predicts ratings, shape (n,)."""
Ranks = Callable[[np.ndarray], np.ndarray]
"""Scores every item for users of these codes, shape (n_users, n_items)."""


@dataclass(frozen=True, eq=False)
class Predictor:
    """A run or a baseline: predicts ratings, makes lists, or both."""

    name: str
    words: str
    rates: Rates | None
    ranks: Ranks | None


@dataclass(frozen=True, eq=False)
class UserErrors:
    """Errors summed by user, over users with held-out ratings; arrays of shape (n_users,)."""

    squares: np.ndarray
    absolutes: np.ndarray
    n: np.ndarray
    """Held-out ratings of each user."""


@dataclass(frozen=True, eq=False)
class UserLists:
    """Quality of the lists of the users judged; arrays of shape (n_users,), float64."""

    precision: np.ndarray
    recall: np.ndarray
    ndcg: np.ndarray
    reciprocal_rank: np.ndarray
    popularity: np.ndarray
    """Mean number of training ratings of the items on the list."""
    recommended: np.ndarray
    """Whether an item is on anybody's list, shape (n_items,)."""


@dataclass(frozen=True, eq=False)
class Measurements:
    """All that a predictor is measured by."""

    name: str
    words: str
    errors: UserErrors | None
    lists: UserLists | None
    """None too where nobody has held-out likes."""

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return what was measured as named arrays."""
        parts: dict[str, Any] = {"errors": self.errors, "lists": self.lists}
        return {
            f"{self.name}.{part}.{field.name}": getattr(values, field.name)
            for part, values in parts.items()
            if values is not None
            for field in fields(values)
        }

    @classmethod
    def from_arrays(cls, name: str, words: str, arrays: Mapping[str, np.ndarray]) -> "Measurements":
        """Return what `to_arrays` gave; raises KeyError where a part of it is missing."""

        def part(kind: type[Any], label: str) -> Any:
            prefix = f"{name}.{label}."
            if not any(key.startswith(prefix) for key in arrays):
                return None
            return kind(**{field.name: arrays[prefix + field.name] for field in fields(kind)})

        return cls(name, words, part(UserErrors, "errors"), part(UserLists, "lists"))


def user_errors(predicted: np.ndarray, value: np.ndarray, user: np.ndarray) -> UserErrors:
    """Return the errors of predictions by user; ratings and users' codes of shape (n,) each."""
    off = predicted.astype(np.float64) - value.astype(np.float64)
    _, place = np.unique(user, return_inverse=True)
    return UserErrors(np.bincount(place, off**2), np.bincount(place, np.abs(off)), _sizes(place))


def user_lists(
    ranks: Ranks,
    likes: HeldOutLikes,
    item_counts: np.ndarray,
    at: int,
    heard: Callable[[int], None] = lambda done: None,
) -> UserLists:
    """Return how good the lists of users with held-out likes are, a block of users at a time.

    `item_counts`: training ratings of every item; `heard` is told how many users are done.
    """
    found: list[tuple[np.ndarray, ...]] = []
    recommended = np.zeros(len(item_counts), np.bool_)
    step = max(1, CELLS // len(item_counts))
    for start in range(0, len(likes), step):
        part = likes[start : start + step]
        made = list_quality(ranks(part.users), part.trained, part.relevant, at)
        listed = made.top >= 0
        recommended[made.top[listed]] = True
        sums = np.where(listed, item_counts[made.top], 0).sum(axis=1)
        mean = sums / np.maximum(listed.sum(axis=1), 1)
        found.append((made.precision, made.recall, made.ndcg, made.reciprocal_rank, mean))
        heard(start + len(part))
    precision, recall, ndcg, first, popularity = map(np.concatenate, zip(*found, strict=True))
    return UserLists(precision, recall, ndcg, first, popularity, recommended)


def _sizes(place: np.ndarray) -> np.ndarray:
    return np.bincount(place).astype(np.float64)


@dataclass(frozen=True, eq=False)
class Resampled:
    """One predictor's measures: each a value, and its resamples, paired with all others'."""

    value: float
    draws: np.ndarray

    @property
    def interval(self) -> Interval:
        """Return the value and its interval."""
        return interval(self.value, self.draws)

    def minus(self, other: "Resampled") -> Interval:
        """Return how much more this is, and the interval of the paired difference."""
        return interval(self.value - other.value, self.draws - other.draws)


Measured = Mapping[Measure, Resampled]


def measured(methods: Sequence[Measurements]) -> list[Measured]:
    """Return every measure of each predictor, all from the same resampled users.

    Coverage has no interval, since fewer users cover less: its resamples are the value itself.
    """
    found: list[dict[Measure, Resampled]] = [{} for _ in methods]
    _measure_errors(methods, found)
    _measure_lists(methods, found)
    return list(found)


def _measure_errors(methods: Sequence[Measurements], found: list[dict[Measure, Resampled]]) -> None:
    rating = [(place, made.errors) for place, made in enumerate(methods) if made.errors is not None]
    if not rating:
        return
    columns = [column for _, made in rating for column in (made.squares, made.absolutes)]
    values, draws = _ratios(np.stack(columns, axis=1), rating[0][1].n[:, None])
    for number, (place, _) in enumerate(rating):
        square, absolute = 2 * number, 2 * number + 1
        found[place]["rmse"] = Resampled(float(np.sqrt(values[square])), np.sqrt(draws[:, square]))
        found[place]["mae"] = Resampled(float(values[absolute]), draws[:, absolute])


_LISTS: tuple[tuple[Measure, str], ...] = (
    ("precision", "precision"),
    ("recall", "recall"),
    ("ndcg", "ndcg"),
    ("mrr", "reciprocal_rank"),
    ("popularity", "popularity"),
)


def _measure_lists(methods: Sequence[Measurements], found: list[dict[Measure, Resampled]]) -> None:
    listing = [(place, made.lists) for place, made in enumerate(methods) if made.lists is not None]
    if not listing:
        return
    columns = [getattr(made, field) for _, made in listing for _, field in _LISTS]
    values, draws = _ratios(np.stack(columns, axis=1), np.ones((len(columns[0]), 1)))
    for number, (place, made) in enumerate(listing):
        for offset, (measure, _) in enumerate(_LISTS):
            column = len(_LISTS) * number + offset
            found[place][measure] = Resampled(float(values[column]), draws[:, column])
        covered = float(made.recommended.mean())
        found[place]["coverage"] = Resampled(covered, np.full(len(draws), covered))


def _ratios(sums: np.ndarray, sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each column's ratio, shape (m,), and its resamples, shape (RESAMPLES, m)."""
    return sums.sum(axis=0) / sizes.sum(axis=0), resampled(sums, sizes)
