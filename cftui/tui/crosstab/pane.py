"""Pane 2, Crosstab: the most active users by the most rated movies, and the sheet that learns."""

import math
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from functools import partial
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.events import Resize
from textual.widgets import Static

from cftui.questions.sheet import (
    CellOfRun,
    CellOfSheet,
    CrosstabAnswer,
    EvaluateSheet,
    PredictCells,
    WriteCells,
)
from cftui.runs.row import RunRow
from cftui.text import plain
from cftui.tui.crosstab.commands import COMMANDS
from cftui.tui.crosstab.dialogs import JumpScreen, SettingsScreen
from cftui.tui.crosstab.heat_grid import CrosstabGrid
from cftui.tui.crosstab.opening import Opened, begun, opened
from cftui.tui.crosstab.room import room_for
from cftui.tui.crosstab.sheet_learner import SheetLearner
from cftui.tui.crosstab.shown_cells import Place
from cftui.tui.crosstab.state import CrosstabSettings, CrosstabState
from cftui.tui.crosstab.words import cell_words, rmse_chart, size_words, state_words
from cftui.tui.services.child import ChildError
from cftui.tui.services.runs import path_of
from cftui.tui.services.services import Services
from cftui.tui.shared.ask_line import AskText
from cftui.tui.shared.asking import Asker
from cftui.tui.shared.cell_arithmetic import ONE_OF_A_BATCH, CellScreen
from cftui.tui.shared.chart import ChartView
from cftui.tui.shared.commands import Command, bindings
from cftui.tui.shared.copying import copy_out
from cftui.tui.shared.pane import Pane
from cftui.tui.shared.sized import NARROW
from cftui.tui.workspace import Workspace

LEAST_CORNER = (26, 7)
"""Cells that a chart of the RMSE needs in the corner over the users."""


class CrosstabPane(Pane):
    """The lesson's crosstab and its spreadsheet, alive."""

    ABOUT: ClassVar[str] = (
        "The most active users by the most rated movies, 15 by 15 or as many as there is room for"
        " (n sets how many), and the lesson's spreadsheet: a few"
        " factors a side, whose products explain the ratings. s lets gradient descent find them,"
        " b lets L-BFGS, as a spreadsheet's solver would; a dot takes a single step.\n\n"
        "a, p and e show ratings, predictions and errors; m changes who predicts: the sheet, or"
        " the run in view. Where there is no rating, the sheet predicts 0, and learns nothing from"
        " it. enter shows a cell's arithmetic. i changes a rating or a factor: what if?"
    )
    DEFAULT_CSS = """
    CrosstabPane {
        & #sheet { height: 1fr; layers: table chart; }
        & #sheet CrosstabGrid { layer: table; }
        & #rmse { layer: chart; display: none; }
        & #cell, & #sheet-words { height: 1; padding: 0 1; }
        & #sheet-words { color: $text-muted; }
    }
    """
    COMMANDS: ClassVar[tuple[Command, ...]] = COMMANDS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(COMMANDS)]

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._memory = services.memory
        self._ask = Asker(services.ask, self._failed)
        self.settings = CrosstabSettings.of(self._memory.state.crosstab)
        self.state = CrosstabState()
        self._asked_run: tuple[str, int, bool] | None = None
        self._factors: bool | None = None
        """Whether the user wants factors beside; none: as the room allows."""
        self._asked_shape: Place | None = None
        """Of the table that was asked for last."""
        self.learner = SheetLearner(self.state, self._ask, self._show, self._say_solved)

    def compose(self) -> ComposeResult:
        """Lay out the grid with the chart in its corner, and two lines of words."""
        with Container(id="sheet"):
            yield CrosstabGrid()
            paint = self.services.paint
            yield ChartView(paint, id="rmse", placeholder="s solves the sheet", pause=0.5)
        yield Static("Reading the ratings …", id="cell", markup=False)
        yield Static("", id="sheet-words", markup=False)

    @property
    def grid(self) -> CrosstabGrid:
        """Return the table."""
        return self.query_one(CrosstabGrid)

    @property
    def chart(self) -> ChartView:
        """Return the chart of the sheet's RMSE."""
        return self.query_one("#rmse", ChartView)

    def focus_first(self) -> None:
        """Take the focus where one begins."""
        self.grid.focus()

    # What the app shows here

    @property
    def _run(self) -> RunRow | None:
        """The run that may predict."""
        return self.workspace.answering_run

    def show_changes(self, before: Workspace) -> None:
        """Open the table of other ratings; ask the run again where it has learned."""
        if _store_of(self.workspace) != _store_of(before):
            self._asked_shape = None
            self._open(self.state.open)
        if self._run is not before.answering_run and self.state.source == "run":
            self._ask_run()
        self.refresh_offer()

    def redraw(self) -> None:
        """Draw the chart anew."""
        self._draw_chart()

    @property
    def _wanted(self) -> Place | None:
        """How many users and movies are to be shown; none before there is a window to fit."""
        ratings, (width, height) = self.workspace.ratings, self.grid.size
        if ratings is None or not width:
            return None
        n_margin = self.settings.factors + self.settings.biases if self._with_factors else 0
        room = room_for(width, height, n_margin)
        return self.settings.shape(room, (ratings.n_users, ratings.n_items))

    def _fit_table(self) -> None:
        """Take as many as the window has room for, as long as nothing was done with those here."""
        if self._wanted != self._asked_shape and not self.state.touched:
            self._open(self.state.resize)

    @work(exclusive=True, group="crosstab", exit_on_error=False, description="Opening the crosstab")
    async def _open(self, take: Callable[[CrosstabAnswer], None]) -> None:
        """Ask for a table, and for all that is shown of it, before it takes the place of another.

        `take`: how the state is to take it.
        """
        wanted, store, fits = self._wanted, _store_of(self.workspace), take == self.state.resize
        if wanted is None or store is None:
            return
        self._asked_shape = wanted
        shows_run = take != self.state.open and self.state.source == "run" and self._run is not None
        run = str(path_of(self._run.id)) if shows_run and self._run else ""
        found = await opened(self._ask, self.settings, store, wanted, run)
        if found is not None and not (fits and self.state.touched):
            self.workers.cancel_group(self, "learn")
            self.learner.stop()
            self._take(found, take)

    def _take(self, found: Opened, take: Callable[[CrosstabAnswer], None]) -> None:
        """Show a table, the cursor on the same user and movie where they are in it."""
        here = self.state.ids_at(self.grid.place)
        take(found.table)
        self.state.run_values = found.run_values
        if found.answer is not None:
            self.state.begin(found.answer)
        self._show()
        if here is not None:
            self.grid.place = self.state.place_of(here, self.grid.place)
        self._ask_run_of_others()

    async def _begin(self) -> None:
        table = self.state.table
        answer = None if table is None else await begun(self._ask, self.settings, table)
        if answer is not None:
            self.state.begin(answer)
        self._show()

    def _failed(self, error: ChildError) -> None:
        self.learner.stop()
        self.notify(plain(str(error)), severity="error", markup=False, timeout=12)

    def _ask_run_of_others(self) -> None:
        """Ask the run about other cells than before, where it was not yet."""
        if self.state.run_values is None:
            self._asked_run = None
        self._ask_run()

    def _ask_run(self) -> None:
        """Ask for the run's predictions where those here are of another run or older."""
        run, table = self._run, self.state.table
        if run is None or table is None:
            return
        wanted = (run.id, run.epoch, run.alive)
        if wanted != self._asked_run:
            self._asked_run = wanted
            self._predict(run)

    @work(exclusive=True, group="predict-cells", exit_on_error=False, description="Predicting")
    async def _predict(self, run: RunRow) -> None:
        table = self.state.table
        if table is None:
            return
        found = await self._ask(PredictCells(str(path_of(run.id)), table.labels), "cells")
        if found is not None and self.state.table is table:
            self.state.run_values = found.values
            self._show()

    # Showing

    def _show(self) -> None:
        """Show the numbers as they are."""
        cells = self.state.cells(margins=self._with_factors)
        if cells is not None and self.is_mounted:
            self.set_class(self._with_factors, "-factors")
            self.grid.show(cells)
            self._show_words()
            self._draw_chart()
            self.refresh_offer()

    @property
    def _with_factors(self) -> bool:
        return self.app.size.width >= NARROW if self._factors is None else self._factors

    def _show_words(self) -> None:
        here = self.query_one("#cell", Static)
        words = cell_words(self.state, self.grid.place, self._run)
        if str(here.content) != words:
            here.update(words, layout=False)
        below = self.query_one("#sheet-words", Static)
        words = state_words(self.state, self.settings, self.learner.learning, self._run)
        words = f"{size_words(self.state, self._wanted, self.app.size.width)} · {words}"
        if str(below.content) != words:
            below.update(words, layout=False)

    def _draw_chart(self) -> None:
        if self.is_mounted and self.chart.display:
            self.chart.show(
                lambda width, height: rmse_chart(
                    self.state.rmses, self.app, self._memory.state.marker, width, height
                )
            )

    @on(CrosstabGrid.HeadChanged)
    def _fit_chart(self, message: CrosstabGrid.HeadChanged) -> None:
        fits = message.width >= LEAST_CORNER[0] and message.height >= LEAST_CORNER[1]
        self.chart.display = fits
        if fits:
            self.chart.styles.width, self.chart.styles.height = message.width - 4, message.height
            self._draw_chart()

    def on_resize(self, event: Resize) -> None:
        """Show factors beside where they fit, and as many users and movies as do."""
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        self._show()
        self._fit_table()

    @on(CrosstabGrid.Moved)
    def _cursor_moved(self) -> None:
        self._show_words()

    # The sheet learns

    def why_not(self, action: str) -> str | None:
        """Return why an action cannot be done now."""
        name = action.partition("(")[0]
        if self.state.table is None:
            return (
                None
                if name == "settings" and self.workspace.ratings
                else "The ratings are being read"
            )
        if name in ("undo",) and not self.state.undoable:
            return "Nothing was changed yet"
        if name == "model" and self.state.source == "sheet" and self._run is None:
            return self.workspace.no_answer
        if name in ("solve", "bfgs", "step", "edit", "factors") and self.state.source == "run":
            return "m shows the sheet, which learns here; runs learn in Train (3)"
        if name == "unsort" and not self.state.order_words:
            return "Nothing is sorted"
        return None

    def is_on(self, action: str) -> bool:
        """Return whether what an action turns on is on now."""
        on = {
            f"view('{self.state.view}')": True,
            "factors": self._with_factors,
            "solve": bool(self.learner.learning),
        }
        return on.get(action, False)

    def action_solve(self) -> None:
        """Descend until nothing changes; again to pause."""
        if not self._pause():
            self._learn(partial(self.learner.descend, self.settings))

    def action_step(self) -> None:
        """Take one step of gradient descent."""
        if not self._pause():
            self._learn(partial(self.learner.step, self.settings))

    def action_bfgs(self) -> None:
        """Solve by L-BFGS, and show the way that it went; again to pause."""
        if not self._pause():
            self._learn(self.learner.solve)

    def _say_solved(self, words: str) -> None:
        self.notify(words, title="The sheet", markup=False, timeout=6)

    def _pause(self) -> bool:
        """Let the sheet stand still; return whether it was learning."""
        was_learning = bool(self.learner.learning)
        self.learner.stop()
        self._show_words()
        return was_learning

    def _learn(self, learning: Callable[[], Awaitable[None]]) -> None:
        if self.state.view == "actual":
            self.state.view = "predicted"
        self._in_background(learning)

    @work(exclusive=True, group="learn", exit_on_error=False)
    async def _in_background(self, learning: Callable[[], Awaitable[None]]) -> None:
        await learning()

    def action_restart(self) -> None:
        """Start with fresh factors."""
        self.learner.stop()
        self.state.source = "sheet"
        if self._wanted == self.state.shape:
            self._in_background(self._begin)
        else:
            self._open(self.state.restart)

    def action_undo(self) -> None:
        """Bring the sheet before back."""
        self.learner.stop()
        self.state.undo()
        self._show()
        self._ask_run_of_others()

    # What the user does here

    def action_view(self, view: str) -> None:
        """Show ratings, predictions or errors."""
        self.state.view = view
        self._show()

    def action_model(self) -> None:
        """Let the sheet predict, or the run."""
        self.state.source = "run" if self.state.source == "sheet" else "sheet"
        if self.state.source == "run":
            self.learner.stop()
            self._ask_run()
            if self.state.view == "actual":
                self.state.view = "predicted"
        self._show()

    def action_factors(self) -> None:
        """Show the factors beside the cells, or hide them."""
        self._factors = not self._with_factors
        self._fit()

    def action_sort(self, what: str) -> None:
        """Sort users by the cursor's column, or movies by its row."""
        if what == "rows":
            self.state.sort_rows(self.grid.place)
        else:
            self.state.sort_columns(self.grid.place)
        self._show()

    def action_unsort(self) -> None:
        """Put rows and columns in their order."""
        self.state.unsort()
        self._show()

    def action_find(self) -> None:
        """Go to a user or a movie by id or title."""

        def go(found: tuple[str, int] | None) -> None:
            if found is not None:
                kind, place = found
                row, column = self.grid.place
                self.grid.place = (
                    (place, max(column, 0)) if kind == "user" else (max(row, 0), place)
                )

        self.app.push_screen(JumpScreen(self.state.labels()), go)

    def action_settings(self) -> None:
        """Choose the size, and how the sheet begins."""
        ratings = self.workspace.ratings
        if ratings is None:
            return

        def take(settings: CrosstabSettings | None) -> None:
            if settings is None or settings == self.settings:
                return
            fresh = settings.table != self.settings.table
            self.settings = settings
            self._memory.update(crosstab=asdict(settings))
            if fresh:
                self._open(self.state.open)
            else:
                self.action_restart()

        most = (ratings.n_users, ratings.n_items)
        self.app.push_screen(SettingsScreen(self.settings, most), take)

    @on(CrosstabGrid.CellSelected)
    def _open_cell(self, message: CrosstabGrid.CellSelected) -> None:
        if min(message.place) < 0:
            self.action_edit()
        else:
            self._show_arithmetic(self.state.at(message.place))

    def action_cell(self) -> None:
        """Show the arithmetic of the cursor's cell; in the margin, change the factor."""
        self.grid.action_select()

    @work(exclusive=True, group="cell", exit_on_error=False, description="Looking at a cell")
    async def _show_arithmetic(self, place: tuple[int, int]) -> None:
        table, run = self.state.table, self._run
        if table is None:
            return
        user, item = table.labels.users[place[0]], table.labels.items[place[1]]
        title = plain(f"user {user} × {table.labels.titles[place[1]]}")
        if self.state.source == "run" and run is not None:
            cell = await self._ask(CellOfRun(str(path_of(run.id)), user, item))
            step = ONE_OF_A_BATCH
        elif self.state.answer is not None:
            cell = await self._ask(CellOfSheet(self.state.answer.sheet, *place))
            rate = self.settings.rate(self.state.shape)
            step = (
                f"A step of descent takes {rate:g} times the sum of such gradients"
                " over the row, or the column, off a factor."
            )
        else:
            return
        if cell is not None:
            self.app.push_screen(CellScreen(title, cell, step))

    def action_edit(self) -> None:
        """Change the rating or the factor under the cursor."""
        cells, answer, place = self.grid.cells, self.state.answer, self.grid.place
        if cells is None or answer is None or self.state.source == "run":
            return
        rating = min(place) >= 0
        value = float(answer.sheet.actual[self.state.at(place)]) if rating else cells.value(*place)
        question = "Rating (empty: none)" if rating else "Factor"

        def take(text: str | None) -> None:
            if text is None:
                return
            try:
                number = math.nan if rating and not text else float(text)
            except ValueError:
                number = math.inf
            if math.isinf(number) or (math.isnan(number) and text):
                self.notify(plain(f"{text!r} is not a number"), severity="warning", markup=False)
                return
            self.learner.stop()
            self._change(self.state.edited(place, number))

        shown = "" if math.isnan(value) else f"{value:.6g}"
        self.app.push_screen(AskText(f"{question}:", shown), take)

    @work(exclusive=True, group="learn", exit_on_error=False, description="Changing the sheet")
    async def _change(self, sheet: Any) -> None:
        answer = await self._ask(EvaluateSheet(sheet))
        if answer is not None:
            self.state.change(answer)
            self._show()

    def action_export(self) -> None:
        """Write the cells, or the sheet as a workbook."""

        def take(name: str | None) -> None:
            if name:
                self._write(name)

        question = "Write to (.xlsx with live formulas, .csv, .tsv or .md):"
        self.app.push_screen(AskText(question, "crosstab.xlsx"), take)

    @work(exclusive=True, group="export", exit_on_error=False, description="Writing the cells")
    async def _write(self, path: str) -> None:
        written = await self._ask(self._cells_to_write(path))
        if written is not None:
            self.notify(plain(f"Written: {written}"), markup=False)

    def action_copy(self) -> None:
        """Send the cells to the terminal's clipboard as a spreadsheet takes them."""
        self._copy()

    @work(exclusive=True, group="export", exit_on_error=False, description="Copying the cells")
    async def _copy(self) -> None:
        text = await self._ask(self._cells_to_write(""))
        if text is not None:
            told = copy_out(self.app, text, "the cells as a table", "x writes them to a file")
            self.notify(told, markup=False)

    def _cells_to_write(self, path: str) -> WriteCells:
        cells = self.state.cells(margins=False)
        assert cells is not None
        answer = self.state.answer
        sheet = None if answer is None else answer.sheet
        if path.lower().endswith(".xlsx") and self.state.table is not None:
            # The workbook stands in the table's own order, as its factors do.
            return WriteCells(self.state.table.labels, cells.values, path, sheet)
        return WriteCells(cells.labels, cells.values, path, sheet)


def _store_of(workspace: Workspace) -> str | None:
    return None if workspace.ratings is None else workspace.ratings.store
