"""One chain: its parameters, and how they are drawn part by part of a sweep."""

from dataclasses import dataclass

import numpy as np

from cftui.training.gibbs import kernels
from cftui.training.gibbs.design import Design
from cftui.training.gibbs.rows import predicted, rows_of
from cftui.training.gibbs.sample import Sample

NOISE_STRENGTH = 10.0
"""Ratings that the noise of all users counts for in one user's own."""
INITIAL = 0.1
"""Standard deviation of the factors before the first sweep."""


@dataclass(frozen=True, eq=False)
class Randoms:
    """The random numbers of one part of a sweep."""

    gammas: np.ndarray
    """Standard gamma numbers for the precision of each field's weights."""
    centres: np.ndarray
    """Standard normal numbers for the means; shape (fields,)."""
    weights: np.ndarray
    """For the weights; shape (n_features + 1,)."""
    noises: np.ndarray
    """Standard gamma numbers for each user's noise, then for its scale; in the first part."""
    intercept: float


class Chain:
    """Draws w0, w and noise, then factor after factor; a sweep is `parts` of these."""

    def __init__(self, design: Design, values: np.ndarray, rank: int, key: tuple[int, int]) -> None:
        """Begin before the first sweep; `key`: of its random numbers, which nothing else decides.

        `values`: of the training ratings as the design was given them.
        """
        self.design, self.rank, self.key = design, rank, key
        self.parts = rank + 1
        counts = np.bincount(design.user, minlength=design.users.n_rows)
        self._shapes = np.append(NOISE_STRENGTH + counts, 1.0 + NOISE_STRENGTH * len(counts)) / 2
        self.sample = self._first(values[design.order].astype(np.float64))

    def _first(self, values: np.ndarray) -> Sample:
        """Return factors about 0, and else what predicts the mean of all."""
        features, n_fields = self.design.n_features, len(self.design.names)
        factors = INITIAL * self._generator(0, self.parts).standard_normal(
            (self.rank, features + 1)
        )
        factors[:, -1] = 0.0
        sample = Sample(
            intercept=np.array([values.mean()]),
            linear=np.zeros(features + 1),
            factors=factors,
            means=np.zeros((self.parts, n_fields)),
            precisions=np.ones((self.parts, n_fields)),
            noise=np.ones(self.design.users.n_rows),
            noise_scale=np.ones(1),
            error=values,
        )
        values -= self.fitted(sample)
        return sample

    def fitted(self, sample: Sample) -> np.ndarray:
        """Return what a sample predicts of the training ratings, shape (n,)."""
        design = self.design
        codes = design.codes - np.uint32(design.first_own)
        return predicted(rows_of(design, sample), design.user, design.item, codes)

    def _generator(self, sweep: int, part: int) -> np.random.Generator:
        """Return the random numbers of a part of a sweep, the same whenever it is drawn."""
        counter = [0, 0, part, sweep]
        return np.random.Generator(np.random.Philox(key=list(self.key), counter=counter))

    def randoms(self, sweep: int, part: int) -> Randoms:
        """Return what `draw` takes."""
        draw, widths = self._generator(sweep, part), np.diff(self.design.first)
        return Randoms(
            gammas=draw.standard_gamma((widths + 2) / 2),
            centres=draw.standard_normal(len(widths)),
            weights=draw.standard_normal(self.design.n_features + 1),
            noises=draw.standard_gamma(self._shapes) if part == 0 else np.empty(0),
            intercept=float(draw.standard_normal()) if part == 0 else 0.0,
        )

    def draw(self, randoms: Randoms, part: int) -> float:
        """Draw a part of a sweep; return the mean squared error that it leaves."""
        if part == 0:
            self._draw_noise(randoms.noises)
            self._draw_intercept(randoms.intercept)
            self._draw_linear(randoms)
        else:
            self._draw_factor(part, randoms)
        return float(self.sample.error @ self.sample.error) / len(self.sample.error)

    def _draw_noise(self, gammas: np.ndarray) -> None:
        """Draw each user's precision, whose prior is gamma around a variance drawn with them."""
        sample, strength = self.sample, NOISE_STRENGTH
        n_users = len(sample.noise)
        squares = kernels.squares_by_user(self.design.user, sample.error, n_users)
        sample.noise[:] = gammas[:-1] / ((strength * sample.noise_scale[0] + squares) / 2)
        sample.noise_scale[0] = gammas[-1] / ((1.0 + strength * sample.noise.sum()) / 2)

    def _draw_intercept(self, normal: float) -> None:
        """Draw w0, whose prior is flat."""
        sample, noise = self.sample, self.sample.noise[self.design.user]
        whole = noise.sum()
        change = (noise @ sample.error) / whole + normal / np.sqrt(whole)
        sample.intercept[0] += change
        sample.error -= change

    def _priors(self, part: int, weights: np.ndarray, randoms: Randoms) -> tuple[np.ndarray, ...]:
        """Draw the fields' means and precisions; return those of each feature, and the normals."""
        means, precisions = self.sample.means[part], self.sample.precisions[part]
        kernels.priors(
            self.design.first, weights, randoms.gammas, randoms.centres, means, precisions
        )
        spread = self.design.spread
        return spread(means), spread(precisions), randoms.weights

    def _draw_linear(self, randoms: Randoms) -> None:
        design, sample = self.design, self.sample
        noise = sample.noise[design.user]
        of_features = self._priors(0, sample.linear, randoms)
        for side in (design.users, design.items):
            kernels.linear_of_side(side, sample.error, noise, sample.linear, *of_features)
        kernels.linear_of_ratings(
            design.codes,
            design.first[design.n_of_sides :],
            sample.error,
            noise,
            sample.linear,
            *of_features,
        )

    def _draw_factor(self, part: int, randoms: Randoms) -> None:
        design, sample = self.design, self.sample
        weights = sample.factors[part - 1]
        kernels.factor(
            design.users,
            design.items,
            design.codes,
            design.first[design.n_of_sides :],
            sample.error,
            sample.noise,
            weights,
            *self._priors(part, weights, randoms),
        )
