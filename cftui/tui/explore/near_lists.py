"""The two tables of what is near a movie: by tastes, and in a model's space."""

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from cftui.questions.item_sums import ItemSum
from cftui.questions.likes import AlikeAnswer, JudgeSpace
from cftui.questions.question import Ask
from cftui.questions.trained import ItemAnswer, Metric
from cftui.text import plain
from cftui.tui.explore.item_columns import count_column, rank_column, title_columns
from cftui.tui.explore.view import Setting, fill
from cftui.tui.services.child import ChildError
from cftui.tui.shared.asking import Asker
from cftui.tui.shared.grid import Column, Grid

METRIC_WORDS = {"cosine": "cosine", "dot": "dot product", "euclid": "Euclidean distance"}
FEWER = "None: n asks for fewer ratings"


class NearList(Vertical):
    """Words on how it came about, above a table."""

    DEFAULT_CSS = """
    NearList Static { height: 2; padding: 0 1; color: $text-muted; }
    """
    GRID_ID = ""

    def compose(self) -> ComposeResult:
        """Lay out the words and the table."""
        yield Static("", markup=False)
        empty = "Choose a movie at the left"
        yield Grid((), empty=empty, id=self.GRID_ID, classes="items")

    @property
    def grid(self) -> Grid:
        """Return the table."""
        return self.query_one(Grid)

    def say(self, words: str) -> None:
        """Show words above the table."""
        self.query_one(Static).update(plain(words))

    def fill_sum(self, answer: ItemSum) -> None:
        """Show what is near a sum."""
        self.grid.set_empty(FEWER if answer.min_ratings > 1 else "None")
        fill(self.grid, answer.near, [row.item for row in answer.near])


class TastesList(NearList):
    """What is near by the tastes of those who rated."""

    GRID_ID = "first"

    def __init__(self) -> None:
        super().__init__()
        self._of_sum = False

    def on_mount(self) -> None:
        """Head the columns."""
        self.grid.border_title = "Near by tastes"

    def _choose_columns(self) -> None:
        self.grid.set_columns(_SUM if self._of_sum else _TASTES)

    def show_sum(self, answer: ItemSum) -> None:
        """Show what is near a sum of movies."""
        self._of_sum = True
        self._choose_columns()
        self.say(answer.way)
        self.grid.border_title = f"Near by tastes{_least(answer.min_ratings)}"
        self.fill_sum(answer)

    def show(self, answer: AlikeAnswer) -> None:
        """Show an answer."""
        self._of_sum = False
        self._choose_columns()
        self.say(answer.words or answer.way)
        self.grid.border_title = f"Near by tastes{_least(answer.min_ratings)}"
        self.grid.set_empty(FEWER if answer.min_ratings > 1 else "None")
        fill(self.grid, answer.alike, [row.item for row in answer.alike])

    def show_none(self, words: str) -> None:
        """Say why there is no such list."""
        self.say(words)
        self.grid.set_empty("")
        self.grid.set_rows(())


class SpaceList(NearList):
    """What is near in the space of a run's item factors, and how far that can be trusted."""

    GRID_ID = "space"

    def __init__(self, ask: Ask) -> None:
        super().__init__()
        self._ask = Asker(ask, self._not_judged)
        self._judged: tuple[Setting, Metric] | None = None
        """What the words are about."""
        self._metric: Metric = "cosine"

    def on_mount(self) -> None:
        """Head the columns."""
        self.grid.border_title = "Near in the model's space"

    def _choose_columns(self) -> None:
        self.grid.set_columns(_space_columns(self._metric))

    def show(self, answer: ItemAnswer, least: int, by: str) -> None:
        """Show the neighbours of an answer."""
        self._metric = answer.metric
        self.grid.set_empty(answer.no_neighbours or FEWER)
        self.grid.border_title = f"In the model's space, {METRIC_WORDS[answer.metric]}"
        self.grid.border_subtitle = Text(by)
        self._choose_columns()
        fill(self.grid, answer.neighbours, [row.item for row in answer.neighbours])

    def show_sum(self, answer: ItemSum) -> None:
        """Show what is near a sum of movies, by cosine whatever the metric of one."""
        self._metric = "cosine"
        self.grid.border_title = "In the model's space, cosine with the sum"
        self._choose_columns()
        self.fill_sum(answer)

    def show_none(self, words: str) -> None:
        """Say why there is no such list."""
        self.say("")
        self._judged = None
        self.grid.border_subtitle = ""
        self.grid.set_empty(words)
        self.grid.set_rows(())

    async def judge(self, setting: Setting, metric: Metric) -> None:
        """Say how far the space of a run can be trusted, once for each run and metric."""
        if not setting.answers or self._judged == (setting, metric):
            return
        if setting.model is not None and not setting.model.has_item_factors:
            return
        self.say("How far can this be trusted? …")
        judgement = await self._ask(JudgeSpace(setting.run_path, metric), "judge")
        if judgement is not None:
            self._judged = setting, metric
            self.say(judgement.words)

    def _not_judged(self, error: ChildError) -> None:
        self.say(str(error))


def _least(ratings: int) -> str:
    return f", {ratings}+ ratings" if ratings > 1 else ""


_TASTES = (
    rank_column(),
    Column(
        *("score", 5, "right"),
        key=lambda row: f"{row.score:.2f}",
        yields=1,  # how many rated both, and the lift, say more
        value=lambda row: row.score,
    ),
    Column(*("both", 4, "right"), key=lambda row: f"{row.common:,}", value=lambda row: row.common),
    Column("lift", 4, "right", key=lambda row: f"{row.lift:.1f}", value=lambda row: row.lift),
    count_column(),
    *title_columns(),
)
_SUM = tuple(column for column in _TASTES if column.label not in ("both", "lift"))


def _space_columns(metric: Metric) -> tuple[Column, ...]:
    return (
        rank_column(),
        Column(
            *(metric, 6, "right"),
            key=lambda row: f"{row.score:.3g}",
            yields=1,
            value=lambda row: row.score,
        ),
        count_column(),
        *title_columns(),
    )
