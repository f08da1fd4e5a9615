"""Explore, you: rate a few movies and get a list at once, with or without a run."""

from dataclasses import replace
from typing import ClassVar

from rich.text import Text
from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from cftui.hyperparameters.recipes import first_recipe
from cftui.people import ME, same
from cftui.questions.band import band_called
from cftui.questions.items import ORDERS
from cftui.questions.likes import ForYouAnswer
from cftui.text import plain
from cftui.tui.explore.exporting import ask_where_to_export
from cftui.tui.explore.list_maker import ListMaker
from cftui.tui.explore.newcomer_list import (
    NewcomerList,
    is_drawn,
    newcomer_words,
    order_words,
)
from cftui.tui.explore.offers import Offers
from cftui.tui.explore.rated_view import PROFILE_COMMANDS, RatedView
from cftui.tui.explore.view import filter_words
from cftui.tui.explore.weighing import ask_regularization, ask_threshold
from cftui.tui.explore.why import Explained, WhyScreen
from cftui.tui.explore.your_grid import YourGrid
from cftui.tui.services.services import Services
from cftui.tui.shared.commands import Command, bindings
from cftui.tui.shared.grid import Grid
from cftui.tui.shared.messages import TrainLike

COMMANDS = (
    Command("you.search", "slash", "search", "Search", "Type a title to rate", True),
    Command("you.drop", "d,delete", "drop", "Delete", "Take the rating back", True),
    Command("you.undo", "U", "undo", "Undo", "Take the last change of your ratings back"),
    Command("you.order", "s", "order", "Order", "For you, by predicted stars, or popular", True),
    Command("you.why", "w", "why", "Why", "Why a movie is on the list, as enter there", True),
    Command("you.filter", "f", "filter", "Filter", "The list by genre, year, ratings", True),
    Command("you.least", "n", "least", "At least", "Only with 1, 5, 20 or 50 ratings", True),
    *PROFILE_COMMANDS,
    Command("you.rate", "v", "rate", "Value", "Rate the movie under the cursor"),
    Command("you.liked", "h", "threshold", "Liked", "From which value on a rating is a like"),
    Command("you.weight", "l", "weight", "Lambda", "How far you are held to the mean user"),
    Command("you.train", "t", "train", "Train", "Train a run whose stars know tastes"),
    Command("you.export", "e", "export", "Export", "Write the list as CSV"),
    Command("you.open", "o", "open", "Open", "Open the movie under the cursor"),
)
TASTEFUL: dict[str, dict[str, object]] = {
    "optimizer": {"name": "adam"},
    "schedule": {"name": "cosine-restarts"},
}
"""The lesson's other recipe, whose factors move predictions after as few epochs."""
NARROW = 100
"""Cells of the view under which its head is short."""


class YouView(RatedView):
    """A newcomer's ratings and the list they make."""

    ABOUT: ClassVar[str] = (
        "Rate a few movies and the list at the right is yours, from the first one on: whoever likes"
        " what you like also likes these (EASE on all ratings; h: from which value on a rating is a"
        " like). No run is needed; one of dot-bias or dot adds the stars that it predicts: your own"
        " factors and bias are solved for, near the mean user (l: how near), and its list weighs"
        " both; one of bayes-fm draws them, with a band (±) that narrows as you rate."
        " s orders by likes, by stars, or by how many like each. enter on a title at the left"
        " gives it a value; left and right change one under You rated, d takes it back. On the list"
        " ▲ and ▼ tell by how many places each movie rose or fell with your last change; enter"
        " there tells why it is on the list, v rates it, o opens it."
        " Your ratings are kept for the next time, under a name: p rates as somebody else, or makes"
        " a profile, renames or deletes one; i makes one of an export of Letterboxd, IMDb,"
        " Goodreads, Trakt or Kinopoisk; a is one list for two of them."
    )
    SCOPED_CSS = False
    DEFAULT_CSS = """
    YouView.-medium .finder { width: 46; }
    YouView Offers { height: 3fr; }
    YouView #offers { height: 1fr; }
    YouView #yours { height: 2fr; }
    YouView #about { height: auto; max-height: 5; }
    YouView.-short #about { height: auto; max-height: 4; }
    """
    HAS_FLOOR: ClassVar[bool] = True
    COMMANDS: ClassVar[tuple[Command, ...]] = COMMANDS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(COMMANDS)]

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._maker = ListMaker(services.ask, lambda error: self.refused(str(error)))
        self._answer: ForYouAnswer | None = None

    def compose(self) -> ComposeResult:
        """Lay out what can be rated and what is at the left, the list at the right."""
        with Horizontal():
            with Vertical(classes="finder"):
                yield Offers(self._ask.ask)
                yield YourGrid()
            with Vertical(classes="answer"):
                yield Static("", id="about", markup=False)
                yield NewcomerList()

    @property
    def list(self) -> NewcomerList:
        """Return the list."""
        return self.query_one(NewcomerList)

    def on_mount(self) -> None:
        """Begin with what was rated before."""
        self.data_changed()

    def focus_first(self) -> None:
        """Take the focus where one begins."""
        self.offers.grid.focus()

    def ratings_changed(self) -> None:
        """Show what was rated, and ask for the list that it makes."""
        self._show_yours()
        self.offers.show(self.setting, self.yours)
        self._ask_list()

    def forget_list(self) -> None:
        """Forget the list on show: the next is of other ratings, or of somebody else."""
        self.workers.cancel_group(self, "ask")
        self._maker.shown, self._answer = None, None

    def run_changed(self) -> None:
        """Ask another run, or its newer weights."""
        self._maker.shown = None
        self.offers.show(self.setting, self.yours)
        self._ask_list()

    def narrowed(self) -> None:
        """Ask for the list narrowed otherwise; nothing moved by that."""
        self._maker.shown = None
        self._ask_list()

    # The list

    @work(exclusive=True, group="ask", exit_on_error=False, description="Making your list")
    async def _ask_list(self) -> None:
        answer = await self._maker.make(self.setting, self.yours, self.list_order, self.only)
        if answer is not None:
            self._show(answer)

    @property
    def _learning(self) -> bool:
        """Return whether the run that answers goes on."""
        return self.setting.row is not None and self.setting.row.alive

    def refused(self, words: str) -> None:
        """Show why there is no list."""
        self._answer, self._maker.shown = None, None
        super().refused(words)
        self._show_yours()

    def _show(self, answer: ForYouAnswer) -> None:
        self._answer = answer
        titles = self.offers.titles
        titles.update({row.item: row.title for row in answer.rated})
        titles.update({row.item: row.title for row in answer.recommended})
        self._show_yours()
        self._say_head(answer)
        self.list.border_title = Text(f"{order_words(answer)}{filter_words(self.only)}")
        called = band_called(answer.recommended)
        label = f"stars ± {called}" if called else "stars"
        stars = "" if answer.step is None else f"{label} {self.by(answer.step)}"
        self.list.border_subtitle = Text(stars)
        self.list.show(answer)
        self.refresh_offer()

    def _say_head(self, answer: ForYouAnswer) -> None:
        narrow, weight = self.size.width < NARROW, self.yours.regularization
        self.say(
            newcomer_words(
                answer, self.person, learning=self._learning, weight=weight, narrow=narrow
            )
        )

    def on_resize(self, event: events.Resize) -> None:
        """Say the head in as many words as there is room for."""
        if self._answer is not None:
            self._say_head(self._answer)

    def _show_yours(self) -> None:
        told = self._answer.rated if self._answer else ()
        whose = "You" if same(self.person) == ME else plain(self.person)
        self.your_grid.border_title = Text(f"{whose} rated")
        self.your_grid.show(self.yours, told, self.offers.titles)

    # What the user does here

    def why_not(self, action: str) -> str | None:
        """Return why an action cannot be done now; none if it can."""
        if action == "undo" and not self.can_undo:
            return "Nothing was changed yet"
        if action == "drop" and not self.yours.rated:
            return "Nothing is rated yet: enter on a title"
        if action == "train" and self.setting.answers:
            flat = self._answer is not None and (self._answer.flat or bool(self._answer.no_stars))
            only = "This run predicts your stars already; a new one is begun in Train (3)"
            if self._learning:
                only = "The run that answers still goes on"
            return None if flat and not self._learning else only
        if action == "weight" and not self._has_stars:
            return f"It weighs predicted stars, and there are none: {self._why_no_stars}"
        if action == "weight" and self._answer is not None and is_drawn(self._answer):
            return "This run draws your factors among its users': there is nothing to weigh"
        if action == "why" and not self.yours.rated:
            return "Rate a title first: until then the list is what is popular"
        if action in ("export", "why") and not (self._answer and self._answer.recommended):
            return "Nothing is on the list yet"
        return None

    @property
    def _has_stars(self) -> bool:
        return self._answer is not None and self._answer.step is not None

    @property
    def _why_no_stars(self) -> str:
        return self._answer.no_stars if self._answer else "no list yet"

    def action_weight(self) -> None:
        """Ask for the regularization."""

        def weigh(weight: float) -> None:
            self.keep(replace(self.yours, regularization=weight))

        ask_regularization(self.app, self.yours.regularization, weigh)

    def action_threshold(self) -> None:
        """Ask from which value on a rating is a like."""

        def take(threshold: float | None) -> None:
            self.keep(replace(self.yours, threshold=threshold))

        if self.setting.summary is not None:
            now = self._answer.threshold if self._answer else self.yours.threshold
            ask_threshold(self.app, now, self.scale, take)

    def action_train(self) -> None:
        """Train a run like the one that answers, by an optimizer that learns tastes as fast.

        Without one, or where its model cannot take in anybody new, by the recipe that soon
        predicts well.
        """
        row = self.setting.row
        takes_in = self._answer is None or not self._answer.no_stars
        if row is not None and self.setting.answers and takes_in:
            self.post_message(TrainLike(row.id, TASTEFUL))
        else:
            self.post_message(TrainLike("", recipe=first_recipe().name))

    def action_order(self) -> None:
        """Take the next order, that of stars only where there are some."""
        orders = [order for order in ORDERS if order != "stars" or self._has_stars]
        now = self._answer.order if self._answer else orders[0]
        place = orders.index(now) if now in orders else -1
        self._memory.update(list_order=orders[(place + 1) % len(orders)])
        self.narrowed()

    def action_rate(self) -> None:
        """Rate what the cursor of the focused table is on."""
        focused = self.screen.focused
        grid = focused if isinstance(focused, Grid) else self.list
        if grid.cursor_key is not None:
            self.ask_value(str(grid.cursor_key))

    @on(Grid.Selected, ".explained")
    def _explain_selected(self, message: Grid.Selected) -> None:
        message.stop()
        words = self.why_not("why")
        if words:
            self.notify(words, title="Why", markup=False, timeout=4)
        else:
            self.action_why()

    def action_why(self) -> None:
        """Show why the movie under the list's cursor is on it."""
        summary, answer, item = self.setting.summary, self._answer, self.list.cursor_key
        if summary is None or answer is None or item is None:
            return
        what = Explained(
            summary.store,
            str(item),
            self.title_of(str(item)),
            self._maker.shown or (),
            threshold=self.yours.threshold,
            run=self.setting.run_path if self._has_stars else "",
            no_stars=f"No stars: {answer.no_stars}",
            regularization=self.yours.regularization,
        )
        self.app.push_screen(WhyScreen(self._ask.ask, what))

    def action_export(self) -> None:
        """Ask for a file and write the list to it."""
        if self._answer is not None:
            ask_where_to_export(self, self._answer.recommended)
