"""Finds what is odd about a data set as a whole, and should be known before training; numpy alone.

Nothing here is wrong by itself: each is what a file looks like that holds something other than
ratings, or ratings of which little can be learned. About half a second for 20 million ratings.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cftui.questions.data import Oddity
from cftui.ratings.profile import resolution_of
from cftui.ratings.values import UNKNOWN_TIME, Grouping, Ratings, Vocabulary

MANY = 20
"""Users, items or ratings of a user, below which nothing is odd."""
REPEATED = 0.01
"""Share of a file's rows that are duplicates by chance."""
HEAVY = 0.2
"""Share of all ratings that nobody gives alone, and no item gets alone."""
HEAVIER = 10
"""And so many times the mean: of a few items, one may well have a fifth of the ratings."""
CONSTANT = 0.05
"""Share of users who may give one value alone: some are pleased with everything."""
ONCE = 0.8
"""Share of items that have a single rating in no usual data set."""
FEW = 2
"""Ratings of a user of which hardly a taste can be told."""
EARLIEST = np.datetime64("1995-01-01")
"""No ratings were gathered before, but on paper."""
DAY = 86_400
CHUNK = 1 << 20
"""Ratings looked at together."""
PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def oddities_of(ratings: Ratings, now: float | None = None) -> tuple[Oddity, ...]:
    """Return what is odd, what spoils most first.

    `now`: seconds since 1970, from the clock where it is not given.
    """
    return (
        *_of_columns(ratings),
        *_repeated(ratings),
        *_of_values(ratings),
        *_heavy("heavy-user", ratings.users, ratings.by_user),
        *_heavy("heavy-item", ratings.items, ratings.by_item),
        *_copies(ratings),
        *_of_times(ratings, time.time() if now is None else now),
    )


def _spans(n: int, size: int = CHUNK) -> Iterator[slice]:
    for start in range(0, n, size):
        yield slice(start, start + size)


def _positions(ratings: Ratings, chosen: NDArray[np.bool_]) -> Iterator[NDArray[np.int64]]:
    """Give the positions of the ratings of chosen users, not too many together."""
    if chosen.any():
        for span in _spans(len(ratings)):
            yield span.start + np.flatnonzero(chosen[ratings.user[span]])


# Users and items


def _of_columns(ratings: Ratings) -> Iterator[Oddity]:
    """Tell ids that name rows rather than users or items, and how little there is of each."""
    users, items = ratings.by_user.counts(), ratings.by_item.counts()
    n_users, n_items, n = ratings.n_users, ratings.n_items, len(ratings)
    if n == n_users >= MANY:
        yield Oddity("user-once", n_users, n_users)
    elif n_users >= MANY and np.median(users) <= FEW:
        yield Oddity("few-per-user", int((users <= FEW).sum()), n_users)
    single = int((items == 1).sum())
    if n == n_items >= MANY:
        yield Oddity("item-once", n_items, n_items)
    elif n_items >= MANY and single >= ONCE * n_items:
        yield Oddity("items-once", single, n_items)


def _repeated(ratings: Ratings) -> Iterator[Oddity]:
    rows = len(ratings) + ratings.duplicates
    if ratings.duplicates >= MANY and ratings.duplicates > REPEATED * rows:
        yield Oddity("repeated", ratings.duplicates, rows)


def _heavy(kind: str, vocabulary: Vocabulary, grouping: Grouping) -> Iterator[Oddity]:
    counts = grouping.counts()
    total, most = int(counts.sum()), int(counts.argmax())
    usual = total / len(counts)
    if counts[most] > max(HEAVY * total, HEAVIER * usual):
        yield Oddity(kind, int(counts[most]), total, (vocabulary.id_of(most),))


# Values


def _of_values(ratings: Ratings) -> Iterator[Oddity]:
    if ratings.low == ratings.high:
        if len(ratings) >= MANY:
            yield Oddity("one-value", len(ratings), len(ratings), (f"{ratings.low:g}",))
        return
    active = int((ratings.by_user.counts() >= MANY).sum())
    constant = _constant(ratings)
    if len(constant) > max(1, CONSTANT * active):
        names = (ratings.users.id_of(int(constant[0])),)
        yield Oddity("constant-users", len(constant), active, names)


def _constant(ratings: Ratings) -> NDArray[np.int64]:
    """Return the users of MANY ratings or more who have given one value alone."""
    codes = np.flatnonzero(ratings.by_user.counts() >= MANY)
    begins = ratings.by_user.indptr[codes]
    first = np.zeros(ratings.n_users, np.float32)
    first[codes] = ratings.value[ratings.by_user.order[begins]]
    for place in range(1, MANY):  # after a few, hardly anybody is left to be looked at
        same = ratings.value[ratings.by_user.order[begins + place]] == first[codes]
        codes, begins = codes[same], begins[same]
    constant = np.zeros(ratings.n_users, np.bool_)
    constant[codes] = True
    for positions in _positions(ratings, constant.copy()):
        user = ratings.user[positions]
        constant[user[ratings.value[positions] != first[user]]] = False
    return np.flatnonzero(constant)


def _copies(ratings: Ratings) -> Iterator[Oddity]:
    """Tell users who have given the same values to the same items as another."""
    active = ratings.by_user.counts() >= MANY
    seeming = _shared(_sums(ratings), active)
    sums = _sure_sums(ratings, seeming)
    copies = _shared(sums, seeming)
    if not copies.any():
        return
    first = int(np.flatnonzero(copies)[0])
    alike = np.flatnonzero(copies & (sums == sums[first]))[:2].tolist()
    names = tuple(ratings.users.id_of(code) for code in alike)
    yield Oddity("copies", int(copies.sum()), int(active.sum()), names)


def _shared(sums: NDArray[np.uint64], among: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which users, among some, have the sum of another of them."""
    codes = np.flatnonzero(among)
    _, group, sizes = np.unique(sums[codes], return_inverse=True, return_counts=True)
    shared = np.zeros(len(among), np.bool_)
    shared[codes[sizes[group] > 1]] = True
    return shared


def _sums(ratings: Ratings) -> NDArray[np.uint64]:
    """Return a number for each user that the same ratings give in any order, and hardly others.

    The sum of a hash of 32 bits: fast, but of a million users some share theirs by chance. Added
    as floats, which are exact up to two million ratings of a user.
    """
    sums = np.zeros(ratings.n_users)
    of_item = _mixed(np.arange(ratings.n_items, dtype=np.uint64)).astype(np.uint32)
    for span in _spans(len(ratings), max(CHUNK, ratings.n_users)):
        hashed = of_item[ratings.item[span]]
        hashed ^= _bits(ratings.value[span]) * np.uint32(0x9E3779B1)
        hashed *= np.uint32(0x85EBCA6B)
        hashed ^= hashed >> np.uint32(15)
        sums += np.bincount(ratings.user[span], hashed, ratings.n_users)
    return sums.astype(np.uint64)


def _sure_sums(ratings: Ratings, chosen: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Return a number for each chosen user that no other ratings give: the sum of 64-bit hashes."""
    sums = np.zeros(ratings.n_users, np.uint64)
    for positions in _positions(ratings, chosen):
        pairs = ratings.item[positions].astype(np.uint64) << np.uint64(32)
        np.add.at(sums, ratings.user[positions], _mixed(pairs | _bits(ratings.value[positions])))
    return sums


def _bits(value: NDArray[np.float32]) -> NDArray[np.uint32]:
    return (value + np.float32(0)).view(np.uint32)  # -0 is 0


def _mixed(number: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return each number with its bits well mixed (the end of SplitMix64, Steele et al. 2014)."""
    mixed = number + np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed ^= mixed >> np.uint64(shift)
        mixed *= np.uint64(factor)
    mixed ^= mixed >> np.uint64(31)
    return mixed


# Times


@dataclass
class _Times:
    """What was counted of the times of all ratings that have one, in units of the file."""

    known: int = 0
    zero: int = 0
    early: int = 0
    late: int = 0
    least: int = np.iinfo(np.int64).max
    most: int = UNKNOWN_TIME

    def add(self, times: NDArray[np.int64], early: int, late: int) -> None:
        """Count more of them: before `early`, after `late`, and at 0, which is told apart."""
        if times.min() == UNKNOWN_TIME:
            times = times[times != UNKNOWN_TIME]
            if not len(times):
                return
        least, most = int(times.min()), int(times.max())
        if least < early:
            zero = int((times == 0).sum())
            self.zero += zero
            self.early += int((times < early).sum()) - zero
        if most > late:
            self.late += int((times > late).sum())
        self.known += len(times)
        self.least, self.most = min(self.least, least), max(self.most, most)


def _of_times(ratings: Ratings, now: float) -> Iterator[Oddity]:
    if ratings.timestamp is None or len(ratings) < MANY:
        return
    unit = _unit(ratings.timestamp)
    found = _Times()
    early = int(EARLIEST.astype("datetime64[s]").astype(np.int64)) * PER_SECOND[unit]
    late = int(now + DAY) * PER_SECOND[unit]
    for span in _spans(len(ratings)):
        found.add(ratings.timestamp[span], early, late)
    least, most = _written(found.least, unit), _written(found.most, unit)
    if found.known and found.least == found.most:
        yield Oddity("same-time", found.known, found.known, (least,))
        return
    if found.zero + found.early == found.known:  # no dates at all: 0 is one of their numbers
        found.early, found.zero = found.known, 0
    if found.zero:
        yield Oddity("epoch", found.zero, found.known)
    if found.early:
        yield Oddity("early", found.early, found.known, (least,))
    if found.late:
        yield Oddity("future", found.late, found.known, (most,))


def _unit(times: NDArray[np.int64]) -> str:
    """Return what times count, by a sample of those that are known."""
    sample = times[:: max(len(times) // 10_000, 1)]
    known = sample[sample != UNKNOWN_TIME]
    return resolution_of(known)[0] if len(known) else "s"


def _written(moment: int, unit: str) -> str:
    """Return the day of a time; the number where no calendar has it."""
    day = str(np.array([moment]).astype(f"datetime64[{unit}]").astype("datetime64[D]")[0])
    return day if len(day) == len("1995-01-01") else str(moment)
