"""Wide tables, ratings in words, JSON arrays and files packed in other ways, as kinds of input."""

import bz2
import csv
import io
import json
import lzma
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
from mutated_kinds import CSV, Kind, json_lines, ratings, ratings_kind
from witnesses import Row, json_objects, number, objects_in, rows_in, split_lines, texts_of

WORDS = ("{} stars", "{}/5", "{} out of 5", "{}-star")
OF = re.compile(r"([0-9.,]+)\s*(?:/|of|out of)\s*([0-9.,]+)\D*", re.ASCII)
STARS = re.compile(r"([0-9.,]+)\s*-?\s*(?:stars?|★|⭐️?)?", re.IGNORECASE)
VERDICTS = {"like": 1.0, "true": 1.0, "yes": 1.0, "dislike": 0.0, "false": 0.0, "no": 0.0}


def wide_rows(data: bytes, separator: str) -> set[Row]:
    """Return the cells of a table with the names of their rows and columns, and the other way."""
    found: set[Row] = set()
    for text in texts_of(data):
        lines = [row for row in split_lines(text, separator) if row]
        for head in lines[:4]:
            for row in lines:
                for name, cell in zip(head[1:], row[1:], strict=False):
                    for value in _worth(cell):  # one cell may be 2/5
                        found |= {(row[0].strip(), name.strip(), value)}
                        found |= {(name.strip(), row[0].strip(), value)}
    return found | rows_in(data, separator)


def melted_rows(data: bytes, separator: str) -> set[Row]:
    """Return the cells of a table below its first line, which names the columns."""
    found: set[Row] = set()
    for text in texts_of(data):
        head, *lines = [row for row in split_lines(text, separator, once=True) if row] or [[]]
        for row in lines:
            cells = zip(head[1:], map(number, row[1:]), strict=False)
            found |= {(row[0].strip(), name.strip(), v) for name, v in cells if v is not None}
    return found


def worded_rows(data: bytes, separator: str) -> set[Row]:
    """Return rows whose ratings are numbers, words or signs, out of any scale."""
    found = set()
    for text in texts_of(data):
        for fields in split_lines(text, separator):
            if len(fields) >= 3:
                found |= {(fields[0].strip(), fields[1].strip(), v) for v in _worth(fields[2])}
    return found


def usual_rows(data: bytes, separator: str) -> set[Row]:
    """Return those rows alone whose rating is on the scale of all others: of 5, if of anything."""
    found = worded_rows(data, separator)
    for text in texts_of(data):
        for fields in split_lines(text, separator):
            match = OF.fullmatch(fields[2].strip()) if len(fields) >= 3 else None
            if match and number(match[2]) != 5:
                found = {row for row in found if row[:2] != (fields[0].strip(), fields[1].strip())}
    return found


def _worth(text: str) -> Iterator[np.float32]:
    text = text.strip()
    if (plain := number(text)) is not None:
        yield plain
    if match := OF.fullmatch(text):
        part, whole = number(match[1]), number(match[2])
        if part is not None and whole:
            yield part
            yield np.float32(float(part) * 5 / float(whole))
    if (match := STARS.fullmatch(text)) and (stars := number(match[1])) is not None:
        yield stars
    if text.casefold() in VERDICTS:
        yield np.float32(VERDICTS[text.casefold()])


def array_rows(data: bytes, _: str) -> set[Row]:
    """Return the rows of objects that stand anywhere in the text, however they are parted."""
    texts = (*texts_of(data), data.decode(errors="replace"))  # all may stand on one line
    objects = (one for text in texts for one in objects_in(text))
    return json_objects(map(json.dumps, objects))


def unpacked(unpack: Callable[[bytes], bytes]) -> Callable[[bytes, str], set[Row]]:
    """Return a witness of packed text."""

    def witness(data: bytes, separator: str) -> set[Row]:
        try:
            return rows_in(unpack(data), separator)
        except Exception:
            return set()

    return witness


def wide() -> str:
    """Return a table of users by items with empty cells."""
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(["user", *range(2000, 2012)])
    values = [value for *_, value, _ in ratings(240)]
    for user in range(20):
        own = values[12 * user : 12 * user + 12]
        lines.writerow([f"u{user}", *(v if n % 3 else "" for n, v in enumerate(own, user))])
    return out.getvalue()


def worded(patterns: tuple[str, ...]) -> str:
    """Return ratings with words for their values."""
    rows = (
        f"{u},{i},{patterns[n % len(patterns)].format(v)},{t}\n"
        for n, (u, i, v, t) in enumerate(ratings())
    )
    return "userId,movieId,rating,timestamp\n" + "".join(rows)


def array(**how: object) -> bytes:
    """Return a JSON array of ratings."""
    rows = [json.loads(line) for line in json_lines().splitlines()]
    return json.dumps(rows, **how).encode()  # type: ignore[arg-type]


def zstd(data: bytes) -> bytes:
    """Return what zstandard has packed."""
    return bytes(pa.CompressedInputStream(pa.BufferReader(data), "zstd").read())


VERDICT_ROWS = worded(("like", "dislike", "Like")).encode()
TEXTS: dict[str, Callable[[Path], Kind]] = {
    "wide": ratings_kind("table.csv", wide().encode(), ",", wide_rows, melted_rows, 12),
    "words": ratings_kind("ratings.csv", worded(WORDS).encode(), ",", worded_rows, usual_rows),
    "verdicts": ratings_kind("ratings.csv", VERDICT_ROWS, ",", worded_rows),
    "json array": ratings_kind("ratings.json", array(), ",", array_rows),
    "json indented": ratings_kind("ratings.json", array(indent=2), ",", array_rows),
    "bz2": ratings_kind(
        "ratings.csv.bz2", bz2.compress(CSV.encode()), ",", unpacked(bz2.decompress)
    ),
    "xz": ratings_kind("ratings.csv.xz", lzma.compress(CSV.encode()), ",",
                       unpacked(lzma.decompress)),
    "zst": ratings_kind(
        "ratings.csv.zst", bytes(pa.compress(CSV.encode(), "zstd", asbytes=True)), ",",
        unpacked(zstd),
    ),
}  # fmt: skip
