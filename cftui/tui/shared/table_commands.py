"""What the keys of any focused table do, and what a table knows of the screen around it."""

from textual.dom import DOMNode
from textual.screen import Screen
from textual.widget import Widget

from cftui.tui.shared.column_choice import ChosenColumns, TableChoices
from cftui.tui.shared.commands import Command
from cftui.tui.shared.textual_hacks import binds

TABLE_COMMANDS = (
    Command("grid.column", "greater_than_sign", "column(1)", "Column", "Go to the next column"),
    Command("grid.column-back", "less_than_sign", "column(-1)", "Column back", "To the one before"),
    Command(
        "grid.sort-up",
        "left_curly_bracket",
        "sort('up')",
        "Sort up",
        "By this column, least first; again, as listed before (so does a click on its head)",
    ),
    Command(
        "grid.sort-down",
        "right_curly_bracket",
        "sort('down')",
        "Sort down",
        "By this column, greatest first; again, as listed before",
    ),
    Command("grid.find", "F", "tool('find')", "Find", "Words in this table; again, the next"),
    Command("grid.columns", "W", "tool('columns')", "Columns", "Hide, show and resize columns"),
    Command("grid.copy", "Y", "tool('copy')", "Copy", "This cell, row or table, or a column"),
    Command(
        *("grid.export", "X", "tool('export')", "Export table"),
        "Write this table as .csv, .parquet or .md",
    ),
)


def table_name(grid: Widget) -> str:
    """Return what a table's columns are remembered by: the ids around it."""
    nodes = [node for node in reversed(grid.ancestors_with_self) if _named(node)]
    return ".".join(node.id or type(node).__name__ for node in nodes)


def _named(node: DOMNode) -> bool:
    if isinstance(node, Screen):
        return node.is_modal
    return isinstance(node, Widget) and bool(node.id) and node.id != "frame"


def choices_of(grid: Widget) -> TableChoices | None:
    """Return where the choice of columns is kept; None where nothing keeps it."""
    found: TableChoices | None = getattr(grid.app, "tables", None)
    return found


def choice_of(grid: Widget) -> ChosenColumns:
    """Return what was chosen of a table's columns before."""
    kept = choices_of(grid)
    return kept.columns_of(table_name(grid)) if kept is not None else ChosenColumns()


def has_slash(grid: Widget) -> bool:
    """Return whether something around a table has a use for the key `/`."""
    return any(binds(node, "slash") for node in grid.ancestors)
