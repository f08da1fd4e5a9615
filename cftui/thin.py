"""Shortens a long series to what a chart can show; numpy alone."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def means(x: ArrayLike, y: ArrayLike, buckets: int) -> tuple[Floats, Floats]:
    """Mean of x and of y over at most `buckets` equal slices, each shape (min(n, buckets),).

    Non-finite values of y are left out of their slice's mean; a slice of nothing else is NaN.
    Raises ValueError where x and y differ in length.
    """
    x, y = _pair(x, y, buckets)
    if len(y) <= buckets:
        return x, y
    edges = np.linspace(0, len(y), buckets + 1).astype(np.intp)[:-1]
    finite = np.isfinite(y)
    counts = np.add.reduceat(finite.astype(np.float64), edges)
    sums = np.add.reduceat(np.where(finite, y, 0.0), edges)
    sizes = np.diff(np.append(edges, len(y)))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.add.reduceat(x, edges) / sizes, sums / counts


def floats(values: ArrayLike) -> tuple[float, ...]:
    """Return a one-dimensional array as the tuple of floats that a `Series` holds."""
    return tuple(np.asarray(values, np.float64).tolist())


def _pair(x: ArrayLike, y: ArrayLike, buckets: int) -> tuple[Floats, Floats]:
    if buckets < 1:
        raise ValueError(f"buckets must be at least 1, not {buckets}")
    xs, ys = np.asarray(x, np.float64), np.asarray(y, np.float64)
    if xs.shape != ys.shape or xs.ndim != 1:
        raise ValueError(f"x and y must be equally long, not of shapes {xs.shape} and {ys.shape}")
    return xs, ys
