"""The loss over the weights: a bowl, for a squared error of what is linear in its weights."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np

from cftui.lab.functions import Polynomial
from cftui.lab.points import Points
from cftui.questions.race import Curve, Landscape

RING_POINTS = 180
MOST_RINGS = 8
MARGIN = 0.25
"""Of what is shown, beyond start and least, on each side."""
MOST_DOUBLINGS = 3
"""So often what is shown grows for a trail; one that leads farther leaves the picture."""

Limits = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Bowl:
    """The loss as `floor + (w - best)' H (w - best)`, which it is exactly."""

    best: np.ndarray
    """Least squares, shape (k,)."""
    floor: float
    """The loss there."""
    curvature: np.ndarray
    """H = X'X / n, shape (k, k): half of the loss's second derivatives."""

    @classmethod
    def of(cls, points: Points, function: Polynomial) -> "Bowl":
        """Return the loss over all points."""
        features = function.features(points.x)
        best = np.linalg.lstsq(features, points.y, rcond=None)[0]
        floor = function.squared_error(best, points.x, points.y)
        return cls(best, floor, features.T @ features / len(points))

    def rmse(self, weights: np.ndarray) -> np.ndarray:
        """Return the root mean squared error over all points for weights of shape (n, k): (n,)."""
        away = weights - self.best
        with np.errstate(over="ignore", invalid="ignore"):
            errors: np.ndarray = np.sqrt(self.floor + ((away @ self.curvature) * away).sum(axis=1))
        return errors

    def ring(self, rmse: float, weights: np.ndarray) -> Curve | None:
        """Return where the first two weights have this error, the others as in `weights`.

        An ellipse; none where the error is less than it can be, or the two cannot be told apart.
        """
        inner, rest = self.curvature[:2, :2], (weights - self.best)[2:]
        try:
            root = np.linalg.cholesky(inner)
            shift = -np.linalg.solve(inner, self.curvature[:2, 2:] @ rest)
        except np.linalg.LinAlgError:
            return None
        centre = np.concatenate([self.best[:2] + shift, weights[2:]])
        size = rmse**2 - float(self.rmse(centre[None])[0]) ** 2
        if not size > 0:
            return None
        angle = np.linspace(0, 2 * math.pi, RING_POINTS + 1)
        circle = np.stack([np.cos(angle), np.sin(angle)])
        a, b = centre[:2, None] + math.sqrt(size) * np.linalg.solve(root.T, circle)
        return tuple(a.tolist()), tuple(b.tolist())


def landscape(
    bowl: Bowl, starts: Sequence[np.ndarray], trails: Sequence[Curve], weights: np.ndarray
) -> Landscape:
    """Return rings and limits that suit these trails; a third weight is as in `weights`."""
    begun = np.array([start[:2] for start in starts])
    across, upwards = (
        _limits([*begun[:, axis], bowl.best[axis]], [x for trail in trails for x in trail[axis]])
        for axis in (0, 1)
    )
    corners = np.array([[a, b, *bowl.best[2:]] for a in across for b in upwards])
    rings = []
    for size in _round_sizes(math.sqrt(float(np.max(bowl.rmse(corners))) ** 2 - bowl.floor)):
        rmse = math.sqrt(bowl.floor + size**2)
        ring = bowl.ring(rmse, weights) if np.isfinite(weights).all() else None
        if ring is not None:
            rings.append((rmse, ring))
    return Landscape(tuple(bowl.best.tolist()), tuple(rings), across, upwards)


def _limits(held: Sequence[float], trail: Sequence[float]) -> Limits:
    """Return limits around what is held in any case, doubled until the trail is within."""
    low, high = min(held), max(held)
    size = high - low or max(abs(high), 1.0)
    low, high = low - MARGIN * size, high + MARGIN * size
    seen = [value for value in trail if math.isfinite(value)]
    for _ in range(MOST_DOUBLINGS):
        if not seen or (low <= min(seen) and max(seen) <= high):
            break
        middle, half = (low + high) / 2, high - low
        low, high = middle - half, middle + half
    return float(low), float(high)


def _round_sizes(most: float) -> Iterator[float]:
    """Yield 1, 2 and 5 times powers of ten up to `most`, the largest first."""
    if not (most > 0 and math.isfinite(most)):
        return
    power, found = math.floor(math.log10(most)), 0
    for down in count():
        for lead in (5.0, 2.0, 1.0):
            size = lead * 10.0 ** (power - down)
            if size <= most:
                yield size
                found += 1
            if found == MOST_RINGS:
                return
