"""The race drawn: trails over the rings of the loss, and the curves of the error."""

from dataclasses import replace

from cftui.charts import Chart, Colour, Marker, Series, Spot
from cftui.questions.race import RaceAnswer
from cftui.tui.lab.moment import Moment
from cftui.tui.shared.run_chart import ChartInk

START = "○"


def contour_chart(moment: Moment, marker: Marker, ink: ChartInk, width: int, height: int) -> Chart:
    """Return the way of each optimizer over rings of equal loss; its number is where it is now."""
    answer = moment.answer
    land, letters = answer.landscape, answer.focused.letters
    across: list[float] = []
    upwards: list[float] = []
    for _, (a, b) in land.rings:
        across += [*a, float("nan")]
        upwards += [*b, float("nan")]
    rings = Series("", tuple(across), tuple(upwards), ink.foreground, faint=True, mark="·")
    trails = [
        Series("", *racer.trail, ink.series[place], mark=str(place + 1))
        for place, racer in enumerate(answer.racers)
    ]
    trails.append(trails.pop(moment.focused))  # drawn last: above the others
    return Chart(
        width,
        height,
        (rings, *trails),
        ink.foreground,
        x_label=letters[0],
        x_limits=land.across,
        y_limits=land.upwards,
        marker=marker,
        no_colour=ink.no_colour,
        spots=_spots(answer, ink),
    )


def _spots(answer: RaceAnswer, ink: ChartInk) -> tuple[Spot, ...]:
    a, b, *_ = answer.landscape.best
    best = Spot(a, b, "×", ink.foreground)
    starts = [
        Spot(racer.trail[0][0], racer.trail[1][0], START, ink.series[place])
        for place, racer in enumerate(answer.racers)
    ]
    now = [
        Spot(racer.trail[0][-1], racer.trail[1][-1], str(place + 1), ink.series[place])
        for place, racer in enumerate(answer.racers)
    ]
    return (best, *starts, *now)


def error_chart(
    moment: Moment, by_epoch: bool, marker: Marker, ink: ChartInk, width: int, height: int
) -> Chart:
    """Return each optimizer's RMSE over all points by step, or by epoch as it was met."""
    answer = moment.answer
    curves = []
    for place, racer in enumerate(answer.racers):
        colour: Colour = ink.series[place]
        curve = racer.epochs if by_epoch else racer.errors
        rule, number = moment.race.settings[place].rule, str(place + 1)
        label = rule if ink.no_colour else f"{number} {rule}"  # else the mark is the number
        curves.append(Series(label, *curve, colour, mark=number))
    return Chart(
        width,
        height,
        tuple(replace(curve, label="") if len(curves) == 1 else curve for curve in curves),
        ink.foreground,
        x_label="epoch" if by_epoch else "step",
        log_y=True,
        marker=marker,
        no_colour=ink.no_colour,
        empty="No whole epoch yet" if by_epoch else "Nothing to draw yet",
    )
