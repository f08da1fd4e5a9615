"""What the lab fits to points: the lesson's line, and a parabola, for more than two weights."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Polynomial:
    """y as a polynomial in x; the letters of its weights, the highest power first."""

    name: str
    letters: tuple[str, ...]
    formula: str
    """In words of a spreadsheet's reader."""

    @property
    def powers(self) -> range:
        """Return the power of x that each weight is multiplied by."""
        return range(len(self.letters) - 1, -1, -1)

    def features(self, x: np.ndarray) -> np.ndarray:
        """Return ∂prediction/∂weight for points x of shape (n,): shape (n, k), x to each power."""
        return np.stack([x**power for power in self.powers], axis=1)

    def predict(self, weights: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Return the predictions for x, shape (n,), by weights of shape (k,)."""
        predictions: np.ndarray = self.features(x) @ weights
        return predictions

    def squared_error(self, weights: np.ndarray, x: np.ndarray, y: np.ndarray) -> float:
        """Return the mean squared error on points, the loss of a batch."""
        return float(np.mean((self.predict(weights, x) - y) ** 2))

    def gradient(self, weights: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the loss's derivatives, shape (k,), by the chain rule.

        Of one point's error (p - y)² by p it is 2(p - y), of p by a weight x to its power; their
        product, and the mean of these over a batch.
        """
        outer = 2 * (self.predict(weights, x) - y)
        derivatives: np.ndarray = (outer[:, None] * self.features(x)).mean(axis=0)
        return derivatives

    def estimated(
        self, weights: np.ndarray, x: np.ndarray, y: np.ndarray, difference: float
    ) -> np.ndarray:
        """Return the loss's derivatives by forward difference, (e(w + h) - e(w)) / h, shape (k,).

        The lesson's way before the chain rule: each weight costs another look at the points.
        """
        here = self.squared_error(weights, x, y)
        moved = weights + difference * np.eye(len(weights))
        return np.array([(self.squared_error(row, x, y) - here) / difference for row in moved])


LINE = Polynomial("line", ("a", "b"), "y = a x + b")
PARABOLA = Polynomial("parabola", ("a", "b", "c"), "y = a x^2 + b x + c")
FUNCTIONS: Mapping[str, Polynomial] = {one.name: one for one in (LINE, PARABOLA)}
