"""The axes of a plot: lines, ticks and their labels."""

from rich.cells import cell_len, set_cell_size

from cftui.painter import scale
from cftui.painter.plot import Plot
from cftui.text import plain

WIDEST_NAME = 24
"""Cells of an axis' name."""


def draw_y_axis(plot: Plot) -> None:
    """Write the y axis, its ticks and a line across at each."""
    if not plot.left:
        return
    page, inks, line = plot.page, plot.inks, plot.left - 1
    for row in range(plot.top, plot.bottom):
        page.put(row, line, "│", inks.axis)
    for value, label in plot.y_ticks:
        row = plot.row(value)
        page.put(row, line - cell_len(label), label, inks.label)
        page.put(row, line, "┤", inks.axis)
        if not plot.chart.no_colour:
            page.put(row, plot.left, "┈" * plot.columns, inks.grid)


def draw_x_axis(plot: Plot) -> None:
    """Write the x axis, its name and its ticks; the last tick stays whatever else must go."""
    page, inks = plot.page, plot.inks
    if plot.axis_row is not None:
        corner = "└" if plot.left else ""
        start = max(plot.left - 1, 0)
        page.put(plot.axis_row, start, corner + "─" * plot.columns, inks.axis)
    name = set_cell_size(plain(plot.chart.x_label), min(page.width, WIDEST_NAME)).rstrip()
    in_gutter = cell_len(name) < plot.left
    ticks = x_ticks(plot, plot.columns - (0 if in_gutter else cell_len(name) + 1))
    if plot.label_row is None:
        for value, _ in ticks if plot.axis_row is not None else ():
            page.put(plot.axis_row or 0, plot.column(value), "┬", inks.axis)
        return
    end = _put_tick(plot, ticks[-1]) if ticks else page.width + 1
    column = 0 if in_gutter else max(end - 1 - cell_len(name), 0)
    if page.free(plot.label_row, column, cell_len(name)):
        page.put(plot.label_row, column, name, inks.label)
    for tick in ticks[:-1]:
        _put_tick(plot, tick)


def _put_tick(plot: Plot, tick: scale.Tick) -> int:
    """Write a tick where its label touches no other; return the label's first column."""
    page, row, (value, label) = plot.page, plot.label_row or 0, tick
    column, size = plot.column(value), cell_len(label)
    start = min(max(column - size // 2, 0), page.width - size)
    around = page.text[row][max(start - 1, 0) : start + size + 1]
    if start >= 0 and not "".join(around).strip():
        page.put(row, start, label, plot.inks.label)
        if plot.axis_row is not None:
            page.put(plot.axis_row, column, "┬", plot.inks.axis)
    return start


def x_ticks(plot: Plot, room: int) -> list[scale.Tick]:
    """Return as many ticks of the x axis as stand in `room` cells with some air between them."""
    if plot.empty:
        return []
    ticks: list[scale.Tick] = []
    for count in range(max(2, min(10, room // 7)), 1, -1):
        ticks = scale.ticks(plot.x_limits, count, plot.chart.log_x, plot.least_step)
        if sum(cell_len(label) + 3 for _, label in ticks) <= room:
            break
    return ticks
