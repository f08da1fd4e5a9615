"""Looks at the beginning of a ratings file: what it is, and which columns it has."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from cftui.questions.data import AS_RECOGNISED, ColumnMapping, FilePreview
from cftui.ratings.reading.columns import Guess
from cftui.ratings.reading.dialect import HEAD, recognise
from cftui.ratings.reading.frames import COLUMNAR, words_for
from cftui.ratings.reading.jsonl import recognise_json
from cftui.ratings.reading.names import ROLES
from cftui.ratings.reading.time_columns import AND
from cftui.ratings.reading.wide import wide_table
from cftui.ratings.sources.locate import candidates, locate
from cftui.ratings.sources.packed import WORKBOOK, ArchivePart, located
from cftui.ratings.sources.title_files import title_files
from cftui.ratings.values import DataError
from cftui.remedies import cause

SHOWN_ROWS = 10
SHOWN_CHARACTERS = 200


def preview(source: Path, mapping: ColumnMapping = AS_RECOGNISED) -> FilePreview:
    """Return what the beginning of a source shows; what is wrong with it is told in the answer."""
    facts: dict[str, Any] = {"source": str(source), "mapping": mapping}
    try:
        found = candidates(source)
        facts["members"] = tuple(str(part) for part in found) if len(found) > 1 else ()
        files = locate(source, mapping)
        facts["source"] = str(files.ratings)
        facts["titles"] = tuple(map(str, title_files(files.ratings).parts))
        with files.ratings.open() as stream:
            facts["packed"] = stream.packed
            head = stream.read(HEAD)
        seen = _parquet if head.startswith(COLUMNAR) else _text
        facts.update(seen(files.ratings, head, mapping))
        if facts["packed"] == WORKBOOK:  # its text is our own
            facts.update(format="a sheet of a workbook", packed="", encoding="")
        if seen is _text and (wide := wide_table(files.ratings, head, mapping)):
            facts.update(format=wide.format, notes=wide.notes, problem="", mapping=mapping)
    except DataError as error:
        facts["problem"] = str(error)
    except OSError as error:
        facts["problem"] = f"{source}: cannot be read: {cause(error)}"
    return FilePreview(**facts)


def _text(part: ArchivePart, head: bytes, mapping: ColumnMapping) -> dict[str, Any]:
    return _json(part, head, mapping) or _delimited(part, head, mapping)


def _json(part: ArchivePart, head: bytes, mapping: ColumnMapping) -> dict[str, Any] | None:
    told = recognise_json(head, mapping)
    if told is None:
        return None
    return {
        "format": told.format,
        "encoding": told.encoding,
        "has_header": True,
        "columns": tuple(name[:SHOWN_CHARACTERS] for name in told.names),
        "rows": _shortened(told.rows),
        "mapping": _completed(told.names, told.guess, mapping, ""),
        "notes": told.guess.notes,
        "problem": f"{part}: {told.guess.problem}" if told.guess.problem else "",
    }


def _delimited(part: ArchivePart, head: bytes, mapping: ColumnMapping) -> dict[str, Any]:
    try:
        dialect = recognise(head, mapping)
    except DataError as error:
        raise DataError(located(part, str(error))) from None
    return {
        "format": dialect.format,
        "encoding": dialect.encoding,
        "separator": dialect.separator,
        "has_header": dialect.header_line > 0,
        "columns": tuple(name.strip()[:SHOWN_CHARACTERS] for name in dialect.names),
        "rows": _shortened(dialect.rows),
        "mapping": _completed(dialect.names, dialect.guess, mapping, dialect.separator),
        "notes": dialect.notes,
        "problem": dialect.guess.problem and located(part, dialect.guess.problem),
    }


def _parquet(part: ArchivePart, head: bytes, mapping: ColumnMapping) -> dict[str, Any]:
    from cftui.ratings.reading.parquet import columns_of, first_rows, open_parquet

    with open_parquet(part) as file:
        names, guess = tuple(file.schema_arrow.names), columns_of(file, mapping)
        rows = tuple(first_rows(file, SHOWN_ROWS))
    return {
        "format": words_for(head),
        "has_header": True,
        "columns": names,
        "rows": _shortened(rows),
        "mapping": _completed(names, guess, mapping, ""),
        "notes": guess.notes,
        "problem": f"{part}: {guess.problem}" if guess.problem else "",
    }


def _completed(
    names: tuple[str, ...], guess: Guess, mapping: ColumnMapping, separator: str
) -> ColumnMapping:
    """Return the mapping with what was recognised in the places left empty."""
    clean = [name.strip() for name in names]
    found = {}
    for role in ROLES:
        if role in guess.places:
            name = clean[guess.places[role]]
            found[role] = name if clean.count(name) == 1 else str(guess.places[role] + 1)
    if guess.joined:
        found["timestamp"] = AND.join(str(place + 1) for place in guess.joined)
    return ColumnMapping(**{**asdict(mapping), **found, "separator": separator})


def _shortened(rows: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(field[:SHOWN_CHARACTERS] for field in row) for row in rows)
