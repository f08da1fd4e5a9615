"""Features as tensors on a device: what modules are given beside users and items."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from cftui.ratings.features import Features, SparseRows, Whose

Codes = Mapping[str, Tensor]
"""Of ratings, by field: shape (batch,), -1 where unknown."""
OFTEN = 8
"""Rows are multiplied all at once unless they are more than this many times a batch's ratings."""


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


class KnownFeatures(nn.Module):
    """All that is known of users, items and the data's ratings; part of no checkpoint."""

    def __init__(self, features: Features) -> None:
        super().__init__()
        self.fields = {field.name: field for field in features.fields}
        self.whole = bool(features.user_counts.all()), bool(features.item_counts.all())
        for whose, counts in (("user", features.user_counts), ("item", features.item_counts)):
            weights = torch.from_numpy(np.sqrt(counts).astype(np.float32))
            self.register_buffer(f"weights_{whose}", weights, persistent=False)
        self.sparse = nn.ModuleDict(
            {f.name: ResidentRows(f.rows, f.width) for f in features.fields if f.of != "rating"}
        )
        for field in features.fields:
            if field.of == "rating":
                codes = torch.from_numpy(np.array(field.codes))
                self.register_buffer(f"codes_{field.name}", codes, persistent=False)
        self.clock = features.clock
        now = features.codes_now(np.arange(len(features.item_counts)))
        self.now = tuple(now)
        """Fields of ratings that are known of any pair, as of the last day trained on."""
        for name, of_items in now.items():
            self.register_buffer(f"now_{name}", torch.from_numpy(of_items), persistent=False)

    def named_of(self, whose: Whose) -> list[str]:
        """Return the fields of users, of items or of ratings, in order."""
        return [name for name, field in self.fields.items() if field.of == whose]

    def codes_of(self, items: Tensor, positions: Tensor | None = None) -> Codes:
        """Return the codes of pairs in fields of ratings, as of now where they are no ratings.

        `positions`: which of the data's ratings they are, -1 for none.
        """
        now = {name: self.get_buffer(f"now_{name}")[items] for name in self.now}
        if positions is None:
            return now
        return {
            name: torch.where(
                positions < 0,
                now.get(name, torch.full_like(positions, -1, dtype=torch.int32)),
                self.get_buffer(f"codes_{name}")[positions.clamp(0)],
            )
            for name in self.named_of("rating")
        }

    def batch(
        self, users: Tensor, items: Tensor, positions: Tensor | None = None
    ) -> "FeatureBatch":
        """Return what is known of pairs, with their times where they are ratings of the data."""
        return FeatureBatch(self, users, items, self.codes_of(items, positions))

    def batch_at(self, users: Tensor, items: Tensor, times: np.ndarray) -> "FeatureBatch":
        """Return what is known of pairs as of these times, in what the ratings' times count."""
        of_pairs = users.cpu().numpy(), items.cpu().numpy(), times
        names = self.named_of("rating") if self.clock is not None else []
        codes = {
            name: torch.from_numpy(self.clock.codes(name, *of_pairs)).to(users.device)
            for name in names
            if self.clock is not None
        }
        return FeatureBatch(self, users, items, codes)

    def weights(self, whose: Whose) -> Tensor | None:
        """Return the root of how many training ratings each user or item has, shape (rows,).

        None where each has some.
        """
        return None if self.whole[whose == "item"] else self.get_buffer(f"weights_{whose}")

    def n_rows(self, whose: Whose) -> int:
        """Return the number of users or items, of whom something is known."""
        return len(self.fields[self.named_of(whose)[0]].indptr) - 1

    def product(self, name: str, table: Tensor, rows: Tensor | None = None) -> Tensor:
        """Return a field's rows of users or items times a table, shape (rows, k).

        `table`: shape (width, k); `rows`: which users or items; without, all of them.
        """
        if name in ("user", "item"):  # each is a column of its own
            return table if rows is None else functional.embedding(rows, table)
        return self._rows(name).times(table, rows)

    def scales(self, name: str, rows: Tensor | None = None) -> Tensor:
        """Return the value that all columns of each row have, shape (rows, 1)."""
        scales = self._rows(name).scales
        return scales if rows is None else scales[rows]

    def _rows(self, name: str) -> ResidentRows:
        rows = self.sparse[name]
        assert isinstance(rows, ResidentRows)
        return rows


class FeatureBatch(Mapping[str, Tensor]):
    """What is known of some ratings, by the fields' names.

    A field of one column at most is its codes, shape (batch,), -1 where unknown; one of sets is a
    matrix of shape (batch, width), with 1 over the root of n in each of a set's n columns.
    """

    def __init__(
        self, known: KnownFeatures, users: Tensor, items: Tensor, codes: Codes | None = None
    ) -> None:
        """Take codes of users and items, and of ratings by field; none where no time is known."""
        self.known = known
        self._whose = {"user": users, "item": items}
        self._codes = codes or {}
        self._sides: dict[str, tuple[Tensor | None, Tensor]] = {}

    def __getitem__(self, name: str) -> Tensor:
        if name not in self.known.fields:
            raise KeyError(
                f"no {name}: these ratings do not tell it, or `features` does not name it"
            )
        field = self.known.fields[name]
        if field.of == "rating":
            return self.codes(name)
        codes = self._whose[field.of]
        if name == field.of:
            return codes
        identity = torch.eye(field.width, device=codes.device)
        rows = self.product(name, identity)
        if not field.one_hot:
            return rows
        return torch.where(rows.any(1), rows.argmax(1), -1)

    def __iter__(self) -> Iterator[str]:
        return iter(self.known.fields)

    def __len__(self) -> int:
        return len(self.known.fields)

    def codes(self, name: str) -> Tensor:
        """Return the codes in a field of ratings, shape (batch,), int64."""
        codes = self._codes.get(name)
        return torch.full_like(self._whose["user"], -1) if codes is None else codes.long()

    def side(self, whose: Whose) -> tuple[Tensor | None, Tensor]:
        """Return users or items to compute for, none for all; and each rating's place in them."""
        if whose not in self._sides:
            codes = self._whose[whose]
            few = self.known.n_rows(whose) > OFTEN * codes.numel()
            self._sides[whose] = torch.unique(codes, return_inverse=True) if few else (None, codes)
        return self._sides[whose]

    def product(self, name: str, table: Tensor) -> Tensor:
        """Return the field's columns of each rating times a table, shape (batch, k).

        `table`: shape (width, k). Quick for sets however wide; unknown is zeros.
        """
        whose = self.known.fields[name].of
        if whose == "rating":
            codes = self.codes(name)
            return functional.embedding(codes.clamp(0), table) * (codes >= 0)[:, None]
        rows, inverse = self.side(whose)
        return functional.embedding(inverse, self.known.product(name, table, rows))
