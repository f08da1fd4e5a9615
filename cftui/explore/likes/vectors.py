"""Items as vectors by likes: a truncated eigendecomposition of EASE's damped co-liking."""

import numpy as np
from scipy import linalg

from cftui.explore.likes.kernels import ByFactors, ByItems, ByUsers, Kernel

DIMENSIONS = 48
SPARE, PASSES = 12, 4
"""More directions, and times that all meet the kernel (Halko, Martinsson and Tropp 2011)."""


def like_vectors(kernel: Kernel, k: int = DIMENSIONS) -> np.ndarray:
    """Return items by likes, shape (n_items, k at most): the dot product of two is close to K.

    K = Bᵀ (B Bᵀ + λ I)⁻¹ B says how far liking one item speaks for another; λ damps what few say.
    Each is then shortened to about one length, lest the first axis be popularity alone: by the
    root of its K_jj plus the mean of them all, which leaves those that few rated short.
    """
    match kernel:
        case ByFactors(factors):
            vectors = factors[:, :k]
        case _:
            vectors = _eigenvectors(kernel, k)
    diagonal = np.maximum(kernel.diagonal, 0.0)
    damping = float(diagonal.mean()) or 1.0
    return np.asarray(vectors / np.sqrt(diagonal + damping)[:, None])


def _eigenvectors(kernel: Kernel, k: int) -> np.ndarray:
    """Return eigenvectors of K times the roots of their values, the largest first."""
    n_items = len(kernel.diagonal)
    width = min(k + SPARE, n_items)
    basis = np.random.default_rng(0).standard_normal((n_items, width))
    for _ in range(PASSES):
        basis = linalg.qr(_times(kernel, basis), mode="economic", check_finite=False)[0]
    values, turn = linalg.eigh(basis.T @ _times(kernel, basis))
    values, turn = np.maximum(values[::-1][:k], 0.0), turn[:, ::-1][:, :k]
    return np.asarray(basis @ (turn * np.sqrt(values)))


def _times(kernel: Kernel, columns: np.ndarray) -> np.ndarray:
    """Return K times dense columns, shape (n_items, width)."""
    match kernel:
        case ByUsers(rated, inverse):
            return np.asarray(rated @ (inverse @ (rated.T @ columns)))
        case ByItems(whole):
            return np.asarray(whole @ columns)
    raise TypeError(f"{type(kernel).__name__} has no product here")
