"""A screen laid over a list: which genre, years and number of ratings it is narrowed to."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Static

from cftui.questions.items import FacetsAnswer, ItemFilter
from cftui.text import plain
from cftui.tui.shared.dialog import Dialog
from cftui.tui.shared.inputs import Choice

ALL = "all"


class FilterScreen(Dialog[ItemFilter | None]):
    """Asks what a list of items is narrowed to."""

    DEFAULT_CSS = """
    FilterScreen .line { height: 1; }
    FilterScreen .line > Static { width: 22; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", id="filter.cancel"),
        # Before a choice, whose own enter turns it.
        Binding("enter", "apply", "Apply", priority=True, id="filter.apply"),
        Binding("ctrl+r", "clear", "Clear", id="filter.clear"),
    ]

    def __init__(self, facets: FacetsAnswer, only: ItemFilter) -> None:
        super().__init__()
        self._facets, self._only = facets, only

    def compose(self) -> ComposeResult:
        """Lay out a line for each thing to narrow by."""
        genres = {plain(genre): genre for genre in self._facets.genres}
        self._genres = {ALL: "", **genres}
        now = next((shown for shown, yours in genres.items() if yours == self._only.genre), ALL)
        with Vertical(classes="overlay small") as box:
            box.border_title = "Narrow the list"
            box.border_subtitle = "enter applies, ctrl+r lets all pass, esc cancels"
            with Horizontal(classes="line"):
                yield Static("genre")
                yield Choice("genre", now, tuple(self._genres))
            if self._facets.first_year is not None:
                span = f"{self._facets.first_year} to {self._facets.last_year}"
                yield from _number("first", "from year", self._only.first_year, span)
                yield from _number("last", "to year", self._only.last_year, span)
            yield from _number("least", "ratings, at least", self._only.min_ratings, "1 or more")
            yield Static("", id="complaint", markup=False)

    def action_clear(self) -> None:
        """Let all pass."""
        self.dismiss(ItemFilter())

    def action_apply(self) -> None:
        """Answer with the filter, unless its years make no span."""
        years = self._value("first"), self._value("last")
        if years[0] and years[1] and years[0] > years[1]:
            self.query_one("#complaint", Static).update("the first year is after the last")
            return
        genre = self._genres.get(self.query_one(Choice).value, "")
        self.dismiss(ItemFilter(genre, *years, self._value("least") or 1))

    def _value(self, key: str) -> int | None:
        found = self.query(f"#{key}").results(Input)
        text = next((field.value for field in found), "")
        return int(text) if text else None

    @on(Input.Changed)
    def _changed(self, message: Input.Changed) -> None:
        message.stop()
        self.query_one("#complaint", Static).update("")


def _number(key: str, label: str, value: int | None, hint: str) -> ComposeResult:
    with Horizontal(classes="line"):
        yield Static(label)
        field = Input(
            "" if value is None else str(value),
            placeholder=hint,
            compact=True,
            restrict="[0-9]{0,6}",
            select_on_focus=True,
            id=key,
        )
        field.cursor_blink = False
        yield field
