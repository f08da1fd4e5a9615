"""What is known of a rating besides its value: named fields of sparse columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cftui.hyperparameters import DataInfo, FieldSize
from cftui.hyperparameters.fields import FIELDS, TIMED, parse_fields
from cftui.ratings.clock import Clock
from cftui.ratings.facets import facets
from cftui.ratings.split import Split
from cftui.ratings.values import Ratings

YEARS_A_BIN = 3
Codes = NDArray[np.int32]
Integers = NDArray[np.signedinteger[Any]]
Whose = Literal["user", "item", "rating"]


@dataclass(frozen=True, eq=False)
class SparseRows:
    """Sparse rows: row i has the columns and values from indptr[i] to indptr[i + 1]."""

    indptr: NDArray[np.int64]
    """Shape (n_rows + 1,)."""
    columns: NDArray[np.int32]
    values: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.indptr) - 1

    def take(self, rows: Integers) -> "SparseRows":
        """Return some of the rows, in the order asked for."""
        lengths = np.diff(self.indptr)[rows]
        indptr = _edges(lengths)
        places = np.arange(indptr[-1]) + np.repeat(self.indptr[rows] - indptr[:-1], lengths)
        return SparseRows(indptr, self.columns[places], self.values[places])


@dataclass(frozen=True, eq=False)
class Field:
    """One thing known of users, of items or of ratings, in columns of its own from 0."""

    name: str
    width: int
    """The number of columns."""
    of: Whose
    one_hot: bool
    """Whether a row has at most one column, of value 1; else it is a set."""
    indptr: NDArray[np.int64]
    """With `columns` and `values` a sparse row of each user or item; empty for `rating`.

    A set has each of its n columns with a value of 1 over the root of n.
    """
    columns: NDArray[np.int32]
    values: NDArray[np.float32]
    codes: Codes
    """For `rating` the column of each of the data's ratings, -1 where unknown; else empty."""

    @property
    def rows(self) -> SparseRows:
        """Return the rows of users or items."""
        return SparseRows(self.indptr, self.columns, self.values)

    @classmethod
    def of_rows(
        cls, name: str, width: int, of: Whose, rows: SparseRows, *, one_hot: bool
    ) -> "Field":
        """Return a field of users or items."""
        return cls(
            name, width, of, one_hot, rows.indptr, rows.columns, rows.values, np.zeros(0, np.int32)
        )

    @classmethod
    def of_ratings(cls, name: str, width: int, codes: Codes) -> "Field":
        """Return a field of ratings."""
        none = SparseRows(np.zeros(1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32))
        return cls(name, width, "rating", True, none.indptr, none.columns, none.values, codes)


@dataclass(frozen=True, eq=False)
class Features:
    """The fields of some data, counted from its training ratings alone, in one numbering."""

    user: Integers
    """Codes of all of the data's ratings, shape (n_ratings,); so `item`."""
    item: Integers
    user_counts: NDArray[np.int64]
    """How many training ratings each has, shape (n_users,); so `item_counts`."""
    item_counts: NDArray[np.int64]
    mean: float
    """Of the training ratings, in rating units."""
    fields: tuple[Field, ...]
    absent: tuple[str, ...] = ()
    """Fields that were asked for and that these ratings do not tell."""
    clock: Clock | None = field(default=None, repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the fields' names, in order."""
        return tuple(each.name for each in self.fields)

    def named(self, name: str) -> Field:
        """Return a field; raises KeyError where there is none of this name."""
        return {each.name: each for each in self.fields}[name]

    def sized(self, info: DataInfo) -> DataInfo:
        """Return what a model must know of the ratings, with the mean and the fields' sizes."""
        sizes = (FieldSize(each.name, each.width, each.one_hot) for each in self.fields)
        return replace(info, mean=self.mean, fields=tuple(sizes))

    @cached_property
    def offsets(self) -> NDArray[np.int64]:
        """Return the first column of each field and, last, the number of all columns."""
        return _edges([each.width for each in self.fields])

    @property
    def n_features(self) -> int:
        """Return the number of columns of all fields."""
        return int(self.offsets[-1])

    def codes_of(self, positions: Integers) -> dict[str, Codes]:
        """Return the codes of the data's ratings in each field of ratings."""
        return {f.name: f.codes[positions] for f in self.fields if f.of == "rating"}

    def codes_at(
        self, users: Integers, items: Integers, times: NDArray[np.int64]
    ) -> dict[str, Codes]:
        """Return the codes of pairs at given times in each field of ratings."""
        timed = [each.name for each in self.fields if each.of == "rating"]
        if not timed:
            return {}
        assert self.clock is not None, "fields of ratings come of a clock"
        clock = self.clock
        return {name: clock.codes(name, users, items, times) for name in timed}

    def codes_now(self, items: Integers) -> dict[str, Codes]:
        """Return the codes of pairs as a list asks them: as of the last day trained on.

        How old a film is then is known, and was trained on. Of a user's own days and places none
        will ever come that anybody trained on: such fields say nothing.
        """
        if "film-age" not in self.names or self.clock is None:
            return {}
        nobody, then = np.zeros(len(items), np.int64), np.full(len(items), self.clock.last)
        return {"film-age": self.clock.codes("film-age", nobody, items, then)}

    def rows_of(self, positions: Integers) -> SparseRows:
        """Return all columns of some of the data's ratings, a row each."""
        codes = self.codes_of(positions)
        return self.rows_of_pairs(self.user[positions], self.item[positions], codes)

    def rows_of_pairs(
        self, users: Integers, items: Integers, codes: Mapping[str, Codes] | None = None
    ) -> SparseRows:
        """Return all columns of pairs, a row each; without codes those of now."""
        known = self.codes_now(items) if codes is None else codes
        parts = [self._rows_of_field(each, users, items, known) for each in self.fields]
        return _side_by_side(parts, self.offsets)

    def _rows_of_field(
        self, each: Field, users: Integers, items: Integers, codes: Mapping[str, Codes]
    ) -> SparseRows:
        if each.of != "rating":
            return each.rows.take(users if each.of == "user" else items)
        return _one_hot(codes.get(each.name, np.full(len(users), -1, np.int32)))


def features_of(ratings: Ratings, parts: Split, wanted: Sequence[str]) -> Features:
    """Return the fields of these ratings that are wanted, counted from the training part.

    What the ratings do not tell, for want of times, titles or genres, is left out and named.
    """
    clock = _clock(ratings, parts) if set(wanted) & set(TIMED) else None
    made = {name: _field(name, ratings, parts, clock) for name in wanted}
    found = tuple(made[name] for name in FIELDS if name in made and made[name].width)
    absent = tuple(name for name in FIELDS if name in made and not made[name].width)
    mean = float(ratings.value[parts.train].mean(dtype=np.float64))
    users = np.bincount(ratings.user[parts.train], minlength=ratings.n_users)
    items = np.bincount(ratings.item[parts.train], minlength=ratings.n_items)
    return Features(ratings.user, ratings.item, users, items, mean, found, absent, clock)


def _clock(ratings: Ratings, parts: Split) -> Clock | None:
    if ratings.timestamp is None:
        return None
    user, time = ratings.user[parts.train], ratings.timestamp[parts.train]
    return Clock.of(user, time, ratings.n_users, facets(ratings).years)


def _field(name: str, ratings: Ratings, parts: Split, clock: Clock | None) -> Field:
    """Return a field, of width 0 where the ratings do not tell it."""
    if name in TIMED:
        return _timed(name, ratings, clock)
    user, item = ratings.user[parts.train], ratings.item[parts.train]
    match name:
        case "user":
            return each_of(name, "user", ratings.n_users)
        case "item":
            return each_of(name, "item", ratings.n_items)
        case "history":
            rows = set_rows(user, item, ratings.n_users)
            return Field.of_rows(name, ratings.n_items, "user", rows, one_hot=False)
        case "raters":
            rows = set_rows(item, user, ratings.n_items)
            return Field.of_rows(name, ratings.n_users, "item", rows, one_hot=False)
        case "genres":
            return _genres(ratings)
        case "year":
            years = facets(ratings).years
            bins = years // YEARS_A_BIN - (years[years > 0] // YEARS_A_BIN).min(initial=9999)
            return _coded(name, np.where(years > 0, bins, -1))
        case "popularity":
            counts = np.bincount(item, minlength=ratings.n_items)
            # The bins are 0, 1 and 2, 3 to 6 and so on: the binary logarithm of 1 + the number.
            return _coded(name, np.frexp(1.0 + counts)[1] - 1)
    raise KeyError(name)


def _timed(name: str, ratings: Ratings, clock: Clock | None) -> Field:
    if clock is None or ratings.timestamp is None or not clock.width(name):
        return Field.of_ratings(name, 0, np.zeros(0, np.int32))
    codes = clock.codes(name, ratings.user, ratings.item, np.asarray(ratings.timestamp))
    return Field.of_ratings(name, clock.width(name), codes)


def each_of(name: str, of: Whose, n: int) -> Field:
    """Return a field in which each of n users or items is a column of its own."""
    return Field.of_rows(name, n, of, _one_hot(np.arange(n)), one_hot=True)


def _coded(name: str, codes: Integers) -> Field:
    """Return a field of one column an item, -1 for none."""
    width = int(codes.max(initial=-1)) + 1
    return Field.of_rows(name, width, "item", _one_hot(codes), one_hot=True)


def _genres(ratings: Ratings) -> Field:
    genres = facets(ratings).genres
    if not genres:
        return _coded("genres", np.full(ratings.n_items, -1))
    # By name: how common each is may change with a table of titles.
    item, genre = np.nonzero(np.stack([genres[name] for name in sorted(genres)], axis=1))
    rows = set_rows(item, genre, ratings.n_items)
    return Field.of_rows("genres", len(genres), "item", rows, one_hot=False)


def set_rows(of: Integers, columns: Integers, n: int) -> SparseRows:
    """Return the set of columns of each of n rows, sorted, from pairs that each occur once."""
    order = np.lexsort((columns, of))
    counts = np.bincount(of, minlength=n)
    values = np.repeat(1 / np.sqrt(np.maximum(counts, 1)), counts)
    return SparseRows(_edges(counts), columns[order].astype(np.int32), values.astype(np.float32))


def _one_hot(codes: Integers) -> SparseRows:
    """Return a row for each code, with a one there; none where the code is -1."""
    known = codes >= 0
    columns = codes[known].astype(np.int32)
    return SparseRows(_edges(known), columns, np.ones(len(columns), np.float32))


def _side_by_side(parts: Sequence[SparseRows], offsets: NDArray[np.int64]) -> SparseRows:
    """Return rows that hold those of every part, each part's columns from its offset on."""
    lengths = np.stack([np.diff(part.indptr) for part in parts], axis=1)
    n = len(lengths)
    # A stable sort by row keeps the parts in their order.
    row = np.concatenate([np.repeat(np.arange(n), lengths[:, k]) for k in range(len(parts))])
    order = np.argsort(row, kind="stable")
    columns = np.concatenate([p.columns + o for p, o in zip(parts, offsets[:-1], strict=True)])
    values = np.concatenate([part.values for part in parts])
    return SparseRows(_edges(lengths.sum(1)), columns[order].astype(np.int32), values[order])


def _edges(lengths: Sequence[int] | NDArray[Any]) -> NDArray[np.int64]:
    """Return where each of these lengths begins, and where the last ends."""
    edges = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=edges[1:])
    return edges


__all__ = [
    "FIELDS",
    "Features",
    "Field",
    "SparseRows",
    "each_of",
    "features_of",
    "parse_fields",
    "set_rows",
]
