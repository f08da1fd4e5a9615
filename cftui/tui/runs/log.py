"""A run's log and note, laid over a pane; of a live run the log goes on."""

import asyncio
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from cftui.runs.directory import Run
from cftui.runs.row import RunRow
from cftui.text import plain
from cftui.tui.services.runs import path_of
from cftui.tui.shared.dialog import Dialog

LINES, BYTES = 2_000, 256 << 10
"""Of a long log, the end."""
SECONDS = 1.0


class LogScreen(Dialog[None]):
    """What the trainer wrote, its end in view."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,L", "dismiss(None)", "Close", id="log.close")
    ]

    def __init__(self, row: RunRow) -> None:
        super().__init__()
        self._row = row
        self._text = ""

    def compose(self) -> ComposeResult:
        """Lay out the note and the log."""
        with Vertical(classes="overlay wide") as box:
            box.border_title = plain(f"Log of {self._row.label}")
            box.border_subtitle = "esc closes"
            if self._row.notes:
                yield Static(plain(f"Note: {self._row.notes}"), id="note", markup=False)
            with VerticalScroll(id="log"):
                yield Static("Reading …", id="log-text", markup=False)

    def on_mount(self) -> None:
        """Read it now, and while the run is live again and again."""
        self.run_worker(self._follow(), exclusive=True)

    async def _follow(self) -> None:
        run, scroll = Run(path_of(self._row.id)), self.query_one("#log", VerticalScroll)
        scroll.focus()
        while True:
            text = await asyncio.to_thread(run.log_end, LINES, BYTES)
            if text != self._text or not text:
                at_end = not self._text or scroll.is_vertical_scroll_end
                self._text = text
                lines = (plain(line) for line in text.splitlines())
                words = "\n".join(lines) or "Nothing is written in its log"
                self.query_one("#log-text", Static).update(words)
                if at_end:
                    scroll.scroll_end(animate=False)
            if not self._row.alive:
                return
            await asyncio.sleep(SECONDS)
