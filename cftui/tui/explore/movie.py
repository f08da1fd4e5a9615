"""Explore, a movie: its ratings, what is near it in the model's factors, and who loved it."""

from typing import ClassVar, get_args

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from cftui.questions.items import ItemFilter
from cftui.questions.trained import ExploreItem, Fan, ItemAnswer, Metric
from cftui.text import plain
from cftui.tui.explore.bars import Bars
from cftui.tui.explore.found import FoundView
from cftui.tui.explore.view import LEAST, fill
from cftui.tui.services.services import Services
from cftui.tui.shared.commands import Command, bindings
from cftui.tui.shared.grid import Column, Grid
from cftui.tui.shared.key_order import held_keys_follow

COMMANDS = (
    Command("movies.search", "slash", "search", "Search", "Type part of a title", True),
    Command("movies.metric", "c", "metric", "Metric", "Cosine, dot product or distance", True),
    Command(
        "movies.least",
        "n",
        "least",
        "At least",
        "Neighbours with at least 1, 5, 20 or 50 ratings",
        True,
    ),
    Command("movies.fans", "w", "fans", "Who", "Who loved it, or who would", True),
    Command("movies.open", "o", "open", "Open", "Open what the cursor is on"),
)


def _rated(fan: Fan) -> str:
    return "" if fan.value is None else f"{fan.value:g}"


FAN_COLUMNS = (
    Column("user", 8, key=lambda fan: fan.user),
    Column("rated", 5, align="right", key=_rated),
    Column("model", 5, align="right", key=lambda fan: f"{fan.predicted:.2f}"),
    Column("their mean", 10, align="right", key=lambda fan: f"{fan.mean:.2f}"),
    Column("ratings", 7, align="right", key=lambda fan: f"{fan.n_ratings:,}"),
)
METRIC_WORDS = {"cosine": "cosine", "dot": "dot product", "euclid": "Euclidean distance"}


class MovieView(FoundView):
    """A movie as the model sees it."""

    KIND = "movies"
    ABOUT: ClassVar[str] = (
        "A movie: how its ratings are spread; those nearest to it in the model's factors, by"
        " cosine, dot product or Euclidean distance; its bias, with the rank among all; and who"
        " loved it (w: who has not rated it and would). Part of a title is enough, nearly right"
        " too (matr finds Matrix, The). enter on a movie or a user opens it."
    )
    COMMANDS: ClassVar[tuple[Command, ...]] = COMMANDS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(COMMANDS)]

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.only = ItemFilter(min_ratings=LEAST)
        self._metric: Metric = "cosine"
        self._would = False
        self._answer: ItemAnswer | None = None

    def compose_answer(self) -> ComposeResult:
        """Lay out how it was rated, what is near it and who loved it."""
        yield Bars()
        with Vertical(classes="tables"):
            yield Grid((), empty="Choose a movie at the left", id="first", classes="items")
            yield Grid(FAN_COLUMNS, id="second", classes="users")

    def run_changed(self) -> None:
        """Ask anew."""
        self._ask_item()

    @work(exclusive=True, group="ask", exit_on_error=False, description="Asking the model")
    async def _ask_item(self) -> None:
        if not self.setting.answers:
            self.refused(self.NO_RUN)
        elif self._key:
            least = self.only.min_ratings
            question = ExploreItem(self.setting.run_path, self._key, self._metric, 100, least)
            with held_keys_follow(self):
                answer = await self._ask(question, "explore")
                if answer is not None:
                    another = self._answer is None or answer.item != self._answer.item
                    self._answer = answer
                    self._show(answer)
                    if another:
                        self.first.action_first()
                        self.second.action_first()

    def _show(self, answer: ItemAnswer) -> None:
        bias = ""
        if answer.bias is not None:
            bias = f", bias {answer.bias:+.2f} (#{answer.bias_rank:,} of {answer.n_items:,})"
        self.say(
            f"{plain(answer.title)}  {answer.genres.replace('|', ', ')}\n"
            f"{answer.n_ratings:,} ratings, mean {answer.mean:.2f}{bias}"
        )
        self.query_one(Bars).counts = answer.histogram
        self._show_neighbours(answer)
        self._show_fans(answer)
        self.answered()

    def _show_neighbours(self, answer: ItemAnswer) -> None:
        first = self.first
        least = f", {self.only.min_ratings}+ ratings" if self.only.min_ratings > 1 else ""
        first.set_empty(answer.no_neighbours or "None has so many ratings: n asks for fewer")
        first.border_title = f"Nearest by {METRIC_WORDS[answer.metric]}{least}"
        first.border_subtitle = self.by(answer.step)
        first.set_columns(_neighbour_columns(answer.metric))
        fill(first, answer.neighbours, [row.item for row in answer.neighbours])

    def _show_fans(self, answer: ItemAnswer) -> None:
        second = self.second
        fans = answer.would_like if self._would else answer.fans
        second.border_title = (
            "Would like it best, of those who have not rated it" if self._would else "Who loved it"
        )
        second.set_rows(fans, [fan.user for fan in fans])

    def refused(self, words: str) -> None:
        """Show why there is no answer."""
        super().refused(words)
        self.query_one(Bars).counts = ()

    def why_not(self, action: str) -> str | None:
        """Return why an action cannot be done now; none if it can."""
        model = self.setting.model
        if action in ("metric", "least") and model is not None and not model.has_item_factors:
            return f"The model {model.model} has no item factors: r chooses another run"
        return None

    def action_metric(self) -> None:
        """Take the next metric."""
        metrics: tuple[Metric, ...] = get_args(Metric)
        self._metric = metrics[(metrics.index(self._metric) + 1) % len(metrics)]
        self._ask_item()

    def action_fans(self) -> None:
        """Show who loved it, or who would."""
        self._would = not self._would
        if self._answer is not None:
            self._show_fans(self._answer)
            self.second.action_first()


def _neighbour_columns(metric: Metric) -> tuple[Column, ...]:
    return (
        Column("#", 3, align="right", key=lambda row: str(row.rank)),
        Column(metric, 7, align="right", key=lambda row: f"{row.score:.3g}"),
        Column("ratings", 7, align="right", key=lambda row: f"{row.n_ratings:,}"),
        Column("title", None, key=lambda row: row.title),
    )
