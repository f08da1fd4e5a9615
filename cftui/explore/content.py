"""What genres and year tell of an item: ridge regressions, judged on items held out.

The idea is LightFM's (Kula 2015), items made of their features, as a second step: factors and
biases stay as trained, and a regression tells them from features. Genres are one column each, years
a piecewise linear curve between quantiles. The ridge is chosen by leave-one-out errors, which have
a closed form; how good the whole procedure is, that choice included, is told by five folds.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cftui.questions.errors import QuestionError
from cftui.ratings.features import facets
from cftui.ratings.values import Ratings

RIDGES = np.array([0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0])
FOLDS = 5
LEAST_ITEMS = 20
"""Items under which nothing is told from features."""
KNOTS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Quantiles of years between which the curve is straight."""


@dataclass(frozen=True, eq=False)
class Content:
    """Features of items, and of one that is not among them."""

    known: np.ndarray
    """Shape (n_items, n_features)."""
    new: np.ndarray
    """Shape (n_features,); not a number where that feature was not given."""

    def of(self, which: np.ndarray) -> np.ndarray:
        """Return the features of some items."""
        return np.asarray(self.known[which])


def content_of(ratings: Ratings, genres: Sequence[str], year: int | None) -> Content:
    """Return the features of all items and those given.

    Raises QuestionError for a genre that no item has, and for a year where titles name none.
    """
    features = facets(ratings)
    chosen = set(known_genres(ratings, genres))
    if year is not None and not features.years.any():
        raise QuestionError("no title here names a year, such as (1999): leave the year out")
    columns = [mask.astype(np.float64) for mask in features.genres.values()]
    given = [float(name in chosen) if genres else np.nan for name in features.genres]
    dated = features.years > 0
    if dated.any():
        knots = np.unique(np.quantile(features.years[dated], KNOTS))
        curve = np.stack([np.interp(features.years, knots, unit) for unit in np.eye(len(knots))])
        # An item without a year stands at the mean of those that have one.
        curve[:, ~dated] = curve[:, dated].mean(axis=1)[:, None]
        columns += list(curve)
        given += [
            np.nan if year is None else float(np.interp(year, knots, unit))
            for unit in np.eye(len(knots))
        ]
    known = np.stack(columns, axis=1) if columns else np.zeros((ratings.n_items, 0))
    return Content(known, np.array(given, np.float64))


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


@dataclass(frozen=True, eq=False)
class Told:
    """What features tell of targets of one item, beside how well they do on items held out."""

    value: np.ndarray
    """Shape (n_targets,)."""
    explained: float
    """Share of the variance around the plain mean that is told right, over all targets; below 0
    where the plain mean tells more."""
    n_items: int


def tell(content: Content, which: np.ndarray, targets: np.ndarray) -> Told:
    """Return what a ridge regression over some items, their codes given, tells of the new one.

    `targets` has shape (n_items, n_targets). Where features tell less than the mean does, on items
    held out, or there are too few, it is the mean.
    """
    features, wanted = content.of(which), targets[which].astype(np.float64)
    mean = wanted.mean(axis=0) if len(which) else np.zeros(targets.shape[1])
    if len(which) < LEAST_ITEMS or not features.shape[1]:
        return Told(mean, 0.0, len(which))
    explained = _explained(features, wanted)
    if explained > 0:
        fit = _fit(features, wanted)
        return Told(fit.predict(content.new[None])[0], explained, len(which))
    return Told(mean, explained, len(which))


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
