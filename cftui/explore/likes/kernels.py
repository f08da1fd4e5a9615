"""The one matrix that EASE needs, K = Bᵀ (B Bᵀ + λ I)⁻¹ B, held in one of three ways.

B, shape (n_users, n_items), says what each rating counts. K, shape (n_items, n_items), is never
written down where users are fewer than items.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from scipy import linalg, sparse

BLOCK = 1 << 22
"""Numbers of a dense block, 32 MB of them, where a whole matrix would be too large."""
FACTORS = 128
"""Singular vectors that stand for the ratings where both sides are large."""
SPARE, PASSES = 20, 3
"""More vectors, and times that all of them meet the ratings (Halko, Martinsson and Tropp 2011)."""

Progress = Callable[[float], None]
"""Told the share that is done, from 0 to 1."""


class Kernel(Protocol):
    """K, however it is held."""

    @property
    def diagonal(self) -> np.ndarray:
        """Return K's diagonal, shape (n_items,), each within 0 to 1."""

    def sums(self, codes: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Return the sum of K's rows of these codes, each times its weight; shape (n_items,)."""

    def sums_of_many(self, weights: Any) -> np.ndarray:
        """Return weights times K, a csr_array and a result of shape (n, n_items)."""

    def column(self, codes: np.ndarray, target: int) -> np.ndarray:
        """Return K at the rows of these codes in the column of one; shape (n,)."""


@dataclass(frozen=True, eq=False)
class ByUsers:
    """K from the inverse on the side of users, where they are fewer."""

    rated: Any
    """Bᵀ, shape (n_items, n_users), a scipy.sparse.csr_array of float64."""
    inverse: np.ndarray
    """(B Bᵀ + λ I)⁻¹, shape (n_users, n_users)."""
    diagonal: np.ndarray

    def sums(self, codes: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Return weighted sums of rows, shape (n_items,)."""
        return np.asarray(self.rated @ (self.inverse @ (self.rated[codes].T @ weights)))

    def sums_of_many(self, weights: Any) -> np.ndarray:
        """Return weights times K, shape (n, n_items)."""
        theirs = (weights @ self.rated).toarray() @ self.inverse
        return np.asarray((self.rated @ theirs.T).T)

    def column(self, codes: np.ndarray, target: int) -> np.ndarray:
        """Return a part of a column, shape (n,)."""
        raters = self.rated[[target]]
        return np.asarray(self.rated[codes] @ (self.inverse[:, raters.indices] @ raters.data))


@dataclass(frozen=True, eq=False)
class ByItems:
    """K itself, where items are fewer."""

    kernel: np.ndarray
    """Shape (n_items, n_items)."""

    @property
    def diagonal(self) -> np.ndarray:
        """Return the diagonal, shape (n_items,)."""
        return np.diagonal(self.kernel)

    def sums(self, codes: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Return weighted sums of rows, shape (n_items,)."""
        sums, step = np.zeros(len(self.kernel)), max(1, BLOCK // len(self.kernel))
        for start in range(0, len(codes), step):  # those of a busy user are a large copy
            part = slice(start, start + step)
            sums += weights[part] @ self.kernel[codes[part]]
        return sums

    def sums_of_many(self, weights: Any) -> np.ndarray:
        """Return weights times K, shape (n, n_items)."""
        return np.asarray(weights @ self.kernel)

    def column(self, codes: np.ndarray, target: int) -> np.ndarray:
        """Return a part of a column, shape (n,)."""
        return np.asarray(self.kernel[codes, target])


@dataclass(frozen=True, eq=False)
class ByFactors:
    """K of the ratings' best approximation of low rank, where both sides are large."""

    factors: np.ndarray
    """Shape (n_items, k): K is this times its transpose."""
    diagonal: np.ndarray

    def sums(self, codes: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Return weighted sums of rows, shape (n_items,)."""
        return np.asarray(self.factors @ (weights @ self.factors[codes]))

    def sums_of_many(self, weights: Any) -> np.ndarray:
        """Return weights times K, shape (n, n_items)."""
        return np.asarray((weights @ self.factors) @ self.factors.T)

    def column(self, codes: np.ndarray, target: int) -> np.ndarray:
        """Return a part of a column, shape (n,)."""
        return np.asarray(self.factors[codes] @ self.factors[target])


def by_users(rated: Any, regularization: float) -> ByUsers:
    """Solve on the side of users; `rated` is Bᵀ, shape (n_items, n_users)."""
    inverse = _inverse(_gram(rated.T.tocsr()), regularization)
    return ByUsers(rated, inverse, _diagonal(rated, inverse))


def by_items(rated: Any, regularization: float) -> ByItems:
    """Solve on the side of items: K = I - λ (Bᵀ B + λ I)⁻¹."""
    kernel = _inverse(_gram(rated), regularization)
    kernel *= -regularization
    np.fill_diagonal(kernel, kernel.diagonal() + 1)
    return ByItems(kernel)


def by_factors(
    rated: Any, regularization: float, k: int = FACTORS, progress: Progress | None = None
) -> ByFactors:
    """Approximate: with B ≈ U S Vᵀ, K ≈ V S² / (S² + λ) Vᵀ.

    Subspace iteration from a fixed random start; equal ratings give equal factors.
    """
    tell = progress or (lambda _: None)
    n_items = rated.shape[0]
    width = min(k + SPARE, *rated.shape)
    basis = np.random.default_rng(0).standard_normal((n_items, width))
    by_user = rated.T.tocsr()
    for done in range(PASSES):
        basis = linalg.qr(basis, mode="economic", overwrite_a=True, check_finite=False)[0]
        seen = by_user @ basis
        tell((2 * done + 1) / (2 * PASSES + 1))
        if done < PASSES - 1:
            basis = rated @ seen
            tell((2 * done + 2) / (2 * PASSES + 1))
    # (B Q)ᵀ (B Q) is small, and its eigenvectors turn Q into singular vectors of B.
    squares, turn = linalg.eigh(seen.T @ seen)
    squares, turn = np.maximum(squares[::-1][:k], 0), turn[:, ::-1][:, :k]
    factors = basis @ (turn * np.sqrt(squares / (squares + regularization)))
    tell(1.0)
    return ByFactors(factors, np.einsum("ij,ij->i", factors, factors))


def _gram(rows: Any) -> np.ndarray:
    """Return the dense product of a sparse matrix with its transpose, a block of rows at a time."""
    n = rows.shape[0]
    gram = np.empty((n, n))
    columns = rows.T.tocsr()
    step = max(1, BLOCK // n)
    for start in range(0, n, step):
        (rows[start : start + step] @ columns).toarray(out=gram[start : start + step])
    return gram


def _inverse(gram: np.ndarray, regularization: float) -> np.ndarray:
    """Return (gram + λ I)⁻¹ in the place of gram, shape (n, n), positive semidefinite."""
    np.fill_diagonal(gram, gram.diagonal() + regularization)
    # The transpose is in Fortran's order: LAPACK then works in place, on one copy.
    factor, failed = linalg.lapack.dpotrf(gram.T, lower=1, overwrite_a=1)
    if not failed:
        factor, failed = linalg.lapack.dpotri(factor, lower=1, overwrite_c=1)
    if failed:
        raise np.linalg.LinAlgError("the ratings have no inverse")
    inverse: np.ndarray = factor.T  # its upper triangle is filled
    step = max(1, BLOCK // max(1, len(inverse)))
    for start in range(0, len(inverse), step):
        end = min(start + step, len(inverse))
        inverse[end:, start:end] = inverse[start:end, end:].T
        corner = inverse[start:end, start:end]
        corner[:] = np.triu(corner) + np.triu(corner, 1).T
    return inverse


def _diagonal(rated: Any, inverse: np.ndarray) -> np.ndarray:
    """Return bⱼᵀ M bⱼ of every item j, a block of items at a time."""
    diagonal = np.empty(rated.shape[0])
    step = max(1, BLOCK // len(inverse))
    for start in range(0, len(diagonal), step):
        rows = rated[start : start + step]
        diagonal[start : start + step] = rows.multiply(rows @ inverse).sum(axis=1)
    return diagonal


def item_rows(
    user: np.ndarray, item: np.ndarray, weights: np.ndarray, n_users: int, n_items: int
) -> Any:
    """Return ratings as a csr_array of shape (n_items, n_users), float64."""
    weights = np.asarray(weights, np.float64)
    return sparse.csr_array((weights, (item, user)), shape=(n_items, n_users))
