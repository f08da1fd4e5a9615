"""Jobs: the shell's own commands as subprocesses, heard through their JSON lines."""

import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import Callable, Coroutine, Sequence
from typing import Any


class JobError(Exception):
    """A job that failed; the message is its own."""


PATIENCE = 10.0
"""Seconds that a job has to tidy up after it was interrupted."""
LONGEST_LINE = 2**24
"""Bytes of a JSON line; a profile is longer than asyncio expects of a line."""


async def run_job(words: Sequence[str], tell: Callable[[dict[str, Any]], None]) -> None:
    """Run `cftui WORDS` and pass on each JSON line; raises JobError if it fails.

    The job holds our pipe as its stdin and ends when that closes, so that it does not outlive us.
    Cancelled, it is interrupted as by ctrl+c, so that it leaves nothing half done.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "cftui.cli", *words, "--json", "--while-stdin"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=LONGEST_LINE,
    )
    assert process.stdout is not None and process.stderr is not None
    complaint = asyncio.create_task(process.stderr.read())
    try:
        async for line in process.stdout:
            tell(json.loads(line))
        if await process.wait():
            words_of_it = (await complaint).decode(errors="replace").strip()
            raise JobError(words_of_it.removeprefix("cftui: ") or "the job failed")
    finally:
        await _to_its_end(_end(process, complaint))


async def _to_its_end(tidying: Coroutine[Any, Any, None]) -> None:
    """Wait for what must be done whole, though the waiting be cancelled once more meanwhile."""
    task, cancelled = asyncio.create_task(tidying), False
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            cancelled = True
    if cancelled:
        raise asyncio.CancelledError


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
