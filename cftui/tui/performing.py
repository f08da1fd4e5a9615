"""Every command by its id: found, offered in the palette, performed wherever its pane is."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from textual.app import App, SystemCommand
from textual.widget import Widget

from cftui.tui.pane_stack import PaneStack
from cftui.tui.panes import PANES, PaneEntry
from cftui.tui.shared.commanded import Commanded
from cftui.tui.shared.commands import Command, CommandRefused, key_label
from cftui.tui.shared.grid import Grid
from cftui.tui.shared.palette import ELSEWHERE
from cftui.tui.shared.table_commands import TABLE_COMMANDS


@dataclass(frozen=True)
class PlacedCommand:
    """A command and where it belongs."""

    command: Command
    entry: PaneEntry | None = None
    """Its pane; none for a command of the app."""
    view: str = ""
    """Its view within the pane, if it belongs to one."""
    of_tables: bool = False
    """Whether it is one of whichever table has the focus."""

    def title(self, *, here: bool) -> str:
        """Return what the palette says: with the way there, where it is not `here`."""
        words = f"{self.command.label}: {self.command.help}"
        way = [] if here or self.entry is None else [self.entry.title, self.view.capitalize()]
        return ELSEWHERE.join([*filter(None, way), words])

    def key(self, keymap: Mapping[str, str], *, here: bool) -> str:
        """Return what to press for it, where `keymap` has keys of the user's own by ids."""
        keys = key_label(keymap.get(self.command.id, self.command.keys))
        if here or self.entry is None:
            return f"key {keys}"
        pane = self.entry.command
        return f"key {key_label(keymap.get(pane.id, pane.keys))}, then {keys}"


def placed_commands(anywhere: Sequence[Command]) -> list[PlacedCommand]:
    """Return all commands: those of the app, of the panes in their order, of any table."""
    return [
        *(PlacedCommand(command) for command in anywhere),
        *(
            PlacedCommand(command, entry, view)
            for entry in PANES
            for view, command in entry.load().all_commands()
        ),
        *(PlacedCommand(command, of_tables=True) for command in TABLE_COMMANDS),
    ]


class Performer:
    """Performs the commands of an app and of its panes."""

    def __init__(
        self,
        app: App[None],
        stack: PaneStack,
        anywhere: Sequence[Command],
        keymap: Mapping[str, str],
    ) -> None:
        """Know the commands of the app, `anywhere`, beside those of the panes.

        `keymap`: keys of the user's own, by ids.
        """
        self._app, self._stack, self._keymap = app, stack, keymap
        self._anywhere = tuple(anywhere)

    async def perform(self, command_id: str) -> None:
        """Do what a command does, its pane and view brought first; raises CommandRefused."""
        every = placed_commands(self._anywhere)
        placed = next((placed for placed in every if placed.command.id == command_id), None)
        if placed is None:
            raise CommandRefused(f"There is no command {command_id}")
        await self._perform(placed)

    async def _perform(self, placed: PlacedCommand) -> None:
        doer = await self._bring(placed)
        action = placed.command.action
        words = doer.why_not(action) if isinstance(doer, Commanded) else None
        if words:
            raise CommandRefused(words)
        await self._app.run_action(action, doer)

    async def _bring(self, placed: PlacedCommand) -> Widget | App[None]:
        """Bring what does a command into view, and return it."""
        if placed.of_tables:
            return self._focused_table()
        if placed.entry is None:
            return self._app
        pane = await self._stack.bring(placed.entry.id)
        if not placed.view:
            return pane
        words = pane.why_not(placed.view)
        if words:
            raise CommandRefused(words)
        return await pane.bring_view(placed.view)

    def _focused_table(self) -> Widget:
        found = self._app.screen.focused
        if not isinstance(found, Grid):
            raise CommandRefused("Go to a table first (tab)")
        return found

    def offers(self) -> Iterator[SystemCommand]:
        """Yield all commands for the palette: what can be done here first."""
        every, keymap = placed_commands(self._anywhere), self._keymap
        here = [placed for placed in every if self._is_here(placed)]
        for placed in here:
            title, key = placed.title(here=True), placed.key(keymap, here=True)
            yield SystemCommand(title, key, self._runner(placed))
        for placed in every:
            if placed not in here:
                title, key = placed.title(here=False), placed.key(keymap, here=False)
                yield SystemCommand(title, key, self._runner(placed), discover=False)

    def _is_here(self, placed: PlacedCommand) -> bool:
        pane = self._stack.in_view
        if placed.of_tables:
            return isinstance(self._app.screen.focused, Grid)
        if placed.entry is None:
            return True
        return (
            pane is not None and pane.id == placed.entry.id and placed.view in ("", pane.view_name)
        )

    def _runner(self, placed: PlacedCommand) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            try:
                await self._perform(placed)
            except CommandRefused as refused:
                label = placed.command.label
                self._app.notify(str(refused), title=label, markup=False, timeout=4)

        return run
