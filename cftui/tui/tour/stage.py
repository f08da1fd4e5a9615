"""What the stops of the tour can do to the app, and wait for."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from textual.app import App
from textual.css.query import NoMatches
from textual.widget import Widget
from textual.widgets import Static
from textual.worker import Worker

from cftui.tui.workspace import Workspace

LOOK_SECONDS = 0.05
"""Between two looks at what is waited for."""
PATIENCE_SECONDS = 60.0
"""After which what goes on beside, perhaps of the user's own making, is not waited for."""
TELL_SECONDS = 0.5
"""After which what is waited for is worth a word."""
UNENDING = frozenset({"poll", "tour", "chart"})
"""Groups of workers that are no sign of an answer on its way; a run that goes on is drawn anew."""


class StopRefused(Exception):
    """What a stop would do cannot be done now, in words for the user."""


class MovedOn(Exception):
    """The user has gone to another stop, or left."""


@dataclass
class Stage:
    """The app as the tour sees it: commands by their ids, widgets by theirs."""

    app: App[Any]
    perform: Callable[[str], Awaitable[None]]
    """Does a command, its pane brought first; raises CommandRefused."""
    workspace: Callable[[], Workspace]
    moved: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the stop is to be another one."""
    tell: Callable[..., None] = lambda kind, **values: None
    """Says what is being waited for: `kind` names the words in the panel's section of the texts."""
    _before: frozenset[Worker[Any]] = frozenset()
    """What was at work when the stop began, perhaps of the user's own making and without end."""

    def begin(self) -> None:
        """Begin a stop."""
        self._before = frozenset(self.app.workers)

    async def until(self, true: Callable[[], bool], seconds: float = float("inf")) -> bool:
        """Wait for a condition; return whether it held within a time. Raises MovedOn."""
        waited = 0.0
        while not true():
            if waited >= seconds:
                return False
            await self.breathe()
            waited += LOOK_SECONDS
        return True

    async def breathe(self) -> None:
        """Let others work until the next look. Raises MovedOn."""
        if not self.moved.is_set():
            await asyncio.sleep(LOOK_SECONDS)
        if self.moved.is_set():
            raise MovedOn

    async def settle(self, *, also: str = "") -> None:
        """Wait until what was asked is answered and on show, and say so where that takes a while.

        What was at work before the stop began is not waited for, but for the group `also`.
        """
        for _ in range(2):  # what an answer brings may ask again
            await self.breathe()
            if not await self.until(lambda: not self._busy(also), TELL_SECONDS):
                self.tell("working")
                await self.until(lambda: not self._busy(also), PATIENCE_SECONDS)

    def _busy(self, also: str) -> bool:
        return any(
            worker.group not in UNENDING and not worker.is_finished
            for worker in self.app.workers
            if worker.group == also or worker not in self._before
        )

    def shows(self, selector: str, words: str = "") -> bool:
        """Return whether a widget of a pane is to be seen, and has these words if any."""
        try:
            widget = self.app.screen_stack[0].query_one(selector, Widget)
        except NoMatches:
            return False
        seen = widget.region.height > 0 and all(
            getattr(node, "display", True) for node in widget.ancestors_with_self
        )
        said = str(widget.content) if isinstance(widget, Static) else ""
        return seen and words in said

    @property
    def in_dialog(self) -> bool:
        """Return whether a dialog is laid over the panes."""
        return len(self.app.screen_stack) > 1

    async def close_dialogs(self) -> None:
        """Answer whatever a dialog asks with nothing."""
        while self.in_dialog:
            await self.app.screen.dismiss(None)
