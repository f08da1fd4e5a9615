"""Rows of ratings as every reader gives them, and what one row must be like to be usable.

`check` is the meaning of the whole: what reads faster must come to the same.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cftui.questions.data import Problem

if TYPE_CHECKING:
    import pyarrow as pa

NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,9})?", re.ASCII)
INFINITE = re.compile(r"[+-]?inf(inity)?", re.IGNORECASE)
WHOLE = re.compile(r"[+-]?[0-9]{1,19}", re.ASCII)
LONGEST_ID = 500
KEPT_PROBLEMS = 20
"""How many unusable rows of a file are described; the others are only counted."""
SHOWN = 200
"""Characters of a value that are told."""
LEAST, MOST = -(2**63), 2**63 - 1
TOO_LARGE = "too large"
GREATEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class RowLayout:
    """Where the columns of a file stand, and what messages call them."""

    places: Mapping[str, int]
    """By role: user, item, rating and, if there is one, timestamp."""
    names: tuple[str, ...]
    """What messages call each column."""

    @property
    def dated(self) -> bool:
        """Return whether there is a timestamp."""
        return "timestamp" in self.places


@dataclass(frozen=True)
class Row:
    """A usable row."""

    user: str
    item: str
    value: float
    timestamp: int


@dataclass(frozen=True, eq=False)
class Rows:
    """Consecutive rows of a file: the usable ones as arrays of one length, the others counted."""

    user: "pa.DictionaryArray"
    """Ids as written, without blanks around them."""
    item: "pa.DictionaryArray"
    value: NDArray[np.float32]
    timestamp: NDArray[np.int64]
    """Of zeros where the file has none."""
    unusable: int = 0
    problems: tuple[Problem, ...] = ()
    """The first unusable ones."""
    read: int = 0
    """Bytes of the file on the disk that have been read so far."""
    lines: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    """Where each usable row begins, counted from 1."""
    counted: str = "line"
    """What `lines` counts, as in Problem."""


def check(fields: Sequence[str], layout: RowLayout) -> Row | Problem | None:
    """Return what a row says, what makes it unusable (line 0), or none for a blank row."""
    if not any(text.strip() for text in fields):
        return None
    width = len(layout.names)
    for text in fields[width:]:
        if text.strip():
            return _problem("beyond the last", text, "more fields than there are columns")
    if len(fields) < width:
        missing = layout.names[len(fields)]
        return _problem(missing, "", f"missing: {len(fields)} of {width} fields")
    texts = {role: fields[place] for role, place in layout.places.items()}
    for role in ("user", "item"):
        if reason := id_reason(texts[role]):
            return _problem(layout.names[layout.places[role]], texts[role], reason)
    value = parse_value(texts["rating"])
    if isinstance(value, str):
        return _problem(layout.names[layout.places["rating"]], texts["rating"], value)
    time = parse_time(texts["timestamp"]) if layout.dated else 0
    if isinstance(time, str):
        return _problem(layout.names[layout.places["timestamp"]], texts["timestamp"], time)
    return Row(texts["user"].strip(), texts["item"].strip(), value, time)


def id_reason(text: str) -> str:
    """Return why a text cannot be an id; empty if it can."""
    if not text.strip():
        return "missing"
    if "\n" in text:
        return "holds a line break; is a quotation mark not closed?"
    return f"longer than {LONGEST_ID} characters" if len(text.strip()) > LONGEST_ID else ""


def parse_value(text: str) -> float | str:
    """Return a finite number that fits a 32-bit float, or why the text is none.

    A comma may stand for the point, as it does where columns are separated by semicolons.
    """
    text = text.strip()
    if NUMBER.fullmatch(plain := _with_point(text)):
        number = float(plain)
        return number if abs(number) <= GREATEST else TOO_LARGE
    if INFINITE.fullmatch(text):
        return "not finite"
    return "not a number" if text else "missing"


def parse_time(text: str) -> int | str:
    """Return a time in seconds, or why the text is none.

    Whole numbers are taken as they are, fractions cut off; dates such as 2009-12-14 02:52:24+01:00
    become seconds since 1970, in UTC where they name no zone.
    """
    text = text.strip()
    if WHOLE.fullmatch(text):
        return int(text) if LEAST <= int(text) <= MOST else TOO_LARGE
    if NUMBER.fullmatch(plain := _with_point(text)):
        number = float(plain)
        return int(number) if abs(number) < 2.0**63 else TOO_LARGE
    if INFINITE.fullmatch(text):
        return "not finite"
    try:
        date = datetime.fromisoformat(text.removesuffix(" UTC"))
        zoned = date if date.tzinfo else date.replace(tzinfo=UTC)
        return math.floor(zoned.timestamp())
    except (ValueError, OverflowError):
        return "neither a number nor a date" if text else "missing"


def written(value: Any) -> str:
    """Return a value as it would be written in a delimited file; nothing for none."""
    if isinstance(value, float):
        value = int(value) if value.is_integer() else None if math.isnan(value) else value
    if value is None:
        return ""
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _with_point(text: str) -> str:
    return text.replace(",", ".") if "," in text and "." not in text else text


def _problem(column: str, value: str, reason: str) -> Problem:
    return Problem(0, column, value[:SHOWN], reason)
