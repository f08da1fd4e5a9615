"""Series made ready to be drawn, each with its mark and its ink."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cftui.charts import Chart, Colour, Series
from cftui.painter import scale
from cftui.painter.page import Inks, mix

PLAIN_MARKS = "x+o*#@%&"
"""Marks of the second and later series where colour cannot tell them apart."""

FEW = 40
"""Up to so many points are drawn as big dots; a single braille dot is easily missed."""

BAND = 0.3
"""Share of a band's colour in the ink that it is filled with."""

Piece = tuple[str, list[float], list[float], bool]
"""A mark, the x and y of points, and whether these are joined."""


@dataclass(frozen=True)
class DrawnCurve:
    """A series made ready: finite where it is to be drawn, logarithms taken, NaN in the gaps."""

    series: Series
    mark: str
    x: scale.Floats
    y: scale.Floats
    top: scale.Floats
    """Of a band; of others empty."""

    @property
    def is_band(self) -> bool:
        """Whether it is an area."""
        return self.series.kind == "band"

    @property
    def is_line(self) -> bool:
        """Whether its points are joined."""
        return self.series.kind in ("line", "joined")

    def ink(self, shades: Inks) -> Colour:
        """Return the colour of the series, paler where it is faint or an area."""
        share = BAND if self.is_band else 0.55 if self.series.faint else 1.0
        return mix(self.series.colour, shades.paper, share)

    def pieces(
        self, x_ends: scale.Limits, y_ends: scale.Limits, dots: tuple[float, float]
    ) -> Iterator[Piece]:
        """Return what lies within the ends, without gaps.

        `dots`: how far two dots are apart, across and upwards; a thick line is drawn beside itself.
        """
        if self.is_line:
            for x, y in scale.stretches(*self._path(dots), x_ends, y_ends):
                yield self._mark(len(x) == 1), x, y, True
        if self.series.kind in ("points", "joined"):
            yield from self._points(x_ends, y_ends)

    def _path(self, dots: tuple[float, float]) -> tuple[scale.Floats, scale.Floats]:
        """Return the points to join: of a thick line there, back a dot above, there a dot beside.

        One line, since of two in one cell plotext shows only the later.
        """
        if not self.series.thick or not any(dots):
            return self.x, self.y
        x = np.concatenate((self.x, self.x[::-1], self.x + dots[0]))
        return x, np.concatenate((self.y, self.y[::-1] + dots[1], self.y))

    def _points(self, x_ends: scale.Limits, y_ends: scale.Limits) -> Iterator[Piece]:
        inside = scale.within(self.x, self.y, x_ends, y_ends)
        few = int(inside.sum()) <= FEW
        if inside.any() and (few or not self.is_line):
            yield self._mark(few), self.x[inside].tolist(), self.y[inside].tolist(), False

    def _mark(self, few: bool) -> str:
        return "•" if few and len(self.mark) > 1 else self.mark


def curves(chart: Chart) -> list[DrawnCurve]:
    """Return the chart's series in their order, ready to be drawn."""
    return [
        _curve(series, mark, chart)
        for series, mark in zip(chart.series, _marks(chart), strict=True)
    ]


def _marks(chart: Chart) -> list[str]:
    """Return each series' marker: plotext's name of a fine one, or one character."""
    fine = "•" if chart.marker == "dot" else chart.marker
    if not chart.no_colour:
        return [fine] * len(chart.series)
    marks: list[str] = []
    strong = 0
    for series in chart.series:
        if series.mark:
            marks.append(series.mark)
        elif series.faint or series.kind == "band":
            marks.append("·")
        else:
            marks.append(PLAIN_MARKS[(strong - 1) % len(PLAIN_MARKS)] if strong else fine)
            strong += 1
    return marks


def _curve(series: Series, mark: str, chart: Chart) -> DrawnCurve:
    size = min(len(series.x), len(series.y))
    x, y = np.array(series.x[:size], np.float64), np.array(series.y[:size], np.float64)
    x, y = scale.scaled(x, chart.log_x), scale.scaled(y, chart.log_y)
    top = scale.scaled(np.array(series.top[:size], np.float64), chart.log_y)
    gap = ~(np.isfinite(x) & np.isfinite(y))
    if series.kind == "band":
        top = top if len(top) == size else y
        gap |= ~np.isfinite(top)
    return DrawnCurve(series, mark, np.where(gap, np.nan, x), np.where(gap, np.nan, y), top)
