"""A table for any number of rows: only the lines on show are ever read or measured."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any, ClassVar

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from cftui.text import plain
from cftui.tui.shared.cells import GAP, GUTTER, Cell, Column, cut, line
from cftui.tui.shared.column_choice import ChosenColumns
from cftui.tui.shared.commands import bindings
from cftui.tui.shared.row_order import MOST_SORTED, RowOrder, next_order, places_in_order
from cftui.tui.shared.table_commands import TABLE_COMMANDS, choice_of, has_slash
from cftui.tui.shared.widths import fitting_columns, wanted

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
        Binding("slash", "find_here", "Find", show=False, id="grid.find-here"),
        *bindings(TABLE_COMMANDS),
    ]
    SORTS: ClassVar[bool] = True
    """Whether it sorts its rows itself; else who fills it does, told by `Sorted`."""

    cursor_row: reactive[int] = reactive(0, repaint=False, always_update=False)
    """The line that the cursor is on, from 0; 0 where there are no rows."""

    @dataclass
    class Highlighted(Message):
        """The cursor came to another row, or to other content."""

        grid: "Grid"
        row: int
        """Its place among the rows as they were given, whatever they are sorted by."""

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
        """Its place among the rows as they were given, whatever they are sorted by."""

        @property
        def control(self) -> "Grid":
            """The grid, for `@on` with a selector."""
            return self.grid

    @dataclass
    class Sorted(Message):
        """The user wants another order of rows that the grid does not sort itself."""

        grid: "Grid"
        order: RowOrder | None

        @property
        def control(self) -> "Grid":
            """The grid, for `@on` with a selector."""
            return self.grid

    @dataclass
    class ToolWanted(Message):
        """The user wants a tool of tables, one of `table_tools.TOOLS`."""

        grid: "Grid"
        name: str

    def __init__(
        self,
        columns: Iterable[Column],
        *,
        empty: str = "",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._given = _keyed(columns)
        self._columns = self._given
        self._choice = ChosenColumns()
        self._order: RowOrder | None = None
        self._column = ""
        """The column that keys are about, by its name; empty until one was chosen."""
        self.sought = ""
        """What was looked for last in this table."""
        self._empty = empty
        self._rows: Sequence[Any] = ()
        self._keys: Sequence[Hashable] | None = None
        self._places: list[int] | None = None
        """Of each line: the place of its row among those given; none where they are the same."""
        self._room = 0
        self._wants = (0,) * len(self._given)
        self._base = Style()
        self._widths: tuple[int, ...] = ()
        self._strips: LRUCache[tuple[int, bool], Strip] = LRUCache(512)

    @property
    def rows(self) -> Sequence[Any]:
        """The rows as they were given."""
        return self._rows

    @property
    def listed(self) -> Sequence[Any]:
        """The rows in the order that they are listed in."""
        if self._places is None:
            return self._rows
        return [self._rows[place] for place in self._places]

    @property
    def keys(self) -> Sequence[Hashable]:
        """Return the key of each row as they were given; none where rows have no keys."""
        return self._keys or ()

    @property
    def listed_keys(self) -> Sequence[Hashable]:
        """Return the keys in the order that rows are listed in."""
        if self._places is None or self._keys is None:
            return self.keys
        return [self._keys[place] for place in self._places]

    @property
    def cursor_place(self) -> int:
        """The place of the cursor's row among those given; setting it moves the cursor there."""
        return self._place(self.cursor_row)

    @cursor_place.setter
    def cursor_place(self, place: int) -> None:
        places = self._places
        self.cursor_row = place if places is None else places.index(place)

    @property
    def cursor_key(self) -> Hashable | None:
        """The key of the cursor's row; None without keys or rows."""
        return self._keys[self.cursor_place] if self._keys and self._rows else None

    def _place(self, line: int) -> int:
        return line if self._places is None else self._places[line]

    @property
    def columns(self) -> tuple[Column, ...]:
        """All columns, on show or not."""
        return self._given

    @property
    def shown_columns(self) -> tuple[Column, ...]:
        """The columns on show."""
        return self._columns

    @property
    def shown_widths(self) -> dict[str, int]:
        """The cells that each column on show has, by its name."""
        called = [column.called for column in self._columns]
        return dict(zip(called, self._widths, strict=True))

    @property
    def column(self) -> Column | None:
        """The column that keys are about: the one gone to, else the one sorted by, else the first.

        The first that has a name: sorted by signs, a table looks as before. None where there are
        none.
        """
        wanted = self._column or (self._order.column if self._order else "")
        first = next((c for c in self._columns if c.label), next(iter(self._columns), None))
        if not wanted:
            return first
        return next((c for c in self._columns if c.called == wanted), first)

    @property
    def order(self) -> RowOrder | None:
        """What rows are sorted by; None as they were given."""
        return self._order

    @property
    def choice(self) -> ChosenColumns:
        """What the user chose of the columns."""
        return self._choice

    def on_mount(self) -> None:
        """Take the columns that the user chose before."""
        self.set_choice(choice_of(self))

    def set_choice(self, choice: ChosenColumns) -> None:
        """Show the columns that the user wants."""
        if choice != self._choice:
            self._choice = choice
            self._choose_anew()

    def set_columns(self, columns: Iterable[Column]) -> None:
        """Replace the columns; the rows stay."""
        self._given = _keyed(columns)
        self._choose_anew()

    def _choose_anew(self) -> None:
        self._widths = ()
        self._want()
        self._measure()

    def _want(self) -> None:
        """Ask what the texts need, where that decides which columns there is room for."""
        wants = wanted(self._choice.applied(self._given), self._rows)
        if wants != self._wants:
            self._wants, self._widths = wants, ()

    def set_order(self, order: RowOrder | None) -> None:
        """List the rows by a column, or as they were given; the cursor stays on its row."""
        if order == self._order:
            return
        place = self.cursor_place if self._rows else 0
        self._order = order
        self._sort()
        self._strips.clear()
        self.refresh()
        if self._rows:
            self.cursor_place = place
            self._scroll_to_cursor()

    def _sort(self) -> None:
        self._places = None
        order, columns = self._order, {column.called: column for column in self._given}
        if order is None or not self.SORTS or len(self._rows) > MOST_SORTED:
            return
        column = columns.get(order.column)
        if column is not None:
            down = order.descending
            self._places = places_in_order(self._rows, column, descending=down)

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
        old_rows, old_key = self.listed, self.cursor_key
        self._rows, self._keys = rows, keys
        self._sort()
        self._strips.clear()
        self._want()
        self._refresh_changed(old_rows)
        self._measure()
        cursor = min(self.cursor_row, max(len(rows) - 1, 0))
        if keys is not None and old_key is not None and rows:
            cursor = _find(self.listed_keys, old_key, cursor)
        moved = cursor != self.cursor_row
        self.cursor_row = cursor
        same = keys is not None and old_key is not None and self.cursor_key == old_key
        if rows and not moved and not same:
            self.post_message(self.Highlighted(self, self.cursor_place))

    def _refresh_changed(self, old_rows: Sequence[Any]) -> None:
        """Refresh what a change of rows changed on show; all of it where one was empty."""
        if not old_rows or not self._rows:
            self.refresh()
            return
        first, rows = self.scroll_offset.y, self._rows
        for row in range(first, first + max(self.size.height - 1, 0)):
            before = old_rows[row] if row < len(old_rows) else None
            after = rows[self._place(row)] if row < len(rows) else None
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

    def watch_show_horizontal_scrollbar(self) -> None:
        """Keep the cursor in view of the lines that there are with the bar, or without it."""
        self.call_after_refresh(self._scroll_to_cursor)

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
            self.post_message(self.Highlighted(self, self._place(after)))

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
            self.post_message(self.Selected(self, self.cursor_place))

    def action_column(self, by: int) -> None:
        """Go to the next column, or the one before: what is sorted by, copied, hidden."""
        names = [column.called for column in self._columns]
        if not names:
            return
        at = names.index(self._column) + by if self._column in names else 0
        self._column = names[at % len(names)]
        self._show_column()

    def _show_column(self) -> None:
        """Bring the column that keys are about into view, and mark it in the header."""
        names = [column.called for column in self._columns]
        at = names.index(self._column)
        begin = GUTTER + sum(self._widths[:at]) + GAP * at
        left, room = self.scroll_offset.x, self.scrollable_content_region.width
        if begin < left or begin + self._widths[at] > left + room:
            self.scroll_to(x=max(begin - GUTTER, 0), animate=False, force=True)
        self.refresh(Region(0, 0, self.size.width, 1))

    def action_sort(self, way: str) -> None:
        """Sort by the column: `up`, `down`, or `turn` as a click does; once more as it was."""
        column = self.column
        if column is None:
            return
        if len(self._rows) > MOST_SORTED and self.SORTS:
            self.notify(f"More than {MOST_SORTED:,} rows are not sorted here", markup=False)
            return
        self._column = column.called
        order = next_order(self._order, column, way)
        if self.SORTS:
            self.set_order(order)
        else:
            self.post_message(self.Sorted(self, order))
        self._show_column()

    def action_tool(self, name: str) -> None:
        """Ask for what is done to a whole table: columns, copy, export, find."""
        self.post_message(self.ToolWanted(self, name))

    def action_find_here(self) -> None:
        """Look for words in the table."""
        self.action_tool("find")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave the key to whoever else in the pane searches with it."""
        return not (action == "find_here" and has_slash(self))

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to a row; choose it where the cursor was there already."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        if offset.y == 0 and not self._of_one_line:
            event.stop()
            self._click_header(self.scroll_offset.x + offset.x)
            return
        row = self.cursor_row if self._of_one_line else self.scroll_offset.y + offset.y - 1
        if not 0 <= row < len(self._rows):
            return
        event.stop()
        if row == self.cursor_row:
            self.action_select()
        self.cursor_row = row

    def _click_header(self, x: int) -> None:
        """Sort by the column that was clicked."""
        end = GUTTER
        for column, width in zip(self._columns, self._widths, strict=True):
            end += width + GAP
            if x < end:
                self._column = column.called
                self.action_sort("turn")
                return

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the lines within a region; their common style is found once."""
        self._base = self.rich_style
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Return one line on show: the header first, then rows from the scroll offset on."""
        width, style = self.scrollable_content_region.width, self._base
        left, top = self.scroll_offset
        self._fit(width)
        if y == 0 and self._of_one_line:
            strip = self._row_strip(self.cursor_row, style)
        elif y == 0:
            header = style + self.get_component_rich_style("grid--header")
            strip = self._line(self._labels(), header, " ")
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
            cells = self._cells(self._rows[self._place(row)])
            strip = self._line(cells, style, MARK if on_cursor else " ")
            self._strips[row, on_cursor] = strip
        return strip

    def _labels(self) -> list[Cell]:
        """Return the header: an arrow at the column sorted by, the column gone to reversed."""
        cells: list[Cell] = []
        for column, width in zip(self._columns, self._widths, strict=True):
            label = column.label
            if self._order is not None and self._order.column == column.called:
                label = label[: max(width - 1, 0)] + self._order.arrow
            gone_to = self.has_focus and column.called == self._column
            cells.append(Text(label or " ", Style(reverse=True)) if gone_to else label)
        return cells

    def _cells(self, row: Any) -> list[Cell]:
        return [column.key(row) for column in self._columns if column.key is not None]

    def _line(self, cells: Sequence[Cell], style: Style, mark: str) -> Strip:
        return line(cells, self._columns, self._widths, style, mark=mark, console=self.app.console)

    def _fit(self, room: int) -> bool:
        """Choose columns and their widths for the room there is; tell whether that changed."""
        if room == self._room and self._widths:
            return False
        columns = self._choice.applied(self._given)
        places, self._widths = fitting_columns(columns, room, self._wants)
        names = {columns[place].called for place in places}
        self._columns = tuple(_beside(columns[place], names) for place in places)
        self._room = room
        self._strips.clear()
        return True

    def _measure(self) -> None:
        """Fit the columns, and tell the scroll bars how large the table is."""
        if self._fit(self.scrollable_content_region.width):
            self.refresh()
        # the least width: with the one on show, a scroll bar's coming would bring the other one
        least = fitting_columns(self._columns, 0, (0,) * len(self._columns))[1]
        total = GUTTER + sum(least) + GAP * (len(least) - 1)
        self.virtual_size = Size(total, len(self._rows) + 1)

    @property
    def _of_one_line(self) -> bool:
        """Whether there is room for the cursor's row alone, which then stands for the header."""
        return bool(self._rows) and self.scrollable_content_region.height == 1

    def _refresh_row(self, row: int) -> None:
        line = 0 if self._of_one_line else row - self.scroll_offset.y + 1
        if self._of_one_line or 1 <= line < self.size.height:
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


def _keyed(columns: Iterable[Column]) -> tuple[Column, ...]:
    """Return columns with a name each of their own, that know where their cell is."""
    found: dict[str, Column] = {}
    for at, column in enumerate(columns):
        name = column.called
        while name in found:
            name += "'"
        found[name] = replace(column, name=name, key=column.key or itemgetter(at))
    return tuple(found.values())


def _beside(column: Column, names: set[str]) -> Column:
    """Return a column that leaves out what another one on show tells."""
    if column.beside is None or column.beside[0] not in names:
        return column
    return replace(column, key=column.beside[1])
