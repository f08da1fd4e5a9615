"""How many ratings are within the bands of a run, in words."""

from cftui.questions.band import DRAWN, EIGHTY, SPREAD
from cftui.questions.check import BandCoverage, CoveredPart

BANDS = {
    EIGHTY: "80 % bands",
    SPREAD: "bands of the members' spread alone",
    DRAWN: "bands as drawn",
}
"""Bands by what they are called."""


def coverage_lines(coverage: BandCoverage | None, items_word: str = "items") -> list[str]:
    """Return overall cover and that of the quarters, a line each; none without bands."""
    if coverage is None:
        return []
    return [
        f"{BANDS[coverage.words]} hold {coverage.inside:.1%} of the held-out ratings;"
        f" {coverage.width:.2f} wide in the mean",
        f"  by training ratings of users: {_parts(coverage.by_activity)}",
        f"  by those of {items_word}: {_parts(coverage.by_popularity)}",
    ]


def brief_coverage(coverage: BandCoverage) -> str:
    """Return the overall cover in a few words."""
    bands = "80 % bands" if coverage.words == EIGHTY else f"± {coverage.words}"
    return f"{bands} hold {coverage.inside:.1%}"


def _parts(parts: tuple[CoveredPart, ...]) -> str:
    return ", ".join(f"{_span(part.training)} {part.inside:.1%}" for part in parts)


def _span(bounds: tuple[int, int]) -> str:
    low, high = bounds
    return f"{low:,}" if low == high else f"{low:,}–{high:,}"
