"""Codes the rows of any reader: ids become codes in order of appearance, duplicates leave."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cftui.questions.data import Problem
from cftui.ratings.reading.rating_words import LOOKS
from cftui.ratings.reading.rows import KEPT_PROBLEMS, NOT_A_NUMBER, Rows
from cftui.ratings.reading.titles import Titles
from cftui.ratings.sources.locate import SourceFiles
from cftui.ratings.sources.packed import ArchivePart
from cftui.ratings.values import UNKNOWN_TIME, DataError

if TYPE_CHECKING:
    import pyarrow as pa

Longs = NDArray[np.int64]
COLUMNS = ("user", "item", "value", "timestamp")
HOPELESS = 1_000_000
"""After so many unusable rows and not a usable one, no more are read."""


@dataclass(frozen=True, eq=False)
class RatingsTable:
    """Usable ratings in the file's order, coded from 0 in order of first appearance."""

    user: NDArray[np.int32]
    item: NDArray[np.int32]
    value: NDArray[np.float32]
    timestamp: Longs | None
    user_ids: Longs | list[str]
    """Integers where all ids are so written that an integer stands for them."""
    item_ids: Longs | list[str]
    unusable_rows: int
    duplicates: int
    problems: tuple[Problem, ...]
    titles: Titles = field(default_factory=Titles)
    notes: tuple[str, ...] = ()
    """How the file was taken that could have been meant otherwise, a sentence each."""
    unrated: int = 0
    """Rows left out since their value means that there is no rating."""

    @property
    def untimed(self) -> int:
        """Return how many ratings have no time, where others have one."""
        return (
            0 if self.timestamp is None else int(np.count_nonzero(self.timestamp == UNKNOWN_TIME))
        )

    def without_unknown_times(self) -> "RatingsTable":
        """Return the ratings without times where none of them is known."""
        if self.timestamp is None or self.untimed < len(self.timestamp):
            return self
        note = "no rating has a time that can be read: all are taken without"
        return replace(self, timestamp=None, notes=(*self.notes, note))

    def with_titles(self, titles: Titles) -> "RatingsTable":
        """Return the same ratings with titles."""
        return replace(self, titles=titles)


class LeftOut:
    """Passes rows on without those whose value means that there is no rating."""

    def __init__(self, files: SourceFiles, take: Callable[[Rows], None]) -> None:
        self._files, self._take, self.count, self._passed = files, take, 0, 0
        self._values = np.array(files.mapping.unrated_values, np.float32)

    def take(self, rows: Rows) -> None:
        """Take the rows that follow those taken so far."""
        kept = np.flatnonzero(~np.isin(rows.value, self._values))
        self._passed += len(kept)
        self.count += len(rows.value) - len(kept)
        self._take(rows if len(kept) == len(rows.value) else rows.taken(kept))

    def refuse_nothing(self) -> None:
        """Raise DataError where every rating was left out."""
        if self.count and not self._passed:
            raise DataError(
                f"{self._files.ratings}: all {self.count:,} ratings are"
                f" {self._files.mapping.unrated}, which is left out; correct --unrated (to train:"
                " data.unrated)"
            )


class Intake:
    """Takes the rows of one file part by part and gives the table of the usable ones."""

    def __init__(self, part: ArchivePart) -> None:
        self._part = part
        self._columns: dict[str, list[Any]] = {name: [] for name in COLUMNS}
        self._usable = self._unusable = 0
        self._problems: list[Problem] = []

    def add(self, rows: Rows) -> None:
        """Take the rows that follow those taken so far; raises DataError where it is hopeless."""
        if len(rows.value):
            for name in COLUMNS:
                self._columns[name].append(getattr(rows, name))
        self._usable += len(rows.value)
        self._unusable += rows.unusable
        self._problems += rows.problems[: KEPT_PROBLEMS - len(self._problems)]
        if self._unusable >= HOPELESS and not self._usable:
            raise self._nothing("first ")

    def finish(self, *, dated: bool) -> RatingsTable:
        """Return the table; raises DataError where no row is usable."""
        if not self._usable:
            raise self._nothing()
        user, users = self._coded("user")
        item, items = self._coded("item")
        value = self._taken("value")
        timestamp = self._taken("timestamp") if dated else None
        kept = _latest(user, item, len(users), len(items), timestamp)
        duplicates = 0
        if kept is not None:
            duplicates = len(user) - len(kept)
            user, item, value = user[kept], item[kept], value[kept]
            timestamp = None if timestamp is None else timestamp[kept]
        user, users = _by_appearance(user, users)
        item, items = _by_appearance(item, items)
        return RatingsTable(
            user=user,
            item=item,
            value=value,
            timestamp=timestamp,
            user_ids=_ids(users),
            item_ids=_ids(items),
            unusable_rows=self._unusable,
            duplicates=duplicates,
            problems=tuple(self._problems),
        )

    def _coded(self, name: str) -> tuple[NDArray[np.int32], "pa.Array"]:
        """Return the codes of one column of ids, in no order, and the id of each code."""
        import pyarrow as pa

        from cftui.ratings.reading.arrays import numbers_of

        whole = pa.chunked_array(self._columns[name]).unify_dictionaries()
        self._columns[name].clear()
        codes = np.concatenate([numbers_of(chunk.indices) for chunk in whole.chunks])
        return codes, whole.chunk(0).dictionary

    def _taken(self, name: str) -> NDArray[Any]:
        """Return one column of all parts, and let go of it there."""
        column: NDArray[Any] = np.concatenate(self._columns[name])
        self._columns[name].clear()
        return column

    def _nothing(self, which: str = "") -> DataError:
        if not self._problems:
            return DataError(f"{self._part}: a header and no ratings; give a file with ratings")
        first = self._problems[0]
        looks = f"; a rating is {LOOKS}" if first.reason == NOT_A_NUMBER else ""
        return DataError(
            f"{self._part} {first.counted} {first.line}: {first.column} {first.value!r}: "
            f"{first.reason}{looks}; none of the {which}{self._unusable:,} rows is usable, correct"
            " them or choose other columns (--user-column, --item-column, --rating-column)"
        )


def _by_appearance(
    codes: NDArray[np.int32], ids: "pa.Array"
) -> tuple[NDArray[np.int32], "pa.Array"]:
    """Return codes from 0 in order of first appearance, and the id of each."""
    from cftui.ratings.reading.arrays import column_of, numbers_of

    coded = column_of(codes).dictionary_encode()
    return numbers_of(coded.indices), ids.take(coded.dictionary)


def _ids(texts: "pa.Array") -> Longs | list[str]:
    """Return ids as integers if that changes the writing of none."""
    import pyarrow as pa

    from cftui.ratings.reading.arrays import numbers_of

    try:
        numbers = texts.cast(pa.int64())
    except pa.ArrowInvalid:
        return texts.to_pylist()  # type: ignore[no-any-return]
    same = numbers.cast(pa.string()).equals(texts)
    return numbers_of(numbers) if same else texts.to_pylist()


def _latest(
    user: NDArray[np.int32],
    item: NDArray[np.int32],
    n_users: int,
    n_items: int,
    timestamp: Longs | None,
) -> NDArray[np.intp] | None:
    """Return the positions of the latest rating of each pair, ascending; none if all are single."""
    ordered = _pairs(user, item, n_users, n_items)
    ordered.sort()
    twice = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    del ordered
    if not len(twice):
        return None
    # Only ratings of users who have such pairs are looked at.
    concerned = np.zeros(n_users, np.bool_)
    concerned[twice // n_items] = True
    among = np.flatnonzero(concerned[user])
    pairs = _pairs(user[among], item[among], n_users, n_items)
    chosen = np.isin(pairs, twice)
    among, pairs = among[chosen], pairs[chosen]
    times = np.zeros(len(among), np.int64) if timestamp is None else timestamp[among]
    order = np.lexsort((times, pairs))  # stable: of equal times the last line stays
    ranked = pairs[order]
    outdated = order[:-1][ranked[1:] == ranked[:-1]]
    kept = np.ones(len(user), np.bool_)
    kept[among[outdated]] = False
    return np.flatnonzero(kept)


def _pairs(
    user: NDArray[np.int32], item: NDArray[np.int32], n_users: int, n_items: int
) -> NDArray[Any]:
    """Return a number for each pair, in as few bits as will do: these are sorted the faster."""
    kind = np.uint32 if n_users * n_items <= 1 << 32 else np.uint64
    pairs: NDArray[Any] = user.astype(kind)
    np.multiply(pairs, kind(n_items), out=pairs)
    np.add(pairs, item.view(np.uint32), out=pairs)
    return pairs
