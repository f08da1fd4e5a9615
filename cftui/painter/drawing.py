"""Draws a chart: head, axes, and what stands within them."""

from rich.cells import cell_len, set_cell_size

from cftui.charts import Chart, Drawing
from cftui.painter.axes import draw_x_axis, draw_y_axis
from cftui.painter.curves import curves
from cftui.painter.head import write_head
from cftui.painter.inside import draw_inside
from cftui.painter.page import Canvas, inks
from cftui.painter.plot import Plot, lay_out
from cftui.text import plain


def draw(chart: Chart) -> Drawing:
    """Return a chart drawn, exactly `height` lines of exactly `width` cells."""
    page = Canvas(max(chart.width, 0), max(chart.height, 0))
    shades, ready = inks(chart.foreground), curves(chart)
    plot = lay_out(page, chart, ready, shades, write_head(page, chart, ready, shades))
    _draw(plot)
    coloured = not chart.no_colour
    return Drawing(tuple(page.runs(row, coloured) for row in range(page.height)), plot.frame)


def _draw(plot: Plot) -> None:
    """Write axes and all within them on the page."""
    if not plot.rows or not plot.columns:
        return
    draw_y_axis(plot)
    draw_x_axis(plot)
    if plot.empty:
        words = set_cell_size(plain(plot.chart.empty), plot.columns).rstrip()
        column = plot.left + (plot.columns - cell_len(words)) // 2
        plot.page.put(plot.top + plot.rows // 2, column, words, plot.inks.label)
        return
    draw_inside(plot)
