"""Checks and codes the columns of any reader: unusable rows and duplicates leave here."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cftui.questions import Problem
from cftui.ratings.titles import Titles
from cftui.ratings.values import INTEGER_ID, DataError

KEPT_PROBLEMS = 20
"""How many unusable rows are described; the others are only counted."""

LARGEST = 2**63 - 1


@dataclass(frozen=True)
class Texts:
    """A column of texts: each row's code into the distinct texts."""

    codes: NDArray[np.integer[Any]]
    texts: list[str]


@dataclass(frozen=True)
class Columns:
    """Consecutive rows of a file, as they were read."""

    user: Texts
    item: Texts
    value: Texts
    timestamp: Texts | NDArray[np.int64] | None
    surplus: Texts | None = None
    """What stands beyond the last column; empty in a sound row."""


@dataclass(frozen=True, eq=False)
class Table:
    """Usable ratings in the file's order, coded from 0 in order of first appearance."""

    user: NDArray[np.int32]
    item: NDArray[np.int32]
    value: NDArray[np.float32]
    timestamp: NDArray[np.int64] | None
    user_ids: list[str]
    item_ids: list[str]
    unusable_rows: int
    duplicates: int
    problems: tuple[Problem, ...]
    titles: Titles = field(default_factory=Titles)

    def with_titles(self, titles: Titles) -> "Table":
        """Return the same ratings with titles."""
        return replace(self, titles=titles)


@dataclass(frozen=True)
class _Check:
    """One column's distinct texts, and what is wrong with each (empty if nothing)."""

    column: str
    texts: Texts
    reasons: list[str]

    def faulty(self) -> NDArray[np.bool_]:
        """Return whether each row is faulty."""
        return _at(self.texts.codes, [reason != "" for reason in self.reasons])


class Intake:
    """Takes the rows of one file chunk by chunk and gives the table of the usable ones."""

    def __init__(self, path: Path, columns: dict[str, str]) -> None:
        """Begin the intake of a file; `columns` maps user, item… to the names in the file."""
        self._path = path
        self._names = columns
        self._users: dict[str, int] = {}
        self._items: dict[str, int] = {}
        self._parts: list[tuple[NDArray[Any], ...]] = []
        self._rows = 0
        self._unusable = 0
        self._problems: list[tuple[int, Problem]] = []

    def add(self, columns: Columns) -> None:
        """Take the rows that follow those taken so far."""
        with np.errstate(over="ignore"):
            values = _numbers(columns.value.texts).astype(np.float32)
        checks = [
            _Check(self._names["user"], columns.user, _id_reasons(columns.user.texts)),
            _Check(self._names["item"], columns.item, _id_reasons(columns.item.texts)),
            _Check(self._names["value"], columns.value, _reasons(columns.value.texts, values)),
        ]
        times = columns.timestamp
        if isinstance(times, Texts):
            numbers = _numbers(times.texts)
            numbers[np.abs(numbers) >= 2.0**63] = np.inf
            checks.append(_Check(self._names["timestamp"], times, _reasons(times.texts, numbers)))
            whole = _whole(times.texts, numbers)[times.codes]
        else:
            whole = np.empty(0, np.int64) if times is None else times
        if columns.surplus is not None:
            surplus = columns.surplus
            reasons = [
                "more fields than the header names" if text else "" for text in surplus.texts
            ]
            checks.append(_Check("beyond the last", surplus, reasons))
        usable = self._sift(checks)
        codes = (_coded(columns.user, self._users), _coded(columns.item, self._items))
        part = (*codes, values[columns.value.codes], whole)
        self._parts.append(tuple(a[usable] if len(a) else a for a in part))
        self._rows += len(usable)

    def _sift(self, checks: list[_Check]) -> NDArray[np.bool_]:
        """Return which rows are usable; count and describe the others, but for blank lines."""
        faulty: NDArray[np.bool_] = np.logical_or.reduce([check.faulty() for check in checks])
        if not faulty.any():
            return ~faulty
        blank = np.logical_and.reduce(
            [_at(c.texts.codes, [text == "" for text in c.texts.texts]) for c in checks]
        )
        told = np.flatnonzero(faulty & ~blank)
        self._unusable += len(told)
        for row in told[: KEPT_PROBLEMS - len(self._problems)].tolist():
            self._problems.append((self._rows + row, _describe(checks, row)))
        return ~faulty

    def finish(self, lines_of: Callable[[list[int]], list[int]]) -> Table:
        """Return the table; `lines_of` tells at which lines rows (counted from 0) begin.

        Raises DataError where no row is usable.
        """
        lines = lines_of([row for row, _ in self._problems]) if self._problems else []
        problems = tuple(
            replace(problem, line=line)
            for line, (_, problem) in zip(lines, self._problems, strict=True)
        )
        if not sum(len(part[0]) for part in self._parts):
            raise self._nothing(problems)
        user, item, value, times = (np.concatenate(a) for a in zip(*self._parts, strict=True))
        self._parts.clear()
        timestamp = times if "timestamp" in self._names else None
        kept = _latest(user.astype(np.int64) * len(self._items) + item, timestamp)
        duplicates = 0
        if kept is not None:
            duplicates = len(user) - len(kept)
            user, item, value = user[kept], item[kept], value[kept]
            timestamp = None if timestamp is None else timestamp[kept]
        user, user_ids = _by_appearance(user, list(self._users))
        item, item_ids = _by_appearance(item, list(self._items))
        return Table(
            user, item, value, timestamp, user_ids, item_ids, self._unusable, duplicates, problems
        )

    def _nothing(self, problems: tuple[Problem, ...]) -> DataError:
        if not problems:
            return DataError(f"{self._path}: a header and no ratings; give a file with ratings")
        first = problems[0]
        return DataError(
            f"{self._path} line {first.line}: {first.column} {first.value!r}: {first.reason}; "
            f"none of the {self._unusable} rows is usable, correct them"
        )


def _at(codes: NDArray[np.integer[Any]], flags: list[bool]) -> NDArray[np.bool_]:
    spread: NDArray[np.bool_] = np.array(flags, np.bool_)[codes]
    return spread


def _describe(checks: list[_Check], row: int) -> Problem:
    for check in checks:
        code = check.texts.codes[row]
        if check.reasons[code]:
            return Problem(0, check.column, check.texts.texts[code][:200], check.reasons[code])
    raise AssertionError("a faulty row has a faulty column")


def _numbers(texts: list[str]) -> NDArray[np.float64]:
    """Return the texts as numbers, NaN for those that are none."""
    numbers = pd.to_numeric(pd.Series(texts, dtype="str"), errors="coerce")
    return numbers.to_numpy(np.float64, copy=True)


def _whole(texts: list[str], numbers: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return times as whole numbers, exact where they are written so; 0 for those that are none."""
    return np.array(
        [
            0 if not usable else int(text) if INTEGER_ID.fullmatch(text) else int(number)
            for text, number, usable in zip(texts, numbers, np.isfinite(numbers), strict=True)
        ],
        np.int64,
    )


def _id_reasons(texts: list[str]) -> list[str]:
    return ["" if text.strip() and "\n" not in text else _id_reason(text) for text in texts]


def _id_reason(text: str) -> str:
    return "holds a line break; is a quotation mark not closed?" if text.strip() else "missing"


def _reasons(texts: list[str], numbers: NDArray[np.floating[Any]]) -> list[str]:
    reasons = [""] * len(texts)
    for code in np.flatnonzero(~np.isfinite(numbers)):
        missing = not texts[code].strip()
        infinite = np.isinf(numbers[code])
        reasons[code] = "missing" if missing else "not finite" if infinite else "not a number"
    return reasons


def _coded(column: Texts, known: dict[str, int]) -> NDArray[np.int32]:
    """Return each row's code in `known`, which grows; blanks around an id do not count."""
    codes = [known.setdefault(text.strip(), len(known)) for text in column.texts]
    coded: NDArray[np.int32] = np.array(codes, np.int32)[column.codes]
    return coded


def _latest(
    pairs: NDArray[np.int64], timestamp: NDArray[np.int64] | None
) -> NDArray[np.intp] | None:
    """Return the positions of the latest rating of each pair, ascending; none if all are single."""
    if not pd.Series(pairs).duplicated().any():
        return None
    order = np.lexsort((pairs,) if timestamp is None else (timestamp, pairs))
    ordered = pairs[order]
    last = np.append(ordered[1:] != ordered[:-1], True)
    return np.sort(order[last])


def _by_appearance(codes: NDArray[np.int32], ids: list[str]) -> tuple[NDArray[np.int32], list[str]]:
    renumbered, former = pd.factorize(codes)
    return renumbered.astype(np.int32), [ids[code] for code in former.tolist()]
