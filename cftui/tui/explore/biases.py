"""Explore, biases: the best and the worst movies once it is known who rated them."""

from typing import ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Static

from cftui.questions.trained import BiasAnswer, ExploreBiases
from cftui.text import fitting
from cftui.tui.explore.item_columns import count_column, rank_column, title_columns
from cftui.tui.explore.view import View, fill, filter_words
from cftui.tui.services.services import Services
from cftui.tui.shared.commands import Command, bindings
from cftui.tui.shared.grid import Column, Grid

COMMANDS = (
    Command("biases.filter", "f", "filter", "Filter", "By genre, year and ratings", True),
    Command("biases.least", "n", "least", "At least", "With at least 1, 5, 20, 50 ratings", True),
    Command("biases.open", "o", "open", "Open", "Open the movie under the cursor"),
)
COLUMNS = (
    rank_column(width=5),
    Column(*("bias", 5, "right"), key=lambda row: f"{row.bias:+.2f}", value=lambda row: row.bias),
    Column(
        *("mean", 4, "right"),
        key=lambda row: fitting(row.mean, 2, 4),
        yields=1,
        value=lambda row: row.mean,
    ),
    Column(
        *("its #", 5, "right"),
        key=lambda row: f"{row.mean_rank:,}",
        name="rank by mean",
        yields=3,
        value=lambda row: row.mean_rank,
    ),
    count_column(),
    *title_columns(),
)


class BiasView(View):
    """Items by their bias, best and worst."""

    ABOUT: ClassVar[str] = (
        "The item bias is what the model adds for a movie whoever rates it, over what users'"
        " biases and tastes explain: a movie with a high plain mean may owe it to kind raters, and"
        " one with a low mean to people who would not have liked anything of its sort. Beside it"
        " the plain mean and the rank by mean among the same movies; where the two ranks differ,"
        " it matters who rated."
    )
    SCOPED_CSS = False  # classes of the screen that tell its size stand above the view
    DEFAULT_CSS = """
    BiasView .tables { layout: horizontal; }
    BiasView.-narrow .tables { layout: vertical; }
    """
    HAS_FLOOR: ClassVar[bool] = True
    COMMANDS: ClassVar[tuple[Command, ...]] = COMMANDS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(COMMANDS)]

    def __init__(self, services: Services) -> None:
        super().__init__("biases", services)

    def compose(self) -> ComposeResult:
        """Lay out the two lists."""
        yield Static("", id="about", markup=False)
        with Vertical(classes="tables"):
            yield Grid(COLUMNS, id="first", classes="items")
            yield Grid(COLUMNS, id="second", classes="items")

    def on_mount(self) -> None:
        """Ask for the lists."""
        self._ask_biases()

    def focus_first(self) -> None:
        """Take the focus where one begins."""
        self.first.focus()

    def run_changed(self) -> None:
        """Ask anew."""
        self._ask_biases()

    def narrowed(self) -> None:
        """Ask anew, as the lists are narrowed otherwise."""
        self._ask_biases()

    @work(exclusive=True, group="ask", exit_on_error=False, description="Asking the model")
    async def _ask_biases(self) -> None:
        items = self.setting.items_word
        self.first.border_title = f"Best {items} by bias"
        self.second.border_title = f"Worst {items} by bias"
        model = self.setting.model
        if not self.setting.answers:
            self.refused(self.no_run)
        elif model is not None and not model.has_item_bias:
            self.refused(no_biases(model.model))
        else:
            question = ExploreBiases(self.setting.run_path, 100, self.only)
            answer = await self._ask(question, "biases")
            if answer is not None:
                self._show(answer)

    def _show(self, answer: BiasAnswer) -> None:
        self.first.border_subtitle = Text(self.by(answer.step))
        for grid, rows in ((self.first, answer.best), (self.second, answer.worst)):
            grid.set_empty("None pass: n asks for fewer ratings, f for other genres or years")
            fill(grid, rows, [row.item for row in rows])
        self.say(
            f"{answer.n_items:,} {self.setting.items_word}{filter_words(self.only)}, by what the"
            " model adds whoever rates them\nmean: of the plain ratings; its #: the rank by that"
            " mean"
        )

    def why_not(self, action: str) -> str | None:
        """Return why an action cannot be done now; none if it can."""
        model = self.setting.model
        if action in ("filter", "least") and model is not None and not model.has_item_bias:
            return no_biases(model.model)
        return None


def no_biases(model: str) -> str:
    """Return why a model has no biases to show, and what to do."""
    from cftui.hyperparameters import models_with

    return f"The model {model} has no item biases: r chooses a run of {models_with('biases')}"
