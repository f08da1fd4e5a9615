"""What is expected of users and items that nobody trained on, by what is told of them."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from scipy import sparse
from torch import Tensor, nn

from cftui.models.sparse_rows import ResidentRows
from cftui.ratings.features import Field

RIDGE = 5.0
"""Rows of others that the prior of a told column's coefficient counts for; 1 to 20 are alike."""


class Unseen(nn.Module):
    """A ridge regression of the others' numbers on what is told of each: genres, year.

    The posterior mean of a new row's own numbers under a normal prior around what is told (Agarwal
    and Chen 2009, "Regression-based latent factor models"), fitted once the model is trained. Rows
    weigh the root of their training ratings: of many ratings more is known, and those to come are
    of such rather.
    """

    weights: Tensor
    """Shape (rows,); 0 of those that nobody trained on."""
    middle: Tensor
    """Mean of what is told of the others, shape (columns,)."""
    inverse: Tensor
    """Of the normal equations' matrix, shape (columns, columns)."""

    def __init__(self, fields: Sequence[Field], counts: np.ndarray) -> None:
        """Take the told fields of users or of items, maybe none, and their training ratings."""
        super().__init__()
        self.names, self.widths = [f.name for f in fields], [f.width for f in fields]
        weights = np.sqrt(counts.astype(np.float64))
        weights *= np.count_nonzero(counts) / max(weights.sum(), 1e-12)
        middle, inverse = _regressed(fields, weights)
        for name, array in (("weights", weights), ("middle", middle), ("inverse", inverse)):
            made = torch.from_numpy(array.astype(np.float32))
            self.register_buffer(name, made, persistent=False)

    def expected(
        self, numbers: Tensor, told: Mapping[str, ResidentRows], rows: Tensor | None
    ) -> Tensor:
        """Return what is expected of rows, or of all, shape (rows, k).

        `numbers`: of every row, shape (all, k); those that nobody trained on are not looked at.
        """
        weights = self.weights[:, None]
        mean = (weights * numbers).sum(0) / weights.sum()
        n = len(numbers) if rows is None else len(rows)
        if not self.names:
            return mean.expand(n, -1)
        left = weights * (numbers - mean)
        sums = torch.cat([told[name].transposed_times(left) for name in self.names])
        coefficients = self.inverse @ sums
        found = (mean - self.middle @ coefficients).expand(n, -1)
        parts = zip(self.names, torch.split(coefficients, self.widths), strict=True)
        return found + torch.stack([told[name].times(part, rows) for name, part in parts]).sum(0)


def _regressed(fields: Sequence[Field], weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if not fields:
        return np.zeros(0), np.zeros((0, 0))
    told = sparse.hstack(
        [
            sparse.csr_array((f.values, f.columns, f.indptr), shape=(len(weights), f.width))
            for f in fields
        ],
        format="csr",
    )
    total = weights.sum()
    middle = (told.T @ weights) / max(total, 1e-12)
    weighted = told.multiply(weights[:, None]).tocsr()
    matrix = (told.T @ weighted).toarray() - total * np.outer(middle, middle)
    return middle, np.linalg.inv(matrix + RIDGE * np.eye(len(middle)))
