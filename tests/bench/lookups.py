"""Milliseconds that the brain needs for an answer: lists, pages, fold-in, each asked many times.

On the bundled ratings with a model of 50 factors, and on made-up ones of 100,000 users and 50,000
items, so that what grows with the data shows. Weights are random: they cost as much as good ones.
"""

import argparse
import pickle
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from measuring import a_home, busy, spread, verdict

sys.path.insert(0, str(Path(__file__).parents[1]))
from small import record_of

from cftui.config import make_config
from cftui.explore.alike import alike
from cftui.explore.biases import explore_biases
from cftui.explore.for_you import explore_for_you
from cftui.explore.neighbours import neighbours
from cftui.explore.newcomer import explore_newcomer, suggest
from cftui.explore.profiles import explore_item, explore_user
from cftui.explore.recommend import recommend
from cftui.library.trained import Trained
from cftui.models.factors import Factors
from cftui.questions.items import ItemFilter
from cftui.questions.likes import ForYou
from cftui.questions.newcomer import FoldIn
from cftui.ratings.values import Grouping, Ratings, TextColumn, Vocabulary

LARGE = (100_000, 50_000, 2_000_000)
BOUNDS = {
    "recommend": (10, 40),
    "recommend, filtered": (10, 40),
    "similar": (20, 150),
    "user page": (20, 60),
    "movie page": (30, 250),
    "biases": (20, 60),
    "fold-in, 3 ratings": (30, 100),
    "fold-in, 30 ratings": (30, 100),
    "fold-in, moved": (30, 150),
    "what to rate first": (30, 60),
    "for you, 3 ratings": (30, 100),
    "for you, by a run, moved": (30, 200),
    "alike": (30, 250),
}
"""Milliseconds: bundled, large."""


def bundled() -> Ratings:
    """Return the bundled ratings."""
    from cftui.paths import BUNDLED as NAME
    from cftui.paths import bundled_folder
    from cftui.ratings.store import open_ratings

    return open_ratings(bundled_folder() / NAME)


def made_up(n_users: int, n_items: int, n: int) -> Ratings:
    """Return ratings in memory; a few items have most of them, as in life."""
    draw = np.random.default_rng(0)
    pairs = draw.integers(n_users, size=n) * n_items + (draw.random(n) ** 3 * n_items).astype(int)
    pairs = draw.permutation(np.unique(pairs))
    user, item = (pairs // n_items).astype(np.int32), (pairs % n_items).astype(np.int32)
    values = draw.integers(1, 11, len(pairs)).astype(np.float32) / 2
    titles = TextColumn.of([f"Film {code}, The ({1920 + code % 100})" for code in range(n_items)])
    genres = TextColumn.of([("Drama|War", "Comedy")[code % 2] for code in range(n_items)])
    return Ratings(
        user=user,
        item=item,
        value=values,
        timestamp=None,
        users=Vocabulary("user", "made up", np.arange(n_users)),
        items=Vocabulary("item", "made up", np.arange(n_items), titles, genres),
        by_user=grouping(user, n_users),
        by_item=grouping(item, n_items),
        low=0.5,
        high=5.0,
        step=0.5,
        mean=float(values.mean()),
        fingerprint="made-up",
        name="made up",
        source="made up",
        path=Path(),
        unusable_rows=0,
        duplicates=0,
    )


def grouping(codes: np.ndarray, n: int) -> Grouping:
    """Return the positions of each code."""
    indptr = np.concatenate([[0], np.cumsum(np.bincount(codes, minlength=n))])
    return Grouping(indptr, np.argsort(codes, kind="stable").astype(np.int32))


def model(ratings: Ratings, k: int = 50) -> Trained:
    """Return a dot-bias model with weights of the usual size."""
    draw = np.random.default_rng(1)

    def table(*shape: int) -> np.ndarray:
        return draw.normal(scale=0.15, size=shape).astype(np.float32)

    tables = {
        "user_factors": table(ratings.n_users, k),
        "item_factors": table(ratings.n_items, k),
        "user_bias": table(ratings.n_users),
        "item_bias": table(ratings.n_items),
    }
    factors = Factors.from_tables(tables, ratings.low, ratings.high, sigmoid=True)
    record = record_of("r", ratings)
    return Trained("r", record, make_config({}), ratings, factors, factors, tables, 1)


def questions(trained: Trained) -> dict[str, Callable[[int], object]]:
    """Return what is asked, each of a round's number."""
    ratings = trained.ratings
    known = np.argsort(-ratings.by_item.counts())[:500]
    active = np.argsort(-ratings.by_user.counts())[:500]

    def rated(n: int, turn: int) -> tuple[tuple[str, float], ...]:
        codes = np.random.default_rng(turn).choice(known, n, replace=False)
        return tuple((ratings.items.id_of(c), 0.5 + p % 10 / 2) for p, c in enumerate(codes))

    def folded(n: int, turn: int, *, moved: bool = False) -> object:
        pairs = rated(n, turn)
        before = pairs[1:] if moved else None
        only = ItemFilter(min_ratings=20)
        return explore_newcomer(trained, FoldIn("r", pairs, 200, only=only, before=before))

    def for_you(n: int, turn: int, run: Trained | None = None) -> object:
        pairs = rated(n, turn)
        before = None if run is None else pairs[1:]
        return explore_for_you(ratings, ForYou("s", pairs, n=200, before=before), run)

    def user(turn: int) -> int:
        return int(active[turn % 500])

    def item(turn: int) -> int:
        return int(known[turn % 500])

    narrow = ItemFilter("drama", 1960, 1999, 5)
    return {
        "recommend": lambda turn: recommend(trained, user(turn), 100),
        "recommend, filtered": lambda turn: recommend(trained, user(turn), 100, narrow),
        "similar": lambda turn: neighbours(trained, item(turn), "cosine", 100, 20),
        "user page": lambda turn: explore_user(trained, user(turn), 100),
        "movie page": lambda turn: explore_item(trained, item(turn), "cosine", 100, 20),
        "biases": lambda turn: explore_biases(trained, 100, ItemFilter(min_ratings=20)),
        "fold-in, 3 ratings": lambda turn: folded(3, turn),
        "fold-in, 30 ratings": lambda turn: folded(30, turn),
        "fold-in, moved": lambda turn: folded(10, turn, moved=True),
        "what to rate first": lambda turn: suggest(trained, (), 30),
        "for you, 3 ratings": lambda turn: for_you(3, turn),
        "for you, by a run, moved": lambda turn: for_you(10, turn, trained),
        "alike": lambda turn: alike(ratings, item(turn), 100, 20),
    }


def measure(trained: Trained, size: int, rounds: int) -> bool:
    """Ask everything, pickled as it goes over the pipe; tell whether all bounds hold."""
    holds = True
    for name, ask in questions(trained).items():
        began = time.perf_counter()
        ask(rounds)
        first = time.perf_counter() - began
        seconds = []
        for turn in range(rounds):
            began = time.perf_counter()
            pickle.dumps(ask(turn))
            seconds.append(1e3 * (time.perf_counter() - began))
        print(f"       {name}: {spread(seconds)} ms; the first {1e3 * first:.0f} ms")
        holds &= verdict(f"{name}, median ms", statistics.median(seconds), BOUNDS[name][size])
    return holds


def main() -> int:
    """Measure both; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    rounds = parser.parse_args().rounds
    holds = True
    for size, ratings in enumerate((bundled(), made_up(*LARGE))):
        print(f"{ratings.n_users:,} users, {ratings.n_items:,} items, {len(ratings):,} ratings:")
        holds &= measure(model(ratings), size, rounds)
    print(busy())
    return 0 if holds else 1


if __name__ == "__main__":
    for home in a_home():
        import os

        os.environ["CFTUI_HOME"] = str(home)
        code = main()
    sys.exit(code)
