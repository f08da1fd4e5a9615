"""How far a rating may be from what is predicted of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import floor, log10
from typing import Protocol

EIGHTY = "80 %"
"""What a band is called that holds so many of the ratings."""
SPREAD = "members' spread"
"""What one is called that nothing showed to do so."""
DRAWN = "as drawn"
"""What one of draws and noise is called that nothing showed to do so."""
MEANINGS = {
    EIGHTY: "80 % of ratings are within",
    SPREAD: "members' spread alone",
    DRAWN: "as drawn, not shown to hold 80 %",
}
"""What a prediction's ± is, by what its band is called."""


@dataclass(frozen=True)
class Band:
    """The ends of a prediction's band, within the ratings' range, in rating units."""

    low: float
    high: float
    words: str
    """What it is called: `80 %`, or else."""

    def half(self, predicted: float) -> float:
        """Return half of its width around a prediction, where the range cuts neither end off."""
        return max(predicted - self.low, self.high - predicted)


class Predicted(Protocol):
    """Anything with a predicted rating."""

    @property
    def predicted(self) -> float | None:
        """Return it, in rating units; none where there is none."""

    @property
    def band(self) -> Band | None:
        """Return how far a rating may be from it, where that is known."""


def ends_of(rows: Sequence[Predicted]) -> dict[str, list[float | None]]:
    """Return the columns low and high of a file of predictions; none where no row has a band."""
    bands = [row.band for row in rows]
    if not any(bands):
        return {}
    return {
        "low": [None if band is None else band.low for band in bands],
        "high": [None if band is None else band.high for band in bands],
    }


def band_called(rows: Iterable[Predicted]) -> str:
    """Return what the bands of rows are called; empty where they have none."""
    return next((row.band.words for row in rows if row.band is not None), "")


def band_words(rows: Iterable[Predicted]) -> str:
    """Return what the bands of rows are, for a head; empty where they have none."""
    called = band_called(rows)
    return f"±: {MEANINGS[called]}" if called else ""


def give_or_take(predicted: float, band: Band) -> str:
    """Return a prediction as `4.2 ± 1.0`, with as many digits as the band's half takes."""
    half = band.half(predicted)
    digits = max(1, -floor(log10(half))) if half > 0 else 1
    return f"{predicted:.{digits}f} ± {half:.{digits}f}"


def with_band(predicted: float, band: Band) -> str:
    """Return a prediction as `4.2 ± 1.0 (80 %)`."""
    return f"{give_or_take(predicted, band)} ({band.words})"


def stars_words(row: Predicted, digits: int = 2) -> str:
    """Return what is predicted, with its band where it has one; empty where nothing is."""
    if row.predicted is None:
        return ""
    if row.band is None:
        return f"{row.predicted:.{digits}f}"
    return with_band(row.predicted, row.band)
