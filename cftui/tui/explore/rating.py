"""A screen laid over a newcomer's list: a value for a title."""

from dataclasses import dataclass
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Static

from cftui.text import plain
from cftui.tui.shared.dialog import Dialog

LINE = 24
"""Cells of the scale."""


@dataclass(frozen=True)
class Scale:
    """The values that can be given."""

    low: float
    high: float
    step: float | None
    """None where values have no common step."""

    def moved(self, value: float, steps: int) -> float:
        """Return the value some steps on, on the grid of steps and within the scale."""
        step = self.step or (self.high - self.low) / 20 or 1.0
        # from the value below or above, where it lies between two
        place = (value - self.low) / step
        place = (place // 1 if steps > 0 else -(-place // 1)) + steps
        return min(max(self.low + step * place, self.low), self.high)

    def nearest(self, value: float) -> float:
        """Return the value on the grid of steps that is nearest."""
        if self.step is None:
            return min(max(value, self.low), self.high)
        place = round((value - self.low) / self.step)
        return min(max(self.low + self.step * place, self.low), self.high)

    def drawn(self, value: float) -> str:
        """Return the scale as a line with a mark at the value."""
        span = self.high - self.low
        place = round((value - self.low) / span * (LINE - 1)) if span > 0 else 0
        line = "".join("●" if cell == place else "─" for cell in range(LINE))
        return f"{self.low:g} {line} {self.high:g}"


class RateScreen(Dialog[float | None]):
    """Asks for a value: typed, or moved by the arrows in the data's steps."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", id="rate.cancel"),
        Binding("tab", "give_and_go_on", "Next", id="rate.next", priority=True),
    ]

    def __init__(
        self,
        title: str,
        value: float,
        scale: Scale,
        *,
        head: str = "Your rating",
        next_title: str = "",
    ) -> None:
        """Ask for a title's value; `next_title`: what tab goes on to, if anything."""
        super().__init__()
        self._title, self._scale, self._value, self._head = title, scale, value, head
        self._next = next_title
        self.goes_on = False
        """Whether the next title is to be asked for."""

    def compose(self) -> ComposeResult:
        """Lay out the title, the scale and the field."""
        with Vertical(classes="overlay small") as box:
            box.border_title = self._head
            box.border_subtitle = "type or ← →, enter gives it, esc cancels"
            yield Static(plain(self._title), markup=False)
            yield Static(self._scale.drawn(self._value), id="scale", markup=False)
            field = Input(
                f"{self._value:g}", compact=True, restrict=r"[0-9.\-]*", select_on_focus=True
            )
            field.cursor_blink = False
            yield field
            if self._next:
                words = plain(f"tab gives it, and goes on to {self._next}")
                yield Static(words, classes="dim", markup=False)
            yield Static("", id="complaint", markup=False)

    def on_key(self, event: events.Key) -> None:
        """Move along the scale."""
        moves = {"left": -1, "right": 1, "down": -1, "up": 1}
        if event.key in moves:
            event.stop()
            event.prevent_default()
            self._move(moves[event.key])

    def _move(self, steps: int) -> None:
        self._value = self._scale.moved(self._value, steps)
        field = self.query_one(Input)
        field.value = f"{self._value:g}"
        field.select_all()

    @on(Input.Changed)
    def _changed(self, message: Input.Changed) -> None:
        message.stop()
        value = _number(message.value)
        if value is not None:
            self._value = value
            self.query_one("#scale", Static).update(self._scale.drawn(value))
        self.query_one("#complaint", Static).update("")

    @on(Input.Submitted)
    def _submit(self, message: Input.Submitted) -> None:
        message.stop()
        self._give()

    def action_give_and_go_on(self) -> None:
        """Give the value, and ask for that of the next title."""
        self.goes_on = bool(self._next)
        self._give()

    def _give(self) -> None:
        value = _number(self.query_one(Input).value)
        if value is not None and self._scale.low <= value <= self._scale.high:
            self.dismiss(value)
        else:
            words = f"a number from {self._scale.low:g} to {self._scale.high:g}"
            self.query_one("#complaint", Static).update(words)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
