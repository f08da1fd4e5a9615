"""The chain rule of one step, factor by factor, beside the estimate."""

from collections.abc import Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from cftui.questions.lab import DescentAnswer, StepRow
from cftui.tui.lab.numbers import short
from cftui.tui.shared.dialog import Dialog

FEW = 6
"""Points of a batch whose products are shown one by one."""


def chain_lines(answer: DescentAnswer, row: StepRow, difference: float) -> list[str]:
    """Return the derivation of a step's derivatives; for several points, as a mean of theirs."""
    if row.by_hand:
        return ["A weight was set by hand here: nothing was derived."]
    lines = [*_forward(answer, row), "", *_outer(row)]
    for weight, letter in enumerate(answer.letters):
        power = len(answer.letters) - 1 - weight
        lines += ["", *_of_weight(row, weight, letter, power, difference)]
    return lines


def _numbers(*values: float) -> str:
    return ", ".join(short(value, 8) for value in values)


def _forward(answer: DescentAnswer, row: StepRow) -> Iterator[str]:
    weights = ", ".join(
        f"{letter} = {short(value, 8)}"
        for letter, value in zip(answer.letters, row.weights, strict=True)
    )
    formula = answer.formula.replace("y =", "p =")
    if len(row.x) == 1:
        yield f"x = {short(row.x[0])}, y = {short(row.y[0])}, {weights}"
        yield f"{formula} = {short(row.prediction[0], 8)}"
        yield f"e = (p - y)² = {short(row.squared_error, 8)}"
        return
    yield f"{len(row.x)} points, {weights}"
    yield f"{formula}: {_first(row.prediction)}"
    yield f"e = mean of (p - y)² = {short(row.squared_error, 8)}"


def _first(values: tuple[float, ...]) -> str:
    return _numbers(*values[:FEW]) + (", …" if len(values) > FEW else "")


def _outer(row: StepRow) -> Iterator[str]:
    outer = _outer_values(row)
    if len(outer) == 1:
        yield f"de/dp = 2 (p - y) = {short(outer[0], 8)}"
    else:
        yield f"de/dp = 2 (p - y) for each point: {_first(outer)}"


def _outer_values(row: StepRow) -> tuple[float, ...]:
    return tuple(2 * (p - y) for p, y in zip(row.prediction, row.y, strict=True))


def _of_weight(
    row: StepRow, weight: int, letter: str, power: int, difference: float
) -> Iterator[str]:
    name = ("1", "x", "x²")[power]
    inner, outer = tuple(x**power for x in row.x), _outer_values(row)
    gradient, estimated = row.gradient[weight], row.estimated[weight]
    if len(inner) == 1:
        is_value = "" if power == 0 else f" = {short(inner[0], 8)}"
        yield f"dp/d{letter} = {name}{is_value}"
        yield (
            f"de/d{letter} = de/dp · dp/d{letter} = {short(outer[0], 8)} · {short(inner[0], 8)}"
            f" = {short(gradient, 9)}"
        )
    else:
        products = tuple(one * other for one, other in zip(outer, inner, strict=True))
        yield f"dp/d{letter} = {name}" + ("" if power == 0 else f": {_first(inner)}")
        yield f"de/dp · dp/d{letter}: {_first(products)}"
        yield f"de/d{letter} = their mean = {short(gradient, 9)}"
    yield (
        f"estimated: (e({letter} + h) - e({letter})) / h = {short(estimated, 9)}, h ="
        f" {difference:g}; off by {short(estimated - gradient, 8)}"
    )


NOTE = (
    "e is a parabola in each weight, so that the estimate is off by h times the mean of (dp/dw)²,"
    " and by rounding: a smaller h (f) is nearer, until rounding wins."
)


class ChainRuleScreen(Dialog[None]):
    """Shows how the derivatives of a step come about."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "dismiss(None)", "Close", id="chain.close")
    ]

    def __init__(self, answer: DescentAnswer, row: StepRow, difference: float) -> None:
        super().__init__()
        self._number = row.number
        self.lines = chain_lines(answer, row, difference)
        """What it says, but for the note."""

    def compose(self) -> ComposeResult:
        """Lay out the lines."""
        with VerticalScroll(classes="overlay") as box:
            box.border_title = f"Chain rule of step {self._number:,}"
            box.border_subtitle = "esc closes"
            yield Static("\n".join([*self.lines, "", NOTE]), markup=False)
