"""From a key's byte to the output that moves the cursor, while ten million ratings are read.

The Data pane reads the file, which it was told by its path, and shows how far it is; the keys move
in its list of data sets. Read again (its time has changed) until there were enough keys.
"""

import argparse
import contextlib
import json
import os
import random
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyte
from measuring import COLUMNS, ROWS, Pty, a_home, busy, latencies, percentile, verdict
from synthetic import Shape, write_synthetic
from terminal import CFTUI

P99_MS = 120.0
ROWS_USED = 8
"""Rows of the list that the cursor stays within; the catalogue alone has as many."""
MARK = "\u203a"
LEFT = 48
"""Columns that the list is within."""


def stores(home: Path) -> set[tuple[str, int]]:
    """Return the finished stores of ratings; one that is built anew counts as another."""
    folders = (home / "cache" / "ratings").glob("[!.]*/")
    return {(folder.name, folder.stat().st_ino) for folder in folders}


def cursor_lines(terminal: Pty) -> list[tuple[float, int]]:
    """Return the line of the list's cursor after each piece of output."""
    screen = pyte.Screen(COLUMNS, ROWS)
    stream = pyte.ByteStream(screen)
    seen = []
    for at, data in terminal.pieces:
        stream.feed(data)
        lines = [n for n, line in enumerate(screen.display) if MARK in line[:LEFT]]
        seen.append((at, lines[0] if lines else -1))
    return seen


def type_while(
    terminal: Pty, going: Callable[[], bool], chance: random.Random
) -> list[tuple[float, int]]:
    """Move the cursor at random, 20 to 80 ms apart; return when, and how far from the top."""
    place, keys = 0, []
    while going():
        down = place == 0 or (place < ROWS_USED - 1 and chance.random() < 0.5)
        place += 1 if down else -1
        keys.append((terminal.write(b"\x1b[B" if down else b"\x1b[A"), place))
        pause = time.perf_counter() + chance.uniform(0.02, 0.08)
        while time.perf_counter() < pause:
            terminal.read(pause - time.perf_counter())
    return keys


def settle(terminal: Pty) -> None:
    """Read until nothing has come for a second."""
    before = -1
    while len(terminal.pieces) != before:
        before = len(terminal.pieces)
        terminal.read(1.0)


def read_once(
    terminal: Pty, path: Path, home: Path, chance: random.Random
) -> list[tuple[float, int]]:
    """Let the pane read the file; return the keys typed from the first progress to its store."""
    path.touch()
    before = stores(home)
    terminal.write(b"/")
    terminal.read(0.5)
    terminal.write(str(path).encode())
    terminal.read(0.5)
    terminal.write(b"\r")
    terminal.wait_for_text("reading ", "%", "x cancels")
    terminal.write(b"\x1b[H")
    terminal.read(0.5)
    keys = type_while(terminal, lambda: stores(home) == before, chance)
    terminal.wait_for_text("Long tail", "Over time", patience=120)
    settle(terminal)
    return keys


def main() -> int:
    """Measure; return 1 if the bound is broken."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--ratings", type=int, default=10_000_000)
    words.add_argument("--file", type=Path, help="a file already made by synthetic.py")
    words.add_argument("--keys", type=int, default=300)
    given = words.parse_args()
    chance = random.Random(1)
    with contextlib.contextmanager(a_home)() as home:
        path = home / "ratings.csv"
        if given.file is None:
            write_synthetic(path, Shape(given.ratings, bad=1000, duplicates=1000))
        else:
            os.link(given.file, path)
        (home / "state").mkdir()
        (home / "state" / "session.json").write_text(json.dumps({"pane": "data"}))
        terminal = Pty(CFTUI, home)
        terminal.wait_for_text("100,004", "ml-25m")
        keys: list[tuple[float, int]] = []
        rounds = 0
        while len(keys) < given.keys:
            keys += read_once(terminal, path, home, chance)
            rounds += 1
        load = busy()
        terminal.kill()
        seen = cursor_lines(terminal)
    top = min(line for _, line in seen if line >= 0)
    took = latencies([(at, top + place) for at, place in keys], seen)
    print(
        f"{len(keys)} keys while {rounds} times {given.ratings:,} ratings were read, ms:"
        f" p50 {statistics.median(took):.1f} p95 {percentile(took, 0.95):.1f}"
        f" most {max(took):.1f}; {load}"
    )
    return 0 if verdict("key p99 while reading, ms", percentile(took, 0.99), P99_MS) else 1


if __name__ == "__main__":
    sys.exit(main())
