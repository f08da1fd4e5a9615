"""Residuals by how active users are and how popular movies, as a heat table."""

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from cftui.questions.check import ResidualCell
from cftui.tui.shared.cells import cut
from cftui.tui.shared.heat import Heat, Heated

Cells = tuple[tuple[ResidualCell, ...], ...]
LABEL = 12
"""Cells of what names a row."""
WIDEST = 14
LEAST = 6
"""Cells of one number."""
BOTH = 11
"""Cells from which on the mean error and the RMSE stand side by side."""


class ResidualTable(Widget, Heated, can_focus=False):
    """Too high or too low on average, and how far off, for users and movies of each kind."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"residuals--label"}
    DEFAULT_CSS = """
    ResidualTable {
        height: 1fr;
        & > .residuals--label { color: $foreground-muted; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._cells: Cells = ()
        self._items = "movies"
        self._heat: Heat | None = None

    def show(self, cells: Cells, items_word: str) -> None:
        """Show other residuals, or none."""
        self._cells, self._items = cells, items_word
        self.refresh()

    def notify_style_update(self) -> None:
        """Forget the colours of another theme."""
        self._heat = None
        super().notify_style_update()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the lines within a region."""
        self._heat = self._heat or Heat(self.app)
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Return one line: two of heads, then one or two for each kind of users."""
        width, base = self.size.width, self.rich_style
        if not self._cells or not self._cells[0]:
            return Strip.blank(width, base)
        segments = self._head(y, base) if y < 2 else self._row(y - 2, base)
        return Strip(cut(segments, width)).adjust_cell_length(width, base)

    @property
    def _cell(self) -> int:
        """Return the cells of one column."""
        return min(max((self.size.width - LABEL) // len(self._cells[0]), LEAST), WIDEST)

    @property
    def _lines(self) -> int:
        """Return the lines of one row: the second one tells how many ratings there are."""
        return 2 if self.size.height >= 2 + 2 * len(self._cells) else 1

    def _head(self, y: int, base: Style) -> list[Segment]:
        label = base + self.get_component_rich_style("residuals--label", partial=True)
        if y == 0:
            return [
                Segment(
                    " " * LABEL + f" {self._items}, as users, by their training ratings →", label
                )
            ]
        spans = (span(cell.popularity) for cell in self._cells[0])
        words = "".join(text.rjust(self._cell) for text in spans)
        return [Segment("users ↓".ljust(LABEL) + words, label)]

    def _row(self, y: int, base: Style) -> list[Segment]:
        assert self._heat is not None
        place, line = divmod(y, self._lines)
        if place >= len(self._cells):
            return []
        label = base + self.get_component_rich_style("residuals--label", partial=True)
        row = self._cells[place]
        name = span(row[0].activity) if line == 0 else ""
        segments = [Segment(name.ljust(LABEL), label)]
        far = farthest(self._cells)
        for cell in row:
            ink = self._heat.style(cell.residual, -far, far) if cell.n else Style()
            segments.append(Segment(self._words(cell, line).rjust(self._cell), base + ink))
        return segments

    def _words(self, cell: ResidualCell, line: int) -> str:
        if not cell.n:
            return "" if line else "·"
        if line:
            return f"{cell.n:,} "
        rmse = f" {cell.rmse:.2f}" if self._cell >= BOTH else ""
        return f"{cell.residual:+.2f}{rmse} "


def farthest(cells: Sequence[Sequence[ResidualCell]]) -> float:
    """Return the mean error that is farthest from none, which takes the full colour."""
    return max((abs(cell.residual) for row in cells for cell in row if cell.n), default=0) or 1.0


def span(bounds: tuple[int, int]) -> str:
    """Return fewest and most in words."""
    low, high = bounds
    return f"{low:,}" if low == high else f"{low:,}–{high:,}"
