"""Axes: their ends, their ticks with labels, and what of a curve lies between."""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Limits = tuple[float, float]
Tick = tuple[float, str]
"""A position on the axis (a logarithm on a logarithmic one), and its label."""

HUGE = 1e300
"""Larger values count as infinite: differences of them would overflow."""


def scaled(values: Floats, logarithmic: bool) -> Floats:
    """Return finite values or their logarithms to base 10; NaN for all else."""
    usable = np.isfinite(values) & (np.abs(values) < HUGE)
    if not logarithmic:
        return np.where(usable, values, np.nan)
    usable &= values > 0
    return np.log10(values, where=usable, out=np.full_like(values, np.nan))


def limits(all_values: list[Floats], wish: Limits | None, logarithmic: bool, air: float) -> Limits:
    """Return an axis' ends, wished or of the values with some air, always low < high."""
    if wish is not None:
        low, high = (float(value) for value in scaled(np.array(wish, np.float64), logarithmic))
        if low < high:
            return low, high
    values = np.concatenate([*all_values, np.empty(0)])
    values = values[np.isfinite(values)]
    if not len(values):
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    if high - low <= 1e-9 * max(abs(low), abs(high)) or high - low < 1e-290:
        around = 0.5 * max(abs(low), abs(high)) or 1.0
        return low - around, high + around
    return low - air * (high - low), high + air * (high - low)


def ticks(ends: Limits, count: int, logarithmic: bool, least_step: float = 0.0) -> list[Tick]:
    """Return about `count` ticks at round values, at least `least_step` apart."""
    if logarithmic:
        return _log_ticks(ends, count)
    values = _round_values(*ends, count, least_step)
    return list(zip(values, labels(values), strict=True))


def _round_values(low: float, high: float, count: int, least_step: float = 0.0) -> list[float]:
    """Return multiples of 1, 2 or 5 times a power of ten between low and high."""
    rough = max((high - low) / max(count, 1), least_step, 1e-300)
    power = 10.0 ** math.floor(math.log10(rough))
    step = power * next(nice for nice in (1, 2, 5, 10) if rough <= nice * power * 1.0001)
    first = math.ceil(low / step - 1e-6)
    last = math.floor(high / step + 1e-6)
    return [index * step + 0.0 for index in range(first, min(last, first + 50) + 1)]


def _log_ticks(ends: Limits, count: int) -> list[Tick]:
    low, high = ends
    powers = range(math.ceil(low - 1e-6), math.floor(high + 1e-6) + 1)
    if len(powers) >= 3 or high - low > 3:
        every = math.ceil(len(powers) / max(count, 1))
        return [(float(power), _short(10.0**power)) for power in powers if power % every == 0]
    steps = [(nice * 10.0**power) for power in range(math.floor(low), math.ceil(high) + 1)
             for nice in (1, 2, 5)]  # fmt: skip
    values = [value for value in steps if low <= math.log10(value) <= high]
    if len(values) < 3:
        values = [value for value in _round_values(10**low, 10**high, count) if value > 0]
        return [(math.log10(v), text) for v, text in zip(values, labels(values), strict=True)]
    return [(math.log10(value), _short(value)) for value in values]


def labels(values: list[float]) -> list[str]:
    """Return short labels that tell equally spaced values apart: 0.82, 15k, 2e-05."""
    if len(values) < 2:
        return [_short(value) for value in values]
    step, largest = values[1] - values[0], max(abs(value) for value in values)
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if largest >= 10 * size and step >= size / 100:
            return [_fixed(value / size, step / size) + unit if value else "0" for value in values]
    if step < 1e-5 or largest >= 1e13:
        digits = max(0, math.floor(math.log10(largest)) - math.floor(math.log10(step) + 1e-9))
        return [f"{value:.{min(digits, 12)}e}" for value in values]
    return [_fixed(value, step) for value in values]


def _fixed(value: float, step: float) -> str:
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    return f"{value:.{digits}f}"


def _short(value: float) -> str:
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if 10 * size <= value < 1e13 or (size <= value < 10 * size and value % size == 0):
            return f"{value / size:g}{unit}"
    return f"{value:g}"


def within(x: Floats, y: Floats, x_ends: Limits, y_ends: Limits) -> NDArray[np.bool_]:
    """Tell which points lie within the ends of both axes; NaN does not."""
    inside = (x >= x_ends[0]) & (x <= x_ends[1])
    return np.asarray(inside & (y >= y_ends[0]) & (y <= y_ends[1]))


def stretches(
    x: Floats, y: Floats, x_ends: Limits, y_ends: Limits
) -> Iterator[tuple[list[float], list[float]]]:
    """Return the stretches of a line without gaps (NaN) that lie within the ends."""
    finite, inside = np.isfinite(y), within(x, y, x_ends, y_ends)
    for piece in np.split(np.arange(len(y)), np.flatnonzero(np.diff(finite)) + 1):
        if not len(piece) or not finite[piece[0]]:
            continue
        xs, ys = x[piece].tolist(), y[piece].tolist()
        if inside[piece].all():
            yield xs, ys
        else:
            yield from _clipped(xs, ys, x_ends, y_ends)


def _clipped(
    xs: list[float], ys: list[float], x_ends: Limits, y_ends: Limits
) -> Iterator[tuple[list[float], list[float]]]:
    """Return the parts of a line within the ends, each as long as it can be.

    plotext would draw far points cell by cell, however far; and of two parts in one cell it shows
    only the later.
    """
    part_x: list[float] = []
    part_y: list[float] = []
    for x0, y0, x1, y1 in zip(xs[:-1], ys[:-1], xs[1:], ys[1:], strict=True):
        start, end = _crossing((x0, x1), (y0, y1), x_ends, y_ends)
        if part_x and (start > 0 or start > end):
            yield part_x, part_y
            part_x, part_y = [], []
        if start > end:
            continue
        if not part_x:
            part_x, part_y = [x0 + start * (x1 - x0)], [y0 + start * (y1 - y0)]
        part_x.append(x0 + end * (x1 - x0))
        part_y.append(y0 + end * (y1 - y0))
        if end < 1:
            yield part_x, part_y
            part_x, part_y = [], []
    if part_x:
        yield part_x, part_y


def _crossing(x: Limits, y: Limits, x_ends: Limits, y_ends: Limits) -> tuple[float, float]:
    """Return where a segment enters and leaves the ends, as shares of it (Liang, Barsky 1984).

    The first is greater than the second where it stays outside.
    """
    start, end = 0.0, 1.0
    for (first, last), (low, high) in ((x, x_ends), (y, y_ends)):
        for way, room in ((first - last, first - low), (last - first, high - first)):
            if way < 0:
                start = max(start, room / way)
            elif way > 0:
                end = min(end, room / way)
            elif room < 0:
                return 1.0, 0.0
    return start, end
