"""Heat: a cell's background by its value, cold to hot, from the theme's own colours."""

import math
from typing import Any

from rich.style import Style
from textual.app import App
from textual.color import Color

from cftui.tui.shared.chart import theme_colour

SHADES = 21
"""Few enough that a cell seldom changes colour without changing its digits."""
STRENGTH = 0.75
"""Share of the theme's colour in the coldest and the hottest shade."""


class Heat:
    """Styles from cold (`primary`) over the background to hot (`warning`)."""

    def __init__(self, app: App[Any]) -> None:
        cold, hot = theme_colour(app, "primary"), theme_colour(app, "warning")
        middle = theme_colour(app, "background")
        self.coloured = False
        """Whether styles differ: none do without colours, or in those of the terminal's own."""
        self._styles = [Style()] * SHADES
        if not (app.no_color or cold is None or hot is None or middle is None):
            self.coloured = True
            self._styles = [_style(_shade(cold, middle, hot, at)) for at in range(SHADES)]

    def style(self, value: float, low: float, high: float) -> Style:
        """Return the style of a value between `low` and `high`; values beyond take the ends."""
        if math.isnan(value) or not low < high:
            return Style()
        share = min(max((value - low) / (high - low), 0.0), 1.0)
        return self._styles[round(share * (SHADES - 1))]


def _shade(cold: Color, middle: Color, hot: Color, at: int) -> Color:
    share = 2 * at / (SHADES - 1) - 1
    return middle.blend(hot if share > 0 else cold, STRENGTH * abs(share))


def _style(background: Color) -> Style:
    ink = background.get_contrast_text(1.0)
    return Style(color=background.blend(ink, 0.9).rich_color, bgcolor=background.rich_color)
