"""Jobs in processes of their own: long questions, and the shell's own commands."""

import asyncio
import contextlib
import json
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from cftui import pipes
from cftui.processes import environment, python
from cftui.questions.job import Job, Progress
from cftui.questions.question import A
from cftui.tui.services.child import receive

T = TypeVar("T")


class JobError(Exception):
    """A job that failed; the message is its own."""


PATIENCE = 10.0
"""Seconds that a job has to tidy up after it was interrupted."""
LONGEST_LINE = 2**24
"""Bytes of a JSON line; a profile is longer than asyncio expects of a line."""


async def run_job(words: Sequence[str], tell: Callable[[dict[str, Any]], None]) -> None:
    """Run `cftui WORDS` and pass on each JSON line; raises JobError if it fails."""
    async with _running("cftui.cli", *words, "--json", "--while-stdin") as (process, complaint):
        assert process.stdout is not None
        async for line in process.stdout:
            tell(json.loads(line))
        if await process.wait():
            raise JobError(await _words_of(complaint))


async def do_job(job: Job[A], tell: Progress) -> A:
    """Return a job's answer from a process of its own; raises JobError where there is none."""
    async with _running("cftui.jobs") as (process, complaint):
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(pipes.pack(job))
        await process.stdin.drain()
        async for line in process.stdout:
            told = json.loads(line)
            if told["event"] == "answer":
                break
            tell(told["done"], told["of"], told["words"])
        else:
            raise JobError(await _words_of(complaint))
        answer: A | pipes.Failure = await receive(process.stdout)
    if isinstance(answer, pipes.Failure):
        raise JobError(answer.message)
    return answer


@asynccontextmanager
async def _running(
    module: str, *words: str
) -> AsyncIterator[tuple[asyncio.subprocess.Process, "asyncio.Task[bytes]"]]:
    """Give a process of ours, and what it says on stderr.

    It holds our pipe as its stdin and ends when that closes, so that it does not outlive us. Left
    early, it is interrupted as by ctrl+c, so that it leaves nothing half done.
    """
    starting = asyncio.create_subprocess_exec(
        *python(module, *words),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=LONGEST_LINE,
        env=environment(),
    )
    process, cancelled = await _whole(starting)
    assert process.stderr is not None
    complaint = asyncio.create_task(process.stderr.read())
    try:
        if cancelled:
            raise asyncio.CancelledError
        yield process, complaint
    finally:
        _, cancelled = await _whole(_end(process, complaint))
        if cancelled:
            raise asyncio.CancelledError


async def _words_of(complaint: "asyncio.Task[bytes]") -> str:
    words = (await complaint).decode(errors="replace").strip()
    return words.removeprefix("cftui: ") or "the job failed"


async def _whole(doing: Coroutine[Any, Any, T]) -> tuple[T, bool]:
    """Return what is done, which no cancellation breaks off, and whether one came meanwhile."""
    task, cancelled = asyncio.create_task(doing), False
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            cancelled = True
    return task.result(), cancelled


async def _end(process: asyncio.subprocess.Process, complaint: "asyncio.Task[bytes]") -> None:
    """Interrupt a job that still runs, wait until it is gone, and let go of its pipes."""
    complaint.cancel()
    await asyncio.wait([complaint])
    try:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGINT)
        # communicate, not wait: pipes that are open when the event loop ends are never closed
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.communicate(), PATIENCE)
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.communicate()
