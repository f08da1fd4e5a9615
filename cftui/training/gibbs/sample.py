"""A draw of everything that a factorization machine has."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np


@dataclass(eq=False)
class Sample:
    """One draw of everything, float64; the last feature's place is of none and stays 0."""

    intercept: np.ndarray
    """Shape (1,)."""
    linear: np.ndarray
    """Shape (n_features + 1,)."""
    factors: np.ndarray
    """Shape (rank, n_features + 1)."""
    means: np.ndarray
    """Of each field's linear weights, then of each factor's: shape (1 + rank, fields)."""
    precisions: np.ndarray
    noise: np.ndarray
    """Precision of each user's ratings, shape (n_users,)."""
    noise_scale: np.ndarray
    """Variance that users' noise is drawn around, shape (1,)."""
    error: np.ndarray
    """Of each training rating: what was given less what is predicted, shape (n,)."""

    def arrays(self) -> dict[str, np.ndarray]:
        """Return all arrays by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take other arrays by name; raises KeyError or ValueError where they do not fit."""
        for name, array in self.arrays().items():
            found = np.array(arrays[name], np.float64)
            if found.shape != array.shape:
                raise ValueError(f"{name} has shape {found.shape}, not {array.shape}")
            setattr(self, name, found)
