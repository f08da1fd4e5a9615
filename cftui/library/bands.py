"""How far ratings may be from what a run predicts: as its draws tell, or its members."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from cftui.models.draws import NOISE_STRENGTH, NORMAL_80
from cftui.questions.band import DRAWN, EIGHTY, SPREAD, Band
from cftui.ratings.pairs import Pairs
from cftui.ratings.split import Split
from cftui.ratings.values import Ratings

COVERS = (0.76, 0.86)
"""Shares of held-out ratings between which a band is called one of 80 %."""
MOST = 400_000
"""Training ratings whose residuals tell of the noise; of more, as many evenly among them."""
FEWEST = 50
"""Held-out ratings that a scale is found by, and as many that it is measured by."""
MEASURED = 10_000
"""Held-out ratings that tell of drawn bands' cover, to 0.004; of more, as many among them."""


class Scorer(Protocol):
    """Anything that predicts ratings, in rating units."""

    def score(self, pairs: Pairs) -> np.ndarray:
        """Return predicted ratings, shape (n,), float32."""

    def score_all_items(self, user: int) -> np.ndarray:
        """Return one user's predicted ratings of every item, shape (n_items,)."""


@runtime_checkable
class Banded(Scorer, Protocol):
    """A scorer that knows how far a rating may be from what it predicts."""

    def interval(self, pairs: Pairs) -> tuple[np.ndarray, np.ndarray]:
        """Return the ends of each pair's 80 % band, float32 (n,), in rating units."""


@runtime_checkable
class ManyMembers(Scorer, Protocol):
    """A scorer that may have several members, whose predictions differ."""

    def spread(self, pairs: Pairs) -> np.ndarray | None:
        """Return the members' standard deviation, in rating units, (n,); none of one alone."""


@dataclass(frozen=True, eq=False)
class Bands:
    """Ends of the bands of n predictions, float32 (n,), in rating units and within their range."""

    low: np.ndarray
    high: np.ndarray
    words: str
    """What they are called: `80 %`, or else."""

    def __getitem__(self, place: int) -> Band:
        """Return one of them."""
        return Band(float(self.low[place]), float(self.high[place]), self.words)

    def among(self, known: np.ndarray) -> "Bands":
        """Return the same at the places that are marked, shape (m,), NaN at all others."""
        ends = np.full((2, len(known)), np.nan, np.float32)
        ends[:, known] = self.low, self.high
        return Bands(ends[0], ends[1], self.words)


@dataclass(frozen=True, eq=False)
class MemberNoise:
    """What ratings scatter by besides what members differ in."""

    variances: np.ndarray
    """Of each user, in squared rating units, shape (n_users,)."""
    scales: np.ndarray
    """Times each item's, as often rated ones are less off; shape (n_items,)."""
    cover: float | None
    """Share of held-out ratings within the bands; none where too few are held out."""

    @property
    def words(self) -> str:
        """Return what bands with this noise are called."""
        return _called(self.cover, SPREAD)

    def of(self, pairs: Pairs) -> np.ndarray:
        """Return the variance of each pair's noise, shape (n,)."""
        return np.asarray(self.variances[pairs.users] * self.scales[pairs.items])


def words_of_draws(scorer: Banded, ratings: Ratings, split: Split) -> str:
    """Return what the bands of draws are called, as the held-out ratings within them tell."""
    held = split.valid[:: -(-len(split.valid) // MEASURED) or 1]
    if len(held) < FEWEST:
        return DRAWN
    low, high = scorer.interval(_pairs(ratings, held))
    values = ratings.value[held]
    return _called(float(((low <= values) & (values <= high)).mean()), DRAWN)


def _called(cover: float | None, otherwise: str) -> str:
    return EIGHTY if cover is not None and COVERS[0] <= cover <= COVERS[1] else otherwise


def bands_of_members(
    scorer: ManyMembers, noise: MemberNoise, ratings: Ratings, pairs: Pairs
) -> Bands | None:
    """Return mean -+ 1.28 times the root of spread and noise together; none of one member.

    Where the noise does not make them bands of 80 %, of the members' spread alone.
    """
    spread = scorer.spread(pairs)
    if spread is None:
        return None
    mean, variance = scorer.score(pairs), spread.astype(np.float64) ** 2
    if noise.words == EIGHTY:
        variance += noise.of(pairs)
    half = NORMAL_80 * np.sqrt(variance)
    low, high = (
        np.clip(end, ratings.low, ratings.high).astype(np.float32)
        for end in (mean - half, mean + half)
    )
    return Bands(low, high, noise.words)


def learn_noise(scorer: ManyMembers, ratings: Ratings, split: Split) -> MemberNoise:
    """Return the noise of each user, from residuals, for a scorer of several members.

    Whose ratings scatter more is told by residuals of training ratings, in the mean with all
    users'. These are smaller than others, of rarely rated items most, so that one number for each
    quarter of the items scales them: half of the held-out ratings are 80 % within, and the others
    tell what that is worth.
    """
    by_user = _scatter(scorer, ratings, split.train)
    found, told = split.valid[::2], split.valid[1::2]
    if len(told) < FEWEST:
        return MemberNoise(by_user, np.zeros(ratings.n_items), None)
    scales = _scales(scorer, ratings, split, found, by_user)
    needed = _needed(scorer, ratings, told, by_user)
    return MemberNoise(by_user, scales, float((needed <= scales[ratings.item[told]]).mean()))


def _scales(
    scorer: ManyMembers, ratings: Ratings, split: Split, found: np.ndarray, by_user: np.ndarray
) -> np.ndarray:
    """Return each item's scale, which has 80 % of its quarter's found ratings within."""
    counts = np.bincount(ratings.item[split.train], minlength=ratings.n_items)
    items, needed = ratings.item[found], _needed(scorer, ratings, found, by_user)
    edges = np.quantile(counts[items], (0.25, 0.5, 0.75), method="inverted_cdf")
    quarters = np.searchsorted(edges, counts, side="left")
    scales = np.full(len(counts), np.quantile(needed, 0.8))
    for quarter in range(len(edges) + 1):
        own = quarters[items] == quarter
        if np.count_nonzero(own) >= FEWEST:
            scales[quarters == quarter] = np.quantile(needed[own], 0.8)
    return np.asarray(np.maximum(scales, 0.0))


def _scatter(scorer: ManyMembers, ratings: Ratings, positions: np.ndarray) -> np.ndarray:
    """Return each user's mean squared residual, shrunk to that of all; shape (n_users,)."""
    positions = positions[:: -(-len(positions) // MOST)] if len(positions) else positions
    squares = _residuals(scorer, ratings, positions) ** 2
    users = ratings.user[positions]
    sums = np.bincount(users, squares, minlength=ratings.n_users)
    counts = np.bincount(users, minlength=ratings.n_users)
    overall = max(float(squares.mean()), 1e-12) if len(squares) else 1.0
    return np.asarray((NOISE_STRENGTH * overall + sums) / (NOISE_STRENGTH + counts))


def _needed(
    scorer: ManyMembers, ratings: Ratings, positions: np.ndarray, by_user: np.ndarray
) -> np.ndarray:
    """Return the least scale of the noise whose bands have each rating within, shape (n,)."""
    pairs = _pairs(ratings, positions)
    spread = scorer.spread(pairs)
    assert spread is not None
    squares = (_residuals(scorer, ratings, positions) / NORMAL_80) ** 2
    return np.asarray((squares - spread.astype(np.float64) ** 2) / by_user[pairs.users])


def _residuals(scorer: ManyMembers, ratings: Ratings, positions: np.ndarray) -> np.ndarray:
    predicted = scorer.score(_pairs(ratings, positions)).astype(np.float64)
    return np.asarray(predicted - ratings.value[positions])


def _pairs(ratings: Ratings, positions: np.ndarray) -> Pairs:
    return Pairs(ratings.user[positions], ratings.item[positions], positions)
