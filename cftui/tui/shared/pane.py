"""What all panes have in common: commands that are grey while they cannot work, and say why."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.widget import Widget

from cftui.tui.shared.commands import Command

if TYPE_CHECKING:
    from cftui.questions.data import DataSummary
    from cftui.tui.services.ratings import Opening
    from cftui.tui.services.runs import RunService


class Pane(Widget):
    """One of the screen's panes."""

    ABOUT: ClassVar[str] = ""
    """What the help screen says first."""
    COMMANDS: ClassVar[tuple[Command, ...]] = ()
    _grey: tuple[bool, ...] = ()

    def about(self) -> str:
        """Return what the help screen says first."""
        return self.ABOUT

    def commands_now(self) -> list[tuple["Pane", Command]]:
        """Return the commands of what is in view, each with the widget that does it."""
        return [(self, command) for command in self.COMMANDS]

    @classmethod
    def commands_within(cls) -> list[tuple[str, Command]]:
        """Return all commands, each with the action that first brings its view into view."""
        return [("", command) for command in cls.COMMANDS]

    def doer_of(self, command: Command) -> "Pane":
        """Return what does a command: the pane, or its view."""
        return self

    def why_not(self, action: str) -> str | None:
        """Return why an action cannot be done now; none if it can."""
        return None

    def focus_first(self) -> None:
        """Take the focus where one begins."""

    # What the app shows here; each pane takes what it needs

    def show_opening(self, opening: "Opening | None") -> None:
        """Take how far ratings on their way in are."""

    def show_split(self, split: Mapping[str, object]) -> None:
        """Take which ratings the runs to come hold out."""

    def show_data(self, summary: "DataSummary") -> None:
        """Take the ratings that are open."""

    def show_runs(self, desk: "RunService") -> None:
        """Take the runs, and which of them is in view."""

    def show_history(self, desk: "RunService") -> None:
        """Take the curves and epochs of the run in view."""

    def show_starting(self, starting: int) -> None:
        """Take how many runs are on their way."""

    def redraw(self) -> None:
        """Draw the charts anew, as after a change of their marks."""

    def refresh_offer(self) -> None:
        """Have commands turn grey, or back, where that changed: the footer is composed anew."""
        grey = tuple(bool(self.why_not(command.action)) for command in self.COMMANDS)
        if grey != self._grey:
            self._grey = grey
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
            if event.key in command.keys.split(",") and (words := self.why_not(command.action)):
                event.stop()
                self.notify(words, title=command.label, markup=False, timeout=4)
