"""Writes runs to a file: what a list tells of each, and all its settings."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from cftui.files import replace_file
from cftui.paths import runs_folder
from cftui.remedies import cause
from cftui.runs.columns import FIELDS
from cftui.runs.compare import flat, settings_of
from cftui.runs.directory import Run, RunError
from cftui.runs.rates import CHANGED, change_words
from cftui.runs.row import RunRow
from cftui.text import for_spreadsheet, json_text

KINDS = (".csv", ".json")
REPORTS = (".html", ".md")
"""What a report of runs is written as; `cftui.report` writes it."""


class ExportError(ValueError):
    """A file that runs cannot be written to; the message says why."""


def export_path(text: str, kinds: Sequence[str] = KINDS) -> Path:
    """Return the path that was typed; raises ExportError if it does not end as one of the kinds."""
    path = Path(text.strip()).expanduser()
    if path.suffix.lower() not in kinds:
        raise ExportError(f"{text.strip() or 'the file'}: end it with {' or '.join(kinds)}")
    return path


def export_runs(rows: Iterable[RunRow], path: Path) -> int:
    """Write runs to a .csv or .json file; return how many. Raises ExportError."""
    records = [_record(row) for row in rows]
    json_wanted = export_path(str(path)).suffix.lower() == ".json"
    text = _json(records) if json_wanted else _csv(records)
    try:
        replace_file(path, text.encode("utf-8", "replace"))
    except OSError as error:
        raise ExportError(f"{path}: cannot be written: {cause(error)}") from None
    return len(records)


def _record(row: RunRow) -> dict[str, Any]:
    """Return what is told of a run by names that do not change, then its settings."""
    told: dict[str, Any] = {"run": row.id, "name": row.name, "fingerprint": row.fingerprint}
    told |= {field.name: field.value(row) for field in FIELDS if field.name not in ("id", "name")}
    try:
        settings = flat(settings_of(Run(runs_folder() / row.id)))
    except RunError:
        settings = {}
    return {**told, "message": row.message, **settings, CHANGED: change_words(row.rate_changes)}


def _json(records: list[dict[str, Any]]) -> str:
    text = json.dumps(records, indent=1, ensure_ascii=False, default=str)  # TOML has dates
    return "\n".join(map(json_text, text.split("\n"))) + "\n"


def _cell(value: Any) -> Any:
    return value if isinstance(value, int | float) or value is None else for_spreadsheet(str(value))


def _csv(records: list[dict[str, Any]]) -> str:
    columns = dict.fromkeys(key for record in records for key in record)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns)
    writer.writerow({key: for_spreadsheet(key) for key in columns})
    for record in records:
        writer.writerow({key: _cell(value) for key, value in record.items()})
    return text.getvalue()
