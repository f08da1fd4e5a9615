"""What the lesson says in passing, each shown with its numbers: a screen laid over the lab."""

from collections.abc import Callable, Mapping
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from cftui.questions.lab_runs import CheckDerivative, DerivativeAnswer
from cftui.questions.lab_truths import (
    AverageAnswer,
    AverageLoss,
    CallDotProduct,
    DotProductAnswer,
    EmbeddingAnswer,
    LookUpEmbedding,
    Matrix,
)
from cftui.questions.question import A, Ask, Question
from cftui.text import plain
from cftui.tui.lab.derivative import DerivativeScreen, derivative_lines
from cftui.tui.shared.asking import Asker
from cftui.tui.shared.dialog import Dialog

SHOWN = 4
"""Numbers of a row that are told."""


class TruthsScreen(Dialog[None]):
    """A dot product, an embedding as a one-hot product, a derivative, the average of the loss."""

    DEFAULT_CSS = "TruthsScreen .truth { margin-bottom: 1; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "dismiss(None)", "Close", id="truths.close"),
        Binding("d", "derivative", "Derivative", id="truths.derivative"),
    ]

    def __init__(self, ask: Ask, store: str, runs: Mapping[str, str]) -> None:
        """Ask by `ask`; `store` of the ratings.

        `runs` has a directory by what each is called, that of the run that answers first.
        """
        super().__init__()
        self._ask, self._store, self._runs = ask, store, dict(runs)
        self._run = next(iter(self._runs.values()), "")

    def compose(self) -> ComposeResult:
        """Lay out a place for each."""
        with VerticalScroll(classes="overlay") as box:
            box.border_title = "Small truths"
            box.border_subtitle = "d: derivative by another number, esc closes"
            for name in ("dot", "embedding", "derivative", "average"):
                yield Static("…", id=f"truth-{name}", classes="truth", markup=False)

    def on_mount(self) -> None:
        """Ask for each, as far as there is what it is about."""
        self._show("dot", CallDotProduct(), dot_lines)
        if self._store or self._run:
            question = LookUpEmbedding(self._store, run=self._run)
            self._show("embedding", question, embedding_lines)
        if self._run:
            self._show("derivative", CheckDerivative(self._run), derivative_truth)
            self._show("average", AverageLoss(self._run), average_lines)
        else:
            self._say("derivative", "autograd against a finite difference, of a run: train one (3)")
            self._say("average", "α·old + (1 - α)·new, of a run's loss: train one (3)")

    def action_derivative(self) -> None:
        """Ask for a number of a run, and differentiate its loss by it."""
        if self._runs:
            self.app.push_screen(DerivativeScreen(self._ask, self._runs))
        else:
            self.notify("It is of a run's loss: train one (3)", title="Derivative", markup=False)

    @work(exit_on_error=False, description="Asking the lab")
    async def _show(
        self, name: str, question: Question[A], lines: Callable[[A], list[str]]
    ) -> None:
        ask = Asker(self._ask, lambda error: self._say(name, str(error)))
        answer = await ask(question, f"truth {name}")
        if answer is not None:
            self._say(name, "\n".join(lines(answer)))

    def _say(self, name: str, words: str) -> None:
        for line in self.query(f"#truth-{name}").results(Static):  # none once it is being closed
            line.update("\n".join(map(plain, words.splitlines())))


def dot_lines(found: DotProductAnswer) -> list[str]:
    """Return a dot product of rows, and what the lesson's module makes of them."""
    return [
        f"a = {_matrix(found.a)}   b = {_matrix(found.b)}   a * b = {_matrix(found.products)}",
        f"(a * b).sum(1) = {_numbers(found.sums)}   the lesson's DotProduct: "
        f"{_numbers(found.called)}",
    ]


def _matrix(rows: Matrix) -> str:
    return "[" + ", ".join(f"[{_numbers(row)}]" for row in rows) + "]"


def _numbers(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:g}" for value in values)


def derivative_truth(found: DerivativeAnswer) -> list[str]:
    """Return a derivative of a run's loss in both ways, and the key that asks for another."""
    return [*derivative_lines(found), "d differentiates by any other number, of any run"]


def embedding_lines(found: EmbeddingAnswer) -> list[str]:
    """Return a user's factors looked up, and as a one-hot vector times the matrix."""
    first = ", ".join(f"{value:.4f}" for value in found.looked_up[:SHOWN])
    same = "the same, bit for bit" if found.equal else "not the same"
    times = found.multiply_seconds / max(found.look_up_seconds, 1e-9)
    return [
        f"User {found.user} is row {found.code} of {found.n_users:,}; factors: {found.of}",
        f"looked up: {first}, … ({len(found.looked_up)} numbers), in"
        f" {found.look_up_seconds * 1e6:.1f} µs",
        f"one-hot vector times the matrix: {same}, in {found.multiply_seconds * 1e6:.1f} µs,"
        f" {times:,.0f} times as long: an embedding is a product that is never done",
    ]


def average_lines(found: AverageAnswer) -> list[str]:
    """Return the average of a run's loss at steps that double, biased and debiased."""
    alpha, last = found.alpha, len(found.points) - 1
    lines = [
        f"Loss of run {found.run}: average = {alpha:g} · old + {1 - alpha:.2g} · new, from 0",
        f"{'step':>8}{'loss':>10}{'average':>10}{'debiased':>10}{'the curve':>11}",
    ]
    for place in sorted({min(2**n - 1, last) for n in range(last.bit_length() + 1)}):
        one = found.points[place]
        lines.append(
            f"{one.step:>8,}{one.loss:>10.4f}{one.biased:>10.4f}{one.debiased:>10.4f}"
            f"{one.smooth:>11.4f}"
        )
    first = found.points[0]
    return [
        *lines,
        f"After step {first.step:,} the average is {first.biased / first.debiased:.0%} of what it"
        " means, as it began with 0; divided by 1 - α^step it is the smooth curve of Train.",
    ]
