"""The line of keys at the bottom: what they do now; drawn anew only where that changed."""

from typing import Any, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.dom import DOMNode
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

Key = tuple[str, str, str, bool]
"""What to press, what it does, its action, and whether that can be done now."""


class KeyBar(Widget):
    """One line of keys; a click does what the key does.

    Textual's own footer composes a widget a key, and lays the whole screen out, whenever the
    focus moves: tens of milliseconds, and a screenful of bytes on the wire.
    """

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"key-bar--key", "key-bar--grey"}
    DEFAULT_CSS = """
    KeyBar {
        dock: bottom;
        height: 1;
        color: $footer-foreground;
        background: $footer-background;
        & > .key-bar--key { color: $footer-key-foreground; text-style: bold; }
        & > .key-bar--grey { color: $footer-disabled; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._keys: tuple[Key, ...] = ()
        self._owners: tuple[DOMNode, ...] = ()

    @property
    def keys(self) -> tuple[Key, ...]:
        """Return the keys on show."""
        return self._keys

    def on_mount(self) -> None:
        """Hear of every change of what can be done."""
        self.screen.bindings_updated_signal.subscribe(self, self._refresh_keys)

    def _refresh_keys(self, screen: Screen[Any]) -> None:
        if screen is not self.screen or not self.is_attached:
            return
        keys: dict[str, Key] = {}
        owners: dict[str, DOMNode] = {}
        for owner, binding, enabled, _ in screen.active_bindings.values():
            if binding.show and binding.action not in keys:
                shown = self.app.get_key_display(binding)
                keys[binding.action] = (shown, binding.description, binding.action, enabled)
                owners[binding.action] = owner
        self._owners = tuple(owners.values())
        if (now := tuple(keys.values())) != self._keys:
            self._keys = now
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return the line."""
        base = self.rich_style
        part = self.get_component_rich_style
        bright, grey = base + part("key-bar--key"), base + part("key-bar--grey")
        segments = []
        for key, words, _, enabled in self._keys:
            segments.append(Segment(f" {key} ", bright if enabled else grey))
            segments.append(Segment(f"{words} ", base if enabled else grey))
        return Strip(segments).adjust_cell_length(self.size.width, base)

    async def on_click(self, event: events.Click) -> None:
        """Do what the key under the mouse does."""
        end = 0
        for (key, words, action, enabled), owner in zip(self._keys, self._owners, strict=True):
            end += cell_len(key) + cell_len(words) + 3
            if event.x < end:
                if enabled:
                    await self.app.run_action(action, owner)
                return
