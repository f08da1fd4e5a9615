"""What of a split makes held-out ratings easier, or harder, to predict than those to come."""

import numpy as np

from cftui.questions.check import MUCH_LATER, SplitAudit
from cftui.ratings.split import Split, unseen
from cftui.ratings.values import UNKNOWN_TIME, Ratings

FEW_USERS = 50


def audit_split(kind: str, ratings: Ratings, split: Split) -> SplitAudit:
    """Return what a split holds out, and what a reader of its figures should know."""
    user, item = ratings.user[split.valid], ratings.item[split.valid]
    fresh_users = ~_seen(ratings.user[split.train], ratings.n_users)
    fresh_items = ~_seen(ratings.item[split.train], ratings.n_items)
    n_unseen = int(np.count_nonzero(unseen(ratings, split)))
    n_same, future = _in_both(ratings, split), _future(ratings, split)
    n_users = len(np.unique(user))
    return SplitAudit(
        kind=kind,
        n_training=len(split.train),
        n_held_out=len(split.valid),
        unseen_users=len(np.unique(user[fresh_users[user]])),
        unseen_items=len(np.unique(item[fresh_items[item]])),
        unseen_pairs=n_unseen,
        duplicates=n_same,
        future=future,
        warnings=tuple(_warnings(len(split.valid), n_users, n_unseen, n_same, future)),
    )


def _warnings(
    n_held_out: int, n_users: int, n_unseen: int, n_same: int, future: float | None
) -> list[str]:
    found = []
    if n_same:
        found.append(
            f"{n_same:,} pairs of user and item are both trained on and held out: these figures"
            " are too good"
        )
    if future is not None and future > MUCH_LATER:
        found.append(
            f"{future:.0%} of the training ratings are later than the first one held out of the"
            " same user: easier than telling what comes next (--split per-user-latest holds out"
            " each user's latest)"
        )
    if n_unseen:
        found.append(
            f"{n_unseen:,} of {n_held_out:,} held-out ratings are of a user or an item that"
            " training never saw: no model learned these"
        )
    if n_users < FEW_USERS:
        found.append(f"only {n_users:,} users have held-out ratings: intervals are rough")
    return found


def _seen(codes: np.ndarray, n: int) -> np.ndarray:
    return np.bincount(codes, minlength=n) > 0


def _in_both(ratings: Ratings, split: Split) -> int:
    """Return how many held-out pairs of user and item are trained on as well."""
    keys = ratings.user.astype(np.int64) * ratings.n_items + ratings.item
    return int(np.count_nonzero(np.isin(keys[split.valid], keys[split.train])))


def _future(ratings: Ratings, split: Split) -> float | None:
    """Return the share of training ratings later than their user's earliest held-out one."""
    if ratings.timestamp is None:
        return None
    earliest = np.full(ratings.n_users, np.iinfo(np.int64).max)
    known = split.valid[ratings.timestamp[split.valid] != UNKNOWN_TIME]
    np.minimum.at(earliest, ratings.user[known], ratings.timestamp[known])
    later = ratings.timestamp[split.train] > earliest[ratings.user[split.train]]
    return float(later.mean())
