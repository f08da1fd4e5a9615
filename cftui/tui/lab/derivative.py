"""A derivative of a run's loss, autograd's beside a finite difference: of any number of any run."""

import re
from collections.abc import Mapping
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Static

from cftui.questions.lab_runs import CheckDerivative, DerivativeAnswer
from cftui.questions.question import Ask
from cftui.text import plain
from cftui.tui.lab.dialogs import CANCEL, TAKE
from cftui.tui.shared.asking import Asker
from cftui.tui.shared.dialog import Dialog
from cftui.tui.shared.inputs import Choice, FieldChanged, NumberField, TextField

NUMBER_OF_A_RUN = re.compile(r"\s*([^\[\]\s]+)\s*(?:\[\s*(\d+(?:\s*,\s*\d+)*)\s*\])?\s*")
EXAMPLE = "user_factors[14, 0]"


class DerivativeScreen(Dialog[None]):
    """Asks for a run, one of its numbers and h, and shows the derivatives below."""

    DEFAULT_CSS = """
    DerivativeScreen .setting { height: 1; }
    DerivativeScreen .setting Static { width: 12; }
    DerivativeScreen #derivative { margin-top: 1; }
    DerivativeScreen #derivative.-wrong { color: $text-error; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [CANCEL, TAKE]

    def __init__(self, ask: Ask, runs: Mapping[str, str]) -> None:
        """Ask by `ask`; `runs` has a directory by what each is called, the first to begin with."""
        super().__init__()
        self._ask_by, self._runs = ask, dict(runs)

    def compose(self) -> ComposeResult:
        """Lay out the fields above the answer."""
        names = tuple(self._runs)
        with VerticalScroll(classes="overlay", can_focus=False) as box:
            box.border_title = "Derivative of a run's loss by one of its numbers"
            box.border_subtitle = "enter computes, ←→ another run, esc closes"
            with Horizontal(classes="setting"):
                yield Static("number", markup=False)
                yield TextField("number", "")
            with Horizontal(classes="setting"):
                yield Static("run", markup=False)
                yield Choice("run", names[0], names)
            with Horizontal(classes="setting"):
                yield Static("h", markup=False)
                step = NumberField("h", "")
                step.placeholder = "what suits the model's precision"
                yield step
            yield Static("…", id="derivative", markup=False)

    def on_mount(self) -> None:
        """Begin with the first number of the run."""
        self.action_take()

    def on_field_changed(self, message: FieldChanged) -> None:
        """Let it be: the fields are read when they are taken."""
        message.stop()

    def action_take(self) -> None:
        """Ask for what the fields say, or say what is wrong with them."""
        fields = {field.key: field.value for field in self.query(TextField)}
        run = self._runs[self.query_one(Choice).value]
        try:
            question = derivative_question(run, fields["number"], fields["h"])
        except ValueError as error:
            self._say(str(error), wrong=True)
        else:
            self._ask(question)

    @work(exclusive=True, group="derivative", exit_on_error=False, description="Differentiating")
    async def _ask(self, question: CheckDerivative) -> None:
        ask = Asker(self._ask_by, lambda error: self._say(str(error), wrong=True))
        answer = await ask(question, "derivative")
        if answer is not None:
            number = self.query(TextField).first()
            if not number.value:
                number.value = answer.label
                number.select_all()  # so that another is typed in its place
            self._say("\n".join((*derivative_lines(answer), "", numbers_there(answer))))

    def _say(self, words: str, *, wrong: bool = False) -> None:
        line = self.query_one("#derivative", Static)
        line.set_class(wrong, "-wrong")
        line.update("\n".join(map(plain, words.splitlines())))


def derivative_question(run: str, number: str, h: str) -> CheckDerivative:
    """Return the question for a number such as `item_bias[5]`; raises ValueError in words.

    Empty for the first number of the run, and for an h that suits its precision.
    """
    found = NUMBER_OF_A_RUN.fullmatch(number)
    if number.strip() and not found:
        raise ValueError(f"{number!r} is no number of a run; give one such as {EXAMPLE}")
    try:
        step = float(h) if h.strip() else None
    except ValueError:
        raise ValueError(f"h: {h!r} is not a number; give one such as 1e-5") from None
    if not found:
        return CheckDerivative(run, h=step)
    index = tuple(map(int, found[2].split(","))) if found[2] else ()
    return CheckDerivative(run, found[1], index, step)


def derivative_lines(found: DerivativeAnswer) -> list[str]:
    """Return a derivative in both ways, and how far they are apart."""
    whose = f" of {found.whose}" if found.whose else ""
    of = "rating that it decides" if found.n_ratings == 1 else "ratings that it decides"
    lines = [
        f"w = {found.label}{whose} = {found.value:.6g}, of run {found.run}",
        f"loss = mean squared error of {found.n_ratings:,} {of} = {found.loss:.9g}",
        f"{'autograd':<40}{found.autograd: .10g}",
        f"{'(loss(w + h) - loss(w - h)) / 2h':<40}{found.central: .10g}   h {found.h:g}",
        _apart_words(found.central_apart),
        f"{'the lesson: (loss(w + h) - loss(w)) / h':<40}{found.forward: .10g}",
    ]
    if not found.exact:
        lines.append("a model of your own computes in single precision: a few digits agree")
    return lines


def _apart_words(apart: float | None) -> str:
    if apart is None:
        return "autograd's is 0, so that there is no relative difference"
    return f"{'relative difference of the two':<40} {apart:.2g}"


def numbers_there(found: DerivativeAnswer) -> str:
    """Return which numbers the run has."""
    told = (f"{name}[{', '.join(map(_upto, shape))}]" for name, shape in found.parameters if shape)
    return f"It has {', '.join(told)}"


def _upto(size: int) -> str:
    return f"0–{size - 1}" if size > 1 else "0"
