"""How long each kind of split takes on ratings in memory: seconds for as many as asked."""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
from measuring import busy, spread, verdict

from cftui.config import SplitConfig
from cftui.ratings.split import split, summarize
from cftui.ratings.values import Grouping, Ratings, Vocabulary

KINDS = ("random", "per-user", "per-user-latest", "leave-last-out", "time")
BOUND = 5.0
"""Seconds for 10 million ratings."""


def make_ratings(n: int, n_users: int, n_items: int) -> Ratings:
    """Return ratings at random, a few users with most of them, in no order of time."""
    draw = np.random.default_rng(0)
    user = np.minimum(draw.exponential(n_users / 6, n), n_users - 1).astype(np.int64)
    _, user = np.unique(user, return_inverse=True)
    item = draw.integers(0, n_items, n, np.int32)

    def grouped(codes: np.ndarray) -> Grouping:
        counts = np.bincount(codes)
        order = np.argsort(codes, kind="stable").astype(np.int32)
        return Grouping(np.concatenate([[0], np.cumsum(counts)]), order)

    by_user, by_item = grouped(user), grouped(item)
    return Ratings(
        user=user.astype(np.int32),
        item=item,
        value=np.ones(n, np.float32),
        timestamp=draw.integers(8 * 10**8, 16 * 10**8, n),
        users=Vocabulary("user", "drawn", np.arange(len(by_user.indptr) - 1)),
        items=Vocabulary("item", "drawn", np.arange(len(by_item.indptr) - 1)),
        by_user=by_user,
        by_item=by_item,
        low=1.0,
        high=1.0,
        step=None,
        mean=1.0,
        fingerprint="",
        name="drawn",
        source="",
        path=Path(),
        unusable_rows=0,
        duplicates=0,
    )


def main() -> int:
    """Measure; return 1 if a bound is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ratings", type=int, default=10_000_000)
    parser.add_argument("--times", type=int, default=3)
    options = parser.parse_args()
    ratings = make_ratings(options.ratings, 70_000, 10_600)
    held = []
    for kind in KINDS:
        config = SplitConfig.model_validate({"kind": kind})
        seconds = []
        for _ in range(options.times):
            began = time.perf_counter()
            split(config, ratings)
            seconds.append(time.perf_counter() - began)
        began = time.perf_counter()
        summarize(config, ratings)
        whole = time.perf_counter() - began
        print(f"{kind}: {spread(seconds)} s, with its summary {whole:.2f} s, {busy()}")
        held.append(verdict(kind, min(seconds), BOUND * max(1.0, options.ratings / 1e7)))
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
