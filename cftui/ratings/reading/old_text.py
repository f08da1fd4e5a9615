"""Text of files that are older than UTF-8's success: its lines read as Windows-1252."""

import codecs
import re

from cftui.ratings.values import DataError

OLD = "windows-1252"
CYRILLIC = "windows-1251"
CYRILLIC_WORD = re.compile(rb"[\xc0-\xff\xa8\xb8]{4}")
"""Signs of Windows-1251 that are Cyrillic letters; no word of Windows-1252 has so many accents."""
LONGEST = 3
"""Bytes of a character of UTF-8 that lacks its last."""
CONTROLS = bytes({*range(32), 127} - {*b"\t\n\r\f\v\x1b"})
"""Signs that no text has."""


def half_character(text: bytes) -> bytes:
    """Return the bytes at the end of UTF-8 that begin a character and do not end it; mostly none.

    None either where the text before them is no UTF-8.
    """
    for size in range(1, min(len(text), LONGEST) + 1):
        if text[-size] >= 0xC0:
            decoder = codecs.getincrementaldecoder("utf-8")()
            try:
                decoder.decode(text)
            except UnicodeDecodeError:
                return b""
            return decoder.getstate()[0]
        if text[-size] < 0x80:
            break
    return b""


class OldText:
    """Reads lines as UTF-8 where they are, else as Windows-1252, and knows where that began."""

    def __init__(self) -> None:
        self.line = 0
        """The first line that is not UTF-8; 0 for none."""

    @property
    def words(self) -> str:
        """Return what was done, empty where all lines are UTF-8."""
        if not self.line:
            return ""
        return f"read as Windows-1252: line {self.line} is not UTF-8"

    def decoded(self, text: bytes, first_line: int) -> bytes:
        """Return lines in UTF-8; raises DataError for one that is no text."""
        lines = text.split(b"\n")
        for place, line in enumerate(lines):
            if not line.isascii():
                lines[place] = self._line(line, first_line + place)
        return b"\n".join(lines)

    def _line(self, line: bytes, number: int) -> bytes:
        try:
            line.decode()
            return line
        except UnicodeDecodeError as error:
            if line.translate(None, CONTROLS) != line:
                raise not_in_code(line, error, number, "utf-8") from None
        self.line = self.line or number
        try:
            return line.decode(OLD).encode()
        except UnicodeDecodeError:  # five bytes mean nothing there
            return line.decode("latin-1").encode()


def is_cyrillic(header: bytes) -> bool:
    """Tell whether a first line that is not UTF-8 has Russian words in it."""
    return CYRILLIC_WORD.search(header) is not None


def not_in_code(text: bytes, error: UnicodeError, line: int, encoding: str) -> DataError:
    """Return the error for a line of text that is not in the encoding it should be in."""
    if not encoding.startswith("utf-8") or not isinstance(error, UnicodeDecodeError):
        return DataError(f"line {line}: not sound {encoding.upper()} text; save the file as UTF-8")
    around = text[max(0, error.start - 10) : error.start + 10]
    before = around[: min(error.start, 10)].rpartition(b"\n")[2]
    value = before + around[min(error.start, 10) :].partition(b"\n")[0]
    return DataError(f"line {line}: {value!r} is not UTF-8 text; save the file as UTF-8")
