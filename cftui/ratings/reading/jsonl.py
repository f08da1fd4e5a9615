"""Reads JSON: one object a line, or all in an array; values are told by their names."""

import codecs
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import numpy as np

from cftui.questions.data import ColumnMapping, Problem
from cftui.ratings.reading.blocks import Block, Blocks
from cftui.ratings.reading.columns import Guess, find_columns
from cftui.ratings.reading.dialect import HEAD, SAMPLE
from cftui.ratings.reading.encodings import encoding_of
from cftui.ratings.reading.exports import is_trakt_list
from cftui.ratings.reading.json_array import ArrayLines, ObjectBlocks
from cftui.ratings.reading.rows import SHOWN, RowLayout, Rows, picked, written
from cftui.ratings.sources.packed import ArchivePart

if TYPE_CHECKING:
    import pyarrow as pa


ARRAY = re.compile(r"\s*\[\s*\{")
REASONS = {"line": "not a JSON object on one line", "row": "not a JSON object"}


@dataclass(frozen=True)
class JsonHead:
    """The beginning of a file of JSON lines, or of an array of objects."""

    encoding: str
    names: tuple[str, ...]
    """Of all values of the first objects, in order of first appearance."""
    guess: Guess
    rows: tuple[tuple[str, ...], ...]
    """The first objects, as texts."""
    objects: tuple[Mapping[str, Any], ...]
    """All that the beginning has."""
    array: bool = False
    """Whether these are the elements of one array."""

    @property
    def format(self) -> str:
        """Return in words what the file is."""
        return "JSON array" if self.array else "JSON lines"

    @property
    def counted(self) -> str:
        """Return what problems count: an object of an array may be anywhere in a line."""
        return "row" if self.array else "line"

    def blocks(self, part: ArchivePart) -> Blocks | ObjectBlocks:
        """Return the file as blocks of JSON lines."""
        return ObjectBlocks(part, self.encoding) if self.array else Blocks(part, self.encoding, 0)

    def layout(self, mapping: ColumnMapping) -> RowLayout:
        """Return where the values of a row stand once they are taken out of its object."""
        layout = picked(self.guess, self.names)
        rows = [[_shown(one.get(name)) for name in layout.names] for one in self.objects]
        ratings = [row[layout.places["rating"]] for row in rows]
        return layout.told_by(ratings, list(map(layout.time_text, rows)), mapping)


def recognise_json(head: bytes, mapping: ColumnMapping) -> JsonHead | None:
    """Return what a file's first bytes say, or none where its first line is no JSON object.

    Nor its first element, if that is an array; an export of somebody's ratings is none.
    """
    encoding = encoding_of(head)
    text = codecs.getincrementaldecoder(encoding)("replace").decode(head)
    array = ARRAY.match(text) is not None
    if array:
        lines = ArrayLines().lines(text, ended=len(head) < HEAD)
    elif text.lstrip().startswith("{"):
        lines = text.replace("\r", "\n").split("\n")
        lines = [line for line in (lines if len(head) < HEAD else lines[:-1]) if line.strip()]
    else:
        return None
    if not lines or _object(lines[0]) is None:
        return None
    objects = tuple(one for one in map(_object, lines) if one is not None)
    names = tuple(dict.fromkeys(name for one in objects[:SAMPLE] for name in one))
    rows = tuple(tuple(_shown(one.get(name)) for name in names) for one in objects[:SAMPLE])
    guess = find_columns(names, mapping, rows=rows)
    if array and "user" not in guess.places and is_trakt_list(text):
        return None
    return JsonHead(encoding, names, guess, rows[:10], objects, array)


def read_json_block(block: Block, layout: RowLayout, counted: str = "line") -> Rows:
    """Return the rows of a block, checked; where pyarrow refuses it, each line by itself."""
    from cftui.ratings.reading.arrays import texts_of
    from cftui.ratings.reading.checked import RowColumns, checked_rows, role_columns

    lines = block.text.split(b"\n")[:-1]
    columns = _parsed(block, lines, layout)
    odd: list[int] = []
    if columns is None:
        columns = [texts_of([])] * len(layout.names)
        odd = [number for number, line in enumerate(lines) if line.strip()]
    part = RowColumns(
        columns=role_columns(layout, columns.__getitem__),
        at=np.arange(len(columns[0])),
        odd=odd,
        fields=lambda line: _fields(lines[line], layout, counted),
        first=block.first_line,
        counted=counted,
        read=block.read,
    )
    return checked_rows(part, layout)


def _parsed(block: Block, lines: Sequence[bytes], layout: RowLayout) -> "list[pa.Array] | None":
    """Return a block's columns; none where not every line is an object of one kind."""
    import pyarrow as pa

    first = _first_values(lines, layout.names)
    kinds = [_kind(one, role) for role, one in zip_longest(layout.places, first)]
    table = _table(block.text, lines, list(zip(layout.names, kinds, strict=True)))
    if table is None:
        return None
    columns = [table.column(name).combine_chunks() for name in layout.names]
    ids = [columns[place] for place in _id_places(layout)]
    endless = any(pa.types.is_floating(one.type) and _has_inf(one) for one in ids)
    return None if endless else columns


def _first_values(lines: Sequence[bytes], names: Sequence[str]) -> list[object]:
    """Return for each name the first value there is in the first lines, a text without one."""
    beginning = [_object(line) or {} for line in lines[:SAMPLE]]
    return [
        next((one[name] for one in beginning if one.get(name) is not None), "") for name in names
    ]


def _table(
    text: bytes, lines: Sequence[bytes], schema: list[tuple[str, "pa.DataType"]]
) -> "pa.Table | None":
    """Return values of a block as pyarrow reads them; none where it may take lines amiss."""
    import pyarrow as pa
    import pyarrow.json

    if not text.startswith(b"{") or text.count(b"\n{") != len(lines) - 1:
        return None  # pyarrow minds neither objects on one line nor one on many
    try:
        table = pa.json.read_json(
            pa.BufferReader(text),
            pa.json.ReadOptions(use_threads=False, block_size=len(text) + 1),
            pa.json.ParseOptions(pa.schema(schema), unexpected_field_behavior="ignore"),
        )
    except pa.ArrowInvalid:
        return None
    return table if table.num_rows == len(lines) else None


def _id_places(layout: RowLayout) -> tuple[int, int]:
    return layout.places["user"], layout.places["item"]


def _has_inf(numbers: "pa.Array") -> bool:
    import pyarrow.compute as pc

    return bool(pc.any(pc.is_inf(numbers)).as_py())


def _kind(value: object, role: str | None) -> "pa.DataType":
    """Return as what to read the values that are like this one."""
    import pyarrow as pa

    if isinstance(value, str):
        return pa.string()
    return pa.int64() if isinstance(value, int) and role != "rating" else pa.float64()


def _object(line: str | bytes) -> Mapping[str, Any] | None:
    """Return the object that a line is, if it is one."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _fields(line: bytes, layout: RowLayout, counted: str) -> list[str] | Problem:
    found = _object(line)
    if found is None:
        text = line[:SHOWN].decode(errors="replace")
        return Problem(0, f"the {counted}", text, REASONS[counted])
    texts = []
    for name in layout.names:
        value = found.get(name)
        texts.append(_shown(value))
        if isinstance(value, dict | list | bool) or not _encodable(texts[-1]):
            return Problem(0, name, ascii(value)[:SHOWN], "neither a number nor a text")
    for place in _id_places(layout):
        value = found.get(layout.names[place])
        if isinstance(value, float) and math.isinf(value):  # 1e400, of which no digit is left
            return Problem(0, layout.names[place], texts[place], "not finite")
    if not any(text.strip() for text in texts):
        return Problem(0, layout.names[0], "", "missing")
    return texts


def values_of(line: bytes, names: Sequence[str]) -> list[str] | None:
    """Return the values of these names as texts, if a line is an object."""
    found = _object(line)
    return None if found is None else [_shown(found.get(name)) for name in names]


def text_rows(block: Block, names: Sequence[str]) -> "pa.Table":
    """Return the values of these names as texts, for each object of a block; columns numbered."""
    import pyarrow as pa

    lines = block.text.split(b"\n")[:-1]
    first = _first_values(lines, names)
    numbered = [str(place) for place in range(len(names))]
    if all(isinstance(one, str) or type(one) is int for one in first):
        schema = [(name, _kind(one, None)) for name, one in zip(names, first, strict=True)]
        if (table := _table(block.text, lines, schema)) is not None:
            texts = [table.column(name).cast(pa.string()) for name in names]
            return pa.table(texts, numbered)
    rows = [row for row in (values_of(line, names) for line in lines) if row is not None]
    written = [[row[place] for row in rows] for place in range(len(names))]
    texts = [[text if _encodable(text) else "" for text in column] for column in written]
    return pa.table([pa.array(column, pa.string()) for column in texts], numbered)


def _encodable(text: str) -> bool:
    """Tell whether a text has no half of a pair of surrogates, which JSON can write."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(value: object) -> str:
    return json.dumps(value) if isinstance(value, dict | list | bool) else written(value)
