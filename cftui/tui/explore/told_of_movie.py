"""What is told of a movie that is not in the data: its year, its genres, ratings users gave it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input

from cftui.people import Profile
from cftui.questions.data import DataSummary
from cftui.questions.items import Facets, FacetsAnswer, FindUsers, UserRow
from cftui.questions.question import Ask
from cftui.text import plain
from cftui.tui.explore.rating import RateScreen, Scale
from cftui.tui.explore.value_grid import ValueGrid
from cftui.tui.services.child import ChildError
from cftui.tui.shared.asking import Asker
from cftui.tui.shared.grid import Column, Grid
from cftui.tui.shared.key_order import held_keys_follow, hold_keys

FOUND = 200
YEAR_DIGITS = 4
GENRE_COLUMNS = (
    Column("", 3, key=lambda row: "[x]" if row[0] else "[ ]"),
    Column("genre", None, key=lambda row: plain(row[1])),
)
RATER_COLUMNS = (
    Column("gave", 4, align="right", key=lambda row: row.value),
    Column("user", None, key=lambda row: row.user, keeps_end=True),
    Column("ratings", 7, align="right", key=lambda row: f"{row.n_ratings:,}"),
)


@dataclass(frozen=True)
class NewMovie:
    """All that is told."""

    genres: tuple[str, ...] = ()
    year: int | None = None
    given: Profile = field(default_factory=Profile)
    """By the ids of users."""

    @property
    def told(self) -> bool:
        """Return whether anything is."""
        return bool(self.genres or self.given.rated or self.year is not None)

    def turned(self, genre: str) -> "NewMovie":
        """Return it with a genre more, or less."""
        kept = tuple(own for own in self.genres if own != genre)
        return replace(self, genres=kept if genre in self.genres else (*kept, genre))


@dataclass(frozen=True)
class Rater:
    """A user beside what they gave the movie."""

    user: str
    value: str
    n_ratings: int


class GenreGrid(Grid):
    """The data's genres, each with a box to tick."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "select", "Tick", show=False, id="new.tick")
    ]


class RaterGrid(ValueGrid):
    """Users who rated the movie, then those who may."""


class ToldOfMovie(Vertical):
    """Fields for what is told of the movie."""

    SCOPED_CSS = False
    DEFAULT_CSS = """
    ToldOfMovie Input { height: 1; padding: 0 1; }
    ToldOfMovie #genres { height: 2fr; }
    ToldOfMovie #raters { height: 3fr; }
    """

    @dataclass
    class Changed(Message):
        """Something else is told."""

        movie: NewMovie

    def __init__(self, ask: Ask) -> None:
        super().__init__(classes="finder")
        self._ask = Asker(ask, self._failed)
        self._summary: DataSummary | None = None
        self._facets: FacetsAnswer | None = None
        self._found: Sequence[UserRow] = ()
        self._n_ratings: dict[str, int] = {}
        """By id, of every user that was on show."""
        self._query: str | None = None
        self.movie = NewMovie()

    def compose(self) -> ComposeResult:
        """Lay out year, genres, the search for users and its list."""
        year = Input(
            placeholder="its year", compact=True, restrict=f"[0-9]{{0,{YEAR_DIGITS}}}", id="year"
        )
        search = Input(placeholder="a user's id", compact=True, id="search")
        for line in (year, search):
            line.cursor_blink = False
        yield year
        yield GenreGrid(GENRE_COLUMNS, empty="Reading the genres …", id="genres")
        yield search
        yield RaterGrid(RATER_COLUMNS, empty="Reading the ratings …", id="raters")

    def on_mount(self) -> None:
        """Head the tables."""
        self.genres.border_title = "Its genres"
        self.raters.border_title = "Who rated it"

    @property
    def year(self) -> Input:
        """Return the field of its year."""
        return self.query_one("#year", Input)

    @property
    def search(self) -> Input:
        """Return the search for users."""
        return self.query_one("#search", Input)

    @property
    def genres(self) -> GenreGrid:
        """Return the genres."""
        return self.query_one(GenreGrid)

    @property
    def raters(self) -> RaterGrid:
        """Return who rated it, and who may."""
        return self.query_one(RaterGrid)

    @property
    def has_genres(self) -> bool:
        """Return whether the data have genres."""
        return self._facets is None or bool(self._facets.genres)

    def focus_first(self) -> None:
        """Take the focus where one begins."""
        (self.genres if self.genres.display else self.raters).focus()

    def on_resize(self, event: events.Resize) -> None:
        """Leave the numbers of ratings out where ids need the room."""
        narrow = event.size.width < 24
        self.raters.set_columns(c for c in RATER_COLUMNS if not (narrow and c.label == "ratings"))

    def tell_of(self, summary: DataSummary | None) -> None:
        """Take these ratings' genres and users; what was told of a movie of others is forgotten."""
        if self._summary is not None and summary != self._summary:
            self.year.value = self.search.value = ""
        self._summary, self.movie = summary, NewMovie()
        self._read_facets()
        self._find()

    def clear(self) -> None:
        """Tell of another movie."""
        self.year.value = ""
        self._take(NewMovie())

    def _take(self, movie: NewMovie) -> None:
        self.movie = movie
        self._show_genres()
        self._show_raters()
        self.post_message(self.Changed(movie))

    # Genres and year

    @work(exclusive=True, group="facets", exit_on_error=False, description="Reading the genres")
    async def _read_facets(self) -> None:
        if self._summary is not None:
            with held_keys_follow(self):
                self._facets = await self._ask(Facets(self._summary.store), "new facets")
                self._show_genres()
            self.post_message(self.Changed(self.movie))

    def _show_genres(self) -> None:
        facets = self._facets
        if facets is None:
            return
        names = sorted(facets.genres)
        if not names and self.genres.has_focus:
            self.raters.focus()
        self.genres.display = bool(names)
        self.year.display = facets.first_year is not None
        self.year.placeholder = f"its year: {facets.first_year} to {facets.last_year}"
        self.genres.set_rows([(name in self.movie.genres, name) for name in names], names)

    @on(Grid.Selected, "#genres")
    def _ticked(self, message: Grid.Selected) -> None:
        message.stop()
        self._take(self.movie.turned(str(message.grid.cursor_key)))

    @on(Input.Changed, "#year")
    def _year_changed(self, message: Input.Changed) -> None:
        message.stop()
        text = message.value
        year = int(text) if len(text) == YEAR_DIGITS else None
        if year != self.movie.year:
            self._take(replace(self.movie, year=year))

    @on(Input.Submitted, "#year")
    def _year_done(self, message: Input.Submitted) -> None:
        message.stop()
        self.focus_first()

    # Users

    @on(Input.Changed, "#search")
    def _typed(self, message: Input.Changed) -> None:
        message.stop()
        self._find()

    @on(Input.Submitted, "#search")
    def _search_done(self, message: Input.Submitted) -> None:
        message.stop()
        self.raters.focus()
        if self.search.value.strip() != (self._query or ""):
            hold_keys(self)  # the next key is about who is being looked for

    def on_key(self, event: events.Key) -> None:
        """Let down and escape leave a field for the table below it."""
        genres = self.genres if self.genres.display else self.raters
        below = {"year": genres, "search": self.raters}
        focused = self.screen.focused
        if isinstance(focused, Input) and focused.id in below and event.key in ("down", "escape"):
            event.stop()
            below[focused.id].focus()

    @work(exclusive=True, group="find", exit_on_error=False, description="Searching")
    async def _find(self) -> None:
        if self._summary is None:
            return
        text = self.search.value.strip()
        with held_keys_follow(self):
            found = await self._ask(FindUsers(self._summary.store, text, FOUND), "new users")
            if found is not None:
                self._found = found
                self._n_ratings.update({row.user: row.n_ratings for row in found})
                self._show_raters()
                if self._query != text:
                    self._query = text
                    self._go_to(found[0].user if text and found else "")

    def _failed(self, error: ChildError) -> None:
        self.raters.set_empty(str(error))
        self.raters.set_rows(())

    def _show_raters(self) -> None:
        given: Mapping[str, float] = dict(self.movie.given.rated)
        users = [*given, *(row.user for row in self._found if row.user not in given)]
        rows = [
            Rater(user, f"{given[user]:g}" if user in given else "", self._n_ratings.get(user, 0))
            for user in users
        ]
        self.raters.set_empty("No user's id begins so")
        self.raters.set_rows(rows, users)

    def _go_to(self, user: str) -> None:
        users = [row.user for row in self.raters.rows]
        self.raters.cursor_place = users.index(user) if user in users else 0

    @property
    def _scale(self) -> Scale:
        assert self._summary is not None
        return Scale(self._summary.low, self._summary.high, self._summary.step)

    @on(Grid.Selected, "#raters")
    def _rate(self, message: Grid.Selected) -> None:
        message.stop()
        if self._summary is None or message.grid.cursor_key is None:
            return
        user, scale = str(message.grid.cursor_key), self._scale
        value = self.movie.given.value_of(user)

        def give(given: float | None) -> None:
            if given is not None:
                self._take(replace(self.movie, given=self.movie.given.rate(user, given)))
                self._go_to(user)

        start = scale.nearest(self._summary.mean) if value is None else value
        self.app.push_screen(RateScreen(f"by user {user}", start, scale, head="A rating"), give)

    @on(RaterGrid.Turned)
    def _turned(self, message: RaterGrid.Turned) -> None:
        message.stop()
        value = self.movie.given.value_of(message.key)
        if value is not None:
            moved = self._scale.moved(value, message.steps)
            if moved != value:
                given = self.movie.given.rate(message.key, moved)
                self._take(replace(self.movie, given=given))

    def drop(self) -> None:
        """Take the rating under the cursor back."""
        user = self.raters.cursor_key
        if user is not None and self.movie.given.value_of(str(user)) is not None:
            self._take(replace(self.movie, given=self.movie.given.drop(str(user))))
