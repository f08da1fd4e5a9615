"""What a chain needs of the ratings: who, what, and the features, laid out for the kernels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from cftui.ratings.features import Field
from cftui.training.gibbs.kernels import RelationBlock

SIDES = ("user", "item", "rating")


@dataclass(frozen=True, eq=False)
class Design:
    """Training ratings in the order of their users, and all features in one row of places."""

    user: np.ndarray
    """uint32, shape (n,), ascending; so `item`."""
    item: np.ndarray
    order: np.ndarray
    """Which of the ratings given is at each place."""
    users: RelationBlock
    items: RelationBlock
    codes: np.ndarray
    """Places of the ratings' own features, uint32 (fields, n); `n_features` where one has none."""
    names: tuple[str, ...]
    first: np.ndarray
    """Where each field begins, and the last ends; the users' first, then the items'."""
    n_of_sides: int
    """Fields of users and items together."""

    @property
    def n_features(self) -> int:
        """Return the number of features of all fields."""
        return int(self.first[-1])

    def spread(self, of_fields: np.ndarray) -> np.ndarray:
        """Return a number of each field as one of each feature, and of the place for none."""
        return np.append(np.repeat(of_fields, np.diff(self.first)), 0.0)

    @property
    def first_own(self) -> int:
        """Return the place of the first feature of ratings."""
        return int(self.first[self.n_of_sides])

    @cached_property
    def shares(self) -> np.ndarray:
        """Return how many of the training ratings have each feature of ratings, as shares.

        Shape (fields, features of ratings + 1), the last for none.
        """
        n_own = self.n_features - self.first_own
        counts = [np.bincount(row - self.first_own, minlength=n_own + 1) for row in self.codes]
        return np.array(counts, np.float64).reshape(-1, n_own + 1) / max(len(self.user), 1)

    def rows_of_own(self, codes: np.ndarray) -> np.ndarray:
        """Return codes within each field of ratings, (fields, n), as rows of `DrawRows.own`."""
        first = self.first[self.n_of_sides : -1, None] - self.first_own
        unknown = self.n_features - self.first_own + 1 + np.arange(len(first))[:, None]
        return np.where(codes < 0, unknown, codes + first).astype(np.uint32)


def make_design(
    user: np.ndarray,
    item: np.ndarray,
    n_users: int,
    n_items: int,
    fields: Sequence[Field],
    codes: Mapping[str, np.ndarray],
) -> Design:
    """Lay out training ratings, shape (n,) each, with their features.

    `codes`: of these ratings, for each field of ratings by name; -1 where not known.
    """
    fields = sorted(fields, key=lambda field: SIDES.index(field.of))
    of = {side: [field for field in fields if field.of == side] for side in SIDES}
    first = np.cumsum([0, *(field.width for field in fields)]).astype(np.int64)
    order = np.argsort(user, kind="stable")
    by_user, by_item = user[order].astype(np.uint32), item[order].astype(np.uint32)
    n_of_sides = len(of["user"]) + len(of["item"])
    begins = [0, int(first[len(of["user"])])]
    design = Design(
        by_user,
        by_item,
        order,
        _side(by_user, n_users, begins[0], of["user"]),
        _side(by_item, n_items, begins[1], of["item"]),
        np.empty((0, len(order)), np.uint32),
        tuple(field.name for field in fields),
        first,
        n_of_sides,
    )
    if not of["rating"]:
        return design
    own = np.stack([codes[field.name][order] for field in of["rating"]])
    places = np.where(own < 0, first[-1], own + first[n_of_sides:-1, None])
    return replace(design, codes=places.astype(np.uint32))


def _side(row: np.ndarray, n_rows: int, first: int, fields: Sequence[Field]) -> RelationBlock:
    """Return the columns of all fields of a side, one field after the other."""
    width, rows, columns, values = 0, [], [], []
    for field in fields:
        rows.append(np.repeat(np.arange(n_rows), np.diff(field.indptr)))
        columns.append(np.asarray(field.columns, np.int64) + width)
        values.append(np.asarray(field.values, np.float64))
        width += field.width
    if not fields:
        rows = columns = [np.empty(0, np.int64)]
        values = [np.empty(0)]
    column = np.concatenate(columns)
    order = np.argsort(column, kind="stable")
    indptr = np.zeros(width + 1, np.int64)
    np.cumsum(np.bincount(column, minlength=width), out=indptr[1:])
    return RelationBlock(
        row,
        n_rows,
        first,
        indptr,
        np.concatenate(rows)[order].astype(np.uint32),
        np.concatenate(values)[order],
    )
