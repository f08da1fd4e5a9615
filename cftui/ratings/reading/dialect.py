"""Recognises from its beginning how a delimited file is written."""

import codecs
import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cftui.questions.data import AS_RECOGNISED, ColumnMapping
from cftui.ratings.reading.columns import Guess, asked_names, find_columns, known_names
from cftui.ratings.values import DataError

HEAD = 1 << 16
"""Bytes of a file that are looked at."""
SAMPLE = 50
"""Lines that are looked at."""

SEPARATORS = ("::", "\t", ";", "|", ",")
WORDS = {"::": "double colons", "\t": "tabs", ";": "semicolons", "|": "bars", ",": "commas"}
SPOKEN = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
MOVIELENS = {"user": 0, "item": 1, "rating": 2, "timestamp": 3}
CONTROLS = bytes({*range(32), 127} - {*b"\t\n\r\f\v\x1b"})
NUMBER = re.compile(r"\s*[+-]?([0-9]+([.,][0-9]*)?|[.,][0-9]+)([eE][+-]?[0-9]+)?\s*")
EARLIEST, LATEST = 5e8, 1e11
"""Whole numbers within are taken for seconds since 1970 where no header says so."""


@dataclass(frozen=True)
class Dialect:
    """How a delimited file is written, and where its columns stand."""

    format: str
    """In words, for people."""
    encoding: str
    """A codec's name; ratings in anything but Unicode are refused."""
    separator: str
    header_line: int
    """Counted from 1; 0 where there is no header."""
    names: tuple[str, ...]
    """The header's names; 1, 2, 3… where there is no header."""
    guess: Guess
    rows: tuple[tuple[str, ...], ...]
    """The first rows."""


def encoding_of(head: bytes) -> str:
    """Return the codec that the mark at a file's beginning names, else UTF-8."""
    return next((codec for mark, codec in MARKS if head.startswith(mark)), "utf-8")


def recognise(head: bytes, mapping: ColumnMapping = AS_RECOGNISED) -> Dialect:
    """Return how a delimited file is written, from its first bytes (fewer than HEAD: all of it).

    Raises DataError, without the file's name, where nothing can be read. Columns that are not
    clear are told in the dialect's guess.
    """
    encoding = encoding_of(head)
    lines = _lines(head, encoding)
    separator = separator_of(mapping) or _separator(lines, mapping)
    records = [(number, split_line(line, separator)) for number, line in lines[:SAMPLE]]
    number, first = records[0]
    rows = [fields for _, fields in records]
    header = _has_header(first, rows[1:], mapping)
    names = tuple(first) if header else tuple(str(n + 1) for n in range(len(first)))
    rows = rows[1:] if header else rows
    likely = None if header else _likely_places(rows, separator)
    guess = find_columns(names, mapping, likely)
    if not header and guess.problem:
        guess = Guess(guess.places, f"no header names the columns of {first}; {guess.problem}")
    if len(names) < 3:
        guess = Guess(guess.places, _too_few(names, separator))
    if header and guess.problem:
        guess = Guess(guess.places, f"line {number}: {guess.problem}")
    return Dialect(
        format=_format(separator, header, len(names), likely),
        encoding=encoding,
        separator=separator,
        header_line=number if header else 0,
        names=names,
        guess=guess,
        rows=tuple(tuple(fields) for fields in rows[:10]),
    )


def separator_of(mapping: ColumnMapping) -> str:
    """Return the separator asked for, empty if none; raises DataError for an unusable one."""
    asked = SPOKEN.get(mapping.separator.lower(), mapping.separator)
    unusable = len(asked) == 1 and (asked.isalnum() or asked in "\"'\n\r.-+" or ord(asked) > 126)
    if unusable or (len(asked) > 1 and asked != "::"):
        raise DataError(
            f"separator {asked!r} cannot be used; give one of , ; | :: tab or another single sign"
        )
    return asked


def split_line(line: str, separator: str) -> list[str]:
    """Return the fields of one line."""
    if len(separator) > 1:
        # The csv module takes one character only.
        spare = next(sign for sign in map(chr, range(1, 32)) if sign not in line)
        line, separator = line.replace(separator, spare), spare
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return line.split(separator)


def _lines(head: bytes, encoding: str) -> list[tuple[int, str]]:
    """Return the lines that are not blank, with their numbers; raises DataError for no text."""
    text = _decoded(head, encoding)
    if not text.strip():
        raise DataError("the file is empty; give a file with a header and ratings")
    if text.startswith("{") or text.startswith("["):
        raise DataError("this is JSON; export the ratings as CSV or Parquet")
    whole = len(head) < HEAD
    lines = re.split("\r\n|\n|\r", text)
    if len(lines) == 1 and not whole:
        raise DataError("line 1: too long for a header; give a delimited text file")
    if not whole:
        del lines[-1]
    return [(number, line) for number, line in enumerate(lines, 1) if line.strip()]


def _decoded(head: bytes, encoding: str) -> str:
    if head[257:262] == b"ustar":
        raise DataError("a tar archive; unpack it and give the ratings file")
    if encoding.startswith("utf-8"):
        beginning = head[:4096]
        odd = len(beginning) - len(beginning.translate(None, CONTROLS))
        if odd > max(len(beginning) / 50, 8):
            raise DataError("not text; give a CSV or Parquet file (text: save it as UTF-8)")
    try:
        return codecs.getincrementaldecoder(encoding)().decode(head, len(head) < HEAD)
    except UnicodeDecodeError as error:
        line = head.count(b"\n", 0, error.start) + 1
        raise not_in_code(head, error, line, encoding) from None


def not_in_code(text: bytes, error: UnicodeError, line: int, encoding: str) -> DataError:
    """Return the error for a line of text that is not in the encoding it should be in."""
    if not encoding.startswith("utf-8") or not isinstance(error, UnicodeDecodeError):
        return DataError(f"line {line}: not sound {encoding.upper()} text; save the file as UTF-8")
    around = text[max(0, error.start - 10) : error.start + 10]
    before = around[: min(error.start, 10)].rpartition(b"\n")[2]
    value = before + around[min(error.start, 10) :].partition(b"\n")[0]
    return DataError(f"line {line}: {value!r} is not UTF-8 text; save the file as UTF-8")


def _separator(lines: Sequence[tuple[int, str]], mapping: ColumnMapping) -> str:
    """Return the separator that gives the most known names, else the same fields in most lines."""

    def worth(separator: str) -> tuple[int, int, float]:
        split = [split_line(line, separator) for _, line in lines[:SAMPLE]]
        width = len(split[0])
        alike = sum(len(fields) == width for fields in split) / len(split)
        named = asked_names(split[0], mapping) + known_names(split[0])
        return named if width > 1 else 0, min(width, 3), alike

    best = max(SEPARATORS, key=worth)  # the first of equals
    return best if worth(best)[1] > 1 else ","


def _has_header(
    first: Sequence[str], others: Sequence[Sequence[str]], mapping: ColumnMapping
) -> bool:
    if known_names(first) or asked_names(first, mapping) > sum(map(_is_number, first)):
        return True
    return not any(map(_is_number, first)) and (
        not others or any(_is_number(field) for fields in others for field in fields)
    )


def _is_number(text: str) -> bool:
    return NUMBER.fullmatch(text) is not None


def _likely_places(rows: Sequence[Sequence[str]], separator: str) -> Mapping[str, int] | None:
    """Return MovieLens' order of columns where these rows look like it."""
    width = len(rows[0])
    sound = [row for row in rows if len(row) == width]
    rated = sum(_is_number(row[2]) for row in sound) > len(sound) / 2 if width >= 3 else False
    if width == 4 and rated:
        dated = sum(_is_time(row[3]) for row in sound) > len(sound) / 2
        numbered = sum(_is_number(row[3]) for row in sound) > len(sound) / 2
        if dated or (numbered and separator in ("::", "\t")):
            return MOVIELENS
    if width == 3 and rated and separator == "::":
        return {role: place for role, place in MOVIELENS.items() if place < 3}
    return None


def _is_time(text: str) -> bool:
    digits = text.strip()
    return digits.isascii() and digits.isdigit() and EARLIEST <= float(digits) <= LATEST


def _too_few(names: Sequence[str], separator: str) -> str:
    split = WORDS.get(separator, repr(separator))
    found = "one column alone" if len(names) == 1 else f"{len(names)} columns, split at {split}"
    return (
        f"{found}, where user, item and rating are needed; say what separates them: "
        "--separator (to train: --set data.separator=…)"
    )


def _format(separator: str, header: bool, width: int, likely: Mapping[str, int] | None) -> str:
    if not header and likely == MOVIELENS and width == 4:
        own = {"\t": "MovieLens 100K (u.data)", "::": "MovieLens 1M or 10M (ratings.dat)"}
        if separator in own:
            return own[separator]
    between = WORDS.get(separator, f"{separator!r}")
    return f"text with {between} between columns"
