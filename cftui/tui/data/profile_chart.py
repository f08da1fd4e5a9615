"""A data set's profile as charts: the long tail of users and items, and ratings over time."""

import math

from cftui.charts import Chart, Marker, Series
from cftui.questions.data import DataProfile, Timeline
from cftui.tui.shared.run_chart import ChartInk

FEW_PERIODS = 3
"""Up to so many are drawn as points; a line between two is easily missed."""


def tail_chart(
    profile: DataProfile, marker: Marker, ink: ChartInk, width: int, height: int
) -> Chart:
    """Return the number of ratings by rank, of users and of items, on logarithmic axes."""
    tails = (("users", profile.users), (profile.items_word, profile.items))
    return Chart(
        width,
        height,
        tuple(
            Series(name, tuple(map(float, tail.ranks)), tuple(map(float, tail.counts)), colour)
            for (name, tail), colour in zip(tails, ink.series, strict=False)
        ),
        ink.foreground,
        x_label="rank",
        log_x=True,
        log_y=True,
        marker=marker,
        no_colour=ink.no_colour,
    )


def time_chart(
    profile: DataProfile, marker: Marker, ink: ChartInk, width: int, height: int
) -> Chart:
    """Return the number of ratings in each period of the time they were given in."""
    from cftui.thin import extremes, floats

    timeline = profile.timeline
    if timeline is None:
        return Chart(width, height, (), ink.foreground, empty="These ratings have no timestamps")
    begin, step, label = _axis(timeline)
    x = [begin + step * place for place in range(len(timeline.counts))]
    thin_x, thin_y = extremes(x, timeline.counts, max(width, 20))
    kind = "points" if len(x) <= FEW_PERIODS else "line"
    return Chart(
        width,
        height,
        (Series("", floats(thin_x), floats(thin_y), ink.series[2], kind=kind),),  # type: ignore[arg-type]
        ink.foreground,
        x_label=label,
        y_limits=(0.0, _round_up(max(timeline.counts))),
        marker=marker,
        no_colour=ink.no_colour,
    )


def _round_up(value: float) -> float:
    """Return the next round number, so that the axis ends at one."""
    power = 10.0 ** math.floor(math.log10(max(value, 1.0)))
    return power * next(n for n in (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if value <= n * power)


def _axis(timeline: Timeline) -> tuple[float, float, str]:
    """Return where the first period stands on the axis, how far they are apart, and its label."""
    if timeline.unit in ("year", "month"):
        year, _, month = timeline.first.rpartition("-") if timeline.unit == "month" else (
            timeline.first, "", "1"
        )  # fmt: skip
        return float(year) + (float(month) - 1) / 12, 1.0 if timeline.unit == "year" else 1 / 12, ""
    return 0.0, 1.0, f"{timeline.unit}s from {timeline.first.replace('T', ' ')}"
