"""Which ratings train and which validate: a pure function of the settings and the ratings."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cftui.config import ConfigError, SplitConfig
from cftui.questions.data import SplitSummary
from cftui.ratings.given_split import offered_beside, positions_given
from cftui.ratings.values import Ratings

MOST_UNTIMED = 0.5
"""No split goes by time where more of the ratings have none."""


@dataclass(frozen=True, eq=False)
class Split:
    """Positions in the ratings, each in exactly one of the two read-only arrays."""

    train: NDArray[np.int64]
    """In the file's order."""
    valid: NDArray[np.int64]
    """In the order in which they were drawn, for `random`; else in the file's order."""


def split(config: SplitConfig, ratings: Ratings) -> Split:
    """Return the split of these ratings that the configuration says.

    * `random`: as in the lesson, the first share of `RandomState(seed).permutation(n)`.
    * `per-user`: that share of each user's ratings, rounded to the nearest number, but never all.
    * `per-user-latest`: as many of each user's ratings, their latest.
    * `leave-last-out`: the latest rating of each user who has more than one.
    * `time`: the latest share of all ratings.
    * `given`: the rows of a file (`given_split`).
    * `none`: nothing; all ratings train.

    Of equal timestamps the one that stands later in the file counts as later; ratings without one
    count as the oldest. Raises ConfigError where the kind needs timestamps and the ratings have
    none, or too few, or a file that does not fit.
    """
    check(config, ratings)
    if config.kind == "random":
        drawn = _shuffled(config.seed, len(ratings))
        n_valid = int(config.fraction * len(ratings))
        # Copied, else a fifth of the draw would keep all of it in memory.
        return _frozen(np.sort(drawn[n_valid:]), drawn[:n_valid].copy())
    if config.kind == "none":
        held = np.zeros(len(ratings), np.bool_)
    elif config.kind == "per-user":
        held = _share_of_each_user(config, ratings)
    elif config.kind == "per-user-latest":
        held = _latest_of_each_user(config, ratings)
    elif config.kind == "leave-last-out":
        held = _last_of_each_user(ratings)
    elif config.kind == "given":
        held = np.zeros(len(ratings), np.bool_)
        held[positions_given(config, ratings)] = True
    else:
        held = _latest(config, ratings)
    return _frozen(np.flatnonzero(~held), np.flatnonzero(held))


def check(config: SplitConfig, ratings: Ratings) -> None:
    """Raise ConfigError where these ratings cannot be split so."""
    if config.needs_timestamps and ratings.timestamp is None:
        raise ConfigError(
            f"split.kind = {config.kind!r}: {ratings.name} has no timestamps; choose random or"
            " per-user, or name their column: --set data.timestamp=…"
        )
    if config.needs_timestamps and ratings.untimed > MOST_UNTIMED * len(ratings):
        raise ConfigError(
            f"split.kind = {config.kind!r}: {ratings.untimed:,} of {len(ratings):,} ratings have no"
            " time; choose random or per-user"
        )
    if config.kind == "time" and config.fraction * len(ratings) > len(ratings) - ratings.untimed:
        raise ConfigError(
            f"split.fraction = {config.fraction:g}: only {len(ratings) - ratings.untimed:,} ratings"
            " have a time; hold out fewer"
        )


def _frozen(train: NDArray[np.int64], valid: NDArray[np.int64]) -> Split:
    train.flags.writeable = valid.flags.writeable = False
    return Split(train, valid)


def _shuffled(seed: int, n: int) -> NDArray[np.int64]:
    return np.random.RandomState(seed).permutation(n).astype(np.int64, copy=False)


def _share_of_each_user(config: SplitConfig, ratings: Ratings) -> NDArray[np.bool_]:
    counts = ratings.by_user.counts()
    drawn = _shuffled(config.seed, len(ratings))
    # By user, and within a user in the order of the draw; sorting numbers that say both takes less
    # than half the time of a stable argsort.
    keys = ratings.user[drawn].astype(np.int64) * len(ratings) + np.arange(len(ratings))
    keys.sort()
    by_user = drawn[keys % len(ratings)]
    place = np.arange(len(ratings)) - np.repeat(ratings.by_user.indptr[:-1], counts)
    held = np.zeros(len(ratings), np.bool_)
    held[by_user[place < np.repeat(_quota(config, counts), counts)]] = True
    return held


def _quota(config: SplitConfig, counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return how many of each user's ratings are held out, given how many there are."""
    quota: NDArray[np.float64] = np.minimum(np.rint(config.fraction * counts), counts - 1)
    return quota


def _latest_of_each_user(config: SplitConfig, ratings: Ratings) -> NDArray[np.bool_]:
    assert ratings.timestamp is not None
    order, counts = ratings.by_user.order, ratings.by_user.counts()
    # A user's ratings stand in the file's order, and lexsort leaves equal times as they stood.
    user = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    by_time = order[np.lexsort((ratings.timestamp[order], user))]
    left = np.repeat(ratings.by_user.indptr[1:], counts) - np.arange(len(ratings))
    held = np.zeros(len(ratings), np.bool_)
    held[by_time[left <= np.repeat(_quota(config, counts), counts)]] = True
    return held


def _last_of_each_user(ratings: Ratings) -> NDArray[np.bool_]:
    assert ratings.timestamp is not None
    begins, order = ratings.by_user.indptr[:-1], ratings.by_user.order
    counts = ratings.by_user.counts()
    times = ratings.timestamp[order]
    latest = np.repeat(np.maximum.reduceat(times, begins), counts)
    # A user's ratings stand in the file's order: of equal times the last place wins.
    places = np.where(times == latest, np.arange(len(ratings)), -1)
    last = order[np.maximum.reduceat(places, begins)]
    held = np.zeros(len(ratings), np.bool_)
    held[last[counts > 1]] = True
    return held


def _latest(config: SplitConfig, ratings: Ratings) -> NDArray[np.bool_]:
    assert ratings.timestamp is not None
    n, n_valid = len(ratings), int(config.fraction * len(ratings))
    if n_valid == 0:
        return np.zeros(n, np.bool_)
    times = np.asarray(ratings.timestamp)
    cut = np.partition(times, n - n_valid)[n - n_valid]
    held: NDArray[np.bool_] = times > cut
    at_cut = np.flatnonzero(times == cut)
    held[at_cut[len(at_cut) - (n_valid - np.count_nonzero(held)) :]] = True
    return held


def unseen(ratings: Ratings, split: Split) -> NDArray[np.bool_]:
    """Return, for each validation pair, whether its user or item has no training rating.

    Shape (n_valid,), in the order of `split.valid`.
    """
    seen_users, seen_items = _seen(ratings, split)
    user, item = ratings.user[split.valid], ratings.item[split.valid]
    return ~(seen_users[user] & seen_items[item])


def _seen(ratings: Ratings, split: Split) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return, for each user and for each item, whether it has a training rating."""
    seen_users = np.zeros(ratings.n_users, np.bool_)
    seen_items = np.zeros(ratings.n_items, np.bool_)
    seen_users[ratings.user[split.train]] = True
    seen_items[ratings.item[split.train]] = True
    return seen_users, seen_items


def summarize(config: SplitConfig, ratings: Ratings) -> SplitSummary:
    """Return what a split holds out, and what of it training will never have seen.

    Raises ConfigError where these ratings cannot be split so.
    """
    parts = split(config, ratings)
    seen_users, seen_items = _seen(ratings, parts)
    cut = None
    if config.kind == "time" and len(parts.valid):
        assert ratings.timestamp is not None
        cut = int(ratings.timestamp[parts.valid].min())
    return SplitSummary(
        kind=config.kind,
        n_train=len(parts.train),
        n_valid=len(parts.valid),
        # Every user and item has a rating: one without training ratings has validation ratings.
        unseen_users=int(np.count_nonzero(~seen_users)),
        unseen_items=int(np.count_nonzero(~seen_items)),
        unseen_pairs=int(np.count_nonzero(unseen(ratings, parts))),
        cut=cut,
        untimed=ratings.untimed if config.needs_timestamps else 0,
        offered=() if config.kind == "given" else offered_beside(ratings),
    )
