"""Ratings and what belongs to them: frozen values over read-only arrays; needs numpy alone."""

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cftui.hyperparameters import DataInfo
from cftui.hyperparameters.fields import FIELDS, TIMED
from cftui.questions.data import AS_RECOGNISED, ColumnMapping, DataSummary, Problem
from cftui.questions.errors import QuestionError

FLOORS = (20, 10, 5, 2, 1)
ENOUGH = 50
"""Items, or half of them all, that a floor has to leave."""
UNKNOWN_TIME = -(2**63)
"""The time of a rating that has none: before every other, and what numpy reads as no time."""
LOG_SCALE = "log2(1 + count)"
"""How values are told that are counts read so."""
INTEGER_ID = re.compile(r"0|-?[1-9][0-9]{0,18}")
"""An id that can be held as a number without changing how it is written."""


class DataError(ValueError):
    """Ratings that cannot be used; the message names file, line, column, value and remedy."""


class UnknownId(QuestionError):
    """An id that is not in the data; the message says which ids are."""


@dataclass(frozen=True, eq=False)
class TextColumn:
    """Texts as one UTF-8 array and the offsets at which each begins."""

    blob: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    """Shape (len + 1,)."""

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, code: int) -> str:
        start, end = int(self.offsets[code]), int(self.offsets[code + 1])
        return self.blob[start:end].tobytes().decode(errors="replace")  # bits rot

    def all(self) -> list[str]:
        """Return every text, in order."""
        blob, edges = self.blob.tobytes(), self.offsets.tolist()
        return [blob[start:end].decode(errors="replace") for start, end in pairwise(edges)]

    @classmethod
    def of(cls, texts: list[str]) -> "TextColumn":
        """Return the column of these texts."""
        encoded = [text.encode() for text in texts]
        offsets = np.zeros(len(texts) + 1, np.int64)
        np.cumsum([len(piece) for piece in encoded], out=offsets[1:])
        return cls(np.frombuffer(b"".join(encoded), np.uint8), offsets)


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The ids of users or items, each with its code (its place in order of first appearance)."""

    kind: str
    """What the ids are of, for messages: `user` or `item`."""
    source: str
    """The name of the data set, for messages."""
    ids: NDArray[np.int64] | TextColumn
    titles_column: TextColumn | None = None
    genres_column: TextColumn | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def id_of(self, code: int) -> str:
        """Return the id of a code; raises IndexError for a code out of range."""
        return str(self.ids[self._checked(code)])

    def code_of(self, text: str) -> int:
        """Return the code of an id; raises UnknownId, which says which ids there are."""
        wanted = text.strip()
        code = self._code_by_text.get(wanted) if self._is_text else self._integer_code(wanted)
        if code is None:
            raise UnknownId(f"no {self.kind} {text} in {self.source}; {self._known}")
        return code

    def title_of(self, code: int) -> str:
        """Return the title of a code, exactly as in the file; the id where there is none."""
        column = self.titles_column
        return (column[self._checked(code)] if column is not None else "") or self.id_of(code)

    def genres_of(self, code: int) -> str:
        """Return the genres of a code, such as `Adventure|Comedy`; empty where there are none."""
        column = self.genres_column
        return column[self._checked(code)] if column is not None else ""

    def titles(self) -> list[str]:
        """Return the titles of all codes, in code order; do not change the list."""
        return self._titles

    @property
    def _is_text(self) -> bool:
        return isinstance(self.ids, TextColumn)

    def _checked(self, code: int) -> int:
        if not 0 <= code < len(self.ids):
            raise IndexError(f"{self.kind} code {code} is not within 0 to {len(self) - 1}")
        return code

    @cached_property
    def _titles(self) -> list[str]:
        ids = self.ids.all() if isinstance(self.ids, TextColumn) else map(str, self.ids.tolist())
        if self.titles_column is None:
            return list(ids)
        return [title or own for title, own in zip(self.titles_column.all(), ids, strict=True)]

    @cached_property
    def _code_by_text(self) -> dict[str, int]:
        assert isinstance(self.ids, TextColumn)
        return {text: code for code, text in enumerate(self.ids.all())}

    @cached_property
    def _sorted(self) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
        """The integer ids in ascending order, and the code of each."""
        assert not isinstance(self.ids, TextColumn)
        order = np.argsort(self.ids)
        return self.ids[order], order

    def _integer_code(self, text: str) -> int | None:
        ids, codes = self._sorted
        if not INTEGER_ID.fullmatch(text) or not int(ids[0]) <= int(text) <= int(ids[-1]):
            return None
        place = int(np.searchsorted(ids, int(text)))
        return int(codes[place]) if int(ids[place]) == int(text) else None

    @property
    def _known(self) -> str:
        if isinstance(self.ids, TextColumn):
            first = [self.ids[code] for code in range(min(3, len(self)))]
            return f"ids there are such as {', '.join(first)}"
        ids, _ = self._sorted
        return f"ids run from {ids[0]} to {ids[-1]}"


@dataclass(frozen=True, eq=False)
class Grouping:
    """The positions of the ratings of each code, in the file's order (compressed sparse rows)."""

    indptr: NDArray[np.int64]
    """Shape (n_codes + 1,): where each code's positions begin in `order`."""
    order: NDArray[np.signedinteger[Any]]
    """Shape (n_ratings,), int32 where that suffices, else int64."""

    def of(self, code: int) -> NDArray[np.signedinteger[Any]]:
        """Return the positions of a code's ratings; raises IndexError for a code out of range."""
        if not 0 <= code < len(self.indptr) - 1:
            raise IndexError(f"code {code} is not within 0 to {len(self.indptr) - 2}")
        return self.order[self.indptr[code] : self.indptr[code + 1]]

    def count_of(self, code: int) -> int:
        """Return the number of a code's ratings."""
        return int(self.indptr[code + 1]) - int(self.indptr[code])

    def counts(self) -> NDArray[np.int64]:
        """Return the number of ratings of every code, shape (n_codes,)."""
        return np.diff(self.indptr)


@dataclass(frozen=True, eq=False)
class Ratings:
    """Every usable rating of a data set, in the file's order; arrays are read-only memory maps."""

    user: NDArray[np.int32]
    """Codes of shape (n_ratings,), from 0 in order of first appearance; so for `item`."""
    item: NDArray[np.int32]
    value: NDArray[np.float32]
    timestamp: NDArray[np.int64] | None
    """As in the file, mostly seconds since 1970; the least number there is where it is unknown."""
    users: Vocabulary
    items: Vocabulary
    by_user: Grouping
    by_item: Grouping
    low: float
    """Lowest value, in rating units."""
    high: float
    """Highest value, in rating units."""
    step: float | None
    """Greatest common step between the values that occur; none where there is no such step."""
    mean: float
    fingerprint: str
    """SHA-256 over ids, values and timestamps, as hexadecimal digits."""
    name: str
    source: str
    """Path of the ratings file."""
    path: Path
    """Directory of the store."""
    unusable_rows: int
    duplicates: int
    """Ratings left out because the same user rated the same item later."""
    problems: tuple[Problem, ...] = ()
    """The first unusable rows."""
    warnings: tuple[str, ...] = ()
    """What else is wrong with the files, a sentence each."""
    mapping: ColumnMapping = AS_RECOGNISED
    """How the file was read; as recognised too in a store that does not tell."""
    titles_from: str = ""
    """As in DataSummary, and so are those below."""
    movies: bool = True
    unrated: int = 0
    untimed: int = 0

    def __len__(self) -> int:
        return len(self.value)

    @property
    def n_users(self) -> int:
        """Return the number of users with at least one rating."""
        return len(self.users)

    @property
    def n_items(self) -> int:
        """Return the number of items with at least one rating."""
        return len(self.items)

    def info(self) -> DataInfo:
        """Return what a model must know before it can be built."""
        return DataInfo(self.n_users, self.n_items, self.low, self.high)

    def takes(self, value: float) -> bool:
        """Tell whether a value is within the range of these ratings.

        Compared as float32, which ratings are: 0.1 typed is not below 0.1 stored.
        """
        return bool(np.float32(self.low) <= np.float32(value) <= np.float32(self.high))

    @cached_property
    def usual_floor(self) -> int:
        """Return how many ratings an item of a list should have: the highest that leaves enough."""
        counts = self.by_item.counts()
        enough = min(ENOUGH, (len(counts) + 1) // 2)
        return next(floor for floor in FLOORS if floor == 1 or (counts >= floor).sum() >= enough)

    def summary(self) -> DataSummary:
        """Return size and range as the answer to a question."""
        column = self.items.titles_column
        return DataSummary(
            name=self.name,
            source=self.source,
            store=str(self.path),
            fingerprint=self.fingerprint,
            n_users=self.n_users,
            n_items=self.n_items,
            n_ratings=len(self),
            low=self.low,
            high=self.high,
            step=self.step,
            mean=self.mean,
            unusable_rows=self.unusable_rows,
            duplicates=self.duplicates,
            titled=column is not None and len(column.blob) > 0,
            usual_floor=self.usual_floor,
            scale=LOG_SCALE if self.mapping.values else "",
            titles_from=self.titles_from,
            movies=self.movies,
            unrated=self.unrated,
            untimed=self.untimed,
            untold=self._untold,
        )

    @property
    def _untold(self) -> tuple[str, ...]:
        """Return the fields of features that need what is not there."""
        genres, titles = self.items.genres_column, self.items.titles_column
        missing = set(TIMED) if self.timestamp is None else set[str]()
        if genres is None or not len(genres.blob):
            missing.add("genres")
        if titles is None or not len(titles.blob):
            missing |= {"year", "film-age"}
        return tuple(name for name in FIELDS if name in missing)


def log_counts(counts: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return log2(1 + count) of counts from 0 on: one more is twice as many."""
    return np.log2(1.0 + counts.astype(np.float64)).astype(np.float32)
