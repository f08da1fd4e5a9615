"""Draws a chart: head, axes, and curves by plotext; all calls of plotext are here."""

import math

import numpy as np
import plotext._figure
from rich.cells import cell_len, set_cell_size

from cftui.charts import Chart, Drawing
from cftui.painter import scale
from cftui.painter.curves import DrawnCurve, curves
from cftui.painter.head import write_head
from cftui.painter.page import Canvas, Inks, inks
from cftui.text import plain


def draw(chart: Chart) -> Drawing:
    """Return a chart drawn, exactly `height` lines of exactly `width` cells."""
    page = Canvas(max(chart.width, 0), max(chart.height, 0))
    shades, ready = inks(chart.foreground), curves(chart)
    top = write_head(page, chart, ready, shades)
    Plot(page, chart, ready, shades, top).draw()
    return Drawing(tuple(page.runs(row, not chart.no_colour) for row in range(page.height)))


class Plot:
    """What stands below the head: the axes, their ticks, and the curves within."""

    def __init__(
        self, page: Canvas, chart: Chart, curves: list[DrawnCurve], inks: Inks, top: int
    ) -> None:
        self.page, self.chart, self.curves, self.inks, self.top = page, chart, curves, inks, top
        self.empty = not any(np.isfinite(curve.y).any() for curve in curves)
        whole = all((curve.x[np.isfinite(curve.x)] % 1 == 0).all() for curve in curves)
        self.least_step = 1.0 if whole and not chart.log_x else 0.0
        axis_rows = 2 if page.height - top >= 7 else 1 if page.height - top >= 3 else 0
        self.rows = max(page.height - top - axis_rows, 0)
        self.bottom = top + self.rows
        self.axis_row = self.bottom if axis_rows == 2 else None
        self.label_row = self.bottom + axis_rows - 1 if axis_rows else None
        self.x_limits = scale.limits([c.x for c in curves], chart.x_limits, chart.log_x, 0.0)
        self.y_limits = scale.limits([c.y for c in curves], chart.y_limits, chart.log_y, 0.05)
        count = max(2, min(8, round(self.rows / 2.5)))
        self.y_ticks = [] if self.empty else scale.ticks(self.y_limits, count, chart.log_y)
        gutter = max((cell_len(label) for _, label in self.y_ticks), default=0) + 1
        self.left = gutter if page.width - gutter >= 8 and self.rows >= 2 else 0
        self.columns = max(page.width - self.left, 0)

    def draw(self) -> None:
        """Write axes, curves and marked lines on the page."""
        if not self.rows or not self.columns:
            return
        self._draw_y_axis()
        self._draw_x_axis()
        if self.empty:
            words = set_cell_size(plain(self.chart.empty), self.columns).rstrip()
            column = self.left + (self.columns - cell_len(words)) // 2
            self.page.put(self.top + self.rows // 2, column, words, self.inks.label)
            return
        self._draw_curves()
        self._draw_lines()
        self._draw_spots()

    def column(self, value: float) -> int:
        """Return the page's column of a position on the x axis."""
        low, high = self.x_limits
        return self.left + math.floor(0.5 + (self.columns - 1) * (value - low) / (high - low))

    def row(self, value: float) -> int:
        """Return the page's row of a position on the y axis."""
        low, high = self.y_limits
        return self.bottom - 1 - math.floor(0.5 + (self.rows - 1) * (value - low) / (high - low))

    def _draw_y_axis(self) -> None:
        if not self.left:
            return
        for row in range(self.top, self.bottom):
            self.page.put(row, self.left - 1, "│", self.inks.axis)
        for value, label in self.y_ticks:
            row = self.row(value)
            self.page.put(row, self.left - 1 - cell_len(label), label, self.inks.label)
            self.page.put(row, self.left - 1, "┤", self.inks.axis)
            if not self.chart.no_colour:
                self.page.put(row, self.left, "┈" * self.columns, self.inks.grid)

    def _draw_x_axis(self) -> None:
        if self.axis_row is not None:
            corner = "└" if self.left else ""
            start = max(self.left - 1, 0)
            self.page.put(self.axis_row, start, corner + "─" * self.columns, self.inks.axis)
        if self.label_row is None:
            return
        name = set_cell_size(plain(self.chart.x_label), min(self.page.width, 24)).rstrip()
        if name:
            column = self.page.width - cell_len(name)
            self.page.put(self.label_row, column, name, self.inks.label)
        for value, label in self._x_ticks(self.columns - cell_len(name)):
            column, size = self.column(value), cell_len(label)
            start = min(max(column - size // 2, 0), self.page.width - size)
            around = self.page.text[self.label_row][max(start - 1, 0) : start + size + 1]
            if "".join(around).strip() or start < 0:
                continue
            self.page.put(self.label_row, start, label, self.inks.label)
            if self.axis_row is not None:
                self.page.put(self.axis_row, column, "┬", self.inks.axis)

    def _x_ticks(self, room: int) -> list[scale.Tick]:
        """Return as many ticks as stand side by side with some air between them."""
        if self.empty:
            return []
        ticks: list[scale.Tick] = []
        for count in range(max(2, min(10, room // 7)), 1, -1):
            ticks = scale.ticks(self.x_limits, count, self.chart.log_x, self.least_step)
            if sum(cell_len(label) + 3 for _, label in ticks) <= room:
                break
        return ticks

    def _draw_curves(self) -> None:
        figure = plotext._figure._figure_class()
        figure._limit_size(False, False)
        figure.plot_size(self.columns, self.rows)
        figure.frame(False)
        figure.xfrequency(0)
        figure.yfrequency(0)
        figure.xlim(*self.x_limits)
        figure.ylim(*self.y_limits)
        for curve in sorted(self.curves, key=lambda curve: not curve.series.faint):
            ink = curve.ink(self.inks)
            for mark, x, y in curve.pieces(self.x_limits, self.y_limits):
                put = figure.plot if curve.series.kind == "line" else figure.scatter
                put(x, y, marker=mark, color=ink)
        figure._set_sizes()
        # the matrix itself: build() would turn it into a string with escape codes
        figure.monitor.build_plot()
        matrix = figure.monitor.matrix
        for row in range(min(self.rows, matrix.rows)):
            texts, inks = matrix.marker[row], matrix.fullground[row]
            for column in range(min(self.columns, matrix.cols)):
                if texts[column] != " ":
                    self.page.text[self.bottom - 1 - row][self.left + column] = texts[column]
                    self.page.colour[self.bottom - 1 - row][self.left + column] = inks[column]

    def _draw_lines(self) -> None:
        for line in self.chart.lines:
            x = math.log10(line.x) if self.chart.log_x and line.x > 0 else line.x
            if not self.x_limits[0] <= x <= self.x_limits[1]:
                continue
            column = self.column(x)
            for row in range(self.top, self.bottom):
                if self.page.free(row, column, 1):
                    self.page.put(row, column, "╎", self.inks.label)
            label = set_cell_size(plain(line.label), min(self.columns // 2, 24)).rstrip()
            size = cell_len(label)
            places = [(r, c) for r in range(self.top, self.bottom)
                      for c in (column + 1, column - size)]  # fmt: skip
            free = (place for place in places if self.page.free(*place, size))
            row, start = next(free, (self.top, min(column + 1, self.page.width - size)))
            self.page.put(row, start, label, self.inks.title)

    def _draw_spots(self) -> None:
        chart = self.chart
        for spot in chart.spots:
            x = float(scale.scaled(np.array([spot.x]), chart.log_x)[0])
            y = float(scale.scaled(np.array([spot.y]), chart.log_y)[0])
            if scale.within(np.array([x]), np.array([y]), self.x_limits, self.y_limits)[0]:
                self.page.put(self.row(y), self.column(x), plain(spot.text), spot.colour)
