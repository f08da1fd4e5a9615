"""Puts the rows of one part of a file together: those read by the thousand, and the odd ones."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cftui.questions.data import Problem
from cftui.ratings.reading.rows import KEPT_PROBLEMS, Row, RowLayout, Rows, check, id_reason

Longs = NDArray[np.int64]
MOST_DIGITS = 16
"""An id of so many digits, the first of them no 0, is the number that it is."""


class IdKeys:
    """Gives ids keys: a number as usually written is its own, other texts count down from -1."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._known: dict[str, int] = {}

    def key(self, text: str) -> int:
        """Return the key of an id that is not blank."""
        text = text.strip()
        number = text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS
        if number and (text[0] != "0" or text == "0"):
            return int(text)
        if text not in self._known:
            self._known[text] = -1 - len(self.texts)
            self.texts.append(text)
        return self._known[text]

    def of_texts(self, codes: Longs, texts: Sequence[str]) -> tuple[Longs, NDArray[np.bool_]]:
        """Return keys and which can be ids at all, for rows given as places among texts."""
        usable = np.array([not id_reason(text) for text in texts], np.bool_)
        keys = [self.key(text) if good else 0 for text, good in zip(texts, usable, strict=True)]
        return np.array(keys, np.int64)[codes], usable[codes]


class Gathered:
    """The rows of one part of a file."""

    def __init__(self, layout: RowLayout, counted: str, first: int) -> None:
        """Begin a part; `counted` is what `first`, the number of its first line, counts."""
        self._layout, self._counted, self._first = layout, counted, first
        self.users, self.items = IdKeys(), IdKeys()
        self._at: Longs = np.empty(0, np.int64)
        self._columns: list[NDArray[Any]] = []

    def take(self, at: Longs, sound: NDArray[np.bool_], *columns: NDArray[Any]) -> None:
        """Take the sound ones of the rows that begin at these lines of the part.

        `columns`: keys of users and of items, values, times; each of shape (len(at),).
        """
        if sound.all():
            self._at, self._columns = at, list(columns)
        else:
            self._at, self._columns = at[sound], [column[sound] for column in columns]

    def rows(self, others: Iterable[tuple[int, Sequence[str]]], read: int) -> Rows:
        """Return all rows, those among the others that are usable in their places.

        `others`: line of the part and fields of each row that was not taken.
        """
        usable: list[tuple[int, Row]] = []
        problems: list[Problem] = []
        unusable = 0
        for line, fields in others:
            found = check(fields, self._layout)
            if isinstance(found, Row):
                usable.append((line, found))
            elif found is not None:
                unusable += 1
                if len(problems) < KEPT_PROBLEMS:
                    problems.append(replace(found, line=self._first + line, counted=self._counted))
        if usable:
            self._insert(usable)
        user, item, value, time = self._columns
        return Rows(
            user=user,
            item=item,
            value=value,
            timestamp=time,
            user_texts=self.users.texts,
            item_texts=self.items.texts,
            unusable=unusable,
            problems=tuple(problems),
            read=read,
            lines=self._first + self._at,
            counted=self._counted,
        )

    def _insert(self, usable: list[tuple[int, Row]]) -> None:
        lines = [line for line, _ in usable]
        before = np.searchsorted(self._at, lines)
        self._at = np.insert(self._at, before, lines)
        columns = (
            [self.users.key(row.user) for _, row in usable],
            [self.items.key(row.item) for _, row in usable],
            [row.value for _, row in usable],
            [row.timestamp for _, row in usable],
        )
        self._columns = [
            np.insert(own, before, np.array(more, own.dtype))
            for own, more in zip(self._columns, columns, strict=True)
        ]
