"""What stands within the axes: bands, curves by plotext, levels, marked lines, words."""

import math
from collections.abc import Sequence

import numpy as np
import plotext._figure
from rich.cells import cell_len, set_cell_size

from cftui.charts import UNDER, Colour
from cftui.painter.curves import DrawnCurve
from cftui.painter.plot import Plot
from cftui.painter.reach import beyond
from cftui.text import plain

EIGHTHS = " ▁▂▃▄▅▆▇"
NEAR = 1
"""Rows from its line at which a level's label may stand: farther off it would be another's."""
LOW = 12
"""Rows of a plot below which words stand nearer."""
SLIGHT = UNDER | {*EIGHTHS, "▀"}
"""What words may cover: the ground, and the edges of bands."""
TURN = 2
"""Columns after which the next of equal curves is on top."""
Ink = tuple[str, Colour]
"""A character and its colour."""


def draw_inside(plot: Plot) -> None:
    """Write all that stands within the axes, from below to above."""
    bands = [curve for curve in plot.curves if curve.is_band]
    for band in bands:
        _fill(plot, band)
    _draw_levels(plot)
    _draw_curves(plot, [curve for curve in plot.curves if not curve.is_band])
    _draw_lines(plot)
    _draw_spots(plot)
    words = _written(plot)
    _tell_beyond(plot, words)
    _label_levels(plot, words)
    for note in plot.chart.notes:
        place = plot.place(note.x, note.y)
        text = set_cell_size(plain(note.text), min(plot.columns, cell_len(plain(note.text))))
        if place is not None:
            starts = _beside(plot, place[1], cell_len(text))
            reach = 3 if plot.rows >= LOW else 2
            _write_near(plot, place[0], starts, text, note.colour, words, reach)


def _fill(plot: Plot, band: DrawnCurve) -> None:
    """Fill the area between the lower and the upper end, its upper edge to an eighth of a cell."""
    known = np.isfinite(band.x)
    if not known.any():
        return
    x, low, top = band.x[known], band.y[known], band.top[known]
    at = np.linspace(*plot.x_limits, plot.columns)
    half = 0.5 * (at[1] - at[0]) if len(at) > 1 else 1.0
    lows, tops = np.interp(at, x, low), np.interp(at, x, top)
    for column in np.flatnonzero((at >= x[0] - half) & (at <= x[-1] + half)).tolist():
        ends = sorted((plot.height(float(lows[column])), plot.height(float(tops[column]))))
        first, last = max(math.floor(ends[0]), 0), min(math.floor(ends[1]), plot.rows - 1)
        for row in range(first, last + 1):
            begin, end = max(ends[0] - row, 0.0), min(ends[1] - row, 1.0)
            _fill_cell(plot, band, plot.bottom - 1 - row, plot.left + column, (begin, end))


def _fill_cell(
    plot: Plot, band: DrawnCurve, row: int, column: int, part: tuple[float, float]
) -> None:
    """Fill a cell from one share of its height to another, as nearly as characters can."""
    page, ink, (begin, end) = plot.page, band.ink(plot.inks), part
    share = end - begin
    if plot.chart.no_colour:
        if share >= 0.5:
            page.put(row, column, band.mark, ink)
    elif share >= (0.5 if plot.chart.marker == "dot" else 0.88 if begin < 0.06 else 0.7):
        page.ground[row][column] = ink
    elif plot.chart.marker == "dot":
        return
    elif begin < 0.06:
        page.put(row, column, EIGHTHS[round(end * 8)], ink)
    elif share >= 0.25:
        page.put(row, column, "▀" if begin + end > 1 else "▄", ink)


def _draw_levels(plot: Plot) -> None:
    for level in plot.chart.levels:
        place = plot.place(_any_x(plot), level.y)
        for column in range(plot.left, plot.left + plot.columns) if place else ():
            if plot.page.free(place[0] if place else 0, column, 1):
                plot.page.put(place[0] if place else 0, column, "╌", plot.inks.label)


def _any_x(plot: Plot) -> float:
    """Return a value of x that lies within the axis."""
    middle = sum(plot.x_limits) / 2
    return float(10.0**middle) if plot.chart.log_x else middle


def _draw_curves(plot: Plot, curves: list[DrawnCurve]) -> None:
    """Write the curves, faint ones below; where several are equal, they take turns on top."""
    cells: dict[tuple[int, int], list[Ink]] = {}
    for curve in sorted(curves, key=lambda curve: not curve.series.faint):
        for cell, text in _cells(plot, curve):
            cells.setdefault(cell, []).append((text, curve.ink(plot.inks)))
    for (row, column), inks in cells.items():
        alike = [ink for ink in inks if plot.chart.no_colour or ink[0] == inks[-1][0]]
        text, colour = alike[-1 - column // TURN % len(alike)]
        plot.page.put(row, column, text, colour)


def _cells(plot: Plot, curve: DrawnCurve) -> list[tuple[tuple[int, int], str]]:
    """Return the cells of the page that a curve is drawn in, each with its character."""
    figure = plotext._figure._figure_class()
    figure._limit_size(False, False)
    figure.plot_size(plot.columns, plot.rows)
    figure.frame(False)
    figure.xfrequency(0)
    figure.yfrequency(0)
    figure.xlim(*plot.x_limits)
    figure.ylim(*plot.y_limits)
    drawn = False
    big: list[tuple[tuple[int, int], str]] = []
    for mark, x, y, joined in curve.pieces(plot.x_limits, plot.y_limits, _dots(plot)):
        if len(mark) == 1 and not joined:
            # where fine dots would be: plotext's own place may be the next cell
            places = ((plot.row(b), plot.column(a)) for a, b in zip(x, y, strict=True))
            big += [(place, mark) for place in places]
            continue
        put = figure.plot if joined else figure.scatter
        put(x, y, marker=mark, color=curve.ink(plot.inks))
        drawn = True
    if not drawn:
        return big
    figure._set_sizes()
    # the matrix itself: build() would turn it into a string with escape codes
    figure.monitor.build_plot()
    matrix = figure.monitor.matrix
    return [
        ((plot.bottom - 1 - row, plot.left + column), text)
        for row in range(min(plot.rows, matrix.rows))
        for column, text in enumerate(matrix.marker[row][: plot.columns])
        if text != " "
    ] + big


def _dots(plot: Plot) -> tuple[float, float]:
    """Return how far two dots are apart on each axis; nothing where a dot fills its cell."""
    across, up = plot.dots
    if across == up == 1:
        return 0.0, 0.0
    wide, high = (ends[1] - ends[0] for ends in (plot.x_limits, plot.y_limits))
    return wide / max(plot.columns * across - 1, 1), high / max(plot.rows * up - 1, 1)


def _draw_lines(plot: Plot) -> None:
    """Write the upright lines, and their labels where nothing else is."""
    for line in plot.chart.lines:
        x = math.log10(line.x) if plot.chart.log_x and line.x > 0 else line.x
        if not plot.x_limits[0] <= x <= plot.x_limits[1]:
            continue
        column, page = plot.column(x), plot.page
        for row in range(plot.top, plot.bottom):
            if page.free(row, column, 1):
                page.put(row, column, "╎", plot.inks.label)
        label = set_cell_size(plain(line.label), min(plot.columns // 2, 24)).rstrip()
        size = cell_len(label)
        places = [(r, c) for r in range(plot.top, plot.bottom)
                  for c in (column + 1, column - size)]  # fmt: skip
        free = (place for place in places if page.free(*place, size))
        row, start = next(free, (plot.top, min(column + 1, page.width - size)))
        page.put(row, start, label, plot.inks.title)


def _draw_spots(plot: Plot) -> None:
    for spot in plot.chart.spots:
        place = plot.place(spot.x, spot.y)
        if place is not None:
            plot.page.put(*place, plain(spot.text), spot.colour)


Words = set[tuple[int, int]]
"""Cells of the page that hold words."""


def _written(plot: Plot) -> Words:
    """Return the cells that hold words so far: labels of lines, and spots."""
    return {
        (row, column)
        for row in range(plot.top, plot.bottom)
        for column in range(plot.left, plot.left + plot.columns)
        if plot.page.text[row][column].isalnum()
    }


def _label_levels(plot: Plot, words: Words) -> None:
    """Write each level's label on its line or beside it, at the right or where there is room."""
    for level in plot.chart.levels:
        place = plot.place(_any_x(plot), level.y)
        label = f" {plain(level.label)} "
        if place is not None and cell_len(label) <= plot.columns:
            room = plot.columns - cell_len(label)
            starts = [plot.left + start for start in (room, 0, room // 2)]
            _write_near(plot, place[0], starts, label, plot.inks.title, words, NEAR)


def _beside(plot: Plot, column: int, size: int) -> tuple[int, ...]:
    """Return the columns at which words beside a point may begin, best ones first."""
    last = plot.left + plot.columns - size
    wanted = (column + 2, column - 1 - size, column - size // 2, column - size + 1)
    return tuple(min(max(start, plot.left), last) for start in wanted)


def _write_near(
    plot: Plot,
    row: int,
    starts: Sequence[int],
    text: str,
    colour: Colour,
    words: Words,
    reach: int = 3,
) -> None:
    """Write words at most `reach` rows from a row, where they cover least and no other words."""
    size = cell_len(text)
    rows = [r for r in range(row - reach, row + reach + 1) if plot.top <= r < plot.bottom]
    places = [(r, c) for r in rows for c in starts if c >= plot.left]
    open_ = [p for p in places if not words & {(p[0], c) for c in range(p[1], p[1] + size)}]
    if not open_:
        return

    def cost(place: tuple[int, int]) -> tuple[int, int]:
        covered = sum(cell not in SLIGHT for cell in plot.page.text[place[0]][place[1] :][:size])
        return 3 * covered + 4 * abs(place[0] - row) + (place[0] > row), starts.index(place[1])

    at = min(open_, key=cost)
    plot.page.put(*at, text, colour)
    words |= {(at[0], c) for c in range(at[1] - 1, at[1] + size + 1)}


def _tell_beyond(plot: Plot, words: Words) -> None:
    """Say at the edges what lies above and below."""
    if plot.rows < 3:
        return
    above, below = beyond(plot.chart, plot.curves, plot.x_limits, plot.y_limits)
    for row, told in (
        (plot.top, above.words("above", "↑")),
        (plot.bottom - 1, below.words("below", "↓")),
    ):
        text = set_cell_size(plain(told), min(cell_len(plain(told)), plot.columns))
        starts = [plot.left + plot.columns - cell_len(text), plot.left]
        if text:
            _write_near(plot, row, starts, text, plot.inks.title, words)
