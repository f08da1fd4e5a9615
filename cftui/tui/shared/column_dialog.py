"""A dialog about a table's columns: which are shown, how wide, and which one it is sorted by."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from cftui.tui.shared.cells import Column
from cftui.tui.shared.column_choice import ChosenColumns
from cftui.tui.shared.dialog import Dialog
from cftui.tui.shared.grid import Grid

LEGEND = "space shows, hides; ← → narrower, wider; 0 as at first; esc closes"


class ColumnList(Grid):
    """The columns of a table; the arrows resize the one under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,minus", "screen.size(-1)", "Narrower", id="columns.narrower"),
        Binding("right,plus", "screen.size(1)", "Wider", id="columns.wider"),
    ]


class ColumnsDialog(Dialog[ChosenColumns | None]):
    """Shows, hides and resizes the columns of a table; each change is seen at once behind it."""

    DEFAULT_CSS = "ColumnsDialog ColumnList { height: auto; max-height: 24; min-height: 6; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "turn", "Show or hide", id="columns.turn"),
        Binding("0", "reset", "As at first", id="columns.reset"),
        Binding("escape,q", "close", "Close", id="columns.close"),
    ]

    def __init__(self, table: Grid) -> None:
        """Ask about a table."""
        super().__init__()
        self._table = table

    def compose(self) -> ComposeResult:
        """Lay out the list of columns."""
        with Vertical(classes="overlay small") as box:
            box.border_title = "Columns"
            box.border_subtitle = LEGEND
            yield ColumnList(
                (
                    Column("", 1, key=lambda row: "✓" if row[1] else " ", name="shown"),
                    Column("column", None, key=lambda row: row[0] or "(sign)"),
                    Column("cells", 6, "right", key=lambda row: str(row[2] or "")),
                )
            )

    @property
    def list(self) -> ColumnList:
        """Return the list of columns."""
        return self.query_one(ColumnList)

    def on_mount(self) -> None:
        """Begin at the column gone to."""
        self._show()
        names = [column.called for column in self._table.columns]
        at = self._table.column
        if at is not None and at.called in names:
            self.list.cursor_place = names.index(at.called)
        self.list.focus()

    def _show(self) -> None:
        widths = self._table.shown_widths
        names = [column.called for column in self._table.columns]
        self.list.set_rows([(name, name in widths, widths.get(name)) for name in names], names)

    def action_turn(self) -> None:
        """Show the column, or hide it; the last one stays."""
        name = str(self.list.cursor_key or "")
        shown = self._table.shown_widths
        if name not in shown or len(shown) > 1:
            self._choose(self._table.choice.turned(name, name not in shown))

    def action_size(self, by: int) -> None:
        """Make the column wider or narrower."""
        name = str(self.list.cursor_key or "")
        width = self._table.shown_widths.get(name)
        if width is not None:
            self._choose(self._table.choice.sized(name, width + by))

    def action_reset(self) -> None:
        """Show all columns as the table has them."""
        self._choose(ChosenColumns())

    def action_close(self) -> None:
        """Close, with what was chosen to be kept."""
        self.dismiss(self._table.choice)

    def _choose(self, choice: ChosenColumns) -> None:
        self._table.set_choice(choice)
        self._show()

    @on(Grid.Selected)
    def _selected(self, message: Grid.Selected) -> None:
        message.stop()
        self.action_turn()
