"""The app: panes, the children that compute and draw, and the runs that are watched."""

import asyncio
import contextlib
import os
import signal
import traceback
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.screen import Screen
from textual.widgets import ContentSwitcher

from cftui.paths import state_folder
from cftui.text import plain
from cftui.tui.data_keeper import DataKeeper
from cftui.tui.services.memory import Memory
from cftui.tui.shared.commands import Command, bindings, key_label
from cftui.tui.shared.key_bar import KeyBar
from cftui.tui.shared.tab_bar import TabBar
from cftui.tui.themes import DEFAULT, FALLBACKS, can_be_drawn

if TYPE_CHECKING:
    from textual.command import Provider

    from cftui.tui.services.child import Child
    from cftui.tui.shared.pane import Pane

ANYWHERE = (
    Command("app.data", "1", "pane('data')", "Data", "Choose ratings, look at them, split them"),
    Command("app.crosstab", "2", "pane('crosstab')", "Crosstab", "Users by movies, and the sheet"),
    Command("app.train", "3", "pane('train')", "Train", "Train a model and watch it"),
    Command("app.runs", "4", "pane('runs')", "Runs", "Compare all runs, and look after them"),
    Command("app.explore", "5", "pane('explore')", "Explore", "Ask a trained model"),
    Command(
        "app.palette", "colon,ctrl+p", "command_palette", "Palette", "Find any command by name"
    ),
    Command("app.marker", "ctrl+t", "marker", "Marker", "Draw charts in braille, blocks or dots"),
    Command("app.help", "question_mark", "help", "Help", "Explain this pane and its keys", True),
    Command("app.quit", "q", "quit", "Quit", "Leave; runs go on without the screen", True),
    Command("app.suspend", "ctrl+z", "suspend_process", "Suspend", "Back to the shell; fg returns"),
)
TABS = (
    ("data", "1", "Data"),
    ("crosstab", "2", "Crosstab"),
    ("train", "3", "Train"),
    ("runs", "4", "Runs"),
    ("explore", "5", "Explore"),
)
LOOK_SECONDS = 0.25


def pane_classes() -> "dict[str, type[Pane]]":
    """Return the panes by name; imported only now, for the first paint needs none."""
    from cftui.tui.crosstab.pane import CrosstabPane
    from cftui.tui.data.pane import DataPane
    from cftui.tui.explore.pane import ExplorePane
    from cftui.tui.runs.pane import RunsPane
    from cftui.tui.train.pane import TrainPane

    panes: list[type[Pane]] = [DataPane, CrosstabPane, TrainPane, RunsPane, ExplorePane]
    return dict(zip((name for name, _, _ in TABS), panes, strict=True))


def palette_provider() -> "type[Provider]":
    """Return what the palette searches, imported when it is opened first."""
    from cftui.tui.shared.palette import CommandsProvider

    return CommandsProvider


class CftuiApp(DataKeeper):
    """Explorer for collaborative filtering."""

    CSS_PATH = "app.tcss"
    TITLE = "cftui"
    ENABLE_COMMAND_PALETTE = True
    COMMANDS = {palette_provider}
    COMMAND_PALETTE_BINDING = "ctrl+p"
    HORIZONTAL_BREAKPOINTS = [
        (0, "-narrow"),
        (100, "-medium"),
        (150, "-wide"),
    ]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (32, "-tall")]
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(ANYWHERE),
        Binding("ctrl+c", "help_quit", show=False, system=True, id="app.help-quit"),
    ]

    def __init__(self, source: str, *, session: Memory | None = None) -> None:
        super().__init__(source, session or Memory())
        self.animation_level = "none"  # every moving cell is a byte on the wire
        self._children: list[Child] = []
        self._drawn_theme = ""
        """The theme that panes have been drawn in."""

    # Composing: the tab bar and a frame first, all else after the first paint

    def compose(self) -> ComposeResult:
        """Lay out what the first paint shows."""
        yield TabBar(TABS)
        yield Container(id="frame")

    def on_mount(self) -> None:
        """Set what the session remembers, then fill the frame once it has been painted."""
        if self.session.state.theme in self.available_themes:
            self.theme = self.session.state.theme
        else:
            self._refuse_theme(self.session.state.theme, "is not known here")
        bar = self.query_one(TabBar)
        bar.active, bar.about = self.session.state.pane, "opening the ratings …"
        self._set_signals()
        self.call_after_refresh(self._furnish)

    async def _furnish(self) -> None:
        # Imported here: numpy, pydantic and the panes are no part of the first paint.
        from cftui.tui.services.child import Child
        from cftui.tui.services.ratings import RatingsService
        from cftui.tui.services.runs import RunService
        from cftui.tui.shared.messages import ChooseData

        self.desk = RunService(self.session.state.run)
        self.brain, self.painter = Child("cftui.brain"), Child("cftui.painter")
        self._children = [self.brain, self.painter]
        self.data = RatingsService(self.brain.ask)
        frame = self.query_one("#frame", Container)
        with self.batch_update():
            await frame.mount(ContentSwitcher(id="body"))
            await self.mount(KeyBar())
            frame.styles.border = ("none", "transparent")
            await self._show_pane(self.session.state.pane)
        self.call_after_refresh(self._keep_theme)
        self._open_data(ChooseData(self.source))
        self._look()
        self.set_interval(LOOK_SECONDS, self._look)

    async def _show_pane(self, name: str) -> None:
        """Bring a pane into view; it is composed on its first visit."""
        name = name if name in {pane for pane, _, _ in TABS} else "train"
        body = self.query_one("#body", ContentSwitcher)
        if name not in self._panes:
            self._panes[name] = self._make_pane(name)
            await body.mount(self._panes[name])
        body.current = name
        self.query_one(TabBar).active = name
        self.session.update(pane=name)
        self._feed_panes()
        shown = self._panes[name]
        if self.focused is None or shown not in self.focused.ancestors:
            shown.focus_first()

    def _make_pane(self, name: str) -> "Pane":
        if name == "data":
            from cftui.tui.data.pane import DataPane

            assert self.data is not None
            return DataPane(self.session, self.data, self.brain.ask, self.painter.ask)
        if name == "explore":
            from cftui.tui.explore.pane import ExplorePane

            return ExplorePane(self.brain.ask)
        if name == "crosstab":
            from cftui.tui.crosstab.pane import CrosstabPane

            return CrosstabPane(self.session, self.brain.ask, self.painter.ask)
        if name == "runs":
            from cftui.tui.runs.pane import RunsPane

            return RunsPane(self.session, self.painter.ask)
        from cftui.tui.train.pane import TrainPane

        return TrainPane(self.session, self.painter.ask, self.brain.ask)

    # What the user does anywhere

    async def action_pane(self, name: str) -> None:
        """Bring a pane into view."""
        if self.query("#body"):
            with self.batch_update():  # one layout, though a pane comes with many widgets
                await self._show_pane(name)

    @on(TabBar.PaneChosen)
    async def _tab_chosen(self, message: TabBar.PaneChosen) -> None:
        await self.action_pane(message.pane)

    def action_marker(self) -> None:
        """Draw charts with the next kind of mark."""
        from cftui.charts import MARKERS

        marker: Any = self.session.state.marker
        place = MARKERS.index(marker) if marker in MARKERS else -1
        self.session.update(marker=MARKERS[(place + 1) % len(MARKERS)])
        for pane in self._panes.values():
            pane.redraw()

    def action_help(self) -> None:
        """Explain the pane in view."""
        from cftui.tui.shared.overlays import HelpScreen

        pane = self._pane_in_view()
        if pane is not None:
            own = [command for _, command in pane.commands_now()]
            groups = [("In this pane", own), ("Anywhere", ANYWHERE)]
            self.push_screen(
                HelpScreen(type(pane).__name__.removesuffix("Pane"), pane.about(), groups)
            )

    def _pane_in_view(self) -> Any:
        switchers = self.query(ContentSwitcher)
        return switchers.first().visible_content if switchers else None

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """List every command for the palette: of the app, the pane in view, then the others."""
        from cftui.tui.shared.palette import ELSEWHERE

        shown = self._pane_in_view()
        here = [(None, "", command) for command in ANYWHERE]
        here += [(owner, "", command) for owner, command in (shown.commands_now() if shown else ())]
        for owner, _, command in here:
            words = f"{command.label}: {command.help}"
            yield SystemCommand(
                words, f"key {key_label(command.keys)}", self._runner(command, owner)
            )
        told, panes = {command for _, _, command in here}, pane_classes()
        for name, digit, title in TABS:
            for view, command in panes[name].commands_within():
                if command not in told:
                    place = ELSEWHERE.join([title, view.capitalize()] if view else [title])
                    words = f"{place}{ELSEWHERE}{command.label}: {command.help}"
                    key = f"key {digit}, then {key_label(command.keys)}"
                    run = self._runner_elsewhere(name, view, command)
                    yield SystemCommand(words, key, run, discover=False)
        yield SystemCommand("Theme", "Choose the colours", self.action_change_theme)

    def _runner(self, command: Command, owner: "Pane | None") -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            words = owner.why_not(command.action) if owner is not None else None
            if words:
                self.notify(words, title=command.label, markup=False, timeout=4)
            else:
                await self.run_action(command.action, owner or self)

        return run

    def _runner_elsewhere(
        self, name: str, view: str, command: Command
    ) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            await self.action_pane(name)
            pane = self._panes.get(name)
            if pane is not None:
                if view:
                    await self.run_action(view, pane)
                await self._runner(command, pane.doer_of(command))()

        return run

    # Themes

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return values for what a theme lacks."""
        return FALLBACKS

    def watch_theme(self, before: str, theme: str) -> None:
        """Take back a theme that cannot be drawn.

        Without colours the terminal's own would be black on black.
        """
        if self.no_color and self.current_theme.ansi:
            self.theme = DEFAULT
        elif not can_be_drawn(self.current_theme):
            self.theme = before
            self._refuse_theme(theme, "cannot be drawn")
        else:
            self.call_after_refresh(self._keep_theme)

    def _refuse_theme(self, theme: str, why: str) -> None:
        words = f"The theme {theme} {why}; this is {self.theme}"
        self.notify(plain(words), severity="warning", markup=False, timeout=8)

    def _keep_theme(self) -> None:
        """Remember the theme, now that panes have been drawn in it."""
        if self._panes:
            self._drawn_theme = self.theme
            self.session.update(theme=self.theme)

    # Leaving

    def action_help_quit(self) -> None:
        """Say how to leave: ctrl+c is for copying in many terminals."""
        self.notify("q leaves; runs go on without the screen", timeout=4)

    def _fatal_error(self) -> None:
        """Leave a fault's traceback in a file; hundreds of lines on the terminal help nobody."""
        path = state_folder() / "crash.log"
        with contextlib.suppress(OSError):
            path.write_text(traceback.format_exc(), encoding="utf-8")
        error = self._exception
        if self.session.state.theme == self.theme != self._drawn_theme:
            self.session.update(theme=DEFAULT)  # lest every start end here
        self._exit_renderables.append(
            f"cftui stopped: {type(error).__name__}: {plain(str(error))}; {path} tells more"
        )
        self._close_messages_no_wait()

    async def action_quit(self) -> None:
        """Leave; runs go on."""
        await self._end_children()
        self.exit()

    async def _end_children(self) -> None:
        await asyncio.gather(*(child.close() for child in self._children), return_exceptions=True)

    def _set_signals(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            loop.add_signal_handler(signal.SIGTERM, self.exit)
            # A terminal that is gone takes no farewell; children end with their pipes.
            loop.add_signal_handler(signal.SIGHUP, lambda: os._exit(129))
        except (NotImplementedError, RuntimeError, ValueError):
            return  # a test's loop may not be the main thread's


def run_app(source: str) -> int:
    """Open the explorer; return the exit code. Says which runs go on."""
    app = CftuiApp(source)
    app.run()
    for row in app.live_runs():
        print(f"{row.id} goes on; cftui shows it again, or: cftui runs attach {row.id}")
    return app.return_code or 0
