"""Users by items as a heat table with frozen heads; only what is in view is ever drawn."""

from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from cftui.text import plain
from cftui.tui.widgets.column_heads import STEM, WRAPPED_LINES, fit, stemmed, wrapped
from cftui.tui.widgets.crosstab_cells import Cells, Place, digits
from cftui.tui.widgets.heat import Heat

CELL = 5
"""Cells from one column to the next; one more for errors, where there is room."""
LAST_TITLE = 12
"""Cells that the last title should find beside its column."""
LONGEST_ID = 8
"""Cells that a user's id may take."""
MOST_STEMS = 26
LEAST_ROWS = 10
"""Rows that are worth more than titles in full."""


class CrosstabGrid(ScrollView, can_focus=True):
    """A table of numbers under a cursor that goes to single cells."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"crosstab--head", "crosstab--here", "crosstab--stem"}
    DEFAULT_CSS = """
    CrosstabGrid {
        width: 1fr;
        height: 1fr;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 1;
        & > .crosstab--head { color: $foreground-muted; }
        & > .crosstab--stem { color: $foreground-disabled; }
        & > .crosstab--here { color: $foreground; text-style: bold; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1, 0)", "Up", show=False, id="crosstab.up"),
        Binding("down,j", "move(1, 0)", "Down", show=False, id="crosstab.down"),
        Binding("left,h", "move(0, -1)", "Left", show=False, id="crosstab.left"),
        Binding("right,l", "move(0, 1)", "Right", show=False, id="crosstab.right"),
        Binding("pageup", "page(-1, 0)", "Page up", show=False, id="crosstab.page-up"),
        Binding("pagedown", "page(1, 0)", "Page down", show=False, id="crosstab.page-down"),
        Binding("shift+pageup,ctrl+left", "page(0, -1)", show=False, id="crosstab.page-left"),
        Binding("shift+pagedown,ctrl+right", "page(0, 1)", show=False, id="crosstab.page-right"),
        Binding("home", "edge(0, -1)", "First column", show=False, id="crosstab.first-column"),
        Binding("end", "edge(0, 1)", "Last column", show=False, id="crosstab.last-column"),
        Binding("g,ctrl+home", "edge(-1, 0)", "First row", show=False, id="crosstab.first-row"),
        Binding("G,ctrl+end", "edge(1, 0)", "Last row", show=False, id="crosstab.last-row"),
        Binding("enter", "select", "Open", show=False, id="crosstab.select"),
    ]

    place: reactive[Place] = reactive((0, 0), repaint=False, always_update=False)
    """Where the cursor is."""

    @dataclass
    class Moved(Message):
        """The cursor came to another cell."""

        place: Place

        def can_replace(self, message: Message) -> bool:
            """A newer one makes an older one pointless."""
            return isinstance(message, CrosstabGrid.Moved)

    @dataclass
    class Selected(Message):
        """The user chose the cursor's cell, with enter or a click on it."""

        place: Place

    @dataclass
    class HeadChanged(Message):
        """The corner over the users is of another size."""

        width: int
        height: int

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._cells: Cells | None = None
        self._heat: Heat | None = None
        self._head: list[str] = []
        self._corner = (0, 0)

    @property
    def cells(self) -> Cells | None:
        """What is on show."""
        return self._cells

    def show(self, cells: Cells) -> None:
        """Show other numbers; the cursor stays where it is, as far as there is such a place."""
        before, self._cells = self._cells, cells
        if before is None or _form(before) != _form(cells):
            self._measure()
            self.place = self.validate_place(self.place)
            self._scroll_to_place()
            self.refresh()
            return
        if before.labels != cells.labels:
            self._measure()
            self.refresh()
            return
        self._refresh_changed(before, cells)

    def _refresh_changed(self, before: Cells, after: Cells) -> None:
        """Refresh the lines whose digits or colours may differ."""
        import numpy as np

        limits = (before.low, before.high) != (after.low, after.high)
        if limits or before.margins is None or after.margins is None:
            if limits or not np.array_equal(before.values, after.values, equal_nan=True):
                self.refresh()
            return
        if not np.array_equal(before.margins.items, after.margins.items):
            self.refresh()
            return
        same = (before.values == after.values) | np.isnan(after.values)
        for row in np.flatnonzero(
            ~same.all(1) | (before.margins.users != after.margins.users).any(1)
        ):
            self._refresh_row(int(row))

    # Sizes: a title part, the item factors and the ids on top; factors and ids at the left

    @property
    def cell_width(self) -> int:
        """Return the cells from one column to the next."""
        if self._cells is None or self._cells.kind != "error":
            return CELL
        room = self.scrollable_content_region.width - self.left_width
        return CELL + (self._cells.shape[1] * (CELL + 1) + LAST_TITLE <= room)

    @property
    def user_width(self) -> int:
        """Return the cells of the users' ids and the gap after them."""
        users = self._cells.labels.users if self._cells else ()
        return min(max(4, *map(cell_len, users)), LONGEST_ID) + 1 if users else CELL

    @property
    def left_width(self) -> int:
        """Return the cells of what stands frozen at the left."""
        return self.user_width + (self._cells.n_margin * CELL if self._cells else 0)

    @property
    def head_height(self) -> int:
        """Return the lines of what stands frozen on top."""
        return len(self._head) + 1 + (self._cells.n_margin if self._cells else 0)

    @property
    def _first_column(self) -> int:
        return round(self.scroll_offset.x / self.cell_width)

    @property
    def _columns_in_view(self) -> int:
        if self._cells is None:
            return 0
        room = self.scrollable_content_region.width - self.left_width
        return max(min(self._cells.shape[1] - self._first_column, room // self.cell_width), 1)

    def _measure(self) -> None:
        """Choose the heads for the room there is, and tell the scroll bars the table's size."""
        cells = self._cells
        if cells is None or not self.size:
            return
        n, m = cells.shape
        self._make_head()
        width, left = m * self.cell_width, self.left_width
        room = self.scrollable_content_region.width - left
        if width > room > 0:
            width += self.cell_width - 1  # so that the last column can come into view whole
        self.virtual_size = Size(left + width, self.head_height + n)
        corner = (self.left_width, len(self._head) + cells.n_margin)
        if corner != self._corner:
            self._corner = corner
            self.post_message(self.HeadChanged(*corner))

    def _make_head(self) -> None:
        cells = self._cells
        assert cells is not None
        first, count = self._first_column, self._columns_in_view
        titles = [plain(title) for title in cells.labels.titles[first : first + count]]
        room = self.scrollable_content_region.width - self.left_width
        spare = self.size.height - cells.n_margin - 1 - min(cells.shape[0], LEAST_ROWS)
        if count <= min(spare, MOST_STEMS):
            self._head = stemmed(titles, self.cell_width, room)
        else:
            lines = min(max(spare, 1), WRAPPED_LINES)
            self._head = wrapped(titles, self.cell_width, room, lines)

    def on_resize(self, event: events.Resize) -> None:
        """Fit the heads anew and keep the cursor in view."""
        self._measure()
        self._scroll_to_place()

    def watch_scroll_x(self, old: float, new: float) -> None:
        """Take the titles of the columns that came into view."""
        super().watch_scroll_x(old, new)
        if self._cells is not None and round(old) != round(new):
            self._make_head()

    def notify_style_update(self) -> None:
        """Take the colours of a new theme."""
        self._heat = None
        super().notify_style_update()

    # The cursor

    def validate_place(self, place: Place) -> Place:
        """Keep the cursor on a cell or a factor; the corner belongs to neither."""
        if self._cells is None:
            return (0, 0)
        n, m = self._cells.shape
        k = self._cells.n_margin
        row, column = min(max(place[0], -k), n - 1), min(max(place[1], -k), m - 1)
        if row < 0 and column < 0:
            before = self.place
            row, column = (0, column) if before[0] >= 0 else (row, 0)
        return row, column

    def watch_place(self, before: Place, after: Place) -> None:
        """Refresh what the cursor left and came to, and bring it into view."""
        for row in {before[0], after[0]}:
            self._refresh_row(row)
        if before[1] != after[1]:
            self.refresh(Region(0, 0, self.size.width, self.head_height))
        self._scroll_to_place()
        self.post_message(self.Moved(after))

    def action_move(self, rows: int, columns: int) -> None:
        """Move the cursor by rows and columns."""
        self.place = (self.place[0] + rows, self.place[1] + columns)

    def action_page(self, rows: int, columns: int) -> None:
        """Move the cursor by a screenful."""
        height = max(self.scrollable_content_region.height - self.head_height - 1, 1)
        self.action_move(rows * height, columns * max(self._columns_in_view - 1, 1))

    def action_edge(self, rows: int, columns: int) -> None:
        """Go to the first or last row or column of the cells."""
        if self._cells is not None:
            n, m = self._cells.shape
            row = {-1: 0, 0: self.place[0], 1: n - 1}[rows]
            self.place = (row, {-1: 0, 0: self.place[1], 1: m - 1}[columns])

    def action_select(self) -> None:
        """Choose the cursor's cell."""
        if self._cells is not None:
            self.post_message(self.Selected(self.place))

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to a cell; choose it where the cursor was there already."""
        offset = event.get_content_offset(self)
        found = None if offset is None else self._place_at(offset.x, offset.y)
        if found is None:
            return
        event.stop()
        if found == self.place:
            self.action_select()
        self.place = found

    def _place_at(self, x: int, y: int) -> Place | None:
        """Return the cell or factor at a point of the widget; none between them."""
        if self._cells is None:
            return None
        k, left, width = self._cells.n_margin, self.left_width, self.cell_width
        titles = len(self._head)
        row = (
            y - self.head_height + self.scroll_offset.y
            if y >= self.head_height
            else y - titles - k
            if titles <= y < titles + k
            else None
        )
        column = (
            (x - left) // width + self._first_column
            if x >= left
            else x // CELL - k
            if x < k * CELL
            else None
        )
        n, m = self._cells.shape
        if row is None or column is None or row >= n or column >= m or (row < 0 and column < 0):
            return None
        return row, column

    def _refresh_row(self, row: int) -> None:
        line = self._line_of(row)
        if line is not None:
            self.refresh(Region(0, line, self.size.width, 1))

    def _line_of(self, row: int) -> int | None:
        """Return the line on which a row stands; none where it is out of view."""
        if row < 0:
            return len(self._head) + (self._cells.n_margin if self._cells else 0) + row
        line = self.head_height + row - self.scroll_offset.y
        return line if self.head_height <= line < self.size.height else None

    def _scroll_to_place(self) -> None:
        row, column = self.place
        lines = self.scrollable_content_region.height - self.head_height
        room = self.scrollable_content_region.width - self.left_width
        if self._cells is None or lines <= 0 or room <= 0:
            return
        top, left, width = self.scroll_offset.y, self.scroll_offset.x, self.cell_width
        fitting = max(room // width, 1) * width
        y = min(max(top, row - lines + 1), row) if row >= 0 else top
        x = min(max(left, (column + 1) * width - fitting), column * width) if column >= 0 else left
        if (x, y) != (left, top):
            self.scroll_to(x, y, animate=False, force=True)
            self._make_head()

    # Drawing

    def render_line(self, y: int) -> Strip:
        """Return one line on show."""
        width, base = self.scrollable_content_region.width, self.rich_style
        cells = self._cells
        if cells is None:
            return Strip.blank(width, base)
        if self._heat is None:
            self._heat = Heat(self.app)
        titles, k = len(self._head), cells.n_margin
        if y < titles:
            parts = self._title_line(y, base)
        elif y < titles + k:
            parts = self._factor_line(cells, y - titles - k, base)
        elif y == titles + k:
            parts = self._id_line(cells, base)
        else:
            row = y - self.head_height + self.scroll_offset.y
            if row >= cells.shape[0]:
                return Strip.blank(width, base)
            parts = self._row_line(cells, row, base)
        return Strip(parts).simplify().adjust_cell_length(width, base)

    def _title_line(self, line: int, base: Style) -> list[Segment]:
        head = base + self.get_component_rich_style("crosstab--head")
        stem = base + self.get_component_rich_style("crosstab--stem")
        here = base + self.get_component_rich_style("crosstab--here")
        text = self._head[line]
        parts = [Segment(" " * self.left_width, base)]
        if len(self._head) <= WRAPPED_LINES or self._cells is None:
            at = (self.place[1] - self._first_column) * self.cell_width
            if at < 0:
                return [*parts, Segment(text, head)]
            inner = text[at : at + self.cell_width]
            return [
                *parts,
                Segment(text[:at], head),
                Segment(inner, here),
                Segment(text[at + self.cell_width :], head),
            ]
        start = line * self.cell_width
        current = self.place[1] - self._first_column
        for place in range(line):
            style = here if place == current else stem
            parts.append(Segment(STEM, style))
            parts.append(Segment(" " * (self.cell_width - 1), base))
        return [*parts, Segment(text[start:], here if line == current else head)]

    def _id_line(self, cells: Cells, base: Style) -> list[Segment]:
        head = base + self.get_component_rich_style("crosstab--head")
        here = base + self.get_component_rich_style("crosstab--here")
        width, k = self.cell_width, cells.n_margin
        parts = []
        for factor in range(k):
            biased = cells.margins is not None and cells.margins.biased
            label = "bias" if biased and factor == k - 1 else f"f{factor + 1}"
            parts.append(Segment(label.rjust(CELL - 1) + " ", head))
        parts.append(Segment("user".rjust(self.user_width - 1) + " ", head))
        first = self._first_column
        for column in range(first, first + self._columns_in_view):
            label = fit(plain(cells.labels.items[column]), width - 1).strip().rjust(width - 1)
            parts.append(Segment(label + " ", here if column == self.place[1] else head))
        return parts

    def _factor_line(self, cells: Cells, row: int, base: Style) -> list[Segment]:
        head = base + self.get_component_rich_style("crosstab--head")
        k = cells.n_margin
        biased = cells.margins is not None and cells.margins.biased
        label = "bias" if biased and row == -1 else f"f{k + row + 1}"
        parts = [
            Segment(" " * (k * CELL), base),
            Segment(label.rjust(self.user_width - 1) + " ", head),
        ]
        return parts + self._numbers(cells, row, base)

    def _row_line(self, cells: Cells, row: int, base: Style) -> list[Segment]:
        here = row == self.place[0]
        style = base + self.get_component_rich_style("crosstab--here" if here else "crosstab--head")
        parts: list[Segment] = []
        for place in range(-cells.n_margin, 0):
            parts += self._cell(cells, row, place, base)
        label = fit(plain(cells.labels.users[row]), self.user_width - 1).strip()
        parts.append(Segment(label.rjust(self.user_width - 1) + " ", style))
        return parts + self._numbers(cells, row, base)

    def _numbers(self, cells: Cells, row: int, base: Style) -> list[Segment]:
        first = self._first_column
        parts: list[Segment] = []
        for column in range(first, first + self._columns_in_view):
            parts += self._cell(cells, row, column, base)
        return parts

    def _cell(self, cells: Cells, row: int, column: int, base: Style) -> list[Segment]:
        """Return a cell's digits on its heat; the cursor is shown in brackets, and reversed."""
        assert self._heat is not None
        value = cells.value(row, column)
        factor = row < 0 or column < 0
        low, high = (-2.0, 2.0) if factor else (cells.low, cells.high)
        width = CELL if column < 0 else self.cell_width
        text = digits(value, "factor" if factor else cells.kind, width - 1).rjust(width - 1)
        if factor or cells.rated[row, column]:
            style = base + self._heat.style(value, low, high)
        else:
            style = base + self.get_component_rich_style("crosstab--stem")
        if (row, column) == self.place:
            return [Segment(text + "◂", base + Style(reverse=True, bold=True))]
        return [Segment(text + " ", style)]


def _form(cells: Cells) -> tuple[object, ...]:
    return cells.shape, cells.n_margin, cells.kind
