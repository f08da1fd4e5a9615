"""What somebody would like, from what they and others liked: EASE (Steck 2019), in closed form.

Every item is predicted from all the others by ridge regression over users, on ratings that count 1
where liked and 0.15 where not:

    W = I - P / diag(P),  P = (Bᵀ B + λ I)⁻¹,  scores = g W

for somebody whose ratings count g. W needs no inverse of items x items: with the kernel
K = Bᵀ (B Bᵀ + λ I)⁻¹ B, W_ij = K_ij / (1 - K_jj) for i ≠ j and W_jj = 0 (Woodbury), so that the
smaller side is solved. Beyond `EXACT_SIDE` on both sides K is taken from a truncated SVD of B.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import sparse

from cftui.explore.likes.kernels import (
    ByFactors,
    ByItems,
    ByUsers,
    Kernel,
    Progress,
    by_factors,
    by_items,
    by_users,
    item_rows,
)

REGULARIZATION = 100.0
"""λ; 50 to 200 give lists that are as good."""
EXACT_SIDE = 12_000
"""Users or items up to which the smaller side is inverted: 1.2 GB, half a minute of one core.

Memory grows with the square and time with the cube: 20,000 take 3.2 GB and 2.6 minutes. The
approximation's lists are as good as far as was measured: see `tests/bench/lists.py --way factors`.
"""
Way = Literal["users", "items", "factors"]
_WORDS: dict[Way, str] = {
    "users": "by likes (EASE), exactly",
    "items": "by likes (EASE), exactly",
    "factors": "by likes (EASE on a truncated SVD: too many users and items for the exact one)",
}


@dataclass(frozen=True, eq=False)
class Ease:
    """Item-to-item weights fitted to ratings, ready for lists and their reasons."""

    kernel: Kernel

    @property
    def way(self) -> Way:
        """Return how it was solved; `factors` is the approximation for large data."""
        match self.kernel:
            case ByUsers():
                return "users"
            case ByItems():
                return "items"
            case _:
                return "factors"

    @property
    def words(self) -> str:
        """Return the method as a line for the screen."""
        return _WORDS[self.way]

    def scores(self, codes: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Return every item's score, shape (n_items,), for somebody's ratings.

        `codes` of rated items, shape (n,), each once, and what each rating counts, shape (n,). A
        rated item's own score comes from the other ratings. Newcomer and user alike.
        """
        diagonal = self.kernel.diagonal
        sums = self.kernel.sums(codes, weights)
        sums[codes] -= weights * diagonal[codes]
        return np.asarray(sums / _rest(diagonal))

    def scores_of_many(self, weights: sparse.csr_array) -> np.ndarray:
        """Return every item's score for many, shape (n, n_items), as `scores` does for one.

        `weights`: what the ratings of each count, of the same shape.
        """
        diagonal = self.kernel.diagonal
        sums = self.kernel.sums_of_many(weights)
        rows = np.repeat(np.arange(len(sums)), np.diff(weights.indptr))
        sums[rows, weights.indices] -= weights.data * diagonal[weights.indices]
        sums /= _rest(diagonal)
        return sums

    def parts(self, codes: np.ndarray, weights: np.ndarray, target: int) -> np.ndarray:
        """Return what each rating adds to an item's score, shape (n,); their sum is the score."""
        parts = weights * self.kernel.column(codes, target)
        parts[codes == target] = 0.0
        return np.asarray(parts / _rest(self.kernel.diagonal[target]))

    def symmetric(self, code: int) -> np.ndarray:
        """Return (W + Wᵀ) / 2 at one item's row, shape (n_items,); 0 for itself."""
        rest = _rest(self.kernel.diagonal)
        row = self.kernel.sums(np.array([code]), np.ones(1))
        row[code] = 0.0
        return np.asarray(row * (1 / rest + 1 / rest[code]) / 2)

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return all that it is as named arrays."""
        match self.kernel:
            case ByUsers(rated, inverse, diagonal):
                arrays = {"inverse": inverse, "diagonal": diagonal}
                return {**arrays, **rows_to_arrays("rated", rated)}
            case ByItems(kernel):
                return {"kernel": kernel}
            case ByFactors(factors, diagonal):
                return {"factors": factors, "diagonal": diagonal}
        raise TypeError(f"{type(self.kernel).__name__} cannot be kept")

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "Ease":
        """Return what `to_arrays` kept; raises KeyError if an array is missing."""
        if "kernel" in arrays:
            return cls(ByItems(arrays["kernel"]))
        diagonal = arrays["diagonal"]
        if "factors" in arrays:
            return cls(ByFactors(arrays["factors"], diagonal))
        return cls(ByUsers(rows_from_arrays("rated", arrays), arrays["inverse"], diagonal))


def fit_ease(
    user: np.ndarray,
    item: np.ndarray,
    weights: np.ndarray,
    n_users: int,
    n_items: int,
    *,
    regularization: float = REGULARIZATION,
    way: Way | None = None,
    progress: Progress | None = None,
) -> Ease:
    """Fit to ratings: codes of users and items and what each rating counts, shape (n,) each.

    The way is chosen by size unless it is given; `progress` is told of the approximation's.
    """
    rated = item_rows(user, item, weights, n_users, n_items)
    match way or best_way(n_users, n_items):
        case "users":
            return Ease(by_users(rated, regularization))
        case "items":
            return Ease(by_items(rated, regularization))
        case "factors":
            return Ease(by_factors(rated, regularization, progress=progress))


def best_way(n_users: int, n_items: int) -> Way:
    """Return how to solve ratings of this size."""
    if min(n_users, n_items) > EXACT_SIDE:
        return "factors"
    return "users" if n_users < n_items else "items"


def rows_to_arrays(name: str, rows: sparse.csr_array) -> dict[str, np.ndarray]:
    """Return a sparse matrix as named arrays."""
    return {
        f"{name}.data": rows.data,
        f"{name}.indices": rows.indices,
        f"{name}.indptr": rows.indptr,
        f"{name}.shape": np.array(rows.shape, np.int64),
    }


def rows_from_arrays(name: str, arrays: Mapping[str, np.ndarray]) -> sparse.csr_array:
    """Return a sparse matrix that was kept; raises KeyError if an array is missing."""
    parts = tuple(arrays[f"{name}.{part}"] for part in ("data", "indices", "indptr"))
    return sparse.csr_array(parts, shape=tuple(arrays[f"{name}.shape"].tolist()))


def _rest(diagonal: np.ndarray) -> np.ndarray:
    """Return 1 - K_jj, which is above 0 but for rounding."""
    return np.asarray(np.maximum(1 - diagonal, np.finfo(np.float64).eps))
