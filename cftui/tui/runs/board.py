"""The list of runs under its filter, the marked ones on one chart, the one at the cursor."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from textual import events, on, work
from textual.app import ComposeResult
from textual.containers import Container, Horizontal, Vertical
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input, Static

from cftui.charts import Chart, Colour
from cftui.runs.apart import told_apart
from cftui.runs.columns import BY_NAME, in_order, lettered
from cftui.runs.details import read_details
from cftui.runs.directory import Run
from cftui.runs.filters import chosen
from cftui.runs.history import History
from cftui.runs.row import RunRow
from cftui.tui.runs.details import RunDetailsView
from cftui.tui.runs.marks import Changes, Marks
from cftui.tui.runs.overlay_chart import MEASURES, Measure, Overlay
from cftui.tui.runs.table import RunsGrid, runs_columns, sorted_by
from cftui.tui.services.runs import path_of
from cftui.tui.services.services import Services
from cftui.tui.shared.chart import PAUSE, ChartView, series_colours, theme_foreground
from cftui.tui.shared.grid import Grid
from cftui.tui.shared.messages import FollowRuns
from cftui.tui.shared.row_order import RowOrder
from cftui.tui.shared.run_chart import AXES, ChartChoice, ChartInk
from cftui.tui.shared.run_columns import alike_fields, rate_width
from cftui.tui.workspace import LOOKING, Workspace

SIDE_BY_SIDE = 4
"""Charts where there is room for them; else one, and `v` turns to the next."""
ROOMY = (150, 50)
"""Width and height of the screen from which on there is."""
REST_SECONDS = 0.12
"""After the cursor's last move, the run that it is on is read and shown."""


class RunsBoard(Vertical):
    """Shows runs; what is done to them is for its pane."""

    @dataclass
    class Rested(Message):
        """The cursor rests on a run, or what is known of that run changed."""

    def __init__(self, services: Services) -> None:
        super().__init__()
        self._services, self._memory = services, services.memory
        self._workspace = Workspace()
        self._marks = Marks()
        self._all: tuple[RunRow, ...] = ()
        self.listed: list[RunRow] = []
        """The runs that the filter lets through, in order."""
        self._followed: tuple[str, ...] = ()
        self._detailed: RunRow | None = None
        self._overlay = Overlay()
        self._rest: Timer | None = None
        self._alike: frozenset[str] = frozenset()
        """Settings in which no runs differ: their columns give way first."""
        self._rates = 0
        """Cells that the changed learning rates in the list take."""
        self._apart: dict[str, str] = {}
        """What tells runs apart that look alike in the list, by id."""

    def compose(self) -> ComposeResult:
        """Lay out filter and list above, chart and details below."""
        with Horizontal(id="runs-head"):
            words = Input(
                placeholder="/ filters by words: adam mse<0.8",
                compact=True,
                id="runs-filter",
            )
            words.cursor_blink = False
            yield words
            yield Static("", id="runs-said", markup=False)
        yield RunsGrid((), empty="Looking for runs …", id="all-runs")
        with Horizontal(id="runs-below"):
            with Container(id="overlays"):
                for place in range(SIDE_BY_SIDE):
                    yield ChartView(
                        self._services.paint,
                        id=f"overlay-{place}" if place else "overlay",
                        placeholder="Marked runs are drawn here on one chart",
                        pause=PAUSE * (1 + place),
                    )
            yield RunDetailsView(id="details")

    @property
    def table(self) -> Grid:
        """Return the list of runs."""
        return self.query_one("#all-runs", Grid)

    @property
    def words(self) -> Input:
        """Return the filter's field."""
        return self.query_one("#runs-filter", Input)

    @property
    def row(self) -> RunRow | None:
        """Return the run at the cursor."""
        place = self.table.cursor_place if self.is_mounted else 0
        return self.listed[place] if place < len(self.listed) else None

    @property
    def marked(self) -> list[RunRow]:
        """Return the marked runs, in the order of their marks, listed or not."""
        return sorted((row for row in self._all if row.mark), key=lambda row: row.mark)

    @property
    def targets(self) -> list[RunRow]:
        """Return the marked runs; with none marked, the one at the cursor."""
        return self.marked or ([self.row] if self.row else [])

    def on_mount(self) -> None:
        """Choose the columns that there is room for."""
        self.show_columns()

    def show(self, workspace: Workspace) -> None:
        """Show the runs; the cursor stays on its run."""
        before, self._workspace = self._workspace, workspace
        known = (workspace.runs, workspace.runs_listed, workspace.ratings)
        if known != (before.runs, before.runs_listed, before.ratings):
            self._all = self._marks.applied(workspace.runs)
            self.list_runs()

    def toggle_mark(self, row: RunRow) -> Changes:
        """Mark a run, or unmark it; return what is to be kept."""
        return self._marked_anew(self._marks.toggle(self._all, row.id))

    def mark_listed(self) -> Changes:
        """Mark all runs that are listed, or unmark them; return what is to be kept."""
        return self._marked_anew(self._marks.mark_all(self._all, [row.id for row in self.listed]))

    def unmark_all(self) -> Changes:
        """Unmark all runs; return what is to be kept."""
        return self._marked_anew(self._marks.clear(self._all))

    def _marked_anew(self, changes: Changes) -> Changes:
        self._all = self._marks.applied(self._all)
        self.list_runs()
        self._settle()
        return changes

    def redraw(self) -> None:
        """Draw the chart anew, and the list's colours."""
        self.show_columns()
        self.draw()

    def list_runs(self) -> None:
        """List the runs that the filter lets through, in order."""
        state, ratings = self._memory.state, self._workspace.ratings
        these = ratings.fingerprint if ratings is not None and state.runs_own else None
        rows = [row for row in self._all if these is None or row.fingerprint == these]
        found = chosen(rows, self.words.value)
        name = state.runs_sort if state.runs_sort in BY_NAME else "when"
        self.listed = in_order(found, name, descending=state.runs_descending)
        if name == "when":
            # By the minutes on show, whatever a copy's files say; within one as they were made.
            self.listed = sorted(found, key=lambda row: row.when, reverse=True)
            if not state.runs_descending:
                self.listed.reverse()
        if self._seen_in_list() != (self._rates, self._alike, self._apart):
            self.show_columns()
        self.table.set_empty(self._why_empty())
        self.table.set_rows(self.listed, [row.id for row in self.listed])
        self._say(len(found))
        self._draw_marked()

    def _why_empty(self) -> str:
        if not self._workspace.runs_listed:
            return LOOKING
        if not self._all:
            return "No runs yet; train one (3)"
        if self.words.value:
            return "No run fits; esc empties the filter"
        return "None on these ratings; o lists all"

    def _say(self, listed: int) -> None:
        live, marked = sum(row.alive for row in self._all), len(self.marked)
        where = " on these ratings" if self._memory.state.runs_own else ""
        parts = [f"{listed:,} of {len(self._all):,} runs{where}"]
        if not self._workspace.runs_listed:
            parts = [LOOKING, *(parts if self._all else [])]
        parts += [f"{live} live"] if live else []
        parts += [f"{marked} marked"] if marked else []
        said = self.query_one("#runs-said", Static)
        words = " · ".join(parts)
        if str(said.content) != words:
            said.update(words, layout=False)

    def show_columns(self) -> None:
        """Show the columns that there is room for, the one sorted by marked."""
        state, room = self._memory.state, self.app.size.width
        self._rates, self._alike, self._apart = self._seen_in_list()
        self.table.set_columns(
            runs_columns(room, self._rates, self._alike, self._apart, colours=self._colours)
        )
        self.table.set_order(RowOrder(state.runs_sort, state.runs_descending))

    def _seen_in_list(self) -> tuple[int, frozenset[str], dict[str, str]]:
        """Return what of the runs decides on columns, and on what stands in them."""
        apart = told_apart(self.listed, sorted_by(self.app.size.width))
        return rate_width(self.listed), alike_fields(self._all), apart

    def _colours(self) -> Sequence[Colour]:
        return series_colours(self.app)

    # The run at the cursor, and the marked ones

    def _draw_marked(self) -> None:
        """Draw the marked runs; what the cursor is on waits until it rests."""
        marked = lettered(self._all)
        if marked:
            self._follow(marked)
        if self.row != self._detailed or not marked:
            self._settle()

    def _follow(self, rows: Sequence[RunRow]) -> None:
        followed = tuple(row.id for row in rows)
        if followed != self._followed:
            self._followed = followed
            self.post_message(FollowRuns(followed))
        self.draw()

    def _settle(self) -> None:
        """Wait for the cursor to rest: moving it through a list should cost nothing else."""
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(REST_SECONDS, self._rested)

    def _rested(self) -> None:
        """Show the run at the cursor, and what can be done with it."""
        row = self.row
        self._follow(lettered(self._all) or ([row] if row else []))
        if row != self._detailed:
            self._detailed = row
            self._detail(row)
        self.post_message(self.Rested())

    @work(exclusive=True, group="details", exit_on_error=False, description="Reading a run")
    async def _detail(self, row: RunRow | None) -> None:
        view = self.query_one(RunDetailsView)
        if row is None:
            view.show(None, None)
            return
        details = await asyncio.to_thread(read_details, Run(path_of(row.id)))
        view.show(row, details)

    def draw(self) -> None:
        """Draw what the followed runs have come to."""
        if not self.is_mounted:
            return
        first = MEASURES.index(self.measure)
        for place, chart in enumerate(self.query(ChartView)):
            if self.drawn_runs:
                chart.show(partial(self._chart, MEASURES[(first + place) % len(MEASURES)]))
            elif not self._followed:
                chart.clear()

    def _chart(self, measure: Measure, width: int, height: int) -> Chart:
        state = self._memory.state
        axis = state.runs_axis if state.runs_axis in AXES else "epoch"
        choice = ChartChoice(axis, state.log_loss, state.log_x, marker=state.marker)  # type: ignore[arg-type]
        ink = ChartInk(
            theme_foreground(self.app), series_colours(self.app), bool(self.app.no_color)
        )
        return self._overlay.chart(self.drawn_runs, measure, choice, ink, width, height)

    @property
    def drawn_runs(self) -> list[tuple[RunRow, History]]:
        """The runs on the chart, each with what its events told so far."""
        rows = {row.id: row for row in self._all}
        found = []
        for run in self._followed:
            history = self._services.runs.history_of(run)
            if run in rows and history is not None:
                found.append((rows[run], history))
        return found

    @property
    def measure(self) -> Measure:
        """What is drawn, or drawn first."""
        measure = self._memory.state.runs_view
        return measure if measure in MEASURES else "valid"

    @on(Grid.Highlighted, "#all-runs")
    def _moved(self, message: Grid.Highlighted) -> None:
        message.stop()
        self._draw_marked()

    @on(Grid.Sorted, "#all-runs")
    def _sorted(self, message: Grid.Sorted) -> None:
        message.stop()
        order = message.order or RowOrder("when", True)
        if order == self.table.order:
            self.notify("Sorted so already: { turns it, > goes to another column", timeout=4)
            return
        self._memory.update(runs_sort=order.column, runs_descending=order.descending)
        self.show_columns()
        self.list_runs()

    @on(Input.Changed, "#runs-filter")
    def _filtered(self, message: Input.Changed) -> None:
        message.stop()
        self.list_runs()

    @on(Input.Submitted, "#runs-filter")
    def _filter_done(self, message: Input.Submitted) -> None:
        message.stop()
        self.table.focus()

    def on_key(self, event: events.Key) -> None:
        """Let down and escape leave the filter for the list."""
        if self.words.has_focus and event.key in ("down", "escape"):
            event.stop()
            event.prevent_default()
            self.table.focus()

    def on_resize(self, event: events.Resize) -> None:
        """Choose the columns and the charts that there is room for."""
        size = self.app.size
        self.set_class(size.width >= ROOMY[0] and size.height >= ROOMY[1], "-roomy")
        self.show_columns()
