"""The unit that trainers compute in: ratings of any scale, mapped linearly onto 0.5 to 5."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cftui.hyperparameters import DataInfo

if TYPE_CHECKING:
    import numpy as np

LOW, HIGH = 0.5, 5.0
"""The range of the lesson's ratings, which its learning rates and decays were found on."""


@dataclass(frozen=True)
class RatingUnit:
    """A linear map of ratings from `low` to `high` onto 0.5 to 5; by default the identity.

    So a recipe means the same on every scale. Ratings within 0.5 to 5 already are left as they
    are, bit for bit; so are those of a single value, which have no range to map.
    """

    low: float = LOW
    high: float = HIGH

    @property
    def is_identity(self) -> bool:
        """Return whether the unit is that of the ratings, so that nothing is computed at all."""
        return (self.low, self.high) == (LOW, HIGH) or not self.low < self.high

    @property
    def scale(self) -> float:
        """Return how large the unit is in rating units."""
        return 1.0 if self.is_identity else (self.high - self.low) / (HIGH - LOW)

    @property
    def offset(self) -> float:
        """Return the rating that 0 of the unit stands for."""
        return 0.0 if self.is_identity else self.low - LOW * self.scale

    @property
    def squared(self) -> float:
        """Return what squared errors of the unit are multiplied by to be in squared rating units.

        A factor of exactly 1 changes no bit.
        """
        return self.scale**2

    def to_unit(self, values: "np.ndarray") -> "np.ndarray":
        """Return ratings in the unit, of the same shape and type, computed in float64."""
        if self.is_identity:
            return values
        mapped = (values.astype("float64") - self.low) * (HIGH - LOW) / (self.high - self.low) + LOW
        return mapped.astype(values.dtype)

    def to_ratings(self, values: "np.ndarray") -> "np.ndarray":
        """Return values of the unit as ratings, of the same shape and type, as `to_unit` does."""
        if self.is_identity:
            return values
        mapped = (values.astype("float64") - LOW) * (self.high - self.low) / (HIGH - LOW) + self.low
        return mapped.astype(values.dtype)

    def info(self, info: DataInfo) -> DataInfo:
        """Return what a model that computes in the unit must know of the ratings."""
        if self.is_identity:
            return info
        mean = None if info.mean is None else (info.mean - self.offset) / self.scale
        return replace(info, low=LOW, high=HIGH, mean=mean)


IDENTITY = RatingUnit()
"""Of what is computed in rating units."""
