"""`cftui data ingest` of ten million ratings: its time beside a plain parse, memory, cancelling."""

import argparse
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

from measuring import a_home, busy, spread, verdict
from synthetic import Shape, write_synthetic

sys.path.insert(0, str(Path(__file__).parents[1]))
from terminal import environment

INGEST = [sys.executable, "-m", "cftui.cli", "data", "ingest"]
PARSE = """
import sys, time
import pyarrow.csv as csv
def skip(row): return "skip"
began = time.perf_counter()
csv.read_csv(
    sys.argv[1],
    read_options=csv.ReadOptions(use_threads=False),
    parse_options=csv.ParseOptions(invalid_row_handler=skip),
)
print(time.perf_counter() - began)
"""
REOPEN = """
import sys, time
from pathlib import Path
from cftui.ratings.store import find_store, open_store
began = time.perf_counter()
open_store(find_store(Path(sys.argv[1])))
print(time.perf_counter() - began)
"""
HARD, SOFT = (signal.SIGKILL,), (signal.SIGINT, signal.SIGTERM)


def stores(home: Path) -> list[str]:
    """Return what stands in the folder of ratings stores."""
    folder = home / "cache" / "ratings"
    return sorted(p.name for p in folder.iterdir() if p.name != ".lock") if folder.is_dir() else []


def parse_seconds(path: Path) -> float:
    """Return how long pyarrow takes to parse the file with one thread."""
    done = subprocess.run([sys.executable, "-c", PARSE, str(path)], capture_output=True, check=True)
    return float(done.stdout)


def ingest_once(path: Path, home: Path) -> tuple[float, float, int, dict[str, object]]:
    """Return seconds, peak memory in GB, progress lines and the last line of one whole command."""
    shutil.rmtree(home / "cache", ignore_errors=True)
    began = time.perf_counter()
    process = subprocess.Popen(
        [*INGEST, str(path), "--json"], stdout=subprocess.PIPE, env=environment(home), text=True
    )
    assert process.stdout is not None
    lines = [json.loads(line) for line in process.stdout]
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    assert status == 0, "the ingest failed"
    told = sum(line["event"] == "progress" for line in lines)
    return seconds, used.ru_maxrss / 1e6, told, lines[-1]


def cancel_at(path: Path, home: Path, moment: float, number: signal.Signals) -> bool:
    """Tell whether an ingest that a signal ends leaves nothing of ours (kill -9 always does)."""
    before = set(stores(home))
    process = subprocess.Popen(
        [*INGEST, str(path), "--json"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment(home),
    )
    time.sleep(moment)
    process.send_signal(number)
    finished = process.wait() == 0
    new = set(stores(home)) - before  # what an earlier kill -9 left may be gone now
    if finished:
        shutil.rmtree(home / "cache" / "ratings" / new.pop())
    return not new or number in HARD


def cancels(path: Path, earlier: Path, home: Path, seconds: float, count: int) -> bool:
    """Cancel at random moments; tell whether all is as it was, and the earlier store opens."""
    shutil.rmtree(home / "cache", ignore_errors=True)
    subprocess.run([*INGEST, str(earlier)], env=environment(home), check=True, capture_output=True)
    moments = random.Random(5)
    clean = 0
    for n in range(count):
        number = HARD[0] if n % 5 == 4 else SOFT[n % 2]
        clean += cancel_at(path, home, moments.uniform(0.05, seconds * 0.95), number)
        subprocess.run([sys.executable, "-c", REOPEN, str(earlier)], env=environment(home),
                       check=True, capture_output=True)  # fmt: skip
    held = verdict(f"of {count} cancels, those that left nothing", clean, count, at_most=False)
    # The next ingest sweeps what kill -9 has left.
    earlier.touch()
    subprocess.run([*INGEST, str(earlier)], env=environment(home), check=True, capture_output=True)
    left = [name for name in stores(home) if name.startswith(".building-")]
    return verdict("half-built stores after the next ingest", len(left), 0) and held


def main() -> int:
    """Measure; return 1 where a bound is broken."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--ratings", type=int, default=10_000_000)
    words.add_argument("--file", type=Path, help="a file already made by synthetic.py")
    words.add_argument("--rounds", type=int, default=3)
    words.add_argument("--cancels", type=int, default=20)
    given = words.parse_args()
    holds = []
    for home in a_home():
        path, earlier = given.file or home / "ratings.csv", home / "earlier.csv"
        if given.file is None:
            share = max(given.ratings // 10_000, 1)
            write_synthetic(path, Shape(given.ratings, bad=share, duplicates=share))
        write_synthetic(earlier, Shape(20_000, seed=2))
        rounds = [(parse_seconds(path), ingest_once(path, home)) for _ in range(given.rounds)]
        ratios = [whole[0] / parse for parse, whole in rounds]
        seconds = [whole[0] for _, whole in rounds]
        print(f"parse {spread([p for p, _ in rounds])} s, ingest {spread(seconds)} s, {busy()}")
        holds.append(verdict("whole command to a plain parse", statistics.median(ratios), 3.5))
        holds.append(verdict("peak memory, GB", max(whole[1] for _, whole in rounds), 2.5))
        told = min(whole[2] / whole[0] * 60 for _, whole in rounds)
        holds.append(verdict("progress lines a minute", told, 10, at_most=False))
        reopen = [sys.executable, "-c", REOPEN, str(path)]
        opened = [
            float(
                subprocess.run(
                    reopen, env=environment(home), capture_output=True, check=True
                ).stdout
            )
            for _ in range(5)
        ]
        holds.append(verdict("opening the store again, s", statistics.median(opened), 0.05))
        holds.append(cancels(path, earlier, home, statistics.median(seconds), given.cancels))
    return 0 if all(holds) else 1


if __name__ == "__main__":
    sys.exit(main())
