"""A prediction of a factorization machine as a sum: of what fields say alone, and pair by pair."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from cftui.ratings.unit import IDENTITY, RatingUnit


@dataclass(frozen=True, eq=False)
class FieldSums:
    """What one field, or some that stand together, comes to in one rating: in each member, or draw.

    Of columns i of these fields with values x_i, weights w_i and factors v_i. Float64, in the unit.
    """

    words: str
    """The fields."""
    weights: np.ndarray
    """Sum of w_i x_i, shape (members,)."""
    within: np.ndarray
    """Sum over pairs of these columns of <v_i, v_j> x_i x_j, so; 0 where `weights` has it."""
    factors: np.ndarray
    """Sum of v_i x_i, shape (members, k)."""


@dataclass(frozen=True, eq=False)
class SummedPrediction:
    """All that makes up one prediction, which is the mean over members, or draws."""

    intercepts: np.ndarray
    """Shape (members,), in the unit."""
    fields: tuple[FieldSums, ...]
    told: str
    """What the mean is over, in words; empty where it is none."""
    unit: RatingUnit = IDENTITY

    @property
    def base(self) -> float:
        """Return what the model predicts before anything is known, in rating units."""
        return float(self.intercepts.mean()) * self.unit.scale + self.unit.offset

    def parts(self) -> Iterator[tuple[str, float]]:
        """Yield what each field adds alone, within itself and with each other, in rating units.

        They add up to the prediction less `base` (Rendle 2010, eq. 1, its double sum by field).
        """
        scale = self.unit.scale
        for field in self.fields:
            yield f"{field.words} alone", scale * float(field.weights.mean())
            yield f"{field.words} with itself", scale * float(field.within.mean())
        for one, other in combinations(self.fields, 2):
            products = np.einsum("mk,mk->m", one.factors, other.factors)
            yield f"{one.words} × {other.words}", scale * float(products.mean())
