"""Asks for a newcomer's list: with the stars of a run, or without them where it has none."""

from collections.abc import Callable
from dataclasses import replace

from cftui.people import Profile
from cftui.questions.items import ItemFilter, ListOrder
from cftui.questions.likes import ForYou, ForYouAnswer
from cftui.questions.question import Ask
from cftui.tui.explore.view import Setting
from cftui.tui.services.child import ChildError
from cftui.tui.shared.asking import Asker

N = 200
"""Places of the list."""
GROUP = "for you"
NO_RUN = "t trains a run that predicts them"


class ListMaker:
    """Remembers which ratings the last list was made from, to ask what moved since."""

    def __init__(self, ask: Ask, refused: Callable[[ChildError], None]) -> None:
        """Ask by `ask`; tell `refused` why there is no list even without stars."""
        self._ask = Asker(ask, refused)
        self._ask_run = Asker(ask, self._run_failed)
        self._no_stars = ""
        self.shown: tuple[tuple[str, float], ...] | None = None
        """The ratings that the list on show was made from; none where nothing is to move."""

    async def make(
        self, setting: Setting, yours: Profile, order: ListOrder, only: ItemFilter
    ) -> ForYouAnswer | None:
        """Return the list; none where a newer one was asked for, or there is none."""
        if setting.summary is None:
            return None
        before = self.shown if self.shown != yours.rated else None
        run = setting.answering_path
        question = ForYou(
            setting.summary.store,
            yours.rated,
            run,
            order,
            N,
            only,
            before,
            yours.regularization,
            yours.threshold,
        )
        answer = await self._answer(question)
        if answer is not None:
            self.shown = yours.rated
        return answer

    async def _answer(self, question: ForYou) -> ForYouAnswer | None:
        self._no_stars = "" if question.run else NO_RUN
        if question.run:
            answer = await self._ask_run(question, GROUP)
            if answer is not None or not self._no_stars:
                return answer
        answer = await self._ask(replace(question, run=""), GROUP)
        return answer and replace(answer, no_stars=self._no_stars)

    def _run_failed(self, error: ChildError) -> None:
        """Take note why the run cannot be asked: the list stands without it."""
        self._no_stars = str(error) or "the run cannot be asked"
