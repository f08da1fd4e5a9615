"""Commands: one record an action, from which bindings, footer, palette and help are made."""

from collections.abc import Iterable
from dataclasses import dataclass

from textual.binding import Binding
from textual.keys import format_key


class CommandRefused(Exception):
    """A command that cannot be done now, or is none, in words for the user."""


@dataclass(frozen=True)
class Command:
    """One thing the user can do."""

    id: str
    """Names the binding, so that keys can be remapped."""
    keys: str
    """As Textual writes them, separated by commas; the first is shown."""
    action: str
    label: str
    help: str
    footer: bool = False
    """Whether the footer shows it."""

    def binding(self) -> Binding:
        """Return the binding of the command's keys to its action."""
        return Binding(
            self.keys, self.action, self.label, show=self.footer, id=self.id, tooltip=self.help
        )


def bindings(commands: Iterable[Command]) -> list[Binding]:
    """Return the bindings of several commands."""
    return [command.binding() for command in commands]


def key_label(keys: str) -> str:
    """Return the keys as a person would write them."""
    words = ("enter", "backspace")
    return " ".join(key if key in words else format_key(key) for key in keys.split(","))
