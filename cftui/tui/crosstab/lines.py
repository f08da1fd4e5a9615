"""The lines of a crosstab: titles, factors, ids and rows of numbers, as segments."""

from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from cftui.text import plain
from cftui.tui.crosstab.column_heads import STEM, fit
from cftui.tui.crosstab.shown_cells import Cells, Place, digits
from cftui.tui.shared.heat import Heat

CELL = 5
"""Cells from one column to the next; one more for errors, where there is room."""
LAST_TITLE = 12
"""Cells that the last title should find beside its column."""
LONGEST_ID = 8
"""Cells that a user's id may take."""
WARMEST_FACTOR = 2.0
"""Factors beyond this are as hot, or as cold, as can be."""


@dataclass(frozen=True, eq=False)
class Frame:
    """What of a crosstab is in view, and where it stands."""

    cells: Cells
    width: int
    """Of a line, in cells."""
    user_width: int
    """Of the users' ids and the gap after them."""
    cell_width: int
    first: int = 0
    """The first column in view."""
    count: int = 0
    """How many columns are in view."""
    head: tuple[str, ...] = ()
    """The lines of titles."""
    stems: bool = False
    """Whether each title has a line of its own, with stems down to the columns."""

    @property
    def n_margin(self) -> int:
        """Return the number of factors beside."""
        return self.cells.n_margin

    @property
    def left(self) -> int:
        """Return the cells of what stands frozen at the left."""
        return self.user_width + self.n_margin * CELL

    @property
    def top(self) -> int:
        """Return the lines of what stands frozen on top."""
        return len(self.head) + self.n_margin + 1

    @property
    def columns(self) -> range:
        """Return the columns in view."""
        return range(self.first, self.first + self.count)


def user_width(cells: Cells) -> int:
    """Return the cells that the users' ids take, with the gap after them."""
    return min(max(4, *map(cell_len, cells.labels.users)), LONGEST_ID) + 1


class Ink:
    """The styles of a crosstab, each found once."""

    def __init__(self, base: Style, head: Style, stem: Style, here: Style, heat: Heat) -> None:
        """Take the widget's own style, and those of heads, of what is faint and of the cursor."""
        self.base, self.head, self.stem, self.here = base, base + head, base + stem, base + here
        self.cursor = base + Style(reverse=True, bold=True)
        self._heat = heat
        self._warm: dict[Style, Style] = {}

    def warm(self, value: float, low: float, high: float) -> Style:
        """Return the style of a number by its heat."""
        heat = self._heat.style(value, low, high)
        found = self._warm.get(heat)
        if found is None:
            found = self._warm[heat] = self.base + heat
        return found


def title_line(frame: Frame, ink: Ink, line: int, place: Place) -> list[Segment]:
    """Return a line of titles; the one over the cursor stands out."""
    text, width = frame.head[line], frame.cell_width
    parts = [Segment(" " * frame.left, ink.base)]
    current = place[1] - frame.first
    if not frame.stems:
        if not 0 <= current < frame.count:
            return [*parts, Segment(text, ink.head)]
        at = current * width
        before, inner, after = text[:at], text[at : at + width], text[at + width :]
        return [
            *parts,
            *(Segment(before, ink.head), Segment(inner, ink.here), Segment(after, ink.head)),
        ]
    gap = Segment(" " * (width - 1), ink.base)
    for column in range(line):
        parts += [Segment(STEM, ink.here if column == current else ink.stem), gap]
    return [*parts, Segment(text[line * width :], ink.here if line == current else ink.head)]


def id_line(frame: Frame, ink: Ink, place: Place) -> list[Segment]:
    """Return the line of the items' ids."""
    parts = [
        Segment(_factor_name(frame.cells, factor).rjust(CELL - 1) + " ", ink.head)
        for factor in range(frame.n_margin)
    ]
    parts.append(Segment("user".rjust(frame.user_width - 1) + " ", ink.head))
    width = frame.cell_width
    for column in frame.columns:
        label = fit(plain(frame.cells.labels.items[column]), width - 1).strip()
        style = ink.here if column == place[1] else ink.head
        parts.append(Segment(" " * (width - 1 - cell_len(label)) + label + " ", style))
    return parts


def factor_line(frame: Frame, ink: Ink, row: int, place: Place) -> list[Segment]:
    """Return a line of the items' factors; `row` is -1 for the last."""
    label = _factor_name(frame.cells, frame.n_margin + row)
    return [
        Segment(" " * (frame.n_margin * CELL), ink.base),
        Segment(label.rjust(frame.user_width - 1) + " ", ink.head),
        *(_number(frame, ink, row, column, place) for column in frame.columns),
    ]


def row_line(frame: Frame, ink: Ink, row: int, place: Place) -> list[Segment]:
    """Return a user's line: factors, id, numbers."""
    label = fit(plain(frame.cells.labels.users[row]), frame.user_width - 1).strip()
    padded = " " * (frame.user_width - 1 - cell_len(label)) + label + " "
    return [
        *(_number(frame, ink, row, column, place) for column in range(-frame.n_margin, 0)),
        Segment(padded, ink.here if row == place[0] else ink.head),
        *(_number(frame, ink, row, column, place) for column in frame.columns),
    ]


def _factor_name(cells: Cells, factor: int) -> str:
    biased = cells.margins is not None and cells.margins.biased
    return "bias" if biased and factor == cells.n_margin - 1 else f"f{factor + 1}"


def _number(frame: Frame, ink: Ink, row: int, column: int, place: Place) -> Segment:
    """Return a number on its heat; under the cursor it is reversed and has a mark behind it."""
    cells = frame.cells
    value = cells.value(row, column)
    factor = row < 0 or column < 0
    width = (CELL if column < 0 else frame.cell_width) - 1
    text = digits(value, "factor" if factor else cells.kind, width).rjust(width)
    if (row, column) == place:
        return Segment(text + "◂", ink.cursor)
    if factor:
        return Segment(text + " ", ink.warm(value, -WARMEST_FACTOR, WARMEST_FACTOR))
    if not cells.rated[row, column]:
        return Segment(text + " ", ink.stem)
    return Segment(text + " ", ink.warm(value, cells.low, cells.high))
