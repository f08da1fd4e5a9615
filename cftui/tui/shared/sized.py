"""What the size of the terminal means to a pane: classes for its stylesheet."""

from textual import events
from textual.widget import Widget

NARROW, WIDE, SHORT = 100, 150, 32
"""Columns below and from which, and rows below which."""


class Sized(Widget):
    """Has the classes `-narrow`, `-medium` or `-wide`, and `-short` or `-tall`.

    Textual gives such classes to the whole screen, and then styles all that is on it anew, panes
    out of view too: a tenth of a second, or two, where a window is resized. Name it last of a
    class's bases: only the rules for the first one are inherited.
    """

    def on_resize(self, event: events.Resize) -> None:
        """Take the classes of the size that the terminal has now."""
        columns, rows = self.app.size
        classes = {
            "-narrow": columns < NARROW,
            "-medium": NARROW <= columns < WIDE,
            "-wide": columns >= WIDE,
            "-short": rows < SHORT,
            "-tall": rows >= SHORT,
        }
        self.update_classes(classes, animate=False)
