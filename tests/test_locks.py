"""Where a file system has no flock a claim stands for it, and only a dead one is taken over."""

import errno
import fcntl
import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from small import command, here, open_small, record_of, small_config, wait_for, write_ratings

from cftui import locks, paths
from cftui.files import held
from cftui.locks import claim_of, myself, read_claim
from cftui.ratings.store import open_ratings
from cftui.runs import lock as lock_module
from cftui.runs.control import Inbox, send
from cftui.runs.directory import Run, create_run
from cftui.runs.index import RunsIndex
from cftui.runs.leftovers import sweep_leftovers
from cftui.runs.lock import RunHeld, RunLock, is_held

WITHOUT = [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS]


def fail(number: int) -> None:
    def flock(_file: object, _operation: int) -> None:
        raise OSError(number, os.strerror(number))

    fcntl.flock = flock  # type: ignore[assignment]


@pytest.fixture(params=WITHOUT, ids=errno.errorcode.get)
def each_kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fcntl, "flock", fcntl.flock)
    fail(request.param)


@pytest.fixture
def no_flock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fcntl, "flock", fcntl.flock)
    fail(errno.ENOLCK)


def leave(path: Path, **changes: object) -> None:
    """Leave a claim to a lock file as another process would have made it."""
    path.touch()
    claim_of(path).write_text(json.dumps(asdict(myself()) | changes))


def a_dead_pid() -> int:
    done = subprocess.Popen(["true"])
    done.wait()
    return done.pid


@pytest.fixture(autouse=True)
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock_module, "PATIENCE_SECONDS", 0.01)


@pytest.mark.usefixtures("each_kind")
def test_one_holds_it_and_it_is_told_truthfully(tmp_path: Path) -> None:
    path = tmp_path / "r" / "lock"
    path.parent.mkdir()
    assert not is_held(path)
    lock = RunLock(path)
    assert is_held(path)
    with pytest.raises(RunHeld, match=rf"r is held by process {os.getpid()} on .*; where you know"):
        RunLock(path)
    lock.release()
    assert not is_held(path)
    assert [entry.name for entry in path.parent.iterdir()] == ["lock"]
    RunLock(path).release()


@pytest.mark.usefixtures("no_flock")
def test_a_claim_goes_along_with_its_folder_and_may_go_with_it(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    lock = RunLock(tmp_path / "new" / "lock")
    (tmp_path / "new").rename(tmp_path / "r")
    assert is_held(tmp_path / "r" / "lock")
    lock.release()
    assert not is_held(tmp_path / "r" / "lock")
    lock = RunLock(tmp_path / "r" / "lock")
    for entry in list((tmp_path / "r").iterdir()):
        entry.unlink()
    (tmp_path / "r").rmdir()
    lock.release()


GONE = {
    "the process": lambda: {"pid": a_dead_pid()},
    "the process, its number another's": lambda: {"pid": os.getpid(), "start": "1"},
    "the boot": lambda: {"boot": "of before"},
}
NOT_KNOWN = {
    "another host": {"host": "elsewhere", "pid": 1, "start": "1", "boot": "of before"},
    "another host of this name": {"machine": "other", "boot": "of before"},
    "another container": {"space": "pid:[1]", "pid": 1, "start": "1"},
    "a number of no process": {"pid": "1"},
}


@pytest.mark.usefixtures("no_flock")
@pytest.mark.parametrize("what", list(GONE))
def test_what_is_gone_is_taken_over(what: str, tmp_path: Path) -> None:
    path = tmp_path / "lock"
    leave(path, **GONE[what]())
    assert not is_held(path)
    lock = RunLock(path)
    assert read_claim(claim_of(path)) == myself() and is_held(path)
    lock.release()
    assert [entry.name for entry in tmp_path.iterdir()] == ["lock"]


@pytest.mark.parametrize("what", list(NOT_KNOWN))
def test_what_cannot_be_known_is_not(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lock"
    leave(path, **NOT_KNOWN[what])
    os.utime(claim_of(path), (0, 0))  # no clock decides
    for has_flock in (True, False):  # this host may have it where that one has none
        if not has_flock:
            monkeypatch.setattr(fcntl, "flock", fcntl.flock)
            fail(errno.ENOLCK)
        assert is_held(path)
        with pytest.raises(RunHeld, match=f"where you know that it is gone, remove {path}.claim"):
            RunLock(path)
    claim_of(path).unlink()
    RunLock(path).release()


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff", b"[" * 10_000])
def test_a_claim_that_names_nobody_is_held(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.touch()
    claim_of(path).write_bytes(content)
    assert is_held(path)
    with pytest.raises(RunHeld, match=r"remove .*lock\.claim"):
        RunLock(path)


def test_an_ended_process_that_nobody_waited_for_is_gone(tmp_path: Path) -> None:
    process = subprocess.Popen(["true"])
    try:
        wait_for(lambda: locks._began(process.pid) == "")
        leave(tmp_path / "lock", pid=process.pid)
        assert not is_held(tmp_path / "lock")
    finally:
        process.wait()


@pytest.mark.usefixtures("no_flock")
@pytest.mark.parametrize("link", [os.link, None], ids=["with links", "without links"])
@pytest.mark.parametrize("dead", [True, False], ids=["after a death", "at first"])
def test_never_two_at_once(
    link: object, dead: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_given: object) -> None:
        raise OSError(errno.EPERM, "no hard links here")

    monkeypatch.setattr(locks.os, "link", link or refuse)
    path, inside, most = tmp_path / "a.lock", [0], []
    gone = a_dead_pid()

    def work() -> None:
        for _ in range(8):
            with held(path, 60, poll=0.0005):
                inside[0] += 1
                most.append(inside[0])
                inside[0] -= 1
                if dead:  # as if killed: whoever comes next takes it over
                    claim = claim_of(path)
                    beside = path.with_name(f"dead-{threading.get_ident()}")
                    beside.write_text(json.dumps(asdict(replace(myself(), pid=gone))))
                    beside.replace(claim)

    if dead:
        # Who was taken over must not remove the claim of whoever took it.
        monkeypatch.setattr(locks.Claim, "release", lambda claim: os.close(claim._folder))
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 32 and max(most) == 1
    assert {entry.name for entry in tmp_path.iterdir()} <= {"a.lock", "a.lock.claim"}


@pytest.mark.usefixtures("no_flock")
def test_a_held_lock_is_waited_for_and_told(tmp_path: Path) -> None:
    with held(tmp_path / "a.lock", 0), pytest.raises(TimeoutError):  # noqa: SIM117 - in order
        with held(tmp_path / "a.lock", 0.02):
            pytest.fail("both hold it")
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.lock"]
    (tmp_path / "control").mkdir()
    send(tmp_path, "pause")
    wait_for(lambda: Inbox(tmp_path).take())


@pytest.mark.usefixtures("no_flock")
def test_all_can_be_read_and_leftovers_of_the_dead_alone_are_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ratings = open_small(tmp_path / "small", n=300)
    run, lock = create_run(record_of("r", ratings, state="running"), small_config())
    assert RunsIndex().refresh()[0].shown == "running"
    lock.release()
    assert RunsIndex().refresh()[0].shown == "died"
    monkeypatch.setattr("cftui.runs.leftovers.SETTLED_SECONDS", -60.0)
    for name, pid in ((".new-a-1", os.getpid()), (".new-b-2", a_dead_pid())):
        (run.path.parent / name).mkdir()
        leave(run.path.parent / name / "lock", pid=pid)
    sweep_leftovers(run.path.parent)
    assert {entry.name for entry in run.path.parent.iterdir()} == {"r", ".new-a-1"}


@pytest.mark.usefixtures("no_flock")
def test_ratings_are_read_and_what_dead_builders_left_is_swept(tmp_path: Path) -> None:
    stores = paths.stores_folder()
    for name, pid in ((".building-a", os.getpid()), (".building-b", a_dead_pid())):
        (stores / name).mkdir(parents=True)
        leave(stores / name / "lock", pid=pid)
    ratings = open_ratings(write_ratings(tmp_path / "small"))
    names = {entry.name for entry in stores.iterdir()}
    assert names == {".lock", ".building-a", ratings.path.name}


PATCH = """
import errno, fcntl, os

def flock(file, operation):
    raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

fcntl.flock = flock
"""


@pytest.fixture
def processes_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have every process that is started from now on find no flock."""
    (tmp_path / "patch").mkdir()
    (tmp_path / "patch" / "sitecustomize.py").write_text(PATCH)
    before = os.environ.get("PYTHONPATH")
    monkeypatch.setenv(
        "PYTHONPATH", os.pathsep.join([str(tmp_path / "patch"), *([before] if before else [])])
    )
    yield


@pytest.mark.usefixtures("no_flock", "processes_without")
def test_trainers_race_and_die_under_claims(
    tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = write_ratings(tmp_path / "small")
    words = ["train", "--data", str(source), "--id", "r", "--epochs", "5000", "--factors", "8"]
    rivals = [
        subprocess.Popen(
            command(*words), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    run = Run(home / "data" / "runs" / "r")
    try:
        wait_for(lambda: any(rival.poll() is not None for rival in rivals))
        [loser] = [rival for rival in rivals if rival.poll() is not None]
        [winner] = [rival for rival in rivals if rival is not loser]
        assert loser.returncode == 1
        assert loser.stderr is not None and "a run called r exists" in loser.stderr.read()
        wait_for(lambda: run.has_weights)
        assert run.status().shown == "running"
        assert here("runs", "resume", "r", "--json") == 1
        said = capsys.readouterr().err
        assert f"process {winner.pid}" in said
        assert "this file system has no flock: mount it with -o flock" in said
        winner.send_signal(signal.SIGKILL)
        winner.wait()
        assert run.status().shown == "died"
    finally:
        for rival in rivals:
            rival.kill()
            rival.communicate()
    config = run.path / "config.toml"
    config.write_text(config.read_text().replace("epochs = 5000", "epochs = 1"))
    assert here("runs", "resume", "r") == 0, capsys.readouterr()
    assert run.status().shown == "finished" and not claim_of(run.lock).exists()
