"""Rows of ratings as every reader gives them, and what one row must be like to be usable.

`check` is the meaning of the whole: what reads faster must come to the same.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cftui.questions.data import ColumnMapping, Problem
from cftui.ratings.reading.columns import Guess
from cftui.ratings.reading.names import ROLES
from cftui.ratings.reading.numerals import INFINITE, NUMBER, with_point
from cftui.ratings.reading.rating_words import parse_words, usual_whole, words_taken
from cftui.ratings.reading.times import AS_USUAL, TimeFormat, joined, time_format

if TYPE_CHECKING:
    import pyarrow as pa

LONGEST_ID = 500
KEPT_PROBLEMS = 20
"""How many unusable rows of a file are described; the others are only counted."""
SHOWN = 200
"""Characters of a value that are told."""
NOT_A_NUMBER = "not a number"
TOO_LARGE = "too large"
GREATEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class RowLayout:
    """Where the columns of a file stand, and what messages call them."""

    places: Mapping[str, int]
    """By role: user, item, rating and, if there is one, timestamp."""
    names: tuple[str, ...]
    """What messages call each column."""
    notes: tuple[str, ...] = ()
    """What was taken that could have been meant otherwise, a sentence each."""
    times: TimeFormat = AS_USUAL
    out_of: float = 0.0
    """The scale that ratings such as 4/5 are brought to; 0 where there are none."""
    joined: tuple[int, ...] = ()
    """Where the parts of the time stand, the timestamp's column first; none where it is whole."""

    @property
    def dated(self) -> bool:
        """Return whether there is a timestamp."""
        return "timestamp" in self.places

    def value_of(self, text: str) -> float | str:
        """Return a rating, as `parse_value`."""
        return parse_value(text, self.out_of)

    @property
    def wanted(self) -> tuple[int, ...]:
        """Return the places of all columns that are read."""
        return tuple(dict.fromkeys((*self.places.values(), *self.joined)))

    def time_of(self, text: str) -> int:
        """Return a time, UNKNOWN_TIME where the text is none."""
        return self.times.parse(text)

    def time_text(self, fields: Sequence[str]) -> str:
        """Return what a row has for its time; nothing where there are none."""
        if self.joined:
            return joined([fields[place] for place in self.joined])
        return fields[self.places["timestamp"]] if self.dated else ""

    def told_by(
        self, ratings: Sequence[str], times: Sequence[str], mapping: ColumnMapping
    ) -> "RowLayout":
        """Return the layout with how its columns are written, told by the first texts of both."""
        form, out_of = time_format(times, mapping.dates), usual_whole(ratings)
        words = (words_taken(ratings, out_of), form.said)
        notes = (*self.notes, *(sentence for sentence in words if sentence))
        return replace(self, times=form, out_of=out_of, notes=notes)


def picked(guess: Guess, names: Sequence[str]) -> RowLayout:
    """Return the layout of rows of which only the columns of a guess are taken."""
    roles = [role for role in ROLES if role in guess.places]
    places = list(dict.fromkeys([*(guess.places[role] for role in roles), *guess.joined]))
    return RowLayout(
        places={role: places.index(guess.places[role]) for role in roles},
        names=tuple(names[place] for place in places),
        notes=guess.notes,
        joined=tuple(map(places.index, guess.joined)),
    )


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

    def taken(self, chosen: NDArray[np.intp]) -> "Rows":
        """Return the usable rows that stand at these places, in their order."""
        from cftui.ratings.reading.arrays import column_of

        return replace(
            self,
            user=self.user.take(column_of(chosen)),
            item=self.item.take(column_of(chosen)),
            value=self.value[chosen],
            timestamp=self.timestamp[chosen],
            lines=self.lines[chosen],
        )


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
    value = layout.value_of(texts["rating"])
    if isinstance(value, str):
        return _problem(layout.names[layout.places["rating"]], texts["rating"], value)
    time = layout.time_of(layout.time_text(fields)) if layout.dated else 0
    return Row(texts["user"].strip(), texts["item"].strip(), value, time)


def id_reason(text: str) -> str:
    """Return why a text cannot be an id; empty if it can."""
    if not text.strip():
        return "missing"
    if "\n" in text:
        return "holds a line break; is a quotation mark not closed?"
    return f"longer than {LONGEST_ID} characters" if len(text.strip()) > LONGEST_ID else ""


def parse_value(text: str, out_of: float = 0.0) -> float | str:
    """Return a finite number that fits a 32-bit float, or why the text is none.

    A comma may stand for the point, as it does where columns are separated by semicolons. Words
    and signs are taken for the numbers that they stand for; `out_of` is as in `parse_words`.
    """
    text = text.strip()
    if NUMBER.fullmatch(plain := with_point(text)):
        number: float | None = float(plain)
    else:
        number = parse_words(text, out_of)
    if number is not None:
        return number if abs(number) <= GREATEST else TOO_LARGE
    if INFINITE.fullmatch(text):
        return "not finite"
    return NOT_A_NUMBER if text else "missing"


def written(value: Any) -> str:
    """Return a value as it would be written in a delimited file; nothing for none."""
    if isinstance(value, float):
        value = int(value) if value.is_integer() else None if math.isnan(value) else value
    if value is None:
        return ""
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _problem(column: str, value: str, reason: str) -> Problem:
    return Problem(0, column, value[:SHOWN], reason)
