"""Explore, a movie: its ratings, what is near it by tastes and by a model, and who loved it."""

from collections.abc import Callable
from typing import ClassVar, get_args

from textual import events, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical

from cftui.questions.band import band_words
from cftui.questions.item_sums import ItemArithmetic
from cftui.questions.items import DescribeItems, ItemFilter, ItemRow
from cftui.questions.likes import AlikeAnswer, AlikeItems
from cftui.questions.trained import ExploreItem, ItemAnswer, Metric
from cftui.text import plain
from cftui.tui.explore.bars import Bars
from cftui.tui.explore.fans import fan_columns
from cftui.tui.explore.found import FoundView
from cftui.tui.explore.near_lists import SpaceList, TastesList
from cftui.tui.explore.sum_of_movies import NearLists, SumOfMovies
from cftui.tui.services.services import Services
from cftui.tui.shared.asking import Asker
from cftui.tui.shared.commands import Command, bindings
from cftui.tui.shared.grid import Grid
from cftui.tui.shared.key_order import held_keys_follow

COMMANDS = (
    Command("movies.search", "slash", "search", "Search", "Type part of a title", True),
    Command("movies.side", "s", "side", "Side", "Near by tastes, or in the model's space", True),
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
    Command("movies.plus", "plus,equals_sign", "plus", "Add", "Near this one as well, A + B", True),
    Command("movies.minus", "minus", "minus", "Take away", "Near it less this one, A \u2212 B"),
    Command("movies.alone", "x", "alone", "Alone", "Clear the sum: one movie alone"),
    Command("movies.open", "o", "open", "Open", "Open what the cursor is on"),
)


BOTH = 110
"""Cells of the view from which on both lists stand side by side."""
N = 100
"""Places of a list."""
NEEDS_RUN = "Needs a trained model: 3, then s"


class MovieView(FoundView):
    """A movie as its raters and a model see it."""

    KIND = "movies"
    ABOUT: ClassVar[str] = (
        "A movie: how its ratings are spread; what is near it by tastes, told from ratings alone"
        " (both: how many rated both; lift: how many times as many as by chance); what is near it"
        " in the space of a run's factors, by cosine, dot product or Euclidean distance, and how"
        " far that can be trusted; and who loved it (w: who has not rated it and would). Where"
        " there is no room for both lists, s shows the other one. Part of a title is enough,"
        " nearly right too (matr finds Matrix, The). enter on a movie or a user opens it. + adds"
        " the movie under the cursor to the one in view, - takes it away, and both lists are near"
        " the sum (Toy Story + Alien \u2212 Aladdin); x clears it."
    )
    SCOPED_CSS = False
    DEFAULT_CSS = """
    MovieView .near { height: 3fr; }
    MovieView .tables > #second { height: 2fr; }
    MovieView.-wide .tables { layout: vertical; }
    MovieView.-one NearList Static { height: auto; max-height: 2; }
    MovieView.-one SpaceList { display: none; }
    MovieView.-one.-space SpaceList { display: block; }
    MovieView.-one.-space TastesList { display: none; }
    """
    HAS_FLOOR: ClassVar[bool] = True
    COMMANDS: ClassVar[tuple[Command, ...]] = COMMANDS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(COMMANDS)]

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._least_chosen = False
        """Whether the user chose how many ratings neighbours need; else what suits the data."""
        self._metric: Metric = "cosine"
        self._would = False
        self._answer: ItemAnswer | None = None
        self._sum = SumOfMovies()
        """What is asked about instead of the movie at the cursor, if it is any."""
        self._ask_model = Asker(services.ask, lambda error: self._show_no_model(str(error)))
        self._ask_tastes = Asker(services.ask, lambda error: self.tastes.show_none(str(error)))

    def compose_answer(self) -> ComposeResult:
        """Lay out how it was rated, what is near it and who loved it."""
        yield Bars()
        with Vertical(classes="tables"):
            with Horizontal(classes="near"):
                yield TastesList()
                yield SpaceList(self._ask.ask)
            yield Grid(fan_columns(()), empty="Nobody", id="second", classes="users")

    @property
    def tastes(self) -> TastesList:
        """Return what is near by tastes."""
        return self.query_one(TastesList)

    @property
    def space(self) -> SpaceList:
        """Return what is near in the model's space."""
        return self.query_one(SpaceList)

    @property
    def near(self) -> Grid:
        """Return the list that is in view, or stands first of both."""
        return self.space.grid if self._one_in_space else self.first

    @property
    def can_answer(self) -> bool:
        """Return whether there are ratings."""
        return self.setting.summary is not None

    @property
    def _one_in_space(self) -> bool:
        return self.has_class("-one") and self.has_class("-space")

    def on_resize(self, event: events.Resize) -> None:
        """Show one list where there is no room for both."""
        self.set_class(event.size.width < BOTH, "-one")
        self.refresh_offer()

    def data_changed(self) -> None:
        """List other movies, with what suits their ratings."""
        self._least_chosen, self._sum = False, SumOfMovies()
        super().data_changed()

    def run_changed(self) -> None:
        """Ask anew."""
        self._ask_item()

    def seek(self, key: str) -> None:
        """Look at one movie, by its id."""
        self._set_sum(SumOfMovies())
        super().seek(key)

    @work(exclusive=True, group="ask", exit_on_error=False, description="Asking what is near")
    async def _ask_item(self) -> None:
        summary, key = self.setting.summary, self._key
        if summary is None or not key:
            return
        if self._sum:
            await self._ask_sum()
            return
        with held_keys_follow(self):
            another = key != self._shown
            least = self.only.min_ratings if self._least_chosen else None
            alike = await self._ask_tastes(AlikeItems(summary.store, key, N, least), "alike")
            if alike is not None:
                self._show_alike(alike)
            await self._ask_of_run(summary.store, key)
            if another:
                for grid in self.query(Grid).filter(".items, .users"):
                    grid.action_first()
            self.answered()
        await self.space.judge(self.setting, self._metric)

    async def _ask_sum(self) -> None:
        """Ask what is near a sum; who loved it is of one movie alone."""
        summary, sums = self.setting.summary, self._sum
        if summary is None:
            return
        least = self.only.min_ratings if self._least_chosen else None
        asked = ItemArithmetic(summary.store, sums.plus, sums.minus, n=N, min_ratings=least)
        lists = NearLists(self.tastes, self.space, self._ask_tastes, self._ask_model)
        with held_keys_follow(self):
            if not self.setting.answers:
                self._show_no_model(self.setting.waiting or NEEDS_RUN)
            answer = await lists.show(asked, self.setting.answering_path)
            if answer is not None:
                self.only = ItemFilter(min_ratings=answer.min_ratings)
                self.query_one(Bars).display = self.second.display = False
                self.say(f"{plain(answer.words)}\nx: one movie alone")
            self.answered()
        await self.space.judge(self.setting, "cosine")

    async def _ask_of_run(self, store: str, key: str) -> None:
        """Ask a run about the movie; without one, at least what the movie is."""
        path, answer = self.setting.answering_path, None
        if path:
            question = ExploreItem(path, key, self._metric, N, self.only.min_ratings)
            answer = await self._ask_model(question, "explore")
        else:
            self._show_no_model(self.setting.waiting or NEEDS_RUN)
        if answer is not None:
            self._show(answer)
        elif rows := await self._ask(DescribeItems(store, (key,)), "movie"):
            self._say_head(rows[0])

    def _show_alike(self, answer: AlikeAnswer) -> None:
        self.only = ItemFilter(min_ratings=answer.min_ratings)
        self.tastes.show(answer)

    def _show(self, answer: ItemAnswer) -> None:
        self._answer = answer
        bias = ""
        if answer.bias is not None:
            bias = f", bias {answer.bias:+.2f} (#{answer.bias_rank:,} of {answer.n_items:,})"
        self._say_head(answer, bias)
        bars = self.query_one(Bars)
        bars.counts, bars.display = answer.histogram, True
        self.space.show(answer, self.only.min_ratings, self.by(answer.step))
        self._show_fans(answer)

    def _say_head(self, item: ItemRow | ItemAnswer, bias: str = "") -> None:
        self.say(
            f"{plain(item.title)}  {item.genres.replace('|', ', ')}\n"
            f"{item.n_ratings:,} ratings, mean {item.mean:.2f}{bias}"
        )

    def _show_no_model(self, words: str) -> None:
        """Say why no model answers; what is near by tastes stands."""
        self._answer = None
        self.query_one(Bars).display = False
        self.space.show_none(words)
        self.second.display = False
        self.second.set_rows(())

    def _show_fans(self, answer: ItemAnswer) -> None:
        second = self.second
        fans = answer.would_like if self._would else answer.fans
        second.border_title = (
            "Would like it best, of those who have not rated it" if self._would else "Who loved it"
        )
        second.border_subtitle = band_words(fans)
        second.display = True
        second.set_columns(fan_columns(fans))
        second.set_rows(fans, [fan.user for fan in fans])

    def refused(self, words: str) -> None:
        """Show why there is no answer."""
        super().refused(words)
        self._show_no_model("")

    def why_not(self, action: str) -> str | None:
        """Return why an action cannot be done now; none if it can."""
        model = self.setting.model
        if action in ("metric", "fans") and not self.setting.answers:
            return self.setting.waiting or "No run has finished an epoch yet: train one (3)"
        if action == "metric" and model is not None and not model.has_item_factors:
            return f"The model {model.model} has no item factors: r chooses another run"
        if action == "side" and not self.has_class("-one"):
            return "Both lists stand side by side"
        if action == "alone" and not self._sum:
            return "No movie is added to another: + adds the one under the cursor"
        if action in ("metric", "fans") and self._sum:
            return "Of one movie alone: x clears the sum"
        return None

    def action_side(self) -> None:
        """Show the other list of what is near."""
        focused = self.near.has_focus
        self.toggle_class("-space")
        if focused:
            self.near.focus()

    def action_least(self) -> None:
        """Take the next least number of ratings."""
        self._least_chosen = True
        super().action_least()

    def action_metric(self) -> None:
        """Take the next metric."""
        metrics: tuple[Metric, ...] = get_args(Metric)
        self._metric = metrics[(metrics.index(self._metric) + 1) % len(metrics)]
        self._ask_item()

    def action_plus(self) -> None:
        """Add the movie under the cursor to the one in view, or to the sum."""
        self._reckon(SumOfMovies.added)

    def action_minus(self) -> None:
        """Take the movie under the cursor away."""
        self._reckon(SumOfMovies.taken)

    def action_alone(self) -> None:
        """Ask about the movie at the left's cursor alone."""
        self._set_sum(SumOfMovies())

    def _reckon(self, change: Callable[[SumOfMovies, str], SumOfMovies]) -> None:
        focused = self.screen.focused
        on_users = isinstance(focused, Grid) and focused.has_class("users")
        item = focused.cursor_key if isinstance(focused, Grid) and not on_users else None
        if item is None or not self._key:
            return
        # At the left the cursor is on the movie in view: that one begins the sum.
        begun = self._sum or SumOfMovies((self._key,))
        first = not self._sum and item == self._key
        self._set_sum(begun if first else change(begun, str(item)))

    def _set_sum(self, sums: SumOfMovies) -> None:
        if sums != self._sum:
            self._sum, self._shown = sums, ""
            self._ask_item()
            self.refresh_offer()

    def action_fans(self) -> None:
        """Show who loved it, or who would."""
        self._would = not self._would
        if self._answer is not None:
            self._show_fans(self._answer)
            self.second.action_first()
