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


@dataclass(frozen=True)
class DrawnCurve:
    """A series made ready: finite where it is to be drawn, logarithms taken, NaN in the gaps."""

    series: Series
    mark: str
    x: scale.Floats
    y: scale.Floats

    def ink(self, shades: Inks) -> Colour:
        """Return the colour of the series, paler where it is faint."""
        return mix(self.series.colour, shades.paper, 0.55 if self.series.faint else 1.0)

    def pieces(
        self, x_ends: scale.Limits, y_ends: scale.Limits
    ) -> Iterator[tuple[str, list[float], list[float]]]:
        """Return what lies within the ends, without gaps: a mark, and its points' x and y."""
        if self.series.kind == "line":
            for x, y in scale.stretches(self.x, self.y, x_ends, y_ends):
                yield self._mark(len(x) == 1), x, y
            return
        inside = scale.within(self.x, self.y, x_ends, y_ends)
        if inside.any():
            x, y = self.x[inside].tolist(), self.y[inside].tolist()
            yield self._mark(len(x) <= FEW), x, y

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
        elif series.faint:
            marks.append("·")
        else:
            marks.append(PLAIN_MARKS[(strong - 1) % len(PLAIN_MARKS)] if strong else fine)
            strong += 1
    return marks


def _curve(series: Series, mark: str, chart: Chart) -> DrawnCurve:
    size = min(len(series.x), len(series.y))
    x, y = np.array(series.x[:size], np.float64), np.array(series.y[:size], np.float64)
    x, y = scale.scaled(x, chart.log_x), scale.scaled(y, chart.log_y)
    gap = ~(np.isfinite(x) & np.isfinite(y))
    return DrawnCurve(series, mark, np.where(gap, np.nan, x), np.where(gap, np.nan, y))
