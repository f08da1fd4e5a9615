"""A sum of movies in the Movie view: what is added, what is taken away, and its lists."""

from dataclasses import dataclass, replace

from cftui.questions.item_sums import ItemArithmetic, ItemSum
from cftui.tui.explore.near_lists import SpaceList, TastesList
from cftui.tui.shared.asking import Asker


@dataclass(frozen=True)
class SumOfMovies:
    """Ids of movies that are added and taken away; empty for none."""

    plus: tuple[str, ...] = ()
    minus: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.plus)

    def added(self, item: str) -> "SumOfMovies":
        """Return the sum with a movie added; one that is in it already is left out of it."""
        without = self._without(item)
        return without if item in self.plus else replace(without, plus=(*without.plus, item))

    def taken(self, item: str) -> "SumOfMovies":
        """Return the sum with a movie taken away; one that is so already is left out of it."""
        without = self._without(item)
        if item in self.minus or not without.plus:
            return without  # nothing would be left to take it from
        return replace(without, minus=(*without.minus, item))

    def _without(self, item: str) -> "SumOfMovies":
        plus, minus = (tuple(i for i in own if i != item) for own in (self.plus, self.minus))
        return SumOfMovies(plus, minus) if plus else SumOfMovies()


@dataclass(frozen=True)
class NearLists:
    """The two lists of what is near, each with what it asks by."""

    tastes: TastesList
    space: SpaceList
    ask_tastes: Asker
    ask_run: Asker

    async def show(self, asked: ItemArithmetic, run: str) -> ItemSum | None:
        """Show what is near a sum in both; `run` may be none. Return what is near by tastes."""
        answer = await self.ask_tastes(asked, "alike")
        if answer is not None:
            self.tastes.show_sum(answer)
        if run:
            found = await self.ask_run(replace(asked, by="cosine", run=run), "explore")
            if found is not None:
                self.space.show_sum(found)
        return answer
