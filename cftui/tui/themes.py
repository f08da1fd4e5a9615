"""Themes: what some of them lack that our stylesheets need, and whether one can be drawn."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from textual.app import App
from textual.color import Color, ColorParseError
from textual.css.stylesheet import Stylesheet
from textual.theme import BUILTIN_THEMES, Theme

from cftui.text import plain
from cftui.tui.services.memory import Memory
from cftui.tui.shared.contrast import LEGIBLE, contrast, ink_on, moved_apart

DEFAULT = "textual-dark"
FALLBACKS = {"foreground-disabled": "ansi_bright_black", "surface-active": "ansi_default"}
"""Variables that Textual gives to all themes but those of the terminal's own colours."""


SEEN = 3.0
"""Least contrast of what cannot be used now, and stands there to say so."""
GROUNDS = ("background", "surface")
READ_ON: Mapping[str, tuple[tuple[str, ...], float]] = {
    **{
        f"text-{kind}": (GROUNDS, LEGIBLE)
        for kind in ("success", "warning", "error", "primary", "accent")
    },
    "foreground": ((*GROUNDS, "primary-muted", "block-cursor-blurred-background"), LEGIBLE),
    "foreground-muted": (GROUNDS, LEGIBLE),
    "foreground-disabled": (GROUNDS, SEEN),
    "footer-foreground": (("footer-background",), LEGIBLE),
    "footer-key-foreground": (("footer-background",), LEGIBLE),
    "footer-disabled": (("footer-background",), SEEN),
    "block-cursor-foreground": (("block-cursor-background",), LEGIBLE),
    "block-cursor-blurred-foreground": (("block-cursor-blurred-background",), LEGIBLE),
}
"""What is written on what, in our stylesheets and in Textual's, and how well it must be read."""
AUTO = re.compile(r"auto (\d+)%")
SHARES = {"text-muted": LEGIBLE, "text-disabled": SEEN}
"""Written on whatever is below, black or white by that, with a share of it shining through."""


def readable(variables: Mapping[str, str]) -> dict[str, str]:
    """Return a theme's variables with every text moved from its ground until it can be read.

    Some of Textual's themes have a contrast of 1.2 in the footer, and of 2 elsewhere. Those of the
    terminal's own colours stay: only the terminal knows what they are.
    """
    found = {"footer-disabled": variables.get("foreground-disabled", ""), **variables}
    base = colour_of(found.get("background"))
    if base is None:
        return found
    for name, (grounds, least) in READ_ON.items():
        below = [base + one for one in map(colour_of, map(found.get, grounds)) if one is not None]
        ink = colour_of(found.get(name))
        if ink is not None and below:
            # what shines through of the first ground is mixed in, so that it is the same on all
            found[name] = moved_apart(below[0] + ink, below, least).hex
    below = [base + one for one in map(colour_of, map(found.get, (*GROUNDS, "panel"))) if one]
    for name, least in SHARES.items():
        if share := AUTO.fullmatch(found.get(name, "")):
            found[name] = f"auto {_share(below, least, int(share[1]))}%"
    return found


def _share(grounds: Sequence[Color], least: float, begin: int) -> int:
    """Return how many per cent of black or white make text that can be read on each ground."""
    for share in range(begin, 100):
        inks = [(ground.blend(ink_on(ground), share / 100), ground) for ground in grounds]
        if all(contrast(ink, ground) >= least for ink, ground in inks):
            return share
    return 100


def colour_of(value: str | None) -> Color | None:
    """Return the colour that a variable's text is; none for one of the terminal's or no colour."""
    try:
        colour = Color.parse(value or "")
    except ColorParseError:
        return None
    return None if colour.ansi is not None or colour.auto else colour


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
