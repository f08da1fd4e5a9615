"""A column of predicted ratings, with how far a rating may be from them where that is known."""

from collections.abc import Iterable
from typing import Protocol

from cftui.questions.band import MEANINGS, Band, give_or_take
from cftui.text import fitting
from cftui.tui.shared.grid import Column

WITH_BAND = 9
"""Cells of `4.2 ± 1.0`."""


class Predicted(Protocol):
    """A row with a predicted rating."""

    @property
    def predicted(self) -> float | None:
        """Return it, in rating units."""

    @property
    def band(self) -> Band | None:
        """Return how far a rating may be from it."""


def stars_of(row: Predicted) -> str:
    """Return what is predicted as `4.2 ± 1.0`, or without a band as `4.21`; nothing for none."""
    if row.predicted is None or row.band is None:
        return fitting(row.predicted, 2, 5)
    return give_or_take(row.predicted, row.band)


def stars_column(label: str, rows: Iterable[Predicted]) -> Column:
    """Return the column for these rows."""
    banded = any(row.band is not None for row in rows)
    return Column(label, WITH_BAND if banded else 5, align="right", key=stars_of)


def band_called(rows: Iterable[Predicted]) -> str:
    """Return what the bands of rows are called; empty where they have none."""
    return next((row.band.words for row in rows if row.band is not None), "")


def band_words(rows: Iterable[Predicted]) -> str:
    """Return what the bands of rows are, for a head; empty where they have none."""
    called = band_called(rows)
    return f"±: {MEANINGS[called]}" if called else ""
