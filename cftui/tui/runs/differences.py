"""Settings in which runs differ, side by side, laid over a pane."""

from collections.abc import Sequence
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from cftui.runs.columns import duration, titled
from cftui.runs.compare import Difference
from cftui.runs.list_words import of_users
from cftui.runs.row import RunRow
from cftui.tui.shared.dialog import Dialog
from cftui.tui.shared.grid import Column, Grid

Row = tuple[str, ...]


class DifferencesScreen(Dialog[None]):
    """A line a setting, a column a run; below them how each run did."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,d", "dismiss(None)", "Close", id="differences.close")
    ]

    def __init__(self, rows: Sequence[RunRow], differences: Sequence[Difference]) -> None:
        super().__init__()
        self._rows, self._differences = rows, differences

    def compose(self) -> ComposeResult:
        """Lay out the table."""
        width = 16 if len(self._rows) > 3 else 22
        columns = [Column("", 24), *(Column(titled(row), width) for row in self._rows)]
        with Vertical(classes="overlay wide") as box:
            box.border_title = f"What differs between {len(self._rows)} runs"
            box.border_subtitle = "esc closes"
            yield Grid(columns)

    def on_mount(self) -> None:
        """Show the lines."""
        lines = [(one.key, *map(_value, one.values)) for one in self._differences]
        settings: list[Row] = (
            [*lines] if lines else [("no setting differs", *[""] * len(self._rows))]
        )
        grid = self.query_one(Grid)
        grid.set_rows([*settings, ("", *[""] * len(self._rows)), *self._outcomes()])
        grid.focus()

    def _outcomes(self) -> list[Row]:
        whose = of_users(*(row.list_users for row in self._rows))
        return [
            ("state", *(row.shown for row in self._rows)),
            ("epochs done", *(f"{row.epochs_done:.3g} of {row.epochs}" for row in self._rows)),
            ("best validation MSE", *(_error(row.best_valid_mse) for row in self._rows)),
            (f"recall@20{whose}", *(_share(row.valid_recall) for row in self._rows)),
            (f"NDCG@20{whose}", *(_share(row.valid_ndcg) for row in self._rows)),
            ("seconds of training", *(duration(row.train_seconds) for row in self._rows)),
        ]


def _value(value: Any) -> str:
    return "–" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _error(mse: float | None) -> str:
    return "–" if mse is None else f"{mse:.4f}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
