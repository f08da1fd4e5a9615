"""The panes opened so far, one of them in view; each is shown the workspace."""

import asyncio

from textual.reactive import reactive
from textual.widgets import ContentSwitcher

from cftui.tui.panes import PaneEntry, entry_of
from cftui.tui.services.services import Services
from cftui.tui.shared.pane import Pane
from cftui.tui.workspace import Workspace


class PaneStack(ContentSwitcher):
    """Composes a pane on its first visit, and keeps it."""

    DEFAULT_CSS = "PaneStack { height: 1fr; }"

    workspace: reactive[Workspace] = reactive(Workspace, repaint=False, init=False)

    def __init__(self, services: Services) -> None:
        super().__init__(id="body")
        self.services = services
        self._panes: dict[str, Pane] = {}
        self._mounting: dict[str, asyncio.Future[None]] = {}
        remembered = (services.memory.state.settings or {}).get("split", {})
        self.set_reactive(PaneStack.workspace, Workspace(split=remembered))

    @property
    def in_view(self) -> Pane | None:
        """The pane in view; none before the first was brought."""
        return self._panes.get(self.current or "")

    def watch_workspace(self, workspace: Workspace) -> None:
        """Show it to every pane."""
        for pane in self._panes.values():
            pane.show(workspace)

    def show_history(self) -> None:
        """Have the pane in view show what runs have come to; another does when it is brought."""
        if self.in_view is not None:
            self.in_view.show_history()

    def redraw(self) -> None:
        """Have all charts drawn anew, as after a change of their marks."""
        for pane in self._panes.values():
            pane.redraw()

    async def bring(self, pane_id: str) -> Pane:
        """Bring a pane into view, with the focus in it, and return it."""
        entry = entry_of(pane_id)
        if entry.id not in self._panes:  # modules a pane needs are many: 0.1 s, or more
            await asyncio.to_thread(entry.load)
        with self.app.batch_update():  # one layout, though a pane comes with many widgets
            pane = await self._made(entry)
            self.current = entry.id
            pane.show(self.workspace)
            pane.show_history()
            focused = self.app.focused
            if focused is None or pane not in focused.ancestors:
                pane.focus_first()
        return pane

    async def _made(self, entry: PaneEntry) -> Pane:
        """Return a pane that is composed, whoever wanted it first and whether they still do.

        The tour and a key may want one at the same time.
        """
        if entry.id not in self._panes:
            pane = self._panes[entry.id] = entry.make(self.services)
            pane.show(self.workspace)  # before it is composed, and in `bring` once it is there
            self._mounting[entry.id] = asyncio.ensure_future(self.mount(pane))
        await asyncio.shield(self._mounting[entry.id])
        return self._panes[entry.id]
