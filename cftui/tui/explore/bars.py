"""How often each rating value was given: bars in as many lines as there are."""

from collections.abc import Sequence

from rich.segment import Segment
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

EIGHTHS = " ▁▂▃▄▅▆▇█"
MOST = 24
"""Of bars; more values are put together."""


class Bars(Widget):
    """Upright bars over their values; in one line, a row of blocks between the ends."""

    DEFAULT_CSS = "Bars { height: 6; padding: 0 1; color: $primary; }"

    counts: reactive[tuple[tuple[float, int], ...]] = reactive(())
    """(value, count), by value."""

    def render_line(self, y: int) -> Strip:
        """Return a line; the last one names the values where there is room for more than one."""
        width, style = self.size.width, self.rich_style
        text = ""
        if self.counts:
            bars = grouped(self.counts, min(MOST, max(width // 2, 1)))
            height = self.size.height
            text = one_line(bars) if height < 3 else bar_line(bars, y, height, width)
        return Strip([Segment(text[:width], style)]).adjust_cell_length(width, style)


def grouped(counts: Sequence[tuple[float, int]], most: int) -> list[tuple[str, int]]:
    """Return labels and counts of at most `most` bars, equal spans of values where more."""
    if len(counts) <= most:
        return [(f"{value:g}", count) for value, count in counts]
    low, high = counts[0][0], counts[-1][0]
    sums = [0] * most
    for value, count in counts:
        sums[min(int((value - low) / (high - low) * most), most - 1)] += count
    width = (high - low) / most
    return [(f"{low + place * width:.3g}", total) for place, total in enumerate(sums)]


def one_line(bars: Sequence[tuple[str, int]]) -> str:
    """Return all bars as one row of blocks between the first and the last label."""
    most = max(count for _, count in bars)
    blocks = "".join(EIGHTHS[max(1, round(8 * count / most))] for _, count in bars)
    return f"{bars[0][0]} {blocks} {bars[-1][0]}"


def bar_line(bars: Sequence[tuple[str, int]], y: int, height: int, width: int) -> str:
    """Return line y of bars that are `height` - 1 lines high, over their labels."""
    most = max(count for _, count in bars)
    cell = max(min(width // len(bars), 6), 1)
    if y == height - 1:
        room = max(len(label) for label, _ in bars) + 1
        every = -(-room // cell)
        return "".join(
            (label if place % every == 0 else "").ljust(cell * every if place % every == 0 else 0)
            for place, (label, _) in enumerate(bars)
        )
    lines = height - 1
    line = ""
    for _, count in bars:
        # any count at all shows as a sliver
        eighths = max(round(8 * lines * count / most), 1 if count else 0)
        here = min(max(eighths - 8 * (lines - 1 - y), 0), 8)
        line += (EIGHTHS[here] * max(cell - 1, 1)).ljust(cell)
    return line
