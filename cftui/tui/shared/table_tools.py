"""What is done to a whole table: words found in it, columns chosen, copied, written to a file."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from cftui.questions.tables import TABLE_ENDINGS, WriteTable
from cftui.tui.shared.ask_file import ask_file, refuse_path
from cftui.tui.shared.ask_line import AskText
from cftui.tui.shared.column_dialog import ColumnsDialog
from cftui.tui.shared.copy_dialog import CopyDialog
from cftui.tui.shared.copying import copy_out
from cftui.tui.shared.messages import TableToWrite
from cftui.tui.shared.table_commands import choices_of, table_name
from cftui.tui.shared.table_text import copied, file_columns, texts_of

if TYPE_CHECKING:
    from cftui.tui.shared.column_choice import ChosenColumns
    from cftui.tui.shared.grid import Grid

MOST_TOLD = 160
"""Characters of what was copied that are shown."""
MOST_ROWS = 100_000
"""Rows that are searched, copied or written at once."""


def find(grid: "Grid") -> None:
    """Ask for words, and go to the next row that has them all."""

    def answer(text: str | None) -> None:
        if text is not None:
            grid.sought = text
            _seek(grid, text)

    if _has_rows(grid):
        question = "Find in this table; enter goes to the next row that has all the words:"
        grid.app.push_screen(AskText(question, grid.sought), answer)


def _seek(grid: "Grid", text: str) -> None:
    words, rows = text.casefold().split(), grid.listed
    columns, count = grid.shown_columns, len(rows)
    for step in range(1, count + 1):
        at = (grid.cursor_row + step) % count
        row = rows[at : at + 1]
        line = " ".join(texts_of(column, row)[0] for column in columns).casefold()
        if all(word in line for word in words):
            grid.cursor_row = at
            return
    grid.notify(f"No row has {text!r}", markup=False, timeout=4)


def choose_columns(grid: "Grid") -> None:
    """Have columns shown, hidden and resized."""

    def answer(choice: "ChosenColumns | None") -> None:
        kept = choices_of(grid)
        if choice is not None and kept is not None:
            kept.keep_columns(table_name(grid), choice)

    grid.app.push_screen(ColumnsDialog(grid), answer)


def copy(grid: "Grid") -> None:
    """Ask what to copy, and send it to the terminal's clipboard."""

    def answer(what: str | None) -> None:
        column = grid.column
        if what is None or column is None or not grid.rows:
            return
        rows = grid.listed
        text = copied(what, grid.shown_columns, rows, grid.cursor_row, column.called)
        size = f"{len(rows):,} rows" if what not in ("cell", "row") else text.replace("\t", "  ")
        told = copy_out(grid.app, text, size[:MOST_TOLD], "X writes this table to a file")
        grid.notify(told, markup=False, timeout=4 + 4 * ("\n" in told))

    if _has_rows(grid) and grid.column is not None:
        grid.app.push_screen(CopyDialog(grid.column.called), answer)


def export(grid: "Grid") -> None:
    """Ask for a file, and have the table written to it."""

    def take(path: Path) -> None:
        columns = file_columns(grid.columns, grid.listed, grid.listed_keys)
        grid.post_message(TableToWrite(WriteTable(str(path.absolute()), columns)))

    if _has_rows(grid):
        name = f"{(grid.id or 'table').strip('-')}.csv"
        count = f"{len(grid.rows):,} row{'s' * (len(grid.rows) != 1)}"
        question = f"Write all columns of these {count} to which .csv, .parquet or .md file?"
        ask_file(grid, question, name, take, refuse=_refuse)


def _refuse(text: str) -> str:
    words = refuse_path(text, "table.csv")
    if not words and Path(text).suffix.lower() not in TABLE_ENDINGS:
        return "end it with .csv, .parquet or .md"
    return words


def _has_rows(grid: "Grid") -> bool:
    """Return whether there is something to do it to; say so where there is not."""
    count = len(grid.rows)
    if 0 < count <= MOST_ROWS:
        return True
    words = f"More than {MOST_ROWS:,} rows" if count else "The table is empty"
    grid.notify(words, markup=False, timeout=4)
    return False


TOOLS: dict[str, Callable[["Grid"], None]] = {
    "find": find,
    "columns": choose_columns,
    "copy": copy,
    "export": export,
}
