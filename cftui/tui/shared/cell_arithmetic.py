"""A cell's arithmetic: factor by factor, with the gradient that its error sends back."""

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from cftui.questions.parts import PredictionParts, parts_lines
from cftui.questions.sheet import CellArithmetic
from cftui.tui.shared.dialog import Dialog

ONE_OF_A_BATCH = "One rating's share of a batch: the optimizer averages it with the others'."


class CellScreen(Dialog[None]):
    """Shows how one prediction comes about."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "dismiss(None)", "Close", id="cell.close")
    ]

    def __init__(
        self, title: str, cell: CellArithmetic | PredictionParts, step: str = ONE_OF_A_BATCH
    ) -> None:
        """Show a cell's arithmetic under a title; `step` says what a step would do to it."""
        super().__init__()
        self._title = title
        self._lines = (
            parts_lines(cell)
            if isinstance(cell, PredictionParts)
            else [*cell_lines(cell), "", step]
        )

    def compose(self) -> ComposeResult:
        """Lay out the numbers."""
        with VerticalScroll(classes="overlay") as box:
            box.border_title = Text(self._title)
            box.border_subtitle = "esc closes"
            yield Static("\n".join(self._lines), markup=False)


def cell_lines(cell: CellArithmetic) -> list[str]:
    """Return a prediction number by number, a line each."""
    loss = "error²" if cell.loss == "squared error" else "RMSE"
    lines = [f"{'':<4}{'user':>8}   {'movie':>8}   {'product':>8}"]
    rated = cell.actual is not None
    if rated:
        lines[0] += f"   │ {'d ' + loss + '/d user':>15}{'/d movie':>12}"
    rows = zip(
        *(cell.user_factors, cell.item_factors, cell.products),
        *(cell.user_gradient, cell.item_gradient),
        strict=True,
    )
    for number, (of_user, of_item, product, to_user, to_item) in enumerate(rows, 1):
        line = f"{number:<4}{of_user:>8.4f} × {of_item:>8.4f} = {product:>8.4f}"
        lines.append(line + (f"   │ {to_user:>15.6f}{to_item:>12.6f}" if rated else ""))
    lines += [f"{'sum of the products':<25}{sum(cell.products):>9.4f}"]
    for words, bias in (("user's bias", cell.user_bias), ("movie's bias", cell.item_bias)):
        if bias is not None:
            slope = f"   │ {cell.total_slope:>15.6f}" if rated else ""
            lines.append(f"{'+ ' + words:<25}{bias:>9.4f}{slope}")
    if cell.sigmoid:
        lines.append(f"{'= total':<25}{cell.total:>9.4f}")
        width = cell.high - cell.low
        lines.append(f"sigmoid(total) × {width:g} + {cell.low:g}, the range of the ratings")
    elif (cell.scale, cell.offset) != (1.0, 0.0):
        lines.append(f"{'= total':<25}{cell.total:>9.4f}")
        shift = f" {cell.offset:+g}" if cell.offset else ""
        lines.append(f"total × {cell.scale:g}{shift}: from 0.5–5 to these ratings")
    lines.append(f"{'= prediction':<25}{cell.predicted:>9.4f}")
    if cell.actual is None or cell.error is None:
        return [*lines, "no rating here: nothing to learn from"]
    return [
        *lines,
        f"{'- actual':<25}{cell.actual:>9.4f}",
        f"{'= error':<25}{cell.error:>9.4f}     error² {cell.error**2:.6f}",
        f"{'d ' + loss + '/d prediction':<25}{cell.loss_slope:>9.6f}",
        *_descended(cell),
    ]


def _descended(cell: CellArithmetic) -> list[str]:
    """Return what is to be known where ratings are mapped onto 0.5 to 5 before anything learns."""
    if cell.loss_unit == 1.0:
        return []
    return [f"Steps take these gradients / {cell.loss_unit:g}: those of ratings from 0.5 to 5."]
