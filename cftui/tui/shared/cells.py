"""The cells of a table's line: their widths, and their text cut to fit."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.strip import Strip

from cftui.text import plain

GAP = 2
"""Blank cells between columns."""

GUTTER = 2
"""Cells before the first column, where the cursor's mark stands."""

NARROWEST = 8
"""Least width of a flexible column; a table too wide for its place scrolls sideways."""

Cell = str | Text
"""What a cell shows: data, never markup; control characters are replaced."""


@dataclass(frozen=True)
class Column:
    """One column of a table."""

    label: str
    width: int | None = None
    """In cells; None takes what the others leave (several share it)."""
    align: Literal["left", "right"] = "left"
    key: Callable[[Any], Cell] | None = None
    """Makes the cell from a row; None takes the row's own element at this column's place."""
    name: str = ""
    """What dialogs and files call it, where its label does not say it."""
    yields: int = 0
    """0 stays; of the others the highest go first where titles need the room."""
    value: Callable[[Any], object] | None = None
    """What it is sorted by and exported as; None takes the number or the words of the cell."""
    keeps_end: bool = False
    """Whether a text that is cut loses its beginning: ids differ at the end."""
    beside: tuple[str, Callable[[Any], Cell]] | None = None
    """Another column's name, and what makes the cell while that one is on show."""
    in_files: tuple[tuple[str, Callable[[Any], float | None]], ...] = ()
    """Columns of numbers that a file has after this one: name, and what makes one of a row."""

    @property
    def called(self) -> str:
        """Return its name; its label where it has none."""
        return self.name or self.label


def line(
    cells: Sequence[Cell],
    columns: Sequence[Column],
    widths: Sequence[int],
    style: Style,
    *,
    mark: str,
    console: Console,
) -> Strip:
    """Return one line of a table: a mark of one cell, then each cell in its column's width."""
    segments = [Segment(mark + " " * (GUTTER - 1), style)]
    for index, (cell, column, width) in enumerate(zip(cells, columns, widths, strict=True)):
        fitting = _shortened(cell, width, column.keeps_end) if isinstance(cell, str) else cell
        parts = cut(_inked(fitting, style, console), width)
        room = Segment(" " * (width - sum(part.cell_length for part in parts)), style)
        if index:
            segments.append(Segment(" " * GAP, style))
        segments += [room, *parts] if column.align == "right" else [*parts, room]
    return Strip(segments).simplify()


_UNSETTLED = re.compile("[\ufe00-\ufe0f\u20e3\U0001f3fb-\U0001f3ff]")
"""Variation selectors, key caps and skin tones: terminals disagree on how wide they make what they
follow, and a row that is wider than was reckoned loses its end."""


def shown(text: str) -> str:
    """Return text from data as cells show it: plain, and as wide in any terminal as reckoned."""
    return plain(text) if text.isascii() else _UNSETTLED.sub("", plain(text))


_YEAR = re.compile(r"\s*\(\d{4}\)$")


def _shortened(text: str, width: int, keeps_end: bool) -> str:
    if keeps_end and cell_len(text) > width > 1:
        return f"…{shown(text)[-(width - 1) :]}"
    return _without_middle(text, width)


def _without_middle(text: str, width: int) -> str:
    """Return a title with its year kept at the end, which tells the parts of a series apart."""
    year = _YEAR.search(text)
    room = width - len("… (1999)")
    if year is None or room < NARROWEST or cell_len(text) <= width:
        return text
    return f"{set_cell_size(text[: year.start()], room).rstrip()}… {year.group().strip()}"


def _inked(cell: Cell, style: Style, console: Console) -> list[Segment]:
    if isinstance(cell, str):
        return [Segment(shown(cell), style)]
    return [
        Segment(shown(text), style + ink if ink else style)
        for text, ink, _ in cell.render(console)
        if text
    ]


def cut(segments: list[Segment], width: int) -> list[Segment]:
    """Return segments cut to a number of cells, with an ellipsis where something was left out."""
    if sum(segment.cell_length for segment in segments) <= width:
        return segments
    kept: list[Segment] = []
    room = width - 1
    for segment in segments:
        text = segment.text
        if cell_len(text) > room:
            kept.append(Segment(set_cell_size(text, max(room, 0)).rstrip() + "…", segment.style))
            break
        kept.append(segment)
        room -= cell_len(text)
    return kept if width > 0 else []
