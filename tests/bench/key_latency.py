"""From a key's byte to the first output that moves the cursor row, beside a live chart.

The epoch table has the focus, the trainer runs the lesson's recipe on the bundled ratings. Also
the bytes that a live chart and an idle screen send.
"""

import argparse
import contextlib
import json
import random
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pyte
from measuring import COLUMNS, ROWS, Pty, a_home, busy, latencies, percentile, verdict
from terminal import CFTUI, environment

P95_MS, P99_MS = 40.0, 100.0
LIVE_BYTES = 60_000
FRAMES, STEP_EVENTS = 2.0, 10.0
EPOCHS_FIRST = 4
LEFT = 43
"""Column at which charts and epochs begin."""
MARK = "\u203a"
MOST_TABS = 6


def epochs_done(home: Path) -> list[dict[str, float]]:
    """Return the events of the newest run."""
    file = max((home / "data" / "runs").glob("*/events.jsonl"))
    return [json.loads(line) for line in file.read_text().splitlines(keepends=True) if "\n" in line]


def count(home: Path, kind: str) -> int:
    """Return how many events of a kind the run has written."""
    return sum(event["event"] == kind for event in epochs_done(home))


def type_keys(terminal: Pty, home: Path, n: int, seed: int) -> list[tuple[float, int]]:
    """Move the cursor at random, 50 to 250 ms apart; return when, and to which epoch."""
    chance = random.Random(seed)
    terminal.write(b"\x1b[H")
    terminal.read(1.0)
    rows, epoch, keys = count(home, "epoch"), 1, []
    for _ in range(n):
        down = epoch == 1 or (epoch < rows and chance.random() < 0.5)
        epoch += 1 if down else -1
        keys.append((terminal.write(b"\x1b[B" if down else b"\x1b[A"), epoch))
        terminal.read(chance.uniform(0.05, 0.25))
    return keys


def line(screen: pyte.Screen, row: int) -> str:
    """Return a line of the right half."""
    return "".join(screen.buffer[row][column].data for column in range(LEFT, COLUMNS))


def epoch_at(screen: pyte.Screen) -> int | None:
    """Return the epoch that the cursor is on."""
    marked = [text for row in range(ROWS - 12, ROWS) if MARK in (text := line(screen, row))]
    words = marked[0].partition(MARK)[2].split() if marked else []
    return int(words[0]) if words and words[0].isdigit() else None


def replay(terminal: Pty) -> tuple[list[tuple[float, int | None]], list[float]]:
    """Return what the cursor was on after each piece, and when the loss chart was painted anew."""
    screen = pyte.Screen(COLUMNS, ROWS)
    stream = pyte.ByteStream(screen)
    seen: list[tuple[float, int | None]] = []
    frames: list[float] = []
    chart: list[str] = []
    for at, data in terminal.pieces:
        screen.dirty.clear()
        stream.feed(data)
        seen.append((at, epoch_at(screen)))
        if any(row < 18 for row in screen.dirty):
            now = [line(screen, row) for row in range(2, 18)]
            if now != chart and (not frames or at - frames[-1] > 0.1):
                frames.append(at)
            chart = now
    return seen, frames


def start(home: Path, settings: dict[str, dict[str, object]]) -> Pty:
    """Open the screen, start a run with its keys, and put the focus on the epoch table."""
    (home / "state").mkdir(parents=True)
    state = {"settings": {**settings, "training": {"epochs": 10_000, **settings["training"]}}}
    (home / "state" / "session.json").write_text(json.dumps(state))
    ingest = [*CFTUI, "data", "ingest"]
    subprocess.run(ingest, env=environment(home), check=True, capture_output=True)
    terminal = Pty(CFTUI, home)
    terminal.wait_for_text("100,004 ratings", "steps an epoch")
    terminal.write(b"s")
    terminal.wait_for_text("steps/s")
    while count(home, "epoch") < EPOCHS_FIRST:
        terminal.read(0.5)
    terminal.write(b"r")
    terminal.read(0.5)
    for _ in range(MOST_TABS):
        terminal.write(b"\t")
        terminal.read(0.5)
        terminal.write(b"\x1b[H")
        terminal.read(0.5)
        if epoch_at(terminal.screen()) == 1:
            return terminal
    raise RuntimeError("the tab key comes to no table of epochs")


def idle_bytes(terminal: Pty) -> int:
    """Return what comes in 10 s, once nothing has come for 3 s."""
    settled = time.perf_counter()
    while time.perf_counter() - settled < 3:
        before = len(terminal.pieces)
        terminal.read(0.5)
        if len(terminal.pieces) > before:
            settled = time.perf_counter()
    began = time.perf_counter()
    terminal.read(10.0)
    return terminal.bytes_between(began, time.perf_counter())


def main() -> int:
    """Measure; return 1 if a bound is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--threads", type=int, default=0)
    choice = parser.parse_args()
    training = {"batch_size": choice.batch_size, "threads": choice.threads}
    with contextlib.contextmanager(a_home)() as home:
        terminal = start(home, {"training": training})
        events, began = count(home, "step"), time.perf_counter()
        keys = type_keys(terminal, home, choice.keys, choice.seed)
        terminal.read(1.0)
        ended = time.perf_counter()
        events = count(home, "step") - events
        load = busy()
        terminal.read(20.0)
        live = terminal.bytes_between(ended, time.perf_counter()) / (time.perf_counter() - ended)
        terminal.write(b"x")
        terminal.wait_for_text("stopped")
        idle = {"Train": idle_bytes(terminal)}
        terminal.write(b"5")
        terminal.wait_for_text("Would like")
        idle["Explore"] = idle_bytes(terminal)
        terminal.kill()
        seen, frames = replay(terminal)
    took = latencies(keys, seen)
    within = [at for at in frames if began <= at < ended]
    print(
        f"{len(keys)} keys in {ended - began:.0f} s, ms: p50 {statistics.median(took):.1f}"
        f" p95 {percentile(took, 0.95):.1f} p99 {percentile(took, 0.99):.1f} most {max(took):.1f};"
        f" {load}"
    )
    held = [
        verdict("key p95, ms", percentile(took, 0.95), P95_MS),
        verdict("key p99, ms", percentile(took, 0.99), P99_MS),
        verdict("step events a second", events / (ended - began), STEP_EVENTS, at_most=False),
        verdict("frames a second", len(within) / (ended - began), FRAMES, at_most=False),
        verdict("live chart, bytes/s", live, LIVE_BYTES),
        *(verdict(f"idle {pane}, bytes in 10 s", sent, 0) for pane, sent in idle.items()),
    ]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
