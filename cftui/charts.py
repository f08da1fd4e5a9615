"""What the screen and the painter say to each other: a chart's data, and its lines drawn."""

from dataclasses import dataclass
from typing import Literal

from cftui.questions.question import Question

Colour = tuple[int, int, int]
"""Red, green, blue, 0 to 255 each."""

Marker = Literal["braille", "hd", "dot"]
"""How fine a line is drawn: 2 x 4 dots a cell, 2 x 2 blocks a cell, or one dot a cell."""

TextRun = tuple[str, str | None]
"""Text of one colour: `#rrggbb`, or None for the widget's own foreground."""

MARKERS: tuple[Marker, ...] = ("braille", "hd", "dot")


@dataclass(frozen=True)
class Series:
    """One curve or cloud of points; `x` and `y` are equally long, NaN and infinities are gaps."""

    label: str
    """Its name in the legend; empty for none."""
    x: tuple[float, ...]
    y: tuple[float, ...]
    colour: Colour
    faint: bool = False
    """Drawn paler and below the others."""
    kind: Literal["line", "points"] = "line"
    mark: str = ""
    """One character that it is drawn with where colour cannot tell the series apart."""


@dataclass(frozen=True)
class Line:
    """An upright line that marks a value of x."""

    x: float
    label: str = ""


@dataclass(frozen=True)
class Spot:
    """A character or a word that marks a point, above all else."""

    x: float
    y: float
    text: str
    colour: Colour


@dataclass(frozen=True)
class Chart(Question["Drawing"]):
    """All that is needed to draw one chart; a few hundred points a series, thinned before."""

    width: int
    """In cells, as `height`."""
    height: int
    series: tuple[Series, ...]
    foreground: Colour
    """Of titles and labels; axes are a paler shade of it. The background stays transparent."""
    title: str = ""
    x_label: str = ""
    y_label: str = ""
    log_x: bool = False
    log_y: bool = False
    x_limits: tuple[float, float] | None = None
    y_limits: tuple[float, float] | None = None
    lines: tuple[Line, ...] = ()
    spots: tuple[Spot, ...] = ()
    """Later ones above earlier ones."""
    marker: Marker = "braille"
    no_colour: bool = False
    """Tell the series apart by their marks; every run's colour is None."""
    empty: str = "Nothing to draw yet"
    """What stands in the middle of a chart that has no finite point."""


@dataclass(frozen=True)
class Drawing:
    """A chart drawn: exactly `height` lines, each of runs that are `width` cells wide together."""

    lines: tuple[tuple[TextRun, ...], ...]
