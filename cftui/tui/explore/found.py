"""What Explore's views of one user and of one movie share: a search at the left, its answer beside.

The answer follows the cursor of the list that was found.
"""

from typing import Any, ClassVar, Literal

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from cftui.tui.explore.finder import Finder
from cftui.tui.explore.view import View
from cftui.tui.services.services import Services
from cftui.tui.shared.grid import Grid
from cftui.tui.shared.key_order import hold_keys


class FoundView(View):
    """A view of what its search found."""

    KIND: ClassVar[Literal["users", "movies"]]
    """What is searched."""

    def __init__(self, services: Services) -> None:
        super().__init__(self.KIND, services)
        self._key = ""
        self._shown = ""
        """The id that the answer on show is about."""
        self._answer: Any = None

    def compose(self) -> ComposeResult:
        """Lay out the search at the left, the answer at the right."""
        with Horizontal():
            yield Finder(self.KIND, self._ask.ask)
            with Vertical(classes="answer"):
                yield Static("", id="about", markup=False)
                yield from self.compose_answer()

    def compose_answer(self) -> ComposeResult:
        """Lay out what stands below the answer's head, the tables #first and #second among it."""
        yield from ()

    @property
    def key(self) -> str:
        """Return the id that the view is about; empty before one was found."""
        return self._key

    @property
    def near(self) -> Grid:
        """Return the table that stands first now."""
        return self.first

    @property
    def can_answer(self) -> bool:
        """Return whether there is what questions are put to."""
        return self.setting.answers

    @property
    def finder(self) -> Finder:
        """Return the search and its list."""
        return self.query_one(Finder)

    def on_mount(self) -> None:
        """Begin with those that have most ratings."""
        self.data_changed()

    def focus_first(self) -> None:
        """Take the focus where one begins."""
        self.finder.found.focus()

    def data_changed(self) -> None:
        """List those of other ratings."""
        self.finder.search_in(self.setting.summary)

    def narrowed(self) -> None:
        """Ask anew, as the lists are narrowed otherwise."""
        self.run_changed()

    def seek(self, key: str) -> None:
        """Look at one, by its id."""
        self.finder.seek(key)

    @on(Finder.Came)
    def _came(self, message: Finder.Came) -> None:
        message.stop()
        if not message.key:
            self._key, self._answer = "", None
            self.refused(message.words)
        elif message.key != self._key:
            self._key = message.key
            for grid in self.query(Grid).filter("#first, #space"):
                grid.set_empty("Asking …")
            self.run_changed()

    @on(Finder.RowChosen)
    def _chosen(self, message: Finder.RowChosen) -> None:
        message.stop()
        self.near.focus()
        if self._key != self._shown and self.can_answer:
            hold_keys(self)  # the next key is about the answer that is on its way

    def answered(self) -> None:
        """Take note that the answer is on show."""
        self._shown = self._key

    def refused(self, words: str) -> None:
        """Show why there is no answer."""
        super().refused(words)
        self.answered()

    def action_search(self) -> None:
        """Type what to look for."""
        self.finder.search.focus()
