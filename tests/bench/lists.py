"""Lists for somebody new: their few most popular films are given, what else they liked is sought.

130 users are held out wholly, in two draws; everything is fitted to the other users. Given are a
user's k films that most others rated; ranked are all other films with 5 ratings or more; relevant
are those that the user rated 4 or more. A rating model's lists stand beside them with `--run`.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
from measuring import a_home, busy, verdict
from terminal import environment

from cftui.evaluation.baselines import fit_biases
from cftui.explore.fold_in import fold_in, mean_user
from cftui.explore.likes.ease import Way
from cftui.explore.likes.tastes import fit_tastes
from cftui.explore.ordering import two_terms
from cftui.library.trained import Trained, load_trained
from cftui.paths import BUNDLED, bundled_folder
from cftui.ratings.pairs import Pairs
from cftui.ratings.store import open_ratings
from cftui.ratings.values import Ratings
from cftui.runs.find import find_run

HELD_OUT, DRAWS, GIVEN = 130, (0, 1), (3, 5, 10)
FLOOR, LIKED, DAMPING = 5, 4.0, 25.0
LIKES_NDCG, OVER_POPULAR, SHARED = 0.235, 0.08, 0.33
RUN_NDCG, OVER_RUN = 0.225, 0.06
AFTER_LIKES = "likes, with a run"
RUN = "fold-in of a run"

Ranking = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""From codes and values of given ratings to every item's score, shape (n_items,)."""


@dataclass(frozen=True)
class Others:
    """The ratings of all users but those held out, shape (n,) each."""

    user: np.ndarray
    item: np.ndarray
    value: np.ndarray
    n_users: int
    n_items: int

    @property
    def counts(self) -> np.ndarray:
        """Return how many of them each item has, shape (n_items,)."""
        return np.bincount(self.item, minlength=self.n_items)


@dataclass(frozen=True)
class Newcomer:
    """Somebody held out: codes and values, the most popular film first."""

    items: np.ndarray
    values: np.ndarray


@dataclass(frozen=True)
class Found:
    """What lists are worth, a number for each newcomer; and the lists."""

    ndcg: np.ndarray
    recall: np.ndarray
    precision: np.ndarray
    reciprocal_rank: np.ndarray
    tops: Sequence[frozenset[int]]

    @property
    def shared(self) -> float:
        """Return the mean share of two newcomers' top tens that is in both."""
        return float(np.mean([len(a & b) / 10 for a, b in combinations(self.tops, 2)]))

    @property
    def distinct(self) -> int:
        """Return how many films are in any top ten."""
        return len(frozenset().union(*self.tops))

    def line(self) -> str:
        """Return the figures, as the header names them."""
        means = (self.ndcg, self.recall, self.precision, self.reciprocal_rank)
        return "  ".join(f"{values.mean():.3f}" for values in means) + (
            f"  {self.shared:.2f}  {self.distinct:4d}"
        )


def drawn(ratings: Ratings, draw: int) -> tuple[Others, list[Newcomer]]:
    """Hold out users at random; return the ratings of the others, and the newcomers."""
    out = np.random.RandomState(draw).choice(ratings.n_users, HELD_OUT, replace=False)
    kept = ~np.isin(ratings.user, out)
    others = Others(
        ratings.user[kept],
        ratings.item[kept],
        ratings.value[kept],
        ratings.n_users,
        ratings.n_items,
    )
    newcomers = []
    for user in out:
        rows = ratings.by_user.of(int(user))
        rows = rows[np.argsort(-others.counts[ratings.item[rows]], kind="stable")]
        newcomers.append(Newcomer(ratings.item[rows], ratings.value[rows].astype(np.float64)))
    return others, newcomers


def rankings(others: Others, way: Way | None) -> dict[str, Ranking]:
    """Return the ways to rank that need no run."""
    tastes = fit_tastes(
        others.user, others.item, others.value, others.n_users, others.n_items, way=way
    )
    liked = np.bincount(others.item[others.value >= LIKED], minlength=others.n_items)
    pairs = Pairs(others.user, others.item)
    biases = fit_biases(pairs, others.value, others.n_users, others.n_items)
    left = others.value - biases.mean - biases.user[others.user]
    best = np.bincount(others.item, left, others.n_items) / (others.counts + DAMPING)
    return {
        "likes": tastes.scores,
        "popular": lambda items, values: liked.astype(np.float64),
        "best by bias": lambda items, values: best,
    }


def trained_on(others: Others, ratings: Ratings, folder: Path) -> Trained:
    """Train Adam with cosine restarts on the others' ratings by the command; return the run."""
    folder.mkdir(exist_ok=True)
    rows = zip(others.user.tolist(), others.item.tolist(), others.value.tolist(), strict=True)
    lines = [f"{user},{ratings.items.id_of(item)},{value:g}\n" for user, item, value in rows]
    (folder / "ratings.csv").write_text("userId,movieId,rating\n" + "".join(lines))
    words = [
        "--data",
        str(folder),
        "--optimizer",
        "adam",
        "--schedule",
        "cosine-restarts",
        "--json",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "cftui.cli", "train", *words],
        env=environment(Path(os.environ["CFTUI_HOME"])),
        capture_output=True,
        text=True,
        check=True,
    )
    return load_trained(find_run(json.loads(done.stdout.splitlines()[-1])["run"]))


def by_run(trained: Trained, ratings: Ratings, likes: Ranking) -> dict[str, Ranking]:
    """Return the order by a run's fold-in, and likes weighed with it."""
    factors = trained.factors
    assert factors is not None
    mean = mean_user(factors, trained.trained_users)
    names = trained.ratings.items
    codes = {names.id_of(code): code for code in range(len(names))}
    ids = [ratings.items.id_of(code) for code in range(ratings.n_items)]
    theirs = np.array([codes.get(name, -1) for name in ids])
    there = (theirs >= 0) & trained.trained_items[theirs]

    def predicted(items: np.ndarray, values: np.ndarray) -> np.ndarray:
        told = there[items]
        newcomer = fold_in(factors, mean, theirs[items[told]], values[told], 3.0)
        return np.where(there, newcomer.score_all_items(0)[theirs], -np.inf)

    def both(items: np.ndarray, values: np.ndarray) -> np.ndarray:
        told = np.where(there, predicted(items, values), ratings.mean)
        return two_terms(ratings, likes(items, values), told)

    return {RUN: predicted, AFTER_LIKES: both}


def judged(others: Others, newcomers: Sequence[Newcomer], k: int, ranking: Ranking) -> Found:
    """Give every newcomer's k most popular films; judge the lists by the rest of their ratings."""
    ranked = others.counts >= FLOOR
    rows, tops = [], []
    for somebody in newcomers:
        given, rest = somebody.items[:k], somebody.items[k:]
        relevant = rest[(somebody.values[k:] >= LIKED) & ranked[rest]]
        scores = np.where(ranked, ranking(given, somebody.values[:k]), -np.inf)
        scores[given] = -np.inf
        best = np.argsort(-scores, kind="stable")[:20]
        tops.append(frozenset(best[:10].tolist()))
        if len(relevant):
            rows.append(
                figures(np.isin(best, relevant), len(relevant), first_hit(scores, relevant))
            )
    return Found(*np.array(rows).T, tops)


def first_hit(scores: np.ndarray, relevant: np.ndarray) -> int:
    """Return the rank, from 1, of the first relevant item."""
    return 1 + int((scores > scores[relevant].max()).sum())


def figures(hits: np.ndarray, n_relevant: int, first: int) -> tuple[float, float, float, float]:
    """Return NDCG@10, recall@20, precision@10, reciprocal rank; `hits` of shape (20,)."""
    discounts = 1 / np.log2(np.arange(2, 12))
    ndcg = (hits[:10] * discounts).sum() / discounts[:n_relevant].sum()
    return float(ndcg), hits.sum() / min(n_relevant, 20), hits[:10].mean(), 1 / first


def compared(name: str, ours: Sequence[np.ndarray], theirs: Sequence[np.ndarray]) -> float:
    """Print the mean paired difference over all draws with its 95 % interval; return it."""
    difference = np.concatenate(ours) - np.concatenate(theirs)
    error = difference.std(ddof=1) / len(difference) ** 0.5
    mean = float(difference.mean())
    print(f"{name}: {mean:+.3f} [{mean - 1.96 * error:.3f}, {mean + 1.96 * error:.3f}]")
    return mean


def main() -> int:
    """Measure; return 1 if a bound is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", action="store_true", help="Train a run for each draw as well")
    parser.add_argument("--way", choices=("users", "items", "factors"), help="How to solve")
    options = parser.parse_args()
    found: dict[tuple[str, int, int], Found] = {}
    with contextlib.contextmanager(a_home)() as home:
        os.environ["CFTUI_HOME"] = str(home)
        ratings = open_ratings(bundled_folder() / BUNDLED)
        for draw in DRAWS:
            others, newcomers = drawn(ratings, draw)
            ways = rankings(others, options.way)
            if options.run:
                trained = trained_on(others, ratings, home / f"draw{draw}")
                ways |= by_run(trained, ratings, ways["likes"])
            for name, ranking in ways.items():
                for k in GIVEN:
                    found[name, draw, k] = judged(others, newcomers, k, ranking)
    print("                     draw   k  NDCG@10 recall@20 P@10 MRR  shared distinct")
    for (name, draw, k), lists in found.items():
        print(f"{name:20s}  {draw:3d}  {k:2d}  {lists.line()}")
    print(busy())
    return 0 if all(held_bounds(found, with_run=options.run)) else 1


def held_bounds(found: dict[tuple[str, int, int], Found], *, with_run: bool) -> list[bool]:
    """Print what must hold from five ratings; tell of each whether it does."""

    def ndcg(name: str) -> list[np.ndarray]:
        return [found[name, draw, 5].ndcg for draw in DRAWS]

    def worst(name: str) -> float:
        return min(float(values.mean()) for values in ndcg(name))

    ours = [found["likes", draw, 5] for draw in DRAWS]
    over = compared("likes over popular, paired", ndcg("likes"), ndcg("popular"))
    shared = max(lists.shared for lists in ours)
    held = [
        verdict("likes, NDCG@10 in the worse draw", worst("likes"), LIKES_NDCG, at_most=False),
        verdict("likes over popular, NDCG@10", over, OVER_POPULAR, at_most=False),
        verdict("likes, share of two top tens", shared, SHARED),
    ]
    if with_run:
        above = compared("likes over the run, paired", ndcg("likes"), ndcg(RUN))
        mixed = worst(AFTER_LIKES)
        held.append(verdict("likes over the run, NDCG@10", above, OVER_RUN, at_most=False))
        held.append(verdict("with a run, NDCG@10", mixed, RUN_NDCG, at_most=False))
    return held


if __name__ == "__main__":
    sys.exit(main())
