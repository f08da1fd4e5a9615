"""Independent readers of bytes: the standard library, or pyarrow for Parquet."""

import codecs
import csv
import gzip
import io
import json
import math
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import product

import numpy as np

Row = tuple[str, str, np.float32]
"""User, item and value."""
HEADER = ("userId", "movieId", "rating", "timestamp")
csv.field_size_limit(1 << 30)


def texts_of(data: bytes) -> Iterator[str]:
    """Yield the text that bytes can be taken for: as a mark says, else UTF-8 or older by line.

    Of JSON by object too, of which a line may hold many.
    """
    for mark, codec in ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if data.startswith(mark):
            yield data.decode(codec, "replace")
    data = data.removeprefix(codecs.BOM_UTF8)
    ends = ("\n", "}") if data.lstrip().startswith((b"[", b"{")) else ("\n",)
    for old, end in product(("cp1252", "latin-1"), ends):
        pieces = []
        for piece in data.split(end.encode()):
            try:
                pieces.append(piece.decode())
            except UnicodeDecodeError:
                pieces.append(piece.decode(old, "replace"))
        yield end.join(pieces)


def number(text: str) -> np.float32 | None:
    try:
        with np.errstate(over="ignore"):
            return np.float32(float(text.strip().replace(",", ".")))
    except ValueError:
        return None


def split_lines(text: str, separator: str, *, once: bool = False) -> Iterator[list[str]]:
    """Yield the fields of rows: quotes followed over lines, and, unless `once`, in each line."""
    text = re.sub("\r\n?", "\n", text)
    lines = text.split("\n")
    if separator == "::":
        yield from (line.split(separator) for line in lines)
        text, separator = text.replace("::", "\x1f"), "\x1f"
    elif separator == " ":
        yield from (line.split() for line in lines)
        text, separator = re.sub("[ \t]+", "\t", text), "\t"
    lines = text.split("\n")
    for among in (io.StringIO(text, newline=""), *([] if once else ([line] for line in lines))):
        try:
            yield from csv.reader(among, delimiter=separator)
        except csv.Error:
            continue


def rows_in(data: bytes, separator: str, *, once: bool = False) -> set[Row]:
    """Return the rows that bytes can be taken for, of users, items and values."""
    found = set()
    for text in texts_of(data):
        for fields in split_lines(text, separator, once=once):
            if len(fields) >= 3 and (value := number(fields[2])) is not None:
                found.add((fields[0].strip(), fields[1].strip(), value))
    return found


def netflix_rows(data: bytes, _: str) -> set[Row]:
    found = set()
    for text in texts_of(data):
        item = ""
        for line in re.split("\r\n|\n|\r", text):
            if own := re.fullmatch(r"([0-9]+):\s*", line):
                item = own[1]
            for fields in csv.reader([line]):
                if len(fields) >= 2 and (value := number(fields[1])) is not None:
                    found.add((fields[0].strip(), item, value))
    return found


def json_rows(data: bytes, _: str) -> set[Row]:
    lines = (re.split("\r\n|\n|\r", text) for text in texts_of(data))
    return {row for those in lines for row in json_objects(those)}


def json_objects(texts: Iterable[str]) -> set[Row]:
    """Return the rows of those texts that are objects."""
    found = set()
    for text in texts:
        try:
            one = json.loads(text)
            value = number(str(one["rating"]))
            ids = [one[name] for name in HEADER[:2]]
        except (ValueError, TypeError, KeyError, RecursionError):
            continue
        if value is not None and all(map(finite, ids)):
            found |= {(*own, value) for own in (written(ids, str), written(ids, int))}
    return found


def objects_in(text: str) -> Iterator[dict[str, object]]:
    """Yield the objects of a JSON array, and those that stand anywhere, by the json module."""
    text = text.lstrip("\ufeff")
    flat = re.finditer(r"\{[^{}]*\}", text)
    # Texts in an object may hold brackets; one that begins with another object is none of rows.
    begun = re.finditer(r'\{(?=\s*"[^"]*"\s*:\s*[^{\s])', text)
    tries = [partial(json.loads, text), *(partial(json.loads, one[0]) for one in flat)]
    tries += [partial(json.JSONDecoder().raw_decode, text, one.start()) for one in begun]
    for attempt in tries:
        try:
            found = attempt()
        except (ValueError, RecursionError):
            continue
        found = found[0] if isinstance(found, tuple) else found
        among = found if isinstance(found, list) else [found]
        yield from (part for part in among if isinstance(part, dict))


def finite(own: object) -> bool:
    return not isinstance(own, float) or math.isfinite(own)


def written(ids: Sequence[object], whole: type) -> tuple[str, ...]:
    """Return ids as texts, whole floats by their value in digits where `whole` is int."""
    return tuple(
        str(
            int(own) if whole is int and isinstance(own, float) and own == int(own) else own
        ).strip()
        for own in ids
    )


def parquet_rows(data: bytes, _: str) -> set[Row]:
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(io.BytesIO(data))
        columns = [table.column(name).to_pylist() for name in HEADER[:3]]
    except Exception:
        return set()
    rows = (
        (str(u).strip(), str(i).strip(), number(str(v))) for u, i, v in zip(*columns, strict=True)
    )
    return {(user, item, value) for user, item, value in rows if value is not None}


def gz_rows(data: bytes, separator: str) -> set[Row]:
    try:
        return rows_in(gzip.decompress(data), separator)
    except Exception:
        return set()


def zip_rows(data: bytes, separator: str) -> set[Row]:
    found: set[Row] = set()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                found |= rows_in(archive.read(name), separator)
    except Exception:
        return found
    return found
