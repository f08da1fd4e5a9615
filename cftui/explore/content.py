"""What genres and year tell of an item: ridge regressions, judged on items held out.

The idea is LightFM's (Kula 2015), items made of their features, as a second step: factors and
biases stay as trained, and a regression tells them from features. Genres are one column each, years
a piecewise linear curve between quantiles. The ridge is chosen by leave-one-out errors, which have
a closed form; how good the whole procedure is, that choice included, is told by five folds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from cftui.questions.errors import QuestionError
from cftui.ratings.facets import facets
from cftui.ratings.values import Ratings

RIDGES = np.array([0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0])
FOLDS = 5
LEAST_ITEMS = 20
"""Items under which nothing is told from features."""
KNOTS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Quantiles of years between which the curve is straight."""


@dataclass(frozen=True, eq=False)
class ItemContent:
    """Features of all items of a data set."""

    table: np.ndarray
    """Shape (n_items, n_features): genres, then the curve of years."""
    genres: tuple[str, ...]
    knots: np.ndarray
    """Years between which the curve is straight; none where titles name no years."""

    def of(self, genres: Sequence[str], year: int | None) -> np.ndarray:
        """Return an item's features, shape (n_features,); not a number where nothing is given."""
        told = [float(name in genres) if genres else np.nan for name in self.genres]
        return np.append(told, np.nan * self.knots if year is None else self.curve(year))

    def curve(self, years: Any) -> np.ndarray:
        """Return how near years are to each knot, shape (n_knots,) or (n_knots, n)."""
        return np.array([np.interp(years, self.knots, unit) for unit in np.eye(len(self.knots))])


@lru_cache(maxsize=4)
def features_of(ratings: Ratings) -> ItemContent:
    """Return the features of all items; read once for each data set."""
    found = facets(ratings)
    dated = found.years > 0
    knots = np.unique(np.quantile(found.years[dated], KNOTS)) if dated.any() else np.zeros(0)
    columns = [mask.astype(np.float64) for mask in found.genres.values()]
    features = ItemContent(np.zeros((ratings.n_items, 0)), tuple(found.genres), knots)
    if len(knots):
        curve = features.curve(found.years)
        # An item without a year stands at the mean of those that have one.
        curve[:, ~dated] = curve[:, dated].mean(axis=1)[:, None]
        columns += list(curve)
    return replace(features, table=np.stack(columns, axis=1)) if columns else features


def told_features(ratings: Ratings, genres: Sequence[str], year: int | None) -> np.ndarray:
    """Return the features of an item that is not in the data, not a number where none is given.

    Raises QuestionError for a genre that no item has, and for a year where titles name none.
    """
    if year is not None and not len(features_of(ratings).knots):
        raise QuestionError("no title here names a year, such as (1999): leave the year out")
    return features_of(ratings).of(known_genres(ratings, genres), year)


def known_genres(ratings: Ratings, genres: Sequence[str]) -> tuple[str, ...]:
    """Return genres as the data writes them; raises QuestionError for one that no item has."""
    there = {genre.casefold(): genre for genre in facets(ratings).genres}
    for genre in genres:
        if genre.strip().casefold() not in there:
            names = ", ".join(there.values()) or (
                "none at all: these ratings came without genres, so that only ratings serve"
            )
            raise QuestionError(f"no item has genre {genre!r}; there are {names}")
    return tuple(there[genre.strip().casefold()] for genre in genres)


def overlap_of(ratings: Ratings, genres: Sequence[str]) -> np.ndarray:
    """Return how much each item's genres are those given, shape (n_items,): Jaccard's share.

    Raises QuestionError for a genre that no item has.
    """
    chosen = set(known_genres(ratings, genres))
    shared, either = np.zeros(ratings.n_items), np.full(ratings.n_items, float(len(chosen)))
    for name, mask in facets(ratings).genres.items():
        if name in chosen:
            shared += mask
        else:
            either += mask
    return np.asarray(shared / np.maximum(either, 1))


@dataclass(frozen=True, eq=False)
class Told:
    """What features tell of targets of one item, beside how well they do on items held out."""

    value: np.ndarray
    """Shape (n_targets,)."""
    explained: float
    """Share of the variance around the plain mean that is told right, over all targets; below 0
    where the plain mean tells more."""
    n_items: int


@dataclass(frozen=True, eq=False)
class Regression:
    """What targets follow from features, learned from some items."""

    fit: "_Fit"
    explained: float
    n_items: int

    def tell(self, features: np.ndarray) -> Told:
        """Return what an item's features, shape (n_features,), tell of it.

        Where they tell less than the mean does, on items held out, or there were too few, the mean.
        """
        return Told(self.predict(features[None])[0], self.explained, self.n_items)

    def predict(self, features: np.ndarray) -> np.ndarray:
        """Return what features, shape (n, n_features), tell of items, shape (n, n_targets)."""
        if self.explained > 0:
            return self.fit.predict(features)
        return np.tile(self.fit.mean, (len(features), 1))


def learn(features: np.ndarray, targets: np.ndarray) -> Regression:
    """Return a ridge regression: features (n, n_features), targets (n, n_targets)."""
    targets = targets.astype(np.float64)
    if len(features) < LEAST_ITEMS or not features.shape[1]:
        mean = targets.mean(axis=0) if len(targets) else np.zeros(targets.shape[1])
        nothing = np.zeros((features.shape[1], targets.shape[1]))
        return Regression(_Fit(np.zeros(features.shape[1]), mean, nothing), 0.0, len(features))
    return Regression(_fit(features, targets), _explained(features, targets), len(features))


@dataclass(frozen=True, eq=False)
class _Fit:
    """A ridge regression, its columns centred."""

    centre: np.ndarray
    mean: np.ndarray
    weights: np.ndarray

    def predict(self, features: np.ndarray) -> np.ndarray:
        """Return targets, shape (n, n_targets); what is not given stands at its mean."""
        moved = np.nan_to_num(features - self.centre)
        return np.asarray(self.mean + moved @ self.weights)


def _fit(features: np.ndarray, targets: np.ndarray) -> _Fit:
    """Fit with the ridge that has the least sum of squared leave-one-out errors."""
    centre, mean = features.mean(axis=0), targets.mean(axis=0)
    u, s, vt = np.linalg.svd(features - centre, full_matrices=False)
    along = u.T @ (targets - mean)
    errors = np.empty(len(RIDGES))
    for place, ridge in enumerate(RIDGES):
        shrunk = s**2 / (s**2 + ridge)
        left = targets - mean - u @ (shrunk[:, None] * along)
        leverage = 1 / len(features) + (u**2 * shrunk).sum(axis=1)
        errors[place] = ((left / np.maximum(1 - leverage, 1e-6)[:, None]) ** 2).sum()
    ridge = RIDGES[int(errors.argmin())]
    return _Fit(centre, mean, vt.T @ ((s / (s**2 + ridge))[:, None] * along))


def _explained(features: np.ndarray, targets: np.ndarray) -> float:
    """Return the share of variance told right in five folds, beside each fold's plain mean."""
    fold = np.random.default_rng(0).permutation(len(features)) % FOLDS
    wrong = plain = 0.0
    for own in range(FOLDS):
        out = fold == own
        fit = _fit(features[~out], targets[~out])
        wrong += float(((fit.predict(features[out]) - targets[out]) ** 2).sum())
        plain += float(((fit.mean - targets[out]) ** 2).sum())
    return 1 - wrong / plain if plain > 0 else 0.0
