"""Asks for what the map shows: items, their places by a run or by likes, what they are to you."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from cftui.people import Profile
from cftui.questions.item_map import (
    ItemMap,
    ItemScores,
    MapItems,
    MapMoments,
    MapOfItems,
    MappedItems,
    MomentsKept,
    ScoreItems,
)
from cftui.questions.items import ItemFilter
from cftui.questions.question import Ask
from cftui.tui.explore.view import Setting
from cftui.tui.services.child import ChildError
from cftui.tui.shared.asking import Asker

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class MapMaker:
    """Remembers the items, which are the same whatever places them."""

    def __init__(self, ask: Ask, refused: Callable[[ChildError], None]) -> None:
        """Ask by `ask`; tell `refused` why there is no map even by likes."""
        self._ask = Asker(ask, refused)
        self._ask_run = Asker(ask, self._run_failed)
        self._store = ""
        self.items: MappedItems | None = None
        self.scores: ItemScores | None = None
        """What all items are to who rates in You."""
        self.moments: MomentsKept | None = None
        """Of the run that places items."""
        self.why_no_run = ""
        """Why a run that was asked does not place them; empty where it does."""

    def forget(self) -> None:
        """Forget all: it was of other ratings."""
        self.items = self.scores = None

    async def make(self, setting: Setting, run: str, at: int | None = None) -> ItemMap | None:
        """Return the places, by a run or where there is none by likes; none where there is none.

        `at`: a moment of the run; none for the newest.

        None too where a newer map was asked for meanwhile.
        """
        if setting.summary is None or not await self._know_items(setting.summary.store):
            return None
        found, self.why_no_run = None, ""
        if run:
            await self.look(run)
            steps = self.moments.steps if self.moments else ()
            at = at if at in steps else steps[-1] if steps else None
            found = await self._ask_run(MapOfItems(self._store, run, at), "map")
            if found is None and not self.why_no_run:
                return None
        else:
            self.moments = None
        return found or await self._ask(MapOfItems(self._store), "map")

    async def _know_items(self, store: str) -> bool:
        if self.items is None or self._store != store:
            items = await self._ask(MapItems(store), "map items")
            if items is None:
                return False
            self.items, self._store = items, store
        return True

    async def look(self, run: str) -> bool:
        """Return whether a run has other moments than it had."""
        before, self.moments = self.moments, await self._ask_run(MapMoments(run), "map moments")
        return self.moments != before

    def _run_failed(self, error: ChildError) -> None:
        self.why_no_run = str(error) or "the run cannot be asked"

    async def score(self, setting: Setting, yours: Profile) -> None:
        """Ask what all items are to who gave these ratings."""
        if setting.summary is not None:
            question = ScoreItems(
                setting.summary.store,
                yours.rated,
                setting.answering_path,
                "likes",
                yours.regularization,
                yours.threshold,
            )
            self.scores = await self._ask(question, "map scores")


def passing_items(items: MappedItems, only: ItemFilter) -> "NDArray[np.bool_]":
    """Return which items a filter lets pass, shape (n_items,)."""
    import numpy as np

    mask = items.n_ratings >= only.min_ratings
    if only.first_year is not None or only.last_year is not None:
        mask &= items.years >= (only.first_year or 1)
        mask &= items.years <= (only.last_year or 9999)
    if only.genre:
        wanted = only.genre.casefold()
        has = [wanted in text.casefold().split("|") for text in items.genres]
        mask &= np.array(has, np.bool_)
    return mask
