"""What the time of a rating tells of it, beside the times of the training ratings."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cftui.ratings.profile import resolution_of
from cftui.ratings.values import UNKNOWN_TIME

Codes = NDArray[np.int32]
Numbers = NDArray[np.int64]
Integers = NDArray[np.signedinteger[Any]]
MONTHS_A_PERIOD = 6
DAY = 86_400
"""Seconds."""


@dataclass(frozen=True, eq=False)
class Clock:
    """Codes of ratings by their times; every vocabulary and every count is of training ratings.

    A time that is unknown, or in a half-year or on a user's day that nobody trained on, has code
    -1; of what is binned, a value beyond all that were trained on has the last code.
    """

    resolution: str
    """What times count: `s`, `ms`, `us` or `ns`."""
    user: NDArray[np.int32]
    """Of the training ratings that have a time, sorted by user, then time; so `time`."""
    time: Numbers
    n_users: int
    years: NDArray[np.int32]
    """Of the items' films, shape (n_items,); 0 where unknown."""

    @classmethod
    def of(
        cls, users: NDArray[np.int32], times: Numbers, n_users: int, years: NDArray[np.int32]
    ) -> "Clock | None":
        """Return the clock of these training ratings; none where no time is known."""
        known = times != UNKNOWN_TIME
        if not known.any():
            return None
        user, time = users[known], times[known]
        order = np.lexsort((time, user))
        return cls(resolution_of(time)[0], user[order], time[order], n_users, years)

    @property
    def last(self) -> int:
        """Return the latest time of the training ratings."""
        return int(self.time.max())

    def width(self, field: str) -> int:
        """Return how many codes a field has; 0 where these ratings do not tell it."""
        match field:
            case "calendar":
                return len(self._periods)
            case "user-day":
                return len(self._days)
            case "since-first":
                return 1 + int(_log2(1 + self._days_since(self.user, self.time)).max())
            case "place":
                return 1 + int(_log2(1 + self._earlier(self.user, self.time)).max())
            case "film-age":
                return self._oldest_age + 1
        raise KeyError(field)

    def codes(self, field: str, users: Integers, items: Integers, times: Numbers) -> Codes:
        """Return a field's codes of ratings that are given so, shape (n,)."""
        match field:
            case "calendar":
                found = _place_in(self._periods, self._months(times) // MONTHS_A_PERIOD)
            case "user-day":
                found = _place_in(self._days, self._day_keys(users, times))
            case "since-first":
                days = self._days_since(users, times)
                found = np.where(self._counts[users] > 0, _log2(1 + days), -1)
            case "place":
                found = _log2(1 + self._earlier(users, times))
            case "film-age":
                found = self._ages(items, times)
            case _:
                raise KeyError(field)
        found = np.minimum(found, self.width(field) - 1)
        return np.where(times == UNKNOWN_TIME, -1, found).astype(np.int32)

    @cached_property
    def _counts(self) -> Numbers:
        return np.bincount(self.user, minlength=self.n_users)

    @cached_property
    def _begins(self) -> Numbers:
        """Where each user's training ratings begin, shape (n_users + 1,)."""
        return np.concatenate([[0], np.cumsum(self._counts)])

    @cached_property
    def _periods(self) -> Numbers:
        """The half-years that were trained on, in order."""
        return np.unique(self._months(self.time) // MONTHS_A_PERIOD)

    @cached_property
    def _days(self) -> Numbers:
        """The users' days that were trained on, as keys in order."""
        return np.unique(self._day_keys(self.user, self.time))

    @cached_property
    def _distinct(self) -> Numbers:
        """Every time of the training ratings once, in order."""
        return np.unique(self.time)

    @cached_property
    def _places(self) -> Numbers:
        """The training ratings as numbers that say user and time, in order."""
        return self._place_keys(self.user, self.time)

    @cached_property
    def _oldest_age(self) -> int:
        known = self.years[self.years > 0]
        if not len(known):
            return -1
        last = int(self._months(self._distinct[-1:])[0]) // 12 + 1970
        return int(_log2(np.array([1 + max(last - int(known.min()), 0)]))[0])

    def _months(self, times: Numbers) -> Numbers:
        """Return months since 1970."""
        dated = times.astype(f"datetime64[{self.resolution}]")
        return dated.astype("datetime64[M]").astype(np.int64)

    def _day_keys(self, users: Integers, times: Numbers) -> Numbers:
        dated = times.astype(f"datetime64[{self.resolution}]")
        days = dated.astype("datetime64[D]").astype(np.int64)
        # 2**32 days reach beyond every date; a time that is unknown may have any key.
        return (users.astype(np.int64) << 32) + (days & 0xFFFF_FFFF)

    def _days_since(self, users: Integers, times: Numbers) -> NDArray[np.float64]:
        """Return days since each user's first training rating, never below 0."""
        begins = np.minimum(self._begins[users], len(self.time) - 1)
        seconds = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[self.resolution]
        passed = (times - self.time[begins]) / (DAY * seconds)
        return np.where(self._counts[users] > 0, np.maximum(passed, 0.0), 0.0)

    def _place_keys(self, users: Integers, times: Numbers) -> Numbers:
        # By rank, as the times themselves may be too large to be multiplied.
        ranks = np.searchsorted(self._distinct, times)
        return users.astype(np.int64) * (len(self._distinct) + 1) + ranks

    def _earlier(self, users: Integers, times: Numbers) -> Numbers:
        """Return how many training ratings of the same user are older; those as old are not."""
        return np.searchsorted(self._places, self._place_keys(users, times)) - self._begins[users]

    def _ages(self, items: Integers, times: Numbers) -> Numbers:
        film = self.years[items]
        ages = np.maximum(self._months(times) // 12 + 1970 - film, 0)
        return np.where(film > 0, _log2(1 + ages), -1)


def _log2(values: NDArray[Any]) -> Numbers:
    """Return the binary logarithm of values from 1 on, rounded down."""
    return np.frexp(values.astype(np.float64))[1].astype(np.int64) - 1


def _place_in(vocabulary: Numbers, values: Numbers) -> Numbers:
    """Return each value's place in a sorted vocabulary; -1 where it is not in it."""
    places = np.minimum(np.searchsorted(vocabulary, values), len(vocabulary) - 1)
    return np.where(vocabulary[places] == values, places, -1)
