"""Explore, you: rate a few movies and get a list at once, by fold-in, without training."""

from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from cftui.questions.items import DescribeItems, ItemFilter
from cftui.questions.newcomer import FoldIn, FoldInAnswer
from cftui.text import plain
from cftui.tui.explore.newcomer_list import NewcomerList, newcomer_words
from cftui.tui.explore.offers import Offers
from cftui.tui.explore.rating import RateScreen, Scale
from cftui.tui.explore.view import LEAST, View, filter_words
from cftui.tui.explore.your_grid import YourGrid
from cftui.tui.explore.your_ratings import (
    YourRatings,
    doubt_path,
    export_list,
    load_yours,
    refuse_path,
    save_yours,
)
from cftui.tui.services.services import Services
from cftui.tui.shared.ask_line import AskText
from cftui.tui.shared.commands import Command, bindings
from cftui.tui.shared.grid import Grid
from cftui.tui.shared.messages import TrainLike
from cftui.tui.shared.overlays import AskNumber

COMMANDS = (
    Command("you.search", "slash", "search", "Search", "Type a title to rate", True),
    Command("you.drop", "d,delete", "drop", "Delete", "Take the rating back", True),
    Command("you.filter", "f", "filter", "Filter", "The list by genre, year, ratings", True),
    Command("you.least", "n", "least", "At least", "Only with 1, 5, 20 or 50 ratings", True),
    Command("you.weight", "l", "weight", "Lambda", "How far you are held to the mean user", True),
    Command("you.train", "t", "train", "Train", "Train a run like this one that learns tastes"),
    Command("you.export", "e", "export", "Export", "Write the list as CSV"),
    Command("you.open", "o", "open", "Open", "Open the movie under the cursor"),
)
TASTEFUL: dict[str, dict[str, object]] = {
    "optimizer": {"name": "adam"},
    "schedule": {"name": "cosine-restarts"},
}
"""The lesson's other recipe, whose factors move predictions after as few epochs."""
N = 200
"""Places of the list."""


class YouView(View):
    """A newcomer's ratings and the list they make."""

    ABOUT: ClassVar[str] = (
        "Rate a few movies and the list at the right is yours: your own factors and bias are"
        " solved for, so that they fit your ratings while they stay near the mean user (l: how"
        " near); nothing is trained. enter on a title gives it a value; left and right change one"
        " under You rated, d takes it back. The list tells by how many places each movie rose"
        " (▲) or fell (▼) with your last change; enter there rates a movie that you"
        " know, o opens it."
        " Your ratings are kept for the next time."
    )
    DEFAULT_CSS = """
    YouView Offers { height: 3fr; }
    YouView #offers { height: 1fr; }
    YouView #yours { height: 2fr; }
    """
    NO_RUN = "No trained model on these ratings yet: t trains one"
    COMMANDS: ClassVar[tuple[Command, ...]] = COMMANDS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(COMMANDS)]

    def __init__(self, services: Services) -> None:
        super().__init__("you", services)
        self.only = ItemFilter(min_ratings=LEAST)
        self.yours = YourRatings()
        self._shown: tuple[tuple[str, float], ...] | None = None
        """The ratings that the list on show was made from."""
        self._answer: FoldInAnswer | None = None

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
    def offers(self) -> Offers:
        """Return what can be rated."""
        return self.query_one(Offers)

    @property
    def your_grid(self) -> YourGrid:
        """Return what was rated."""
        return self.query_one(YourGrid)

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

    # What is given

    def data_changed(self) -> None:
        """Take up what was rated of these ratings."""
        summary = self.setting.summary
        if summary is not None:
            self.yours = load_yours(summary.fingerprint)
            self._shown, self._answer = None, None
            self._name_yours()

    @work(exclusive=True, group="yours", exit_on_error=False, description="Naming your ratings")
    async def _name_yours(self) -> None:
        """Find the titles of what was rated in an earlier session."""
        items = tuple(item for item, _ in self.yours.rated)
        assert self.setting.summary is not None
        rows = await self._ask(DescribeItems(self.setting.summary.store, items), "yours")
        self.offers.titles.update({row.item: row.title for row in rows or ()})
        gone = set(items) - {row.item for row in rows or ()}
        # Of those rated by now: one may have been rated meanwhile.
        self.yours = self.yours.only({item for item, _ in self.yours.rated} - gone)
        self._show_yours()
        self.offers.show(self.setting, self.yours)
        self._ask_list()

    def run_changed(self) -> None:
        """Ask another run, or its newer weights."""
        self._shown = None
        self.offers.show(self.setting, self.yours)
        self._ask_list()

    def narrowed(self) -> None:
        """Ask for the list narrowed otherwise; nothing moved by that."""
        self._shown = None
        self._ask_list()

    def _keep(self, yours: YourRatings) -> None:
        """Take other ratings, save them, and ask for the list they make."""
        self.yours = yours
        if self.setting.summary is not None:
            try:
                save_yours(self.setting.summary.fingerprint, yours)
            except OSError as error:
                words = f"They are gone when you leave: {error.strerror or error}"
                self.notify(words, title="Your ratings were not saved", markup=False)
        self._show_yours()
        self.offers.show(self.setting, self.yours)
        self._ask_list()

    # Rating

    @on(Grid.Selected, ".rateable")
    def _rate_selected(self, message: Grid.Selected) -> None:
        message.stop()
        if message.grid.cursor_key is not None:
            self._ask_value(str(message.grid.cursor_key))

    def _ask_value(self, item: str) -> None:
        summary = self.setting.summary
        if summary is None:
            return
        scale, value = self._scale, self.yours.value_of(item)
        if value is None:
            value = scale.nearest(summary.mean)

        def give(given: float | None) -> None:
            if given is not None:
                self._keep(self.yours.rate(item, given))
                self.your_grid.action_first()  # where it stands now: left and right change it

        self.app.push_screen(RateScreen(self._title(item), value, scale), give)

    @property
    def _scale(self) -> Scale:
        summary = self.setting.summary
        assert summary is not None
        return Scale(summary.low, summary.high, summary.step)

    def _title(self, item: str) -> str:
        return self.offers.titles.get(item, item)

    @on(YourGrid.Turned)
    def _turned(self, message: YourGrid.Turned) -> None:
        message.stop()
        value = self.yours.value_of(message.item)
        if value is not None:
            moved = self._scale.moved(value, message.steps)
            if moved != value:
                self._keep(self.yours.rate(message.item, moved))

    # The list

    @work(exclusive=True, group="ask", exit_on_error=False, description="Folding you in")
    async def _ask_list(self) -> None:
        if not self.setting.answers:
            self.refused(self.NO_RUN)
            return
        rated, before = self.yours.rated, self._shown
        question = FoldIn(
            self.setting.run_path,
            rated,
            N,
            self.yours.regularization,
            self.only,
            before if before != rated else None,
        )
        answer = await self._ask(question, "fold-in")
        if answer is not None:
            self._shown = rated
            self._show(answer)

    @property
    def _learning(self) -> bool:
        """Return whether the run that answers goes on."""
        return self.setting.row is not None and self.setting.row.alive

    def refused(self, words: str) -> None:
        """Show why there is no list."""
        self._answer, self._shown = None, None
        super().refused(words)
        self._show_yours()

    def _show(self, answer: FoldInAnswer) -> None:
        self._answer = answer
        titles = self.offers.titles
        titles.update({row.item: row.title for row in answer.rated})
        titles.update({row.item: row.title for row in answer.recommended})
        self._show_yours()
        self.say(newcomer_words(answer, self._learning))
        self.list.border_title = f"Your list{filter_words(self.only)}"
        self.list.border_subtitle = self.by(answer.step)
        self.list.show(answer)
        self.refresh_offer()

    def _show_yours(self) -> None:
        told = self._answer.rated if self._answer else ()
        self.your_grid.show(self.yours, told, self.offers.titles)

    # What the user does here

    def why_not(self, action: str) -> str | None:
        """Return why an action cannot be done now; none if it can."""
        if action == "drop" and not self.yours.rated:
            return "Nothing is rated yet: enter on a title"
        if action == "train" and self.setting.answers:
            flat = self._answer is not None and self._answer.flat
            only = "Only for a run that is over and learned no tastes"
            return None if flat and not self._learning else only
        if action in ("export", "filter", "least", "weight"):
            model = self.setting.model
            if not self.setting.answers:
                return "No run has weights yet: train one (3)"
            if model is not None and not model.takes_newcomers:
                return no_newcomers(model.model)
        return None

    def action_search(self) -> None:
        """Type a title."""
        self.offers.search.focus()

    def action_drop(self) -> None:
        """Take the rating under the cursor back."""
        item = self.your_grid.cursor_key
        if item is not None:
            self._keep(self.yours.drop(str(item)))

    def action_weight(self) -> None:
        """Ask for the regularization."""
        words = (
            "Regularization: how far you are held to the mean user. 3 suits most; more with few"
            " ratings, less with many"
        )

        def weigh(weight: float | None) -> None:
            if weight is not None:
                self._keep(YourRatings(self.yours.rated, weight))

        self.app.push_screen(AskNumber(words, self.yours.regularization), weigh)

    def action_train(self) -> None:
        """Train a run like the one that answers, by an optimizer that learns tastes as fast."""
        row = self.setting.row
        run = row.id if row is not None and self.setting.answers else ""
        model: dict[str, dict[str, object]] = {} if run else {"model": {"name": "dot-bias"}}
        self.post_message(TrainLike(run, {**model, **TASTEFUL}))

    def action_export(self) -> None:
        """Ask for a file and write the list to it."""
        if self._answer is None:
            return
        rows = self._answer.recommended

        def write(text: str | None) -> None:
            if text is None:
                return
            path = Path(text).expanduser()
            try:
                export_list(path, rows)
            except OSError as error:
                words = f"{path}: {error.strerror or error}"
                self.notify(plain(words), title="Not written", severity="error", markup=False)
            else:
                self.notify(plain(str(path.absolute())), title="List written", markup=False)

        question = f"Write the {len(rows)} places of your list, as CSV, to which file?"
        ask = AskText(question, "my-list.csv", refuse=refuse_path, doubt=doubt_path)
        self.app.push_screen(ask, write)


def no_newcomers(model: str) -> str:
    """Return why a model cannot take somebody in, and what to do."""
    return (
        f"The model {model} cannot take you in without training: that takes factors and biases"
        " alone. r chooses a run of dot-bias or dot"
    )
