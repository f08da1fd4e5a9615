"""A search field above the list of what it finds: users by id, items by title."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from textual import events, on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input

from cftui.questions.data import DataSummary
from cftui.questions.items import FindItems, FindUsers, ItemRow, UserRow
from cftui.questions.question import Ask
from cftui.text import fitting
from cftui.tui.explore.item_columns import count_column, title_columns
from cftui.tui.shared.asking import Asker
from cftui.tui.shared.grid import Column, Grid
from cftui.tui.shared.key_order import held_keys_follow, hold_keys

Kind = Literal["users", "movies"]
COLUMNS = {
    "users": (
        Column("user", None, key=lambda row: row.user, keeps_end=True),
        Column("ratings", 7, align="right", key=lambda row: f"{row.n_ratings:,}"),
        Column("mean", 4, align="right", key=lambda row: fitting(row.mean, 2, 4)),
    ),
    "movies": (
        *title_columns(),
        count_column(),
    ),
}
PLACEHOLDER = {"users": "a user's id", "movies": "part of a title, or an id"}


class Finder(Vertical):
    """Finds users or items as one types; the answer follows the cursor."""

    @dataclass
    class Came(Message):
        """The cursor came to something, or nothing was found; `key` is then empty."""

        finder: "Finder"
        key: str
        words: str = ""
        """Why there is nothing."""

    @dataclass
    class RowChosen(Message):
        """The user went on from what the cursor is on, with enter."""

        finder: "Finder"
        key: str

    def __init__(self, kind: Kind, ask: Ask, *, enter_goes_on: bool = False) -> None:
        """Ask by `ask`; `enter_goes_on`: enter takes the first that fits, without the list."""
        super().__init__(classes="finder")
        self._enter_goes_on = enter_goes_on
        self._going_on = False
        """Whether enter came before what it is about was found."""
        self._kind: Kind = kind
        self._ask = Asker(ask, lambda error: self._tell_none(str(error)))
        self._summary: DataSummary | None = None
        self._found: tuple[UserRow | ItemRow, ...] = ()
        self._query: str | None = None
        """What was last looked for."""

    def compose(self) -> ComposeResult:
        """Lay out the field and the list."""
        search = Input(placeholder=PLACEHOLDER[self._kind], compact=True, id="search")
        search.cursor_blink = False
        yield search
        yield Grid(COLUMNS[self._kind], empty="Reading the ratings …", id="found")

    @property
    def found(self) -> Grid:
        """Return the list of what was found."""
        return self.query_one("#found", Grid)

    @property
    def search(self) -> Input:
        """Return the search field."""
        return self.query_one("#search", Input)

    def search_in(self, summary: DataSummary | None) -> None:
        """Search these ratings from now on; what was looked for in others is forgotten."""
        if self._summary is not None and summary != self._summary:
            self.search.value = ""
        self._summary = summary
        items = summary.items_word if summary else "movies"
        self.found.border_title = (items if self._kind == "movies" else "users").capitalize()
        self._find()

    def seek(self, text: str) -> None:
        """Look for an id or a title as if it had been typed."""
        if self.search.value == text:
            self._tell(self.found.cursor_place)
        self.search.value = text

    @on(Input.Changed, "#search")
    def _search_changed(self, message: Input.Changed) -> None:
        message.stop()
        self._going_on = False
        self._find()

    @on(Input.Submitted, "#search")
    def _search_done(self, message: Input.Submitted) -> None:
        message.stop()
        sought = self.search.value.strip() != (self._query or "")
        if sought:
            hold_keys(self)  # the next key is about what is being looked for
        if not self._enter_goes_on:
            self.found.focus()
        elif sought:
            self._going_on = True
        else:
            self._go_on()

    def _go_on(self) -> None:
        self._going_on = False
        if self._found:
            self.found.focus()  # keys to come are not typed any more
            self.post_message(self.RowChosen(self, _id_of(self._found[self.found.cursor_place])))

    def on_key(self, event: events.Key) -> None:
        """Let down and escape leave the search field for the list."""
        if self.search.has_focus and event.key in ("down", "escape"):
            event.stop()
            self.found.focus()

    @work(exclusive=True, group="find", exit_on_error=False, description="Searching")
    async def _find(self) -> None:
        if self._summary is None:
            return
        text, store = self.search.value.strip(), self._summary.store
        with held_keys_follow(self):
            found = await self._search(store, text)
            if found is not None:
                self._show(found, text)

    async def _search(self, store: str, text: str) -> Sequence[UserRow | ItemRow] | None:
        if self._kind == "users":
            return await self._ask(FindUsers(store, text), group="find users")
        return await self._ask(FindItems(store, text), group="find movies")

    def _show(self, found: Sequence[UserRow | ItemRow], text: str) -> None:
        self._found = tuple(found)
        self.found.set_empty("Nothing fits; another spelling?")
        self.found.set_rows(self._found, [_id_of(row) for row in found])
        if self._query != text:
            self._query = text
            self.found.cursor_row = 0
        if found:
            self._tell(self.found.cursor_place)
        else:
            self._tell_none(f"Nothing fits {text!r}; try another spelling")
        if self._going_on:
            self._go_on()

    def _tell_none(self, words: str) -> None:
        self.post_message(self.Came(self, "", words))

    @on(Grid.Highlighted, "#found")
    def _highlighted(self, message: Grid.Highlighted) -> None:
        message.stop()
        self._tell(message.row)

    def _tell(self, place: int) -> None:
        if place < len(self._found):
            self.post_message(self.Came(self, _id_of(self._found[place])))

    @on(Grid.Selected, "#found")
    def _selected(self, message: Grid.Selected) -> None:
        message.stop()
        self.post_message(self.RowChosen(self, _id_of(self._found[message.row])))


def _id_of(row: UserRow | ItemRow) -> str:
    return row.user if isinstance(row, UserRow) else row.item
