"""How good lists of recommendations are, by what users were found to like afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cftui.ratings.liking import reaches
from cftui.ratings.parts import TrainingRatings, ValidRatings


@dataclass(frozen=True, eq=False)
class ListQuality:
    """Quality of top-k lists, one value a user; arrays of shape (n_users,), float64.

    Definitions as in Järvelin and Kekäläinen 2002 (NDCG, binary gains) and Voorhees 1999
    (reciprocal rank of the first relevant place, 0 where there is none among the k).
    """

    precision: np.ndarray
    """Share of the k places that are relevant; a place left empty is not."""
    recall: np.ndarray
    """Share of what is relevant that is on the list."""
    ndcg: np.ndarray
    """Discounted by log2; 1 is the best list that k places have room for."""
    reciprocal_rank: np.ndarray
    top: np.ndarray
    """Item codes recommended, best first, int64 of shape (n_users, k); -1 where none is left."""


@dataclass(frozen=True, eq=False)
class HeldOutLikes:
    """Users with held-out likes, and what is known of each."""

    users: np.ndarray
    """Ascending codes, shape (n,)."""
    trained: Sequence[np.ndarray]
    """Of each, the codes of items trained on."""
    relevant: Sequence[np.ndarray]
    """Of each, the codes of items held out and liked: distinct, at least one."""

    def __len__(self) -> int:
        return len(self.users)

    def __getitem__(self, part: slice) -> "HeldOutLikes":
        """Return some of the users."""
        return HeldOutLikes(self.users[part], self.trained[part], self.relevant[part])


def held_out_likes(
    training: TrainingRatings,
    valid: ValidRatings,
    liked_from: float,
    *,
    most: int | None = None,
    seed: int = 0,
) -> HeldOutLikes:
    """Return the users with held-out ratings of at least `liked_from`, and their items.

    `most`: no more than so many users, a random sample that is the same for the same `seed`.
    """
    liked = reaches(valid.value, liked_from)
    users = np.unique(valid.user[liked])
    if most is not None and len(users) > most:
        users = np.sort(np.random.default_rng(seed).choice(users, most, replace=False))
    relevant = _by_user(valid.user[liked], valid.item[liked], users)
    distinct = [np.unique(items) for items in relevant]
    return HeldOutLikes(users, _by_user(training.user, training.item, users), distinct)


def list_quality(
    scores: np.ndarray,
    candidates_out: Sequence[np.ndarray],
    relevant: Sequence[np.ndarray],
    k: int,
) -> ListQuality:
    """Return how good the k best-scored candidates of each user are.

    `scores` (n_users, n_items), of which NaN and minus infinity are never recommended and equal
    ones go by code; `candidates_out[u]`: codes of items that are no candidates, such as those
    trained on; `relevant[u]`: codes held out and liked, at least one.
    """
    scores = _of_candidates(scores, candidates_out)
    top = _best(scores, k)
    wanted = np.zeros(scores.shape, np.bool_)
    wanted[_places(relevant)] = True
    hits = np.take_along_axis(wanted, np.maximum(top, 0), axis=1) & (top >= 0)
    n_relevant = wanted.sum(axis=1)
    discounts = 1 / np.log2(np.arange(2, k + 2))
    ideal = np.cumsum(discounts)[np.minimum(n_relevant, k) - 1]
    first = np.where(hits.any(axis=1), 1 / (1 + hits.argmax(axis=1)), 0.0)
    found = hits.sum(axis=1)
    return ListQuality(found / k, found / n_relevant, hits @ discounts / ideal, first, top)


def _of_candidates(scores: np.ndarray, out: Sequence[np.ndarray]) -> np.ndarray:
    """Return a copy in which minus infinity marks what is not to be recommended."""
    kind = scores.dtype if scores.dtype.kind == "f" else np.float64
    scores = np.array(scores, kind)
    scores[np.isnan(scores)] = -np.inf
    scores[_places(out)] = -np.inf
    return scores


def _best(scores: np.ndarray, k: int) -> np.ndarray:
    """Return the codes of each row's k best, int64 (n, k); -1 beyond those above minus infinity."""
    n_users, n_items = scores.shape
    top = np.full((n_users, k), -1, np.int64)
    if k < n_items:
        found = np.sort(_some_best(scores, k), axis=1)
    else:
        found = np.broadcast_to(np.arange(n_items), scores.shape)
    theirs = np.take_along_axis(scores, found, axis=1)
    order = np.argsort(-theirs, axis=1, kind="stable")  # by code where scores are equal
    found = np.take_along_axis(found, order, axis=1)
    theirs = np.take_along_axis(theirs, order, axis=1)
    top[:, : found.shape[1]] = np.where(np.isneginf(theirs), -1, found)
    return top


def _some_best(scores: np.ndarray, k: int) -> np.ndarray:
    """Return the codes of each row's k best in any order, (n, k); of equals the lowest codes."""
    found = np.argpartition(scores, -k, axis=1)[:, -k:]
    least = np.take_along_axis(scores, found, axis=1).min(axis=1, keepdims=True)
    for row in np.flatnonzero((scores >= least).sum(axis=1) > k):  # more are equal than fit
        above = np.flatnonzero(scores[row] > least[row])
        equal = np.flatnonzero(scores[row] == least[row])
        found[row] = np.concatenate((above, equal[: k - len(above)]))
    return found


def _places(codes: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows and columns that lists of codes, one a row, stand for."""
    if not len(codes):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    rows = np.repeat(np.arange(len(codes)), [len(part) for part in codes])
    return rows, np.concatenate([np.asarray(part, np.int64) for part in codes])


def _by_user(user: np.ndarray, item: np.ndarray, users: np.ndarray) -> list[np.ndarray]:
    """Return the items that stand beside each of some users; `users` ascending."""
    places = np.searchsorted(users, user)
    theirs = np.flatnonzero(users.take(places, mode="clip") == user) if len(users) else places[:0]
    order = theirs[np.argsort(places[theirs], kind="stable")]
    counts = np.bincount(places[theirs], minlength=len(users))
    return np.split(item[order], np.cumsum(counts)[:-1]) if len(users) else []
