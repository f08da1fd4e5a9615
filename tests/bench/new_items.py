"""New films: a few ratings, or genres and year, are given; what others gave them is sought.

Films with 30 ratings or more are held out wholly, in two draws; everything is fitted to the other
films. Given are k of a film's ratings at random, its genres and year, or both; sought are all the
rest of its ratings. Beside them stands what needs no more than biases: the damped mean.
"""

import argparse
import contextlib
import os
import shutil
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from lists import Others, trained_on
from measuring import a_home, busy, verdict

from cftui.explore.audience import by_run, by_tastes
from cftui.explore.content import overlap_of, told_features
from cftui.explore.expected import bias_by_features, expect, plain_of
from cftui.explore.likes.kept import tastes_of
from cftui.library.trained import Trained
from cftui.paths import BUNDLED, bundled_folder
from cftui.questions.new_item import ITEM_REGULARIZATION
from cftui.ratings.facets import facets
from cftui.ratings.store import open_ratings
from cftui.ratings.values import Ratings

HELD_OUT, DRAWS, GIVEN, LEAST = 150, (0, 1), (0, 3, 5, 10), 30
OVER_MEAN, COVERED = 0.0, 0.90
Rating = tuple[str, float]


@dataclass(frozen=True)
class Film:
    """A film held out: its ratings in random order, its genres, its year."""

    rated: Sequence[Rating]
    genres: tuple[str, ...]
    year: int | None


def drawn(ratings: Ratings, draw: int) -> tuple[Others, list[Film]]:
    """Hold out films at random; return the ratings of the others, and the films."""
    random = np.random.default_rng(draw)
    often = np.flatnonzero(ratings.by_item.counts() >= LEAST)
    out = random.choice(often, HELD_OUT, replace=False)
    kept = ~np.isin(ratings.item, out)
    others = Others(
        *(ratings.user[kept], ratings.item[kept], ratings.value[kept]),
        *(ratings.n_users, ratings.n_items),
    )
    years, films = facets(ratings).years, []
    for item in out.tolist():
        rows = random.permutation(ratings.by_item.of(item))
        # `trained_on` writes codes as the ids of users
        rated = [(str(ratings.user[row]), float(ratings.value[row])) for row in rows]
        genres = tuple(ratings.items.genres_of(item).split("|"))
        films.append(Film(rated, genres, int(years[item]) or None))
    return others, films


@dataclass(frozen=True)
class Found:
    """Of one film, one way and k: squared errors, and what else is told of it."""

    squares: np.ndarray
    doubts: np.ndarray | None = None
    """Squared, of a fold-in."""
    held: bool = True
    """Whether two deviations of the expected mean held the film's own."""


def measured(
    trained: Trained, film: Film, k: int, weights: Sequence[float], *, content: bool
) -> Iterator[tuple[str, Found]]:
    """Give what every way finds for a film from k of its ratings."""
    known = trained.ratings
    (users, values), rest = _codes(known, film.rated[:k]), _codes(known, film.rated[k:])
    features = told = overlap = None
    word = ", genres and year" if content else ""
    if content:
        features = told_features(known, film.genres, film.year)
        told = bias_by_features(known).tell(features)
        overlap = overlap_of(known, film.genres)
    plain = plain_of(known)
    expected = expect(plain, users, values, told)
    usual = plain.biases.mean + plain.biases.user[rest[0]]
    errors = np.clip(usual + expected.bias, known.low, known.high) - rest[1]
    wide = 2 * np.sqrt(expected.variance + plain.noise / len(rest[0]))
    held = abs(float((rest[1] - usual).mean()) - expected.bias) <= wide
    yield f"damped mean{word}", Found(errors**2, held=held)
    residuals = tastes_of(known).residuals
    tastes = by_tastes(known, plain, residuals, users, values, expected, overlap)
    yield f"tastes{word}", Found((tastes.predicted[rest[0]] - rest[1]) ** 2)
    for weight in weights:
        told_by_run = by_run(trained, users, values, weight, features)
        assert told_by_run.doubt is not None
        squares = (told_by_run.predicted[rest[0]] - rest[1]) ** 2
        yield f"fold-in {weight:g}{word}", Found(squares, told_by_run.doubt[rest[0]] ** 2)


def _codes(known: Ratings, rated: Sequence[Rating]) -> tuple[np.ndarray, np.ndarray]:
    codes = np.array([known.users.code_of(user) for user, _ in rated], np.int64)
    return codes, np.array([value for _, value in rated], np.float64)


def main() -> int:
    """Measure; return 1 if a bound is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=float, nargs="*", default=[ITEM_REGULARIZATION])
    options = parser.parse_args()
    found: dict[tuple[str, int], list[Found]] = defaultdict(list)
    with contextlib.contextmanager(a_home)() as home:
        os.environ["CFTUI_HOME"] = str(home)
        ratings = open_ratings(bundled_folder() / BUNDLED)
        for draw in DRAWS:
            others, films = drawn(ratings, draw)
            trained = trained_on(others, ratings, titled(home / f"draw{draw}"))
            for film, k, content in product(films, GIVEN, (False, True)):
                for name, one in measured(trained, film, k, options.weights, content=content):
                    found[name, k].append(one)
    table(found)
    print(busy())
    return 0 if all(held_bounds(found)) else 1


def titled(folder: Path) -> Path:
    """Return a new folder with the films' titles and genres."""
    folder.mkdir()
    shutil.copy(bundled_folder() / BUNDLED / "movies.csv", folder)
    return folder


def table(found: dict[tuple[str, int], list[Found]]) -> None:
    """Print RMSE by ratings given; of fold-ins, how large their doubts are."""
    print(f"{'RMSE, from ratings given':40s}" + "".join(f"{k:8d}" for k in GIVEN))
    names = sorted({name for name, _ in found})
    for name in names:
        print(
            f"{name:40s}" + "".join(f"{_root([f.squares for f in found[name, k]])}" for k in GIVEN)
        )
    for name in names:
        doubts = [[f.doubts for f in found[name, k] if f.doubts is not None] for k in GIVEN]
        if doubts[0]:
            print(f"{'doubt, ' + name:40s}" + "".join(map(_root, doubts)))


def _root(squares: Sequence[np.ndarray]) -> str:
    return f"{float(np.concatenate(squares).mean()) ** 0.5:8.4f}"


def held_bounds(found: dict[tuple[str, int], list[Found]]) -> list[bool]:
    """Print what must hold; tell of each whether it does."""
    held = []
    ours = f"fold-in {ITEM_REGULARIZATION:g}"
    for k, word in product(GIVEN[1:], ("", ", genres and year")):
        for way in (ours, "tastes"):
            if (f"{way}{word}", k) in found:
                pairs = zip(found[f"{way}{word}", k], found["damped mean", k], strict=True)
                gain = np.array([float(b.squares.mean() - a.squares.mean()) for a, b in pairs])
                error = 1.96 * gain.std(ddof=1) / len(gain) ** 0.5
                words = f"{way}{word}, k {k}: squared error under the damped mean's (± {error:.4f})"
                held.append(verdict(words, float(gain.mean()), OVER_MEAN, at_most=False))
    for k, word in product(GIVEN, ("", ", genres and year")):
        name = f"damped mean{word}"
        share = float(np.mean([one.held for one in found[name, k]]))
        words = f"{name}, k {k}: films within two deviations"
        held.append(verdict(words, share, COVERED, at_most=False))
    return held


if __name__ == "__main__":
    sys.exit(main())
