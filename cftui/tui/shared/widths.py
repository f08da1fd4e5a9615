"""Which columns of a table there is room for, and how wide each is: titles first."""

from collections.abc import Iterable, Sequence
from typing import Any

from rich.cells import cell_len

from cftui.tui.shared.cells import GAP, GUTTER, NARROWEST, Column

LEAST_YIELDING = 14
"""Cells of a flexible column that yields; with less it says nothing."""
MOST_WANTED = 48
"""Cells that a title may ask for before others give way."""
WHOLE = 0.8
"""The share of the titles that are not to be cut for what yields: one long one decides nothing."""
STEP = 2
"""Widths are asked for in such steps, so that another list seldom moves the columns."""
SAMPLE = 200
"""Rows that are measured."""


def wanted(columns: Sequence[Column], rows: Sequence[Any]) -> tuple[int, ...]:
    """Return the cells that each column's texts ask for; 0 where that decides nothing.

    Only the first rows are read, and none where no column yields.
    """
    if not any(column.yields for column in columns):
        return (0,) * len(columns)
    sample = rows[:SAMPLE] if isinstance(rows, list | tuple) else ()
    return tuple(0 if column.width is not None else _enough(column, sample) for column in columns)


def _enough(column: Column, rows: Iterable[Any]) -> int:
    key = column.key
    texts = (str(key(row)) for row in rows) if key is not None else iter(())
    lengths = sorted(map(cell_len, texts)) or [0]
    enough = lengths[min(int(len(lengths) * WHOLE), len(lengths) - 1)]
    return min(-(-max(enough, NARROWEST) // STEP) * STEP, MOST_WANTED)


def fitting_columns(
    columns: Sequence[Column], room: int, wants: Sequence[int]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the places of the columns that there is room for, and their widths in cells.

    `room` is the table's width; `wants` is what `wanted` returned for the same columns.
    """
    kept = list(range(len(columns)))
    while _needed([(columns[at], wants[at]) for at in kept]) > room:
        last = max(kept, key=lambda at: (columns[at].yields, at), default=None)
        if last is None or not columns[last].yields:
            break
        kept.remove(last)
    return tuple(kept), _widths([(columns[at], wants[at]) for at in kept], room)


def _needed(columns: Sequence[tuple[Column, int]]) -> int:
    cells = (
        column.width if column.width is not None else LEAST_YIELDING if column.yields else wants
        for column, wants in columns
    )
    return GUTTER + GAP * (len(columns) - 1) + sum(cells)


def _widths(columns: Sequence[tuple[Column, int]], room: int) -> tuple[int, ...]:
    """Give fixed columns their widths, and what is left to titles first."""
    widths = [column.width or 0 for column, _ in columns]
    left = room - GUTTER - GAP * (len(columns) - 1) - sum(widths)
    flexible = [at for at, (column, _) in enumerate(columns) if column.width is None]
    yielding = [at for at in flexible if columns[at][0].yields]
    for at in yielding:
        others = sum(columns[other][1] for other in flexible if other not in yielding)
        widths[at] = min(max((left - others) // len(yielding), LEAST_YIELDING), columns[at][1])
    left -= sum(widths[at] for at in yielding)
    titles = [at for at in flexible if at not in yielding]
    for place, at in enumerate(titles):
        widths[at] = max(left // len(titles) + (place < left % len(titles)), NARROWEST)
    return tuple(widths)
