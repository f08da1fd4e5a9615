"""Goes from stop to stop: has each one done, and says what there is to see."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from textual.app import App
from textual.widgets import Input
from textual.worker import Worker

from cftui.text import plain
from cftui.tui.services.memory import Memory
from cftui.tui.shared.commands import CommandRefused
from cftui.tui.tour.asked import TourChoice
from cftui.tui.tour.panel import Said, TourPanel
from cftui.tui.tour.stage import MovedOn, Stage, StopRefused
from cftui.tui.tour.stops import ACTS, FIRST
from cftui.tui.tour.texts import StopText, load_texts
from cftui.tui.workspace import Workspace


class Tour:
    """The tour of an app: on its way, or left and remembered."""

    def __init__(
        self,
        app: App[Any],
        memory: Memory,
        perform: Callable[[str], Awaitable[None]],
        workspace: Callable[[], Workspace],
    ) -> None:
        """Act by `perform`, which raises CommandRefused, and know what is open by `workspace`."""
        self._app, self._memory = app, memory
        self._stage = Stage(app, perform, workspace, tell=self._tell)
        self._texts = load_texts(memory.state.tour_language)
        self._place: int | None = None
        self._autoplay: float | None = None
        self._said = Said()
        self._worker: Worker[None] | None = None
        self._seen = False
        """Whether the stop is done, as far as it could be, and what to look at is said."""

    @property
    def on(self) -> bool:
        """Return whether the tour is on its way."""
        return self._place is not None

    def takes(self, action: str) -> bool:
        """Return whether a key of the tour is its own now: on its way, and no digit is typed."""
        return self.on and not (action == "tour_digit" and isinstance(self._app.focused, Input))

    @property
    def stop(self) -> str:
        """Return the stop where one is; empty where the tour is not on its way."""
        return "" if self._place is None else self._texts.ids[self._place]

    @property
    def seen(self) -> bool:
        """Return whether it is said what to look at here, or why there is nothing to see."""
        return self._seen

    def begin(self, choice: TourChoice | None = None) -> None:
        """Begin as chosen; where it was left, if nothing is chosen."""
        state = self._memory.state
        choice = choice or TourChoice(state.tour, state.tour_language)
        self._texts, self._autoplay = load_texts(choice.language), choice.autoplay
        self._memory.update(tour_language=self._texts.language)
        self._place = self._texts.place_of(choice.stop)
        self._worker = self._app.run_worker(
            self._travel(self._worker), group="tour", description="The tour", exit_on_error=False
        )

    def go(self, by: int) -> None:
        """Go to a stop after or before; beyond the last one the tour ends."""
        if self._place is None:
            return
        place = max(self._place + by, 0)
        if place >= len(self._texts.ids):
            self.leave()
        else:
            self._place = place
            self._stage.moved.set()

    def leave(self) -> None:
        """Take the panel away; all else stays as it is."""
        self._place = None
        self._stage.moved.set()

    # On the way

    async def _travel(self, former: Worker[None] | None) -> None:
        """Play one stop after another until the tour is left; the former is over by then."""
        if former is not None:
            await asyncio.gather(former.wait(), return_exceptions=True)
        if not self.on:
            return
        await self._app.mount(TourPanel(), before="KeyBar")
        try:
            while self._place is not None:
                self._stage.moved.clear()
                self._memory.update(tour=self.stop)
                await self._play(self._texts.stops[self.stop])
                await self._rest()
        finally:
            await self._take_panels()
        self._farewell()

    async def _play(self, said: StopText) -> None:
        """Do what a stop does, and say so."""
        self._seen = False
        self._show(text=said.text)
        try:
            self._stage.begin()
            await self._stage.close_dialogs()
            for act in (*FIRST, *ACTS[self.stop]):
                self._show(text=said.text)  # what was waited for is there
                await act.on(self._stage)
            look = f"▸ {said.look}"
        except MovedOn:
            return
        except (StopRefused, CommandRefused) as refused:
            look = f"✗ {self._words('refused')} {plain(str(refused))}"
        self._show(text=said.text, look=look)
        self._seen = True

    async def _rest(self) -> None:
        """Stay until the user goes on; by itself after a while where it plays by itself."""
        patience = self._autoplay
        try:
            await asyncio.wait_for(self._stage.moved.wait(), patience)
        except TimeoutError:
            self.go(1)

    def _farewell(self) -> None:
        words = self._words("left")
        self._app.notify(words, title=self._words("tour"), markup=False, timeout=6)

    # The panel

    def _words(self, name: str) -> str:
        return self._texts.panel[name]

    def _tell(self, kind: str, **values: object) -> None:
        self._show(text=self._said.text, look=f"… {self._words(kind).format(**values)}")

    def _show(self, *, text: str, look: str = "") -> None:
        if self._place is None:
            return
        head = (
            f"{self._words('tour')} {self._place + 1}/{len(self._texts.ids)}"
            f"  {self._texts.stops[self.stop].title}"
        )
        self._said = Said(head, self._words("keys"), self._words("long_keys"), text, look)
        self._put()

    def _put(self) -> None:
        """Show what is said on every screen, a dialog's as well where the tour opened it."""
        for screen in self._app.screen_stack:
            if screen.is_mounted and not screen.query(TourPanel):
                screen.add_class("-toured")
                screen.mount(TourPanel())
            for panel in screen.query(TourPanel):
                panel.said = self._said

    async def _take_panels(self) -> None:
        for screen in self._app.screen_stack:
            screen.remove_class("-toured")
            await screen.query(TourPanel).remove()
