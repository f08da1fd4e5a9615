"""Pane 5, Explore: a trained model asked about users, movies, biases or yourself, and checked."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import ContentSwitcher

from cftui.questions.trained import AskAbilities
from cftui.remedies import words_of
from cftui.runs.directory import Run, RunError
from cftui.runs.model_source import source_of
from cftui.runs.row import RunRow
from cftui.text import plain
from cftui.tui.explore.biases import BiasView, no_biases
from cftui.tui.explore.check import CheckView
from cftui.tui.explore.item_map.view import MapView
from cftui.tui.explore.kind_bar import KindBar
from cftui.tui.explore.movie import MovieView
from cftui.tui.explore.new_movie import NewMovieView
from cftui.tui.explore.user import UserView
from cftui.tui.explore.view import OpenItem, OpenUser, Setting, View
from cftui.tui.explore.you import YouView
from cftui.tui.services.child import ChildError
from cftui.tui.services.services import Services
from cftui.tui.shared.agreeing import agreed
from cftui.tui.shared.asking import Asker
from cftui.tui.shared.commanded import Commanded
from cftui.tui.shared.commands import Command, bindings
from cftui.tui.shared.messages import ChooseRun, RefitRun
from cftui.tui.shared.overlays import ChooseRunScreen
from cftui.tui.shared.pane import Pane
from cftui.tui.shared.run_words import why_not_refit
from cftui.tui.workspace import Workspace

COMMANDS = (
    Command("explore.users", "u", "users", "User", "What a user rated and would like"),
    Command("explore.movies", "m", "movies", "Movie", "What is near a movie, and who loved it"),
    Command("explore.biases", "b", "biases", "Biases", "Best and worst, whoever rated them"),
    Command("explore.map", "M", "map", "Map", "All movies on a plane, by what they are like"),
    Command("explore.you", "y", "you", "You", "Rate a few movies and get your list"),
    Command("explore.new", "N", "new", "New movie", "For whom one that is not here would be"),
    Command("explore.check", "C", "check", "Check", "How accurate the run is, and where not"),
    Command(
        "explore.back", "backspace", "back", "Back", "To where a movie or user was opened from"
    ),
    Command("explore.run", "r", "run", "Run", "Choose the run that answers", True),
    Command(
        "explore.refit", "R", "refit", "Refit", "Train the run that answers again, on all ratings"
    ),
)
KINDS = (
    ("users", "u", "User"),
    ("movies", "m", "Movie"),
    ("biases", "b", "Biases"),
    ("map", "M", "Map"),
    ("you", "y", "You"),
    ("new", "N", "New movie"),
    ("check", "C", "Check"),
)
ViewKind = (
    type[UserView]
    | type[MovieView]
    | type[BiasView]
    | type[MapView]
    | type[YouView]
    | type[NewMovieView]
    | type[CheckView]
)
VIEWS: dict[str, ViewKind] = {
    "users": UserView,
    "movies": MovieView,
    "biases": BiasView,
    "map": MapView,
    "you": YouView,
    "new": NewMovieView,
    "check": CheckView,
}


class ExplorePane(Pane):
    """Ask a trained model: one view a kind of question, composed on its first visit."""

    DEFAULT_CSS = "ExplorePane #kinds { height: 1fr; }"
    COMMANDS: ClassVar[tuple[Command, ...]] = COMMANDS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(COMMANDS)]

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._asked_about: set[str] = set()
        self._opened_from: list[tuple[str, str]] = []
        """Kind and key of what was left by opening what the cursor was on, the last one last."""
        self._setting = Setting()

    def compose(self) -> ComposeResult:
        """Lay out the kinds, and the first of them."""
        yield KindBar(KINDS)
        with ContentSwitcher(initial="users", id="kinds"):
            yield self._make("users")

    def on_mount(self) -> None:
        """Show which kind is in view."""
        self.services.tastes.tell = self._say
        self.query_one(KindBar).active = "users"

    def _say(self, words: str) -> None:
        self.view.say(words)

    @property
    def view(self) -> View:
        """Return the view on show."""
        shown = self.query_one("#kinds", ContentSwitcher).visible_content
        assert isinstance(shown, View)
        return shown

    def about(self) -> str:
        """Return what the help screen says first: about the kind in view."""
        return f"{self.view.ABOUT}\n\nr chooses the run that answers."

    def focus_first(self) -> None:
        """Take the focus where one begins."""
        self.view.focus_first()

    @property
    def view_name(self) -> str:
        """The kind in view."""
        return str(self.view.id) if self.is_mounted else ""

    async def bring_view(self, name: str) -> Commanded:
        """Bring a kind into view and return its view."""
        return self.view if name == self.view_name else await self._show_kind(name)

    @classmethod
    def all_commands(cls) -> list[tuple[str, Command]]:
        """Return the commands of every view, then the kinds."""
        of_views = [(kind, command) for kind, view in VIEWS.items() for command in view.COMMANDS]
        return [*of_views, *super().all_commands()]

    # What the app shows here

    def show_changes(self, before: Workspace) -> None:
        """Take the ratings that are open and the run that answers."""
        former = self._setting
        setting = Setting.of(self.workspace, former.model)
        if setting.run_path != former.run_path or setting.answers != former.answers:
            self._set(replace(setting, model=None))
            self._describe(setting.run_path)
        elif (setting.summary, setting.waiting) != (former.summary, former.waiting) or (
            not former.same_weights(setting)
        ):
            self._set(setting)
        if self.workspace.runs_on_these_ratings != before.runs_on_these_ratings:
            for view in self.query(CheckView):
                view.runs_changed()
            if isinstance(self.app.screen, ChooseRunScreen):
                self.app.screen.list_runs(self._with_weights)
        self.refresh_offer()

    @work(exclusive=True, group="describe", exit_on_error=False, description="Looking at a model")
    async def _describe(self, path: str) -> None:
        """Learn what the model can be asked; without an answer its questions tell why."""
        if not self._setting.answers:
            return

        def failed(error: ChildError) -> None:
            if error.kind == "Untrusted" and self.display:
                self._agree(path)

        model = await Asker(self.services.ask, failed)(AskAbilities(path), group="describe")
        if model is not None and path == self._setting.run_path:
            self._set(replace(self._setting, model=model))

    @work(group="agree", exit_on_error=False, description="Asking for agreement")
    async def _agree(self, path: str) -> None:
        """Ask, once a run, whether the model that came with it may be executed."""
        if path in self._asked_about:
            return
        self._asked_about.add(path)
        run = Run(Path(path))
        try:
            source = await asyncio.to_thread(lambda: source_of(run, run.record()))
            if not await agreed(self.app, source):
                return
        except (RunError, OSError) as error:
            self.notify(plain(words_of(error)), title="Explore", severity="error", markup=False)
            return
        for view in self.query(View):
            view.run_changed()
        self._describe(path)

    def redraw(self) -> None:
        """Draw the charts anew, after a change of their marks."""
        for view in (*self.query(CheckView), *self.query(MapView)):
            view.redraw()

    def _set(self, setting: Setting) -> None:
        self._setting = setting
        for view in self.query(View):
            view.show(setting)
        if self.is_mounted:
            self.query_one(KindBar).dim = frozenset(
                kind for kind, _, _ in KINDS if self.why_not(kind)
            )
            self.refresh_offer()

    # Kinds

    def _make(self, kind: str) -> View:
        view = VIEWS[kind](self.services)
        view.show(self._setting)
        return view

    async def _show_kind(self, kind: str) -> View:
        switcher = self.query_one("#kinds", ContentSwitcher)
        found = [view for view in switcher.query(View) if view.id == kind]
        view = found[0] if found else self._make(kind)
        if not found:
            await switcher.mount(view)
        switcher.current = kind
        self.query_one(KindBar).active = kind
        if self.display:  # else the user has gone to another pane meanwhile
            view.focus_first()
        return view

    @on(KindBar.KindChosen)
    async def _kind_clicked(self, message: KindBar.KindChosen) -> None:
        message.stop()
        words = self.why_not(message.kind)
        if words:
            self.notify(words, markup=False, timeout=4)
        else:
            await self._show_kind(message.kind)

    async def action_users(self) -> None:
        """Ask about users."""
        await self._show_kind("users")

    async def action_movies(self) -> None:
        """Ask about movies."""
        await self._show_kind("movies")

    async def action_biases(self) -> None:
        """Show the best and the worst."""
        await self._show_kind("biases")

    async def action_map(self) -> None:
        """Show all movies on a plane."""
        await self._show_kind("map")

    async def action_you(self) -> None:
        """Rate a few movies oneself."""
        await self._show_kind("you")

    async def action_new(self) -> None:
        """Tell of a movie that is not in the data."""
        await self._show_kind("new")

    async def action_check(self) -> None:
        """Show how right the run is."""
        await self._show_kind("check")

    @on(OpenItem)
    async def _open_item(self, message: OpenItem) -> None:
        message.stop()
        self._opened_from.append((str(self.view.id), self.view.key))
        view = await self._show_kind("movies")
        assert isinstance(view, MovieView)
        view.seek(message.item)

    @on(OpenUser)
    async def _open_user(self, message: OpenUser) -> None:
        message.stop()
        self._opened_from.append((str(self.view.id), self.view.key))
        view = await self._show_kind("users")
        assert isinstance(view, UserView)
        view.seek(message.user)

    async def action_back(self) -> None:
        """Go back to the view that something was opened from."""
        if self._opened_from:
            kind, key = self._opened_from.pop()
            view = await self._show_kind(kind)
            if isinstance(view, UserView | MovieView) and view.key != key:
                view.seek(key)
            self.refresh_offer()

    # The run

    def why_not(self, action: str) -> str | None:
        """Return why an action cannot be done now; none if it can."""
        model = self._setting.model
        if action == "back" and not self._opened_from:
            return "Nothing was opened from another view"
        if action == "run" and not self._with_weights:
            return self.workspace.no_answer
        if action == "refit":
            return why_not_refit(self._setting.row)
        if action == "biases" and model is not None and not model.has_item_bias:
            return no_biases(model.model)
        return None

    def action_refit(self) -> None:
        """Train the run that answers again, on all ratings."""
        if self._setting.row is not None:
            self.post_message(RefitRun(self._setting.row.id))

    @property
    def _with_weights(self) -> list[RunRow]:
        return [row for row in self.workspace.runs_on_these_ratings if row.answers]

    def action_run(self) -> None:
        """Choose the run that answers."""
        rows, row = self._with_weights, self._setting.row

        def choose(run: str | None) -> None:
            if run is not None:
                self.post_message(ChooseRun(run, to_answer=True))

        self.app.push_screen(ChooseRunScreen(rows, row.id if row else ""), choose)
