"""A table for any number of rows: only the lines on show are ever read or measured."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from cftui.text import plain
from cftui.tui.shared.cells import GAP, GUTTER, Cell, Column, column_widths, cut, line

__all__ = ["Cell", "Column", "Grid"]

MARK = "\u203a"
"""Stands before the cursor's row, so that it is seen without colour."""


class Grid(ScrollView, can_focus=True):
    """A table with a frozen header and a cursor row; rows are read only as they come into view."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"grid--header", "grid--cursor", "grid--empty"}
    DEFAULT_CSS = """
    Grid {
        width: 1fr;
        height: 1fr;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 1;
        & > .grid--header { color: $foreground-muted; text-style: bold; }
        & > .grid--cursor { background: $block-cursor-blurred-background; }
        & > .grid--empty { color: $foreground-muted; }
        &:focus > .grid--cursor {
            color: $block-cursor-foreground;
            background: $block-cursor-background;
            text-style: $block-cursor-text-style;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False, id="grid.up"),
        Binding("down,j", "move(1)", "Down", show=False, id="grid.down"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="grid.page-up"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="grid.page-down"),
        Binding("home,g", "first", "First row", show=False, id="grid.first"),
        Binding("end,G", "last", "Last row", show=False, id="grid.last"),
        Binding("enter", "select", "Open", show=False, id="grid.select"),
    ]

    cursor_row: reactive[int] = reactive(0, repaint=False, always_update=False)
    """The row that the cursor is on, from 0; 0 where there are no rows."""

    @dataclass
    class Highlighted(Message):
        """The cursor came to another row, or to other content."""

        grid: "Grid"
        row: int

        @property
        def control(self) -> "Grid":
            """The grid, for `@on` with a selector."""
            return self.grid

        def can_replace(self, message: Message) -> bool:
            """A newer one makes an older one pointless."""
            return isinstance(message, Grid.Highlighted) and message.grid is self.grid

    @dataclass
    class Selected(Message):
        """The user chose the cursor's row, with enter or a click on it."""

        grid: "Grid"
        row: int

        @property
        def control(self) -> "Grid":
            """The grid, for `@on` with a selector."""
            return self.grid

    def __init__(
        self,
        columns: Iterable[Column],
        *,
        empty: str = "",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._columns = tuple(columns)
        self._empty = empty
        self._rows: Sequence[Any] = ()
        self._keys: Sequence[Hashable] | None = None
        self._room = 0
        self._base = Style()
        self._widths = column_widths(self._columns, self._room)
        self._strips: LRUCache[tuple[int, bool], Strip] = LRUCache(512)

    @property
    def rows(self) -> Sequence[Any]:
        """The rows on show."""
        return self._rows

    @property
    def keys(self) -> Sequence[Hashable]:
        """Return the key of each row; none where rows have no keys."""
        return self._keys or ()

    @property
    def cursor_key(self) -> Hashable | None:
        """The key of the cursor's row; None without keys or rows."""
        return self._keys[self.cursor_row] if self._keys and self._rows else None

    def set_columns(self, columns: Iterable[Column]) -> None:
        """Replace the columns; the rows stay."""
        self._columns, self._widths = tuple(columns), ()
        self._measure()

    def set_empty(self, sentence: str) -> None:
        """Replace the sentence that stands where there are no rows."""
        another, self._empty = sentence != self._empty, sentence
        if another and not self._rows:
            self.refresh()

    def set_rows(self, rows: Sequence[Any], keys: Sequence[Hashable] | None = None) -> None:
        """Show other rows; the cursor stays on its key, or without keys on its number.

        `keys` names each row. Rows are read by index as they come into view, so that a lazy
        sequence of a million costs nothing. Refreshes only the lines that differ.
        """
        old_rows, old_key = self._rows, self.cursor_key
        self._rows, self._keys = rows, keys
        self._strips.clear()
        self._refresh_changed(old_rows)
        self._measure()
        cursor = min(self.cursor_row, max(len(rows) - 1, 0))
        if keys is not None and old_key is not None and rows:
            cursor = _find(keys, old_key, cursor)
        moved = cursor != self.cursor_row
        self.cursor_row = cursor
        same = keys is not None and old_key is not None and self.cursor_key == old_key
        if rows and not moved and not same:
            self.post_message(self.Highlighted(self, cursor))

    def _refresh_changed(self, old_rows: Sequence[Any]) -> None:
        """Refresh what a change of rows changed on show; all of it where one was empty."""
        if not old_rows or not self._rows:
            self.refresh()
            return
        first = self.scroll_offset.y
        for row in range(first, first + max(self.size.height - 1, 0)):
            before = old_rows[row] if row < len(old_rows) else None
            after = self._rows[row] if row < len(self._rows) else None
            if before is not after and before != after:
                self._refresh_row(row)

    def on_resize(self, event: events.Resize) -> None:
        """Measure the flexible columns anew, and keep the cursor in view."""
        self._measure()
        self._scroll_to_cursor()

    def watch_show_vertical_scrollbar(self, shown: bool) -> None:
        """Put the bar where the table is: one that comes after the scrolling stands at the top."""
        if shown:
            self.vertical_scrollbar.position = self.scroll_y

    def notify_style_update(self) -> None:
        """Forget lines drawn in the old style."""
        self._strips.clear()
        super().notify_style_update()

    def validate_cursor_row(self, row: int) -> int:
        """Keep the cursor on a row."""
        return min(max(row, 0), max(len(self._rows) - 1, 0))

    def watch_cursor_row(self, before: int, after: int) -> None:
        """Refresh the two lines and bring the cursor into view."""
        self._refresh_row(before)
        self._refresh_row(after)
        self._scroll_to_cursor()
        if self._rows:
            self.post_message(self.Highlighted(self, after))

    def action_move(self, rows: int) -> None:
        """Move the cursor by a number of rows."""
        self.cursor_row += rows

    def action_page(self, pages: int) -> None:
        """Move the cursor by a screenful less one line."""
        self.cursor_row += pages * max(self.scrollable_content_region.height - 2, 1)

    def action_first(self) -> None:
        """Go to the first row."""
        self.cursor_row = 0

    def action_last(self) -> None:
        """Go to the last row."""
        self.cursor_row = len(self._rows) - 1

    def action_select(self) -> None:
        """Choose the cursor's row."""
        if self._rows:
            self.post_message(self.Selected(self, self.cursor_row))

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to a row; choose it where the cursor was there already."""
        offset = event.get_content_offset(self)
        row = self.scroll_offset.y + offset.y - 1 if offset is not None and offset.y > 0 else -1
        if not 0 <= row < len(self._rows):
            return
        event.stop()
        if row == self.cursor_row:
            self.action_select()
        self.cursor_row = row

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the lines within a region; their common style is found once."""
        self._base = self.rich_style
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Return one line on show: the header first, then rows from the scroll offset on."""
        width, style = self.scrollable_content_region.width, self._base
        left, top = self.scroll_offset
        self._fit(width)
        if y == 0:
            header = style + self.get_component_rich_style("grid--header")
            strip = self._line([column.label for column in self._columns], header, " ")
        elif not self._rows and y == min(2, self.size.height - 1):
            empty = style + self.get_component_rich_style("grid--empty")
            words = cut([Segment(plain(self._empty), empty)], max(width - GUTTER, 0))
            return Strip([Segment(" " * GUTTER, style), *words]).adjust_cell_length(width, style)
        elif top + y - 1 < len(self._rows):
            strip = self._row_strip(top + y - 1, style)
        else:
            return Strip.blank(width, style)
        return strip.crop_extend(left, left + width, style)

    def _row_strip(self, row: int, style: Style) -> Strip:
        on_cursor = row == self.cursor_row
        strip = self._strips.get((row, on_cursor))
        if strip is None:
            if on_cursor:
                style += self.get_component_rich_style("grid--cursor")
            strip = self._line(self._cells(self._rows[row]), style, MARK if on_cursor else " ")
            self._strips[row, on_cursor] = strip
        return strip

    def _cells(self, row: Any) -> list[Cell]:
        return [
            row[index] if column.key is None else column.key(row)
            for index, column in enumerate(self._columns)
        ]

    def _line(self, cells: Sequence[Cell], style: Style, mark: str) -> Strip:
        return line(cells, self._columns, self._widths, style, mark=mark, console=self.app.console)

    def _fit(self, room: int) -> bool:
        """Give each column its width in the room there is; tell whether that changed."""
        if room == self._room and len(self._widths) == len(self._columns):
            return False
        self._room, self._widths = room, column_widths(self._columns, room)
        self._strips.clear()
        return True

    def _measure(self) -> None:
        """Fit the columns, and tell the scroll bars how large the table is."""
        if self._fit(self.scrollable_content_region.width):
            self.refresh()
        # the least width: with the one on show, a scroll bar's coming would bring the other one
        least = column_widths(self._columns, 0)
        total = GUTTER + sum(least) + GAP * (len(least) - 1)
        self.virtual_size = Size(total, len(self._rows) + 1)

    def _refresh_row(self, row: int) -> None:
        line = row - self.scroll_offset.y + 1
        if 1 <= line < self.size.height:
            self.refresh(Region(0, line, self.size.width, 1))

    def _scroll_to_cursor(self) -> None:
        lines = self.scrollable_content_region.height - 1
        top = self.scroll_offset.y
        if lines <= 0:
            return
        wanted = min(max(top, self.cursor_row - lines + 1), self.cursor_row)
        if wanted != top:
            self.scroll_to(y=wanted, animate=False, force=True)


def _find(keys: Sequence[Hashable], key: Hashable, guess: int) -> int:
    """Return where a key is, looked for at the guess first; the guess where it is gone."""
    if guess < len(keys) and keys[guess] == key:
        return guess
    try:
        return keys.index(key)
    except ValueError:
        return guess
