"""A table of ratings whose values the arrows change."""

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from cftui.tui.shared.grid import Grid


class ValueGrid(Grid):
    """Left and right change the value under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "turn(-1)", "Lower", show=False, id="you.lower"),
        Binding("right", "turn(1)", "Higher", show=False, id="you.higher"),
    ]

    @dataclass
    class Turned(Message):
        """The user wants the value under the cursor some steps higher."""

        key: str
        steps: int

    def action_turn(self, steps: int) -> None:
        """Ask for another value."""
        if self.cursor_key is not None:
            self.post_message(self.Turned(str(self.cursor_key), steps))
