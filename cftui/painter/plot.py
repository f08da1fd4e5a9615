"""Where on the page the plot stands, and which cell stands for which value."""

import math
from dataclasses import dataclass

import numpy as np
from rich.cells import cell_len

from cftui.charts import Chart, PlotFrame
from cftui.painter import reach, scale
from cftui.painter.curves import DrawnCurve
from cftui.painter.page import Canvas, Inks

DOTS = {"braille": (2, 4), "hd": (2, 2)}
"""Of a fine marker, across and upwards in a cell."""
LEAST_COLUMNS = 8
"""Of a plot that has room for labels beside it."""


@dataclass(frozen=True)
class Plot:
    """A chart's plot laid out: its cells on the page, its axes' ends and ticks."""

    page: Canvas
    chart: Chart
    curves: list[DrawnCurve]
    inks: Inks
    empty: bool
    top: int
    """Its first row; so for `left`, its first column."""
    rows: int
    left: int
    columns: int
    axis_row: int | None
    label_row: int | None
    x_limits: scale.Limits
    y_limits: scale.Limits
    y_ticks: list[scale.Tick]
    least_step: float
    """Between ticks along x: 1 where all x are whole."""

    @property
    def bottom(self) -> int:
        """Return the first row below it."""
        return self.top + self.rows

    @property
    def frame(self) -> PlotFrame | None:
        """Return where it is; none where it shows nothing."""
        if self.empty or not self.rows or not self.columns:
            return None
        room = (self.left, self.top, self.columns, self.rows)
        return PlotFrame(*room, self.x_limits, self.chart.log_x, self.dots[0])

    @property
    def dots(self) -> tuple[int, int]:
        """Return how many dots a cell has, across and upwards."""
        fine = not self.chart.no_colour
        return DOTS.get(self.chart.marker, (1, 1)) if fine else (1, 1)

    def column(self, value: float) -> int:
        """Return the page's column of a position on the x axis."""
        (low, high), dots = self.x_limits, self.dots[0]
        dot = 0.5 + (self.columns * dots - 1) * (value - low) / (high - low)
        return self.left + math.floor(dot / dots)

    def height(self, value: float) -> float:
        """Return how many rows above its bottom a position on the y axis is."""
        (low, high), dots = self.y_limits, self.dots[1]
        return (0.5 + (self.rows * dots - 1) * (value - low) / (high - low)) / dots

    def row(self, value: float) -> int:
        """Return the page's row of a position on the y axis."""
        return self.bottom - 1 - math.floor(self.height(value))

    def place(self, x: float, y: float) -> tuple[int, int] | None:
        """Return row and column of a point; none for one outside."""
        across = float(scale.scaled(np.array([x]), self.chart.log_x)[0])
        up = float(scale.scaled(np.array([y]), self.chart.log_y)[0])
        inside = scale.within(np.array([across]), np.array([up]), self.x_limits, self.y_limits)
        return (self.row(up), self.column(across)) if inside[0] else None


def lay_out(page: Canvas, chart: Chart, curves: list[DrawnCurve], inks: Inks, top: int) -> Plot:
    """Return the plot of a chart below the rows that its head takes."""
    empty = not any(np.isfinite(curve.y).any() for curve in curves)
    axis_row, label_row, rows = _rows(page, chart, top)
    whole = all((curve.x[np.isfinite(curve.x)] % 1 == 0).all() for curve in curves)
    least_step = 1.0 if whole and not chart.log_x else 0.0
    x_limits = _x_limits(chart, curves, least_step)
    y_limits = reach.y_limits(chart, curves, x_limits)
    y_ticks = [] if empty else _y_ticks(chart, y_limits, rows)
    needed = max((cell_len(label) for _, label in y_ticks), default=0) + 1
    gutter = chart.gutter or needed
    left = gutter if page.width - gutter >= LEAST_COLUMNS and rows >= 2 else 0
    return Plot(
        page,
        chart,
        curves,
        inks,
        empty,
        top,
        rows,
        left,
        max(page.width - left, 0),
        axis_row,
        label_row,
        x_limits,
        y_limits,
        y_ticks,
        least_step,
    )


def _rows(page: Canvas, chart: Chart, top: int) -> tuple[int | None, int | None, int]:
    """Return the rows of the x axis and of its labels, and how many are the plot's."""
    room = page.height - top
    axis = room >= (3 if chart.bare else 7)
    label = room >= 3 and not chart.bare
    rows = max(room - axis - label, 0)
    return top + rows if axis else None, top + rows + axis if label else None, rows


def _x_limits(chart: Chart, curves: list[DrawnCurve], least_step: float) -> scale.Limits:
    """Return the ends of the x axis; one value that is counted stands at its beginning."""
    ends = scale.limits([curve.x for curve in curves], chart.x_limits, chart.log_x, 0.0)
    told = np.concatenate([*(curve.x[np.isfinite(curve.x)] for curve in curves), np.empty(0)])
    if chart.x_limits is None and least_step and len(told) and told.min() == told.max():
        return float(told[0]), float(told[0]) + 1.0
    return ends


def _y_ticks(chart: Chart, ends: scale.Limits, rows: int) -> list[scale.Tick]:
    """Return about one tick in three rows, but two at least; their labels fit into the gutter."""
    count = max(2, min(8, round(rows / 2.5)))
    found: list[scale.Tick] = []
    for more in range(6):
        found = scale.ticks(ends, count + more, chart.log_y)
        if len(found) >= 2:
            break
    room = chart.gutter - 1
    if chart.gutter and any(cell_len(label) > room for _, label in found):
        values = [(at, 10.0**at if chart.log_y else at) for at, _ in found]
        found = [(at, f"{value:.2g}"[:room]) for at, value in values]
    return found
