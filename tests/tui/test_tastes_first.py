"""Questions about tastes that take long: fitted once, by a job, and then asked."""

import asyncio
from typing import Any

import psutil
import pytest

from cftui.questions.items import Facets
from cftui.questions.likes import AlikeItems, ForYou, TastesAtHand
from cftui.ratings.values import Ratings
from cftui.tui.services import tastes as service
from cftui.tui.services.child import ChildError
from cftui.tui.services.jobs import JobError
from cftui.tui.services.tastes import TastesFirst


class Brain:
    """Answers that tastes are not at hand, and keeps what it is asked."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    async def __call__(self, question: Any, group: str | None = None) -> Any:
        if isinstance(question, TastesAtHand):
            return False
        self.asked.append(question)
        return "answer"


async def test_the_job_comes_first_and_tells_how_far_it_is(bundled: Ratings) -> None:
    brain, told = Brain(), []
    ask = TastesFirst(brain)
    ask.tell = told.append
    question = ForYou(str(bundled.path), (("1", 5.0),))
    assert await ask(question, "for you") == "answer"
    assert brain.asked == [question]
    assert told[-1] == "Fitting the tastes of 671 users, 100%: once, then kept"


async def test_all_wait_for_one_job_that_outlives_who_stops_waiting(
    bundled: Ratings, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, may_end = [], asyncio.Event()

    async def slow(job: Any, tell: Any) -> str:
        begun.append(job)
        await may_end.wait()
        return "fitted"

    monkeypatch.setattr(service, "do_job", slow)
    brain = Brain()
    ask = TastesFirst(brain)
    store = str(bundled.path)
    first = asyncio.create_task(ask(ForYou(store, ())))
    second = asyncio.create_task(ask(AlikeItems(store, "1")))
    while not begun:  # noqa: ASYNC110 - the job tells nobody
        await asyncio.sleep(0)
    first.cancel()
    assert await ask(Facets(store)) == "answer"  # what needs no tastes does not wait
    may_end.set()
    assert await second == "answer" and len(begun) == 1
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_a_job_that_fails_says_why_and_is_tried_again(
    bundled: Ratings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(job: Any, tell: Any) -> str:
        raise JobError("no memory")

    monkeypatch.setattr(service, "do_job", fails)
    ask = TastesFirst(Brain())
    for _ in range(2):
        with pytest.raises(ChildError, match="no memory"):
            await ask(ForYou(str(bundled.path), ()))


async def test_closing_leaves_no_process(bundled: Ratings) -> None:
    ask = TastesFirst(Brain())
    before = set(psutil.Process().children())
    waiting = asyncio.create_task(ask(ForYou(str(bundled.path), ())))
    while set(psutil.Process().children()) <= before:  # noqa: ASYNC110 - nothing tells of births
        await asyncio.sleep(0.01)
    await ask.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    born = set(psutil.Process().children()) - before
    assert not [child for child in born if child.status() != psutil.STATUS_ZOMBIE]
