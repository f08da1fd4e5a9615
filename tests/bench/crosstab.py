"""The sheet's solvers, and keys in the crosstab: 15 x 15, 200 x 500, and while the sheet learns.

A key counts from its byte to the first output that shows the cursor in its user's row.
"""

import argparse
import contextlib
import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyte
from measuring import COLUMNS, ROWS, Pty, a_home, busy, latencies, percentile, verdict
from terminal import CFTUI, environment

from cftui.paths import BUNDLED, bundled_folder
from cftui.ratings.crosstab import crosstab
from cftui.ratings.store import open_ratings
from cftui.sheet.solver import descend, solve, start_sheet

SOLVE_SECONDS, STEP_MS = 0.2, 1.0
STILL_P95_MS, LEARNING_P95_MS = 40.0, 60.0
FRAMES = 2.0
FACTORS = 5
"""Numbers that stand before a user's id."""
MARK = "\u25c2"


def solvers() -> Iterator[bool]:
    """Solve the lesson's sheet from twenty starts."""
    actual = crosstab(open_ratings(bundled_folder() / BUNDLED)).values
    solve(start_sheet(actual, 5, False, 99))  # loads the library
    took, errors = [], []
    for seed in range(20):
        sheet = start_sheet(actual, 5, False, seed)
        began = time.perf_counter()
        errors.append(solve(sheet, seconds=60).rmse)
        took.append(time.perf_counter() - began)
    print(f"RMSE of seeds 0 to 19: {' '.join(f'{error:.4f}' for error in sorted(errors))}")
    yield verdict("L-BFGS, worst RMSE", max(errors), 0.415)
    yield verdict("L-BFGS, middle RMSE", statistics.median(errors), 0.394)
    yield verdict("L-BFGS, median s", statistics.median(took), SOLVE_SECONDS)
    steps = []
    for seed in range(20):
        sheet = start_sheet(actual, 5, False, seed)
        began = time.perf_counter()
        descend(sheet, 100, 1.0, 0.9)
        steps.append((time.perf_counter() - began) * 10)
    yield verdict("a step of descent, median ms", statistics.median(steps), STEP_MS)


def start(home: Path, settings: dict[str, Any]) -> tuple[Pty, list[str]]:
    """Open the pane; return it with the ids of the users from top to bottom."""
    (home / "state").mkdir(parents=True, exist_ok=True)
    state = {"pane": "crosstab", "crosstab": settings}
    (home / "state" / "session.json").write_text(json.dumps(state))
    size = [f"--users={settings['users']}", f"--items={settings['items']}", "--json"]
    done = subprocess.run(
        [*CFTUI, "crosstab", *size], env=environment(home), check=True, capture_output=True
    )
    terminal = Pty(CFTUI, home)
    terminal.wait_for_text("100,004 ratings", "predicted", "RMSE")
    return terminal, json.loads(done.stdout)["users"]


def walk(terminal: Pty, users: list[str], n: int, *, down_only: bool) -> list[tuple[float, str]]:
    """Press up and down at random, or down; return when, and the user each key leads to."""
    chance, row, keys = random.Random(1), 0, []
    terminal.write(b"g")
    terminal.read(1.0)
    if down_only:  # from the last line on every key scrolls
        row = 30
        terminal.write(b"\x1b[B" * row)
        terminal.read(1.0)
    for _ in range(min(n, len(users) - 31) if down_only else n):
        down = down_only or row == 0 or (row < len(users) - 1 and chance.random() < 0.5)
        row += 1 if down else -1
        keys.append((terminal.write(b"\x1b[B" if down else b"\x1b[A"), users[row]))
        terminal.read(chance.uniform(0.05, 0.25))
    terminal.read(1.0)
    return keys


def replay(terminal: Pty) -> tuple[list[tuple[float, str]], list[float]]:
    """Return the user in the cursor's row after each piece, and when the sheet's words moved."""
    screen = pyte.Screen(COLUMNS, ROWS)
    stream = pyte.ByteStream(screen)
    seen, moved, before = [], [], ""
    for at, data in terminal.pieces:
        stream.feed(data)
        marked = [line for line in screen.display if MARK in line]
        seen.append((at, marked[0].split()[FACTORS] if marked else ""))
        words = screen.display[ROWS - 2]
        if words != before:
            moved.append(at)
            before = words
    return seen, moved


def keys_take(settings: dict[str, Any], n: int, *, learning: bool = False) -> tuple[float, float]:
    """Return the p95 of keys in ms, and how often a second the sheet's words moved."""
    with contextlib.contextmanager(a_home)() as home:
        terminal, users = start(home, settings)
        if learning:
            terminal.write(b"s")
            terminal.wait_for_text("gradient descent")
        began = time.perf_counter()
        keys = walk(terminal, users, n, down_only=settings["users"] > ROWS)
        ended = time.perf_counter()
        load = busy()
        terminal.kill()
        seen, moved = replay(terminal)
    took = latencies(keys, seen)
    name = f"{settings['users']} x {settings['items']}{', learning' if learning else ''}"
    print(
        f"{name}: {len(took)} keys, ms: p50 {statistics.median(took):.1f}"
        f" p95 {percentile(took, 0.95):.1f} most {max(took):.1f}; {load}"
    )
    frames = sum(began <= at < ended for at in moved) / (ended - began)
    return percentile(took, 0.95), frames


def main() -> int:
    """Measure; return 1 if a bound is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=160)
    choice = parser.parse_args()
    held = list(solvers())
    small, _ = keys_take({"users": 15, "items": 15}, choice.keys)
    large, _ = keys_take({"users": 200, "items": 500}, choice.keys)
    slow = {"users": 15, "items": 15, "learning_rate": 1e-4}  # goes on for as long as we look
    learning, frames = keys_take(slow, choice.keys, learning=True)
    held += [
        verdict("15 x 15: key p95, ms", small, STILL_P95_MS),
        verdict("200 x 500, scrolling: key p95, ms", large, STILL_P95_MS),
        verdict("learning: key p95, ms", learning, LEARNING_P95_MS),
        verdict("learning: pictures a second", frames, FRAMES, at_most=False),
    ]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
