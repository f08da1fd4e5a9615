"""Run directories: states, finding, renaming, deleting, and damage."""

import fcntl
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from records import CONFIG, RECORD, made

from cftui.runs import lock_holder
from cftui.runs.directory import RunError
from cftui.runs.find import find_run, list_runs
from cftui.runs.index import RunsIndex
from cftui.runs.lock import RunHeld, RunLock, holder_pid, is_held
from cftui.runs.lock_holder import holder


def test_a_record_comes_back_as_it_was_written() -> None:
    run, _lock = made("r", valid_mse=0.5, versions={"torch": "2"})
    assert run.record() == replace(RECORD, run="r", valid_mse=0.5, versions={"torch": "2"})
    assert run.config() == CONFIG


def test_a_live_state_with_a_free_lock_has_died() -> None:
    run, lock = made("r")
    run.log.write_text("one\ntwo\n")
    assert run.status().shown == "running" and run.status().alive
    lock.release()
    status = run.status()
    assert (status.shown, status.alive, status.note) == ("died", False, "one\ntwo")
    run.write_record(replace(RECORD, run="r", state="stopped"))
    assert run.status().shown == "stopped"


def test_on_another_host_it_is_never_called_dead() -> None:
    run, lock = made("r", host="elsewhere")
    lock.release()
    os.utime(run.lock, (time.time() - 7, time.time() - 7))
    status = run.status()
    assert status.shown in ("on elsewhere, last heard 7 s ago", "on elsewhere, last heard 8 s ago")
    assert status.alive
    os.utime(run.lock, (time.time() - 3600, time.time() - 3600))
    silent = run.status()
    assert silent.shown.startswith("on elsewhere, last heard 360") and not silent.alive
    run.write_record(replace(RECORD, run="r", state="finished", host="elsewhere"))
    assert run.status().shown == "finished"


def test_a_run_just_taken_over_is_not_called_paused() -> None:
    """Else a second `resume` would wish the first one to go on, instead of saying who has it."""
    run, lock = made("r", state="paused", pid=1)
    assert holder_pid(run.lock) == os.getpid()
    assert run.status().shown == "starting"
    lock.release()


def test_a_live_run_is_not_deleted() -> None:
    run, lock = made("r", state="finished")  # between its last word and its end
    with pytest.raises(RunHeld, match=f"r is held by process {os.getpid()} on "):
        run.delete()
    lock.release()
    run.delete()
    assert not list(run.path.parent.iterdir())
    far, lock = made("far", host="elsewhere")
    lock.release()
    with pytest.raises(RunHeld, match="far is live"):
        far.delete()


def test_an_id_is_taken_once() -> None:
    run, _lock = made("r")
    with pytest.raises(RunError, match="a run called r exists"):
        made("r")
    assert [path.name for path in run.path.parent.iterdir()] == ["r"]


def test_finding_by_id_prefix_name_and_latest() -> None:
    made("20260101-120000-dot-bias-sgd-aaaa", weights=True, epoch=1, fingerprint="one")
    made("20260101-120000-dot-bias-adam-bbbb", weights=True, epoch=1, fingerprint="two")
    newest, _lock = made("20250101-120000-dot-bias-sgd-cccc", fingerprint="one")
    assert list_runs()[0].id == newest.id  # made last, whatever its clock said
    assert find_run(newest.id).id == newest.id
    assert find_run("2025").id == newest.id
    newest.rename("my best")
    assert newest.name() == "my best" and find_run("my best").id == newest.id
    assert find_run("latest").id.endswith("bbbb")
    assert find_run("latest", "one").id.endswith("aaaa")
    assert find_run("latest", weights=False).id == newest.id
    with pytest.raises(RunError, match=r"'2026' fits several runs: .*bbbb, .*aaaa"):
        find_run("2026")
    with pytest.raises(RunError, match="no run 'nope'; the newest is 20250101"):
        find_run("nope")
    with pytest.raises(RunError, match="no run ''"):
        find_run("")
    with pytest.raises(RunError, match="no run that finished an epoch yet on these ratings; train"):
        find_run("latest", "three")


def test_the_latest_that_answers_has_finished_an_epoch() -> None:
    made("trained", weights=True, epoch=1)
    failed, _lock = made("failed", weights=True, state="failed", step=12)
    assert find_run("latest").id == "trained"
    assert find_run("latest", weights=False).id == find_run("failed").id == failed.id


def test_where_no_run_finished_an_epoch_it_is_said_which_there_is() -> None:
    made("failed", weights=True, state="failed", step=12)
    words = r"no run that finished an epoch yet; failed \(failed, step 12\) has not; train one"
    with pytest.raises(RunError, match=words):
        find_run("latest")


def test_without_any_run_the_way_to_one_is_said() -> None:
    with pytest.raises(RunError, match="train one: cftui train"):
        find_run("latest")
    with pytest.raises(RunError, match="train one: cftui train"):
        find_run("x")


DAMAGED = {
    "empty": b"",
    "cut": b"{",
    "a list": b"[]",
    "nothing in it": b"{}",
    "no text": b"\xff\xfe",
    "an unknown state": json.dumps({**asdict(RECORD), "state": "asleep"}).encode(),
    "a word for a number": json.dumps({**asdict(RECORD), "best_valid_mse": "low"}).encode(),
    "no epochs": json.dumps({**asdict(RECORD), "epochs": None}).encode(),
    "no host": json.dumps({k: v for k, v in asdict(RECORD).items() if k != "host"}).encode(),
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_record_is_said_with_the_remedy(content: bytes) -> None:
    run, lock = made("r")
    lock.release()
    (run.path / "run.json").write_bytes(content)
    with pytest.raises(RunError, match=r"run\.json: damaged \(.+\); `cftui runs rm r`"):
        run.status()
    run.delete()
    assert not list_runs()


def test_fields_of_a_later_version_are_passed_over() -> None:
    run, _lock = made("r")
    raw = {**asdict(replace(RECORD, run="r")), "from_the_future": [1]}
    (run.path / "run.json").write_text(json.dumps(raw))
    assert run.record().run == "r"


HAMMER = """
import sys, time
from pathlib import Path
from cftui.runs.lock import is_held
print("ready", flush=True)
until = time.monotonic() + 6
while time.monotonic() < until:
    is_held(Path(sys.argv[1]))
"""


def test_readers_never_keep_a_trainer_out(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    RunLock(path).release()
    readers = [
        subprocess.Popen([sys.executable, "-c", HAMMER, str(path)], stdout=subprocess.PIPE)
        for _ in range(3)
    ]
    try:
        for reader in readers:
            assert reader.stdout is not None and reader.stdout.readline() == b"ready\n"
        for _ in range(30):
            lock = RunLock(path)
            assert is_held(path)
            lock.release()
    finally:
        for reader in readers:
            reader.kill()
            reader.wait()


def test_a_trainer_waits_for_a_reader_caught_in_its_look(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    RunLock(path).release()
    reader = os.open(path, os.O_RDONLY)
    fcntl.flock(reader, fcntl.LOCK_SH)
    began = time.monotonic()
    threading.Timer(0.1, os.close, [reader]).start()
    RunLock(path).release()
    assert time.monotonic() - began > 0.05


def test_a_lock_ends_with_its_holder_and_names_it(tmp_path: Path) -> None:
    path = tmp_path / "run" / "lock"
    path.parent.mkdir()
    code = (
        "import sys, time; from pathlib import Path; from cftui.runs.lock import RunLock\n"
        "lock = RunLock(Path(sys.argv[1])); print('held', flush=True); time.sleep(60)"
    )
    other = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE)
    assert other.stdout is not None and other.stdout.readline() == b"held\n"
    assert is_held(path) and holder(path).startswith(f"process {other.pid} on ")
    with pytest.raises(RunHeld, match=f"run is held by process {other.pid} on "):
        RunLock(path)
    other.kill()
    other.wait()
    assert not is_held(path)
    RunLock(path).release()


def test_a_heartbeat_moves_the_time(tmp_path: Path) -> None:
    lock = RunLock(tmp_path / "lock")
    os.utime(tmp_path / "lock", (1, 1))
    lock.beat()
    assert (tmp_path / "lock").stat().st_mtime > time.time() - 5


def test_the_index_looks_again_where_something_may_have_changed() -> None:
    run, lock = made("r")
    far, far_lock = made("far", host="elsewhere")
    far_lock.release()
    os.utime(far.lock, (time.time() - 5, time.time() - 5))
    index = RunsIndex()

    def shown() -> dict[str, str]:
        return {row.id: row.shown for row in index.refresh()}

    first = shown()
    assert first["r"] == "running" and first["far"].startswith("on elsewhere, last heard ")
    lock.release()
    os.utime(far.lock, (time.time() - 500, time.time() - 500))
    second = shown()
    assert second["r"] == "died" and second["far"].startswith("on elsewhere, last heard 50")
    run.write_record(replace(RECORD, run="r", state="finished"))
    assert shown()["r"] == "finished"
    run.rename("mine")
    assert next(row.name for row in index.refresh() if row.id == "r") == "mine"


def test_a_lock_that_another_holds_is_not_said_to_be_a_dead_trainers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who may read a lock can lock it, and steer nothing: only stand in the way."""
    run, lock = made("r", state="stopped")
    lock.release()
    trainer = subprocess.Popen(["true"])
    trainer.wait()
    name = {"pid": trainer.pid, "host": socket.gethostname(), "since": time.time()}
    run.lock.write_text(json.dumps(name))
    stranger = os.open(run.lock, os.O_RDONLY)
    fcntl.flock(stranger, fcntl.LOCK_SH)
    gone = rf"process {trainer.pid} runs here no longer"
    ended = rf", not by its trainer \({gone}\); who may read .*: chmod 600"
    for act in (lambda: RunLock(run.lock), run.delete):
        with pytest.raises(RunHeld, match=f"r is held by (another )?process.*{ended}"):
            act()
    if lock_holder.LOCKS.exists():
        assert holder(run.lock).startswith(f"process {os.getpid()}, not by")
    monkeypatch.setattr(lock_holder, "LOCKS", run.path / "none")
    assert re.match(f"another process{ended}", holder(run.lock))
    os.close(stranger)
    run.delete()


def test_a_lock_of_somebody_elses_trainer_is_named_with_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    lock = RunLock(path)
    assert holder(path).startswith(f"process {os.getpid()} on ")
    name = json.loads(path.read_text())
    assert name["uid"] == os.geteuid()
    path.write_text(json.dumps({**name, "uid": 54_321}))
    assert holder(path).startswith(f"uid 54321, process {os.getpid()}, on ")
    path.write_text(json.dumps({**name, "uid": "me"}))
    assert holder(path).startswith(f"process {os.getpid()} on ")
    lock.release()
