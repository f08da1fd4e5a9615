"""Both ends of the components that are the map's axes, as lists: what an axis tells apart."""

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from cftui.questions.item_map import MapAxis
from cftui.tui.explore.item_columns import count_column, title_columns
from cftui.tui.explore.view import fill
from cftui.tui.shared.cells import shown
from cftui.tui.shared.grid import Column, Grid

COLUMNS = (
    Column("place", 6, align="right", key=lambda row: f"{row.value:+.2f}"),
    count_column(),
    *title_columns(genres=False),
)
ARROWS = (("←", "→"), ("↓", "↑"))
"""Where the low and the high end of the first and the second axis are on the map."""


class EndLists(Horizontal):
    """Four lists: both ends of the axis across, and of the one upwards."""

    DEFAULT_CSS = """
    EndLists { height: 1fr; }
    EndLists Vertical { width: 1fr; }
    """
    IDS: ClassVar[tuple[tuple[str, str], ...]] = (("left", "right"), ("down", "up"))

    def compose(self) -> ComposeResult:
        """Lay out an axis in each column, its high end above."""
        for low, high in self.IDS:
            with Vertical():
                yield Grid(COLUMNS, id=high, classes="items")
                yield Grid(COLUMNS, id=low, classes="items")

    def show(self, axes: tuple[tuple[int, MapAxis], ...]) -> None:
        """Show both ends of two axes, each with its number from 1."""
        for (number, axis), ids, arrows in zip(axes, self.IDS, ARROWS, strict=True):
            for rows, key, arrow in zip((axis.low, axis.high), ids, arrows, strict=True):
                grid = self.query_one(f"#{key}", Grid)
                told = meaning_words(axis, high=key in HIGH)
                grid.border_title = Text(f"{arrow} {number}: {told}")
                fill(grid, rows, [row.item for row in rows])

    def focus_first(self) -> None:
        """Take the focus."""
        self.query_one("#right", Grid).focus()


HIGH = ("right", "up")


def axis_words(number: int, axis: MapAxis) -> str:
    """Return an axis by its number, its share of the variance, and what goes with it."""
    return f"component {number} ({axis.share:.1%}): {meaning_words(axis)}"


def meaning_words(axis: MapAxis, *, high: bool = True) -> str:
    """Return what grows, or falls, towards one end of an axis, with Pearson's r."""
    sign = 1 if high else -1
    told = ", ".join(f"{shown(name)} {sign * r:+.2f}" for name, r in axis.meanings)
    return told or "goes with nothing known"
