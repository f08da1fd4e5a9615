"""Titles beside points, never in each other's way: those who come first take their room."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size

from cftui.tui.shared.cells import shown

LONGEST = 22
"""Cells of a label."""
CELLS_A_LABEL = 110
"""Cells of the window for each label: more would hide what they name."""
_YEAR = re.compile(r"\s*\(\d{4}[^()]*\)\s*$")


@dataclass(frozen=True)
class Label:
    """A title that has found its room."""

    point: int
    line: int
    column: int
    text: str


def label_text(title: str) -> str:
    """Return a title as a label has it: without its year, cut where it is long."""
    text = shown(_YEAR.sub("", title)) or shown(title)
    if cell_len(text) <= LONGEST:
        return text
    return set_cell_size(text, LONGEST - 1).rstrip() + "…"


def placed(
    points: Iterable[tuple[int, int, int, str]], width: int, height: int, most: int | None = None
) -> list[Label]:
    """Return the labels of (point, column, line, title) that have room, in the order given.

    Each stands at the right of its point, or at the left; one blank cell is about it at least.
    """
    most = max(width * height // CELLS_A_LABEL, 3) if most is None else most
    taken = [bytearray(width) for _ in range(height)]
    found: list[Label] = []
    for point, column, line, title in points:
        text = label_text(title)
        room = cell_len(text)
        for start in (column + 2, column - 1 - room):
            if start < 0 or start + room > width:
                continue
            span = slice(max(start - 1, 0), start + room + 1)
            if any(taken[line][span]):
                continue
            taken[line][span] = b"\x01" * len(taken[line][span])
            taken[line][column] = 1  # a point that is named stays to be seen
            found.append(Label(point, line, start, text))
            break
        if len(found) >= most:
            break
    return found
