"""The sheet: a block of lines a step, one line a weight, the present step marked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from cftui.questions.lab import DescentAnswer, StepRow
from cftui.tui.lab.numbers import short
from cftui.tui.shared.cells import GAP, GUTTER, Cell, Column, line

MARK = "›"
WIDTH = 7
"""Cells of a number."""
BY_HAND = "hand"
"""Stands for the points of a step that was none."""
PAPERS = {"m_hat": "m̂", "v_hat": "v̂"}
"""What the papers call a state that has another name in code."""


@dataclass(frozen=True)
class StepLine:
    """One weight's line of a step."""

    row: StepRow
    weight: int
    letters: tuple[str, ...]


@dataclass(frozen=True)
class _Part:
    """A column, and how soon it is left out where there is little room: the largest first."""

    rank: int
    label: str
    cell: Callable[[StepLine], str]
    width: int = WIDTH


def _of_step(cell: Callable[[StepRow], str]) -> Callable[[StepLine], str]:
    """Return what tells a thing of the step once, on its first line."""
    return lambda line: cell(line.row) if line.weight == 0 else ""


def _of_points(values: tuple[float, ...], cells: int) -> str:
    if len(values) == 1:
        return short(values[0], cells)
    return f"×{len(values)}" if values else ""


def _unless_by_hand(value: Callable[[StepLine], float]) -> Callable[[StepLine], str]:
    return lambda line: "" if line.row.by_hand else short(value(line), WIDTH)


def _state(name: str) -> Callable[[StepLine], str]:
    def cell(line: StepLine) -> str:
        values = dict(line.row.state).get(name)
        return short(values[line.weight], WIDTH) if values and not line.row.by_hand else ""

    return cell


STATE_RANKS = {"decay": 6, "v_hat": 7, "m_hat": 8, "v": 9, "s": 9, "m": 10}


def _parts(states: Sequence[str]) -> list[_Part]:
    return [
        _Part(0, "step", _of_step(lambda row: str(row.number)), 5),
        _Part(4, "x", _of_step(lambda row: _of_points(row.x, 4) or BY_HAND), 4),
        _Part(11, "y", _of_step(lambda row: _of_points(row.y, 4)), 4),
        _Part(12, "p", _of_step(lambda row: _of_points(row.prediction, 5)), 5),
        _Part(5, "e", _of_step(lambda row: "" if row.by_hand else short(row.squared_error, 6)), 6),
        _Part(0, "", lambda line: line.letters[line.weight], 1),
        _Part(3, "before", lambda line: short(line.row.weights[line.weight])),
        _Part(2, "≈de/dw", _unless_by_hand(lambda line: line.row.estimated[line.weight])),
        _Part(1, "de/dw", _unless_by_hand(lambda line: line.row.gradient[line.weight])),
        *(_Part(STATE_RANKS[name], PAPERS.get(name, name), _state(name)) for name in states),
        _Part(0, "new", lambda line: short(line.row.new[line.weight])),
    ]


def step_columns(states: Sequence[str], room: int) -> list[Column]:
    """Return the columns that `room` cells hold, of a rule that shows these states."""
    parts = _parts(states)
    kept: list[_Part] = []
    left = room - GUTTER + GAP
    for part in sorted(parts, key=lambda part: part.rank):
        if part.width + GAP > left:
            break
        kept.append(part)
        left -= part.width + GAP
    return [
        Column(part.label, part.width, "right" if part.width > 1 else "left", part.cell)
        for part in parts
        if part in kept
    ]


class StepTable(Widget):
    """The steps around the present one, the newest at the bottom."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"steps--header", "steps--present", "steps--faint"}
    DEFAULT_CSS = """
    StepTable {
        width: 1fr;
        height: 1fr;
        & > .steps--header { color: $foreground-muted; text-style: bold; }
        & > .steps--faint { color: $foreground-muted; }
        & > .steps--present {
            color: $block-cursor-foreground;
            background: $block-cursor-background;
        }
    }
    """

    @dataclass
    class RoomChanged(Message):
        """There is room for another number of steps."""

    def __init__(self) -> None:
        super().__init__()
        self._columns: list[Column] = []
        self._lines: list[StepLine] = []
        self._place = 0
        self._per_step = 2
        self._states: tuple[str, ...] = ()
        self._base = Style()
        self._inks: dict[str, Style] = {}

    @property
    def steps(self) -> int:
        """Return the steps that there is room for."""
        return max((self.size.height - 1) // self._per_step, 1)

    @property
    def columns(self) -> list[str]:
        """Return the heads of the columns on show."""
        return [column.label for column in self._columns]

    @property
    def left_out(self) -> list[str]:
        """Return the heads of the columns that there is no room for."""
        shown = self.columns
        return [part.label for part in _parts(self._states) if part.label not in shown]

    @property
    def rows(self) -> list[StepRow]:
        """Return the steps on show, the oldest first."""
        return [line.row for line in self._lines if line.weight == 0]

    def show(self, answer: DescentAnswer, place: int) -> None:
        """Show steps, that at `place` marked."""
        self._place, self._per_step = place, len(answer.letters)
        rows = answer.rows[-self.steps :]
        if rows:
            self._states = tuple(name for name, _ in rows[-1].state)
        self._lines = [
            StepLine(row, weight, answer.letters)
            for row in rows
            for weight in range(len(answer.letters))
        ]
        self._fit()

    def _fit(self) -> None:
        self._columns = step_columns(self._states, self.size.width)
        self.refresh()

    def on_resize(self, event: events.Resize) -> None:
        """Show as many columns as there is room for, and ask for as many steps."""
        self._fit()
        self.post_message(self.RoomChanged())

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the lines within a region; their styles are found once."""
        base = self._base = self.rich_style
        self._inks = {
            name: base + self.get_component_rich_style(f"steps--{name}", partial=True)
            for name in ("header", "present", "faint")
        }
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Return the heads, or a line of a step."""
        if y == 0:
            return self._strip([self._head(one) for one in self._columns], self._inks["header"])
        if y > len(self._lines):
            return Strip.blank(self.size.width, self._base)
        shown = self._lines[y - 1]
        cells = [column.key(shown) if column.key else "" for column in self._columns]
        number = shown.row.number
        if number == self._place:
            return self._strip(cells, self._inks["present"], "" if shown.weight else MARK)
        return self._strip(cells, self._inks["faint"] if number > self._place else self._base)

    def _head(self, column: Column) -> Cell:
        """Return a column's head; what the optimizer remembers is slanted, as in its paper."""
        known = {PAPERS.get(name, name) for name in self._states}
        label = column.label
        return Text.assemble((label, "italic")) if label in known else label

    def _strip(self, cells: Sequence[Cell], style: Style, mark: str = "") -> Strip:
        widths = [column.width or 0 for column in self._columns]
        console = self.app.console
        strip = line(cells, self._columns, widths, style, mark=mark or " ", console=console)
        return strip.adjust_cell_length(self.size.width, style)
