"""What a crosstab's grid shows: numbers in the order of rows and columns, and factors beside."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cftui.questions.sheet import Labels

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cftui.questions.sheet import Floats

Place = tuple[int, int]
"""Row and column of a cell; below 0 in the factors, -1 the last of them."""


@dataclass(frozen=True, eq=False)
class Margins:
    """The factors beside the cells."""

    users: "Floats"
    """Shape (n, k), the bias last where there is one."""
    items: "Floats"
    """Shape (m, k)."""
    biased: bool


@dataclass(frozen=True, eq=False)
class Cells:
    """What the grid shows, in the order in which it shows it."""

    labels: Labels
    values: "Floats"
    """Shape (n, m), NaN for an empty cell."""
    kind: str
    """actual, predicted or error."""
    low: float
    """The coldest value; so `high` the hottest."""
    high: float
    rated: "NDArray[np.bool_]"
    """Where a number means something, shape (n, m): the sheet's 0 without a rating does not."""
    margins: Margins | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Return the number of users and of items."""
        return len(self.labels.users), len(self.labels.items)

    @property
    def n_margin(self) -> int:
        """Return the number of factors that stand beside the cells."""
        return 0 if self.margins is None else int(self.margins.users.shape[1])

    def value(self, row: int, column: int) -> float:
        """Return a cell's number, or a factor's where the row or the column is below 0."""
        if row >= 0 and column >= 0:
            return float(self.values[row, column])
        assert self.margins is not None
        k = self.n_margin
        table, place = (
            (self.margins.users[row], column) if row >= 0 else (self.margins.items[column], row)
        )
        return float(table[k + place])


def digits(value: float, kind: str, width: int) -> str:
    """Return a number in at most `width` cells; a dot for an empty cell.

    Ratings as they are, predictions and factors with as many digits as fit, errors with a sign.
    """
    if math.isnan(value):
        return "·"
    if kind == "actual":
        return f"{value:g}" if len(f"{value:g}") <= width else f"{value:.1f}"[:width]
    sign = "+" if kind == "error" else ""
    for places in (2, 1, 0):
        text = f"{value:{sign}.{places}f}"
        for shorter in (text, text.replace("0.", ".", 1) if abs(value) < 1 else text):
            if len(shorter) <= width:
                return shorter
    return "#" * width


def changed_lines(before: Cells, after: Cells) -> list[int]:
    """Return the rows in which a digit changed; below 0 those of the items' factors.

    Changes too small to be seen are left until they can be. Both tables have the same form.
    """
    import numpy as np

    if (before.low, before.high) != (after.low, after.high):
        return list(range(-after.n_margin, after.shape[0]))
    shown = (np.round(before.values, 2), np.round(after.values, 2))
    rows = ((shown[0] != shown[1]) & ~(np.isnan(shown[0]) & np.isnan(shown[1]))).any(1)
    rows |= (before.rated != after.rated).any(1)
    if before.margins is None or after.margins is None:
        return [int(row) for row in np.flatnonzero(rows)]
    was, now = (np.round(cells.margins.users, 2) for cells in (before, after) if cells.margins)
    rows |= (was != now).any(1)
    tops, bottoms = (np.round(cells.margins.items, 2) for cells in (before, after) if cells.margins)
    factors = np.flatnonzero((tops != bottoms).any(0)) - after.n_margin
    return [int(row) for row in (*factors, *np.flatnonzero(rows))]
