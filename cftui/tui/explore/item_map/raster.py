"""MapPoints put into the cells of a terminal: which dots of a cell are set, and in which ink."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Ints = NDArray[np.signedinteger[Any]]
    Bools = NDArray[np.bool_]

Marker = Literal["braille", "hd", "dot"]
DOTS: dict[Marker, tuple[int, int]] = {"braille": (2, 4), "hd": (2, 2), "dot": (1, 1)}
"""Dots of a cell, across and down."""
QUADRANTS = " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"
"""By the sum of 1, 2, 4 and 8 for upper left, upper right, lower left, lower right."""
BRAILLE = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bit of each dot of a cell, row by row (Unicode 2800 to 28FF)."""
ASPECT = 2.0
"""Height of a cell over its width."""
MARGIN = 1.04
"""Of the whole map, so that no point is at the very edge."""


@dataclass(frozen=True)
class Window:
    """Which part of the plane is in view: the middle, and how large a cell is."""

    x: float
    y: float
    cell: float
    """Width of a cell in the plane's units."""
    width: int
    """In cells, as `height`."""
    height: int

    def moved(self, columns: float, lines: float) -> "Window":
        """Return the window so many cells to the right and down."""
        x, y = self.x + columns * self.cell, self.y - lines * self.cell * ASPECT
        return replace(self, x=x, y=y)

    def zoomed(self, times: float) -> "Window":
        """Return the window with everything so many times as large."""
        return replace(self, cell=self.cell / times)

    def columns_of(self, xs: "Floats") -> "Floats":
        """Return how many cells from the left edge points lie, with their parts."""
        return (xs - self.x) / self.cell + self.width / 2

    def lines_of(self, ys: "Floats") -> "Floats":
        """Return how many cells below the upper edge points lie."""
        return (self.y - ys) / (self.cell * ASPECT) + self.height / 2


@dataclass(frozen=True)
class MapFrame:
    """Where a whole map lies."""

    left: float
    right: float
    low: float
    high: float

    @classmethod
    def around(cls, xs: "Floats", ys: "Floats") -> "MapFrame":
        """Return the frame of points, of which there is one at least."""
        return cls(float(xs.min()), float(xs.max()), float(ys.min()), float(ys.max()))


def whole(frame: MapFrame, width: int, height: int) -> Window:
    """Return the window that all of a frame is in."""
    left, right, low, high = frame.left, frame.right, frame.low, frame.high
    cell = MARGIN * max((right - left) / max(width, 1), (high - low) / max(height, 1) / ASPECT)
    return Window((left + right) / 2, (low + high) / 2, cell or 1.0, width, height)


@dataclass(frozen=True, eq=False)
class PointInks:
    """What colours points: a category or a level of each, or how many there are in a cell."""

    kind: Literal["category", "level", "density"]
    of_points: "Ints"
    """From 0; `count` where it is unknown or none. Shape (n_points,)."""
    count: int


@dataclass(frozen=True, eq=False)
class Raster:
    """Cells of shape (height, width), and what became of the points."""

    glyphs: "Ints"
    """Code points; a space where there is no point."""
    inks: "Ints"
    """0 to the inks' `count`; -1 where there is no point."""
    counts: "Ints"
    """MapPoints in each cell."""
    columns: "Ints"
    """The cell of each point that was shown, its column and line, shape (n_points,)."""
    lines: "Ints"
    inside: "Bools"
    """Which points are in view, shape (n_points,)."""

    @property
    def in_view(self) -> int:
        """Return how many points have a cell."""
        return int(self.inside.sum())


def raster(
    window: Window, xs: "Floats", ys: "Floats", shown: "Bools", inks: PointInks, marker: Marker
) -> Raster:
    """Put points, shape (n_points,), into the cells of a window; those not `shown` into none."""
    import numpy as np

    width, height = window.width, window.height
    across, down = DOTS[marker]
    columns, lines = window.columns_of(xs), window.lines_of(ys)
    inside = shown & (columns >= 0) & (columns < width) & (lines >= 0) & (lines < height)
    dot_columns = np.minimum((columns[inside] * across).astype(np.int64), width * across - 1)
    dot_lines = np.minimum((lines[inside] * down).astype(np.int64), height * down - 1)
    dots = np.zeros((height * down, width * across), np.bool_)
    dots[dot_lines, dot_columns] = True
    cells = (dot_lines // down) * width + dot_columns // across
    counts = np.bincount(cells, minlength=width * height)
    own = inks.of_points[inside]
    return Raster(
        glyphs=_glyphs(dots.reshape(height, down, width, across), marker),
        inks=_inks_of(cells, own, counts, inks).reshape(height, width),
        counts=counts.reshape(height, width),
        columns=np.floor(columns).astype(np.int64),
        lines=np.floor(lines).astype(np.int64),
        inside=inside,
    )


def _glyphs(dots: "Bools", marker: Marker) -> "Ints":
    """Return the code points of cells from their dots, shape (height, down, width, across)."""
    import numpy as np

    if marker == "braille":
        bits = np.array(BRAILLE)
        sums = np.einsum("hdwa,da->hw", dots.astype(np.int64), bits)
        return np.asarray(np.where(sums, 0x2800 + sums, ord(" ")))
    if marker == "hd":
        sums = np.einsum("hdwa,da->hw", dots.astype(np.int64), np.array(((1, 2), (4, 8))))
        return np.asarray(np.array([ord(one) for one in QUADRANTS])[sums])
    return np.asarray(np.where(dots[:, 0, :, 0], ord("•"), ord(" ")))


def _inks_of(cells: "Ints", own: "Ints", counts: "Ints", inks: PointInks) -> "Ints":
    """Return the ink of each cell, flat: the commonest category, the mean level, the density."""
    import numpy as np

    n = inks.count
    if inks.kind == "density":
        found = np.minimum(np.log2(np.maximum(counts, 1)).astype(np.int64), n - 1)
    elif inks.kind == "category":
        table = np.bincount(cells * (n + 1) + own, minlength=len(counts) * (n + 1))
        found = table.reshape(len(counts), n + 1).argmax(1)
    else:
        known = own < n
        many = np.bincount(cells[known], minlength=len(counts))
        sums = np.bincount(cells[known], weights=own[known], minlength=len(counts))
        found = np.where(many > 0, np.rint(sums / np.maximum(many, 1)), n).astype(np.int64)
    return np.asarray(np.where(counts > 0, found, -1))


def nearest(
    window: Window, xs: "Floats", ys: "Floats", shown: "Bools", often: "Ints"
) -> int | None:
    """Return the point at the middle: the most rated of those about it, else the nearest one."""
    import numpy as np

    if not shown.any():
        return None
    columns = window.columns_of(xs) - window.width / 2
    lines = (window.lines_of(ys) - window.height / 2) * ASPECT
    far = np.where(shown, columns**2 + lines**2, np.inf)
    about = np.flatnonzero(far < REACH**2)
    if len(about):
        return int(about[np.argmax(often[about])])
    return int(far.argmin())


REACH = 1.5
"""Cells about the middle within which the most rated point is meant."""
