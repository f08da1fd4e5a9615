"""How far the y axis reaches: a few far points must not flatten the rest, but are told."""

from dataclasses import dataclass

import numpy as np

from cftui.charts import Chart, Level
from cftui.painter import scale
from cftui.painter.curves import DrawnCurve

AIR = 0.05
"""Share of the range that is left free above and below."""
FENCE = 1.5
"""Interquartile ranges beyond the quartiles, up to which values belong to the bulk (Tukey 1977)."""
STRETCH = 2.0
"""A level that would make the range longer than this is said at the edge instead."""


@dataclass(frozen=True)
class Beyond:
    """What the y axis leaves out at one end."""

    points: int
    levels: tuple[Level, ...]

    def words(self, where: str, arrow: str) -> str:
        """Return it as `↑ 12 points above, mean 1.1238`; empty where nothing is left out."""
        count = f"{self.points} point{'s' * (self.points != 1)} {where}" if self.points else ""
        told = ", ".join(filter(None, (count, *(level.label for level in self.levels))))
        return f"{arrow} {told}" if told else ""


def y_limits(chart: Chart, curves: list[DrawnCurve], x_ends: scale.Limits) -> scale.Limits:
    """Return the ends of the y axis: as wished, or so far that each series has its reach."""
    kept = [values for curve in curves for values in _reached(curve, x_ends)]
    if not any(len(values) for values in kept):
        kept = [values for curve in curves for values in (curve.y, curve.top)]
    if chart.y_limits is None:
        kept.append(_near_levels(chart, kept))
    return scale.limits(kept, chart.y_limits, chart.log_y, AIR)


def _reached(curve: DrawnCurve, x_ends: scale.Limits) -> list[scale.Floats]:
    if curve.series.reach == "none":
        return []
    within = (curve.x >= x_ends[0]) & (curve.x <= x_ends[1])
    found = [part[within & np.isfinite(part)] for part in (curve.y, curve.top) if len(part)]
    return [bulk(part) for part in found] if curve.series.reach == "bulk" else found


def bulk(values: scale.Floats) -> scale.Floats:
    """Return the values within Tukey's fences."""
    if not len(values):
        return values
    first, third = np.quantile(values, (0.25, 0.75))
    room = FENCE * (third - first)
    return np.asarray(values[(values >= first - room) & (values <= third + room)])


def _near_levels(chart: Chart, kept: list[scale.Floats]) -> scale.Floats:
    """Return the levels for which the range need not be stretched much, nearest first."""
    values = np.concatenate([*kept, np.empty(0)])
    values = values[np.isfinite(values)]
    levels = scale.scaled(np.array([level.y for level in chart.levels]), chart.log_y)
    levels = levels[np.isfinite(levels)]
    if not len(values):
        return levels
    low, high = float(values.min()), float(values.max())
    room = STRETCH * max(high - low, 0.02 * max(abs(low), abs(high)))
    near: list[float] = []
    for level in sorted(levels.tolist(), key=lambda y: max(low - y, y - high)):
        if max(high, level) - min(low, level) <= room:
            near.append(level)
            low, high = min(low, level), max(high, level)
    return np.array(near)


def beyond(
    chart: Chart, curves: list[DrawnCurve], x_ends: scale.Limits, y_ends: scale.Limits
) -> tuple[Beyond, Beyond]:
    """Return what lies above and below the axis; points where a series' reach left some out."""
    cut = any(curve.series.reach != "all" for curve in curves)
    above = below = 0
    for curve in curves if cut else ():
        if not curve.is_band:
            within = (curve.x >= x_ends[0]) & (curve.x <= x_ends[1])
            above += int((within & (curve.y > y_ends[1])).sum())
            below += int((within & (curve.y < y_ends[0])).sum())
    heights = scale.scaled(np.array([level.y for level in chart.levels]), chart.log_y)
    told = list(zip(chart.levels, heights.tolist(), strict=True))
    return (
        Beyond(above, tuple(level for level, y in told if y > y_ends[1])),
        Beyond(below, tuple(level for level, y in told if y < y_ends[0])),
    )
