"""Opens the ratings that panes ask for, while those that are open stay so."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from textual.worker import Worker

from cftui.text import plain
from cftui.tui.pane_stack import PaneStack
from cftui.tui.run_controller import RunController
from cftui.tui.services.ratings import Opening
from cftui.tui.shared.messages import ChooseData

CHECK_SECONDS = 60.0
"""After which ratings that were opened are looked through for damage, once a store."""


class RatingsController:
    """Between the panes and the service that opens ratings."""

    def __init__(self, stack: PaneStack, runs: RunController) -> None:
        """Show what comes of it in the panes of `stack`; other ratings have other runs."""
        self._stack, self._runs = stack, runs
        self._memory, self._ratings = stack.services.memory, stack.services.ratings

    def open(self, wanted: ChooseData) -> None:
        """Open other ratings; those that are open stay so until then."""
        self._work(partial(self._open, wanted), "Opening the ratings")

    def ask_columns(self) -> None:
        """Show the form for the columns of the ratings that are open."""
        self._work(self._ask_columns, "Looking at the file")

    def cancel(self) -> None:
        """Give up the ratings that are on their way."""
        self._stack.workers.cancel_group(self._stack, "data")
        self._show_opening(None)

    def choose_split(self, split: Mapping[str, object]) -> None:
        """Hold out other ratings in the runs to come."""
        settings = {**(self._memory.state.settings or {}), "split": dict(split)}
        self._memory.update(settings=settings)
        self._stack.workspace = replace(self._stack.workspace, split=split)

    def _work(
        self, work: Callable[[], Coroutine[Any, Any, None]], words: str, group: str = "data"
    ) -> Worker[None]:
        return self._stack.run_worker(
            work, exclusive=True, group=group, description=words, exit_on_error=False
        )

    async def _open(self, wanted: ChooseData) -> None:
        ratings = self._ratings
        opened = await ratings.open(
            wanted.source, wanted.mapping, self._show_opening, fetch=wanted.fetch
        )
        if not opened:
            await self._show_trouble()
            return
        before = self._stack.workspace
        if before.ratings not in (None, ratings.summary):
            self._tell_split()
        runs = self._stack.services.runs
        runs.ratings_opened(ratings.fingerprint)
        opened_now = replace(
            before, ratings=ratings.summary, data_settings=ratings.settings(), opening=None
        )
        self._stack.workspace = opened_now.with_runs(runs)
        self._stack.show_history()
        self._runs.poll()
        # In a while: whoever has just begun has keys to press.
        self._stack.set_timer(CHECK_SECONDS, self._check_store)

    def _check_store(self) -> None:
        self._work(self._tell_of_rot, "Looking through the ratings", "check")

    async def _tell_of_rot(self) -> None:
        """Say where the disk has changed what was stored."""
        source, damage = self._ratings.source, await self._ratings.check_store()
        if damage:
            self._stack.notify(
                plain(f"{damage}. They are read from {source} again when they are opened next."),
                markup=False,
                title="The disk has damaged these ratings",
                severity="warning",
                timeout=30,
            )

    async def _ask_columns(self) -> None:
        self._show_opening(await self._ratings.ask_columns())

    def _tell_split(self) -> None:
        """Say that a split chosen for other ratings goes on, where it is not the usual one."""
        kind = self._stack.workspace.split.get("kind", "random")
        if kind != "random":
            words = f"Held out as before: {kind}; t in Data (1) changes it"
            self._stack.notify(plain(words), markup=False, timeout=8)

    def _show_opening(self, opening: Opening | None) -> None:
        self._stack.workspace = replace(self._stack.workspace, opening=opening)

    async def _show_trouble(self) -> None:
        """Say why ratings do not open; where none are open, go to where others are chosen."""
        workspace = self._stack.workspace
        if workspace.opening is None:
            return
        if workspace.ratings is None:
            await self._stack.bring("data")
        elif self._stack.current != "data":
            self._stack.notify(
                plain(workspace.opening.failure),
                markup=False,
                title="These ratings cannot be read",
                severity="error",
                timeout=30,
            )
