"""Explore, a user: what they rated beside what the model predicts, and what they would like."""

from typing import ClassVar

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from cftui.questions.band import band_words
from cftui.questions.trained import ExploreUser, RatedItem, Recommendation, UserAnswer
from cftui.text import fitting
from cftui.tui.explore.found import FoundView
from cftui.tui.explore.item_columns import count_column, rank_column, title_columns
from cftui.tui.explore.predicting import PredictScreen
from cftui.tui.explore.stars_column import stars_column
from cftui.tui.explore.view import fill, filter_words
from cftui.tui.explore.why import Explained, WhyScreen
from cftui.tui.services.services import Services
from cftui.tui.shared.commands import Command, bindings
from cftui.tui.shared.grid import Column, Grid
from cftui.tui.shared.key_order import held_keys_follow

COMMANDS = (
    Command("users.search", "slash", "search", "Search", "Type a user's id", True),
    Command("users.filter", "f", "filter", "Filter", "The list by genre, year, ratings", True),
    Command("users.least", "n", "least", "At least", "Only with 1, 5, 20 or 50 ratings", True),
    Command("users.why", "w", "why", "Why", "Why they would like a movie, as enter there", True),
    Command("users.predict", "p", "predict", "Predict", "What they would give any movie", True),
    Command("users.open", "o", "open", "Open", "Open the movie under the cursor"),
)


def _marks(row: RatedItem) -> str:
    return ("h" if row.held_out else " ") + ("!" if row.is_far else " ")


def _rated_columns(rows: tuple[RatedItem, ...]) -> tuple[Column, ...]:
    return (
        Column("rated", 5, "right", lambda row: f"{row.actual:g}", value=lambda row: row.actual),
        stars_column("model", rows),
        Column("error", 6, align="right", key=lambda row: fitting(row.error, 2, 6, "+")),
        Column("", 2, key=_marks, name="marks"),
        *title_columns(),
    )


def _top_columns(rows: tuple[Recommendation, ...]) -> tuple[Column, ...]:
    return (
        rank_column(),
        Column("score", 5, align="right", key=lambda row: fitting(row.score, 2, 5)),
        stars_column("stars", rows),
        count_column(),
        *title_columns(),
    )


CHOOSE = "Choose a user at the left"
BY_LIKES = "what they would like, by tastes alone; a run (3) adds the stars that it predicts"


class UserView(FoundView):
    """A user as the model sees them."""

    KIND = "users"
    ABOUT: ClassVar[str] = (
        "A user: what they rated beside what the model predicts (h: held out from training; !: an"
        " error of a star or more), and what they would like of what they have not rated, by what"
        " they like (score) and by the stars that it predicts. Type an id to search, go down the"
        " list and the answer follows; enter on a movie opens it, on what they would like it tells"
        " why (w), and o opens that."
    )
    COMMANDS: ClassVar[tuple[Command, ...]] = COMMANDS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(COMMANDS)]

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._answer: UserAnswer | None = None
        self._to_predict = False
        """Whether a prediction was asked for before the first user came."""

    @property
    def can_answer(self) -> bool:
        """Return whether there is what questions are put to."""
        return self.setting.summary is not None

    def compose_answer(self) -> ComposeResult:
        """Lay out what they rated and what they would like."""
        with Vertical(classes="tables"):
            yield Grid(_rated_columns(()), empty=CHOOSE, id="first", classes="items")
            yield Grid(_top_columns(()), id="second", classes="explained")

    def run_changed(self) -> None:
        """Ask anew."""
        self._ask_user()

    @work(exclusive=True, group="ask", exit_on_error=False, description="Asking the model")
    async def _ask_user(self) -> None:
        summary = self.setting.summary
        if self._key and summary is not None:
            run = self.setting.answering_path
            question = ExploreUser(run, self._key, 100, self.only, summary.store)
            with held_keys_follow(self):
                answer = await self._ask(question, "user")
                if answer is not None:
                    self._show(answer)

    def _show(self, answer: UserAnswer) -> None:
        if self._to_predict:
            self.action_predict()
        another = self._answer is None or answer.user != self._answer.user
        self._answer = answer
        self._say_head(answer)
        first, second = self.first, self.second
        first.border_title = "Rated, newest first" if answer.dated else "Rated"
        first.border_subtitle = Text(self.by(answer.step))
        first.set_empty("Nothing is rated")
        first.set_rows(answer.rated, [row.item for row in answer.rated])
        second.border_title = Text(
            f"Would like, of what they have not rated{filter_words(self.only)}"
        )
        second.set_empty(f"Of {self.setting.items_word} so narrowed there are none: f, n")
        self._choose_columns()
        fill(second, answer.recommended, [row.item for row in answer.recommended])
        if another:
            first.action_first()
            second.action_first()
        self.answered()

    def _choose_columns(self) -> None:
        left_out: set[str] = set()
        answer = self._answer
        if answer is None or all(row.score is None for row in answer.recommended):
            left_out = {"score"}
        if answer is not None and answer.step is None:
            left_out |= {"stars"}
        listed = answer.recommended if answer else ()
        self.second.set_columns(c for c in _top_columns(listed) if c.label not in left_out)
        plain_ones = answer is not None and answer.step is None
        unknown = {"model", "error", ""} if plain_ones else set()
        rated = answer.rated if answer else ()
        self.first.set_columns(c for c in _rated_columns(rated) if c.label not in unknown)

    def _say_head(self, answer: UserAnswer) -> None:
        """Show the head of an answer."""
        bias = "" if answer.bias is None else f"  bias {answer.bias:+.2f}"
        errors = [
            f"{name} RMSE {value:.3f}"
            for name, value in (
                ("training", answer.rmse_training),
                ("held-out", answer.rmse_held_out),
            )
            if value is not None
        ]
        told = [*errors, *filter(None, [band_words(answer.rated)])]
        self.say(
            f"User {answer.user}: {len(answer.rated):,} ratings,"
            f" mean {answer.mean:.2f}{bias}\n{'  '.join(told) or BY_LIKES}"
        )

    def why_not(self, action: str) -> str | None:
        """Return why an action cannot be done now; none if it can."""
        if action == "predict" and not self.setting.answers:
            return self.setting.waiting or "No run has finished an epoch yet: train one (3)"
        if action == "why" and not (self._answer and self._answer.recommended):
            return "Nothing is listed that they would like"
        return None

    @on(Grid.Selected, ".explained")
    def _explain_selected(self, message: Grid.Selected) -> None:
        message.stop()
        self.action_why()

    def action_why(self) -> None:
        """Show why the movie under the cursor is one that they would like."""
        summary, answer, place = self.setting.summary, self._answer, self.second.cursor_place
        if summary is None or answer is None or not answer.recommended:
            return
        row, run = answer.recommended[place], self.setting.answering_path
        what = Explained(summary.store, row.item, row.title, user=answer.user, run=run)
        self.app.push_screen(WhyScreen(self._ask.ask, what))

    def action_predict(self) -> None:
        """Look a movie up and see what the user would give it."""
        summary = self.setting.summary
        self._to_predict = not self._key
        if summary is not None and self._key:
            self.app.push_screen(
                PredictScreen(self._ask.ask, summary, self.setting.run_path, self._key)
            )
