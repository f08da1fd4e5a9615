"""Times of ratings: how a file writes them is decided once, from its first rows."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Literal

from cftui.questions.data import NUMBERS, ORDERS
from cftui.ratings.reading.numerals import NUMBER, WHOLE, with_point
from cftui.ratings.values import UNKNOWN_TIME

MOST = 2**63 - 1
Numbers = Literal["time", "compact", "year", "excel", "days"]
ASKED: Mapping[str, Numbers] = dict(zip(NUMBERS, ("excel", "days", "time"), strict=True))
"""What numbers are by the choice of how dates are read."""
SAMPLE_SHARE = 0.9
"""So many of the first times must be written in one way for it to be taken."""
NOTHING = ("null", "none", "nan", "nat", "na", "n/a", "\\n", "-", "--", "?", "unknown", "never")
"""Words that say that there is no time."""
YEARS = range(1990, 2031)
EXCEL = 30_000, 60_000
"""Excel's days from 1982 to 2064; as seconds these were all within the first day of 1970."""
EXCEL_EPOCH = datetime(1899, 12, 30, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAYS = 9_131, 23_742
"""Days since 1970 from 1995 to 2034, which may be anything else."""
MOST_DAYS = 700_000
"""Of an age that a calendar has, before and after 1970."""
JOINED = (2, 3, 5, 6)
"""Columns that may be a time together: date and time of day; or year, month, day, hour, and on."""
BARE = re.compile(r"\.0*$")
"""What stands after a whole number where blanks among others made it one with a point."""
COMPACT = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
"""By the number of digits."""
MONTH_NAMES = "janfebmaraprmayjunjulaugsepoctnovdec"
CLOCK = (
    r"(?:(?:,?\s+|T)(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d+)?)?"
    r"(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?)?"
)
ZONE = r"(?:\s*(?P<zone>Z|UTC|GMT|[+-]\d\d:?(?:\d\d)?))?"
WEEKDAY = r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,?\s+)?"
MONTH = r"(?P<name>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?"
DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
YEAR = r"(?P<year>\d{4})"
NUMBERED = re.compile(
    rf"(?P<one>\d{{1,4}})(?P<sign>[/.-])(?P<two>\d{{1,2}})(?P=sign)(?P<three>\d{{4}}|\d\d?){CLOCK}{ZONE}",
    re.ASCII,
)
"""Such as 01/13/2015 10:07, 13.1.15 or 2015/1/13."""
NAMED = tuple(
    re.compile(WEEKDAY + pattern, re.ASCII | re.IGNORECASE)
    for pattern in (
        rf"{MONTH}\s+{DAY},?\s+{YEAR}{CLOCK}{ZONE}",
        rf"{DAY}[\s-]+(?:of\s+)?{MONTH},?[\s-]+{YEAR}{CLOCK}{ZONE}",
        rf"{MONTH}\s+{DAY}{CLOCK}{ZONE}\s+{YEAR}",
    )
)
"""Such as Feb 12, 2020; 12 February 2020; Thu Feb 12 10:00:00 +0000 2020."""


@dataclass(frozen=True)
class TimeFormat:
    """How a file writes its times: what its whole numbers mean, and which of two is the day."""

    numbers: Numbers = "time"
    """`time`: taken as they are, mostly seconds since 1970, or thousandths and so on of them;
    `days`: days since 1970; `excel`: since the end of 1899.
    """
    day_first: bool = False
    undecided: bool = False
    """Whether no text that was looked at tells which is the day."""
    said: str = ""
    """What is to be said of it; empty where there is no doubt."""

    def parse(self, text: str) -> int:
        """Return seconds since 1970, in UTC where no zone is named, or whole numbers as they are.

        UNKNOWN_TIME where the text is no time. Fractions of a second are cut off.
        """
        text = text.strip()
        if NUMBER.fullmatch(plain := with_point(text)):
            return self._number(text, plain)
        try:
            found = datetime.fromisoformat(text.removesuffix(" UTC"))
        except ValueError:
            return self._date(text)
        return _seconds(found)

    def _number(self, text: str, plain: str) -> int:
        if self.numbers == "compact":
            return _compact(text)
        if self.numbers == "time" and WHOLE.fullmatch(text):
            return int(text) if UNKNOWN_TIME <= int(text) <= MOST else UNKNOWN_TIME
        number = float(plain)
        if self.numbers == "time":
            return int(number) if abs(number) < 2.0**63 else UNKNOWN_TIME
        if self.numbers == "year":
            whole = number.is_integer() and 1 <= number <= 9999
            return _seconds(datetime(int(number), 1, 1, tzinfo=UTC)) if whole else UNKNOWN_TIME
        if self.numbers == "excel":
            return _day(EXCEL_EPOCH, number) if 1 <= number < 2_000_000 else UNKNOWN_TIME
        return _day(EPOCH, number) if abs(number) < MOST_DAYS else UNKNOWN_TIME

    def _date(self, text: str) -> int:
        found = NUMBERED.fullmatch(text)
        if found is None:
            named = (pattern.fullmatch(text) for pattern in NAMED)
            return next((_of_named(match) for match in named if match), UNKNOWN_TIME)
        parts = _numbered_parts(found, day_first=self.day_first)
        return _moment(*parts, found) if parts else UNKNOWN_TIME


AS_USUAL = TimeFormat()


def joined(texts: Sequence[str]) -> str:
    """Return the text of a time that stands in several columns, as JOINED has them."""
    parts = [BARE.sub("", text.strip()) if len(texts) > 2 else text.strip() for text in texts]
    if len(parts) == 2:
        return " ".join(parts).strip()
    clock = [part.rjust(2, "0") for part in parts[3:]]
    return f"{'-'.join(parts[:3])} {':'.join(clock)}".strip()


def time_format(texts: Sequence[str], dates: str = "") -> TimeFormat:
    """Return how times are written of which these are the first, and what is to be said of it.

    `dates`: what was asked for, the order of day and month (one of ORDERS) or what numbers are (of
    NUMBERS); empty: as the texts tell.
    """
    texts = [text for text in map(str.strip, texts) if text and text.lower() not in NOTHING]
    numbers = [text for text in texts if NUMBER.fullmatch(with_point(text))]
    kind = ASKED.get(dates) or _kind_of(numbers)
    made, said = TimeFormat(kind), _number_words(kind, numbers, dates)
    if len(numbers) < SAMPLE_SHARE * len(texts):
        rest = [text for text in texts if text not in numbers]
        made = replace(_with_order(rest, dates if dates in ORDERS else ""), numbers=kind)
        said = "; ".join(filter(None, (said if kind != "time" else "", made.said)))
    unread = next((text for text in texts if made.parse(text) == UNKNOWN_TIME), "")
    if unread:
        words = f"times such as {unread[:40]!r} cannot be read, and are taken as unknown"
        said = "; ".join(filter(None, (said, words)))
    return replace(made, said=said)


def _kind_of(numbers: Sequence[str]) -> Numbers:
    """Return what nearly all of these numbers are."""
    if not numbers:
        return "time"
    tests = {
        "compact": [_compact(text) != UNKNOWN_TIME for text in numbers],
        "year": [WHOLE.fullmatch(text) is not None and int(text) in YEARS for text in numbers],
        "excel": [EXCEL[0] <= float(with_point(text)) < EXCEL[1] for text in numbers],
    }
    kinds: tuple[Numbers, ...] = ("compact", "year", "excel")
    return next((k for k in kinds if sum(tests[k]) >= SAMPLE_SHARE * len(numbers)), "time")


def _number_words(kind: Numbers, numbers: Sequence[str], dates: str) -> str:
    """Return how numbers are read, and how else they could be, where that is in doubt."""
    made = TimeFormat(kind)
    example = next((text for text in numbers if made.parse(text) != UNKNOWN_TIME), "")
    if not example:
        return ""
    if kind == "time":
        days = [DAYS[0] <= float(with_point(text)) < DAYS[1] for text in numbers]
        if dates or sum(days) < SAMPLE_SHARE * len(days):
            return ""
        day = _day_of(TimeFormat("days"), example)
        words = f"times such as {example} are taken as they are; as days since 1970 ({day})"
        return f"{words} --dates days reads them (to train: --set data.dates=days)"
    what = {"compact": "dates", "year": "years", "excel": "Excel's days", "days": "days since 1970"}
    words = f"times such as {example} are read as {what[kind]} ({_day_of(made, example)})"
    sure = dates or kind == "compact"
    other = "--dates numbers takes them as they are (to train: --set data.dates=numbers)"
    return words if sure else f"{words}; {other}"


def _day_of(made: TimeFormat, text: str) -> date:
    return datetime.fromtimestamp(made.parse(text), UTC).date()


def _with_order(texts: Sequence[str], dates: str) -> TimeFormat:
    """Return the format of dates written with words, or with day and month in either order."""
    found = [match for match in map(NUMBERED.fullmatch, texts) if match and len(match["one"]) < 4]
    if not found:
        return TimeFormat(day_first=dates == "day-first")
    votes = Counter(_order_told(match) for match in found)
    told = votes["day-first"] or votes["month-first"]
    usual = "month-first" if found[0]["sign"] == "/" else "day-first"
    order = dates or (max(ORDERS, key=lambda one: votes[one]) if told else usual)
    words = _order_words(found, order, dates, bool(told))
    undecided = not (told or dates)
    return TimeFormat(day_first=order == "day-first", undecided=undecided, said=words)


def tells_order(text: str) -> bool:
    """Return whether a date can have its day and its month in one order alone."""
    match = NUMBERED.fullmatch(text.strip())
    return match is not None and bool(_order_told(match))


def _order_told(match: re.Match[str]) -> str:
    """Return which order a date has in which one of two numbers can be no month; else nothing."""
    one, two = int(match["one"]), int(match["two"])
    if one > 12 >= two:
        return "day-first"
    return "month-first" if two > 12 >= one else ""


def _order_words(found: Sequence[re.Match[str]], order: str, dates: str, told: bool) -> str:
    example = next((m for m in found if _order_told(m) == order), found[0])
    made = TimeFormat(day_first=order == "day-first").parse(example[0])
    day = f" ({datetime.fromtimestamp(made, UTC).date()})" if made != UNKNOWN_TIME else ""
    words = f"dates such as {example[0]} are read as {order.replace('-first', ' first')}{day}"
    if told or dates:
        return words
    other = next(one for one in ORDERS if one != order)
    return (
        f"{words}, though no row that was looked at tells: --dates {other} reads them otherwise"
        f" (to train: --set data.dates={other})"
    )


def _day(epoch: datetime, days: float) -> int:
    return _seconds(epoch + timedelta(seconds=round(days * 86_400)))


def _compact(text: str) -> int:
    form = COMPACT.get(len(text)) if text.isascii() and text.isdigit() else None
    if form is None or not "1900" <= text[:4] <= "2100":
        return UNKNOWN_TIME
    try:
        return _seconds(datetime.strptime(text, form))
    except ValueError:
        return UNKNOWN_TIME


def _numbered_parts(match: re.Match[str], *, day_first: bool) -> tuple[int, int, int] | None:
    """Return year, month and day; none where it is not clear which is the year."""
    one, two, three = int(match["one"]), int(match["two"]), int(match["three"])
    if len(match["one"]) == 4:
        return (one, two, three) if len(match["three"]) <= 2 else None
    if len(match["one"]) > 2 or (len(match["three"]) < 4 and match["sign"] == "-"):
        return None
    if len(match["three"]) == 2:
        three += 2000 if three < 70 else 1900
    return (three, two, one) if day_first else (three, one, two)


def _of_named(match: re.Match[str]) -> int:
    month = MONTH_NAMES.index(match["name"][:3].lower()) // 3 + 1
    return _moment(int(match["year"]), month, int(match["day"]), match)


def _moment(year: int, month: int, day: int, clock: re.Match[str]) -> int:
    """Return seconds since 1970 of a day with the time of day that a match has, if it has one."""
    hour, minute, second = (int(clock[part] or 0) for part in ("hour", "minute", "second"))
    if clock["half"]:
        hour = hour % 12 + 12 * (clock["half"] in "pP") if 1 <= hour <= 12 else 24
    try:
        begin = date(year, month, day)
        found = datetime(begin.year, begin.month, begin.day, hour, minute, min(second, 59))
        return _seconds(found.replace(tzinfo=_zone(clock["zone"] or "")))
    except (ValueError, OverflowError):
        return UNKNOWN_TIME


def _zone(text: str) -> timezone:
    if not text or text[0] not in "+-":
        return UTC
    digits = text[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
    return timezone(-offset if text[0] == "-" else offset)


def _seconds(moment: datetime) -> int:
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        return math.floor(zoned.timestamp())
    except (ValueError, OverflowError):
        return UNKNOWN_TIME
