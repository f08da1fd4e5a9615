"""The line of panes at the top: which there are, and which is in view."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget


class TabBar(Widget):
    """One line of numbered names; a click chooses."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"tab-bar--active", "tab-bar--about"}
    DEFAULT_CSS = """
    TabBar {
        height: 1;
        background: $panel;
        color: $text-muted;
        & > .tab-bar--active { color: $text; background: $primary-muted; text-style: bold; }
        & > .tab-bar--about { color: $text-muted; }
    }
    """

    active: reactive[str] = reactive("")
    about: reactive[str] = reactive("")
    """What stands at the right: the data set and its size."""

    @dataclass
    class PaneChosen(Message):
        """A tab was clicked."""

        pane: str

    def __init__(self, tabs: tuple[tuple[str, str, str], ...]) -> None:
        """Show tabs, each as (pane, key, label)."""
        super().__init__()
        self._tabs = tabs

    def _words(self) -> list[tuple[str, str]]:
        """Return each pane and its words; the active one's mark shows without colour too."""
        return [
            (pane, f"[{key} {label}]" if pane == self.active else f" {key} {label} ")
            for pane, key, label in self._tabs
        ]

    def render_line(self, y: int) -> Strip:
        """Return the line."""
        base = self.rich_style
        active = base + self.get_component_rich_style("tab-bar--active")
        segments = [Segment(" cftui ", base + Style(bold=True))]
        for pane, words in self._words():
            segments.append(Segment(words, active if pane == self.active else base))
        line = Strip(segments)
        room = self.size.width - line.cell_length
        about = next((words for words in _shorter(self.about) if len(words) <= room), "")
        muted = base + self.get_component_rich_style("tab-bar--about")
        gap = Segment(" " * max(room - len(about) - 1, 0), base)
        return Strip([*segments, gap, Segment(f"{about} ", muted)]).adjust_cell_length(
            self.size.width, base
        )

    def on_click(self, event: events.Click) -> None:
        """Choose the tab under the mouse."""
        place = len(" cftui ")
        for pane, words in self._words():
            if place <= event.x < place + len(words):
                self.post_message(self.PaneChosen(pane))
                return
            place += len(words)


def _shorter(about: str) -> Iterator[str]:
    """Yield a data set and its size in ever fewer words: all, its ratings alone, its name."""
    name, _, size = about.partition("  ")
    yield about
    if ", " in size:
        yield f"{name}  {size.rpartition(', ')[2]}"
    yield name
