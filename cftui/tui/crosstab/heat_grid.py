"""Users by items as a heat table with frozen heads; only what is in view is ever drawn."""

from dataclasses import dataclass, replace
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from cftui.text import plain
from cftui.tui.crosstab.column_heads import WRAPPED_LINES, stemmed, wrapped
from cftui.tui.crosstab.lines import (
    CELL,
    LAST_TITLE,
    Frame,
    Ink,
    factor_line,
    id_line,
    row_line,
    title_line,
    user_width,
)
from cftui.tui.crosstab.room import LESSON, MOST_STEMS
from cftui.tui.crosstab.shown_cells import Cells, Place, changed_lines
from cftui.tui.shared.heat import Heat, Heated


class CrosstabGrid(ScrollView, Heated, can_focus=True):
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
    class CellSelected(Message):
        """The user chose the cursor's cell, with enter or a click on it."""

        place: Place

    @dataclass
    class HeadChanged(Message):
        """The corner over the users is of another size."""

        width: int
        height: int

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._frame: Frame | None = None
        self._ink: Ink | None = None
        self._corner = (0, 0)
        self._lines: dict[int, Strip] = {}
        """Of rows and factors without the cursor, as they were drawn."""

    @property
    def cells(self) -> Cells | None:
        """What is on show."""
        return self._frame.cells if self._frame else None

    def show(self, cells: Cells) -> None:
        """Show other numbers; the cursor stays where it is, as far as there is such a place."""
        frame = self._frame
        if (
            frame is None
            or _form(frame.cells) != _form(cells)
            or frame.cells.labels != cells.labels
        ):
            self._fit(cells)
            self.place = self.validate_place(self.place)
            self._scroll_to_place()
            self.refresh()
            return
        self._frame = replace(frame, cells=cells)
        for line in changed_lines(frame.cells, cells):
            self._lines.pop(line, None)
            self._refresh_row(line)

    # What is in view, and where: titles, item factors and ids on top, factors and ids at the left

    def _fit(self, cells: Cells) -> None:
        """Lay the table out in the room there is, and tell the scroll bars its size."""
        room, (n, m) = self.scrollable_content_region.width, cells.shape
        users = user_width(cells)
        left = users + cells.n_margin * CELL
        spread = cells.kind == "error" and left + m * (CELL + 1) + LAST_TITLE <= room
        self._frame = Frame(cells, room, users, CELL + spread)
        self._choose_heads()
        frame = self._frame
        wide = m * frame.cell_width
        if wide > room - left > 0:
            wide += frame.cell_width - 1  # so that the last column can come into view whole
        self.virtual_size = Size(left + wide, frame.top + n)
        corner = (left, frame.top - 1)
        if corner != self._corner:
            self._corner = corner
            self.post_message(self.HeadChanged(*corner))

    def _choose_heads(self) -> None:
        """Take the columns in view, and choose their heads."""
        frame = self._frame
        if frame is None:
            return
        self._lines.clear()
        cells, width = frame.cells, frame.cell_width
        room = self.scrollable_content_region.width - frame.left
        first = round(self.scroll_offset.x / width)
        count = max(min(cells.shape[1] - first, room // width), 1)
        titles = [plain(title) for title in cells.labels.titles[first : first + count]]
        spare = self.size.height - cells.n_margin - 1 - min(cells.shape[0], LESSON)
        stems = count <= min(spare, MOST_STEMS)
        if stems:
            head = stemmed(titles, width, room)
        else:
            head = wrapped(titles, width, room, min(max(spare, 1), WRAPPED_LINES))
        whole = self.scrollable_content_region.width
        self._frame = replace(
            frame, width=whole, first=first, count=count, head=tuple(head), stems=stems
        )

    def on_resize(self, event: events.Resize) -> None:
        """Fit the table anew and keep the cursor in view."""
        if self._frame is not None:
            self._fit(self._frame.cells)
            self._scroll_to_place()

    def watch_scroll_x(self, old: float, new: float) -> None:
        """Take the titles of the columns that came into view."""
        super().watch_scroll_x(old, new)
        if round(old) != round(new):
            self._choose_heads()

    def watch_show_vertical_scrollbar(self) -> None:
        """Leave the bar its room."""
        self._choose_heads()

    def notify_style_update(self) -> None:
        """Take the colours of a new theme."""
        self._ink = None
        self._lines.clear()
        super().notify_style_update()

    # The cursor

    def validate_place(self, place: Place) -> Place:
        """Keep the cursor on a cell or a factor; the corner belongs to neither."""
        if self._frame is None:
            return (0, 0)
        (n, m), k = self._frame.cells.shape, self._frame.n_margin
        row, column = min(max(place[0], -k), n - 1), min(max(place[1], -k), m - 1)
        if row < 0 and column < 0:
            row, column = (0, column) if self.place[0] >= 0 else (row, 0)
        return row, column

    def watch_place(self, before: Place, after: Place) -> None:
        """Refresh what the cursor left and came to, and bring it into view."""
        for row in {before[0], after[0]}:
            self._lines.pop(row, None)
            self._refresh_row(row)
        if self._frame is not None and before[1] != after[1]:
            self._refresh_heads(self._frame, before[1], after[1])
        self._scroll_to_place()
        self.post_message(self.Moved(after))

    def _refresh_heads(self, frame: Frame, *columns: int) -> None:
        """Refresh the titles over some columns: a title's own line, else the column alone."""
        for column in columns:
            if not frame.first <= column < frame.first + frame.count:
                continue
            x = frame.left + (column - frame.first) * frame.cell_width
            self.refresh(Region(x, 0, frame.cell_width, frame.top))
            if frame.stems:
                self.refresh(Region(x, column - frame.first, frame.width - x, 1))

    def action_move(self, rows: int, columns: int) -> None:
        """Move the cursor by rows and columns."""
        self.place = (self.place[0] + rows, self.place[1] + columns)

    def action_page(self, rows: int, columns: int) -> None:
        """Move the cursor by a screenful."""
        if self._frame is not None:
            height = max(self.scrollable_content_region.height - self._frame.top - 1, 1)
            self.action_move(rows * height, columns * max(self._frame.count - 1, 1))

    def action_edge(self, rows: int, columns: int) -> None:
        """Go to the first or last row or column of the cells."""
        if self._frame is not None:
            n, m = self._frame.cells.shape
            row = {-1: 0, 0: self.place[0], 1: n - 1}[rows]
            self.place = (row, {-1: 0, 0: self.place[1], 1: m - 1}[columns])

    def action_select(self) -> None:
        """Choose the cursor's cell."""
        if self._frame is not None:
            self.post_message(self.CellSelected(self.place))

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
        frame = self._frame
        if frame is None:
            return None
        (n, m), k, titles = frame.cells.shape, frame.n_margin, len(frame.head)
        row = (
            y - frame.top + self.scroll_offset.y
            if y >= frame.top
            else y - titles - k
            if titles <= y < titles + k
            else None
        )
        column = (
            (x - frame.left) // frame.cell_width + frame.first
            if x >= frame.left
            else x // CELL - k
            if x < k * CELL
            else None
        )
        if row is None or column is None or row >= n or column >= m or (row < 0 and column < 0):
            return None
        return row, column

    def _refresh_row(self, row: int) -> None:
        line = self._line_of(row)
        if line is not None:
            self.refresh(Region(0, line, self.size.width, 1))

    def _line_of(self, row: int) -> int | None:
        """Return the line on which a row stands; none where it is out of view."""
        frame = self._frame
        if frame is None or row < 0:
            return None if frame is None else frame.top - 1 + row
        line = frame.top + row - self.scroll_offset.y
        return line if frame.top <= line < self.size.height else None

    def _scroll_to_place(self) -> None:
        frame, (row, column) = self._frame, self.place
        if frame is None:
            return
        lines = self.scrollable_content_region.height - frame.top
        room = self.scrollable_content_region.width - frame.left
        if lines <= 0 or room <= 0:
            return
        top, left, width = self.scroll_offset.y, self.scroll_offset.x, frame.cell_width
        fitting = max(room // width, 1) * width
        y = min(max(top, row - lines + 1), row) if row >= 0 else top
        x = min(max(left, (column + 1) * width - fitting), column * width) if column >= 0 else left
        if (x, y) != (left, top):
            self.scroll_to(x, y, animate=False, force=True)

    # Drawing

    def render_line(self, y: int) -> Strip:
        """Return one line on show."""
        frame = self._frame
        if frame is None:
            return Strip.blank(self.size.width, self.rich_style)
        if self._ink is None:
            part = self.get_component_rich_style
            heads = (part("crosstab--head"), part("crosstab--stem"), part("crosstab--here"))
            self._ink = Ink(self.rich_style, *heads, Heat(self.app))
        titles, ids = len(frame.head), frame.top - 1
        if y < titles:
            return self._strip(title_line(frame, self._ink, y, self.place))
        if y == ids:
            return self._strip(id_line(frame, self._ink, self.place))
        row = y - ids if y < ids else y - frame.top + self.scroll_offset.y
        if row >= frame.cells.shape[0]:
            return Strip.blank(frame.width, self._ink.base)
        strip = self._lines.get(row)
        if strip is None:
            draw = factor_line if row < 0 else row_line
            strip = self._lines[row] = self._strip(draw(frame, self._ink, row, self.place))
        return strip

    def _strip(self, parts: list[Segment]) -> Strip:
        assert self._frame is not None and self._ink is not None
        return Strip(parts).simplify().adjust_cell_length(self._frame.width, self._ink.base)


def _form(cells: Cells) -> tuple[object, ...]:
    return cells.shape, cells.n_margin, cells.kind
