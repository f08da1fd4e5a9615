"""One line of the kinds of question that a pane answers, each with its key."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget


class KindBar(Widget):
    """Names of kinds with their keys; a click chooses. Those that cannot be asked are dim."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"kind-bar--active", "kind-bar--dim", "kind-bar--key"}
    DEFAULT_CSS = """
    KindBar {
        height: 1;
        & > .kind-bar--active { text-style: bold; background: $primary-muted; }
        & > .kind-bar--key { color: $text-accent; }
        & > .kind-bar--dim { color: $text-disabled; }
    }
    """

    active: reactive[str] = reactive("")
    dim: reactive[frozenset[str]] = reactive(frozenset())
    """The kinds that cannot be asked now."""

    @dataclass
    class KindChosen(Message):
        """A kind was clicked."""

        kind: str

    def __init__(self, kinds: Sequence[tuple[str, str, str]]) -> None:
        """Show kinds, each as (kind, key, label)."""
        super().__init__()
        self._kinds = tuple(kinds)

    def render_line(self, y: int) -> Strip:
        """Return the line; brackets tell without colour what colour tells."""
        base = self.rich_style
        segments = [Segment(" ", base)]
        for kind, key, label in self._kinds:
            active, dim = kind == self.active, kind in self.dim
            ink = self._ink("dim", base) if dim else self._ink("active", base) if active else base
            before, after = ("[", "]") if active else ("(", ")") if dim else (" ", " ")
            segments += [
                Segment(before, ink),
                Segment(key, ink if dim or active else self._ink("key", ink)),
                Segment(f" {label}{after}", ink),
            ]
        return Strip(segments).adjust_cell_length(self.size.width, base)

    def _ink(self, name: str, base: Style) -> Style:
        # a colour that goes by its ground (auto) is none before it is mixed with that
        return base + self.get_component_rich_style(f"kind-bar--{name}", partial=name != "dim")

    def on_click(self, event: events.Click) -> None:
        """Choose the kind under the mouse."""
        place = 1
        for kind, key, label in self._kinds:
            width = len(key) + len(label) + 3
            if place <= event.x < place + width:
                self.post_message(self.KindChosen(kind))
                return
            place += width
