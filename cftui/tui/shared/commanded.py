"""A widget with commands of its own."""

from typing import ClassVar

from textual import events
from textual.widget import Widget

from cftui.tui.shared.commands import Command


class Commanded(Widget):
    """Greys the commands that cannot be done now, and says why where one is tried."""

    ABOUT: ClassVar[str] = ""
    """What the help screen says first."""
    COMMANDS: ClassVar[tuple[Command, ...]] = ()
    _offered: tuple[tuple[bool, bool], ...] = ()
    """Of each command: whether it is grey, and whether what it turns on is on."""

    def why_not(self, action: str) -> str | None:
        """Return why an action cannot be done now; none if it can."""
        return None

    def is_on(self, action: str) -> bool:
        """Return whether what an action turns on is on now: a view, a scale, a zoom."""
        return False

    def focus_first(self) -> None:
        """Take the focus where one begins."""

    def refresh_offer(self) -> None:
        """Have commands turn grey or on, or back, where that changed: the footer shows it."""
        offered = tuple(
            (bool(self.why_not(command.action)), self.is_on(command.action))
            for command in self.COMMANDS
        )
        if offered != self._offered:
            self._offered = offered
            self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey what cannot be done now."""
        return None if self.why_not(action) else True

    def on_key(self, event: events.Key) -> None:
        """Say why a grey command's key does nothing; one that the focus has a use for does that."""
        active = self.screen.active_bindings.get(event.key)
        if event.key == "escape" or (active is not None and active.node is not self):
            return  # escape is pressed to be sure
        for command in self.COMMANDS:
            meant = active is not None and active.binding.id == command.id
            if not meant and (active is not None or event.key not in command.keys.split(",")):
                continue
            if words := self.why_not(command.action):
                event.stop()
                self.notify(words, title=command.label, markup=False, timeout=4)
