"""Calibration as a chart: what was rated, of what was predicted about alike."""

import math

from cftui.charts import Chart, Marker, Series
from cftui.questions.check import CalibrationPoint
from cftui.tui.shared.run_chart import ChartInk


def calibration_chart(
    points: tuple[CalibrationPoint, ...], marker: Marker, ink: ChartInk, width: int, height: int
) -> Chart:
    """Return the mean rating by predicted value, its intervals, and where both would be equal."""
    x = tuple(point.predicted for point in points)
    y = tuple(point.actual.value for point in points)
    ends = (min(x), max(x)) if x else ()
    gap = math.nan
    return Chart(
        width,
        height,
        (
            Series("equal", ends, ends, ink.series[2], faint=True, mark="·"),
            Series(
                "95 %",
                tuple(at for p in points for at in (p.predicted, p.predicted, gap)),
                tuple(at for p in points for at in (p.actual.low, p.actual.high, gap)),
                ink.series[0],
                mark="|",
            ),
            Series("mean rating", x, y, ink.series[1], kind="points", mark="o"),
        ),
        ink.foreground,
        x_label="predicted",
        marker=marker,
        no_colour=ink.no_colour,
        empty="No rating was held out",
    )
