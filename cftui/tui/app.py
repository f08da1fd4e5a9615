"""The app: the frame, the panes in it, the children that compute and draw, and what they share."""

import asyncio
import contextlib
import gc
import traceback
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events, on, work
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.screen import Screen

from cftui.modes import make_kept
from cftui.paths import state_folder
from cftui.printing import put
from cftui.text import plain
from cftui.tui import terminal
from cftui.tui.panes import PANES, entry_of
from cftui.tui.services.collecting import Collecting
from cftui.tui.services.memory import Memory
from cftui.tui.shared.commands import Command, bindings
from cftui.tui.shared.key_bar import KeyBar
from cftui.tui.shared.key_order import Follower, KeyOrder
from cftui.tui.shared.plain_app import PlainApp
from cftui.tui.shared.tab_bar import TabBar
from cftui.tui.shared.textual_hacks import forget_cuts, leaving
from cftui.tui.themes import FALLBACKS, ThemeChoice, readable
from cftui.tui.workspace import Workspace

if TYPE_CHECKING:
    from textual.command import Provider
    from textual.widget import Widget

    from cftui.preferences import Preferences
    from cftui.tui.hints import HintLine
    from cftui.tui.pane_stack import PaneStack
    from cftui.tui.performing import Performer
    from cftui.tui.ratings_controller import RatingsController
    from cftui.tui.run_controller import RunController
    from cftui.tui.services.child import Child
    from cftui.tui.services.services import Services
    from cftui.tui.shared import messages
    from cftui.tui.shared.grid import Grid
    from cftui.tui.shared.palettes import Palette
    from cftui.tui.table_memory import TableMemory
    from cftui.tui.tour.asked import TourChoice
    from cftui.tui.tour.player import Tour

ANYWHERE = (
    *(entry.command for entry in PANES),
    Command(
        "app.palette", "colon,ctrl+p", "command_palette", "Palette", "Find any command by name"
    ),
    Command("app.marker", "ctrl+t", "marker", "Marker", "Draw charts in braille, blocks or dots"),
    Command(
        "app.save-chart", "E", "save_chart", "Save chart", "Write the charts in view to a file"
    ),
    Command(
        "app.heat",
        "ctrl+g",
        "heat",
        "Heat colours",
        "Other colours for heat tables: ember, dusk (safe for the colour-blind), fern",
    ),
    Command("app.help", "question_mark", "help", "Help", "Explain this pane and its keys", True),
    Command("app.jump", "ctrl+o", "jump", "Jump", "A letter on each part of the screen goes there"),
    Command("app.tour", "f9", "tour", "Tour", "The lesson, stop by stop; again to leave it"),
    Command("app.tour-next", "f8", "tour_go(1)", "Tour on", "The next stop of the tour"),
    Command("app.tour-back", "f7", "tour_go(-1)", "Tour back", "The stop before"),
    Command("app.hint-away", "f6", "hint_away", "Hint away", "Put the hint of this pane away"),
    Command("app.quit", "q", "quit", "Quit", "Leave; runs go on without the screen", True),
    Command("app.suspend", "ctrl+z", "suspend_process", "Suspend", "Back to the shell; fg returns"),
)
POLL_SECONDS = 0.25
TOUR_BINDINGS = (
    Binding("f8", "tour_go(1)", show=False, priority=True, id="tour.next"),
    Binding("f7", "tour_go(-1)", show=False, priority=True, id="tour.back"),
    Binding("f9", "tour_leave", show=False, priority=True, id="tour.leave"),
    Binding("8", "tour_digit(1)", show=False, priority=True, id="tour.next-digit"),
    Binding("7", "tour_digit(-1)", show=False, priority=True, id="tour.back-digit"),
    Binding("9", "tour_digit(0)", show=False, priority=True, id="tour.leave-digit"),
)
"""While the tour is on, over dialogs too; digits where none is typed."""


def palette_provider() -> "type[Provider]":
    """Return what the palette searches, imported when it is opened first."""
    from cftui.tui.shared.palette import CommandsProvider

    return CommandsProvider


def import_furniture(pane: str) -> None:
    """Import what `CftuiApp._furnish` needs, and the first pane.

    In a thread: up to half a second, in which frames are painted and signals heard.
    """
    from cftui.tui import pane_stack, performing, ratings_controller  # noqa: F401
    from cftui.tui.services import services  # noqa: F401

    entry_of(pane).load()


class CftuiApp(PlainApp):
    """Explorer for collaborative filtering."""

    CSS_PATH = "app.tcss"
    TITLE = "cftui"
    ENABLE_COMMAND_PALETTE = True
    COMMANDS = {palette_provider}
    COMMAND_PALETTE_BINDING = "ctrl+p"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(ANYWHERE),
        *TOUR_BINDINGS,
        Binding("ctrl+c", "help_quit", show=False, system=True, id="app.help-quit"),
    ]

    # There once the first frame is painted, and before any pane that could ask for them.
    services: "Services"
    tables: "TableMemory | None" = None
    """What the user chose of the columns of tables."""
    _runs: "RunController"
    _ratings: "RatingsController"
    _performer: "Performer"
    tour: "Tour | None" = None
    _hints: "HintLine | None" = None
    """None where the user wants none."""
    _hints_wanted = True

    def __init__(
        self, source: str, *, memory: Memory | None = None, tour: "TourChoice | None" = None
    ) -> None:
        super().__init__()
        self.source = source
        """The ratings to open first."""
        self._tour_choice = tour
        """The tour to begin with."""
        self.memory = memory or Memory()
        self.animation_level = "none"  # every moving cell is a byte on the wire
        self._stack: PaneStack | None = None
        self._children: list[Child] = []
        self._theme_choice = ThemeChoice(self, self.memory)
        self.keys: dict[str, str] = {}
        """Keys of the user's own, by the commands' ids."""
        self.key_order = KeyOrder(self, super().on_event)
        self.key_order.close()
        self._collecting = Collecting(lambda: forget_cuts(self))

    async def on_event(self, event: events.Event) -> None:
        """Take keys in their order."""
        if isinstance(event, events.Key):
            self._collecting.key_came()
        await self.key_order.take(event)

    async def on_follower(self, message: Follower) -> None:
        """Go on with the next key."""
        await self.key_order.follow(message)

    @property
    def workspace(self) -> Workspace:
        """What is open and going on."""
        return Workspace() if self._stack is None else self._stack.workspace

    # Composing: the tab bar and a frame first, all else after the first paint

    def compose(self) -> ComposeResult:
        """Lay out what the first paint shows."""
        yield TabBar(tuple((entry.id, entry.key, entry.title) for entry in PANES))
        yield Container(id="frame")

    def on_mount(self) -> None:
        """Set what the session remembers, then fill the frame once it has been painted."""
        self._collecting.begin()
        self._theme_choice.begin()
        bar = self.query_one(TabBar)
        bar.active, bar.about = self.memory.state.pane, "opening the ratings …"
        terminal.on_signals(self.exit)
        self.call_after_refresh(self._furnish)

    async def _furnish(self) -> None:
        # Imported here: numpy, pydantic and the panes are no part of the first paint.
        await asyncio.to_thread(import_furniture, self.memory.state.pane)
        if leaving(self):
            return
        from cftui.tui.hints import HintLine
        from cftui.tui.pane_stack import PaneStack
        from cftui.tui.performing import Performer
        from cftui.tui.ratings_controller import RatingsController
        from cftui.tui.remembered import refuse_unknown
        from cftui.tui.run_controller import RunController
        from cftui.tui.services.child import Child
        from cftui.tui.services.services import make_services
        from cftui.tui.shared.messages import ChooseData
        from cftui.tui.table_memory import TableMemory

        refuse_unknown(self.memory)
        await self._take_preferences()
        brain, painter = self._children = [Child("cftui.brain"), Child("cftui.painter")]
        self.services = make_services(self.memory, brain.ask, painter.ask)
        self.tables = TableMemory(self.memory)
        self._stack = stack = PaneStack(self.services)
        self._runs = RunController(stack)
        self._ratings = RatingsController(stack, self._runs)
        self._performer = Performer(self, stack, ANYWHERE, self.keys)
        self._hints = HintLine(self.memory, self.keys, ANYWHERE) if self._hints_wanted else None
        frame = self.query_one("#frame", Container)
        with self.batch_update():
            await frame.mount(stack)
            await self.mount(*filter(None, [self._hints]), KeyBar())
            frame.styles.border = ("none", "transparent")
            self.watch(stack, "current", self._pane_came)
            self.watch(stack, "workspace", self._workspace_changed, init=False)
            await stack.bring(self.memory.state.pane)
        self.call_after_refresh(self._keep_theme)
        self._say_unusable()
        self._ratings.open(ChooseData(self.source))
        self._runs.poll()
        self._runs.empty_trash()
        self._collecting.settle()
        self.set_interval(POLL_SECONDS, self._poll)
        if self._tour_choice is not None:
            self._begin_tour(self._tour_choice)
        self.key_order.open()

    def _say_unusable(self) -> None:
        """Say what of the memory cannot be used, and what is there instead."""
        if complaints := self.memory.complaints:
            words = "; ".join(complaints)
            self.notify(words, title="What was remembered", severity="warning", timeout=10)

    def _poll(self) -> None:
        if leaving(self):
            return
        if not self.is_headless:
            terminal.leave_if_hung_up()
        self._runs.poll()
        self._collecting.poll()

    def _pane_came(self, pane: str | None) -> None:
        if pane is not None:
            self.query_one(TabBar).active = pane
            self.memory.update(pane=pane)
            self._hint()

    def _workspace_changed(self, workspace: Workspace) -> None:
        self.query_one(TabBar).about = workspace.headline
        self._hint()

    def _hint(self) -> None:
        """Say what to press first in the pane in view, to whoever has no run yet."""
        if self._hints is not None and self._stack is not None and self._stack.in_view is not None:
            self._hints.look(self._stack.in_view, self.workspace)

    def action_hint_away(self) -> None:
        """Put the hint of this pane away."""
        if self._hints is not None:
            self._hints.put_away()

    async def _take_preferences(self) -> None:
        """Begin with what the user's own settings say; what of them cannot be used is told."""
        from cftui.preferences import usable
        from cftui.tui.keymaps import keymap

        own, wrong = await asyncio.to_thread(usable)
        if own.theme and own.theme != self.theme:
            self._theme_choice.take(own.theme)
        begin: dict[str, Any] = {"marker": own.marker} if own.marker else {}
        if own.heat:
            begin["heat"] = own.heat
        if own.train and self.memory.state.settings is None:
            begin["settings"] = own.train
        self.memory.update(**begin)
        self._hints_wanted = own.hints
        self.keys = keymap(own)
        self.set_keymap(self.keys)
        if own.keys or wrong:
            self.run_worker(self._tell_wrong(own, wrong), group="preferences")

    async def _tell_wrong(self, own: "Preferences", wrong: str) -> None:
        from cftui.tui.keymaps import wrong_keys
        from cftui.tui.performing import placed_commands

        placed = await asyncio.to_thread(placed_commands, ANYWHERE)
        words = [*filter(None, [wrong]), *wrong_keys(own, placed)]
        if words and not leaving(self):
            self.notify(
                plain("; ".join(words)),
                title="Settings that cannot be used",
                severity="warning",
                markup=False,
                timeout=12,
            )

    # What the user does anywhere

    async def perform(self, command_id: str) -> None:
        """Do what a command of the app, a pane or a view does, brought into view where it is not.

        Raises CommandRefused, in words for the user, where that cannot be done now.
        """
        await self._performer.perform(command_id)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """List every command for the palette."""
        if self._stack is not None:
            yield from self._performer.offers()
        yield SystemCommand("Theme", "Choose the colours", self.action_change_theme)

    async def run_action(self, *args: Any, **kwargs: Any) -> bool:
        """Do what a key or a link asks for; nothing once the app leaves."""
        done = not leaving(self) and await super().run_action(*args, **kwargs)
        if done and self._hints is not None:
            self._hints.did(args[0])
        if self._stack is not None and self._stack.in_view is not None:
            self._stack.in_view.refresh_offer()  # what it turned on, the footer shows
        return done

    async def action_pane(self, name: str) -> None:
        """Bring a pane into view; again, take the focus in it where one begins."""
        if self._stack is None:
            return
        again = self._stack.current == name
        pane = await self._stack.bring(name)
        if again:
            pane.focus_first()

    @on(TabBar.PaneChosen)
    async def _tab_chosen(self, message: TabBar.PaneChosen) -> None:
        await self.action_pane(message.pane)

    def action_marker(self) -> None:
        """Draw charts with the next kind of mark."""
        from cftui.charts import MARKERS

        marker: Any = self.memory.state.marker
        place = MARKERS.index(marker) if marker in MARKERS else -1
        self.memory.update(marker=MARKERS[(place + 1) % len(MARKERS)])
        if self._stack is not None:
            self._stack.redraw()

    def action_save_chart(self) -> None:
        """Write the charts in view to a file."""
        from cftui.tui.shared.save_chart import ask_where_to_save

        pane = self._stack.in_view if self._stack is not None else None
        if pane is not None:
            ask_where_to_save(pane, self.services.paint)

    def action_jump(self) -> None:
        """Put a letter on everything that can have the focus."""
        from cftui.tui.shared.jump import LetterScreen

        def go(target: "Widget | None") -> None:
            if target is not None and target.focusable:
                target.focus()

        self.push_screen(LetterScreen(self.screen), go)

    @property
    def heat_palette(self) -> "Palette":
        """The palette of heat tables."""
        from cftui.tui.shared.palettes import palette_of

        return palette_of(self.memory.state.heat)

    def action_heat(self) -> None:
        """Draw heat tables in the next palette."""
        from cftui.tui.shared.heat import Heated
        from cftui.tui.shared.palettes import after

        palette = after(self.memory.state.heat)
        self.memory.update(heat=palette.name)
        for widget in self.screen_stack[0].query("*"):
            if isinstance(widget, Heated):
                widget.notify_style_update()
                widget.refresh()
        self.notify(f"Heat: {palette.name}, {palette.words}", timeout=4)

    def action_help(self) -> None:
        """Explain the pane in view."""
        from cftui.tui.keymaps import remapped
        from cftui.tui.shared.overlays import HelpScreen
        from cftui.tui.shared.table_commands import TABLE_COMMANDS

        pane = self._stack.in_view if self._stack is not None else None
        if pane is not None:
            groups = [
                ("In this pane", remapped(pane.commands_now(), self.keys)),
                ("In any table", remapped(TABLE_COMMANDS, self.keys)),
                ("Anywhere", remapped(ANYWHERE, self.keys)),
            ]
            self.push_screen(HelpScreen(entry_of(pane.id or "").title, pane.about(), groups))

    # The tour

    def _begin_tour(self, choice: "TourChoice | None" = None) -> None:
        from cftui.tui.tour.player import Tour

        if self.tour is None:
            self.tour = Tour(self, self.memory, self.perform, lambda: self.workspace)
        self.tour.begin(choice)
        self.refresh_bindings()

    def action_tour(self) -> None:
        """Begin the tour where it was left; leave it where it is on."""
        if self.tour is not None and self.tour.on:
            self.tour.leave()
        elif self._stack is not None:
            self._begin_tour()

    def action_tour_leave(self) -> None:
        """Leave the tour."""
        self.action_tour()

    def action_tour_digit(self, by: int) -> None:
        """Do what the tour's function keys do."""
        self.action_tour_go(by) if by else self.action_tour()

    def action_tour_go(self, by: int) -> None:
        """Go to the next stop of the tour, or to the one before."""
        if self.tour is not None:
            self.tour.go(by)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave the tour's keys to others while it is not on."""
        if action in ("tour_go", "tour_leave", "tour_digit"):
            return self.tour is not None and self.tour.takes(action)
        return super().check_action(action, parameters)

    # What panes ask for

    def on_choose_run(self, message: "messages.ChooseRun") -> None:
        """Look at the run that was chosen."""
        self._runs.choose(message.run, to_answer=message.to_answer)

    async def on_open_run(self, message: "messages.OpenRun") -> None:
        """Watch a run in the Train pane."""
        await self._runs.open(message.run)

    def on_follow_runs(self, message: "messages.FollowRuns") -> None:
        """Read the histories of these runs too."""
        self._runs.follow(message.runs)

    def on_start_run(self, message: "messages.StartRun") -> None:
        """Start a trainer with the form's settings."""
        self._runs.start(message.settings, message.name)

    def on_train_like(self, message: "messages.TrainLike") -> None:
        """Start a trainer with another run's settings, some of them changed."""
        self._runs.train_like(message)

    def on_refit_run(self, message: "messages.RefitRun") -> None:
        """Train a run's model again on all ratings."""
        self._runs.refit(message.run)

    def on_resume_run(self, message: "messages.ResumeRun") -> None:
        """Go on with a run that ended early."""
        self._runs.resume(message.run)

    def on_wish_run(self, message: "messages.WishRun") -> None:
        """Send a wish to a live run."""
        self._runs.wish(message)

    def on_run_action(self, message: "messages.RunAction") -> None:
        """Have something done to runs."""
        self._runs.act(message)

    def on_grid_tool_wanted(self, message: "Grid.ToolWanted") -> None:
        """Have something done to a whole table."""
        from cftui.tui.shared.table_tools import TOOLS

        TOOLS[message.name](message.grid)

    @work(group="write table", exit_on_error=False, description="Writing a table")
    async def on_table_to_write(self, message: "messages.TableToWrite") -> None:
        """Have a table written, and tell what came of it."""
        from cftui.tui.services.child import ChildError

        try:
            count = await self.services.ask(message.question)
        except ChildError as error:
            words = plain(str(error))
            self.notify(words, title="Not written", severity="error", markup=False)
        else:
            path = plain(message.question.path)
            self.notify(f"{count:,} rows: {path}", title="Written", markup=False)

    def on_fork_run(self, message: "messages.ForkRun") -> None:
        """Fill the training form with a run's settings."""
        self._runs.fork(message.run)

    def on_choose_data(self, message: "messages.ChooseData") -> None:
        """Open other ratings."""
        self._ratings.open(message)

    def on_ask_columns(self, message: "messages.AskColumns") -> None:
        """Show the form for the columns of the ratings that are open."""
        self._ratings.ask_columns()

    def on_cancel_opening(self, message: "messages.CancelOpening") -> None:
        """Give up the ratings that are on their way."""
        self._ratings.cancel()

    def on_choose_split(self, message: "messages.ChooseSplit") -> None:
        """Hold out other ratings in the runs to come."""
        self._ratings.choose_split(message.split)

    # Themes

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return values for what a theme lacks."""
        return FALLBACKS

    def get_css_variables(self) -> dict[str, str]:
        """Return the theme's variables, each text readable on its ground."""
        self.theme_variables = readable(super().get_css_variables())
        return self.theme_variables

    def watch_theme(self, before: str, theme: str) -> None:
        """Take back a theme that cannot be drawn."""
        if self._theme_choice.take_back_unless_drawable(before):
            self.call_after_refresh(self._keep_theme)

    def _keep_theme(self) -> None:
        if self._stack is not None and self._stack.in_view is not None:
            self._theme_choice.keep()

    # Leaving

    def action_help_quit(self) -> None:
        """Say how to leave: ctrl+c is for copying in many terminals."""
        self.notify("q leaves; runs go on without the screen", timeout=4)

    def last_words(self, error: BaseException | None) -> str:
        """Leave a fault's traceback in a file; hundreds of lines on the terminal help nobody."""
        path = state_folder() / "crash.log"
        with contextlib.suppress(OSError):
            make_kept(path)
            path.write_text(traceback.format_exc(), encoding="utf-8")
        self._theme_choice.forget_undrawn()
        return f"cftui stopped: {type(error).__name__}: {plain(str(error))}; {path} tells more"

    async def on_unmount(self) -> None:
        """End what this app started, however it ends; runs go on."""
        self._collecting.end()
        # Cancelled by now: what asks a child or runs a job has to let go of it first.
        await asyncio.gather(*(worker.wait() for worker in self.workers), return_exceptions=True)
        ending = [child.close() for child in self._children]
        if self._children:
            ending.append(self.services.tastes.close())
        await asyncio.gather(*ending, return_exceptions=True)
        await asyncio.to_thread(self.memory.writer.flush)


def run_app(source: str, tour: "TourChoice | None" = None) -> int:
    """Open the explorer, with a tour if one is chosen; return the exit code.

    Says which runs go on.
    """
    app = CftuiApp(source, tour=tour)
    app.run()
    gc.freeze()  # else Python looks through all that there is, and then lets it go as a whole
    for row in app.workspace.runs:
        if row.alive:
            put(f"{row.id} goes on; cftui shows it again, or: cftui runs attach {row.id}")
    return app.return_code or 0
