"""Pane 1, Data: which ratings, what there is to know of them, and how they are split."""

from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Static

from cftui.questions.data import DataSetRow, DataSummary, DescribeSplit, ListDataSets
from cftui.text import plain
from cftui.tui.data.ask_columns import Asking
from cftui.tui.data.path_field import PathField, absolute
from cftui.tui.data.profile_view import ProfileView
from cftui.tui.data.set_list import SetList, download_question, set_words
from cftui.tui.data.split_form import SplitForm
from cftui.tui.services.child import ChildError
from cftui.tui.services.jobs import JobError
from cftui.tui.services.ratings import Opening, stage_of
from cftui.tui.services.services import Services
from cftui.tui.shared.asking import Asker
from cftui.tui.shared.commands import Command, bindings
from cftui.tui.shared.grid import Grid
from cftui.tui.shared.messages import AskColumns, CancelOpening, ChooseData, ChooseSplit
from cftui.tui.shared.overlays import AskYesNo
from cftui.tui.shared.pane import Pane
from cftui.tui.shared.sized import Sized
from cftui.tui.workspace import Workspace

COMMANDS = (
    Command("data.path", "slash", "path", "Path", "Type the path of a ratings file", True),
    Command("data.list", "d", "list", "Data sets", "Go to the list of data sets", True),
    Command("data.split", "t", "split", "Split", "Choose what is held out for validation", True),
    Command("data.view", "v", "view", "View", "Show another part of the profile, or all", True),
    Command(
        "data.columns",
        "c",
        "columns",
        "Columns",
        "Say which columns mean what, and read anew",
        True,
    ),
    Command(
        "data.cancel",
        "escape,x",
        "cancel",
        "Cancel",
        "Stop reading or downloading; the ratings that were open stay open",
        True,
    ),
)


class DataPane(Pane, Sized):
    """Choose ratings, look at them, and choose their split."""

    ABOUT: ClassVar[str] = (
        "Choose ratings at the left: from the list with enter, or by their path (/), which tab or"
        " right completes. What they hold stands at the right; v shows another part of it.\n\n"
        "Any comma, tab or otherwise separated file will do, also packed; JSON lines, Parquet,"
        " Excel's and LibreOffice's workbooks, SQLite, Stata and Feather as well, tables of users"
        " by items too. Where columns are not recognised, you are asked which is which.\n\n"
        "Ratings far from all others are named with their lines. Counts (plays, purchases) can be"
        " read as logarithms: c, and there values. Where 0 or -1 means not rated, unrated beside it"
        " leaves such rows out.\n\n"
        "The split says which ratings are held out from training to measure the error on; runs"
        " started in Train (3) use it. Users or movies that training has never seen are guessed at."
    )
    SCOPED_CSS = False  # classes of the screen that tell its size stand above the pane
    DEFAULT_CSS = """
    DataPane #choosing { width: 42; }
    DataPane.-narrow #choosing { width: 31; }
    DataPane.-wide #choosing { width: 52; }
    DataPane #path-row { height: 1; padding: 0 1; }
    DataPane #path-row > Static { width: 2; color: $text-muted; }
    DataPane #set-about { height: 2; padding: 0 1; color: $text-muted; }
    DataPane.-short #meaning { height: 4; }
    DataPane #about-data { width: 1fr; }
    DataPane #opening { height: auto; padding: 0 1; color: $text-success; }
    DataPane #opening.problem { color: $text-error; text-style: bold; }
    DataPane SetList, DataPane MappingForm, DataPane #members {
        border: round $primary-muted;
        border-title-color: $text-muted;
        border-subtitle-color: $text-muted;
    }
    DataPane SetList:focus, DataPane #members:focus { border: round $primary; }
    DataPane MappingForm:focus-within { border: round $primary; }
    """
    COMMANDS: ClassVar[tuple[Command, ...]] = COMMANDS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(COMMANDS)]

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._ask, self._memory = services.ask, services.memory

    def compose(self) -> ComposeResult:
        """Lay out what there is to choose at the left, and what is chosen at the right."""
        with Horizontal():
            with Vertical(id="choosing"):
                with Horizontal(id="path-row"):
                    yield Static("/ ", markup=False)
                    yield PathField(id="path")
                sets = SetList()
                sets.border_title = "Data sets"
                yield sets
                yield Static("", id="set-about", markup=False)
                yield SplitForm(self.workspace.split)
            with Vertical(id="about-data"):
                yield Static("", id="opening", markup=False)
                yield ProfileView(self.services.paint)
                yield Asking(self._ask)

    @property
    def sets(self) -> SetList:
        """Return the list of data sets."""
        return self.query_one(SetList)

    @property
    def profile(self) -> ProfileView:
        """Return what is shown of the ratings."""
        return self.query_one(ProfileView)

    @property
    def asking(self) -> Asking:
        """Return what asks for columns."""
        return self.query_one(Asking)

    @property
    def split(self) -> SplitForm:
        """Return the form of the split."""
        return self.query_one(SplitForm)

    def on_mount(self) -> None:
        """List the data sets."""
        self._show_opening(None, None)
        self._list_sets()

    def focus_first(self) -> None:
        """Take the focus where one begins."""
        if self.asking.asks:
            self.asking.focus_first()
        else:
            self.sets.focus()

    # What the app shows here

    @property
    def _ratings(self) -> DataSummary | None:
        return self.workspace.ratings

    def show_changes(self, before: Workspace) -> None:
        """Show the ratings that are open, those on their way in, and the split."""
        now = self.workspace
        if now.split != before.split:
            self.split.show_split(now.split)
            self._weigh_split()
        if now.ratings is not None and now.ratings != before.ratings:
            self._show_ratings(now.ratings)
        if now.opening != before.opening:
            self._show_opening(now.opening, before.opening)

    def _show_ratings(self, ratings: DataSummary) -> None:
        """Show ratings that are open; their profile follows."""
        self.profile.show_summary(ratings)
        self.profile.border_title = plain(ratings.name)
        self.sets.mark_open(self.services.ratings.source, self.services.ratings.mapping)
        self._list_sets()
        self._load_profile()
        self._weigh_split()
        self.refresh_bindings()

    def _show_opening(self, opening: Opening | None, before: Opening | None) -> None:
        """Show how far ratings on their way in are, or what is wrong with them."""
        another = stage_of(opening) != stage_of(before)
        words = self.query_one("#opening", Static)
        words.display = opening is not None and opening.preview is None
        words.set_class(opening is not None and bool(opening.failure), "problem")
        if opening is not None:
            cancels = "; x cancels" if opening.doing else ""
            # progress takes the room it has: laid out anew, the whole pane would be sent
            words.update(plain(opening.words + cancels), layout=another)
        if another:
            self._show_form(opening)
            self.refresh_bindings()

    @work(exclusive=True, group="form", exit_on_error=False, description="Asking for columns")
    async def _show_form(self, opening: Opening | None) -> None:
        """Show what is to be answered in the place of the profile, or the profile again."""
        if (opening is None or opening.preview is None) and not self.asking.asks:
            return
        await self.asking.show_opening(opening)
        self.profile.display = not self.asking.asks
        self.refresh_bindings()
        self.focus_first()

    def redraw(self) -> None:
        """Draw the charts anew, after a change of theme or marker."""
        self.profile.draw(self._memory.state.marker)  # type: ignore[arg-type]

    # What is asked

    @work(exclusive=True, group="profile", exit_on_error=False, description="Profiling the ratings")
    async def _load_profile(self) -> None:
        try:
            found = await self.services.ratings.describe()
        except JobError as error:
            self.profile.show_failure(str(error))
            return
        if self._ratings is not None and found.fingerprint == self._ratings.fingerprint:
            self.profile.show_profile(found, self._memory.state.marker)  # type: ignore[arg-type]

    @work(exclusive=True, group="sets", exit_on_error=False, description="Listing data sets")
    async def _list_sets(self) -> None:
        ask = Asker(self._ask, lambda error: self.sets.set_empty(str(error)))
        found = await ask(ListDataSets(), group="sets")
        if found is not None:
            ratings = self.services.ratings
            self.sets.show_sets(found, ratings.source, ratings.mapping)

    @work(exclusive=True, group="split", exit_on_error=False, description="Weighing the split")
    async def _weigh_split(self) -> None:
        ratings = self._ratings
        if ratings is None:
            return
        self.split.show_words("weighing the split …")
        question = DescribeSplit(ratings.store, self.split.split.model_dump())
        found = await Asker(self._ask, self._not_weighed)(question, group="split")
        if found is not None:
            self.split.show_summary(found, ratings.items_word)

    def _not_weighed(self, error: ChildError) -> None:
        self.split.show_words(str(error), problem=True)

    # What the user does here

    @on(SplitForm.SplitChanged)
    def _split_changed(self, message: SplitForm.SplitChanged) -> None:
        message.stop()
        self.post_message(ChooseSplit(message.split))
        self._weigh_split()

    @on(Grid.Highlighted, "#sets")
    def _tell_of_set(self, message: Grid.Highlighted) -> None:
        message.stop()
        about = self.query_one("#set-about", Static)
        about.update(set_words(self.sets.chosen), layout=False)

    @on(Grid.Selected, "#sets")
    def _set_chosen(self, message: Grid.Selected) -> None:
        message.stop()
        if self.sets.chosen is not None:
            self._choose(self.sets.chosen)

    def _choose(self, row: DataSetRow) -> None:
        """Open a data set; download it first, where the user agrees."""
        if row.kind != "catalogue":
            self.post_message(ChooseData(row.source, row.mapping))
            return

        def fetch(agreed: bool | None) -> None:
            if agreed:
                self.post_message(ChooseData(row.source, fetch=True))

        self.app.push_screen(AskYesNo(download_question(row)), fetch)

    @on(Input.Submitted, "#path")
    def _path_given(self, message: Input.Submitted) -> None:
        message.stop()
        text = message.value.strip()
        named = self.sets.named(text)
        if named is not None:
            self._choose(named)
        elif text:
            self.post_message(ChooseData(absolute(text)))
        self.sets.focus()  # so that letters are commands again

    def why_not(self, action: str) -> str | None:
        """Return why an action cannot be done now; none if it can."""
        match action:
            case "cancel":
                return None if self.workspace.opening is not None else "Nothing is being read"
            case "columns":
                return None if self._ratings is not None else "Choose ratings first"
            case "view":
                return "Choose the columns first" if self.asking.asks else None
        return None

    def action_path(self) -> None:
        """Go to the field for a path."""
        self.query_one(PathField).focus()

    def action_list(self) -> None:
        """Go to the list of data sets."""
        self.sets.focus()

    def action_split(self) -> None:
        """Go to the form of the split."""
        self.split.query("Choice").first().focus()

    def action_view(self) -> None:
        """Show another part of the profile."""
        self.profile.turn(1)

    def action_columns(self) -> None:
        """Ask which columns of the open file mean what."""
        self.post_message(AskColumns())

    def action_cancel(self) -> None:
        """Stop what is being read, or put its complaint away."""
        self.post_message(CancelOpening())
