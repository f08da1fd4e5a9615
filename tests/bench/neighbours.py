"""Neighbours by tastes: has a film of a series another of it among its five nearest?

Also the mean overlap (Jaccard) of genres with the five nearest, over the 200 most rated films.
Neighbours come from ratings alone; series and genres only judge them. `--folder` takes another
copy of the bundled files, such as one without `movies.csv`: the neighbours must be the same.
"""

import argparse
import contextlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from measuring import a_home, busy, verdict
from series import SERIES

from cftui.explore.likes.tastes import COSINE_UNIT, EASE_UNIT, Tastes, fit_tastes
from cftui.paths import BUNDLED, bundled_folder
from cftui.ratings.store import open_ratings
from cftui.ratings.values import Ratings

NEAREST, FLOOR, MOST_RATED = 5, 20, 200
SHARE, JACCARD = 0.78, 0.36
Nearness = Callable[[int], np.ndarray]
"""From an item's code to every item's score, shape (n_items,)."""


def nearest(ratings: Ratings, near: Nearness, code: int) -> list[int]:
    """Return the codes of the five nearest among items with ratings enough."""
    scores = near(code).copy()
    scores[ratings.by_item.counts() < FLOOR] = -np.inf
    scores[code] = -np.inf
    return [int(place) for place in np.argsort(-scores, kind="stable")[:NEAREST]]


def with_fellow(ratings: Ratings, near: Nearness) -> tuple[int, list[str]]:
    """Return how many films of the series have a fellow, and which have none."""
    found, without = 0, []
    for ids in SERIES.values():
        codes = [ratings.items.code_of(str(film)) for film in ids]
        for code in codes:
            if set(nearest(ratings, near, code)) & (set(codes) - {code}):
                found += 1
            else:
                without.append(ratings.items.title_of(code))
    return found, without


def genre_overlap(ratings: Ratings, titled: Ratings, near: Nearness) -> float:
    """Return the mean Jaccard overlap of genres over the most rated films and their nearest."""

    def genres(code: int) -> set[str]:
        other = titled.items.code_of(ratings.items.id_of(code))
        return set(titled.items.genres_of(other).split("|"))

    overlaps = []
    for code in np.argsort(-ratings.by_item.counts(), kind="stable")[:MOST_RATED]:
        own = genres(int(code))
        for other in map(genres, nearest(ratings, near, int(code))):
            overlaps.append(len(own & other) / len(own | other))
    return float(np.mean(overlaps))


def ways(tastes: Tastes) -> dict[str, Nearness]:
    """Return the ways to be near that are compared, the one in use last."""
    return {
        f"EASE alone (/ {EASE_UNIT})": tastes.ease.symmetric,
        f"cosine of residuals alone (/ {COSINE_UNIT})": lambda code: (
            tastes.residuals.company(code).cosine
        ),
        "tastes": lambda code: tastes.near(code).score,
    }


def main() -> int:
    """Measure; return 1 if a bound is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=bundled_folder() / BUNDLED)
    parser.add_argument("--verbose", action="store_true", help="Name films without a fellow")
    options = parser.parse_args()
    films = sum(map(len, SERIES.values()))
    with contextlib.contextmanager(a_home)() as home:
        os.environ["CFTUI_HOME"] = str(home)
        ratings, titled = (
            open_ratings(options.folder),
            open_ratings(bundled_folder() / BUNDLED),
        )
        tastes = fit_tastes(
            ratings.user, ratings.item, ratings.value, ratings.n_users, ratings.n_items
        )
        for name, near in ways(tastes).items():
            found, without = with_fellow(ratings, near)
            jaccard = genre_overlap(ratings, titled, near)
            print(f"{name}: {found} of {films} ({found / films:.1%}), genres {jaccard:.3f}")
        if options.verbose:
            print("none for:", "; ".join(without))
        print(busy())
        held = [
            verdict("films with a fellow, by tastes", found / films, SHARE, at_most=False),
            verdict("overlap of genres, by tastes", jaccard, JACCARD, at_most=False),
        ]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
