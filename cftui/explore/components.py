"""Principal components of vectors: where they lead, what they go with, and how two sets align."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

LEAST_MARKED = 5
"""Items that a mark, such as a genre, must have and must lack for a correlation with it."""
NAMED, WEAKEST = 3, 0.1
"""What an axis is told by, at most, and the least correlation that tells anything."""


@dataclass(frozen=True, eq=False)
class Components:
    """An origin and orthonormal directions, those of the largest variance first; float64."""

    origin: np.ndarray
    """Mean of the rows that they are of, shape (k,)."""
    directions: np.ndarray
    """Shape (n, k)."""
    shares: np.ndarray
    """Of the whole variance, shape (n,); 0 where there is none."""

    def place(self, vectors: np.ndarray) -> np.ndarray:
        """Return coordinates of vectors, shape (rows, k); shape (rows, n)."""
        return np.asarray((vectors - self.origin) @ self.directions.T)


def principal_components(rows: np.ndarray, n: int) -> Components:
    """Return the n principal components of rows, shape (rows, k), by singular values, exactly.

    Signs are settled: of each direction the entry farthest from 0 is positive. There are at least
    two; one that the rows do not have is 0, as is its share.
    """
    centred = rows.astype(np.float64)
    origin = centred.mean(0)
    centred -= origin
    _, singular, directions = np.linalg.svd(centred, full_matrices=False)
    n = min(n, max(len(singular), 2))
    whole = float((singular**2).sum())
    shares, found = np.zeros(n), np.zeros((n, rows.shape[1]))
    kept = min(n, len(singular))
    shares[:kept] = singular[:kept] ** 2 / (whole or 1.0)
    found[:kept] = directions[:kept]
    largest = found[np.arange(n), np.abs(found).argmax(1)]
    return Components(origin, found * np.where(largest < 0, -1.0, 1.0)[:, None], shares)


def aligned(rows: np.ndarray, to: np.ndarray, fitted: np.ndarray) -> np.ndarray:
    """Return rows turned and moved so that those marked come nearest to the same rows of `to`.

    Orthogonal Procrustes (Schönemann 1966): R = U Vᵀ of the singular value decomposition of
    rowsᵀ to, both centred; no scaling, so that what grows is seen to grow. Shapes (n, k), (n,).
    """
    rows, to = rows.astype(np.float64), to.astype(np.float64)
    own, other = rows[fitted].mean(0), to[fitted].mean(0)
    left, _, right = np.linalg.svd((rows[fitted] - own).T @ (to[fitted] - other))
    return np.asarray((rows - own) @ (left @ right) + other)


def shares_along(components: Components, rows: np.ndarray) -> np.ndarray:
    """Return which share of the variance of rows lies along each component, shape (n,)."""
    whole = float(rows.var(0).sum())
    return np.asarray(components.place(rows).var(0) / (whole or 1.0))


def meanings_of(
    along: np.ndarray, measures: Mapping[str, np.ndarray]
) -> tuple[tuple[str, float], ...]:
    """Return the measures that coordinates, shape (n,), go with, and Pearson's r, strongest first.

    A measure is NaN where it is unknown; of marks there must be some on either side.
    """
    found = ((name, _correlation(along, values)) for name, values in measures.items())
    told = [(name, r) for name, r in found if r is not None and abs(r) >= WEAKEST]
    return tuple(sorted(told, key=lambda one: -abs(one[1]))[:NAMED])


def _correlation(along: np.ndarray, values: np.ndarray) -> float | None:
    """Return Pearson's r over what is known; none where one of the two does not vary."""
    if values.dtype == np.bool_:
        if min(values.sum(), (~values).sum()) < LEAST_MARKED:
            return None
        values = values.astype(np.float64)
    known = np.isfinite(values)
    if known.sum() < LEAST_MARKED:
        return None
    one, other = along[known], values[known]
    one, other = one - one.mean(), other - other.mean()
    lengths = float(np.sqrt((one @ one) * (other @ other)))
    return float(one @ other) / lengths if lengths > 0 else None
