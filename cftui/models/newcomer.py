"""Somebody who is not in the data, in each draw of a Bayesian factorization machine.

Given a draw of everything else, a prediction is linear in what is the newcomer's own: a number that
counts alone and k factors. These are drawn around where the draw's users are, and a rating scatters
by a noise of theirs; given either of the two the other is normal or gamma, so that a few rounds of
Gibbs sampling in each draw take them in (Freudenthaler, Schmidt-Thieme and Rendle 2011, for one
user). Items stay as they were drawn. Before any rating they are anybody, and the band is as wide;
it narrows as they rate.
"""

from dataclasses import dataclass

import numpy as np

from cftui.models.draws import NOISE_STRENGTH, NORMAL_80, Draws
from cftui.ratings.pairs import Pairs
from cftui.ratings.unit import RatingUnit

ROUNDS = 8
"""Of drawing the newcomer's own numbers, then their noise, in each draw."""
MOST_USERS = 5_000
"""Who tell how users are in a draw; of more, as many evenly among them."""
FLOOR = 1e-4
"""Of the users' mean variance, added to each: few users may all be alike."""


@dataclass(frozen=True, eq=False)
class Crowd:
    """How users are in each draw, as normal distributions."""

    means: np.ndarray
    """Shape (draws, 1 + rank)."""
    precisions: np.ndarray
    """Shape (draws, 1 + rank, 1 + rank)."""
    noise: float
    """Variance that users' noise is drawn around, in squared units."""


@dataclass(frozen=True, eq=False)
class Newcomer:
    """What is predicted of every item for somebody new, and how far that may be off."""

    predicted: np.ndarray
    """Of every item, in the unit, float64 (n_items,)."""
    variances: np.ndarray
    """Of a rating around it, so."""
    low: float
    high: float
    unit: RatingUnit

    def score(self, pairs: Pairs) -> np.ndarray:
        """Return predicted ratings, float32 (n,), whoever the pairs' users are."""
        return self.unit.to_ratings(self.predicted[pairs.items].astype(np.float32))

    def score_all_items(self, user: int) -> np.ndarray:
        """Return predicted ratings of every item, shape (n_items,)."""
        return self.unit.to_ratings(self.predicted.astype(np.float32))

    def interval(self, pairs: Pairs) -> tuple[np.ndarray, np.ndarray]:
        """Return the ends of each pair's 80 % band, float32 (n,), in rating units."""
        mean, half = self.predicted[pairs.items], NORMAL_80 * np.sqrt(self.variances[pairs.items])
        low, high = (
            np.clip(self.unit.to_ratings(end.astype(np.float32)), self.low, self.high)
            for end in (mean - half, mean + half)
        )
        return low, high


def crowd_of(draws: Draws, among: np.ndarray) -> Crowd:
    """Return how users are; `among` says of each whether they count, shape (n_users,)."""
    codes = np.flatnonzero(among)
    codes = codes[:: -(-len(codes) // MOST_USERS)]
    users = draws.users[:, codes].astype(np.float64)
    means = users.mean(axis=1)
    off = users - means[:, None]
    covariances = off.transpose(0, 2, 1) @ off / max(len(codes) - 1, 1)
    sizes = np.trace(covariances, axis1=1, axis2=2) / covariances.shape[1]
    floors = FLOOR * np.maximum(sizes, 1e-6)
    covariances += floors[:, None, None] * np.eye(covariances.shape[1])
    noise = 1.0 / float((1.0 / draws.variances[codes]).mean())
    return Crowd(means, np.linalg.inv(covariances), noise)


def take_in(draws: Draws, crowd: Crowd, items: np.ndarray, values: np.ndarray) -> Newcomer:
    """Return somebody who gave these items, codes of shape (n,), these ratings.

    The same ratings always give the same: random numbers are the same.
    """
    offsets, inputs = _linear(draws)
    errors = draws.unit.to_unit(values.astype(np.float64)) - offsets[:, items]
    means, drawn, noise = _sampled(crowd, inputs[:, items], errors)
    told = np.matmul(inputs, means[..., None])[..., 0] + offsets
    spread = (np.matmul(inputs, drawn[..., None])[..., 0] + offsets).var(axis=0, ddof=1)
    return Newcomer(
        told.mean(axis=0, dtype=np.float64),
        spread.astype(np.float64) + noise,
        draws.low,
        draws.high,
        draws.unit,
    )


def _linear(draws: Draws) -> tuple[np.ndarray, np.ndarray]:
    """Return what every item is predicted without a user, and what theirs is multiplied by.

    Shapes (draws, n_items) and (draws, n_items, 1 + rank). Times are not known.
    """
    own = draws.own[:, draws.first_own[-1] :]
    total = own[..., 1:].sum(axis=1)
    pairs = (total**2).sum(axis=1) - (own[..., 1:] ** 2).sum(axis=(1, 2))
    alone = draws.intercepts + own[..., 0].sum(axis=1) + pairs / 2
    factors = draws.items[..., 1:]
    crossed = np.matmul(factors, total[..., None])[..., 0]
    inputs = np.empty_like(draws.items)
    inputs[..., 0] = 1.0
    inputs[..., 1:] = factors + total[:, None]
    return draws.items[..., 0] + crossed + alone[:, None], inputs


def _sampled(
    crowd: Crowd, inputs: np.ndarray, errors: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return the means of the newcomer's numbers, a draw of them, and their noise.

    `inputs`: (draws, n, 1 + rank) and `errors`: (draws, n), of their ratings. What is returned is
    of shapes (draws, 1 + rank), so, and a variance, the mean over draws.
    """
    random = np.random.default_rng(0)
    inputs = inputs.astype(np.float64)
    n, strength = errors.shape[1], NOISE_STRENGTH
    turned = inputs.transpose(0, 2, 1)
    squares, sums = turned @ inputs, np.matmul(turned, errors[..., None])
    prior = np.matmul(crowd.precisions, crowd.means[..., None])
    precision = np.full((len(errors), 1, 1), 1.0 / crowd.noise)
    for _ in range(ROUNDS):
        lower = np.linalg.cholesky(crowd.precisions + precision * squares)
        means = _solved(lower, prior + precision * sums)
        normals = random.standard_normal(means.shape)
        drawn = means + np.linalg.solve(lower.transpose(0, 2, 1), normals)
        left = errors - np.matmul(inputs, drawn)[..., 0]
        rates = (strength * crowd.noise + (left**2).sum(axis=1)) / 2
        gammas = random.standard_gamma((strength + n) / 2, len(rates))
        precision = (gammas / rates)[:, None, None]
    noise = float(rates.mean()) / ((strength + n) / 2 - 1)
    return means[..., 0], drawn[..., 0], noise


def _solved(lower: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return x of L L' x = right, for each draw."""
    half = np.linalg.solve(lower, right)
    return np.asarray(np.linalg.solve(lower.transpose(0, 2, 1), half))
