"""Themes: what some of them lack that our stylesheets need, and whether one can be drawn."""

from textual.css.stylesheet import Stylesheet
from textual.theme import BUILTIN_THEMES, Theme

DEFAULT = "textual-dark"
FALLBACKS = {"foreground-disabled": "ansi_bright_black", "surface-active": "ansi_default"}
"""Variables that Textual gives to all themes but those of the terminal's own colours."""


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
