"""Themes: what some of them lack that our stylesheets need, and whether one can be drawn."""

from typing import Any

from textual.app import App
from textual.css.stylesheet import Stylesheet
from textual.theme import BUILTIN_THEMES, Theme

from cftui.text import plain
from cftui.tui.services.memory import Memory

DEFAULT = "textual-dark"
FALLBACKS = {"foreground-disabled": "ansi_bright_black", "surface-active": "ansi_default"}
"""Variables that Textual gives to all themes but those of the terminal's own colours."""


class ThemeChoice:
    """An app's theme: remembered once panes have been drawn in it, taken back where none can be."""

    def __init__(self, app: App[Any], memory: Memory) -> None:
        self._app, self._memory = app, memory
        self._drawn = ""
        """The theme that panes have been drawn in."""

    def begin(self) -> None:
        """Take the theme that is remembered."""
        self.take(self._memory.state.theme)

    def take(self, theme: str) -> None:
        """Take a theme by its name; one that is not known is told of."""
        if theme in self._app.available_themes:
            self._app.theme = theme
        else:
            self._refuse(theme, "is not known here")

    def take_back_unless_drawable(self, before: str) -> bool:
        """Return whether the app's theme may stay; else another is set.

        Without colours the terminal's own would be black on black.
        """
        app, theme = self._app, self._app.theme
        if app.no_color and app.current_theme.ansi:
            app.theme = DEFAULT
            return False
        if not can_be_drawn(app.current_theme):
            app.theme = before
            self._refuse(theme, "cannot be drawn")
            return False
        return True

    def _refuse(self, theme: str, why: str) -> None:
        words = f"The theme {theme} {why}; this is {self._app.theme}"
        self._app.notify(plain(words), severity="warning", markup=False, timeout=8)

    def keep(self) -> None:
        """Remember the theme, now that panes have been drawn in it."""
        self._drawn = self._app.theme
        self._memory.update(theme=self._app.theme)

    def forget_undrawn(self) -> None:
        """Remember none that no pane was ever drawn in, lest every start end where this one did."""
        if self._memory.state.theme == self._app.theme != self._drawn:
            self._memory.update(theme=DEFAULT)


def can_be_drawn(theme: Theme) -> bool:
    """Return whether every colour that a stylesheet may count on is there, and is one.

    All are tried, for a pane not opened yet brings rules of its own.
    """
    usual = BUILTIN_THEMES[DEFAULT].to_color_system().generate()
    rules = " ".join(f"color: ${name};" for name in usual if "style" not in name)
    try:
        named = {**FALLBACKS, **theme.to_color_system().generate(), **theme.variables}
        sheet = Stylesheet(variables=named)
        sheet.add_source(f"Probe {{ {rules} }}")
        sheet.parse()
    except Exception:  # whatever it is, the app's own stylesheets would raise it too
        return False
    return True
