"""Pane 5, Explore: what a user would like, and which movies are near a movie."""

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, get_args

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Static

from cftui.questions import (
    DataSummary,
    ExploreItem,
    ExploreUser,
    FindItems,
    FindUsers,
    ItemAnswer,
    ItemRow,
    Metric,
    UserAnswer,
    UserRow,
)
from cftui.runs.index import RunRow
from cftui.text import plain
from cftui.tui.child import ChildError, Superseded
from cftui.tui.commands import Command, bindings
from cftui.tui.desk import RunDesk, path_of
from cftui.tui.messages import ChooseRun
from cftui.tui.screens.overlays import ChooseRunScreen
from cftui.tui.widgets.grid import Column, Grid
from cftui.tui.widgets.pane import Pane

COMMANDS = (
    Command("explore.users", "u", "users", "Users", "Look for a user", True),
    Command("explore.movies", "m", "movies", "Movies", "Look for a movie by its title", True),
    Command("explore.search", "slash", "search", "Search", "Type a user's id or a title", True),
    Command("explore.metric", "c", "metric", "Metric", "Cosine, dot product or distance", True),
    Command(
        "explore.least",
        "n",
        "least",
        "At least",
        "Neighbours with at least 20, 50, 1 or 5 ratings",
        True,
    ),
    Command("explore.run", "r", "run", "Run", "Choose the run that answers", True),
    Command(
        "explore.open", "o", "open", "Open", "Open the movie under the cursor of a table", True
    ),
)
FOUND_COLUMNS = {
    "users": (
        Column("user", None),
        Column("ratings", 7, align="right"),
        Column("mean", 4, align="right"),
    ),
    "movies": (Column("title", None), Column("ratings", 7, align="right")),
}
RATED_COLUMNS = (
    Column("rated", 5, align="right"),
    Column("model", 5, align="right"),
    Column("error", 6, align="right"),
    Column("", 2),
    Column("title", None),
)
TOP_COLUMNS = (
    Column("#", 3, align="right"),
    Column("model", 5, align="right"),
    Column("ratings", 7, align="right"),
    Column("title", None),
)
BAR = "▁▂▃▄▅▆▇█"
LEAST_RATINGS = (20, 50, 1, 5)
"""A film that two people rated is near another by chance."""


class ExplorePane(Pane):
    """Ask a trained model about a user or a movie."""

    ABOUT: ClassVar[str] = (
        "u lists users, m movies; type to search (movies by title, nearly right is enough), go"
        " down the list and the answer follows.\n\n"
        "A user: what they rated beside what the model predicts (h: held out from training;"
        " !: an error of a star or more), and the movies they have not rated that it predicts"
        " highest. A movie: those nearest to it in the model's factors, by cosine, dot product or"
        " Euclidean distance.\n\n"
        "enter on a movie in a table opens it. r chooses the run that answers."
    )
    COMMANDS: ClassVar[tuple[Command, ...]] = COMMANDS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(COMMANDS)]

    def __init__(self, ask: Callable[..., Awaitable[Any]]) -> None:
        super().__init__(id="explore")
        self._ask = ask
        self._summary: DataSummary | None = None
        self._row: RunRow | None = None
        self._runs: tuple[RunRow, ...] = ()
        self._run_path = ""
        self._kind = "users"
        self._metric: Metric = "cosine"
        self._least = LEAST_RATINGS[0]
        self._found: tuple[UserRow | ItemRow, ...] = ()
        self._answer: UserAnswer | ItemAnswer | None = None
        self._subject = ""
        self._query = ("", "")
        """What was last looked for: kind and text."""

    def compose(self) -> ComposeResult:
        """Lay out the search at the left, the answer at the right."""
        with Horizontal():
            with Vertical(id="finder"):
                search = Input(placeholder="a user's id", compact=True, id="search")
                search.cursor_blink = False
                yield search
                yield Grid(FOUND_COLUMNS["users"], empty="Reading the ratings …", id="found")
            with Vertical(id="answer"):
                yield Static("", id="about", markup=False)
                with Vertical(id="tables"):
                    first = Grid(
                        RATED_COLUMNS, empty="Choose a user or a movie at the left", id="first"
                    )
                    yield first
                    yield Grid(TOP_COLUMNS, id="second")

    @property
    def found(self) -> Grid:
        """Return the list of what was found."""
        return self.query_one("#found", Grid)

    @property
    def search(self) -> Input:
        """Return the search field."""
        return self.query_one("#search", Input)

    def on_mount(self) -> None:
        """Begin with the most active users."""
        self._show_kind()
        self._find()

    def focus_first(self) -> None:
        """Take the focus where one begins."""
        self.found.focus()

    # What the app shows here

    def show_data(self, summary: DataSummary) -> None:
        """Take the ratings and list their users."""
        self._summary = summary
        if self.is_mounted:
            self._find()

    def show_runs(self, desk: RunDesk) -> None:
        """Take the run that answers; ask again if it is another, or has newer weights."""
        row = desk.answering
        path = str(path_of(row.id)) if row else ""
        changed = path != self._run_path or (row is None) != (self._row is None)
        if row is not None and self._row is not None:
            changed = (
                changed or row.epoch != self._row.epoch or row.has_weights != self._row.has_weights
            )
        self._row, self._run_path, self._runs = row, path, desk.own_rows
        self.refresh_bindings()
        if changed and self.is_mounted:
            self._ask_subject()

    # Finding

    def _show_kind(self) -> None:
        users = self._kind == "users"
        self.found.set_rows(())  # the former kind's rows do not fit the columns
        self.found.set_columns(FOUND_COLUMNS[self._kind])
        items = self._summary.items_word if self._summary else "movies"
        self.found.border_title = "Users" if users else items.capitalize()
        self.search.placeholder = "a user's id" if users else "part of a title, or an id"
        self.refresh_bindings()

    @on(Input.Changed, "#search")
    def _search_changed(self, message: Input.Changed) -> None:
        message.stop()
        self._find()

    @on(Input.Submitted, "#search")
    def _search_done(self, message: Input.Submitted) -> None:
        message.stop()
        self.found.focus()

    def on_key(self, event: events.Key) -> None:
        """Let down and escape leave the search field for the list."""
        if self.search.has_focus and event.key in ("down", "escape"):
            event.stop()
            self.found.focus()

    @work(exclusive=True, group="find", exit_on_error=False, description="Searching")
    async def _find(self) -> None:
        if self._summary is None:
            return
        kind, text = self._kind, self.search.value.strip()
        question = FindUsers if kind == "users" else FindItems
        try:
            found = await self._ask(question(self._summary.store, text), group="find")
        except Superseded:
            return
        except ChildError as error:
            self._say(str(error))
            return
        if kind != self._kind:
            return
        self._found = found
        self.found.set_empty("Nothing fits; another spelling?")
        self.found.set_rows([_found_cells(row) for row in found], [_id_of(row) for row in found])
        if self._query != (kind, text):
            self._query = (kind, text)
            self.found.cursor_row = 0
        if not found:
            self._clear_answer(f"Nothing fits {text!r}; try another spelling")
        self._look_at(self.found.cursor_row)

    def _clear_answer(self, words: str) -> None:
        self._subject, self._answer = "", None
        self._say(words)
        for grid in (self.query_one("#first", Grid), self.query_one("#second", Grid)):
            grid.set_rows(())

    @on(Grid.Highlighted, "#found")
    def _highlighted(self, message: Grid.Highlighted) -> None:
        message.stop()
        self._look_at(message.row)

    @on(Grid.Selected, "#found")
    def _selected(self, message: Grid.Selected) -> None:
        message.stop()
        self.query_one("#first", Grid).focus()

    def _look_at(self, place: int) -> None:
        if place < len(self._found):
            subject = _id_of(self._found[place])
            if subject != self._subject or self._answer is None or not self._fits_kind():
                self._subject = subject
                self._ask_subject()

    def _fits_kind(self) -> bool:
        return isinstance(self._answer, UserAnswer) == (self._kind == "users")

    # Asking

    @work(exclusive=True, group="ask", exit_on_error=False, description="Asking the model")
    async def _ask_subject(self) -> None:
        if self._row is None or not self._row.has_weights:
            self._say("No trained model on these ratings yet: train one (3), then ask it here")
            return
        if not self._subject:
            return
        question: Any
        if self._kind == "users":
            question = ExploreUser(self._run_path, self._subject, n=100)
        else:
            question = ExploreItem(self._run_path, self._subject, self._metric, 100, self._least)
        try:
            answer = await self._ask(question, group="explore")
        except Superseded:
            return
        except ChildError as error:
            self._say(str(error))
            return
        another = _subject_of(answer) != _subject_of(self._answer)
        self._answer = answer
        if isinstance(answer, UserAnswer):
            self._show_user(answer)
        else:
            self._show_item(answer)
        if another:
            self.query_one("#first", Grid).action_first()
            self.query_one("#second", Grid).action_first()

    def _say(self, words: str) -> None:
        self.query_one("#about", Static).update(plain(words))

    def _by(self, step: int) -> str:
        run = f"{self._row.label} {self._row.clock}" if self._row else ""
        return f"by {run}, step {step:,}"

    def _show_user(self, answer: UserAnswer) -> None:
        bias = "" if answer.bias is None else f"  bias {answer.bias:+.2f}"
        errors = [
            f"{name} RMSE {value:.3f}"
            for name, value in (
                ("training", answer.rmse_training),
                ("held-out", answer.rmse_held_out),
            )
            if value is not None
        ]
        self.query_one("#about", Static).update(
            f"User {plain(answer.user)}: {len(answer.rated):,} ratings,"
            f" mean {answer.mean:.2f}{bias}\n{'  '.join(errors)}"
        )
        first, second = self.query_one("#first", Grid), self.query_one("#second", Grid)
        first.border_title = "Rated, newest first" if answer.dated else "Rated"
        first.border_subtitle = self._by(answer.step)
        first.set_columns(RATED_COLUMNS)
        first.set_rows([_rated_cells(row) for row in answer.rated], [r.item for r in answer.rated])
        second.display = True
        second.border_title = "Would like, of what they have not rated"
        second.set_columns(TOP_COLUMNS)
        second.set_rows(
            [
                (str(r.rank), f"{r.predicted:.2f}", f"{r.n_ratings:,}", r.title)
                for r in answer.recommended
            ],
            [r.item for r in answer.recommended],
        )

    def _show_item(self, answer: ItemAnswer) -> None:
        bias = ""
        if answer.bias is not None:
            bias = f"  bias {answer.bias:+.2f} (rank {answer.bias_rank:,} of {answer.n_items:,})"
        most = max(count for _, count in answer.histogram)
        bars = "".join(BAR[(len(BAR) - 1) * count // most] for _, count in answer.histogram)
        low, high = answer.histogram[0][0], answer.histogram[-1][0]
        self.query_one("#about", Static).update(
            f"{plain(answer.title)}  {plain(answer.genres.replace('|', ', '))}\n"
            f"{answer.n_ratings:,} ratings {low:g} {bars} {high:g}, mean {answer.mean:.2f}{bias}"
        )
        first, second = self.query_one("#first", Grid), self.query_one("#second", Grid)
        least = f", of those with {self._least} ratings or more" if self._least > 1 else ""
        first.set_empty(
            "No film has so many ratings: n asks for fewer"
            if answer.trained
            else "No rating of it was trained on: the model knows nothing of it"
        )
        first.border_title = f"Nearest by {_metric_words(answer.metric)}{least}"
        first.border_subtitle = self._by(answer.step)
        first.set_columns(
            (
                Column("#", 3, align="right"),
                Column(answer.metric, 7, align="right"),
                Column("ratings", 7, align="right"),
                Column("title", None),
            )
        )
        first.set_rows(
            [
                (str(n.rank), f"{n.score:.3g}", f"{n.n_ratings:,}", n.title)
                for n in answer.neighbours
            ],
            [n.item for n in answer.neighbours],
        )
        second.display = False

    # What the user does here

    def why_not(self, action: str) -> str | None:
        """Return why an action cannot be done now; none if it can."""
        if action in ("metric", "least") and self._kind != "movies":
            return "It is about movies' neighbours: m lists movies"
        if action == "run" and not any(row.has_weights for row in self._runs):
            return "No run has weights yet: train one (3)"
        return None

    def action_users(self) -> None:
        """List users."""
        self._list("users")

    def action_movies(self) -> None:
        """List movies."""
        self._list("movies")

    def _list(self, kind: str) -> None:
        if kind != self._kind:
            self._kind = kind
            self._found, self._subject = (), ""
            self.search.value = ""
            self._show_kind()
            self._find()
        self.found.focus()

    def action_search(self) -> None:
        """Type what to look for."""
        self.search.focus()

    def action_metric(self) -> None:
        """Take the next metric."""
        metrics: tuple[Metric, ...] = get_args(Metric)
        self._metric = metrics[(metrics.index(self._metric) + 1) % len(metrics)]
        self._ask_subject()

    def action_least(self) -> None:
        """Take the next least number of ratings."""
        place = LEAST_RATINGS.index(self._least)
        self._least = LEAST_RATINGS[(place + 1) % len(LEAST_RATINGS)]
        self._ask_subject()

    def action_run(self) -> None:
        """Choose the run that answers."""
        rows = [row for row in self._runs if row.has_weights]

        def choose(run: str | None) -> None:
            if run is not None:
                self.post_message(ChooseRun(run))

        self.app.push_screen(ChooseRunScreen(rows, self._row.id if self._row else ""), choose)

    @on(Grid.Selected, "#first, #second")
    def _open_selected(self, message: Grid.Selected) -> None:
        message.stop()
        self._open_item(message.grid.cursor_key)

    def action_open(self) -> None:
        """Open the movie under the cursor of the focused table."""
        focused = self.screen.focused
        if isinstance(focused, Grid) and focused.id in ("first", "second"):
            self._open_item(focused.cursor_key)

    def _open_item(self, item: Any) -> None:
        if item is not None:
            self._kind = "movies"
            self._show_kind()
            self._subject, self._answer = str(item), None
            self.search.value = str(item)
            self.found.focus()


def _subject_of(answer: UserAnswer | ItemAnswer | None) -> tuple[str, str] | None:
    if answer is None:
        return None
    return ("user", answer.user) if isinstance(answer, UserAnswer) else ("item", answer.item)


def _id_of(row: UserRow | ItemRow) -> str:
    return row.user if isinstance(row, UserRow) else row.item


def _found_cells(row: UserRow | ItemRow) -> tuple[str, ...]:
    if isinstance(row, UserRow):
        return (row.user, f"{row.n_ratings:,}", f"{row.mean:.2f}")
    return (row.title, f"{row.n_ratings:,}")


def _rated_cells(row: Any) -> tuple[str, ...]:
    marks = ("h" if row.held_out else " ") + ("!" if abs(row.error) >= 1 else " ")
    return (f"{row.actual:g}", f"{row.predicted:.2f}", f"{row.error:+.2f}", marks, row.title)


def _metric_words(metric: Metric) -> str:
    return {"cosine": "cosine", "dot": "dot product", "euclid": "Euclidean distance"}[metric]
