"""Charts as one picture of lines and areas (SVG), laid out as they are drawn in cells."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from xml.sax.saxutils import escape

import numpy as np

from cftui.charts import Chart, Colour, Note, Spot
from cftui.painter import scale
from cftui.painter.axes import x_ticks
from cftui.painter.curves import DrawnCurve, curves
from cftui.painter.head import write_head
from cftui.painter.page import Canvas, code, inks, mix
from cftui.painter.plot import Plot, lay_out
from cftui.painter.reach import beyond
from cftui.text import plain

CELL = (9.0, 18.0)
"""Width and height that a cell of the screen stands for."""
FONT = 13


def svg(charts: tuple[Chart, ...], name: str = "plot") -> str:
    """Return charts one above the other as an SVG document.

    `name`: of its own where several stand in one page, whose ids would else be each other's.
    """
    wide = max((chart.width for chart in charts), default=1) * CELL[0]
    high = sum(chart.height for chart in charts) * CELL[1]
    ground = code(inks(charts[0].foreground).paper) if charts else "#ffffff"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:g} {high:g}"'
        f' font-family="ui-monospace, monospace" font-size="{FONT}">',
        f'<rect width="100%" height="100%" fill="{ground}"/>',
    ]
    top = 0.0
    for number, chart in enumerate(charts):
        picture = _Picture(_laid_out(chart), f"{name}{number}")
        parts += [f'<g transform="translate(0 {top:g})">', *picture.parts(), "</g>"]
        top += chart.height * CELL[1]
    return "\n".join([*parts, "</svg>", ""])


def _laid_out(chart: Chart) -> Plot:
    page = Canvas(max(chart.width, 0), max(chart.height, 0))
    shades, ready = inks(chart.foreground), curves(chart)
    return lay_out(page, chart, ready, shades, write_head(page, chart, ready, shades))


@dataclass(frozen=True)
class _Picture:
    """One chart's elements; places are those of its cells."""

    plot: Plot
    name: str
    """Of its clip path."""

    def parts(self) -> Iterator[str]:
        """Yield the elements, from below to above."""
        yield from self._head()
        plot = self.plot
        if plot.empty or not plot.rows or not plot.columns:
            words = plain(plot.chart.empty)
            yield _text(plot.page.width * CELL[0] / 2, self._bottom / 2, words, "#888888", "middle")
            return
        right = (plot.left + plot.columns) * CELL[0]
        yield (
            f'<clipPath id="{self.name}"><rect x="{self._left:g}" y="{self._top:g}"'
            f' width="{right - self._left:g}" height="{self._bottom - self._top:g}"/></clipPath>'
        )
        yield from self._axes(right)
        yield f'<g clip-path="url(#{self.name})">'
        for curve in sorted(plot.curves, key=lambda c: (not c.is_band, not c.series.faint)):
            yield from self._curve(curve)
        yield "</g>"
        yield from self._marks(right)

    @property
    def _left(self) -> float:
        return self.plot.left * CELL[0]

    @property
    def _top(self) -> float:
        return self.plot.top * CELL[1]

    @property
    def _bottom(self) -> float:
        return self.plot.bottom * CELL[1]

    def _across(self, x: float) -> float:
        """Return where a position on the x axis is; so `_up` for the y axis."""
        low, high = self.plot.x_limits
        share = (x - low) / (high - low)
        return (self.plot.left + 0.5 + (self.plot.columns - 1) * share) * CELL[0]

    def _up(self, y: float) -> float:
        return (self.plot.bottom - self.plot.height(y)) * CELL[1]

    def _head(self) -> Iterator[str]:
        """Yield title and legend as they are written on the page."""
        for row in range(self.plot.top):
            column = 0
            for words, ink in self.plot.page.runs(row, True):
                at = column + len(words) - len(words.lstrip())
                if words.strip():
                    colour = (ink or "#888888").split()[0]
                    yield _text(at * CELL[0], (row + 0.75) * CELL[1], words.strip(), colour)
                column += len(words)

    def _axes(self, right: float) -> Iterator[str]:
        plot, label = self.plot, code(self.plot.inks.label)
        for value, words in plot.y_ticks:
            y = self._up(value)
            yield _line(self._left, y, right, y, code(plot.inks.grid))
            yield _text(self._left - 4, y + 4, words, label, "end")
        axis = code(plot.inks.axis)
        yield _line(self._left, self._top, self._left, self._bottom, axis)
        yield _line(self._left, self._bottom, right, self._bottom, axis)
        if plot.label_row is None:
            return
        row = self._bottom + 1.2 * CELL[1]
        for value, words in x_ticks(plot, plot.columns - len(plot.chart.x_label) - 1):
            x = self._across(value)
            yield _line(x, self._bottom, x, self._bottom + 4, axis)
            yield _text(x, row, words, label, "middle")
        yield _text(2, row, plain(plot.chart.x_label), label)

    def _curve(self, curve: DrawnCurve) -> Iterator[str]:
        colour = code(curve.ink(self.plot.inks))
        if curve.is_band:
            yield from self._band(curve, colour)
            return
        wide = 3 if curve.series.thick else 1.5
        if curve.is_line:
            for x, y in scale.stretches(curve.x, curve.y, self.plot.x_limits, self.plot.y_limits):
                style = f'fill="none" stroke="{colour}" stroke-width="{wide}"'
                yield f'<polyline points="{self._points(x, y)}" {style} stroke-linejoin="round"/>'
        if curve.series.kind in ("points", "joined"):
            ends = self.plot.x_limits, self.plot.y_limits
            inside = scale.within(curve.x, curve.y, *ends)
            for x, y in zip(curve.x[inside].tolist(), curve.y[inside].tolist(), strict=True):
                place = f'cx="{self._across(x):.1f}" cy="{self._up(y):.1f}"'
                yield f'<circle {place} r="3" fill="{colour}"/>'

    def _band(self, curve: DrawnCurve, colour: str) -> Iterator[str]:
        known = np.isfinite(curve.x)
        x, low, top = (part[known].tolist() for part in (curve.x, curve.y, curve.top))
        around = self._points(x + x[::-1], low + top[::-1])
        yield f'<polygon points="{around}" fill="{colour}"/>'

    def _points(self, x: list[float], y: list[float]) -> str:
        pairs = zip(x, y, strict=True)
        return " ".join(f"{self._across(a):.1f},{self._up(b):.1f}" for a, b in pairs)

    def _marks(self, right: float) -> Iterator[str]:
        """Yield levels, upright lines, spots and notes."""
        plot, chart = self.plot, self.plot.chart
        label = code(plot.inks.label)
        for level in chart.levels:
            y = float(scale.scaled(np.array([level.y]), chart.log_y)[0])
            if plot.y_limits[0] <= y <= plot.y_limits[1]:
                at = self._up(y)
                yield _line(self._left, at, right, at, label, dashed=True)
                yield _text(right - 2, at - 3, plain(level.label), label, "end")
        for line in chart.lines:
            x = math.log10(line.x) if chart.log_x and line.x > 0 else line.x
            if plot.x_limits[0] <= x <= plot.x_limits[1]:
                at = self._across(x)
                yield _line(at, self._top, at, self._bottom, label, dashed=True)
                yield _text(at + 3, self._top + 12, plain(line.label), label)
        marks: tuple[Spot | Note, ...] = (*chart.spots, *chart.notes)
        for mark in marks:
            yield from self._words_at(mark.x, mark.y, mark.text, mark.colour, right)
        yield from self._beyond(right)

    def _words_at(
        self, x: float, y: float, words: str, colour: Colour, right: float
    ) -> Iterator[str]:
        plot, log = self.plot, self.plot.chart
        if plot.place(x, y) is None:
            return
        across = self._across(float(scale.scaled(np.array([x]), log.log_x)[0]))
        up = self._up(float(scale.scaled(np.array([y]), log.log_y)[0]))
        one = len(words) == 1
        anchor = "middle" if one else "end" if across > (self._left + right) / 2 else "start"
        yield _text(across, up + (4 if one else -8), plain(words), code(colour), anchor)

    def _beyond(self, right: float) -> Iterator[str]:
        plot, ink = self.plot, code(mix(self.plot.inks.title, self.plot.inks.paper, 0.9))
        above, below = beyond(plot.chart, plot.curves, plot.x_limits, plot.y_limits)
        for words, y in (
            (above.words("above", "↑"), self._top + 12),
            (below.words("below", "↓"), self._bottom - 5),
        ):
            if words:
                yield _text(right - 2, y, plain(words), ink, "end")


def _line(x0: float, y0: float, x1: float, y1: float, colour: str, *, dashed: bool = False) -> str:
    dash = ' stroke-dasharray="4 4"' if dashed else ""
    ends = f'x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}"'
    return f'<line {ends} stroke="{colour}"{dash}/>'


def _text(x: float, y: float, words: str, colour: str, anchor: str = "start") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}"'
    return f'<text {place} fill="{colour}" text-anchor="{anchor}">{escape(words)}</text>'
