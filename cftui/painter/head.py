"""The lines above a chart: its title, and a legend that covers no curve."""

from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size

from cftui.charts import Chart, Colour
from cftui.painter.curves import DrawnCurve
from cftui.painter.page import Canvas, Inks
from cftui.text import plain

GAP = "  "
"""Between the entries of a legend."""

SIGNS = {"braille": "⠤", "hd": "▄"}
"""A fine marker as it looks in a legend without colour."""


@dataclass(frozen=True)
class LegendEntry:
    """One word of the head: a coloured sign and a label."""

    sign: str
    sign_ink: Colour
    label: str
    label_ink: Colour

    @property
    def width(self) -> int:
        """In cells, as written."""
        return cell_len(self.sign) + bool(self.sign) + cell_len(self.label)

    def cut(self, width: int) -> "LegendEntry":
        """Return the entry with a label of at most `width` cells."""
        return LegendEntry(self.sign, self.sign_ink, shorten(self.label, width), self.label_ink)


def shorten(text: str, width: int) -> str:
    """Return text cut to `width` cells, with an ellipsis where something was left out."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, max(width - 1, 0)).rstrip() + "…" * (width > 0)


def write_head(page: Canvas, chart: Chart, curves: list[DrawnCurve], shades: Inks) -> int:
    """Write title and legend at the top of the page; returns the number of lines used."""
    if page.height < 4 or page.width < 4:
        return 0
    named = [_entry(curve, chart.no_colour, shades) for curve in curves]
    lines = _lay(_titles(page, chart, shades), [e for e in named if e.label], page)
    for row, line in enumerate(lines):
        column = 0
        for entry in line:
            page.put(row, column, entry.sign, entry.sign_ink)
            at = column + cell_len(entry.sign) + bool(entry.sign)
            page.put(row, at, entry.label, entry.label_ink)
            column += entry.width + len(GAP)
    return len(lines)


def _entry(curve: DrawnCurve, no_colour: bool, shades: Inks) -> LegendEntry:
    sign = {"points": "•", "band": "█"}.get(curve.series.kind, "━")
    if no_colour and (curve.mark not in SIGNS or sign != "•"):
        sign = SIGNS.get(curve.mark, curve.mark)
    return LegendEntry(sign, curve.ink(shades), plain(curve.series.label).strip(), shades.label)


def _titles(page: Canvas, chart: Chart, shades: Inks) -> list[LegendEntry]:
    """Return the title and the name of the y axis, those that the chart has."""
    words = (
        (plain(chart.title).strip(), shades.title),
        (plain(chart.y_label).strip(), shades.label),
    )
    return [
        LegendEntry("", ink, shorten(text, page.width // 2), ink) for text, ink in words if text
    ]


def _lay(
    titles: list[LegendEntry], named: list[LegendEntry], page: Canvas
) -> list[list[LegendEntry]]:
    """Return the entries in lines, cut as little as possible; what finds no room is left out."""
    most = 1 + page.height // 11
    lines = _wrap(titles + named, page.width)
    for label_width in range(40, 4, -1):
        if len(lines) <= most:
            break
        # a name of the y axis is the first to go
        cut = [entry.cut(label_width) for entry in named]
        lines = _wrap(titles[:1] + cut, page.width)
    return lines[:most]


def _wrap(entries: list[LegendEntry], width: int) -> list[list[LegendEntry]]:
    lines: list[list[LegendEntry]] = []
    room = 0
    for entry in entries:
        if not lines or entry.width + len(GAP) > room:
            lines.append([])
            room = width + len(GAP)
        lines[-1].append(entry)
        room -= entry.width + len(GAP)
    return lines
