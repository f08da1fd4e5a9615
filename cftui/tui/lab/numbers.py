"""Numbers of any size in few cells."""

import math


def short(value: float, cells: int = 7, sign: str = "") -> str:
    """Return a number in at most so many cells, with up to five digits; the exponent is bare.

    `sign`: `+` where a positive number is to have one.
    """
    if not math.isfinite(value):
        return f"{value:{sign}}"
    text = ""
    for digits in range(5, 0, -1):
        text = _bare(f"{value:{sign}.{digits}g}")
        if len(text) <= cells:
            break
    return text


def signed(value: float) -> str:
    """Return a number with its sign, as a change is told."""
    return short(value, 8, "+")


def _bare(text: str) -> str:
    """Return `1.2e+07` as `1.2e7`."""
    head, e, power = text.partition("e")
    return f"{head}e{int(power)}" if e else text
