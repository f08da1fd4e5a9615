"""A thousand runs: opening pane 4, filtering as one types, and eight live ones on one chart.

The runs are real directories with recorded events. The live ones are processes that hold their
locks and append such events at the rate of a trainer: eight trainers would leave no CPU.
"""

import argparse
import contextlib
import json
import os
import random
import re
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyte
from measuring import COLUMNS, ROWS, Pty, a_home, busy, latencies, percentile, verdict
from terminal import CFTUI, environment

from cftui import paths
from cftui.config import RunConfig, make_config
from cftui.runs.annotations import write_annotations
from cftui.runs.directory import create_run
from cftui.runs.event_log import EventLog
from cftui.runs.events import Step, from_json
from cftui.runs.filters import chosen
from cftui.runs.index import RunsIndex
from cftui.runs.record import RunRecord

OPEN_MS, FILTER_P95_MS, KEY_P95_MS = 300.0, 60.0, 60.0
EVENTS = Path(__file__).parents[1] / "tui" / "recorded_events.jsonl"
LIVE, EVENTS_A_SECOND = 8, 20
MARK = "\u203a"
FILTERS = ("adam mse<0.8", "run 00 time>1", "optimizer:sgd lr<0.05", "nothing")
NAME = re.compile(r"(?:run|live) \d+")


def record_of(run_id: str, config: RunConfig, **changes: object) -> RunRecord:
    """Return the record of a run on ratings that are not there."""
    values: dict[str, object] = {
        "run": run_id, "state": "finished", "pid": os.getpid(), "host": socket.gethostname(),
        "created": time.time(), "data_name": "ml-latest-small", "data_source": "/ratings",
        "store": "/store", "fingerprint": "f", "n_users": 671, "n_items": 9066, "low": 0.5,
        "high": 5.0, "epochs": config.training.epochs, "epoch": 3, "step": 3753,
        "steps_per_epoch": 1251,
    }  # fmt: skip
    return RunRecord(**{**values, **changes})  # type: ignore[arg-type]


def make_runs(count: int) -> None:
    """Make ended runs, each with its settings, events and name."""
    chance = random.Random(1)
    for number in range(count):
        optimizer = chance.choice(["sgd", "adam"])
        rate = {"name": optimizer, "learning_rate": chance.choice([0.001, 0.01, 0.1])}
        config = make_config({"optimizer": rate})
        state = chance.choice(["finished", "finished", "finished", "stopped", "failed"])
        run_id = f"20260101-{number:06}-dot-bias-{optimizer}-abcd"
        best = chance.uniform(0.75, 0.9)
        run, lock = create_run(record_of(run_id, config, state=state, best_valid_mse=best), config)
        lock.release()
        shutil.copy(EVENTS, run.events)
        run.last.write_bytes(b"weights")
        write_annotations(run.path, name=f"run {number:04}")


def live(number: int) -> None:
    """Be a run that trains: hold the lock, append events, and write the record each second."""
    config = make_config({"training": {"epochs": 1000}})
    run_id = f"20261231-00000{number}-dot-bias-sgd-live"
    record = record_of(run_id, config, state="running", epoch=0, step=0)
    run, lock = create_run(record, config)
    write_annotations(run.path, name=f"live {number}", mark=number)
    log = EventLog(run.events)
    recorded = [event for line in EVENTS.read_text().splitlines() if (event := from_json(line))]
    steps = [event for event in recorded if isinstance(event, Step)]
    log.write(recorded[0])
    began = time.time()
    for count in range(10**9):
        event = steps[count % len(steps)]
        step, seconds = count * 30 + 1, count / EVENTS_A_SECOND
        log.write(Step(**{**vars(event), "step": step, "seconds": seconds}))
        if count % EVENTS_A_SECOND == 0:
            run.write_record(record_of(run_id, config, state="running", epoch=0, step=step))
            lock.beat()
        time.sleep(max(0.0, began + (count + 1) / EVENTS_A_SECOND - time.time()))


class Replay:
    """What the screen showed after each piece of output."""

    def __init__(self, terminal: Pty) -> None:
        screen = pyte.Screen(COLUMNS, ROWS)
        stream = pyte.ByteStream(screen)
        self.seen: list[tuple[float, list[str]]] = []
        for at, data in terminal.pieces:
            stream.feed(data)
            self.seen.append((at, screen.display))

    def took(self, since: float, shown: Callable[[list[str]], bool]) -> float:
        """Return milliseconds from a time to the output after which the screen shows something."""
        later = (at for at, lines in self.seen if at > since and shown(lines))
        return 1000 * (next(later, float("inf")) - since)


def start(home: Path) -> Pty:
    """Open the screen in the Train pane, and wait until it has come to rest."""
    (home / "state").mkdir(parents=True, exist_ok=True)
    (home / "state" / "session.json").write_text(json.dumps({"pane": "train"}))
    terminal = Pty(CFTUI, home)
    terminal.wait_for_text("100,004 ratings", "steps an epoch")
    terminal.read(2.0)
    return terminal


def opening(home: Path, count: int, *, remembered: bool) -> float:
    """Return milliseconds from key 4 to the list of runs on screen."""
    if not remembered:
        (home / "state" / "runs-index.json").unlink(missing_ok=True)
    terminal = start(home)
    pressed = terminal.write(b"4")
    terminal.read(1.5)
    terminal.kill()
    total = f"{count:,} of {count:,} runs"
    newest = f"run {count - 1:04}"
    return Replay(terminal).took(
        pressed, lambda lines: total in lines[1] and any(newest in row for row in lines)
    )


def typing(terminal: Pty, count: int) -> list[float]:
    """Return milliseconds from each typed letter to the list that fits what is typed by then."""
    rows = RunsIndex().refresh()
    typed = []
    for words in FILTERS:
        terminal.write(b"/")
        terminal.read(0.5)
        for end in range(1, len(words) + 1):
            typed.append((terminal.write(words[end - 1].encode()), words[:end]))
            terminal.read(0.2)
        for _ in range(2):  # to the list, then to an empty filter
            terminal.write(b"\x1b")
            terminal.read(0.5)
    replay, took = Replay(terminal), []
    for at, words in typed:
        listed = f"{len(chosen(rows, words)):,} of {count:,} runs"
        wanted = (f" {words.strip()} ", listed)
        took.append(replay.took(at, lambda lines, w=wanted: all(one in lines[1] for one in w)))  # type: ignore[misc]
    return took


def cursor_name(lines: list[str]) -> str | None:
    """Return the name of the run under the cursor."""
    for line in lines[2:20]:
        if MARK in line and (found := NAME.search(line)):
            return found[0]
    return None


def steering(terminal: Pty, keys: int, order: list[str]) -> list[float]:
    """Return milliseconds from each arrow key to the cursor on its run."""
    chance = random.Random(1)
    place, pressed = 0, []
    terminal.write(b"\x1b[H")
    terminal.read(1.0)
    for _ in range(keys):
        down = place == 0 or chance.random() < 0.5
        place += 1 if down else -1
        pressed.append((terminal.write(b"\x1b[B" if down else b"\x1b[A"), order[place]))
        terminal.read(chance.uniform(0.05, 0.25))
    terminal.read(1.0)
    seen = [(at, cursor_name(lines)) for at, lines in Replay(terminal).seen]
    return latencies(pressed, seen)


def with_live(home: Path, keys: int) -> tuple[list[float], float]:
    """Return the latencies of keys beside eight live runs on one chart, and its bytes a second."""
    command = [sys.executable, __file__, "--live"]
    trainers = [
        subprocess.Popen([*command, str(number)], env=environment(home))
        for number in range(1, LIVE + 1)
    ]
    try:
        time.sleep(5.0)
        terminal = start(home)
        terminal.write(b"4")
        terminal.wait_for_text("8 live", "H live 8")
        terminal.write(b"v")
        terminal.wait_for_text("training loss")
        terminal.read(2.0)
        order = [row.name for row in RunsIndex().refresh()]
        began = time.perf_counter()
        took = steering(terminal, keys, order)
        ended = time.perf_counter()
        terminal.read(10.0)
        sent = terminal.bytes_between(ended, time.perf_counter()) / (time.perf_counter() - ended)
        print(f"{keys} keys in {ended - began:.0f} s beside {LIVE} live runs")
        terminal.kill()
        return took, sent
    finally:
        for trainer in trainers:
            trainer.kill()
            trainer.wait()


def main() -> int:
    """Measure; return 1 if a bound is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--keys", type=int, default=200)
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--live", type=int, help=argparse.SUPPRESS)
    choice = parser.parse_args()
    if choice.live:
        live(choice.live)
    with contextlib.contextmanager(a_home)() as home:
        os.environ[paths.HOME_VARIABLE] = str(home)
        ingest = [*CFTUI, "data", "ingest"]
        subprocess.run(ingest, env=environment(home), check=True, capture_output=True)
        make_runs(choice.runs)
        fresh = [opening(home, choice.runs, remembered=False) for _ in range(choice.starts)]
        known = [opening(home, choice.runs, remembered=True) for _ in range(choice.starts)]
        print(
            f"opening, ms: {[round(ms) for ms in fresh]}, {[round(ms) for ms in known]}; {busy()}"
        )
        terminal = start(home)
        terminal.write(b"4")
        terminal.wait_for_text(f"of {choice.runs:,} runs")
        letters = typing(terminal, choice.runs)
        terminal.kill()
        print(f"{len(letters)} letters, ms: p50 {statistics.median(letters):.1f}; {busy()}")
        keys, sent = with_live(home, choice.keys)
        print(f"keys, ms: p50 {statistics.median(keys):.1f} most {max(keys):.1f}; {busy()}")
    held = [
        verdict("opening, nothing remembered, median ms", statistics.median(fresh), OPEN_MS),
        verdict("opening, remembered, median ms", statistics.median(known), OPEN_MS),
        verdict("letter of a filter p95, ms", percentile(letters, 0.95), FILTER_P95_MS),
        verdict("key p95 beside 8 live runs, ms", percentile(keys, 0.95), KEY_P95_MS),
        verdict("8 live curves, bytes/s", sent, 60_000),
    ]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
