"""Sentences over a pane: what charts show, for those who listen to them."""

from collections.abc import Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from cftui.text import plain
from cftui.tui.shared.dialog import Dialog


class TellScreen(Dialog[None]):
    """Paragraphs of text; any key of leaving closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,T,enter", "dismiss(None)", "Close", id="tell.close")
    ]

    def __init__(self, title: str, told: Iterable[tuple[str, Iterable[str]]]) -> None:
        """Take what is told: a heading, empty for none, and its sentences."""
        super().__init__()
        self._title = title
        self.words = "\n\n".join(
            "\n".join(map(plain, (*filter(None, [heading]), *sentences)))
            for heading, sentences in told
        )

    def compose(self) -> ComposeResult:
        """Lay out the text."""
        with VerticalScroll(classes="overlay") as box:
            box.border_title = plain(self._title)
            box.border_subtitle = "esc closes"
            yield Static(self.words, markup=False)
