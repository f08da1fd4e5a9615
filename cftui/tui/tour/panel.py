"""The tour's panel above the line of keys: where one is, what is said, and how to go on."""

from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from cftui.tui.tour.wrapping import wrapped

BODY = 4
"""Lines of what is said."""
MARGIN, GAP = 1, 4


@dataclass(frozen=True)
class Said:
    """What a panel shows."""

    head: str = ""
    keys: str = ""
    """At the right of the head; `long_keys` where there is room for them."""
    long_keys: str = ""
    text: str = ""
    look: str = ""
    """What to look at; or what is being done, or why it cannot be."""

    def lines(self, width: int) -> list[str]:
        """Return the body in lines of at most `width` cells."""
        return [*wrapped(self.text, width), *(wrapped(self.look, width) if self.look else [])]


class TourPanel(Widget):
    """A head line, and four lines of text."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"tour--head", "tour--look"}
    SCOPED_CSS = False  # a dialog that has a panel below it stands above the panel
    DEFAULT_CSS = """
    TourPanel {
        height: 5;
        background: $panel;
        color: $text;
        & > .tour--head { color: $text; background: $primary-muted; text-style: bold; }
        & > .tour--look { color: $text-success; }
    }
    ModalScreen > TourPanel { dock: bottom; margin-bottom: 1; }
    ModalScreen.-toured .overlay { max-height: 100%; }
    ModalScreen.-toured .overlay.wide { width: 100%; height: 100%; }
    """

    said: reactive[Said] = reactive(Said())

    def render_line(self, y: int) -> Strip:
        """Return the head, or a line of what is said."""
        base, width = self.rich_style, self.size.width
        if y == 0:
            style = base + self.get_component_rich_style("tour--head")
            room = width - 2 * MARGIN - cell_len(self.said.head)
            roomy = cell_len(self.said.long_keys) + GAP <= room
            keys = self.said.long_keys if roomy else self.said.keys
            words = f" {self.said.head}{' ' * max(room - cell_len(keys), 1)}{keys} "
            return Strip([Segment(words, style)]).adjust_cell_length(width, style)
        lines = self.said.lines(width - 2 * MARGIN)
        text = len(wrapped(self.said.text, width - 2 * MARGIN))
        line = lines[y - 1] if y <= len(lines) else ""
        looks = y > text
        style = base + self.get_component_rich_style("tour--look", partial=True) if looks else base
        return Strip([Segment(f" {line}", style)]).adjust_cell_length(width, base)
