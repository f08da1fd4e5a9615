"""Tables written to files: CSV or Parquet by the file's ending, whole or not at all."""

import csv
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

    Raises CommandError where the file cannot be written.
    """
    from cftui.files import replacing

    try:
        with replacing(out) as temporary:
            if out.suffix == ".parquet":
                import pyarrow
                import pyarrow.parquet

                pyarrow.parquet.write_table(pyarrow.table(dict(columns)), temporary)
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


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    try:
        number = None if isinstance(value, str | int) else float(value)
    except (TypeError, ValueError):
        return value
    return value if number is None else "" if math.isnan(number) else f"{number:.9g}"
