"""Fitting likes and tastes: 20 million made-up ratings of 200,000 users and 50,000 items.

Neither side is small, so that this is the fallback. Also the bundled ratings, solved exactly. CPU
seconds are of one thread: what a machine that does nothing else would take, or less.
"""

import argparse
import contextlib
import os
import resource
import statistics
import sys
import time

import numpy as np
from measuring import a_home, busy, verdict

from cftui.explore.likes.tastes import Tastes, fit_tastes
from cftui.paths import BUNDLED, bundled_folder
from cftui.ratings.store import open_ratings

LARGE = (200_000, 50_000, 20_000_000)
SECONDS, GIGABYTES = 60.0, 4.0
BUNDLED_SECONDS, LIST_MS = 0.5, 30.0


def drawn(n_users: int, n_items: int, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return codes and values with long tails; a pair that is drawn twice counts twice."""
    draw = np.random.default_rng(0)
    places = draw.permutation(n_users).astype(np.int32)
    user = places[np.minimum(draw.exponential(n_users / 4, n), n_users - 1).astype(np.int32)]
    item = np.minimum(draw.exponential(n_items / 8, n), n_items - 1).astype(np.int32)
    return user, item, draw.integers(1, 6, n).astype(np.float32)


def gigabytes() -> float:
    """Return the most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def list_ms(tastes: Tastes, times: int = 20) -> float:
    """Return the median milliseconds of a list from five ratings."""
    took = []
    for first in range(times):
        began = time.perf_counter()
        scores = tastes.scores(np.arange(first, first + 5), np.array([5.0, 4, 5, 1, 3]))
        np.argsort(-scores)
        took.append(1000 * (time.perf_counter() - began))
    return statistics.median(took)


def on_bundled() -> list[bool]:
    """Measure on the bundled ratings."""
    with contextlib.contextmanager(a_home)() as home:
        os.environ["CFTUI_HOME"] = str(home)
        ratings = open_ratings(bundled_folder() / BUNDLED)
        user, item, value = (np.array(a) for a in (ratings.user, ratings.item, ratings.value))
    took = []
    for _ in range(5):
        began = time.perf_counter()
        tastes = fit_tastes(user, item, value, ratings.n_users, ratings.n_items)
        took.append(time.perf_counter() - began)
    return [
        verdict("bundled, fitted, median s", statistics.median(took), BUNDLED_SECONDS),
        verdict("bundled, a list, median ms", list_ms(tastes), LIST_MS),
    ]


def on_large(n: int) -> list[bool]:
    """Measure on made-up ratings."""
    user, item, value = drawn(*LARGE[:2], n)
    before, began, cpu = gigabytes(), time.perf_counter(), time.process_time()

    def tell(share: float) -> None:
        print(f"  {share:4.0%} after {time.perf_counter() - began:.1f} s", flush=True)

    tastes = fit_tastes(user, item, value, *LARGE[:2], progress=tell)
    wall = time.perf_counter() - began
    print(f"{tastes.ease.words}: {wall:.1f} s; {before:.2f} GB before it")
    return [
        verdict("large, fitted, CPU s", time.process_time() - cpu, SECONDS),
        verdict("large, most memory, GB", gigabytes(), GIGABYTES),
        verdict("large, a list, median ms", list_ms(tastes), LIST_MS),
    ]


def main() -> int:
    """Measure; return 1 if a bound is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ratings", type=int, default=LARGE[2])
    held = [*on_bundled(), *on_large(parser.parse_args().ratings)]
    print(busy())
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
