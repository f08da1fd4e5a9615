"""A screen laid over a user: what they would give any movie."""

from typing import ClassVar

from rich.text import Text
from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Static

from cftui.questions.band import stars_words
from cftui.questions.data import DataSummary
from cftui.questions.items import FindItems, ItemRow
from cftui.questions.question import Ask
from cftui.questions.sheet import CellOfRun
from cftui.questions.trained import AskAbilities, Predict, Prediction
from cftui.text import plain
from cftui.tui.explore.item_columns import count_column, title_columns
from cftui.tui.explore.why import Explained, WhyScreen
from cftui.tui.shared.asking import Asker
from cftui.tui.shared.cell_arithmetic import CellScreen
from cftui.tui.shared.dialog import Dialog
from cftui.tui.shared.grid import Grid
from cftui.tui.shared.key_order import held_keys_follow, hold_keys

COLUMNS = (
    *title_columns(),
    count_column(),
)
WHEN = "tab: as of a day, such as 2018-05-03; empty: as they rated it, else now, no day known"


class PredictScreen(Dialog[None]):
    """Search a title; the prediction for the movie under the cursor stands below."""

    DEFAULT_CSS = """
    PredictScreen #verdict { height: 2; padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Close", id="predict.close"),
    ]

    def __init__(self, ask: Ask, summary: DataSummary, run: str, user: str) -> None:
        super().__init__()
        self._ask = Asker(ask, lambda error: self._say(str(error)))
        self._summary, self._run, self._user = summary, run, user
        self._found: tuple[ItemRow, ...] = ()
        self._query: str | None = None
        """What was last found; None before anything was."""
        self._why = False
        """Whether the first of what is being looked for is to be explained."""

    def compose(self) -> ComposeResult:
        """Lay out the field, what it finds, and the prediction."""
        with Vertical(classes="overlay") as box:
            box.border_title = Text(f"What would user {plain(self._user)} give?")
            box.border_subtitle = "type a title, up and down; enter: why; esc closes"
            field = Input(placeholder="part of a title, or an id", compact=True)
            field.cursor_blink = False
            yield field
            yield Grid(COLUMNS, empty="Nothing fits; another spelling?")
            when = Input(placeholder=WHEN, compact=True, id="when")
            when.cursor_blink = when.display = False
            yield when
            yield Static("", id="verdict", markup=False)

    def on_mount(self) -> None:
        """List the best known movies."""
        self._find("")

    def on_key(self, event: events.Key) -> None:
        """Let the arrows move in the list while one types."""
        grid = self.query_one(Grid)
        moves = {"up": -1, "down": 1}
        if event.key in moves and not grid.has_focus:
            event.stop()
            grid.action_move(moves[event.key])

    @on(Input.Changed)
    def _typed(self, message: Input.Changed) -> None:
        message.stop()
        if message.input is self._when:
            self._predict(self.query_one(Grid).cursor_place)
        else:
            self._find(message.value.strip())

    @property
    def _when(self) -> Input:
        """Return the field of a time; it is there for a model that knows when."""
        return self.query_one("#when", Input)

    @work(exclusive=True, group="find", exit_on_error=False, description="Searching")
    async def _find(self, text: str) -> None:
        question = FindItems(self._summary.store, text, 100)
        with held_keys_follow(self):
            found = await self._ask(question, group="titles to predict")
            if found is None:
                return
            self._show(found, text)
            if self._why:
                self._why = False
                await self._show_reasons(0)

    def _show(self, found: tuple[ItemRow, ...], text: str) -> None:
        self._found = found
        grid = self.query_one(Grid)
        grid.set_rows(found)
        grid.cursor_row = 0
        self._query = text
        self._predict(0)

    @on(Grid.Highlighted)
    def _moved(self, message: Grid.Highlighted) -> None:
        message.stop()
        self._predict(message.row)

    @work(exclusive=True, group="predict", exit_on_error=False, description="Predicting")
    async def _predict(self, place: int) -> None:
        if place >= len(self._found):
            self._say("")
            return
        item = self._found[place].item
        question = Predict(self._run, self._user, item, self._when.value.strip())
        answer = await self._ask(question, group="predict")
        if answer is not None:
            self._when.display = answer.knows_when
            self._say(_words(answer, self._summary.items_word.removesuffix("s")))

    @on(Grid.Selected)
    def _chosen(self, message: Grid.Selected) -> None:
        message.stop()
        self._explain(message.row)

    @on(Input.Submitted)
    def _submitted(self, message: Input.Submitted) -> None:
        message.stop()
        if message.input is not self._when and message.value.strip() != self._query:
            hold_keys(self)
            self._why = True
        else:
            self._explain(self.query_one(Grid).cursor_place)

    @work(exclusive=True, group="why", exit_on_error=False, description="Explaining")
    async def _explain(self, place: int) -> None:
        """Show what the prediction on show is made of."""
        await self._show_reasons(place)

    async def _show_reasons(self, place: int) -> None:
        """Show the arithmetic of a prediction; of a model that has none what user and movie add."""
        if place >= len(self._found):
            return
        row, when = self._found[place], self._when.value.strip()
        model = await self._ask(AskAbilities(self._run), group="why")
        if model is None:
            return
        if not model.has_arithmetic:
            what = Explained(
                *(self._summary.store, row.item, row.title),
                user=self._user,
                run=self._run,
                by_likes=False,
                when=when,
            )
            self.app.push_screen(WhyScreen(self._ask.ask, what))
            return
        cell = await self._ask(CellOfRun(self._run, self._user, row.item, when), group="why")
        if cell is not None:
            self.app.push_screen(CellScreen(plain(f"user {self._user} × {row.title}"), cell))

    def _say(self, words: str) -> None:
        self.query_one("#verdict", Static).update(words)


def _words(answer: Prediction, item_word: str) -> str:
    """Return the prediction in words, beside the actual rating if there is one."""
    actual = "not rated" if answer.actual is None else f"gave {answer.actual:g}"
    unseen = [
        f"this {kind} was never trained on"
        for kind, seen in (("user", answer.user_seen), (item_word, answer.item_seen))
        if not seen
    ]
    head = f"predicted {stars_words(answer)}, {actual}   {plain(answer.title)}"
    return "\n".join([head, *([f"({', '.join(unseen)}: a guess)"] if unseen else [])])
