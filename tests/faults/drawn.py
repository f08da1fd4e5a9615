"""What stands on a screen, read cell by cell off the compositor's strips as a terminal shows it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rich.cells import cell_len
from textual.app import App
from textual.geometry import Region
from textual.widget import Widget

from cftui.tui.shared.cells import GAP, GUTTER, shown
from cftui.tui.shared.grid import Grid

MARK = "›"
ELLIPSIS = "…"


def cells_of(text: str) -> list[str]:
    """Return the text of each cell; a wide character's second cell is empty."""
    found: list[str] = []
    for letter in text:
        width = cell_len(letter)
        if width:
            found += [letter, *[""] * (width - 1)]
        elif found:
            found[-1] += letter
    return found


def agrees(drawn: str, wanted: str) -> bool:
    """Return whether a drawn text is another one, or what an ellipsis has left of it."""
    drawn, wanted = " ".join(drawn.split()), " ".join(shown(wanted).split())
    if drawn == wanted:
        return True
    head, cut, tail = drawn.partition(ELLIPSIS)
    rest = tail.strip()
    return bool(cut) and wanted.startswith(head.rstrip()) and wanted.endswith(rest)


@dataclass(frozen=True)
class Row:
    """A row of a table as it is drawn."""

    place: int
    """Among the rows as they are listed."""
    marked: bool
    """Whether the cursor's mark stands before it."""
    cells: dict[str, str]
    """By the column's name; those that are cut at the table's edge are left out."""


class Drawn:
    """A screen as it stands."""

    def __init__(self, app: App[Any]) -> None:
        self.screen = app.screen
        self.strips = self.screen._compositor.render_strips()
        self.lines = [strip.text for strip in self.strips]

    @cached_property
    def _cells(self) -> list[list[str]]:
        return [cells_of(line) for line in self.lines]

    @cached_property
    def _places(self) -> dict[Widget, tuple[Region, Region]]:
        """Return where each widget in view is, and what of the screen it may be drawn on."""
        return {
            widget: place
            for widget, place in self.screen._compositor.visible_widgets.items()
            if place[0].intersection(place[1]).area
        }

    def shows(self, widget: Widget) -> bool:
        """Return whether any of a widget is in view."""
        return widget in self._places

    def widgets(self, kind: type[Widget]) -> Iterator[Any]:
        """Yield the widgets of a kind that are in view."""
        yield from (widget for widget in self._places if isinstance(widget, kind))

    def rows_of(self, widget: Widget, region: Region | None = None) -> dict[int, list[str]]:
        """Return the lines of a widget's content, by their place in it, each as its cells.

        Those alone that are whole in view, with nothing laid over them.
        """
        region = region or widget.scrollable_content_region
        clip = self._places[widget][1]
        found = {}
        for y in range(region.y, region.bottom):
            line = Region(region.x, y, region.width, 1)
            if line.area and clip.contains_region(line) and self._is_of(widget, line):
                found[y - region.y] = self._cells[y][region.x : region.right]
        return found

    def _is_of(self, widget: Widget, line: Region) -> bool:
        at = self.screen._compositor.get_widget_at
        owners = [at(x, line.y)[0] for x in (line.x, line.right - 1)]
        return all(owner is widget or widget in owner.ancestors for owner in owners)

    def text(self, widget: Widget) -> str:
        """Return a widget's lines, one beneath the other."""
        return "\n".join("".join(cells).rstrip() for cells in self.rows_of(widget).values())

    def words(self, widget: Widget) -> str:
        """Return the same in one line, as it was before it was wrapped."""
        return " ".join(self.text(widget).split())

    def border(self, widget: Widget, *, top: bool) -> str:
        """Return the line of a widget's border that has its title, or its subtitle."""
        region = widget.region
        y = region.y if top else region.bottom - 1
        line = Region(region.x, y, region.width, 1)
        rows = self.rows_of(widget, line)
        return "".join(rows.get(0, [])).strip("╭╮╰╯─ ")

    # Tables

    def header(self, grid: Grid) -> dict[str, str]:
        """Return what stands over the columns, by their names; empty where it is not in view."""
        head = None if self._is_of_one_line(grid) else self.rows_of(grid).get(0)
        return {} if head is None else self._parts(grid, head)

    def _is_of_one_line(self, grid: Grid) -> bool:
        """Tell whether there is room for the row of the cursor alone."""
        return bool(len(grid.rows)) and grid.scrollable_content_region.height == 1

    def table(self, grid: Grid) -> list[Row]:
        """Return the rows in view."""
        listed, alone = len(grid.rows), self._is_of_one_line(grid)
        first = grid.cursor_row if alone else grid.scroll_offset.y - 1
        found = []
        for y, cells in self.rows_of(grid).items():
            place = first + y
            if (y or alone) and place < listed:
                marked = grid.scroll_offset.x == 0 and cells[0] == MARK
                found.append(Row(place, marked, self._parts(grid, cells)))
        return found

    def _parts(self, grid: Grid, cells: list[str]) -> dict[str, str]:
        left, found, begin = grid.scroll_offset.x, {}, GUTTER
        for name, width in grid.shown_widths.items():
            if begin >= left and begin + width <= left + len(cells):
                found[name] = "".join(cells[begin - left : begin - left + width])
            begin += width + GAP
        return found


NUMBER = re.compile(r"[-+]?[\d,]*\.?\d+")


def number(text: str) -> float | None:
    """Return the first number in a drawn text; none where there is none."""
    found = NUMBER.search(text.replace("−", "-"))
    return float(found.group().replace(",", "")) if found else None


def rounded(drawn: str, value: float) -> bool:
    """Return whether a drawn number is a value, to as many places as it has."""
    told = number(drawn)
    places = len(drawn.strip().partition(".")[2].rstrip("◂ ")) if "." in drawn else 0
    return told is not None and abs(told - value) <= 0.51 * 10.0**-places + 1e-6
