"""Signals, lost terminals, closed pipes and full disks: what they do to a real trainer."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pexpect
import pytest
from small import cli, command, here, wait_for, write_ratings

from cftui.runs.checkpoint import load_checkpoint
from cftui.runs.directory import Run
from cftui.runs.event_log import read_events
from cftui.runs.events import Failed, Finished


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_ratings(tmp_path / "small", n=2000)


@pytest.fixture
def run(home: Path) -> Run:
    return Run(home / "data" / "runs" / "r")


@pytest.fixture(autouse=True)
def no_orphans() -> Iterator[None]:
    yield
    import psutil

    for child in psutil.Process().children(recursive=True):
        child.kill()


def train_words(source: Path, epochs: int = 9999) -> list[str]:
    words = ["train", "--data", str(source), "--factors", "8", "--epochs", str(epochs)]
    return command(*words, "--id", "r")


def stepping(run: Run) -> bool:
    return run.events.exists() and b'"event":"step"' in run.events.read_bytes()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_one_signal_stops_with_a_checkpoint(
    number: signal.Signals, code: int, source: Path, run: Run
) -> None:
    process = subprocess.Popen(train_words(source), stdout=subprocess.PIPE, text=True)
    wait_for(lambda: stepping(run))
    process.send_signal(number)
    said, _ = process.communicate(timeout=90)
    assert process.returncode == code
    assert "go on with: cftui runs resume r" in said
    end = list(read_events(run.events))[-1]
    assert isinstance(end, Finished) and (end.outcome, end.signal) == ("stopped", number)
    record = run.record()
    assert record.state == "stopped" and record.step == end.step
    assert load_checkpoint(run.last).step == end.step


def test_two_signals_end_at_once(source: Path, run: Run) -> None:
    """Torch is still loading: the first signal can only be noted, the second must not wait."""
    process = subprocess.Popen(train_words(source), stdout=subprocess.DEVNULL)
    wait_for(run.events.exists)  # its handlers are there; a signal before that undoes the run
    deadline = time.monotonic() + 60
    while process.poll() is None:  # signals that come too fast are one to the system
        assert time.monotonic() < deadline, "it does not end"
        process.send_signal(signal.SIGINT)
        time.sleep(0.2)
    assert process.returncode == 130
    assert run.status().shown == "stopped"
    assert not [event for event in read_events(run.events) if isinstance(event, Finished)]


def unshielded() -> None:
    """Undo what a test run under nohup would hand down."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def test_a_terminal_that_closes_is_no_reason_to_stop(source: Path, run: Run) -> None:
    words = train_words(source, 60)
    terminal = pexpect.spawn(words[0], words[1:], dimensions=(24, 80), preexec_fn=unshielded)
    wait_for((run.path / "run.json").exists)
    os.kill(terminal.pid, signal.SIGHUP)  # torch is still loading
    terminal.expect("epoch", timeout=120)
    os.close(terminal.child_fd)  # the kernel sends SIGHUP, and every write fails from now on
    terminal.closed = True
    wait_for(lambda: run.record().state == "finished", 60)
    assert run.record().epoch == 60


def test_a_reader_that_leaves_is_no_reason_to_stop(source: Path, run: Run) -> None:
    pipeline = " ".join([*train_words(source, 8), "--json", "|", "head", "-1"])
    done = subprocess.run(
        pipeline, shell=True, capture_output=True, text=True, timeout=90, check=False
    )
    assert json.loads(done.stdout)["event"] == "started"
    assert "Traceback" not in done.stderr and "BrokenPipe" not in done.stderr
    wait_for(lambda: run.record().state == "finished")
    assert run.record().epoch == 8


def test_detached_it_outlives_the_session_that_started_it(source: Path, run: Run) -> None:
    words = [*train_words(source, 30), "--detach"]
    began = time.monotonic()
    terminal = pexpect.spawn(words[0], words[1:], dimensions=(24, 80))
    terminal.expect("training in the background", timeout=120)
    terminal.expect(pexpect.EOF, timeout=60)
    assert not run.has_weights and time.monotonic() - began < 90  # it did not wait for torch
    terminal.close(force=True)
    watching = cli("runs", "attach", "latest", "--json")
    assert watching.returncode == 0, watching.stderr
    assert json.loads(watching.stdout.splitlines()[-1])["outcome"] == "finished"
    assert run.record().state == "finished" and run.record().epoch == 30
    assert "epoch  30" in run.log.read_text()
    assert not list(run.path.parent.glob(".start-*"))


def test_a_loss_that_explodes_fails_and_goes_on_with_a_lower_rate(
    source: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    """Weights pushed past what float32 holds: the loss stays finite by the sigmoid, they do not."""
    words = [*train_words(source, 3)[3:], "--lr", "1000", "--set", "optimizer.weight_decay=10"]
    assert here(*words) == 1
    assert "Traceback" not in capsys.readouterr().err
    end = list(read_events(run.events))[-1]
    assert isinstance(end, Failed)
    assert "Lower the learning rate: cftui runs resume r --lr 100" in end.message
    assert run.record().state == "failed" and run.record().message == end.message
    kept = load_checkpoint(run.last)
    assert kept.step < end.step or kept.step == 0
    assert here("runs", "resume", "r", "--lr", "0.05") == 0
    assert run.record().state == "finished" and run.record().message == ""


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    try:
        done = subprocess.run(words, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount here")
    if done.returncode:
        pytest.skip("only root may mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=False)


def test_a_full_disk_fails_and_goes_on_when_there_is_room(
    source: Path,
    tiny_disk: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("CFTUI_HOME", str(tiny_disk))
    run = Run(tiny_disk / "data" / "runs" / "r")
    process = subprocess.Popen(
        train_words(source, 60), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    wait_for(run.best.exists)
    ballast = tiny_disk / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    _, said = process.communicate(timeout=120)
    assert process.returncode == 1 and "Traceback" not in said
    end = list(read_events(run.events))[-1]
    assert isinstance(end, Failed) and "make room" in end.message
    assert "cftui runs resume r" in end.message
    assert run.record().state == "failed"
    kept = load_checkpoint(run.last)
    assert 0 < kept.step <= end.step
    ballast.unlink()
    assert here("runs", "resume", "r", "--json") == 0
    first = json.loads(capsys.readouterr().out.splitlines()[0])
    assert (first["event"], first["step"]) == ("resumed", kept.step)
    assert run.record().epoch == 60
