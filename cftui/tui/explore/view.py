"""What the Explore pane's views have in common: the run that answers, and asking it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from textual import on, work
from textual.message import Message
from textual.widgets import Static

from cftui.questions.data import DataSummary
from cftui.questions.items import Facets, ItemFilter
from cftui.questions.trained import Abilities
from cftui.runs.row import RunRow
from cftui.runs.standing import SIGNS
from cftui.text import plain
from cftui.tui.explore.filtering import FilterScreen
from cftui.tui.services.runs import path_of
from cftui.tui.services.services import Services
from cftui.tui.shared.asking import Asker
from cftui.tui.shared.commanded import Commanded
from cftui.tui.shared.grid import Grid
from cftui.tui.shared.sized import Sized
from cftui.tui.workspace import Workspace

LEAST_RATINGS = (1, 5, 20, 50)
"""What a list's items need to have, by turns."""


@dataclass(frozen=True)
class Setting:
    """The part of the workspace that questions are about, and what can be asked of the run."""

    summary: DataSummary | None = None
    row: RunRow | None = None
    """The run that answers."""
    model: Abilities | None = None
    """None until the brain has told."""
    waiting: str = ""
    """As in the workspace: what is awaited before it is known which run answers."""

    @classmethod
    def of(cls, workspace: Workspace, model: Abilities | None) -> "Setting":
        """Return the setting of a workspace."""
        return cls(workspace.ratings, workspace.answering_run, model, workspace.waiting)

    @property
    def run_path(self) -> str:
        """Return the directory of the run that answers; empty where there is none."""
        return str(path_of(self.row.id)) if self.row else ""

    @property
    def answers(self) -> bool:
        """Return whether there is a run that finished an epoch."""
        return self.row is not None and self.row.answers

    @property
    def answering_path(self) -> str:
        """Return the directory of the run if it has weights; else empty."""
        return self.run_path if self.answers else ""

    @property
    def items_word(self) -> str:
        """Return what the screen calls the items."""
        return self.summary.items_word if self.summary else "movies"

    def same_weights(self, other: "Setting") -> bool:
        """Return whether another setting's run is this one with the same weights."""

        def weights(setting: Setting) -> object:
            row = setting.row
            return (row.epoch, row.answers, row.alive) if row else None

        return self.run_path == other.run_path and weights(self) == weights(other)


@dataclass
class OpenItem(Message):
    """The user wants to see an item."""

    item: str


@dataclass
class OpenUser(Message):
    """The user wants to see a user."""

    user: str


class View(Commanded, Sized):
    """One kind of question to a trained model."""

    SCOPED_CSS = False  # classes of the screen that tell its size stand above the view
    DEFAULT_CSS = """
    View { height: 1fr; }
    View Grid {
        border: round $primary-muted;
        border-title-color: $text-muted;
        border-subtitle-color: $text-muted;
    }
    View Grid:focus { border: round $primary; }
    View .finder { width: 34; }
    View.-narrow .finder { width: 29; }
    View.-wide .finder { width: 50; }
    View #search { height: 1; padding: 0 1; }
    View #about { height: 3; padding: 0 1; }
    View.-short #about { height: 2; }
    View.-short Bars { height: 1; }
    View .tables { height: 1fr; }
    View .tables > Grid { height: 1fr; }
    View.-wide .tables { layout: horizontal; }
    """
    HAS_FLOOR: ClassVar[bool] = False
    """Whether its lists begin with items of some ratings: one that two people rated is near
    another, or liked, by chance."""
    NO_RUN = "No trained model on these ratings yet: train one (3, then s); u, m, y, N need none"

    def __init__(self, name: str, services: Services) -> None:
        super().__init__(id=name)
        self._ask = Asker(services.ask, lambda error: self.refused(str(error)))
        self.setting = Setting()
        self.only = ItemFilter()
        """What this view's lists are narrowed to."""

    @property
    def key(self) -> str:
        """Return the id that the view is about; empty where it is about none."""
        return ""

    @property
    def no_run(self) -> str:
        """Return why no run answers, where none does."""
        return self.setting.waiting or self.NO_RUN

    @property
    def first(self) -> Grid:
        """Return the table at the left."""
        return self.query_one("#first", Grid)

    @property
    def second(self) -> Grid:
        """Return the table at the right."""
        return self.query_one("#second", Grid)

    def show(self, setting: Setting) -> None:
        """Ask anew where the ratings or the run became others."""
        before, self.setting = self.setting, setting
        if self.HAS_FLOOR and setting.summary is not None and before.summary != setting.summary:
            self.only = replace(self.only, min_ratings=setting.summary.usual_floor)
        if not self.is_mounted:
            return
        self.refresh_offer()
        if before.summary != setting.summary:
            self.data_changed()
        known = before.waiting != setting.waiting and not setting.answers
        if known or not before.same_weights(setting):
            self.run_changed()

    def data_changed(self) -> None:
        """Look at other ratings."""

    def run_changed(self) -> None:
        """Ask another run, or the same one's newer weights."""

    def refused(self, words: str) -> None:
        """Show why there is no answer."""
        self.say(words)
        for grid in self.query(Grid).filter("#first, #second"):
            grid.set_rows(())
            grid.border_subtitle = ""  # it tells which run the rows were by

    def say(self, words: str) -> None:
        """Show words, their line breaks kept, where the answer's head stands."""
        self.query_one("#about", Static).update("\n".join(map(plain, words.splitlines())))

    def by(self, step: int | None) -> str:
        """Return which run answered; empty for none."""
        row = self.setting.row
        if row is None or step is None:
            return ""
        refit = ", which knows all ratings" if row.refit_of else ""
        doubt = f" {SIGNS['mean']} worse than the mean" if row.worse_than == "mean" else ""
        return f"by {row.label} {row.clock}, step {step:,}{refit}{doubt}"

    def narrowed(self) -> None:
        """Ask anew, as the lists are narrowed otherwise."""

    def action_least(self) -> None:
        """Take the next least number of ratings."""
        now = self.only.min_ratings
        place = LEAST_RATINGS.index(now) if now in LEAST_RATINGS else -1
        least = LEAST_RATINGS[(place + 1) % len(LEAST_RATINGS)]
        self.only = replace(self.only, min_ratings=least)
        self.narrowed()

    @work(exclusive=True, group="facets", exit_on_error=False, description="Reading the genres")
    async def action_filter(self) -> None:
        """Ask what to narrow the lists to."""
        if self.setting.summary is None:
            return
        facets = await self._ask(Facets(self.setting.summary.store), f"facets of {self.id}")
        if facets is None:
            return

        def narrow(chosen: ItemFilter | None) -> None:
            if chosen is not None and chosen != self.only:
                self.only = chosen
                self.narrowed()

        self.app.push_screen(FilterScreen(facets, self.only), narrow)

    @on(Grid.Selected, ".items, .users")
    def _open_selected(self, message: Grid.Selected) -> None:
        message.stop()
        self._open(message.grid)

    def action_open(self) -> None:
        """Open what the cursor of the focused table is on."""
        focused = self.screen.focused
        if isinstance(focused, Grid):
            self._open(focused)

    def _open(self, grid: Grid) -> None:
        key = grid.cursor_key
        if key is not None and (any(map(grid.has_class, ("items", "rateable", "explained")))):
            self.post_message(OpenItem(str(key)))
        elif key is not None and grid.has_class("users"):
            self.post_message(OpenUser(str(key)))


def fill(grid: Grid, rows: Sequence[object], keys: Sequence[str]) -> None:
    """Show a ranking; who looks at its top goes on looking at it, whatever moves there."""
    at_top = grid.cursor_row == 0
    grid.set_rows(rows, keys)
    if at_top:
        grid.action_first()


def filter_words(only: ItemFilter) -> str:
    """Return what a list is narrowed to, after a comma; empty where it is not."""
    years = ""
    if only.first_year is not None and only.first_year == only.last_year:
        years = f"of {only.first_year}"
    elif only.first_year is not None or only.last_year is not None:
        years = f"{only.first_year or ''}–{only.last_year or ''}"
    least = f"{only.min_ratings}+ ratings" if only.min_ratings > 1 else ""
    return "".join(f", {plain(part)}" for part in (only.genre, years, least) if part)
