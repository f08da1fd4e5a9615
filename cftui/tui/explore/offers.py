"""What a newcomer may rate: what they look for, or else what they had best rate first."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events, on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input

from cftui.people import Profile
from cftui.questions.items import FindItems, ItemRow
from cftui.questions.newcomer import SuggestItems
from cftui.questions.question import Ask
from cftui.tui.explore.item_columns import count_column, title_columns
from cftui.tui.explore.view import Setting
from cftui.tui.services.child import ChildError
from cftui.tui.shared.asking import Asker
from cftui.tui.shared.grid import Grid
from cftui.tui.shared.key_order import held_keys_follow, hold_keys

COLUMNS = (
    *title_columns(title=lambda offer: offer.words),
    count_column(),
)
SUGGESTED, FOUND = 30, 200


@dataclass(frozen=True)
class Offer:
    """A title that can be rated."""

    words: str
    """The title, behind the value that it was given already."""
    n_ratings: int
    genres: str


class Offers(Vertical):
    """A search field above titles; without a search, well known ones unlike each other."""

    def __init__(self, ask: Ask) -> None:
        super().__init__()
        self._ask = Asker(ask, self._failed)
        self._setting = Setting()
        self._yours = Profile()
        self._query: str | None = None
        """What was last looked for."""
        self.titles: dict[str, str] = {}
        """By id, of everything that was on show."""

    def compose(self) -> ComposeResult:
        """Lay out the field and the titles."""
        search = Input(placeholder="part of a title to rate", compact=True, id="search")
        search.cursor_blink = False
        yield search
        yield Grid(COLUMNS, empty="Reading the ratings …", id="offers", classes="rateable")

    @property
    def search(self) -> Input:
        """Return the search field."""
        return self.query_one("#search", Input)

    @property
    def grid(self) -> Grid:
        """Return the titles."""
        return self.query_one("#offers", Grid)

    def show(self, setting: Setting, yours: Profile) -> None:
        """Offer titles of these ratings to somebody who rated these."""
        self._setting, self._yours = setting, yours
        self._offer()

    @on(Input.Changed, "#search")
    def _typed(self, message: Input.Changed) -> None:
        message.stop()
        self._offer()

    @on(Input.Submitted, "#search")
    def _search_done(self, message: Input.Submitted) -> None:
        message.stop()
        self.grid.focus()
        if self.search.value.strip() != (self._query or ""):
            hold_keys(self)  # the next key is about what is being looked for

    def on_key(self, event: events.Key) -> None:
        """Let down and escape leave the search field for the titles."""
        if self.search.has_focus and event.key in ("down", "escape"):
            event.stop()
            self.grid.focus()

    @work(exclusive=True, group="offer", exit_on_error=False, description="Looking for titles")
    async def _offer(self) -> None:
        summary, text = self._setting.summary, self.search.value.strip()
        if summary is None:
            return
        question: FindItems | SuggestItems = FindItems(summary.store, text, FOUND)
        if not text:
            rated = tuple(item for item, _ in self._yours.rated)
            question = SuggestItems(summary.store, self._setting.answering_path, rated, SUGGESTED)
        with held_keys_follow(self):
            found = await self._ask(question, group="offer")
            if found is not None:
                self._show(found, text)

    def _failed(self, error: ChildError) -> None:
        self.grid.set_empty(str(error))
        self.grid.set_rows(())

    def _show(self, found: Sequence[ItemRow], text: str) -> None:
        self.titles.update({row.item: row.title for row in found})
        self.grid.border_title = "Found" if text else "Rate first"
        self.grid.set_empty("Nothing fits; another spelling?")
        self.grid.set_rows(
            [Offer(self._marked(row), row.n_ratings, row.genres) for row in found],
            [row.item for row in found],
        )
        if self._query != text:
            self._query = text
            self.grid.cursor_row = 0

    def _marked(self, row: ItemRow) -> str:
        value = self._yours.value_of(row.item)
        return row.title if value is None else f"({value:g}) {row.title}"
