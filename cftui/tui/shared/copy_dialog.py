"""A question for what of a table is copied: one key each."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from cftui.text import plain
from cftui.tui.shared.dialog import Dialog


class CopyDialog(Dialog[str | None]):
    """Asks what to copy."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c,enter", "dismiss('cell')", "Cell", id="copy.cell"),
        Binding("r,Y,y", "dismiss('row')", "Row", id="copy.row"),
        Binding("o", "dismiss('column')", "Column", id="copy.column"),
        Binding("t", "dismiss('table')", "Table", id="copy.table"),
        Binding("m", "dismiss('markdown')", "Markdown", id="copy.markdown"),
        Binding("escape,q", "dismiss(None)", "Cancel", id="copy.cancel"),
    ]

    def __init__(self, column: str) -> None:
        """Ask about a table whose column gone to has this name."""
        super().__init__()
        self._column = column

    def compose(self) -> ComposeResult:
        """Lay out the choice."""
        lines = (
            f"c  the cell: {plain(self._column) or 'this column'} of this row (< > choose another)",
            "r  this row",
            "o  this column, all rows listed",
            "t  the whole table, tabs between cells",
            "m  the whole table, as Markdown",
        )
        with Vertical(classes="overlay small") as box:
            box.border_title = "Copy"
            box.border_subtitle = "esc cancels"
            yield Static("\n".join(lines), markup=False)
