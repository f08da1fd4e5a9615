"""A child process answers questions in order, and never outlives its parent."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psutil
import pytest

from cftui.tui.services.child import Child, ChildError, Superseded

ECHO = '''
"""Obeys a question `(word, value)`."""
import os, sys, time
from pathlib import Path
from cftui import pipes

def answer(question):
    word, value = question
    if word == "die":
        os._exit(3)
    if word == "fail":
        return pipes.Failure("No such run", "Traceback")
    if word == "wait":
        Path(value + ".seen").touch()
        while not Path(value).exists():
            time.sleep(0.005)
    if word == "zeros":
        return bytes(value)
    if word == "print":
        print(value)
    if word == "pid":
        return os.getpid()
    return value

pipes.serve(answer)
'''


@pytest.fixture(autouse=True)
def forked() -> None:
    """Start processes as the screen does; none is forked here."""


@pytest.fixture
async def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Child]:
    monkeypatch.setenv("CFTUI_HOME", str(tmp_path / "home"))
    (tmp_path / "echoer.py").write_text(ECHO)
    child = Child("echoer", environment={"PYTHONPATH": str(tmp_path)})
    yield child
    await child.close()


async def until(true: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait for something that another process does."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        await asyncio.sleep(0.005)


async def held(child: Child, gate: Path) -> "asyncio.Task[object]":
    """Ask a question that the child answers only once `gate` exists; return when it has begun."""
    task = asyncio.create_task(child.ask(("wait", str(gate))))
    await until(gate.with_name(gate.name + ".seen").exists)
    return task


async def test_nothing_starts_before_the_first_question(child: Child) -> None:
    assert child.pid is None
    assert await child.ask(("echo", {"a": [1, None]})) == {"a": [1, None]}
    assert child.pid is not None


async def test_questions_are_answered_in_their_order_by_one_process(child: Child) -> None:
    done: list[int] = []

    async def ask(number: int) -> None:
        done.append(await child.ask(("echo", number)))

    await asyncio.gather(*(ask(number) for number in range(20)))
    assert done == list(range(20))
    assert await child.ask(("pid", None)) == child.pid


async def test_frames_longer_than_any_buffer(child: Child) -> None:
    assert len(await child.ask(("zeros", 30_000_000))) == 30_000_000
    big = os.urandom(5_000_000)
    assert await child.ask(("echo", big)) == big


async def test_a_failure_is_raised_in_its_words_and_the_child_lives_on(child: Child) -> None:
    pid = await child.ask(("pid", None))
    with pytest.raises(ChildError, match="No such run") as raised:
        await child.ask(("fail", None))
    assert raised.value.details == "Traceback"
    assert await child.ask(("pid", None)) == pid


async def test_what_cannot_be_pickled_is_refused_and_the_child_lives_on(child: Child) -> None:
    with pytest.raises(ChildError, match="cannot be asked"):
        await child.ask(("echo", lambda: None))
    assert await child.ask(("echo", 1)) == 1


async def test_a_death_fails_the_question_in_flight_and_the_next_finds_a_new_child(
    child: Child,
) -> None:
    pid = await child.ask(("pid", None))
    dying, after = await asyncio.gather(
        child.ask(("die", None)), child.ask(("pid", None)), return_exceptions=True
    )
    assert isinstance(dying, ChildError)
    assert "stopped; ask again" in str(dying)
    assert isinstance(after, int)
    assert after != pid


async def test_a_child_killed_while_idle_is_started_anew(child: Child) -> None:
    pid = await child.ask(("pid", None))
    os.kill(pid, signal.SIGKILL)
    await until(lambda: child.pid is None)
    assert await child.ask(("pid", None)) != pid


async def test_a_newer_question_drops_the_queued_ones_of_its_group(
    child: Child, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    running = await held(child, gate)
    old = asyncio.create_task(child.ask(("echo", "old"), "title"))
    other = asyncio.create_task(child.ask(("echo", "other"), "map"))
    await asyncio.sleep(0)
    new = asyncio.create_task(child.ask(("echo", "new"), "title"))
    with pytest.raises(Superseded):
        await old
    gate.touch()
    assert await running == str(gate)
    assert await other == "other"
    assert await new == "new"


async def test_an_asker_that_gives_up_costs_nothing(child: Child, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    running = await held(child, gate)
    queued = asyncio.create_task(child.ask(("die", None)))
    await asyncio.sleep(0)
    running.cancel()
    queued.cancel()
    gate.touch()
    assert await child.ask(("echo", 1)) == 1


async def test_what_a_child_prints_goes_to_its_log(child: Child, tmp_path: Path) -> None:
    assert await child.ask(("print", "a warning")) == "a warning"
    await child.close()
    assert "a warning" in (tmp_path / "home" / "state" / "echoer.log").read_text()


async def test_closing_ends_the_child_and_those_who_wait(child: Child, tmp_path: Path) -> None:
    running = await held(child, tmp_path / "never")
    queued = asyncio.create_task(child.ask(("echo", 1)))
    pid = child.pid
    assert pid is not None
    await asyncio.sleep(0)
    await child.close(patience=0.05)
    for task in (running, queued):
        with pytest.raises(Superseded):
            await task
    assert not psutil.pid_exists(pid)
    with pytest.raises(ChildError, match="closed"):
        await child.ask(("echo", 1))
    await child.close()


async def test_a_killed_child_that_is_slow_to_end_is_waited_for(
    child: Child, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a machine where others run: killed is not yet gone."""
    running = await held(child, tmp_path / "never")
    pid, process = child.pid, child._process
    assert pid is not None and process is not None
    later = asyncio.get_running_loop().call_later
    monkeypatch.setattr(process, "kill", lambda: later(1.2, os.kill, pid, signal.SIGKILL))
    await child.close(patience=0.01)
    assert not psutil.pid_exists(pid)
    with pytest.raises(Superseded):
        await running


async def test_ctrl_c_does_not_end_the_child(child: Child) -> None:
    pid = await child.ask(("pid", None))
    os.kill(pid, signal.SIGINT)
    assert await child.ask(("pid", None)) == pid


async def test_a_module_that_is_missing_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CFTUI_HOME", str(tmp_path))
    missing = Child("no_such_module_here")
    with pytest.raises(ChildError, match="stopped"):
        await missing.ask(1)
    await missing.close()


PARENT = """
import asyncio, sys
from cftui.tui.services.child import Child

async def main():
    child = Child("echoer", environment={"PYTHONPATH": sys.argv[1]})
    print(await child.ask(("pid", None)), flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGHUP])
async def test_nothing_lives_two_seconds_after_the_parent_is_killed(
    child: Child, tmp_path: Path, how: signal.Signals
) -> None:
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PARENT, str(tmp_path)),
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert parent.stdout is not None
    began = time.monotonic()
    pid = int(await parent.stdout.readline())
    # Two processes start within less than a second where nobody else has the machine.
    busy = max(1.0, time.monotonic() - began)
    parent.send_signal(how)
    await parent.wait()
    await until(lambda: not psutil.pid_exists(pid), seconds=2.0 * busy)
