"""Explore, a user: what they rated beside what the model predicts, and what they would like."""

from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from cftui.questions.trained import ExploreUser, RatedItem, UserAnswer
from cftui.tui.explore.found import FoundView
from cftui.tui.explore.predicting import PredictScreen
from cftui.tui.explore.view import fill, filter_words
from cftui.tui.services.services import Services
from cftui.tui.shared.commands import Command, bindings
from cftui.tui.shared.grid import Column, Grid
from cftui.tui.shared.key_order import held_keys_follow

COMMANDS = (
    Command("users.search", "slash", "search", "Search", "Type a user's id", True),
    Command("users.filter", "f", "filter", "Filter", "The list by genre, year, ratings", True),
    Command("users.least", "n", "least", "At least", "Only with 1, 5, 20 or 50 ratings", True),
    Command("users.predict", "p", "predict", "Predict", "What they would give any movie", True),
    Command("users.open", "o", "open", "Open", "Open the movie under the cursor"),
)


def _marks(row: RatedItem) -> str:
    return ("h" if row.held_out else " ") + ("!" if abs(row.error) >= 1 else " ")


RATED_COLUMNS = (
    Column("rated", 5, align="right", key=lambda row: f"{row.actual:g}"),
    Column("model", 5, align="right", key=lambda row: f"{row.predicted:.2f}"),
    Column("error", 6, align="right", key=lambda row: f"{row.error:+.2f}"),
    Column("", 2, key=_marks),
    Column("title", None, key=lambda row: row.title),
)
TOP_COLUMNS = (
    Column("#", 3, align="right", key=lambda row: str(row.rank)),
    Column("model", 5, align="right", key=lambda row: f"{row.predicted:.2f}"),
    Column("ratings", 7, align="right", key=lambda row: f"{row.n_ratings:,}"),
    Column("title", None, key=lambda row: row.title),
)


class UserView(FoundView):
    """A user as the model sees them."""

    KIND = "users"
    ABOUT: ClassVar[str] = (
        "A user: what they rated beside what the model predicts (h: held out from training; !: an"
        " error of a star or more), and the movies they have not rated that it predicts highest."
        " Type an id to search, go down the list and the answer follows; enter on a movie opens"
        " it."
    )
    COMMANDS: ClassVar[tuple[Command, ...]] = COMMANDS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(COMMANDS)]

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._answer: UserAnswer | None = None
        self._to_predict = False
        """Whether a prediction was asked for before the first user came."""

    def compose_answer(self) -> ComposeResult:
        """Lay out what they rated and what they would like."""
        with Vertical(classes="tables"):
            yield Grid(
                RATED_COLUMNS, empty="Choose a user at the left", id="first", classes="items"
            )
            yield Grid(TOP_COLUMNS, id="second", classes="items")

    def run_changed(self) -> None:
        """Ask anew."""
        self._ask_user()

    @work(exclusive=True, group="ask", exit_on_error=False, description="Asking the model")
    async def _ask_user(self) -> None:
        if not self.setting.answers:
            self.refused(self.NO_RUN)
        elif self._key:
            question = ExploreUser(self.setting.run_path, self._key, 100, self.only)
            with held_keys_follow(self):
                answer = await self._ask(question, "explore")
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
        first.border_subtitle = self.by(answer.step)
        first.set_rows(answer.rated, [row.item for row in answer.rated])
        second.border_title = f"Would like, of what they have not rated{filter_words(self.only)}"
        second.set_empty(f"Of {self.setting.items_word} so narrowed there are none: f, n")
        fill(second, answer.recommended, [row.item for row in answer.recommended])
        if another:
            first.action_first()
            second.action_first()
        self.answered()

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
        self.say(
            f"User {answer.user}: {len(answer.rated):,} ratings,"
            f" mean {answer.mean:.2f}{bias}\n{'  '.join(errors)}"
        )

    def why_not(self, action: str) -> str | None:
        """Return why an action cannot be done now; none if it can."""
        if action in ("predict", "filter", "least") and not self.setting.answers:
            return "No run has weights yet: train one (3)"
        return None

    def action_predict(self) -> None:
        """Look a movie up and see what the user would give it."""
        summary = self.setting.summary
        self._to_predict = not self._key
        if summary is not None and self._key:
            self.app.push_screen(
                PredictScreen(self._ask.ask, summary, self.setting.run_path, self._key)
            )
