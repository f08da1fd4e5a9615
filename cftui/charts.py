"""What the screen and the painter say to each other: a chart's data, and its lines drawn."""

import math
from dataclasses import dataclass
from typing import Literal

from cftui.questions.question import Question

Colour = tuple[int, int, int]
"""Red, green, blue, 0 to 255 each."""

Marker = Literal["braille", "hd", "dot"]
"""How fine a line is drawn: 2 x 4 dots a cell, 2 x 2 blocks a cell, or one dot a cell."""

TextRun = tuple[str, str | None]
"""Text of one style: `#rrggbb`, `#rrggbb on #rrggbb`, `on #rrggbb`; None for the widget's own."""

Limits = tuple[float, float]

UNDER = frozenset(" ┈╌")
"""What is drawn below all else, and may be written on."""

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
    kind: Literal["line", "points", "joined", "band"] = "line"
    """`joined`: a line with a dot at each of few points; `band`: all between `y` and `top`."""
    mark: str = ""
    """One character that it is drawn with where colour cannot tell the series apart."""
    top: tuple[float, ...] = ()
    """Upper end of a band, as long as `y`."""
    thick: bool = False
    reach: Literal["all", "bulk", "none"] = "all"
    """What of it the y axis shows at least: all, all but outliers (Tukey's fences), nothing."""


@dataclass(frozen=True)
class Line:
    """An upright line that marks a value of x."""

    x: float
    label: str = ""


@dataclass(frozen=True)
class Level:
    """A value of y drawn across, with its label on it; said at the edge where it is outside."""

    y: float
    label: str


@dataclass(frozen=True)
class Note:
    """Words beside a point, where there is room for them; above curves, covering no other words."""

    x: float
    y: float
    text: str
    colour: Colour


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
    x_limits: Limits | None = None
    y_limits: Limits | None = None
    gutter: int = 0
    """Cells left of the plot; 0 for as many as labels need. Charts that share it are aligned."""
    bare: bool = False
    """Without numbers along x: a chart below has them."""
    lines: tuple[Line, ...] = ()
    levels: tuple[Level, ...] = ()
    notes: tuple[Note, ...] = ()
    spots: tuple[Spot, ...] = ()
    """Later ones above earlier ones."""
    marker: Marker = "braille"
    no_colour: bool = False
    """Tell the series apart by their marks; every run's colour is None."""
    empty: str = "Nothing to draw yet"
    """What stands in the middle of a chart that has no finite point."""


Form = Literal["svg", "txt", "csv"]


@dataclass(frozen=True)
class Picture(Question[str]):
    """Charts as the text of a file, one below the other."""

    charts: tuple[Chart, ...]
    form: Form


@dataclass(frozen=True)
class PlotFrame:
    """Where in a drawing the plot is, and what its ends stand for."""

    left: int
    """Its first column; `top` its first row."""
    top: int
    columns: int
    rows: int
    x_limits: Limits
    """Of the first and the last column; logarithms to base 10 where `log_x`."""
    log_x: bool = False
    across: int = 1
    """Dots side by side in a cell."""

    def column(self, x: float) -> int | None:
        """Return the drawing's column of a value of x; none outside."""
        if self.log_x and x <= 0:
            return None
        low, high = self.x_limits
        share = ((math.log10(x) if self.log_x else x) - low) / (high - low)
        dot = 0.5 + (self.columns * self.across - 1) * share
        return self.left + math.floor(dot / self.across) if 0 <= share <= 1 else None

    def x(self, column: int) -> float:
        """Return the value of x at a column of the drawing, the nearest end's for one outside."""
        dot = (column - self.left + 0.5) * self.across - 0.5
        share = min(max(dot / max(self.columns * self.across - 1, 1), 0.0), 1.0)
        value = self.x_limits[0] + share * (self.x_limits[1] - self.x_limits[0])
        return float(10.0**value) if self.log_x else value


@dataclass(frozen=True)
class Drawing:
    """A chart drawn: exactly `height` lines, each of runs that are `width` cells wide together."""

    lines: tuple[tuple[TextRun, ...], ...]
    frame: PlotFrame | None = None
    """None where there is no room for a plot, or nothing to draw."""
