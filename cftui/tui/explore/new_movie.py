"""Explore, a new movie: for whom one would be that is not in the data, and what is near it."""

from typing import ClassVar

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from cftui.questions.new_item import AUDIENCE_ORDERS, ForWhom, ForWhomAnswer, LikelyUser
from cftui.tui.explore.item_columns import count_column, rank_column, title_columns
from cftui.tui.explore.told_of_movie import ToldOfMovie
from cftui.tui.explore.view import View, fill
from cftui.tui.services.services import Services
from cftui.tui.shared.commands import Command, bindings
from cftui.tui.shared.grid import Column, Grid
from cftui.tui.shared.key_order import held_keys_follow

COMMANDS = (
    Command("new.search", "slash", "search", "Search", "Type the id of a user who rated it", True),
    Command("new.drop", "d,delete", "drop", "Delete", "Take the rating back", True),
    Command("new.order", "s", "order", "Order", "By stars, by taste, or by how sure", True),
    Command("new.clear", "c", "clear", "Clear", "Tell of another movie", True),
    Command("new.open", "o", "open", "Open", "Open the user or movie under the cursor"),
)
ORDER_WORDS = {
    "stars": "by predicted stars",
    "taste": "by how much more than an average one",
    "sure": "by stars less their doubt",
}
N = 100
"""Places of each list."""
NO_GENRES = "These ratings came without genres: only ratings of it serve"


def _doubt(row: LikelyUser) -> str:
    return "" if row.doubt is None else f"{row.doubt:.2f}"


def _because(row: LikelyUser) -> str:
    return f"{row.because} {row.because_share:+.2f}" if row.because else ""


AUDIENCE_COLUMNS = (
    rank_column(),
    Column("user", None, key=lambda row: row.user, keeps_end=True),
    Column("stars", 5, align="right", key=lambda row: f"{row.predicted:.2f}"),
    Column("±", 4, align="right", key=_doubt),
    Column("more", 5, align="right", key=lambda row: f"{row.more:+.2f}"),
    Column("their mean", 10, "right", lambda row: f"{row.mean:.2f}", yields=4),
    count_column(),
    Column("as user", 12, key=_because),
)
NEAR_COLUMNS = (
    rank_column(),
    Column("score", 5, align="right", key=lambda row: f"{row.score:.2f}"),
    count_column(),
    *title_columns(),
)


class NewMovieView(View):
    """A movie that is not in the data, and for whom it would be."""

    ABOUT: ClassVar[str] = (
        "A new movie: tick its genres (enter), type its year, give a few ratings that users gave"
        " it (enter on a user; left and right change one, d takes it back), and the right says for"
        " whom it would be and what is near it. With a run of dot-bias or dot the movie's own"
        " factors and bias are solved for from its ratings, held to what genres and year tell"
        " (how well they do that is said, measured on movies held out); ± is how unsure a"
        " prediction is, more by how much they would like it more than an average movie, as user"
        " whose rating speaks most for that. Without a run: by biases, likeness to those who rated"
        " it, and means on movies of its genres. s orders by stars, by taste or by how sure; enter"
        " on a user or a movie opens it."
    )
    SCOPED_CSS = False
    DEFAULT_CSS = """
    NewMovieView #about { height: auto; max-height: 4; }
    .-short NewMovieView #about { height: auto; max-height: 3; }
    """
    COMMANDS: ClassVar[tuple[Command, ...]] = COMMANDS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(COMMANDS)]

    def __init__(self, services: Services) -> None:
        super().__init__("new", services)
        self._order = AUDIENCE_ORDERS[0]
        self._answer: ForWhomAnswer | None = None

    def compose(self) -> ComposeResult:
        """Lay out what is told of it at the left, the answer at the right."""
        with Horizontal():
            yield ToldOfMovie(self._ask.ask)
            with Vertical(classes="answer"):
                yield Static("", id="about", markup=False)
                with Vertical(classes="tables"):
                    yield Grid((), id="first", classes="users")
                    yield Grid((), id="second", classes="items")

    @property
    def told(self) -> ToldOfMovie:
        """Return what is told of it."""
        return self.query_one(ToldOfMovie)

    @property
    def _item(self) -> str:
        return self.setting.items_word.removesuffix("s")

    def on_mount(self) -> None:
        """Begin with nothing told."""
        self.data_changed()

    def _choose_columns(self) -> None:
        has_doubt = self._answer is not None and self._answer.step is not None
        self.first.set_columns(c for c in AUDIENCE_COLUMNS if has_doubt or c.label != "±")
        self.second.set_columns(NEAR_COLUMNS)

    def focus_first(self) -> None:
        """Take the focus where one begins."""
        self.told.focus_first()

    def data_changed(self) -> None:
        """Tell of a movie beside other ratings."""
        self.told.tell_of(self.setting.summary)
        self._say_nothing_told()

    def run_changed(self) -> None:
        """Ask another run, or its newer weights."""
        self._ask_for_whom()

    @on(ToldOfMovie.Changed)
    def _told_otherwise(self, message: ToldOfMovie.Changed) -> None:
        message.stop()
        self._ask_for_whom()

    def _say_nothing_told(self) -> None:
        self._answer = None
        serve = "genres, its year, or ratings users gave it" if self.told.has_genres else "ratings"
        no_genres = "" if self.told.has_genres else f"{NO_GENRES}.\n"
        self.say(f"A new {self._item}. {no_genres}Tell of it at the left: {serve}")
        self.first.border_title, self.second.border_title = "For whom it would be", "Near it"
        self.first.border_subtitle = ""
        for grid in (self.first, self.second):
            grid.set_empty("Nothing is told yet")
            grid.set_rows(())

    @work(exclusive=True, group="ask", exit_on_error=False, description="Asking for whom it is")
    async def _ask_for_whom(self) -> None:
        summary, movie = self.setting.summary, self.told.movie
        if summary is None or not movie.told:
            self._say_nothing_told()
            self.refresh_offer()
            return
        question = ForWhom(
            summary.store,
            self.setting.answering_path,
            movie.given.rated,
            movie.genres,
            movie.year,
            N,
            self._order,
        )
        with held_keys_follow(self):
            answer = await self._ask(question, "for whom")
            if answer is not None:
                self._show(answer)

    def _show(self, answer: ForWhomAnswer) -> None:
        self._answer = answer
        self._choose_columns()
        no_genres = not self.told.has_genres
        self.say("\n".join(_head(answer, no_genres=no_genres, has_run=self.setting.answers)))
        first, second = self.first, self.second
        first.border_title = f"Would like it most, {ORDER_WORDS[answer.order]}"
        first.border_subtitle = Text("" if answer.step is None else self.by(answer.step))
        first.set_empty("Nobody else")
        fill(first, answer.audience, [row.user for row in answer.audience])
        second.border_title = f"Near it, by {answer.near_way}"
        second.set_empty("None that those who rated it rated often enough")
        fill(second, answer.near, [row.item for row in answer.near])
        self.refresh_offer()

    def refused(self, words: str) -> None:
        """Show why there is no answer."""
        self._answer = None
        super().refused(words)
        self.refresh_offer()

    # What the user does here

    def why_not(self, action: str) -> str | None:
        """Return why an action cannot be done now; none if it can."""
        told = self.told if self.is_mounted else None
        if action == "drop" and not (told and told.movie.given.rated):
            return "No rating of it is given yet: enter on a user"
        if action in ("clear", "order") and not (told and told.movie.told):
            return "Nothing is told of it yet"
        return None

    def action_search(self) -> None:
        """Type a user's id."""
        self.told.search.focus()

    def action_drop(self) -> None:
        """Take the rating under the cursor back."""
        self.told.drop()

    def action_clear(self) -> None:
        """Tell of another movie."""
        self.told.clear()

    def action_order(self) -> None:
        """Take the next order; that by doubt only where a run tells it."""
        has_doubt = self._answer is not None and self._answer.step is not None
        orders = [order for order in AUDIENCE_ORDERS if order != "sure" or has_doubt]
        now = self._answer.order if self._answer else orders[0]
        self._order = orders[(orders.index(now) + 1) % len(orders)]
        self._ask_for_whom()


def _head(answer: ForWhomAnswer, *, no_genres: bool, has_run: bool) -> list[str]:
    """Return what stands above the lists."""
    lines = [
        f"Expected mean {answer.expected:.2f} ± {answer.expected_doubt:.2f}, of all ratings"
        f" {answer.data_mean:.2f}"
    ]
    if answer.explained or no_genres:
        lines.append(answer.explained or NO_GENRES)
    why = f"; {answer.no_run}" if answer.no_run and has_run else ""
    return [*lines, f"{answer.way}{why}"]
