"""Long questions in a process of their own, asked as the screen would."""

import asyncio
import json
import os
import pickle
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from slow_job import Wait

from cftui import pipes
from cftui.paths import answers_folder
from cftui.pipes import Failure
from cftui.questions.data import DescribeData
from cftui.questions.job import Job
from cftui.questions.question import A
from cftui.ratings.profile import profile
from cftui.ratings.values import Ratings

Tell = Callable[[dict[str, Any]], None]


async def start(job: Job[Any]) -> Process:
    """Start a job's process and give it the job; its standard input stays open."""
    path = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "cftui.jobs"),
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert process.stdin is not None
    process.stdin.write(pipes.pack(job))
    await process.stdin.drain()
    return process


async def ask(job: Job[A], tell: Tell) -> A | Failure:
    """Return a job's answer; hear its lines."""
    process = await start(job)
    assert process.stdout is not None
    async for line in process.stdout:
        told = json.loads(line)
        if told["event"] == "answer":
            break
        tell(told)
    head = await process.stdout.readexactly(pipes.HEADER.size)
    answer: A = pickle.loads(await process.stdout.readexactly(*pipes.HEADER.unpack(head)))
    assert await process.stdout.read() == b""
    await process.communicate()
    assert process.returncode == isinstance(answer, Failure)
    return answer


async def test_a_profile_comes_whole_with_how_far_it_is_and_is_kept(bundled: Ratings) -> None:
    told: list[dict[str, Any]] = []
    job = DescribeData(str(bundled.path))
    answer = await ask(job, told.append)
    assert answer == profile(bundled)
    assert told[1] == {"event": "progress", "done": 1, "of": 3, "words": "users and items"}
    assert len(told) == 4
    [kept] = (answers_folder() / bundled.fingerprint).iterdir()
    assert kept.name == f"{job.key}.json"
    assert await ask(job, told.append) == answer
    assert len(told) == 4


async def test_a_job_without_an_answer_says_why(tmp_path: Path) -> None:
    answer = await ask(DescribeData(str(tmp_path)), lambda _: None)
    assert isinstance(answer, Failure)
    assert answer.kind == "DataError" and "damaged ratings store" in answer.message


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, None])
async def test_cancelled_a_job_leaves_nothing(
    bundled: Ratings, tmp_path: Path, end: signal.Signals | None
) -> None:
    process = await start(Wait(str(bundled.path), str(tmp_path)))
    assert process.stdout is not None and process.stdin is not None
    assert json.loads(await process.stdout.readline())["words"] == "waiting"
    half_made = tmp_path / "half-made"
    assert half_made.exists()
    if end is None:
        process.stdin.close()  # as when the screen dies
    else:
        process.send_signal(end)
    _, complaint = await process.communicate()
    assert process.returncode == 128 + (end or signal.SIGINT)
    assert not half_made.exists() and not answers_folder().exists()
    assert complaint == b"this is not an answer\n"
