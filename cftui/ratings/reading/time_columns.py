"""Which columns hold the times: one, a date beside a time of day, or a date in its parts."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cftui.ratings.reading import cells
from cftui.ratings.reading.asked import asked_place, small_name
from cftui.ratings.reading.names import candidates, word_of
from cftui.ratings.reading.times import JOINED, time_format
from cftui.ratings.values import UNKNOWN_TIME, DataError

NONE = "none"
"""Asked for as the times' column: that there is none."""
AND = "+"
"""Between the names of columns that together are the time."""
CLOCK = re.compile(
    r"\d{1,2}:\d\d(:\d\d([.,]\d+)?)?(\s*[AaPp]\.?[Mm]\.?)?(\s*(Z|UTC|GMT|[+-]\d\d:?(\d\d)?))?",
    re.ASCII,
)
DATE_PARTS = {"year": (1900, 2100), "month": (1, 12), "day": (1, 31)}
"""How the names of columns end that hold a part of a date, and the least and the greatest."""
CLOCK_PARTS = ("hour", "minute", "second")
OF_RATINGS = (
    *("", "date", "time", "timestamp", "rating", "ratingdate", "rated", "review", "reviewdate"),
    *("watched", "watcheddate", "created"),
)
"""What stands before those; `release` and `birth` do not."""

Rows = Sequence[Sequence[str]]


@dataclass(frozen=True)
class TimeColumns:
    """Where the times stand; several columns are joined in this order."""

    places: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    """What was taken that could have been meant otherwise, a sentence each."""


def time_columns(names: Sequence[str], asked: str, rows: Rows) -> TimeColumns:
    """Return the columns of times asked for, else those that names and first rows tell.

    Raises DataError where a column that is asked for is none.
    """
    if asked:
        return TimeColumns(_asked(names, asked))
    found = candidates(names, "timestamp")
    if not found:
        return _parted(names, rows)
    if joined := _with_clock(names, found, rows):
        return TimeColumns(joined, (_joined_words(names, joined),))
    if len(found) == 1:
        return TimeColumns((found[0],))
    times = (n for n in found if cells.mostly(cells.column(rows, n), cells.is_time))
    taken = next(times, found[0])
    note = f"columns {_numbered(names, found)} could both be the time; {taken + 1} is taken"
    return TimeColumns((taken,), (note,))


def _asked(names: Sequence[str], asked: str) -> tuple[int, ...]:
    known = {small_name(name) for name in names}
    if asked == NONE and NONE not in known:
        return ()
    if AND not in asked or small_name(asked) in known:
        return (asked_place(names, "timestamp", asked),)
    parts = asked.split(AND)
    if len(parts) not in JOINED:
        raise DataError(
            f"a time of {len(parts)} columns: give a date and a time of day, or year, month and"
            f" day (then hour, minute, second), with {AND} between them"
        )
    return tuple(asked_place(names, "timestamp", part.strip()) for part in parts)


def _with_clock(names: Sequence[str], found: Sequence[int], rows: Rows) -> tuple[int, ...]:
    """Return the places of a date and the time of day beside it, if that is what there is."""
    timed = [n for n, name in enumerate(names) if n in found or "time" in word_of(name)]
    clocks = [n for n in timed if cells.mostly(cells.column(rows, n), _is_clock)]
    days = [n for n in found if cells.mostly(cells.column(rows, n), _is_day)]
    others = [n for n in found if n not in (*clocks, *days)]
    times = any(cells.mostly(cells.column(rows, n), cells.is_time) for n in others)
    return (days[0], clocks[0]) if len(days) == len(clocks) == 1 and not times else ()


def _is_clock(text: str) -> bool:
    return CLOCK.fullmatch(text.strip()) is not None


def _is_day(text: str) -> bool:
    """Return whether a text is a date without a time of day."""
    form = time_format([text])
    dated = form.numbers == "compact" or not cells.is_number(text)
    return dated and ":" not in text and form.parse(text) != UNKNOWN_TIME


def _parted(names: Sequence[str], rows: Rows) -> TimeColumns:
    """Return the columns of year, month and day, and of hour, minute and second if there are."""
    words = [word_of(name) for name in names]
    for before in dict.fromkeys(word.removesuffix("year") for word in words if "year" in word):
        date = _places(words, before, DATE_PARTS)
        if len(date) < len(DATE_PARTS):
            continue
        if before in OF_RATINGS and _in_range(date, rows):
            clock = _places(words, before, CLOCK_PARTS)
            joined = (*date, *(clock if len(date) + len(clock) in JOINED else ()))
            return TimeColumns(joined, (_joined_words(names, joined),))
        if before in OF_RATINGS:
            parts = AND.join(names[n].strip() for n in date)
            note = (
                f"columns {_numbered(names, date)} are read as no time; --timestamp-column {parts}"
            )
            return TimeColumns(notes=(f"{note} joins them (to train: --set data.timestamp=…)",))
    return TimeColumns()


def _places(words: Sequence[str], before: str, ends: Iterable[str]) -> tuple[int, ...]:
    """Return the places of these names, up to the first that no column or more than one has."""
    found: tuple[int, ...] = ()
    for end in ends:
        if words.count(before + end) != 1:
            break
        found = (*found, words.index(before + end))
    return found


def _in_range(places: Sequence[int], rows: Rows) -> bool:
    """Return whether what stands in columns can be years, months and days, as far as told."""
    for place, (least, most) in zip(places, DATE_PARTS.values(), strict=True):
        column = cells.column(rows, place)
        sound = [cells.is_number(text) and least <= cells.number(text) <= most for text in column]
        if sum(sound) < cells.MOST * len(sound):
            return False
    return True


def _joined_words(names: Sequence[str], places: Sequence[int]) -> str:
    return f"columns {_numbered(names, places)} are joined to the time"


def _numbered(names: Sequence[str], places: Sequence[int]) -> str:
    words = [f"{place + 1} ({names[place].strip()})" for place in places]
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
