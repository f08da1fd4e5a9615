"""The joint plot: predicted against actual as cells, with how often each came beside and above."""

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from cftui.questions.check import JointCounts
from cftui.text import bar
from cftui.tui.explore.joint_plan import SHARES, JointPlan, plan, ticks
from cftui.tui.shared.heat import Heat, Heated

SHADED = " ·░▒▓█"
"""From no rating on: what tells how many there are where no colour does."""
UPRIGHT = " ▁▂▃▄▅▆▇█"
AGREED = "│"
"""Marks where the prediction equals the rating."""


class JointHistogram(Widget, Heated, can_focus=False):
    """Held-out ratings by what was predicted, to the right, and what they are, upwards."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"joint--bar", "joint--label"}
    DEFAULT_CSS = """
    JointHistogram {
        height: 1fr;
        & > .joint--bar { color: $primary; }
        & > .joint--label { color: $foreground-muted; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._joint: JointCounts | None = None
        self._plan: JointPlan | None = None
        self._heat: Heat | None = None

    def show(self, joint: JointCounts | None) -> None:
        """Show other counts, or none."""
        self._joint = joint
        self.refresh()

    def notify_style_update(self) -> None:
        """Forget the colours of another theme."""
        self._heat = None
        super().notify_style_update()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the lines within a region, the counts fitted to the room once."""
        self._plan = plan(self._joint, *self.size) if self._joint else None
        self._heat = self._heat or Heat(self.app)
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Return one line: of the bars above, of the cells, or of the lower axis."""
        base, now = self.rich_style, self._plan
        segments: list[Segment] = []
        if now is not None:
            row = y - now.top
            if row < 0:
                segments = self._above(now, y, base)
            elif row < now.height:
                segments = self._cells(now, row, base)
            elif row == now.height:
                segments = [Segment(axis_line(now), base + self._ink("label"))]
        return Strip(segments).adjust_cell_length(self.size.width, base)

    def _ink(self, name: str) -> Style:
        return self.get_component_rich_style(f"joint--{name}", partial=True)

    def _above(self, now: JointPlan, y: int, base: Style) -> list[Segment]:
        line = upright(now.by_predicted, now.top, y, now.cell[0])
        return [Segment(" " * now.gutter, base), Segment(line, base + self._ink("bar"))]

    def _cells(self, now: JointPlan, row: int, base: Style) -> list[Segment]:
        place, part = divmod(row, now.cell[1])
        labelled = part == now.cell[1] // 2
        label = now.labels[place] if labelled else ""
        segments = [Segment(label.rjust(now.gutter - 1) + " ", base + self._ink("label"))]
        most = max(map(max, now.counts))
        for column, count in enumerate(now.counts[place]):
            mark = AGREED if column == now.agreed[place] else ""
            segments.append(self._cell(now, count, most, mark, base))
        if now.shares and labelled:
            share, total = now.by_actual[place], sum(now.by_actual)
            words = f" {bar(share / max(now.by_actual), SHARES - 5):<{SHARES - 5}}"
            segments.append(Segment(words, base + self._ink("bar")))
            part_of_all = f"{share / total:>4.0%}" if total else ""
            segments.append(Segment(part_of_all, base + self._ink("label")))
        return segments

    def _cell(self, now: JointPlan, count: int, most: int, mark: str, base: Style) -> Segment:
        assert self._heat is not None
        level = (count / most) ** 0.5 if most else 0.0  # a root: else few cells would show at all
        coloured = self._heat.coloured
        fill = " " if coloured else SHADED[min(-int(-level * 5 // 1), 5)]
        text = fill * now.cell[0]
        if mark:
            middle = now.cell[0] // 2
            text = text[:middle] + mark + text[middle + 1 :]
        return Segment(text, base + self._heat.style(level, 0, 1) if count and coloured else base)


def upright(counts: tuple[int, ...], lines: int, y: int, cell: int) -> str:
    """Return line y of upright bars, each `cell` cells wide; any count at all shows."""
    most = max(counts)
    text = ""
    for count in counts:
        eighths = max(round(8 * lines * count / most), 1 if count else 0) if most else 0
        text += UPRIGHT[min(max(eighths - 8 * (lines - 1 - y), 0), 8)] * cell
    return text


def axis_line(now: JointPlan) -> str:
    """Return the values below the cells, each under where it stands."""
    line = [" "] * (now.gutter + now.width + SHARES)
    free = 0
    for at, label in ticks(*now.predicted, now.width):
        start = max(now.gutter + at - len(label) // 2, 0)
        if start >= free and start + len(label) <= len(line):
            line[start : start + len(label)] = label
            free = start + len(label) + 1
    return "".join(line).rstrip()
