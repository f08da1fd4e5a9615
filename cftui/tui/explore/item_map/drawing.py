"""Lines of a map: cells in their inks, and the titles over them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from cftui.tui.explore.item_map.labels import placed
from cftui.tui.explore.item_map.points import MapPoints
from cftui.tui.explore.item_map.raster import Raster

CANDIDATES = 400
"""Of the points in view, the most rated ones that may have a label."""
HERE = "◆"
"""The point at the middle."""
Line = list[Segment]


@dataclass(frozen=True, eq=False)
class MapInks:
    """The styles of a map."""

    inks: Sequence[Style]
    """Of each ink, and of no category or level behind them."""
    blank: Style
    label: Style
    cursor: Style


def drawn(
    points: MapPoints, grid: Raster, point: int | None, palette: MapInks, *, labelled: bool
) -> list[Line]:
    """Return the lines of a grid of cells, the cursor at `point`."""
    styles = [*palette.inks, palette.blank, palette.label, palette.cursor]
    blank = len(palette.inks)
    written = _written(points, grid, point, blank, labelled)
    lines = []
    for y, (glyphs, inks) in enumerate(zip(grid.glyphs.tolist(), grid.inks.tolist(), strict=True)):
        chars = list(map(chr, glyphs))
        own = [blank if ink < 0 else ink for ink in inks]
        for column, text, style in written.get(y, ()):
            _write(chars, own, column, text, style)
        lines.append(
            [
                Segment("".join(map(chars.__getitem__, run)), styles[style])
                for style, run in groupby(range(len(own)), own.__getitem__)
            ]
        )
    return lines


def _written(
    points: MapPoints, grid: Raster, point: int | None, blank: int, labelled: bool
) -> dict[int, list[tuple[int, str, int]]]:
    """Return what is written over each line: column, text, and the style's place."""
    found: dict[int, list[tuple[int, str, int]]] = {}
    height, width = grid.counts.shape
    inside = point is not None and bool(grid.inside[point])
    here = [point] if point is not None and inside else []
    codes = (*here, *(_most_rated(points, grid) if labelled else ()))
    named = (
        (code, int(grid.columns[code]), int(grid.lines[code]), points.titles[code])
        for at, code in enumerate(codes)
        if not at or code != point
    )
    for one in placed(named, width, height):
        style = blank + (2 if one.point == point else 1)
        found.setdefault(one.line, []).append((one.column, one.text, style))
    for code in here:
        mark = (int(grid.columns[code]), HERE, blank + 2)
        found.setdefault(int(grid.lines[code]), []).append(mark)
    return found


def _most_rated(points: MapPoints, grid: Raster) -> Iterator[int]:
    """Give the points in view, the most rated first."""
    import numpy as np

    inside = np.flatnonzero(grid.inside)
    if len(inside) > CANDIDATES:
        inside = inside[np.argpartition(-points.often[inside], CANDIDATES)[:CANDIDATES]]
    yield from inside[np.argsort(-points.often[inside], kind="stable")].tolist()


def _write(chars: list[str], inks: list[int], column: int, text: str, style: int) -> None:
    """Write text over cells; a wide character takes two, one without width goes with another."""
    for char in text:
        width = cell_len(char)
        if not width:
            chars[column - 1] += char
            continue
        chars[column : column + width] = [char, *[""] * (width - 1)]
        inks[column : column + width] = [style] * width
        column += width
