"""Codes the rows of any reader: ids become codes in order of appearance, duplicates leave."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cftui.questions.data import Problem
from cftui.ratings.reading.rating_words import LOOKS
from cftui.ratings.reading.rows import KEPT_PROBLEMS, NOT_A_NUMBER, Rows
from cftui.ratings.reading.titles import Titles
from cftui.ratings.sources.locate import SourceFiles
from cftui.ratings.sources.packed import ArchivePart
from cftui.ratings.values import INTEGER_ID, UNKNOWN_TIME, DataError

Longs = NDArray[np.int64]
COLUMNS = ("user", "item", "value", "timestamp")
HOPELESS = 1_000_000
"""After so many unusable rows and not a usable one, no more are read."""
TABLE_TIMES = 8
"""Keys are looked up in a table where it needs at most so many places for each key."""


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
    unrated: int = 0
    """Rows left out since their value means that there is no rating."""
    notes: tuple[str, ...] = ()
    """How the file was read where it could have been read otherwise, a sentence each."""

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
        kept = ~np.isin(rows.value, self._values)
        self._passed += int(np.count_nonzero(kept))
        self.count += int(np.count_nonzero(~kept))
        self._take(rows if kept.all() else rows.where(kept))

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
        self._columns: dict[str, list[NDArray[Any]]] = {name: [] for name in COLUMNS}
        self._users, self._items = _Numbered(), _Numbered()
        self._usable = self._unusable = 0
        self._problems: list[Problem] = []

    def add(self, rows: Rows) -> None:
        """Take the rows that follow those taken so far; raises DataError where it is hopeless."""
        user = self._users.renumbered(rows.user, rows.user_texts)
        item = self._items.renumbered(rows.item, rows.item_texts)
        columns: dict[str, NDArray[Any]]
        columns = {
            "user": _narrowed(user),
            "item": _narrowed(item),
            "value": rows.value,
            "timestamp": rows.timestamp,
        }
        for name, column in columns.items():
            self._columns[name].append(column)
        self._usable += len(user)
        self._unusable += rows.unusable
        self._problems += rows.problems[: KEPT_PROBLEMS - len(self._problems)]
        if self._unusable >= HOPELESS and not self._usable:
            raise self._nothing("first ")

    def finish(self, *, dated: bool) -> RatingsTable:
        """Return the table; raises DataError where no row is usable."""
        if not self._usable:
            raise self._nothing()
        user, users = by_appearance(self._taken("user"))
        item, items = by_appearance(self._taken("item"))
        value = self._taken("value")
        timestamp = self._taken("timestamp") if dated else None
        kept = _latest(user, item, len(users), len(items), timestamp)
        duplicates = 0
        if kept is not None:
            duplicates = len(user) - len(kept)
            user, order = by_appearance(user[kept])
            users = users[order]
            item, order = by_appearance(item[kept])
            items = items[order]
            value = value[kept]
            timestamp = None if timestamp is None else timestamp[kept]
        return RatingsTable(
            user=user,
            item=item,
            value=value,
            timestamp=timestamp,
            user_ids=self._users.ids(users),
            item_ids=self._items.ids(items),
            unusable_rows=self._unusable,
            duplicates=duplicates,
            problems=tuple(self._problems),
        )

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


class _Numbered:
    """The ids of a file that are not their own keys, numbered from -1 downwards."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._known: dict[str, int] = {}

    def renumbered(self, keys: Longs, texts: list[str]) -> Longs:
        """Return keys that hold for the whole file for those that hold for one part."""
        if not texts:
            return keys
        own = np.array([self._key(text) for text in texts], np.int64)
        return np.where(keys < 0, own[np.where(keys < 0, -1 - keys, 0)], keys)

    def _key(self, text: str) -> int:
        key = self._known.setdefault(text, -1 - len(self._texts))
        if key == -1 - len(self._texts):
            self._texts.append(text)
        return key

    def ids(self, keys: Longs) -> Longs | list[str]:
        """Return the ids of keys, as integers if that changes the writing of none."""
        if not len(keys) or int(keys.min()) >= 0:
            return keys
        texts = [str(key) if key >= 0 else self._texts[-1 - key] for key in keys.tolist()]
        if all(INTEGER_ID.fullmatch(text) for text in texts):
            try:
                return np.array([int(text) for text in texts], np.int64)
            except OverflowError:
                pass
        return texts


def by_appearance(keys: NDArray[Any]) -> tuple[NDArray[np.int32], Longs]:
    """Return each key's code, from 0 in order of first appearance, and the key of each code."""
    n, low = len(keys), int(keys.min())
    span = int(keys.max()) - low + 1
    if span > min(max(TABLE_TIMES * n, 1 << 16), 2**31 - 1):
        distinct, first, codes = np.unique(keys, return_index=True, return_inverse=True)
        order = np.argsort(first)
        renumber = np.empty(len(order), np.int32)
        renumber[order] = np.arange(len(order), dtype=np.int32)
        return renumber[codes], distinct[order].astype(np.int64)
    places = keys - low if low else keys
    first = np.full(span, n, _narrow(n))
    # Of equal places the last assignment holds, which is the first appearance.
    first[places[::-1]] = np.arange(n - 1, -1, -1, dtype=first.dtype)
    present = np.flatnonzero(first < n)
    order = present[np.argsort(first[present])]
    table = np.zeros(span, np.int32)
    table[order] = np.arange(len(order), dtype=np.int32)
    return table[places], order + low


def _narrowed(keys: Longs) -> NDArray[Any]:
    """Return keys in half the memory where they fit."""
    return keys.astype(_narrow(int(keys.max()))) if len(keys) and keys.min() > -(2**31) else keys


def _narrow(largest: int) -> type[np.signedinteger[Any]]:
    return np.int32 if largest <= np.iinfo(np.int32).max else np.int64


def _latest(
    user: NDArray[np.int32],
    item: NDArray[np.int32],
    n_users: int,
    n_items: int,
    timestamp: Longs | None,
) -> NDArray[np.intp] | None:
    """Return the positions of the latest rating of each pair, ascending; none if all are single."""
    pairs = user.astype(np.int64) * n_items + item
    ordered = np.sort(pairs)
    twice = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    del ordered
    if not len(twice):
        return None
    # Only ratings of users who have such pairs are looked at.
    concerned = np.zeros(n_users, np.bool_)
    concerned[twice // n_items] = True
    among = np.flatnonzero(concerned[user])
    among = among[np.isin(pairs[among], twice)]
    times = np.zeros(len(among), np.int64) if timestamp is None else timestamp[among]
    order = np.lexsort((times, pairs[among]))  # stable: of equal times the last line stays
    ranked = pairs[among][order]
    outdated = order[:-1][ranked[1:] == ranked[:-1]]
    kept = np.ones(len(user), np.bool_)
    kept[among[outdated]] = False
    return np.flatnonzero(kept)
