"""Item k-nearest neighbours, the classic yardstick (Sarwar et al. 2001; Bell and Koren 2007).

Two items are as near as their shrunk cosine of residuals (`residuals`). A rating is predicted from
biases plus the weighted mean of what the user's ratings of near items are beyond biases; a list is
made by the sum of nearness to what the user rated, a like counting 1 and other ratings little.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from cftui.evaluation.baselines import Biases, fit_biases
from cftui.explore.likes.kernels import Progress
from cftui.explore.likes.residuals import SHRINKAGE, Residuals, fit_residuals
from cftui.ratings.pairs import Pairs

NEIGHBOURS = 200
"""Of each item; only those count that the user rated."""
DAMPING = 0.3
"""So much nearness to something rated at its bias is added: few and far neighbours say little."""
BLOCK = 1 << 22
"""Nearnesses at a time, 32 MB of them for each array that is needed."""
MOST_WORK = 2e9
"""Pairs of one user's ratings, about half a minute; with more, users are sampled."""


@dataclass(frozen=True, eq=False)
class ItemKnn:
    """Nearest items and what everybody's ratings are beyond biases."""

    biases: Biases
    near: Any
    """csr_array of shape (n_items, n_items): above 0 for an item's neighbours, else 0."""
    left: Any
    """csr_array of shape (n_users, n_items): ratings beyond biases."""
    rated: Any
    """Of the same shape: 1 where there is a rating."""
    weights: Any
    """Of the same shape: what each rating counts for a list."""
    sampled_users: int | None = None
    """How many users nearness is from, where not all."""

    @property
    def words(self) -> str:
        """Return what it is, for a table."""
        part = f", nearness from {self.sampled_users:,} users" if self.sampled_users else ""
        return f"item k-NN: {NEIGHBOURS} nearest by residuals{part}"

    def score(self, pairs: Pairs) -> np.ndarray:
        """Return predicted ratings, shape (n,), float64."""
        scores = self.biases.score(pairs)
        step = max(1, BLOCK // (2 * NEIGHBOURS))
        for start in range(0, len(pairs), step):
            part = slice(start, start + step)
            users, near = pairs.users[part], self.near[pairs.items[part]]
            sums = near.multiply(self.left[users]).sum(axis=1)
            sizes = near.multiply(self.rated[users]).sum(axis=1)
            scores[part] += sums / (sizes + DAMPING)
        return scores

    def ranks(self, users: np.ndarray) -> np.ndarray:
        """Return what every item is worth to users of these codes, shape (n_users, n_items)."""
        scores: np.ndarray = (self.weights[users] @ self.near.T.tocsr()).toarray()
        return scores


def fit_item_knn(
    pairs: Pairs,
    value: np.ndarray,
    weights: np.ndarray,
    n_users: int,
    n_items: int,
    progress: Progress | None = None,
) -> ItemKnn:
    """Fit to ratings: pairs, their values, and what each counts for a list, shape (n,)."""
    user, item = pairs.users, pairs.items
    residuals = fit_residuals(user, item, value, n_users, n_items)
    shape = (n_users, n_items)
    chosen = _sample(np.bincount(user, minlength=n_users))
    by_user = residuals.by_user if chosen is None else residuals.by_user[chosen]
    return ItemKnn(
        biases=fit_biases(pairs, value, n_users, n_items),
        near=_nearest(by_user.T.tocsr(), residuals, progress or (lambda share: None)),
        left=residuals.by_user,
        rated=sparse.csr_array((np.ones(len(user)), (user, item)), shape=shape),
        weights=sparse.csr_array((weights, (user, item)), shape=shape),
        sampled_users=None if chosen is None else len(chosen),
    )


def _sample(counts: np.ndarray) -> np.ndarray | None:
    """Return users whose ratings are few enough pairs, at random; none where all are."""
    work = counts.astype(np.float64) ** 2
    if work.sum() <= MOST_WORK:
        return None
    order = np.random.default_rng(0).permutation(len(counts))
    return np.sort(order[: np.searchsorted(np.cumsum(work[order]), MOST_WORK)])


def _nearest(by_item: Any, residuals: Residuals, progress: Progress) -> Any:
    """Return each item's nearest, by residuals of shape (n_items, n users of the sample)."""
    lengths = np.sqrt(np.asarray((by_item * by_item).sum(axis=1)))
    scale = sparse.diags_array(1 / np.where(lengths > 0, lengths, 1.0))
    unit = (scale @ by_item).tocsr()
    who = sparse.csr_array((np.ones(by_item.nnz), by_item.indices, by_item.indptr), by_item.shape)
    columns, who_columns = unit.T.tocsr(), who.T.tocsr()
    n_items = by_item.shape[0]
    step, rows = max(1, BLOCK // n_items), []
    for start in range(0, n_items, step):
        cosine = (unit[start : start + step] @ columns).tocsr()
        common = (who[start : start + step] @ who_columns).tocsr()
        common.data /= common.data + SHRINKAGE
        rows.append(_strongest(cosine.multiply(common).tocsr(), start))
        progress(min(1.0, (start + step) / n_items))
    return sparse.vstack(rows, format="csr")


def _strongest(near: Any, first: int) -> Any:
    """Return the rows with their largest entries above 0 alone, and none of an item with itself."""
    kept: list[np.ndarray] = []
    for row in range(near.shape[0]):
        start, end = near.indptr[row : row + 2]
        values = near.data[start:end]
        places = np.flatnonzero((values > 0) & (near.indices[start:end] != first + row))
        if len(places) > NEIGHBOURS:
            places = places[np.argpartition(values[places], -NEIGHBOURS)[-NEIGHBOURS:]]
        kept.append(places + start)
    indptr = np.concatenate(([0], np.cumsum([len(places) for places in kept])))
    chosen = np.concatenate(kept)
    return sparse.csr_array((near.data[chosen], near.indices[chosen], indptr), shape=near.shape)
