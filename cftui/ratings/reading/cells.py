"""What the values of a column are like: numbers, times, a count of the rows."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise

NUMBER = re.compile(r"\s*[+-]?([0-9]+([.,][0-9]*)?|[.,][0-9]+)([eE][+-]?[0-9]+)?\s*")
WHOLE = re.compile(r"[0-9]{1,18}")
DATE = re.compile(
    r"\s*([0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}|[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{4})\b.*"
)
EARLIEST, LATEST = 5e8, 1e11
"""Whole numbers within are taken for seconds since 1970 where no header says so."""
MOST = 0.9
"""The share of a column that tells what it is."""
GREATEST_SCALE = 100
"""Scales of ratings end here."""
TAIL = 20
"""Whole numbers above, ten times their median and more, are counts."""


def usual_width(rows: Sequence[Sequence[str]]) -> int:
    """Return how many fields most rows have; 0 for no rows."""
    return Counter(map(len, rows)).most_common(1)[0][0] if rows else 0


def column(rows: Sequence[Sequence[str]], place: int) -> list[str]:
    """Return the values of a column that are not blank."""
    values = (row[place].strip() for row in rows if place < len(row))
    return [value for value in values if value]


def mostly(values: Sequence[str], test: Callable[[str], bool]) -> bool:
    """Return whether nearly all values pass, of which there is one at least."""
    return bool(values) and sum(map(test, values)) >= MOST * len(values)


def is_number(text: str) -> bool:
    """Return whether a text is a number, with a point or a comma."""
    return NUMBER.fullmatch(text) is not None


def is_time(text: str) -> bool:
    """Return whether a text is a date, or seconds that can be a time."""
    digits = text.strip()
    if WHOLE.fullmatch(digits):
        return EARLIEST <= float(digits) <= LATEST
    return DATE.fullmatch(text) is not None


def number(text: str) -> float:
    """Return the number that a text is."""
    return float(text.strip().replace(",", "."))


def counts_rows(values: Sequence[str]) -> bool:
    """Return whether values number the rows: whole, each the one before and one."""
    if len(values) < 2 or not all(map(WHOLE.fullmatch, values)):
        return False
    return all(int(b) == int(a) + 1 for a, b in pairwise(values))


def rises(values: Sequence[str]) -> bool:
    """Return whether values are whole numbers, each more than the one before."""
    if len(values) < 2 or not all(map(WHOLE.fullmatch, values)):
        return False
    return all(int(b) > int(a) for a, b in pairwise(values))


def in_order(values: Sequence[str]) -> bool:
    """Return whether numbers never fall, as ids of a sorted file."""
    numbers = [number(value) for value in values]
    return all(b >= a for a, b in pairwise(numbers))


def fractional(values: Sequence[str]) -> bool:
    """Return whether these are numbers some of which are not whole."""
    return mostly(values, is_number) and any(
        is_number(value) and number(value) % 1 for value in values
    )


def looks_counted(values: Sequence[str]) -> bool:
    """Return whether values look like counts: whole, above any scale or with a long tail."""
    if not values or not all(map(WHOLE.fullmatch, values)):
        return False
    numbers = sorted(map(int, values))
    middle, most = numbers[len(numbers) // 2], numbers[-1]
    return most > GREATEST_SCALE or (most > TAIL and most >= 10 * max(middle, 1))
