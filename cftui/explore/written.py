"""Tables as files: CSV, Parquet, JSON or Markdown by the file's ending, whole or not at all."""

import csv
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cftui.files import replacing
from cftui.library.door import Library, answers
from cftui.questions.tables import TABLE_ENDINGS, WriteTable
from cftui.remedies import cause
from cftui.text import for_spreadsheet, plain


class TableNotWritten(ValueError):
    """A table that could not be written; the message says why."""


@answers(WriteTable)
def written(library: Library, question: WriteTable) -> int:
    """Write a table of the screen; return how many rows it has. Raises TableNotWritten."""
    path = Path(question.path).expanduser()
    if path.suffix.lower() not in TABLE_ENDINGS:
        raise TableNotWritten(f"{path.name}: end it with .csv, .parquet or .md")
    columns = dict(question.columns)
    if path.suffix.lower() != ".parquet":  # programs read that one: ids stand as the data has them
        columns = {name: tuple(map(_safe, cells)) for name, cells in columns.items()}
    try:
        write_table(path, columns)
    except OSError as error:
        raise TableNotWritten(f"{path}: cannot be written: {cause(error)}") from None
    return len(next(iter(columns.values()), ()))


def write_table(path: Path, columns: Mapping[str, Iterable[Any]]) -> None:
    """Write columns of equal length under their names; NaN and none are empty cells in text.

    In JSON, a list with an object for each row, they are null.

    Raises OSError where the file cannot be written.
    """
    with replacing(path) as temporary:
        match path.suffix.lower():
            case ".parquet":
                _write_parquet(temporary, columns)
            case ".json":
                _write_json(temporary, columns)
            case ".md":
                temporary.write_text(markdown(columns), encoding="utf-8")
            case _:
                _write_csv(temporary, columns)


def markdown(columns: Mapping[str, Iterable[Any]]) -> str:
    """Return columns as a table of Markdown; those of numbers alone stand to the right."""
    cells = {name: [_cell(value) for value in column] for name, column in columns.items()}
    rules = ("---:" if _are_numbers(column) else "---" for column in cells.values())
    lines = [_line(cells), _line(rules), *map(_line, zip(*cells.values(), strict=True))]
    return "\n".join(lines) + "\n"


def _are_numbers(cells: Sequence[Any]) -> bool:
    def is_number(cell: Any) -> bool:
        try:
            float(cell)
        except ValueError:
            return not cell
        return True

    return all(map(is_number, cells))


def _line(cells: Iterable[Any]) -> str:
    return "| " + " | ".join(plain(str(cell)).replace("|", "\\|") for cell in cells) + " |"


def _write_parquet(path: Path, columns: Mapping[str, Iterable[Any]]) -> None:
    import pyarrow
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.table(dict(columns)), path)


def _write_csv(path: Path, columns: Mapping[str, Iterable[Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for row in zip(*columns.values(), strict=True):
            writer.writerow([_cell(value) for value in row])


def _write_json(path: Path, columns: Mapping[str, Iterable[Any]]) -> None:
    rows = (map(_json_cell, row) for row in zip(*columns.values(), strict=True))
    told = (json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False) for row in rows)
    path.write_text("[\n" + ",\n".join(told) + "\n]\n", encoding="utf-8")


def _json_cell(value: Any) -> Any:
    """Return a cell as JSON has it; of a single-precision number, the digits that it has."""
    if value is None or isinstance(value, str | int):
        return value
    number = float(f"{float(value):.9g}")
    return number if math.isfinite(number) else None


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    try:
        number = None if isinstance(value, str | int) else float(value)
    except (TypeError, ValueError):
        return value
    return value if number is None else "" if math.isnan(number) else f"{number:.9g}"


def _safe(value: str | float | None) -> str | float | None:
    return for_spreadsheet(value) if isinstance(value, str) else value
