"""Features as tensors on a device: what modules are given beside users and items."""

from collections.abc import Iterator, Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from cftui.models.sparse_rows import ResidentRows
from cftui.models.unseen import Unseen
from cftui.ratings.features import Features, Whose

Codes = Mapping[str, Tensor]
"""Of ratings, by field: shape (batch,), -1 where unknown."""
COUNTED = ("user", "item", "history", "raters", "popularity")
"""Fields that training ratings tell: of whom there are none, they say nothing."""
OFTEN = 8
"""Rows are multiplied all at once unless they are more than this many times a batch's ratings."""


class KnownFeatures(nn.Module):
    """All that is known of users, items and the data's ratings; part of no checkpoint."""

    def __init__(self, features: Features) -> None:
        super().__init__()
        self.fields = {field.name: field for field in features.fields}
        self.unseen = nn.ModuleDict()
        counts: dict[Whose, np.ndarray] = {
            "user": features.user_counts,
            "item": features.item_counts,
        }
        for whose, of_each in counts.items():
            if not of_each.all():
                told = [f for f in features.fields if f.of == whose and f.name not in COUNTED]
                self.unseen[whose] = Unseen(told, of_each)
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
        pairs, clock = (users.cpu().numpy(), items.cpu().numpy(), times), self.clock
        names = self.named_of("rating") if clock is not None else []
        codes = {name: clock.codes(name, *pairs) for name in names if clock is not None}
        there = {name: torch.from_numpy(found).to(users.device) for name, found in codes.items()}
        return FeatureBatch(self, users, items, there)

    def untrained(self, whose: Whose, rows: Tensor | None) -> Tensor | None:
        """Return whether nobody trained on each user or item, shape (rows,); none for no such."""
        if whose not in self.unseen:
            return None
        weights = self._unseen(whose).weights
        found = (weights if rows is None else weights[rows]) == 0
        return found if found.any() else None

    def expected(self, whose: Whose, numbers: Tensor, rows: Tensor | None) -> Tensor:
        """Return what numbers of users or items are to be expected by what is told, (rows, k).

        `numbers`: of all of them, shape (all, k).
        """
        unseen = self._unseen(whose)
        told = {name: self._rows(name) for name in unseen.names}
        return unseen.expected(numbers, told, rows)

    def _unseen(self, whose: Whose) -> Unseen:
        unseen = self.unseen[whose]
        assert isinstance(unseen, Unseen)
        return unseen

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
