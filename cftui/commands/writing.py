"""Tables written to files: CSV, Parquet or JSON by the file's ending, whole or not at all."""

import csv
import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from cftui.commands.console import CommandError, UsageError
from cftui.remedies import cause

ENDINGS = (".csv", ".parquet")


def checked_out(command: str, out: Path | None) -> Path:
    """Return the file to write to; raises UsageError where none of a known kind is named."""
    if out is None or out.suffix not in ENDINGS:
        raise UsageError(f"{command}: --out needs a file name that ends in .csv or .parquet")
    return out


def write_columns(out: Path, columns: Mapping[str, Iterable[Any]]) -> None:
    """Write columns of equal length under their names; NaN and none are empty cells in CSV.

    In JSON, a list with an object for each row, they are null.

    Raises CommandError where the file cannot be written.
    """
    from cftui.files import replacing

    try:
        with replacing(out) as temporary:
            if out.suffix == ".parquet":
                import pyarrow
                import pyarrow.parquet

                pyarrow.parquet.write_table(pyarrow.table(dict(columns)), temporary)
            elif out.suffix == ".json":
                _write_json(temporary, columns)
            else:
                _write_csv(temporary, columns)
    except OSError as error:
        raise CommandError(f"{out}: cannot be written: {cause(error)}") from None


def _write_csv(path: Path, columns: Mapping[str, Iterable[Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for row in zip(*columns.values(), strict=True):
            writer.writerow([_cell(value) for value in row])


def _write_json(path: Path, columns: Mapping[str, Iterable[Any]]) -> None:
    rows = (map(_plain, row) for row in zip(*columns.values(), strict=True))
    told = (json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False) for row in rows)
    path.write_text("[\n" + ",\n".join(told) + "\n]\n", encoding="utf-8")


def _plain(value: Any) -> Any:
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
