"""Asks a child process of our own (brain, painter) over its pipes, one question at a time."""

import asyncio
import contextlib
import pickle
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any

from cftui import paths, pipes
from cftui.modes import make_kept, new_folder
from cftui.processes import environment, python
from cftui.questions.question import A, Question

LOG_LIMIT = 1_000_000
"""Bytes after which a child's log starts afresh."""
KILLED_SECONDS = 5.0
"""Within which a killed child is gone: at once, but later where others have the machine."""


class ChildError(Exception):
    """A question without an answer, in words for the user."""

    def __init__(self, message: str, details: str = "", kind: str = "") -> None:
        super().__init__(message)
        self.details = details
        """The traceback, for the log."""
        self.kind = kind
        """The name of the class of an error in the child, such as Untrusted."""


class Superseded(Exception):
    """The question was dropped: a newer one of its group came, or the child was closed."""


@dataclass(eq=False)
class _Asked:
    value: Any
    group: str | None
    answer: "asyncio.Future[Any]"


class Child:
    """One child process (`python -m MODULE`), started by the first question and after a death.

    All methods belong to one event loop. The child ends when its pipe closes, so that it does
    not outlive this process however that ends.
    """

    def __init__(
        self,
        module: str,
        *,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.module = module
        self.name = module.rpartition(".")[2]
        self._environment = dict(environment or {})
        self._process: Process | None = None
        self._queue: deque[_Asked] = deque()
        self._running: _Asked | None = None
        self._worker: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._number = 0
        self._closed = False

    @property
    def pid(self) -> int | None:
        """Its process id while it lives."""
        alive = self._process is not None and self._process.returncode is None
        return self._process.pid if alive and self._process else None

    async def start(self) -> None:
        """Start the child before the first question; raises ChildError where it cannot."""
        if not self._closed:
            await self._alive()

    async def ask(self, question: Question[A], group: str | None = None) -> A:
        """Return the answer to a question; questions are answered in their order, one at a time.

        Raises ChildError for a failure or a death of the child, Superseded where a newer question
        of `group` came before this one was sent.
        """
        if self._closed:
            raise ChildError(f"The {self.name} has been closed")
        if group is not None:
            self._drop(group)
        asked = _Asked(question, group, asyncio.get_running_loop().create_future())
        self._queue.append(asked)
        self._keep_working()
        answer: A = await asked.answer
        return answer

    async def close(self, patience: float = 1.0) -> None:
        """End the child: close its pipe, wait for `patience` seconds, then kill it."""
        self._closed = True
        waiting = [*self._queue, *([self._running] if self._running else [])]
        self._queue.clear()
        for question in waiting:
            _fail(question, Superseded("closed"))
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.gather(self._worker, return_exceptions=True)
        async with self._starting:  # one that is being started is ended as well
            process, self._process = self._process, None
        if process is not None:
            await _end(process, patience)

    def _drop(self, group: str) -> None:
        for question in [waiting for waiting in self._queue if waiting.group == group]:
            self._queue.remove(question)
            _fail(question, Superseded("a newer question came"))

    def _keep_working(self) -> None:
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work(), name=f"{self.name} questions")

    async def _work(self) -> None:
        """Answer what is queued, then end: nothing runs while nothing is asked."""
        while self._queue:
            question = self._queue.popleft()
            if question.answer.done():
                continue
            self._running = question
            try:
                answer = await self._answer(question)
                if not question.answer.done():
                    question.answer.set_result(answer)
            except ChildError as error:
                _fail(question, error)
            finally:
                self._running = None

    async def _answer(self, question: _Asked) -> Any:
        self._number += 1
        number = self._number
        try:
            frame = pipes.pack((number, question.value))
        except Exception as error:  # whatever a value's own pickling raises
            raise ChildError(f"The {self.name} cannot be asked this", repr(error)) from error
        process = await self._alive()
        try:
            came, answer = await _exchange(process, frame)
        except (EOFError, OSError) as error:
            await self._bury(process)
            raise ChildError(f"The {self.name} stopped; ask again") from error
        except Exception as error:  # an answer that does not unpickle
            await self._bury(process)
            raise ChildError(f"The {self.name} gave no readable answer", repr(error)) from error
        if came != number:
            await self._bury(process)
            raise ChildError(f"The {self.name} lost count; ask again")
        if isinstance(answer, pipes.Failure):
            raise ChildError(answer.message, answer.details, answer.kind)
        return answer

    async def _alive(self) -> Process:
        """Return the living child, started now if need be; raises ChildError where it cannot."""
        async with self._starting:
            if self._closed:
                raise ChildError(f"The {self.name} has been closed")
            process = self._process
            if process is not None and process.stdin is not None:
                # a killed child's pipes may close before its end is noticed
                if process.returncode is None and not process.stdin.is_closing():
                    return process
                await self._bury(process)
            self._process = await self._start()
            return self._process

    async def _start(self) -> Process:
        log = _open_log(self.name)
        try:
            # -P: a numpy.py in the user's folder must not be imported in place of numpy
            return await asyncio.create_subprocess_exec(
                *python(self.module),
                stdin=PIPE,
                stdout=PIPE,
                stderr=log or DEVNULL,
                env=environment(self._environment),
            )
        except OSError as error:
            raise ChildError(f"The {self.name} cannot be started: {error}") from error
        finally:
            if log is not None:
                log.close()

    async def _bury(self, process: Process) -> None:
        if self._process is process:
            self._process = None
        await _end(process, 0.0)


def _fail(question: _Asked, error: Exception) -> None:
    if not question.answer.done():
        question.answer.set_exception(error)
        # an asker that was cancelled never looks
        question.answer.exception()


async def _exchange(process: Process, frame: bytes) -> tuple[int, Any]:
    """Send a frame and return the one that comes back; raises EOFError or OSError at an end."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(frame)
    await process.stdin.drain()
    number, answer = await receive(process.stdout)
    return number, answer


async def receive(stream: asyncio.StreamReader) -> Any:
    """Return the next frame's value from a process of ours; raises EOFError where it ends."""
    (length,) = pipes.HEADER.unpack(await stream.readexactly(pipes.HEADER.size))
    return pickle.loads(await stream.readexactly(length))


async def _end(process: Process, patience: float) -> None:
    """Close a child's pipe, wait, kill it if it is still there, and reap it."""
    if process.stdin is not None:
        process.stdin.close()
    # communicate, not wait: a child that is stuck writing a long answer can then go on to its end
    if patience > 0:
        with contextlib.suppress(TimeoutError, OSError):
            await asyncio.wait_for(process.communicate(), patience)
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    with contextlib.suppress(TimeoutError, OSError):
        await asyncio.wait_for(process.communicate(), KILLED_SECONDS)


def _open_log(name: str) -> IO[bytes] | None:
    """Return the child's log, opened for appending; None where it cannot be written."""
    try:
        path = paths.state_folder() / f"{name}.log"
        new_folder(path.parent)
        too_long = path.exists() and path.stat().st_size > LOG_LIMIT
        make_kept(path)
        return path.open("wb" if too_long else "ab")
    except OSError:
        return None
