"""From a key's byte to what it does on screen, beside a running race of four optimizers.

`+` and `-` change the speed in the head; tab shows the next optimizer's steps, which the query
worker answers. Beside a race that stands still: `.`, to the step in the head.
"""

import argparse
import contextlib
import json
import random
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyte
from measuring import COLUMNS, ROWS, Pty, a_home, busy, latencies, percentile, verdict
from terminal import CFTUI, environment

P95_MS = 40.0
SPEEDS = (50, 100, 200, 500)
RULES = ("sgd", "momentum", "adam", "adamw")


def start(home: Path) -> Pty:
    """Open the lab with four optimizers, at the first of the speeds."""
    (home / "state").mkdir(parents=True)
    lab = {"racers": [[rule, {}] for rule in RULES], "speed": SPEEDS[0]}
    (home / "state" / "session.json").write_text(json.dumps({"pane": "lab", "lab": lab}))
    ingest = [*CFTUI, "data", "ingest"]
    subprocess.run(ingest, env=environment(home), check=True, capture_output=True)
    terminal = Pty(CFTUI, home)
    terminal.wait_for_text("ml-latest-small", "adamw", "step 0")
    return terminal


def replay(terminal: Pty, pattern: str) -> Iterator[tuple[float, int]]:
    """Yield the number that a pattern finds on screen after each piece of output; else -1."""
    screen = pyte.Screen(COLUMNS, ROWS)
    stream = pyte.ByteStream(screen)
    for at, data in terminal.pieces:
        stream.feed(data)
        found = re.search(pattern, "\n".join(screen.display[:7]))
        yield at, int(found.group(1).replace(",", "")) if found else -1


def walk(
    terminal: Pty, keys: tuple[bytes, bytes], places: tuple[int, ...], n: int, seed: int
) -> list[tuple[float, int]]:
    """Press one of two keys at random, 50 to 250 ms apart; return when, and whereto it leads."""
    chance, at, pressed = random.Random(seed), 0, []
    for _ in range(n):
        forth = at == 0 or (at < len(places) - 1 and chance.random() < 0.5)
        at += 1 if forth else -1
        pressed.append((terminal.write(keys[0] if forth else keys[1]), places[at]))
        terminal.read(chance.uniform(0.05, 0.25))
    terminal.read(1.0)
    return pressed


def main() -> int:
    """Measure; return 1 if a bound is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    held = []
    with contextlib.contextmanager(a_home)() as home:
        terminal = start(home)
        steps = walk(terminal, (b".", b","), tuple(range(30)), options.keys, options.seed)
        terminal.write(b"s")
        terminal.read(2.0)
        speeds = walk(terminal, (b"+", b"-"), SPEEDS, options.keys, options.seed)
        for _ in range(len(SPEEDS)):
            terminal.write(b"-")
        terminal.read(2.0)
        looks = walk(terminal, (b"\t", b"\x1b[Z"), (1, 2, 3, 4), options.keys // 2, options.seed)
        for name, keys, pattern in (
            (". to its step", steps, r"step ([\d,]+)"),
            ("+ beside a running race", speeds, r"· (\d+)/s"),
            ("tab beside a running race", looks, "›(\\d)"),
        ):
            took = latencies(keys, list(replay(terminal, pattern)))
            print(f"{name}: median {statistics.median(took):.1f} ms, {len(took)} keys; {busy()}")
            held.append(verdict(f"{name}, p95 ms", percentile(took, 0.95), P95_MS))
        terminal.kill()
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
