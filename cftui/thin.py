"""Shortens a long series to what a chart can show; numpy alone."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def means(
    x: ArrayLike, y: ArrayLike, buckets: int, *, logarithmic: bool = False
) -> tuple[Floats, Floats]:
    """Mean of x and of y over at most `buckets` slices (as `slices`), each shape (slices,).

    Non-finite values of y are left out of their slice's mean; a slice of nothing else is NaN.
    Raises ValueError where x and y differ in length.
    """
    x, y = _pair(x, y, buckets)
    if len(y) <= buckets:
        return x, y
    edges = slices(x, buckets, logarithmic)
    finite = np.isfinite(y)
    counts = np.add.reduceat(finite.astype(np.float64), edges)
    sums = np.add.reduceat(np.where(finite, y, 0.0), edges)
    sizes = np.diff(np.append(edges, len(y)))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.add.reduceat(x, edges) / sizes, sums / counts


def extremes(x: ArrayLike, y: ArrayLike, buckets: int) -> tuple[Floats, Floats]:
    """Lowest and highest y of at most `buckets` equal slices, in their order, each shape (n,).

    For raw series: no spike is lost, nor smoothed. Non-finite values of y are left out where a
    slice has others. Raises ValueError where x and y differ in length.
    """
    x, y = _pair(x, y, buckets)
    if len(y) <= 2 * buckets:
        return x, y
    edges = np.linspace(0, len(y), buckets + 1).astype(np.intp)
    kept: list[int] = []
    for begin, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        part = y[begin:end]
        if not np.isfinite(part).any():
            kept.append(begin)
            continue
        low = int(np.where(np.isfinite(part), part, np.inf).argmin())
        high = int(np.where(np.isfinite(part), part, -np.inf).argmax())
        kept += sorted({begin + low, begin + high})
    return x[kept], y[kept]


def slices(x: ArrayLike, buckets: int, logarithmic: bool) -> NDArray[np.intp]:
    """Return where at most `buckets` slices of a rising x begin; none is empty.

    Slices are of equal length, or, for a logarithmic axis, of equal width on it.
    """
    xs = np.asarray(x, np.float64)
    if not len(xs):
        return np.zeros(0, np.intp)
    if not logarithmic:
        return np.unique(np.linspace(0, len(xs), buckets + 1).astype(np.intp)[:-1])
    at = np.log(np.maximum(xs, 1e-300))
    width = (at[-1] - at[0]) or 1.0
    place = np.minimum(((at - at[0]) / width * buckets + 1e-9).astype(np.intp), buckets - 1)
    return np.append(0, np.flatnonzero(np.diff(place) > 0) + 1).astype(np.intp)


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
