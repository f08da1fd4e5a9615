"""The whole tour, unattended, at two sizes: its CPU seconds, and what it leaves behind."""

import argparse
import contextlib
import json
import re
import resource
import sys
import time
from pathlib import Path

from measuring import a_home, busy, verdict
from terminal import Terminal, processes

SIZES = ((80, 24), (120, 40))
CPU_SECONDS = 180.0
STOPS = 17
PATIENCE = 1200.0


def cpu_seconds() -> float:
    """Return what ended children of this process, and theirs, have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def play(home: Path, columns: int, rows: int, seconds: str) -> tuple[float, set[str], int]:
    """Play the tour to its end; return CPU seconds, the stops that were done, what still lives."""
    began, done = cpu_seconds(), set()
    terminal = Terminal(home, "tour", "--autoplay", seconds, columns=columns, rows=rows)

    def left() -> bool:
        place = re.search(r"Tour (\d+)/", terminal.text)
        if place and "▸" in terminal.text:
            done.add(place[1])
        if "Traceback" in terminal.text or "✗ Not now" in terminal.text:
            raise AssertionError(terminal.text)
        return "F9 goes on" in terminal.text

    terminal.wait(left, patience=PATIENCE)
    terminal.send("q")
    assert terminal.end() == 0
    return cpu_seconds() - began, done, len(processes(home))


def errors(home: Path) -> dict[str, list[float]]:
    """Return the validation MSE by epoch of each run that was trained."""
    found = {}
    for file in sorted((home / "data" / "runs").glob("*/events.jsonl")):
        events = [json.loads(line) for line in file.read_text().splitlines()]
        epochs = [event["valid_mse"] for event in events if event["event"] == "epoch"]
        found[file.parent.name] = [round(error, 4) for error in epochs]
    return found


def main() -> int:
    """Measure; return 1 if a bound is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--autoplay", default="2.5", help="seconds at each stop, to be read")
    choice = parser.parse_args()
    held = []
    for columns, rows in SIZES:
        with contextlib.contextmanager(a_home)() as home:
            began = time.monotonic()
            cpu, done, alive = play(home, columns, rows, choice.autoplay)
            print(f"{columns}x{rows}: {time.monotonic() - began:.0f} s; {errors(home)}; {busy()}")
            missed = sorted({str(place + 1) for place in range(STOPS)} - done, key=int)
            print(f"stops missed: {', '.join(missed) or 'none'}")
        size = f"{columns}x{rows}"
        held.append(verdict(f"{size}, CPU seconds", cpu, CPU_SECONDS))
        held.append(verdict(f"{size}, stops seen done", len(done), STOPS, at_most=False))
        held.append(verdict(f"{size}, processes left", alive, 0))
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
