"""Titles over narrow columns: one a line with stems, or wrapped, as the room allows."""

import re
import textwrap
from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size

STEM = "│"
WRAPPED_LINES = 4
LEAST_SHARED = 3
"""Letters that are left out where all ids begin with them."""
YEAR = re.compile(r" \(\d{4}\)$")
"""What a title can best do without."""


def stemmed(titles: Sequence[str], width: int, room: int) -> list[str]:
    """Return one line a title: stems of the columns before it, then the title in full.

    `width`: cells from one column to the next; `room`: cells of a line.
    """
    lines, shared = [], _shared(titles)
    for place, full in enumerate(titles):
        title = full
        stems = "".join(STEM + " " * (width - 1) for _ in range(place))
        if cell_len(stems + title) > room:
            title = YEAR.sub("", title)
        if shared and cell_len(stems + title) > room:
            title = "…" + title[shared:]
        lines.append(fit(stems + title, room))
    return lines


def wrapped(titles: Sequence[str], width: int, room: int, lines: int) -> list[str]:
    """Return some lines in which every title is broken to its column's width."""
    shared = _shared(titles)
    if shared and any(len(textwrap.wrap(title, width - 1)) > lines for title in titles):
        titles = ["…" + title[shared:] for title in titles]
    columns = [_pieces(title, width - 1, lines) for title in titles]
    return [
        fit("".join(set_cell_size(pieces[line], width) for pieces in columns), room)
        for line in range(lines)
    ]


def fit(text: str, room: int) -> str:
    """Return text cut or padded to a number of cells, with an ellipsis where it was cut."""
    if cell_len(text) <= room:
        return set_cell_size(text, room)
    return set_cell_size(text, max(room - 1, 0)).rstrip() + "…" if room else ""


def _shared(titles: Sequence[str]) -> int:
    """Return how many letters ids begin with alike, that differ at the end; 0 for titles.

    A number in them stays whole.
    """
    if len(titles) < 2 or any(" " in title for title in titles):
        return 0
    first, last = min(titles), max(titles)  # whatever begins these alike begins all alike
    pairs = enumerate(zip(first, last, strict=False))
    alike = next((at for at, (one, other) in pairs if one != other), len(first))
    alike = len(first[:alike].rstrip("0123456789"))
    return alike if alike >= LEAST_SHARED else 0


def _pieces(title: str, width: int, lines: int) -> list[str]:
    """Return a title in exactly so many pieces, the lowest ones filled.

    All of it where that fits, else the beginnings of its first words.
    """
    name = YEAR.sub("", title)
    whole = textwrap.wrap(name, width)
    pieces = whole if len(whole) <= lines else [word[:width] for word in name.split()][:lines]
    return [""] * (lines - len(pieces)) + pieces
