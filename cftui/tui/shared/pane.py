"""What every pane is to the app."""

from cftui.tui.services.services import Services
from cftui.tui.shared.commanded import Commanded
from cftui.tui.shared.commands import Command
from cftui.tui.workspace import Workspace


class Pane(Commanded):
    """One of the screen's panes."""

    DEFAULT_CSS = "Pane { height: 1fr; }"

    def __init__(self, services: Services) -> None:
        super().__init__()
        self.services = services
        self.workspace = Workspace()
        """What the pane was shown last."""
        self._taken = Workspace()

    def show(self, workspace: Workspace) -> None:
        """Take the workspace as it is; what came before there was anything to show it on counts."""
        self.workspace = workspace
        if self.is_mounted and workspace is not self._taken:
            before, self._taken = self._taken, workspace
            self.show_changes(before)

    def show_changes(self, before: Workspace) -> None:
        """Show what differs between `self.workspace` and the one before; called often."""

    def show_history(self) -> None:
        """Show the curves and epochs of the run in view; called of the pane in view alone."""

    def redraw(self) -> None:
        """Draw the charts anew, as after a change of their marks."""

    def focus_first(self) -> None:
        """Take the focus: the first widget that can have it, else the pane, for its keys' sake."""
        first = next((widget for widget in self.query("*") if widget.focusable), None)
        if first is None:
            self.can_focus = True
        (first or self).focus()

    # Views, where a pane has several

    @property
    def view_name(self) -> str:
        """The view on show; empty where there are no views."""
        return ""

    async def bring_view(self, name: str) -> Commanded:
        """Bring a view into view and return what does its commands."""
        return self

    @classmethod
    def all_commands(cls) -> list[tuple[str, Command]]:
        """Return the commands of every view and of the pane, each with its view's name or none."""
        return [("", command) for command in cls.COMMANDS]

    def commands_now(self) -> list[Command]:
        """Return the commands of the view on show and of the pane."""
        here = ("", self.view_name)
        return [command for view, command in self.all_commands() if view in here]

    def about(self) -> str:
        """Return what the help screen says first."""
        return self.ABOUT
