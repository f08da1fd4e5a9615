"""Questions about tastes, put once these are fitted: of many ratings that takes a job, and long."""

import asyncio
import contextlib
from collections.abc import Callable
from functools import partial

from cftui.questions.item_map import MapOfItems, ScoreItems
from cftui.questions.likes import (
    AlikeItems,
    FitTastes,
    ForYou,
    TastesAtHand,
    TastesFitted,
    WhyLiked,
)
from cftui.questions.question import A, Ask, Question
from cftui.questions.trained import ExploreUser
from cftui.tui.services.child import ChildError
from cftui.tui.services.jobs import JobError, do_job


class TastesFirst:
    """Asks the brain, but keeps it free of fitting tastes that take long.

    Whoever asks waits for one and the same job, and may stop waiting; the job goes on.
    """

    def __init__(self, ask: Ask) -> None:
        """Ask by `ask`."""
        self._ask = ask
        self._jobs: dict[FitTastes, asyncio.Task[TastesFitted]] = {}
        self.tell: Callable[[str], None] = lambda words: None
        """Hears how far a job is."""

    async def __call__(self, question: Question[A], group: str | None = None) -> A:
        """Return the answer; raises as `ask`, and ChildError where tastes cannot be fitted."""
        needed = _tastes_for(question)
        if needed is not None and not await self._at_hand(needed):
            await self._fitted(needed)
        return await self._ask(question, group)

    async def close(self) -> None:
        """End the jobs that go on."""
        jobs = list(self._jobs.values())
        for job in jobs:
            job.cancel()
        await asyncio.gather(*jobs, return_exceptions=True)

    async def _at_hand(self, job: FitTastes) -> bool:
        if job in self._jobs:
            return False
        return await self._ask(TastesAtHand(job.store, job.threshold), None)

    async def _fitted(self, job: FitTastes) -> None:
        if job not in self._jobs:
            self._jobs[job] = asyncio.create_task(do_job(job, self._progress))
            self._jobs[job].add_done_callback(partial(self._forget, job))
        try:
            await asyncio.shield(self._jobs[job])
        except JobError as error:
            raise ChildError(str(error)) from error

    def _progress(self, done: int, of: int, words: str) -> None:
        self.tell(f"Fitting the {words}, {done / max(of, 1):.0%}: once, then kept")

    def _forget(self, job: FitTastes, task: "asyncio.Task[TastesFitted]") -> None:
        self._jobs.pop(job, None)
        with contextlib.suppress(asyncio.CancelledError):
            task.exception()  # else it complains that nobody took it


def _tastes_for(question: Question[A]) -> FitTastes | None:
    """Return what fits the tastes that a question is about; none for one about anything else."""
    match question:
        case ForYou() | WhyLiked() | AlikeItems() | ScoreItems():
            return FitTastes(question.store, question.threshold)
        case ExploreUser(run="", store=store) | MapOfItems(run="", store=store):
            return FitTastes(store)
    return None
