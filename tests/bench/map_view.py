"""Explore's map of 9,066 movies: until it is there, and from a key to the map it moves.

A key counts from its byte to the first output after which the map's lines are others.
"""

import argparse
import contextlib
import json
import random
import statistics
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pyte
from measuring import COLUMNS, ROWS, Pty, a_home, busy, percentile, verdict
from terminal import CFTUI

from cftui.tui.explore.item_map.raster import MapFrame, PointInks, raster, whole

FIRST_MS, AGAIN_MS, KEY_P95_MS = 1000.0, 300.0, 60.0
KEYS = (b"h", b"j", b"k", b"l", b"+", b"-", b"\x1b[A", b"\x1b[B", b"\x1b[C", b"\x1b[D")
TOP, BOTTOM, RIGHT = 6, ROWS - 6, 80
"""Where nothing but the map stands."""


def plotted() -> None:
    """Print what a frame costs here and by plotext."""
    draw = np.random.default_rng(0)
    xs, ys = (draw.normal(size=9066).astype(np.float32) for _ in "xy")
    inks = PointInks("category", draw.integers(0, 8, 9066), 8)
    window, shown = whole(MapFrame.around(xs, ys), 84, 31), np.ones(9066, np.bool_)
    began = time.process_time()
    for _ in range(20):
        grid = raster(window, xs, ys, shown, inks, "braille")
    own = (time.process_time() - began) / 20
    assert grid.in_view == 9066
    import plotext

    began = time.process_time()
    plotext.plotsize(84, 31)
    for ink in range(8):
        at = inks.of_points == ink
        plotext.scatter(xs[at].tolist(), ys[at].tolist(), marker="braille", color=ink + 1)
    plotext.build()
    theirs = time.process_time() - began
    print(f"a frame of 9,066 points: {1000 * own:.1f} ms here, {1000 * theirs:.0f} ms by plotext")


def until_there(terminal: Pty, key: bytes, word: str) -> float:
    """Press a key; return the milliseconds until the screen shows a word."""
    began, taken = terminal.write(key), len(terminal.pieces)
    while True:
        terminal.read(0.005)
        shown = len(terminal.pieces) > taken and "\n".join(terminal.screen().display)
        if shown and word in shown:
            return 1000 * (terminal.pieces[-1][0] - began)
        if time.perf_counter() > began + 60:
            raise TimeoutError(word)


def opened(home: Path) -> Pty:
    """Open the pane of the map's view, with the list of users in it."""
    (home / "state").mkdir(parents=True, exist_ok=True)
    (home / "state" / "session.json").write_text(json.dumps({"pane": "explore"}))
    terminal = Pty(CFTUI, home)
    terminal.wait_for_text("100,004 ratings", "547")
    terminal.read(2.0)
    return terminal


def cpu_of(terminal: Pty) -> float:
    """Return the seconds of CPU that the screen has taken."""
    times = psutil.Process(terminal.process.pid).cpu_times()
    return float(times.user + times.system)


def walk(terminal: Pty, n: int) -> list[float]:
    """Press keys that move the map or zoom, at random; return when."""
    chance, keys = random.Random(1), []
    for at in range(n):
        if at % 25 == 0:
            terminal.write(b"0")
            terminal.read(1.0)
        keys.append(terminal.write(chance.choice(KEYS)))
        end = time.perf_counter() + chance.uniform(0.1, 0.25)
        while (left := end - time.perf_counter()) > 0:
            terminal.read(left)
    terminal.read(1.0)
    return keys


def latencies_of(terminal: Pty, keys: list[float]) -> list[float]:
    """Return the milliseconds from each key to the first other map."""
    screen = pyte.Screen(COLUMNS, ROWS)
    stream = pyte.ByteStream(screen)
    changes, before = [], []
    for at, data in terminal.pieces:
        stream.feed(data)
        now = [line[:RIGHT] for line in screen.display[TOP:BOTTOM]]
        if now != before:
            changes.append(at)
            before = now
    found = []
    for key in keys:
        later = [at for at in changes if at > key]
        found.append(1000 * (later[0] - key) if later else float("inf"))
    return found


def main() -> int:
    """Measure; return 1 if a bound is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=200)
    choice = parser.parse_args()
    plotted()
    with contextlib.contextmanager(a_home)() as home:
        terminal = opened(home)
        first = until_there(terminal, b"M", "9,066 in view")
        terminal.read(1.0)
        terminal.write(b"u")
        terminal.read(1.0)
        again = until_there(terminal, b"M", "9,066 in view")
        terminal.read(1.0)
        axes = until_there(terminal, b"a", "component 3")
        before = cpu_of(terminal)
        keys = walk(terminal, choice.keys)
        cpu, load = (cpu_of(terminal) - before) / choice.keys, busy()
        terminal.kill()
    took = latencies_of(terminal, keys)
    print(
        f"{len(took)} keys, ms: p50 {statistics.median(took):.1f} p95 {percentile(took, 0.95):.1f}"
        f" most {max(took):.1f}; of the screen's CPU {1000 * cpu:.1f} each; {load}"
    )
    held = [
        verdict("the first map, ms", first, FIRST_MS),
        verdict("the map again, ms", again, AGAIN_MS),
        verdict("other axes, ms", axes, AGAIN_MS),
        verdict("a key, p95, ms", percentile(took, 0.95), KEY_P95_MS),
    ]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
