"""Predicted against actual, fitted to a number of cells: bins put together, sizes, axis values."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from cftui.questions.check import JointCounts

WIDEST, HIGHEST = 4, 3
"""Cells of one bin at most: wider ones look like data."""
SHARES = 11
"""Cells for the bars at the right, with the share in words."""
TICK = 4
"""Cells that a value of the lower axis needs."""


@dataclass(frozen=True)
class JointPlan:
    """Where what stands, in cells, and the counts as they are drawn."""

    counts: tuple[tuple[int, ...], ...]
    """By actual, highest first, then by predicted, least first."""
    labels: tuple[str, ...]
    """Of the actual values."""
    predicted: tuple[float, float]
    """Both ends of the lower axis."""
    agreed: tuple[int | None, ...]
    """For each actual value the place of the predictions that equal it; none where outside."""
    gutter: int
    """Cells left of the bins, for the labels."""
    cell: tuple[int, int]
    """Width and height of a bin."""
    top: int
    """Lines of the bars above."""
    shares: bool
    """Whether there is room for bars at the right."""

    @property
    def width(self) -> int:
        """Return the cells of all bins together."""
        return self.cell[0] * len(self.counts[0])

    @property
    def height(self) -> int:
        """Return the lines of all bins together."""
        return self.cell[1] * len(self.counts)

    @property
    def by_predicted(self) -> tuple[int, ...]:
        """Return how many were predicted so, whatever they were."""
        return tuple(map(sum, zip(*self.counts, strict=True)))

    @property
    def by_actual(self) -> tuple[int, ...]:
        """Return how many there are of each actual value, highest first."""
        return tuple(map(sum, self.counts))


def plan(joint: JointCounts, width: int, height: int) -> JointPlan | None:
    """Return how counts fit into `width` x `height` cells; none where there is no room or count."""
    if not joint.counts or not joint.counts[0] or width < 12 or height < 4:
        return None
    top = 4 if height >= 18 else 2 if height >= 12 else 1
    by_actual = tuple(zip(*joint.counts, strict=True))
    rows, actual = merged(by_actual, joint.actual_edges, max(height - top - 1, 1))
    labels = [f"{(low + high) / 2:.3g}" for low, high in pairwise(actual)]
    gutter = max(map(len, labels)) + 1
    shares = width - gutter - SHARES >= 16
    room = width - gutter - (SHARES if shares else 0)
    columns, predicted = merged(tuple(zip(*rows, strict=True)), joint.predicted_edges, room)
    counts = tuple(zip(*columns, strict=True))[::-1]
    return JointPlan(
        counts,
        tuple(labels[::-1]),
        (predicted[0], predicted[-1]),
        tuple(_agreed(actual, predicted)[::-1]),
        gutter,
        (
            min(max(room // len(columns), 1), WIDEST),
            min(max((height - top - 1) // len(counts), 1), HIGHEST),
        ),
        top,
        shares,
    )


def merged(
    counts: Sequence[Sequence[int]], edges: Sequence[float], most: int
) -> tuple[tuple[tuple[int, ...], ...], tuple[float, ...]]:
    """Return rows put together until there are at most `most`, and their edges."""
    together = -(-len(counts) // max(most, 1))
    starts = range(0, len(counts), together)
    rows = tuple(
        tuple(map(sum, zip(*counts[start : start + together], strict=True))) for start in starts
    )
    return rows, (*(edges[start] for start in starts), edges[-1])


def _agreed(actual: Sequence[float], predicted: Sequence[float]) -> list[int | None]:
    middles = [(low + high) / 2 for low, high in pairwise(actual)]
    last = len(predicted) - 2
    return [
        min(sum(edge <= middle for edge in predicted) - 1, last)
        if predicted[0] <= middle <= predicted[-1]
        else None
        for middle in middles
    ]


def ticks(low: float, high: float, width: int) -> list[tuple[int, str]]:
    """Return round values of an axis of `width` cells that have room, each with its cell."""
    if not low < high:
        return [(0, f"{low:.3g}")]
    least = (high - low) * TICK / max(width, TICK)
    power = 10.0 ** math.floor(math.log10(least))
    step = power * next(n for n in (1, 2, 2.5, 5, 10) if least <= n * power * 1.0001)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [
        (round((n * step - low) / (high - low) * (width - 1)), f"{n * step:.4g}")
        for n in range(first, last + 1)
    ]
