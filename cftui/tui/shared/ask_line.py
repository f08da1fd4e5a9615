"""A question for a line of text, laid over a pane."""

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Static

from cftui.text import plain
from cftui.tui.shared.dialog import Dialog


class AskText(Dialog[str | None]):
    """Asks for one line; a complaint about it stands until it is changed or entered once more."""

    DEFAULT_CSS = """
    AskText #means { height: auto; color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", id="ask-text.cancel")
    ]

    def __init__(
        self,
        question: str,
        value: str = "",
        *,
        refuse: Callable[[str], str] = lambda text: "",
        doubt: Callable[[str], str] = lambda text: "",
        means: Callable[[str], str] = lambda text: "",
    ) -> None:
        """Ask; `refuse` says why a text will not do, `doubt` what is to be confirmed first.

        `means` says what a text stands for as it is typed.
        """
        super().__init__()
        self._question, self._value = question, value
        self._refuse, self._doubt, self._means = refuse, doubt, means
        self._doubted: str | None = None

    def compose(self) -> ComposeResult:
        """Lay out the question and its field."""
        with Vertical(classes="overlay small") as box:
            box.border_subtitle = "enter takes it, esc cancels"
            yield Static(plain(self._question), markup=False)
            field = Input(self._value, compact=True)
            field.cursor_blink = False
            yield field
            yield Static(plain(self._means(self._value)), id="means", markup=False)
            yield Static("", id="complaint", markup=False)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.query_one("#means", Static).update(plain(self._means(event.value.strip())))

    @on(Input.Submitted)
    def _submit(self, event: Input.Submitted) -> None:
        event.stop()
        text = event.value.strip()
        words = self._refuse(text)
        if not words and text != self._doubted:
            words = self._doubt(text)
            self._doubted = text
        if words:
            self.query_one("#complaint", Static).update(plain(words))
        else:
            self.dismiss(text)
