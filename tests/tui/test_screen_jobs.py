"""Jobs as the screen has them done: a typed answer, how far it is, or why there is none."""

import asyncio
from pathlib import Path

import psutil
import pytest

from cftui.questions.data import DescribeData
from cftui.ratings.profile import profile
from cftui.ratings.values import Ratings
from cftui.tui.services.jobs import JobError, do_job


@pytest.fixture(autouse=True)
def forked() -> None:
    """Start processes as the screen does; none is forked here."""


async def test_a_long_question_is_answered_and_tells_how_far_it_is(bundled: Ratings) -> None:
    told: list[tuple[int, int, str]] = []
    answer = await do_job(DescribeData(str(bundled.path)), lambda *far: told.append(far))
    assert answer == profile(bundled)
    assert told and all(done <= of and words for done, of, words in told)


async def test_one_without_an_answer_says_why(tmp_path: Path) -> None:
    with pytest.raises(JobError, match="damaged ratings store"):
        await do_job(DescribeData(str(tmp_path)), lambda *_: None)


def living() -> list[psutil.Process]:
    """Return our child processes, but for what has ended and was not waited for."""
    children = psutil.Process().children()
    return [child for child in children if child.status() != psutil.STATUS_ZOMBIE]


async def test_cancelled_twice_it_leaves_no_process(bundled: Ratings) -> None:
    """As a worker is when its widget goes and then its app."""
    job = asyncio.create_task(do_job(DescribeData(str(bundled.path)), lambda *_: None))
    while not living():  # noqa: ASYNC110 - nothing tells of a process's birth
        await asyncio.sleep(0.01)
    job.cancel()
    await asyncio.sleep(0)
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    assert not living()
