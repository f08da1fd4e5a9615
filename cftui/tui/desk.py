"""The runs as the screen knows them: the list, the one in view, and the trainers started here."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cftui.config import ConfigError, make_config
from cftui.paths import runs_folder
from cftui.runs.control import WishKind, send
from cftui.runs.directory import Run, new_id
from cftui.runs.events import EventTail
from cftui.runs.history import History
from cftui.runs.index import RunRow, RunsIndex
from cftui.runs.launch import Launched, launch, launch_resume

LIST_SECONDS = 1.0
STARTUP_SECONDS = 60.0
"""How long a trainer may take to read the ratings and make its directory."""
CHUNK_BYTES = 200_000
"""Of events, read and shown at a time, so that a week's run does not hold the keys up."""


class DeskError(Exception):
    """A trainer that did not start, or a wish that could not be sent, in words for the user."""


class RunDesk:
    """Looks at run directories off the event loop, and starts trainers that outlive the screen."""

    def __init__(self, chosen: str) -> None:
        self.rows: tuple[RunRow, ...] = ()
        self.fingerprint: str | None = None
        """Of the ratings that are open; runs on others are not shown."""
        self.chosen = chosen
        """The id of the run in view; where it is gone, the newest is."""
        self.history = History()
        self._watched = ""
        self._tail: EventTail | None = None
        self._index = RunsIndex()
        self._listed_at = float("-inf")
        self._launched: list[Launched] = []

    @property
    def own_rows(self) -> tuple[RunRow, ...]:
        """Return the runs on the ratings that are open, newest first."""
        if self.fingerprint is None:
            return ()
        return tuple(row for row in self.rows if row.fingerprint in ("", self.fingerprint))

    @property
    def row(self) -> RunRow | None:
        """Return the run in view."""
        rows = self.own_rows
        return next((row for row in rows if row.id == self.chosen), rows[0] if rows else None)

    @property
    def answering(self) -> RunRow | None:
        """Return the run that questions go to: the one in view, else the newest with weights."""
        row = self.row
        if row is not None and row.has_weights:
            return row
        return next((row for row in self.own_rows if row.has_weights), None)

    @property
    def live(self) -> list[RunRow]:
        """Return the runs that go on without the screen."""
        return [row for row in self.rows if row.alive]

    def choose(self, run_id: str) -> None:
        """Look at another run, whose story is then read from its beginning."""
        if run_id != self.chosen or self.row is None:
            self.chosen = run_id
            self._tail, self.history = None, History()

    def base_rate(self, run_id: str) -> float:
        """Return the learning rate that the schedule of a run scales, wishes counted."""
        wished = [
            control.value
            for control in self.history.controls
            if run_id == self._watched
            and control.wish == "learning-rate"
            and control.outcome == "obeyed"
            and control.value
        ]
        return wished[-1] if wished else Run(path_of(run_id)).config().optimizer.learning_rate

    def list_soon(self) -> None:
        """Have the next look read the list, whenever it was read last."""
        self._listed_at = float("-inf")

    async def look(self, runs_changed: Callable[[], None], news: Callable[[], None]) -> None:
        """Read what is new: the list once a second, the events of the run in view each time."""
        if time.monotonic() - self._listed_at >= LIST_SECONDS:
            rows = await asyncio.to_thread(self._index.refresh)
            self._listed_at = time.monotonic()
            self._launched = [started for started in self._launched if not started.ended()]
            if rows != self.rows:
                self.rows = rows
                runs_changed()
        await self._read_events(news)

    async def _read_events(self, news: Callable[[], None]) -> None:
        row = self.row
        if row is None:
            return
        if self._tail is None or self._watched != row.id:
            self._watched, self.history = row.id, History()
            self._tail = EventTail(path_of(row.id) / "events.jsonl")
            news()
        tail = self._tail
        while events := await asyncio.to_thread(tail.read, CHUNK_BYTES):
            if self._tail is not tail:
                return
            self.history.feed(events)
            news()

    async def start(self, settings: dict[str, dict[str, Any]]) -> str:
        """Start a trainer and wait for its directory; return the run's id. Raises DeskError."""
        try:
            config = make_config(settings)
            started = await asyncio.to_thread(launch, config, new_id(config))
        except (ConfigError, OSError) as error:
            raise DeskError(str(error)) from error
        self._launched.append(started)
        await self._wait(started, started.run.path.is_dir, started.last_words)
        return started.run.id

    async def resume(self, run_id: str) -> None:
        """Start a trainer that goes on with a run, and wait until it lives. Raises DeskError."""
        run = Run(path_of(run_id))
        try:
            started = await asyncio.to_thread(launch_resume, run)
        except OSError as error:
            raise DeskError(str(error)) from error
        self._launched.append(started)
        await self._wait(started, lambda: run.status().alive, lambda: run.log_end(1))

    async def _wait(
        self, started: Launched, there: Callable[[], bool], last_words: Callable[[], str]
    ) -> None:
        deadline = time.monotonic() + STARTUP_SECONDS
        while not await asyncio.to_thread(there):
            if started.ended() or time.monotonic() > deadline:
                words = await asyncio.to_thread(last_words)
                raise DeskError(words.removeprefix("cftui: ") or "the trainer did not start")
            await asyncio.sleep(0.05)
        self.list_soon()

    async def wish(self, run_id: str, kind: WishKind, value: float | None) -> None:
        """Send a wish to a live run. Raises DeskError."""
        try:
            await asyncio.to_thread(send, path_of(run_id), kind, value)
        except OSError as error:
            raise DeskError(f"the wish could not be written: {error}") from error
        self.list_soon()


def path_of(run_id: str) -> Path:
    """Return the directory of a run."""
    return runs_folder() / run_id
