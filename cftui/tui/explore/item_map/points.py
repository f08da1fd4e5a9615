"""What a map draws, and what became of it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cftui.tui.explore.item_map.raster import MapFrame, PointInks

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Ints = NDArray[np.signedinteger[Any]]
    Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class MapPoints:
    """MapPoints on a plane, in the items' order; arrays of shape (n_points,)."""

    xs: "Floats"
    ys: "Floats"
    titles: tuple[str, ...]
    often: "Ints"
    """How many ratings each has: labels of the most rated come first."""
    shown: "Bools"
    """Which of them are drawn at all."""
    inks: PointInks
    frame: MapFrame
    """Where all of them lie, or will in the end: what the whole map shows."""


@dataclass(frozen=True)
class Tally:
    """What became of the points; the three together are all of them."""

    in_view: int
    beyond: int
    """Shown, but not in the window."""
    left_out: int
    """Not shown, as a filter has it."""
