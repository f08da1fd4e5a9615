"""Kill -9 the real trainer again and again: nothing is lost but a few steps.

CFTUI_KILLS says how often (2 by default; 20 take some three minutes an optimizer), and
CFTUI_KILL_SEED when. Models with features are killed only where CFTUI_KILLS is said.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil
import pytest
from small import cli, command, here, make_bench, small_config, wait_for, write_ratings

from cftui.ratings.store import open_ratings
from cftui.runs.checkpoint import load_checkpoint
from cftui.runs.control import send
from cftui.runs.directory import Run
from cftui.runs.event_log import EventTail, read_events, settled
from cftui.runs.events import (
    Checkpointed,
    Control,
    Epoch,
    Event,
    Finished,
    Resumed,
    Step,
    from_json,
)
from cftui.runs.history import read_history

KILLS = int(os.environ.get("CFTUI_KILLS", "2"))
STEPS_PER_EPOCH = 63
SEED = int(os.environ.get("CFTUI_KILL_SEED", "1"))


@dataclass
class Victim:
    """A run, the process that trains it now, and what was seen of its deaths."""

    run: Run
    process: "subprocess.Popen[bytes]"
    lives: list[list[Event]] = field(default_factory=list)
    died_after: list[float] = field(default_factory=list)
    while_writing: int = 0

    def kill(self, *, while_writing: bool, asking: bool = False) -> None:
        """Kill it; `asking`: for checkpoints, until one is seen being written."""
        if while_writing:
            deadline = time.monotonic() + 20
            asked = time.monotonic()
            while time.monotonic() < deadline:
                if asking and time.monotonic() > asked + 0.3:
                    send(self.run.path, "checkpoint")
                    asked = time.monotonic()
                if self.is_writing():
                    os.kill(self.process.pid, signal.SIGSTOP)
                    wait_for(lambda: psutil.Process(self.process.pid).status() == "stopped")
                    if self.is_writing():  # held in the midst of it
                        break
                    os.kill(self.process.pid, signal.SIGCONT)
            else:
                raise AssertionError("no checkpoint was seen being written")
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        killed = time.monotonic()
        wait_for(lambda: self.run.status().shown == "died")
        self.died_after.append(time.monotonic() - killed)
        self.while_writing += bool(list(self.run.path.glob(".last.safetensors.*")))
        (row,) = [json.loads(line) for line in cli("runs", "list", "--json").stdout.splitlines()]
        assert row["state"] == "died" and row["alive"] is False

    def is_writing(self) -> bool:
        begun = f".last.safetensors.{self.process.pid}-*"
        return any(True for _ in self.run.path.glob(begun))

    def go_on(self) -> None:
        self.process = subprocess.Popen(
            command("runs", "resume", self.run.id), stdout=subprocess.DEVNULL
        )

    def until_it_steps(self, since: int) -> None:
        """Wait until the process has told of a step after so many bytes of events."""

        def stepping() -> bool:
            assert self.process.poll() is None, "it ended before it could be killed"
            if not self.run.events.exists():
                return False
            with self.run.events.open("rb") as file:
                file.seek(since)
                return b'"event":"step"' in file.read()

        wait_for(stepping)


def start(source: Path, home: Path, *words: str) -> Victim:
    process = subprocess.Popen(
        command("train", "--data", str(source), "--factors", "8", "--id", "victim", *words),
        stdout=subprocess.DEVNULL,
    )
    return Victim(Run(home / "data" / "runs" / "victim"), process)


def size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def finish(victim: Victim) -> None:
    victim.go_on()
    assert victim.process.wait(timeout=240) == 0


def weights(run: Run, kind: str) -> dict[str, bytes]:
    loaded = load_checkpoint(run.last if kind == "last" else run.best)
    return {name: array.tobytes() for name, array in loaded.arrays.items()}


@pytest.fixture(autouse=True)
def no_orphans() -> Iterator[None]:
    yield
    import psutil

    for child in psutil.Process().children(recursive=True):
        child.kill()


SETTINGS: dict[str, dict[str, Any]] = {
    "sgd": {},
    "adam with restarts": {
        "optimizer": {"name": "adam"},
        "schedule": {"name": "cosine-restarts", "cycle_len": 1, "cycle_mult": 2},
    },
    "fm": {
        "model": {"name": "fm", "fields": "all", "members": 2},
        "training": {"batch_size": 64},
    },
}
WORDS = {
    "sgd": [],
    "adam with restarts": ["--optimizer", "adam", "--schedule", "cosine-restarts"],
    "fm": [
        *("--model", "fm", "--batch-size", "64"),
        *("--set", "model.fields=all", "--set", "model.members=2"),
    ],
}
ASKED = "CFTUI_KILLS" in os.environ
asked_alone = pytest.mark.skipif(not ASKED, reason="CFTUI_KILLS does not say how often")


@pytest.mark.parametrize("kind", [*list(SETTINGS)[:2], pytest.param("fm", marks=asked_alone)])
def test_killed_again_and_again_it_ends_where_an_undisturbed_run_ends(
    kind: str, tmp_path: Path, home: Path
) -> None:
    dice = random.Random(f"{SEED} {kind}")
    epochs = 20 + (2 if kind == "fm" else 10) * KILLS  # its epochs take longer
    source = write_ratings(tmp_path / "small")
    training = {**SETTINGS[kind].get("training", {}), "epochs": epochs}
    config = small_config(source, **{**SETTINGS[kind], "training": training})
    words = ["--epochs", str(epochs), "--set", "training.threads=1", "--device", "cpu"]
    victim = start(source, home, *words, *WORDS[kind])
    for number in range(KILLS):
        victim.until_it_steps(size(victim.run.events))
        time.sleep(dice.uniform(0, 0.4))
        if number % 2:
            send(victim.run.path, "checkpoint")  # one in mid-epoch
            time.sleep(dice.uniform(0, 0.06))
        victim.kill(while_writing=number % 3 == 2 or number == 1)
        victim.go_on()
    assert victim.process.wait(timeout=240) == 0
    assert max(victim.died_after) < 2.0
    assert victim.while_writing >= 1
    check_the_tale(victim.run, KILLS)

    bench = make_bench(config, open_ratings(source), "undisturbed")
    bench.trainer.train()
    assert any(name.startswith("parameters/") for name in weights(victim.run, "best"))
    for part in ("last", "best"):
        assert weights(victim.run, part) == weights(bench.run, part)
    tell_the_same_losses(victim.run, bench.engine.losses)


@asked_alone
def test_a_chain_killed_again_and_again_ends_where_an_undisturbed_one_ends(
    tmp_path: Path, home: Path
) -> None:
    """Its sweeps are quick: a checkpoint of it is asked for, or due after some seconds."""
    dice = random.Random(f"{SEED} bayes-fm")
    source = write_ratings(tmp_path / "small")
    sweeps = str(1000 + 300 * KILLS)
    words = ["--model", "bayes-fm", "--epochs", sweeps, "--set", "model.fields=all"]
    words += ["--set", "model.chains=1"]
    victim = start(source, home, *words)
    for number in range(KILLS):
        victim.until_it_steps(size(victim.run.events))
        time.sleep(dice.uniform(0, 0.4))
        if number % 4 != 3:
            send(victim.run.path, "checkpoint")
            time.sleep(dice.uniform(0, 0.06))
        victim.kill(while_writing=number % 4 == 1, asking=True)
        victim.go_on()
    assert victim.process.wait(timeout=240) == 0
    assert max(victim.died_after) < 2.0
    assert victim.while_writing >= 1
    whole = subprocess.Popen(
        command(*("train", "--data", str(source), "--factors", "8", "--id", "undisturbed", *words)),
        stdout=subprocess.DEVNULL,
    )
    assert whole.wait(timeout=240) == 0
    other = weights(Run(victim.run.path.with_name("undisturbed")), "last")
    assert weights(victim.run, "last") == other and "state/chain0/factors" in other


def check_the_tale(run: Run, kills: int) -> None:
    """Check the raw events: what was repeated, and that settled it has neither gap nor repeat."""
    lines = run.events.read_bytes().splitlines()
    raw = [from_json(line) for line in lines]
    assert None not in raw  # no torn line anywhere
    repeated, reached, saved = [], 0, 0
    for event in raw:
        match event:
            case Checkpointed():
                saved = event.step
            case Step():
                reached = max(reached, event.step)
            case Resumed():
                # The checkpoint may be on disk though its event never got there.
                assert event.step >= saved
                repeated.append(reached - event.step)
                reached = event.step
    assert len(repeated) == kills
    assert max(repeated) <= STEPS_PER_EPOCH
    kept = settled(event for event in raw if event is not None)
    steps = [event.step for event in kept if isinstance(event, Step)]
    assert steps == sorted(set(steps))
    epochs = [event for event in kept if isinstance(event, Epoch)]
    assert [event.epoch for event in epochs] == list(range(1, len(epochs) + 1))
    assert [event.step for event in epochs] == [STEPS_PER_EPOCH * e.epoch for e in epochs]
    assert isinstance(kept[-1], Finished) and kept[-1].step == steps[-1] == epochs[-1].step
    history = read_history(run.events)
    assert list(history.curve.step) == steps and history.end == kept[-1]
    assert history.epochs == epochs
    # Cut nowhere between two events: each begins where the one before it ended.
    seconds = [event.seconds for event in kept if isinstance(event, Step)]
    assert all(before <= after for before, after in pairwise(seconds))


def tell_the_same_losses(run: Run, losses: list[float]) -> None:
    steps = [event for event in settled(read_events(run.events)) if isinstance(event, Step)]
    begin = 0
    for event in steps:
        own = losses[begin : event.step]
        assert event.loss == pytest.approx(sum(own) / len(own), abs=1e-12)
        begin = event.step
    assert begin == len(losses)


def test_a_changed_learning_rate_survives_death(tmp_path: Path, home: Path) -> None:
    source = write_ratings(tmp_path / "small")
    victim = start(source, home, "--epochs", "30", "--set", "training.threads=1")
    victim.until_it_steps(0)
    send(victim.run.path, "pause")
    tail = EventTail(victim.run.events)
    seen: list[Event] = []

    def told(wish: str) -> bool:
        seen.extend(tail.read())
        return any(
            isinstance(event, Control)
            and event.wish == wish
            and any(isinstance(later, Checkpointed) for later in seen[place:])
            for place, event in enumerate(seen)
        )

    wait_for(lambda: told("pause"))
    send(victim.run.path, "learning-rate", 0.03)
    wait_for(lambda: told("learning-rate"))
    time.sleep(0.2)
    copy = Run(victim.run.path.with_name("copy"))
    shutil.copytree(victim.run.path, copy.path)
    send(victim.run.path, "resume")
    victim.until_it_steps(size(victim.run.events))
    os.kill(victim.process.pid, signal.SIGKILL)
    victim.process.wait()
    finish(victim)
    assert here("runs", "resume", "copy") == 0
    for part in ("last", "best"):
        assert weights(victim.run, part) == weights(copy, part)
    changed = next(e.step for e in seen if isinstance(e, Control) and e.wish == "learning-rate")
    kept = [event for event in settled(read_events(victim.run.events)) if isinstance(event, Step)]
    assert {event.learning_rate for event in kept if event.step <= changed} == {0.1}
    assert {event.learning_rate for event in kept if event.step > changed} == {0.03}


def test_a_run_that_died_before_its_first_checkpoint_begins_again(
    tmp_path: Path, home: Path
) -> None:
    source = write_ratings(tmp_path / "small")
    victim = start(source, home, "--epochs", "2")
    wait_for((victim.run.path / "lock").exists)
    os.kill(victim.process.pid, signal.SIGKILL)
    victim.process.wait()
    assert not victim.run.has_weights
    listed = cli("runs", "list", "--json")
    assert json.loads(listed.stdout)["state"] == "died"
    finish(victim)
    history = read_history(victim.run.events)
    assert history.started is not None and [e.epoch for e in history.epochs] == [1, 2]
    resumed = [e for e in read_events(victim.run.events) if isinstance(e, Resumed)]
    assert [event.step for event in resumed] == [0]


def test_two_that_go_on_at_once(tmp_path: Path, home: Path) -> None:
    source = write_ratings(tmp_path / "small")
    victim = start(source, home, "--epochs", "25")
    victim.until_it_steps(0)
    os.kill(victim.process.pid, signal.SIGKILL)
    victim.process.wait()
    with victim.run.events.open("ab") as file:
        file.write(b'{"event":"step","step":99')  # as a death in the middle of a line leaves it
    rivals = [
        subprocess.Popen(
            command("runs", "resume", "victim"), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        for _ in range(2)
    ]
    said = {rival.pid: rival.communicate(timeout=240)[1].decode() for rival in rivals}
    codes = {rival.pid: rival.returncode for rival in rivals}
    winner = next(pid for pid, code in codes.items() if code == 0)
    loser = next(pid for pid, code in codes.items() if code == 1)
    assert said[loser].startswith("cftui: victim is held by process ")
    assert f"process {winner} on " in said[loser] and "Traceback" not in said[loser]
    check_the_tale(victim.run, 1)
