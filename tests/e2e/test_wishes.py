"""Wishes from several processes to one live run."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from small import cli, command, wait_for, write_ratings

from cftui.runs.control import send
from cftui.runs.directory import Run
from cftui.runs.event_log import read_events
from cftui.runs.events import Control

SENDER = """
import sys, time
from pathlib import Path
from cftui.runs.control import send
for number in range(100):
    send(Path(sys.argv[1]), "learning-rate", float(sys.argv[2]) + number)
    if number % 10 == 0:
        time.sleep(0.01)
"""


def controls(run: Run) -> list[Control]:
    return [event for event in read_events(run.events) if isinstance(event, Control)]


def live_run(tmp_path: Path, home: Path) -> tuple[Run, "subprocess.Popen[bytes]"]:
    source = write_ratings(tmp_path / "small")
    process = subprocess.Popen(
        command("train", "--data", str(source), "--factors", "8", "--epochs", "9999", "--id", "r"),
        stdout=subprocess.DEVNULL,
    )
    return Run(home / "data" / "runs" / "r"), process


def test_wishes_of_every_kind_in_order_and_soon(tmp_path: Path, home: Path) -> None:
    """One life: while torch loads, three senders of a hundred, one at a time, and the shell."""
    run, process = live_run(tmp_path, home)
    try:
        wait_for((run.path / "run.json").exists)
        early = send(run.path, "pause")  # it is still importing torch
        assert not run.has_weights
        (run.path / "control" / f"{time.time_ns():020d}-7.json").write_text("{ torn")
        wait_for(lambda: len(controls(run)) == 2)
        first, torn = controls(run)
        assert (first.sent_ns, first.outcome) == (early.sent_ns, "obeyed")
        assert torn.outcome.startswith("refused: ")
        assert wait_for(lambda: run.record().state == "paused")

        senders = [
            subprocess.Popen([sys.executable, "-c", SENDER, str(run.path), base])
            for base in ("1e3", "2e3", "3e3")
        ]
        assert [sender.wait(timeout=60) for sender in senders] == [0, 0, 0]
        wait_for(lambda: len(controls(run)) == 302)
        told = controls(run)[2:]
        assert {event.outcome for event in told} == {"obeyed"}
        assert [e.sent_ns for e in told] == sorted({e.sent_ns for e in told})
        for sender in senders:
            own = [e.value for e in told if e.sender.endswith(f":{sender.pid}")]
            assert own == sorted(own, key=float) and len(own) == 100  # type: ignore[arg-type]

        send(run.path, "learning-rate", 0.01)
        wait_for(lambda: len(controls(run)) == 303)
        shell = cli("runs", "resume", "r")
        assert shell.returncode == 0 and "resume obeyed" in shell.stdout
        for _ in range(12):
            time.sleep(0.12)
            send(run.path, "checkpoint")
        wait_for(lambda: len(controls(run)) == 316)
        delays = [event.time - event.sent_ns / 1e9 for event in controls(run)[-12:]]
        # The median, since the machine may be busy with other tests for a moment.
        assert median(delays) < 0.2
        done = cli("runs", "set", "r", "lr=0.005")
        assert done.stdout.startswith("r: learning-rate obeyed at step "), done.stderr
        assert cli("runs", "set", "r", "lr=-1").returncode == 2
        assert cli("runs", "set", "r", "momentum=0.5").returncode == 2
        refused = cli("runs", "rm", "r", "--yes")
        assert refused.returncode == 1 and "is live" in refused.stderr and run.events.exists()
        assert "stop obeyed" in cli("runs", "stop", "r").stdout
        assert process.wait(timeout=30) == 0
        assert cli("runs", "pause", "r").returncode == 1  # nobody there to obey
        assert not list((run.path / "control").glob("[!.]*"))
    finally:
        process.kill()


def test_wishes_to_a_dead_trainer_are_discarded_by_the_next(tmp_path: Path, home: Path) -> None:
    run, process = live_run(tmp_path, home)
    try:
        wait_for(lambda: run.has_weights)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        old = send(run.path, "stop")
        process = subprocess.Popen(command("runs", "resume", "r"), stdout=subprocess.DEVNULL)
        wait_for(lambda: controls(run))
        (told,) = controls(run)
        assert told.sent_ns == old.sent_ns and told.outcome.startswith("discarded")
        assert process.poll() is None
    finally:
        process.kill()
