"""What is near the movie at the map's middle, in all dimensions: asked for once it rests there."""

import asyncio
from collections.abc import Sequence

from rich.text import Text
from textual import work

from cftui.questions.likes import AlikeItem, AlikeItems
from cftui.questions.question import Ask
from cftui.questions.trained import Neighbour, Similar
from cftui.text import plain
from cftui.tui.explore.item_columns import title_columns
from cftui.tui.services.child import ChildError
from cftui.tui.shared.asking import Asker
from cftui.tui.shared.grid import Column, Grid

COLUMNS = (
    Column("near", 5, align="right", key=lambda row: f"{row.score:.2f}"),
    *title_columns(),
)
N = 50
REST_SECONDS = 0.12
"""Of the cursor on a movie before its neighbours are asked for."""


class NearbyGrid(Grid):
    """The neighbours of an item, by a run's factors or by tastes."""

    def __init__(self, ask: Ask) -> None:
        """Ask by `ask`."""
        super().__init__(COLUMNS, id="near", classes="items")
        self._ask = Asker(ask, self._none)
        self._asked: tuple[object, ...] = ()

    def look_at(self, store: str, item: str | None, run: str, step: int | None, floor: int) -> None:
        """Show what is near an item among those with `floor` ratings; `run` empty for tastes."""
        asked = (store, item, run, step, floor)
        if asked != self._asked:
            self._asked = asked
            if item is None:
                self.set_rows(())
            else:
                self._look(store, item, run, floor)

    @work(exclusive=True, group="near", exit_on_error=False, description="Asking what is near")
    async def _look(self, store: str, item: str, run: str, floor: int) -> None:
        await asyncio.sleep(REST_SECONDS)
        rows: Sequence[Neighbour | AlikeItem] | None = None
        if run:
            near = await self._ask(Similar(run, item, "cosine", N, floor), "map near")
            rows = None if near is None else near.neighbours
        else:
            alike = await self._ask(AlikeItems(store, item, N, floor), "map near")
            rows = None if alike is None else alike.alike
        if rows is not None:
            self.border_title = Text(
                f"Near it by {'cosine' if run else 'tastes'}, {floor}+ ratings"
            )
            self.set_empty("None")
            self.set_rows(rows, [row.item for row in rows])
            self.action_first()

    def _none(self, error: ChildError) -> None:
        self.set_empty(plain(str(error)))
        self.set_rows(())
