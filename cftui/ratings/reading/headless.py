"""Tells from the values which column means what, where no header does."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from cftui.ratings.reading import cells

MOVIELENS: Mapping[str, int] = {"user": 0, "item": 1, "rating": 2, "timestamp": 3}
"""The order of MovieLens, LensKit, Surprise and fastai."""
NETFLIX_ORDER = {"item": 0, "user": 1, "rating": 2, "timestamp": 3}
ASIN = re.compile(r"B0[0-9A-Z]{3,8}|[0-9]{9}[0-9X]")
AMAZON_USER = re.compile(r"A[0-9A-Z]{3,}")
TITLE = re.compile(r".+\([12][0-9]{3}\)")
SCALE = 10
"""Ratings without a header are seldom greater."""
FEW = 11
"""Ratings seldom have more distinct values."""

MORE = "more than one column could be the ratings"


@dataclass(frozen=True)
class Order:
    """Where columns stand as values tell, and why not all of them are told."""

    places: Mapping[str, int]
    doubt: str = ""


def order_of(rows: Sequence[Sequence[str]]) -> Order:
    """Return the order of columns: user and item first, then the rating where one alone fits."""
    width = cells.usual_width(rows)
    rows = [row for row in rows if len(row) == width]
    columns = [cells.column(rows, place) for place in range(width)]
    if width < 3:
        return Order({})
    times = [n for n, column in enumerate(columns) if cells.mostly(column, cells.is_time)]
    numbers = [
        n
        for n, column in enumerate(columns)
        if n not in times and cells.mostly(column, cells.is_number)
    ]
    dated = {"timestamp": times[0]} if times else {}
    free = [n for n in range(width) if n not in times]
    rating, doubt = _rating(columns, free, numbers)
    if rating is None:
        first = {"user": free[0], "item": free[1]} if doubt == MORE else {}
        return Order(first | dated, doubt)
    sides = [n for n in free if n != rating]
    if len(sides) > 2 and cells.counts_rows(columns[sides[0]]):
        return Order({"rating": rating, **dated}, "the first column could number the rows")
    user, item = _sides(columns, sides[0], sides[1])
    return Order({"user": user, "item": item, "rating": rating, **dated})


def _rating(
    columns: Sequence[Sequence[str]], free: Sequence[int], numbers: Sequence[int]
) -> tuple[int | None, str]:
    """Return the column of ratings among those that are no times, or why it is not clear."""
    if not numbers or len(free) < 3:
        return None, "no column looks like ratings"
    if len(free) == 3:
        return _of_three(columns, free, numbers)
    later = [n for n in numbers if n in free[2:]]
    if len(free) < len(columns):  # a time apart, one value all the way is a weight or a flag
        later = [n for n in later if len(set(columns[n])) > 1] or later
    if len(later) == 1:
        return later[0], ""
    return None, MORE


def _of_three(
    columns: Sequence[Sequence[str]], free: Sequence[int], numbers: Sequence[int]
) -> tuple[int | None, str]:
    last, others = free[2], free[:2]
    if last not in numbers:
        return None, "the last column holds no numbers"
    if _scaled(columns[last]) or not any(_rather(columns[n]) for n in others if n in numbers):
        return last, ""
    return None, "the last column looks less like ratings than another"


def _scaled(column: Sequence[str]) -> bool:
    """Return whether numbers lie on a scale as ratings do."""
    numbers = [cells.number(value) for value in column if cells.is_number(value)]
    return cells.fractional(column) or max(map(abs, numbers), default=0) <= SCALE


def _rather(column: Sequence[str]) -> bool:
    """Return whether a column of ids looks like ratings: few, small, in no order."""
    numbers = [value for value in column if cells.is_number(value)]
    few = len(set(numbers)) <= min(FEW, max(2 * len(numbers) // 3, 2))
    return _scaled(column) and few and not cells.in_order(numbers)


def _sides(columns: Sequence[Sequence[str]], first: int, second: int) -> tuple[int, int]:
    """Return where users and items stand: Amazon's ids and titles with a year are told apart."""
    one, other = columns[first], columns[second]
    amazon = cells.mostly(one, _whole(ASIN)) and cells.mostly(other, _whole(AMAZON_USER))
    titles = cells.mostly(one, _whole(TITLE)) and not cells.mostly(other, _whole(TITLE))
    return (second, first) if amazon or titles else (first, second)


def _whole(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda text: pattern.fullmatch(text) is not None


def published_format(rows: Sequence[Sequence[str]], separator: str, *, by_item: bool) -> str:
    """Return which published format has rows like these and no header; empty for none."""
    if by_item:
        return "Netflix Prize (the ratings of an item below its number)"
    own = {"\t": "MovieLens 100K (u.data)", "::": "MovieLens 1M or 10M (ratings.dat)"}
    width = cells.usual_width(rows)
    sound = [row for row in rows if len(row) == width]
    columns = [cells.column(sound, place) for place in range(width)]
    if len(columns) != 4 or cells.mostly(columns[2], cells.is_time):
        return ""
    numbered = all(sum(map(cells.is_number, columns[n])) > len(sound) / 2 for n in (2, 3))
    return own.get(separator, "") if numbered else ""


def likely_places(
    rows: Sequence[Sequence[str]], published: str
) -> tuple[Mapping[str, int] | None, str]:
    """Return the order of columns that have no names, as far as told, and what is in doubt."""
    if published.startswith("Netflix"):
        width = cells.usual_width(rows)
        return {role: place for role, place in NETFLIX_ORDER.items() if place < width}, ""
    if published:
        return MOVIELENS, ""
    order = order_of(rows)
    return order.places, order.doubt


def taken_words(places: Mapping[str, int]) -> str:
    """Return what the columns are taken as."""
    words = {place: "time" if role == "timestamp" else role for role, place in places.items()}
    order = ", ".join(words.get(n, "(not used)") for n in range(max(words) + 1))
    return f"no header: the columns are taken as {order}"
