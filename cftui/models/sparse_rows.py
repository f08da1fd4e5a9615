"""Sparse rows of users or items as tensors on a device, and their products with tables."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from cftui.ratings.features import SparseRows


class _Product(torch.autograd.Function):
    """Sparse rows times a table; its derivative by the table is such a product too.

    Both are added up row by row, in the same order on every device.
    """

    @staticmethod
    def forward(ctx: Any, table: Tensor, matrix: "ResidentRows") -> Tensor:
        ctx.matrix = matrix
        return _bag(table, matrix.indptr, matrix.columns, matrix.values)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        matrix: ResidentRows = ctx.matrix
        return _bag(gradients[0], matrix.t_indptr, matrix.t_columns, matrix.t_values), None


def _bag(table: Tensor, indptr: Tensor, columns: Tensor, values: Tensor) -> Tensor:
    """Return sums of the table's rows, weighted, shape (len(indptr) - 1, k)."""
    return functional.embedding_bag(
        columns,
        table.contiguous(),
        indptr,
        mode="sum",
        per_sample_weights=values,
        include_last_offset=True,
    )


class ResidentRows(nn.Module):
    """Rows of users or items in columns of a field, and the same by column."""

    indptr: Tensor
    columns: Tensor
    values: Tensor
    t_indptr: Tensor
    t_columns: Tensor
    t_values: Tensor
    scales: Tensor
    """What all values of a row are, shape (rows, 1)."""

    def __init__(self, rows: SparseRows, width: int) -> None:
        super().__init__()
        for name, array in _both_ways(rows, width).items():
            self.register_buffer(name, torch.from_numpy(array), persistent=False)

    def transposed_times(self, table: Tensor) -> Tensor:
        """Return, of each column, the sum of all rows of a table by their values, (width, k).

        `table`: shape (rows, k).
        """
        return _bag(table, self.t_indptr, self.t_columns, self.t_values)

    def times(self, table: Tensor, rows: Tensor | None) -> Tensor:
        """Return these rows, or all, times a table of shape (width, k)."""
        if rows is None:
            product: Tensor = _Product.apply(table, self)  # type: ignore[no-untyped-call]
            return product
        begins = self.indptr[rows].long()
        lengths = self.indptr[rows + 1].long() - begins
        edges = functional.pad(lengths.cumsum(0), (1, 0))
        places = torch.arange(int(edges[-1]), device=rows.device)
        places = places + (begins - edges[:-1]).repeat_interleave(lengths)
        return _bag(table, edges, self.columns[places].long(), self.values[places])


def _both_ways(rows: SparseRows, width: int) -> dict[str, np.ndarray]:
    row = np.repeat(np.arange(len(rows), dtype=np.int32), np.diff(rows.indptr))
    by_column = np.argsort(rows.columns, kind="stable")
    counts = np.bincount(rows.columns, minlength=width)
    scales = np.ones((len(rows), 1), np.float32)
    scales[row, 0] = rows.values
    return {
        "indptr": rows.indptr.astype(np.int32),
        "columns": np.array(rows.columns),
        "values": np.array(rows.values),
        "t_indptr": np.concatenate([[0], np.cumsum(counts)]).astype(np.int32),
        "t_columns": row[by_column],
        "t_values": np.array(rows.values[by_column]),
        "scales": scales,
    }
