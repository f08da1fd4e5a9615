"""How well one colour can be read on another, and what is done where that is not well enough."""

from collections.abc import Sequence

from textual.color import Color

BLACK, WHITE = Color(0, 0, 0), Color(255, 255, 255)
LEGIBLE = 4.5
"""Least contrast of what is to be read (WCAG 2.2, 1.4.3)."""
STEPS = 20
"""In which a colour is moved to black or white."""


def ink_on(shade: Color) -> Color:
    """Return black or white, whichever can be read better: at least 4.58:1 (WCAG 2.2, 1.4.3)."""
    return max((WHITE, BLACK), key=lambda ink: contrast(ink, shade))


def contrast(one: Color, other: Color) -> float:
    """Return the contrast of two colours, 1 to 21 (WCAG 2.2)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: Color) -> float:
    """Return relative luminance, 0 to 1 (WCAG 2.2, of sRGB)."""
    red, green, blue = map(_linear, colour.rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(value: int) -> float:
    share = value / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


def moved_apart(colour: Color, grounds: Sequence[Color], least: float) -> Color:
    """Return a colour that has a contrast of `least` or more on each ground, as like as can be.

    Moved to black or to white; where neither is enough, as far as it goes.
    """

    def worst(one: Color) -> float:
        return min(contrast(one, ground) for ground in grounds)

    end = max((BLACK, WHITE), key=worst)
    moved = (colour.blend(end, step / STEPS) for step in range(STEPS))
    return next((one for one in moved if worst(one) >= least), end)
