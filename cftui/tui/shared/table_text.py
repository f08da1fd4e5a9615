"""A table's cells as text for the clipboard, and as columns for a file."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from cftui.questions.tables import Cells
from cftui.text import plain
from cftui.tui.shared.cells import Column, shown

COPIES = ("cell", "row", "column", "table", "markdown")
NUMBER_SIGNS = "+-.,eE"


def copied(what: str, columns: Sequence[Column], rows: Sequence[Any], at: int, column: str) -> str:
    """Return a cell, row, column or table as text, its cells between tabs.

    `what` is one of `COPIES`, `at` the line of a row, `column` the name of a column.
    """
    names = [each.called for each in columns]
    if what == "cell":
        return texts_of(columns[names.index(column)], rows[at : at + 1])[0]
    if what == "row":
        return "\t".join(texts_of(each, rows[at : at + 1])[0] for each in columns)
    if what == "column":
        return "\n".join(texts_of(columns[names.index(column)], rows))
    lines = [names, *zip(*(texts_of(each, rows) for each in columns), strict=True)]
    if what == "table":
        return "\n".join("\t".join(line) for line in lines)
    lines.insert(1, ["---:" if each.align == "right" else "---" for each in columns])
    return "\n".join("| " + " | ".join(map(_in_markdown, line)) + " |" for line in lines)


def texts_of(column: Column, rows: Iterable[Any]) -> list[str]:
    """Return what a column's cells say, safe to show."""
    key = column.key
    assert key is not None
    return [shown(str(key(row))).strip() for row in rows]


def file_columns(
    columns: Sequence[Column], rows: Sequence[Any], keys: Sequence[object]
) -> tuple[tuple[str, Cells], ...]:
    """Return all of a table as columns of a file: ids first where rows have any, then each by name.

    A column whose every cell is a number or empty is one of numbers.
    """
    found: dict[str, Cells] = {}
    if keys and all(isinstance(key, str) for key in keys):
        found["id"] = tuple(map(str, keys))
    for column in columns:
        found[_unlike(found, column.called or f"column {len(found) + 1}")] = _cells_of(column, rows)
        for name, number in column.in_files:
            found[_unlike(found, name)] = tuple(map(number, rows))
    return tuple(found.items())


def _unlike(found: Collection[str], name: str) -> str:
    """Return a name as none of those found is."""
    while name in found:
        name += "'"
    return name


def _cells_of(column: Column, rows: Sequence[Any]) -> Cells:
    if column.value is not None:
        told = [column.value(row) for row in rows]
        if all(value is None or isinstance(value, int | float) for value in told):
            return tuple(told)  # type: ignore[arg-type]
    texts = texts_of(column, rows)
    numbers = [_number(text) for text in texts] if column.align == "right" else []
    if numbers and all(n is not None or not t for n, t in zip(numbers, texts, strict=True)):
        return tuple(numbers)
    return tuple(texts)


def _number(text: str) -> float | None:
    try:
        number = float(text.replace(",", "").replace("\u2212", "-"))
    except ValueError:
        return None
    return int(number) if number.is_integer() and "." not in text else number


def _in_markdown(cell: str) -> str:
    return plain(cell).replace("|", "\\|")
