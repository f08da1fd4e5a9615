"""A column of predicted ratings, with how far a rating may be from them where that is known."""

from collections.abc import Callable, Iterable
from typing import Any

from cftui.questions.band import Predicted, give_or_take
from cftui.text import fitting
from cftui.tui.shared.grid import Column

WITH_BAND = 9
"""Cells of `4.2 ± 1.0`."""


def stars_of(row: Predicted) -> str:
    """Return what is predicted as `4.2 ± 1.0`, or without a band as `4.21`; nothing for none."""
    if row.predicted is None or row.band is None:
        return fitting(row.predicted, 2, 5)
    return give_or_take(row.predicted, row.band)


def stars_column(
    label: str, rows: Iterable[Predicted], of: Callable[[Any], Predicted] = lambda row: row
) -> Column:
    """Return the column for rows of these predictions; `of` makes the prediction of a row.

    A file has the ends of the bands beside it.
    """
    banded = any(row.band is not None for row in rows)

    def end(name: str) -> Callable[[Any], float | None]:
        def told(row: Any) -> float | None:
            band = of(row).band
            return None if band is None else float(getattr(band, name))

        return told

    return Column(
        label,
        WITH_BAND if banded else 5,
        align="right",
        key=lambda row: stars_of(of(row)),
        value=lambda row: of(row).predicted,
        in_files=tuple((name, end(name)) for name in ("low", "high")) if banded else (),
    )
