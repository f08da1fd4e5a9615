"""Jump mode: a letter on everything that can have the focus; pressing it goes there."""

from textual import events
from textual.app import ComposeResult
from textual.geometry import Offset
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Static

LETTERS = "asdfghjklqwertyuiopzxcvbnm1234567890"
"""In the order in which they are given out: those under the fingers first."""


class LetterScreen(ModalScreen[Widget | None]):
    """Letters over the screen below, each where something begins that can have the focus."""

    DEFAULT_CSS = """
    LetterScreen {
        background: transparent;
        & .jump {
            position: absolute;
            width: auto;
            height: 1;
            padding: 0 1;
            background: $accent;
            color: $text;
            text-style: bold;
        }
    }
    """

    def __init__(self, below: Screen[object]) -> None:
        """Offer what can have the focus on the screen below, from its top left corner on."""
        super().__init__()
        seen = [widget for widget in below.focus_chain if widget.region.area]
        seen.sort(key=lambda widget: (widget.region.y, widget.region.x))
        self._targets = dict(zip(LETTERS, seen, strict=False))

    def compose(self) -> ComposeResult:
        """Lay the letters out."""
        for letter, target in self._targets.items():
            mark = Static(letter, classes="jump", markup=False)
            mark.styles.offset = Offset(target.region.x, target.region.y)
            yield mark

    def on_key(self, event: events.Key) -> None:
        """Go where a letter is; any other key goes nowhere."""
        event.stop()
        event.prevent_default()
        self.dismiss(self._targets.get(event.character or ""))

    def on_click(self) -> None:
        """Go nowhere."""
        self.dismiss(None)
