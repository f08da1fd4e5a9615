"""How far a rating may be from what is predicted of it."""

from dataclasses import dataclass
from math import floor, log10

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


def give_or_take(predicted: float, band: Band) -> str:
    """Return a prediction as `4.2 ± 1.0`, with as many digits as the band's half takes."""
    half = band.half(predicted)
    digits = max(1, -floor(log10(half))) if half > 0 else 1
    return f"{predicted:.{digits}f} ± {half:.{digits}f}"


def with_band(predicted: float, band: Band) -> str:
    """Return a prediction as `4.2 ± 1.0 (80 %)`."""
    return f"{give_or_take(predicted, band)} ({band.words})"
