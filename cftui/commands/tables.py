"""Makes a table's columns fit a terminal: words are cut or left out, what was asked for is not."""

from collections.abc import Mapping, Sequence

GAP = 2
"""Cells between two columns."""
LEAST = 8
"""Cells of a column that is cut; with fewer it says nothing."""

Widths = Mapping[int, int]
"""Cells of each column that is shown, by its place."""


def total(widths: Widths) -> int:
    """Return the cells of a line."""
    return sum(widths.values()) + GAP * (len(widths) - 1)


def fit(widths: Widths, room: int, yielding: Sequence[int], dropping: Sequence[int]) -> Widths:
    """Return widths that fit into `room` cells, as far as columns may give way.

    Those of `yielding` are cut, one after the other; where that is not enough, those of `dropping`
    are left out, one after the other, until the others have room.
    """
    left_out = list(dropping)
    while True:
        cut = _cut(widths, total(widths) - room, yielding)
        if total(cut) <= room or not left_out:
            return cut
        gone = left_out.pop(0)
        widths = {place: width for place, width in widths.items() if place != gone}


def _cut(widths: Widths, excess: int, yielding: Sequence[int]) -> Widths:
    cut = dict(widths)
    for place in yielding:
        if place in cut and excess > 0:
            given = min(excess, max(cut[place] - LEAST, 0))
            cut[place] -= given
            excess -= given
    return cut


def parts(widths: Widths, room: int) -> list[Widths]:
    """Return tables that fit, one below the other; each begins with the first column.

    A table has at least one column beside the first, be it too wide or not.
    """
    first, *others = widths
    found: list[Widths] = [{first: widths[first]}]
    for place in others:
        wider = {**found[-1], place: widths[place]}
        if total(wider) > room and len(found[-1]) > 1:
            wider = {first: widths[first], place: widths[place]}
            found.append(wider)
        found[-1] = wider
    return found
