"""The app: panes, the children that compute and draw, and the runs that are watched."""

import asyncio
import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on, work
from textual.app import App, ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.screen import Screen
from textual.widgets import ContentSwitcher, Footer

from cftui.tui.commands import Command, bindings
from cftui.tui.session import Session
from cftui.tui.widgets.tab_bar import TabBar

if TYPE_CHECKING:
    from cftui.questions import DataSummary
    from cftui.runs.index import RunRow
    from cftui.tui.child import Child
    from cftui.tui.messages import ChooseRun, ResumeRun, StartRun, WishRun
    from cftui.tui.panes.explore import ExplorePane
    from cftui.tui.panes.train import TrainPane

COMMANDS = (
    Command("app.train", "3", "pane('train')", "Train", "Train a model and watch it"),
    Command("app.explore", "5", "pane('explore')", "Explore", "Ask a trained model"),
    Command(
        "app.palette", "colon,ctrl+p", "command_palette", "Palette", "Find any command by name"
    ),
    Command("app.marker", "ctrl+t", "marker", "Marker", "Draw charts in braille, blocks or dots"),
    Command("app.help", "question_mark", "help", "Help", "Explain this pane and its keys", True),
    Command("app.quit", "q", "quit", "Quit", "Leave; runs go on without the screen", True),
    Command("app.suspend", "ctrl+z", "suspend_process", "Suspend", "Back to the shell; fg returns"),
)
TABS = (("train", "3", "Train"), ("explore", "5", "Explore"))
LOOK_SECONDS = 0.25
LIST_SECONDS = 1.0
STARTUP_SECONDS = 60.0


class CftuiApp(App[None]):
    """Explorer for collaborative filtering."""

    CSS_PATH = "app.tcss"
    TITLE = "cftui"
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"
    HORIZONTAL_BREAKPOINTS = [
        (0, "-narrow"),
        (100, "-medium"),
        (150, "-wide"),
    ]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (32, "-tall")]
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(COMMANDS),
        Binding("ctrl+c", "help_quit", show=False, system=True, id="app.help-quit"),
    ]

    def __init__(self, source: str, *, session: Session | None = None) -> None:
        super().__init__()
        self.source = source
        self.session = session or Session()
        self.animation_level = "none"  # every moving cell is a byte on the wire
        self.summary: DataSummary | None = None
        self.run_id = self.session.state.run
        self.rows: tuple[RunRow, ...] = ()
        self._watched: Any = None
        self._index: Any = None
        self._listed_at = float("-inf")
        self._launched: list[Any] = []
        self._children: list[Child] = []
        self._notified: set[str] = set()

    # Composing: the tab bar and a frame first, all else after the first paint

    def compose(self) -> ComposeResult:
        """Lay out what the first paint shows."""
        yield TabBar(TABS)
        yield Container(id="frame")

    def on_mount(self) -> None:
        """Set what the session remembers, then fill the frame once it has been painted."""
        if self.session.state.theme in self.available_themes:
            self.theme = self.session.state.theme
        self.query_one(TabBar).active = self.session.state.pane
        self._set_signals()
        self.call_after_refresh(self._furnish)

    async def _furnish(self) -> None:
        # Imported here: numpy, pydantic and the panes are no part of the first paint.
        from cftui.runs.index import RunsIndex
        from cftui.tui.child import Child

        self._index = RunsIndex()
        self.brain, self.painter = Child("cftui.brain"), Child("cftui.painter")
        self._children = [self.brain, self.painter]
        frame = self.query_one("#frame", Container)
        with self.batch_update():
            await frame.mount(ContentSwitcher(id="body"))
            await self.mount(Footer(show_command_palette=False))
            frame.styles.border = ("none", "transparent")
            await self._show_pane(self.session.state.pane)
        self._open_data()
        self._look()
        self.set_interval(LOOK_SECONDS, self._look)

    async def _show_pane(self, name: str) -> None:
        """Bring a pane into view; it is composed on its first visit."""
        name = name if name in {pane for pane, _, _ in TABS} else TABS[0][0]
        body = self.query_one("#body", ContentSwitcher)
        if not body.query(f"#{name}"):
            pane = self._make_pane(name)
            await body.mount(pane)
        body.current = name
        self.query_one(TabBar).active = name
        self.session.update(pane=name)
        self._feed_panes()
        shown: Any = body.query_one(f"#{name}")
        if self.focused is None or shown not in self.focused.ancestors:
            shown.focus_first()

    def _make_pane(self, name: str) -> "TrainPane | ExplorePane":
        if name == "explore":
            from cftui.tui.panes.explore import ExplorePane

            return ExplorePane(self.brain.ask)
        from cftui.tui.panes.train import TrainPane

        return TrainPane(self.session, self.painter.ask)

    # Values to panes

    def _train(self) -> "TrainPane | None":
        from cftui.tui.panes.train import TrainPane

        return next(iter(self.query(TrainPane)), None)

    def _explore(self) -> "ExplorePane | None":
        from cftui.tui.panes.explore import ExplorePane

        return next(iter(self.query(ExplorePane)), None)

    def _feed_panes(self) -> None:
        """Give every pane that exists the values as they are."""
        self._feed_data()
        self._feed_runs()
        self._feed_history()

    def _feed_data(self) -> None:
        if self.summary is None:
            return
        for pane in (self._train(), self._explore()):
            if pane is not None:
                pane.show_data(self.summary)

    def _feed_runs(self) -> None:
        row = self._row()
        if train := self._train():
            train.show_runs(self._own_rows())
        if explore := self._explore():
            answering = row if row is not None and row.has_weights else self._newest_trained()
            explore.show_run(answering, self._path(answering), self._own_rows())

    def _feed_history(self) -> None:
        train = self._train()
        if train is not None and self._watched is not None:
            train.show_history(self._row(), self._watched.history)

    def _own_rows(self) -> "tuple[RunRow, ...]":
        """Return the runs on the ratings that are open."""
        if self.summary is None:
            return ()
        return tuple(r for r in self.rows if r.fingerprint in ("", self.summary.fingerprint))

    def _row(self) -> "RunRow | None":
        rows = self._own_rows()
        return next((row for row in rows if row.id == self.run_id), rows[0] if rows else None)

    def _newest_trained(self) -> "RunRow | None":
        return next((row for row in self._own_rows() if row.has_weights), None)

    def _path(self, row: "RunRow | None") -> str:
        from cftui.paths import runs_folder

        return str(runs_folder() / row.id) if row else ""

    # Ratings

    @work(exclusive=True, group="data", exit_on_error=False, description="Opening the ratings")
    async def _open_data(self) -> None:
        from cftui.questions import OpenData
        from cftui.tui.child import ChildError
        from cftui.tui.jobs import JobError, run_job

        bar = self.query_one(TabBar)
        bar.about = "opening the ratings …"
        try:
            summary = await self.brain.ask(OpenData(self.source))
            if summary is None:
                await run_job(["data", "ingest", self.source], self._show_ingest)
                summary = await self.brain.ask(OpenData(self.source))
        except (ChildError, JobError) as error:
            bar.about = "no ratings"
            self.notify(
                str(error), title="These ratings cannot be read", severity="error", timeout=30
            )
            return
        self.summary = summary
        size = (
            f"{summary.n_users:,} users × {summary.n_items:,} movies, {summary.n_ratings:,} ratings"
        )
        bar.about = f"{summary.name}  {size}"
        self._feed_panes()
        self._look()

    def _show_ingest(self, line: dict[str, Any]) -> None:
        if line.get("event") == "progress":
            share = line["bytes"] / max(line["of"], 1)
            self.query_one(TabBar).about = f"reading the ratings, {share:.0%}"

    # Runs

    def _look(self) -> None:
        """Look for news of runs, unless the last look is not over."""
        if not any(w.group == "look" and not w.is_finished for w in self.workers):
            self.run_worker(
                self._look_now(), group="look", exit_on_error=False, description="Watching"
            )

    async def _look_now(self) -> None:
        if time.monotonic() - self._listed_at >= LIST_SECONDS:
            rows = await asyncio.to_thread(self._index.refresh)
            self._listed_at = time.monotonic()
            self._launched = [started for started in self._launched if not started.ended()]
            if rows != self.rows:
                self.rows = rows
                self._feed_runs()
                self._feed_history()
        await self._read_events()

    async def _read_events(self) -> None:
        """Take in what the run in view has written since the last look."""
        row = self._row()
        if row is None:
            return
        watched = self._watched
        if watched is None or watched.run != row.id:
            watched = self._watched = _Watched(row.id, self._path(row))
            self._feed_history()
        while events := await asyncio.to_thread(watched.tail.read, 200_000):
            if self._watched is not watched:
                return
            watched.history.feed(events)
            self._feed_history()

    def choose_run(self, run: str) -> None:
        """Look at another run."""
        self.run_id = run
        self.session.update(run=run)
        self._feed_runs()
        self._look()

    def _relist(self) -> None:
        self._listed_at = float("-inf")
        self._look()

    def on_choose_run(self, message: "ChooseRun") -> None:
        """Look at the run that was chosen."""
        message.stop()
        self.choose_run(message.run)

    @work(exclusive=True, group="start", exit_on_error=False, description="Starting a trainer")
    async def _start_run(self, settings: dict[str, dict[str, Any]]) -> None:
        from cftui.config import ConfigError, make_config
        from cftui.runs.directory import new_id
        from cftui.runs.launch import launch

        try:
            config = make_config({**settings, "data": {"source": self.source}})
            started = await asyncio.to_thread(launch, config, new_id(config))
        except (ConfigError, OSError) as error:
            self.notify(str(error), title="The run cannot start", severity="error")
            return
        self._launched.append(started)
        await self._await_start(started)

    async def _await_start(self, started: Any) -> None:
        """Wait for the run's directory, then look at it."""
        train = self._train()
        if train:
            train.show_starting(True)
        deadline = time.monotonic() + STARTUP_SECONDS
        while not started.run.path.is_dir():
            if started.ended() or time.monotonic() > deadline:
                words = await asyncio.to_thread(started.last_words)
                self.notify(
                    words or "The trainer did not start",
                    title="The run cannot start",
                    severity="error",
                )
                break
            await asyncio.sleep(0.05)
        else:
            self.run_id = started.run.id
            self.session.update(run=self.run_id)
        if train:
            train.show_starting(False)
        self._relist()

    def on_start_run(self, message: "StartRun") -> None:
        """Start a trainer with the form's settings."""
        message.stop()
        self._start_run(message.settings)

    @work(group="wish", exit_on_error=False, description="Sending a wish")
    async def _send_wish(self, message: "WishRun") -> None:
        from cftui.runs.control import send

        path = Path(self._path_of(message.run))
        try:
            await asyncio.to_thread(send, path, message.kind, message.value)
        except OSError as error:
            self.notify(str(error), title="The wish could not be sent", severity="error")
            return
        self._relist()

    def _path_of(self, run: str) -> str:
        return next((self._path(row) for row in self.rows if row.id == run), "")

    def on_wish_run(self, message: "WishRun") -> None:
        """Send a wish to a live run."""
        message.stop()
        self._send_wish(message)

    @work(group="resume", exit_on_error=False, description="Resuming a run")
    async def _resume(self, run_id: str) -> None:
        from cftui.runs.directory import Run
        from cftui.runs.launch import launch_resume

        run = Run(Path(self._path_of(run_id)))
        try:
            started = await asyncio.to_thread(launch_resume, run)
        except OSError as error:
            self.notify(str(error), title="The run cannot go on", severity="error")
            return
        self._launched.append(started)
        deadline = time.monotonic() + STARTUP_SECONDS
        while not (await asyncio.to_thread(run.status)).alive and time.monotonic() < deadline:
            if started.ended():
                self.notify(run.log_end(1), title="The run cannot go on", severity="error")
                break
            await asyncio.sleep(0.1)
        self._relist()

    def on_resume_run(self, message: "ResumeRun") -> None:
        """Go on with a run that ended early."""
        message.stop()
        self._resume(message.run)

    # What the user does anywhere

    async def action_pane(self, name: str) -> None:
        """Bring a pane into view."""
        if self.query("#body"):
            await self._show_pane(name)

    @on(TabBar.Chosen)
    async def _tab_chosen(self, message: TabBar.Chosen) -> None:
        await self.action_pane(message.pane)

    def action_marker(self) -> None:
        """Draw charts with the next kind of mark."""
        from cftui.charts import MARKERS

        marker: Any = self.session.state.marker
        place = MARKERS.index(marker) if marker in MARKERS else -1
        self.session.update(marker=MARKERS[(place + 1) % len(MARKERS)])
        if train := self._train():
            train.redraw()

    def action_help(self) -> None:
        """Explain the pane in view."""
        from cftui.tui.screens.overlays import HelpScreen

        pane = self._pane_in_view()
        if pane is not None:
            groups = [("In this pane", pane.COMMANDS), ("Anywhere", COMMANDS)]
            self.push_screen(
                HelpScreen(type(pane).__name__.removesuffix("Pane"), pane.ABOUT, groups)
            )

    def _pane_in_view(self) -> Any:
        switchers = self.query(ContentSwitcher)
        return switchers.first().visible_content if switchers else None

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """List every command of the app and of the pane in view for the palette."""
        pane = self._pane_in_view()
        for owner, commands in ((self, COMMANDS), (pane, pane.COMMANDS if pane else ())):
            for command in commands:
                yield SystemCommand(
                    command.label, command.help, self._runner(command.action, owner)
                )
        yield SystemCommand("Theme", "Choose the colours", self.action_change_theme)

    def _runner(self, action: str, owner: Any) -> Any:
        async def run() -> None:
            await self.run_action(action, owner)

        return run

    def watch_theme(self, theme: str) -> None:
        """Remember the theme; without colours the terminal's own would be black on black."""
        if self.no_color and self.current_theme.ansi:
            self.theme = "textual-dark"
            return
        self.session.update(theme=theme)

    # Leaving

    def live_runs(self) -> "list[RunRow]":
        """Return the runs that go on without the screen."""
        return [row for row in self.rows if row.alive]

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


class _Watched:
    """The run whose events are followed."""

    def __init__(self, run: str, path: str) -> None:
        from cftui.runs.events import EventTail
        from cftui.runs.history import History

        self.run = run
        self.tail = EventTail(Path(path) / "events.jsonl")
        self.history: History = History()


def run_app(source: str) -> int:
    """Open the explorer; return the exit code. Says which runs go on."""
    app = CftuiApp(source)
    app.run()
    for row in app.live_runs():
        print(f"{row.id} goes on; cftui shows it again, or: cftui runs attach {row.id}")
    return app.return_code or 0
