"""A screen laid over You: one list for two profiles, and what each of them makes of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from cftui.questions.band import band_words
from cftui.questions.items import ItemFilter, ListOrder
from cftui.questions.people import ForGroup, ForGroupAnswer, OnesView, Person, SharedItem
from cftui.questions.question import Ask
from cftui.text import plain
from cftui.tui.explore.item_columns import count_column, rank_column, title_columns
from cftui.tui.explore.stars_column import stars_column
from cftui.tui.explore.view import filter_words
from cftui.tui.explore.why import Explained, WhyScreen
from cftui.tui.services.child import ChildError
from cftui.tui.shared.asking import Asker
from cftui.tui.shared.dialog import Dialog
from cftui.tui.shared.grid import Column, Grid

N = 200
"""Places of the list."""
LONGEST = 8
"""Cells of a name above a column."""
NARROW = 90
"""Cells under which the number of ratings is left out."""


@dataclass(frozen=True)
class Shared:
    """What a shared list is asked about."""

    store: str
    people: tuple[Person, ...]
    run: str
    """Whose stars stand beside; empty for none."""
    order: ListOrder
    only: ItemFilter


class TogetherScreen(Dialog[None]):
    """What shall we watch: the average of each one's own list, without misery."""

    DEFAULT_CSS = """
    TogetherScreen .overlay { width: 96%; height: 94%; max-width: 140; max-height: 94%; }
    TogetherScreen #head { height: auto; color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "Close", id="together.close"),
        Binding("w", "why", "Why", id="together.why"),
    ]

    def __init__(self, ask: Ask, what: Shared) -> None:
        """Ask by `ask`."""
        super().__init__()
        self._ask, self._what = ask, what
        self._run, self._no_stars = what.run, ""
        self._answer: ForGroupAnswer | None = None

    def compose(self) -> ComposeResult:
        """Lay out how it is made above the list."""
        names = " and ".join(plain(person.name) for person in self._what.people)
        with Vertical(classes="overlay") as box:
            box.border_title = Text(f"For {names} together{filter_words(self._what.only)}")
            box.border_subtitle = "enter or w why, esc closes"
            yield Static("", id="head", markup=False)
            yield Grid((), empty="Putting two lists together …", id="shared")

    @property
    def grid(self) -> Grid:
        """Return the list."""
        return self.query_one("#shared", Grid)

    def on_mount(self) -> None:
        """Ask for the list."""
        self.grid.focus()
        self._ask_list()

    @work(exclusive=True, exit_on_error=False, description="Making a list for two")
    async def _ask_list(self) -> None:
        what = self._what
        answer = None
        if self._run:
            answer = await Asker(self._ask, self._run_failed)(self._question(self._run))
        if answer is None:
            self._run = ""
            order: ListOrder = "likes" if what.order == "stars" else what.order
            answer = await Asker(self._ask, self._failed)(self._question("", order))
        if answer is not None:
            self._show(answer)

    def _question(self, run: str, order: ListOrder | None = None) -> ForGroup:
        what = self._what
        return ForGroup(what.store, what.people, run, order or what.order, N, what.only)

    def _run_failed(self, error: ChildError) -> None:
        self._no_stars = str(error)

    def _failed(self, error: ChildError) -> None:
        self.grid.set_empty(plain(str(error)))
        self.grid.set_rows(())

    def _show(self, answer: ForGroupAnswer) -> None:
        self._answer = answer
        no_stars = self._no_stars or (answer.no_stars if self._run else "")
        lines = [f"{answer.combined}; nothing that either rated", answer.way]
        lines += [f"No stars: {no_stars}"] if no_stars else []
        lines += filter(None, [band_words(v for row in answer.recommended for v in row.views)])
        self.query_one("#head", Static).update("\n".join(map(plain, lines)))
        self.grid.set_empty("Nothing is far enough up in both lists: n or f in You asks for more")
        self._choose_columns()
        self.grid.set_rows(answer.recommended, [row.item for row in answer.recommended])

    def _choose_columns(self) -> None:
        if self._answer is not None:
            self.grid.set_columns(columns_of(self._answer))

    @on(Grid.Selected)
    def _selected(self, message: Grid.Selected) -> None:
        message.stop()
        self.action_why()

    def action_why(self) -> None:
        """Show why the movie under the cursor is there, to each of them."""
        item, answer, what = self.grid.cursor_key, self._answer, self._what
        if item is None or answer is None:
            return
        title = next(row.title for row in answer.recommended if row.item == item)
        has_stars = answer.step is not None
        whats = [
            Explained(
                what.store,
                str(item),
                title,
                person.rated,
                threshold=person.threshold,
                run=self._run if has_stars else "",
                no_stars=f"No stars: {self._no_stars or answer.no_stars}",
                regularization=person.regularization,
                name=person.name,
            )
            for person in what.people
        ]
        self.app.push_screen(WhyScreen(self._ask, *whats))


def columns_of(answer: ForGroupAnswer) -> list[Column]:
    """Return the columns of a shared list: of each person their place, score and stars."""
    has_stars = answer.step is not None
    found = [rank_column()]
    found.append(Column("both", 5, align="right", key=lambda row: f"{row.score:.2f}"))
    for place, name in enumerate(answer.people):
        views = [row.views[place] for row in answer.recommended] if has_stars else None
        found += _ones_columns(place, plain(name)[:LONGEST], views)
    return [*found, count_column(), *title_columns()]


def _ones_columns(place: int, name: str, stars: Sequence[OnesView] | None) -> list[Column]:
    """Return one person's columns; `stars`: what each item is to them, where it has any."""

    def rank(row: SharedItem) -> str:
        return f"#{row.views[place].place:,}"

    def score(row: SharedItem) -> str:
        return f"{row.views[place].score:.3f}"

    columns = [
        Column(name, max(len(name), 5), align="right", key=rank),
        Column("score", 6, align="right", key=score),
    ]
    if stars is None:
        return columns
    return [*columns, stars_column("stars", stars, lambda row: row.views[place])]
