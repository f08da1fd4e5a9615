"""What goes on around training: the heartbeat, the log, signals, and a run held elsewhere."""

import logging
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from small import open_small, record_of, small_config, wait_for

from cftui.runs.checkpoint import CheckpointError
from cftui.runs.directory import Run, create_run
from cftui.runs.lock import RunHeld, RunLock
from cftui.training import surroundings
from cftui.training.signals import StopSignals
from cftui.training.start import resume_run


def test_the_heart_beats_while_the_trainer_is_busy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(surroundings, "HEARTBEAT_SECONDS", 0.01)
    path = tmp_path / "lock"
    lock = RunLock(path)
    with surroundings.heartbeat(lock):
        for _ in range(2):
            os.utime(path, (1, 1))
            wait_for(lambda: path.stat().st_mtime > 1)
    os.utime(path, (1, 1))
    time.sleep(0.05)
    assert path.stat().st_mtime == 1


def test_the_beat_is_seen_by_another_host_long_before_it_counts_as_silent() -> None:
    from cftui.runs.directory import REMOTE_SILENCE

    assert REMOTE_SILENCE >= 3 * surroundings.HEARTBEAT_SECONDS


def test_a_log_that_cannot_be_written_is_no_reason_to_end(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "log.txt").mkdir()
    monkeypatch.setattr(logging.getLogger(), "handlers", [])  # pytest's own
    with surroundings.log_to(Run(tmp_path)):
        try:
            raise OSError("the disk is gone")
        except OSError:
            logging.getLogger("cftui.training").exception("training failed")
    assert capfd.readouterr().err == "", "no traceback on a terminal"


def test_the_log_tells_when_and_how_grave(tmp_path: Path) -> None:
    with surroundings.log_to(Run(tmp_path)):
        logging.getLogger("cftui.training").error("the disk is full")
    logging.getLogger("cftui.training").error("nobody listens")
    line = (tmp_path / "log.txt").read_text()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} ERROR the disk is full\n", line)


def test_a_crash_leaves_its_story_in_the_log(tmp_path: Path) -> None:
    code = (
        "import faulthandler, pathlib, resource\n"
        "from cftui.runs.directory import Run\nfrom cftui.training.surroundings import log_to\n"
        "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))\n"
        f"with log_to(Run(pathlib.Path({str(tmp_path)!r}))):\n    faulthandler._sigsegv()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == -signal.SIGSEGV
    assert "Fatal Python error: Segmentation fault" in (tmp_path / "log.txt").read_text()


def test_signals_are_given_back() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with StopSignals(lambda: None) as stop:
        assert not stop()
        signal.raise_signal(signal.SIGTERM)
        assert stop() and stop.received == signal.SIGTERM
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


@pytest.fixture
def hangup() -> object:
    before = signal.getsignal(signal.SIGHUP)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("hangup")
def test_a_run_that_lives_elsewhere_is_not_taken_over(tmp_path: Path) -> None:
    ratings = open_small(tmp_path / "small", n=300)
    record = record_of("far", ratings, host="elsewhere", state="running")
    run, lock = create_run(record, small_config())
    lock.release()
    with pytest.raises(RunHeld, match=r"far is on elsewhere, last heard \d s ago; it can go on"):
        resume_run(run, lambda _: None, began=0.0)
    assert run.record() == record


@pytest.mark.usefixtures("hangup")
def test_weights_that_were_there_once_are_not_trained_anew_unasked(tmp_path: Path) -> None:
    ratings = open_small(tmp_path / "small", n=300)
    record = record_of("r", ratings, state="stopped", step=500)
    run, lock = create_run(record, small_config())
    lock.release()
    with pytest.raises(CheckpointError, match="no such checkpoint"):
        resume_run(run, lambda _: None, began=0.0)
    RunLock(run.lock).release()  # given back
