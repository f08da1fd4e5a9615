"""The order of a table's rows by one of its columns: what is listed is sorted, nothing asked."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from cftui.tui.shared.cells import Column

MOST_SORTED = 100_000
"""Rows that are sorted at once; more would hold the screen up for longer than a key may take."""
_NUMBER = re.compile(r"[-+\u2212\u25bc]?(?:\d[\d,]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


@dataclass(frozen=True)
class RowOrder:
    """The column that rows are sorted by, by its name."""

    column: str
    descending: bool = False

    @property
    def arrow(self) -> str:
        """Return what stands behind the column's label."""
        return "\u25bc" if self.descending else "\u25b2"

    @property
    def turned(self) -> "RowOrder":
        """Return the other way round."""
        return RowOrder(self.column, not self.descending)


def next_order(now: RowOrder | None, column: Column, way: str) -> RowOrder | None:
    """Return what `up`, `down`, or a `turn` by a click makes of an order by one column.

    Once more than there are ways it is none: as the rows were listed. Numbers turn down first.
    """
    here = now if now is not None and now.column == column.called else None
    if way != "turn":
        order = RowOrder(column.called, way == "down")
        return None if order == here else order
    first = RowOrder(column.called, column.align == "right")
    return first if here is None else first.turned if here == first else None


def number_in(text: str) -> float | None:
    """Return the first number in a cell, without commas; a falling arrow before it is a minus."""
    found = _NUMBER.search(text)
    if found is None:
        return None
    plain = found.group().replace(",", "").replace("\u2212", "-").replace("\u25bc", "-")
    return float(plain)


def places_in_order(rows: Sequence[Any], column: Column, *, descending: bool) -> list[int]:
    """Return the places of rows sorted by a column; empty cells come last, equals stay as listed.

    Right-aligned cells are sorted as numbers, others as words without regard to case.
    """
    key = key_of(column)
    told = [(key(rows[place]), place) for place in range(len(rows))]
    known = [pair for pair in told if pair[0] is not None]
    known.sort(key=lambda pair: pair[0], reverse=descending)
    return [place for _, place in known] + [place for value, place in told if value is None]


def key_of(column: Column) -> Callable[[Any], Any]:
    """Return what makes of a row the value that it is sorted by; none where it has none."""
    cell, value, number = column.key, column.value, column.align == "right"

    def by_value(row: Any) -> Any:
        found = value(row)  # type: ignore[misc]
        if isinstance(found, str):
            return found.casefold() or None
        return None if found is None or math.isnan(found) else found  # type: ignore[arg-type]

    def by_cell(row: Any) -> Any:
        text = str(cell(row))  # type: ignore[misc]
        return number_in(text) if number else text.casefold().strip() or None

    return by_cell if value is None else by_value
