"""The line of keys at the bottom: what they do now; drawn anew only where that changed."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.binding import ActiveBinding
from textual.dom import DOMNode
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from cftui.tui.shared.commanded import Commanded

ALWAYS = ("app.quit", "app.palette", "app.help")
"""What stands at the right end, whatever the width."""


@dataclass(frozen=True)
class Key:
    """A key that can be pressed here."""

    shown: str
    words: str
    action: str
    enabled: bool
    """Whether it can be done now."""
    on: bool = False
    """Whether what it turns on is on."""

    @property
    def width(self) -> int:
        """Return the cells that it takes."""
        return cell_len(self.shown) + cell_len(self.words) + 3


class KeyBar(Widget):
    """One line of keys; a click does what the key does.

    As many as there is room for: those that a pane holds for the most wanted first, then its
    others. Textual's own footer composes a widget a key, and lays the whole screen out, whenever
    the focus moves: tens of milliseconds, and a screenful of bytes on the wire.
    """

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *("key-bar--key", "key-bar--grey", "key-bar--on"),
    }
    DEFAULT_CSS = """
    KeyBar {
        dock: bottom;
        height: 1;
        color: $footer-foreground;
        background: $footer-background;
        & > .key-bar--key { color: $footer-key-foreground; text-style: bold; }
        & > .key-bar--on { text-style: reverse; }
        & > .key-bar--grey { color: $footer-disabled; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._keys: tuple[Key, ...] = ()
        self._first = 0
        """So many of them are those wanted most."""
        self._end: tuple[Key, ...] = ()
        self._owners: dict[str, DOMNode] = {}

    @property
    def keys(self) -> tuple[Key, ...]:
        """Return the keys on show."""
        return tuple(key for key, _ in self._placed())

    def on_mount(self) -> None:
        """Hear of every change of what can be done."""
        self.screen.bindings_updated_signal.subscribe(self, self._refresh_keys)

    def _refresh_keys(self, screen: Screen[Any]) -> None:
        if screen is not self.screen or not self.is_attached:
            return
        first: dict[str, Key] = {}
        more: dict[str, Key] = {}
        end: dict[str, Key] = {}
        owners: dict[str, DOMNode] = {}
        for active in _in_order(screen.active_bindings.values()):
            binding = active.binding
            if binding.id in ALWAYS:
                group = end
            elif binding.show:
                group = first
            elif isinstance(active.node, Commanded) and binding.description:
                group = more
            else:
                continue
            if binding.action not in owners:
                group[str(binding.id) if group is end else binding.action] = self._key(active)
                owners[binding.action] = active.node
        now = (*first.values(), *more.values())
        ending = tuple(end[name] for name in ALWAYS if name in end)
        self._owners = owners
        if (now, len(first), ending) != (self._keys, self._first, self._end):
            self._keys, self._first, self._end = now, len(first), ending
            self.refresh()

    def _key(self, active: ActiveBinding) -> Key:
        node, binding, enabled, _ = active
        on = isinstance(node, Commanded) and node.is_on(binding.action)
        shown = self.app.get_key_display(binding)
        return Key(shown, binding.description, binding.action, enabled, on)

    def _placed(self) -> list[tuple[Key, int]]:
        """Return the keys that there is room for, each with the cell that it begins at."""
        end = self.size.width - sum(key.width for key in self._end)
        found, place = [], 0
        for key in self._keys:
            if place + key.width <= end:
                found.append((key, place))
                place += key.width
        place = max(end, place)
        for key in self._end:
            found.append((key, place))
            place += key.width
        return found

    def render_line(self, y: int) -> Strip:
        """Return the line."""
        base = self.rich_style
        part = self.get_component_rich_style
        bright, grey = base + part("key-bar--key"), base + part("key-bar--grey")
        on = base + part("key-bar--on")
        segments, end = [], 0
        for key, place in self._placed():
            segments.append(Segment(" " * (place - end), base))
            segments.append(Segment(f" {key.shown} ", bright if key.enabled else grey))
            segments.append(Segment(key.words, on if key.on else base if key.enabled else grey))
            segments.append(Segment(" ", base))
            end = place + key.width
        return Strip(segments).adjust_cell_length(self.size.width, base)

    async def on_click(self, event: events.Click) -> None:
        """Do what the key under the mouse does."""
        for key, place in self._placed():
            if place <= event.x < place + key.width:
                if key.enabled:
                    await self.app.run_action(key.action, self._owners[key.action])
                return


def _in_order(bindings: Iterable[ActiveBinding]) -> list[ActiveBinding]:
    """Return bindings as their owners tell their commands, whichever keys these have by now."""
    nodes: dict[DOMNode, int] = {}

    def place(active: ActiveBinding) -> tuple[int, int]:
        node = active.node
        commands = [one.id for one in node.COMMANDS] if isinstance(node, Commanded) else []
        known = active.binding.id in commands
        own = commands.index(str(active.binding.id)) if known else len(commands)
        return nodes.setdefault(node, len(nodes)), own

    return sorted(bindings, key=place)
