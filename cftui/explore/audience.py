"""Who would like an item that is not in the data: by a run's factors, or by tastes alone."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import sparse

from cftui.explore.content import Regression, features_of, learn
from cftui.explore.expected import Expected, Plain
from cftui.explore.fold_in import FoldInParts, fold_in, fold_in_shares, mean_user
from cftui.explore.likes.residuals import SHRINKAGE, Residuals
from cftui.explore.stars import factors_of
from cftui.library.trained import Trained
from cftui.models.factors import Factors
from cftui.questions.errors import QuestionError
from cftui.ratings.pairs import Pairs
from cftui.ratings.values import Ratings

LIKENESS_DAMPING = 1.0
"""Sum of likenesses at which raters' tastes count half."""
GENRE_DAMPING = 10.0
"""Films of a genre with which a user's mean on them counts half."""
FLOOR = 1e-6
"""Least variance of a factor, squared, that scatter is taken for."""
JUDGED = 20_000
"""Ratings, at most, that a run's error is told by."""


@dataclass(frozen=True, eq=False)
class Audience:
    """What every user is to the item; arrays of shape (n_users,), shares (n_users, n ratings)."""

    predicted: np.ndarray
    doubt: np.ndarray | None
    more: np.ndarray
    shares: np.ndarray
    reached: np.ndarray
    """Whether anything is known of the user."""
    cosine: np.ndarray | None
    """Of every item to it, shape (n_items,); none where nothing tells."""
    explained: float | None = None
    """How well genres and year tell item factors, on items held out; none where not asked."""


def by_run(
    trained: Trained,
    users: np.ndarray,
    values: np.ndarray,
    regularization: float,
    features: np.ndarray | None,
) -> Audience:
    """Fold an item in to a run from a few ratings of users that the run knows.

    A Gaussian prior holds it: around the mean item, or what `features` tell, shape (n_features,),
    as wide as items scatter there; `regularization` is how many times its weight. Raises
    QuestionError for a model without factors to fold in to, or a regularization not above 0.
    """
    if not 0 < regularization < float("inf"):
        raise QuestionError(f"regularization {regularization:g} is not above 0; 0.5 is usual")
    mirrored, told = factors_of(trained).mirrored(), None
    mean = prior = mean_item(trained)
    if features is not None:
        prior, told = _prior(trained, features)
    everybody = np.arange(trained.ratings.n_users)
    scatter = scatter_of(trained)[int(told is not None)]
    weight = regularization * error_of(trained) * np.linalg.inv(scatter)
    parts = fold_in_shares(mirrored, prior, users, values, weight, everybody)
    item = fold_in(mirrored, prior, users, values, weight)
    more = parts.mean + parts.shares.sum(axis=1) - parts.inputs @ mean
    usual = 0.0 if mirrored.item_bias is None else mirrored.item_bias.astype(np.float64)
    predicted = mirrored.to_range(parts.inputs @ mean + more + usual)
    unit, slope = _slopes(mirrored, predicted)
    return Audience(
        predicted=predicted,
        doubt=_doubt(scatter, parts, error_of(trained)) * slope,
        more=more * unit,
        shares=parts.shares * unit,
        reached=trained.trained_users,
        cosine=_cosine(factors_of(trained), item.user_factors[0], trained.trained_items),
        explained=told,
    )


def _doubt(scatter: np.ndarray, parts: FoldInParts, error: float) -> np.ndarray:
    """Return the deviations of a Gaussian posterior before the sigmoid, shape (n_users,).

    Beforehand the item scatters as those do that the run knows well.
    """
    posterior = np.linalg.inv(np.linalg.inv(scatter) + parts.information / error)
    return np.asarray(np.sqrt(((parts.inputs @ posterior) * parts.inputs).sum(axis=1)))


@lru_cache(maxsize=4)
def scatter_of(trained: Trained) -> tuple[np.ndarray, np.ndarray]:
    """Return covariances of items' factors and bias, around their mean and what features tell.

    Shape (n_unknowns, n_unknowns) each, of items with ratings enough.
    """
    factors = factors_of(trained)
    known = _well_known(trained)
    values = factors.item_factors[known].astype(np.float64)
    told = factors_by_features(trained)
    table = features_of(trained.ratings).table[known]
    guesses = told[0].predict(table)
    if factors.item_bias is not None and told[1] is not None:
        values = np.column_stack([values, factors.item_bias[known]])
        guesses = np.column_stack([guesses, told[1].predict(table)])
    least = FLOOR * np.eye(values.shape[1])
    around = (values - values.mean(axis=0), values - guesses)
    first, second = (left.T @ left / max(len(left), 1) + least for left in around)
    return first, second


def _well_known(trained: Trained) -> np.ndarray:
    """Return whether items have ratings enough for their factors to tell of others."""
    often = trained.ratings.by_item.counts() >= trained.ratings.usual_floor
    known = np.asarray(often & trained.trained_items)
    return known if known.any() else trained.trained_items


def _slopes(factors: Factors, predicted: np.ndarray) -> tuple[float, np.ndarray | float]:
    """Return rating units a unit before the sigmoid: in the middle, and where predictions are."""
    if not factors.sigmoid:
        return factors.unit.scale, factors.unit.scale
    span = factors.high - factors.low
    return span / 4, (predicted - factors.low) * (factors.high - predicted) / span


def _cosine(factors: Factors, vector: np.ndarray, known: np.ndarray) -> np.ndarray:
    table, own = factors.item_factors.astype(np.float64), vector.astype(np.float64)
    lengths = np.linalg.norm(table, axis=1) * np.linalg.norm(own)
    cosine = table @ own / np.maximum(lengths, np.finfo(np.float64).tiny)
    return np.where(known, cosine, -np.inf)


@lru_cache(maxsize=4)
def mean_item(trained: Trained) -> np.ndarray:
    """Return the mean of the factors and, last, of the biases of the items that a run knows well.

    Not of all: of an item with one rating the bias is still about where it started.
    """
    return mean_user(factors_of(trained).mirrored(), _well_known(trained))


@lru_cache(maxsize=4)
def error_of(trained: Trained) -> float:
    """Return a run's mean squared error, held-out ratings first, in the unit it was trained in."""
    ratings, split = trained.ratings, trained.split
    which = np.asarray(split.valid if len(split.valid) else split.train)[:JUDGED]
    predicted = trained.scorer.score(Pairs(ratings.user[which], ratings.item[which]))
    squares = (predicted.astype(np.float64) - ratings.value[which]) ** 2
    return float(squares.mean()) / factors_of(trained).unit.squared


@lru_cache(maxsize=4)
def factors_by_features(trained: Trained) -> tuple[Regression, Regression | None]:
    """Return what genres and year tell of factors and of biases, where the model has them.

    From items with ratings enough; learned once for each weights.
    """
    factors, known = factors_of(trained), _well_known(trained)
    table = features_of(trained.ratings).table[known]
    bias = factors.item_bias
    of_bias = None if bias is None else learn(table, bias[known, None])
    return learn(table, factors.item_factors[known]), of_bias


def _prior(trained: Trained, features: np.ndarray) -> tuple[np.ndarray, float]:
    """Return what features tell of factors and bias, and how well they do of the factors."""
    of_factors, of_bias = factors_by_features(trained)
    told = of_factors.tell(features)
    if of_bias is None:
        return told.value, told.explained
    return np.append(told.value, of_bias.tell(features).value), told.explained


def by_tastes(
    ratings: Ratings,
    plain: Plain,
    residuals: Residuals,
    users: np.ndarray,
    values: np.ndarray,
    expected: Expected,
    genres: np.ndarray | None,
) -> Audience:
    """Tell from biases, likeness to those who rated it, and means on films of its genres.

    Likeness is the cosine of users' residuals, shrunk for few films in common; `genres` says how
    much each item shares of the genres, shape (n_items,), or is none.
    """
    biases = plain.biases
    left = values - biases.mean - biases.user[users] - expected.bias
    likeness = _likeness(residuals, users)
    weight = np.abs(likeness).sum(axis=1) + LIKENESS_DAMPING
    shares = likeness * left / weight[:, None]
    taste = shares.sum(axis=1)
    if genres is not None:
        taste = taste + _on_genres(residuals, genres)
    usual = biases.mean + biases.user
    raw = usual + expected.bias + taste
    return Audience(
        predicted=np.clip(raw, ratings.low, ratings.high),
        doubt=None,
        more=raw - usual - float(plain.items[plain.often].mean()),
        shares=shares,
        reached=ratings.by_user.counts() > 0,
        cosine=_residual_cosine(residuals, users, left) if len(users) else None,
    )


def _likeness(residuals: Residuals, users: np.ndarray) -> np.ndarray:
    """Return how alike every user is to some, shape (n_users, n), within -1 to 1."""
    everybody = residuals.by_user
    lengths = np.sqrt(np.asarray((everybody * everybody).sum(axis=1)).reshape(-1))
    lengths = np.where(lengths > 0, lengths, 1.0)
    theirs = everybody[users]
    common = (_pattern(everybody) @ _pattern(theirs).T).toarray()
    cosine = (everybody @ theirs.T).toarray() / np.outer(lengths, lengths[users])
    likeness = cosine * common / (common + SHRINKAGE)
    likeness[users, np.arange(len(users))] = 0.0
    return np.asarray(likeness)


def _pattern(rows: sparse.csr_array) -> sparse.csr_array:
    return sparse.csr_array((np.ones(len(rows.data)), rows.indices, rows.indptr), rows.shape)


def _on_genres(residuals: Residuals, genres: np.ndarray) -> np.ndarray:
    """Return users' mean residual on films of some genres, damped, shape (n_users,)."""
    rows = residuals.by_user
    weight = _pattern(rows) @ genres
    return np.asarray((rows @ genres) / (weight + GENRE_DAMPING))


def _residual_cosine(residuals: Residuals, users: np.ndarray, left: np.ndarray) -> np.ndarray:
    """Return the cosine of the new item's residuals to every item's, shrunk for few raters."""
    theirs = residuals.by_user[users]
    common = np.bincount(theirs.indices, minlength=len(residuals.length))
    lengths = residuals.length * np.linalg.norm(left)
    cosine = (theirs.T @ left) / np.where(lengths > 0, lengths, 1.0)
    return np.where(common > 0, cosine * common / (common + SHRINKAGE), -np.inf)
