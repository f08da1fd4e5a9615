"""Heat: a cell's background by its value, dark to light, in the palette that the user chose."""

import math
from typing import Any

from rich.style import Style
from textual.app import App
from textual.color import Color

from cftui.tui.shared.contrast import ink_on
from cftui.tui.shared.palettes import PALETTES, Palette


class Heated:
    """A widget that draws in heat: it forgets its colours in `notify_style_update`."""


class Heat:
    """Styles from low to high, in as many shades as the terminal has colours for."""

    def __init__(self, app: App[Any]) -> None:
        self.coloured = not app.no_color
        """Whether styles differ."""
        palette: Palette = getattr(app, "heat_palette", PALETTES[0])
        shades = palette.shades(app.console.color_system) if self.coloured else ()
        self._styles = [_style(shade) for shade in shades] or [Style()]

    def style(self, value: float, low: float, high: float) -> Style:
        """Return the style of a value between `low` and `high`; values beyond take the ends."""
        if math.isnan(value) or not low < high:
            return Style()
        share = min(max((value - low) / (high - low), 0.0), 1.0)
        return self._styles[min(int(share * len(self._styles)), len(self._styles) - 1)]


def _style(shade: Color) -> Style:
    return Style(color=ink_on(shade).rich_color, bgcolor=shade.rich_color)
