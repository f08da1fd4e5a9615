"""Tables written to files: CSV, Parquet or JSON by the file's ending, whole or not at all."""

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
    from cftui.explore.written import write_table

    try:
        write_table(out, columns)
    except OSError as error:
        raise CommandError(f"{out}: cannot be written: {cause(error)}") from None
