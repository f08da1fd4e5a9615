"""Fields of many rows at once: where they stand in a block of bytes, and what they say."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

PAD = 16
"""Zeros before and after a block, so that eight bytes can be read anywhere around a field."""
FEW = 256
"""Texts that are sooner compared one by one than pyarrow is imported."""
WIDE = 16
"""Digits of the longest number that is read here."""

Value = TypeVar("Value", float, int)
Longs = NDArray[np.int64]
_ZEROS = np.uint64(0x3030303030303030)
_SEVENTY_SIX, _TOPS = np.uint64(0x7676767676767676), np.uint64(0x8080808080808080)
_JOINS = (
    (np.uint64(10), np.uint64(8), np.uint64(0x00FF00FF00FF00FF)),
    (np.uint64(100), np.uint64(16), np.uint64(0x0000FFFF0000FFFF)),
    (np.uint64(10_000), np.uint64(32), np.uint64(0xFFFFFFFF)),
)
"""By what a number is multiplied before its right neighbour is added, how many bits away that
stands, and which bits then hold: single digits become pairs, these fours, these eights."""


@dataclass(frozen=True, eq=False)
class FieldBytes:
    """A block of text as bytes, with room around it."""

    data: NDArray[np.uint8]
    words: NDArray[np.uint64]
    """The eight bytes that begin at each byte, the first the lowest; shape (len(data) - 7,)."""
    has_nul: bool

    @classmethod
    def of(cls, text: bytes) -> "FieldBytes":
        """Return the page of a text; its first byte is at PAD."""
        padded = bytes(PAD) + text + bytes(PAD)
        words = np.ndarray((len(padded) - 7,), "<u8", padded, strides=(1,))
        return cls(np.frombuffer(padded, np.uint8), words, b"\0" in text)


@dataclass(frozen=True, eq=False)
class FieldColumn:
    """One field of each of n rows."""

    page: FieldBytes
    starts: Longs
    ends: Longs

    @property
    def wide(self) -> bool:
        """Return whether any field has more than eight bytes."""
        return len(self.starts) > 0 and int((self.ends - self.starts).max()) > 8

    def at(self, chosen: NDArray[Any]) -> "FieldColumn":
        """Return the fields of some of the rows."""
        return FieldColumn(self.page, self.starts[chosen], self.ends[chosen])

    def numbers(self) -> tuple[Longs, NDArray[np.bool_]]:
        """Return the numbers, and which fields are numbers of 1 to 16 digits alone."""
        lengths = self.ends - self.starts
        number, bad = self._eight_digits(self.ends - 8, lengths)
        if len(lengths) and int(lengths.max()) > 8:
            more, worse = self._eight_digits(self.ends - 16, lengths - 8)
            long = lengths > 8
            number += np.where(long, more, np.uint64(0)) * np.uint64(100_000_000)
            bad |= np.where(long, worse, np.uint64(0))
        sound = (bad == 0) & (lengths > 0) & (lengths <= WIDE)
        return number.view(np.int64), sound

    def leading_zero(self) -> NDArray[np.bool_]:
        """Return which fields begin with a 0 that is not all of them."""
        zero: NDArray[np.bool_] = self.page.data[self.starts] == ord("0")
        return zero & (self.ends - self.starts > 1)

    def texts(self) -> tuple[Longs, list[bytes]]:
        """Return each place among the distinct texts, and these (a blank for an empty one)."""
        lengths = self.ends - self.starts
        if not len(lengths):
            return np.empty(0, np.int64), []
        if not self.wide and not self.page.has_nul:
            keys = self.page.words[self.ends - 8] >> np.clip(64 - 8 * lengths, 0, 63).view(
                np.uint64
            )
            # No key may be 0: an empty text counts as a blank.
            keys[lengths == 0] = ord(" ")
            return _coded(keys)
        return self._wide_texts(lengths) if len(lengths) > FEW else self._few_texts()

    def _few_texts(self) -> tuple[Longs, list[bytes]]:
        fields = zip(self.starts.tolist(), self.ends.tolist(), strict=True)
        texts = [self.page.data[start:end].tobytes() for start, end in fields]
        places = {text: place for place, text in enumerate(dict.fromkeys(texts))}
        return np.array([places[text] for text in texts]), list(places)

    def _eight_digits(self, at: Longs, lengths: Longs) -> tuple[NDArray[np.uint64], NDArray[Any]]:
        """Return the numbers that the last so many of eight bytes are, and 0 where they are digits.

        All eight digits are joined at a time, in one 64-bit word.
        """
        shift = np.clip(64 - 8 * lengths, 0, 63).view(np.uint64)
        x = self.page.words[at] >> shift
        x ^= _ZEROS
        x <<= shift
        bad = x + _SEVENTY_SIX
        bad |= x
        bad &= _TOPS
        for times, width, kept in _JOINS:
            lower = x >> width
            x *= times
            x += lower
            x &= kept
        return x, bad

    def _wide_texts(self, lengths: Longs) -> tuple[Longs, list[bytes]]:
        import pyarrow as pa

        offsets = np.zeros(len(lengths) + 1, np.int64)
        np.cumsum(lengths, out=offsets[1:])
        places = np.arange(offsets[-1]) + np.repeat(self.starts - offsets[:-1], lengths)
        blob = self.page.data[places]
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(blob)]
        array = pa.Array.from_buffers(pa.large_binary(), len(lengths), buffers)
        coded = array.dictionary_encode()
        codes = np.frombuffer(coded.indices.buffers()[1], np.int32, len(lengths))
        return codes.astype(np.int64), coded.dictionary.to_pylist()


def parsed(
    column: FieldColumn, parse: Callable[[str], Value | str], kind: type[Any]
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return what a parser makes of each field, and which fields it takes; each text once."""
    codes, texts = column.texts()
    values = [parse(text.decode()) for text in texts]
    sound = np.array([not isinstance(value, str) for value in values], np.bool_)
    numbers = np.array([0 if isinstance(v, str) else v for v in values], kind)
    return numbers[codes], sound[codes]


def _coded(keys: NDArray[np.uint64]) -> tuple[Longs, list[bytes]]:
    """Return the place of each text of up to eight bytes among the distinct ones, and these."""
    distinct, codes = _few(keys) or np.unique(keys, return_inverse=True)
    return codes, [key.tobytes().rstrip(b"\0") for key in distinct.astype("<u8")]


_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_BITS = 16


def _few(keys: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], Longs] | None:
    """Return the distinct keys and each one's place, where they are too few to collide."""
    hashes = ((keys * _MULTIPLIER) >> np.uint64(64 - _BITS)).view(np.int64)
    held = np.zeros(1 << _BITS, np.uint64)
    held[hashes] = keys
    if not np.array_equal(held[hashes], keys):
        return None
    used = held != 0
    return held[used], (np.cumsum(used) - 1)[hashes]
