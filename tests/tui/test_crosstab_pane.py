"""The crosstab's pane, by its keys."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from driving import until
from textual.pilot import Pilot
from textual.widgets import Input, Static

from cftui import paths
from cftui.models.factors import Factors
from cftui.ratings.crosstab import crosstab
from cftui.ratings.pairs import Pairs
from cftui.ratings.values import Ratings
from cftui.runs.directory import Run
from cftui.sheet.read_workbook import read_workbook
from cftui.sheet.solver import cell_of_sheet
from cftui.tui.app import CftuiApp
from cftui.tui.crosstab.column_heads import stemmed, wrapped
from cftui.tui.crosstab.dialogs import SettingsScreen, search
from cftui.tui.crosstab.pane import CrosstabPane
from cftui.tui.crosstab.room import room_for
from cftui.tui.crosstab.sheet_learner import SheetLearner
from cftui.tui.crosstab.shown_cells import Cells, digits
from cftui.tui.crosstab.state import CrosstabSettings, CrosstabState
from cftui.tui.shared.ask_line import AskText
from cftui.tui.shared.asking import Asker, say_nothing
from cftui.tui.shared.cell_arithmetic import CellScreen


@asynccontextmanager
async def pane_open(
    size: tuple[int, int] = (120, 40), *, runs: bool = False
) -> AsyncIterator[tuple[CrosstabPane, Pilot[None]]]:
    app = CftuiApp(paths.BUNDLED)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.workspace.ratings is not None)
        await until(pilot, lambda: bool(app.workspace.runs) or not runs)
        await pilot.press("2")
        pane = app.query_one(CrosstabPane)
        await until(pilot, lambda: pane.state.answer is not None and pane.grid.cells is not None)
        yield pane, pilot


def lines(pane: CrosstabPane) -> list[str]:
    """Return what the grid shows, line by line."""
    return [pane.grid.render_line(y).text for y in range(pane.grid.size.height)]


def words(pane: CrosstabPane, selector: str) -> str:
    return str(pane.query_one(selector, Static).content)


def rmse(pane: CrosstabPane) -> float:
    assert pane.state.answer is not None
    return pane.state.answer.rmse


async def test_shows_the_lessons_crosstab_with_every_title(stored: Path) -> None:
    async with pane_open() as (pane, _):
        shown = lines(pane)
        assert "Toy Story (1995)" in shown[0] and shown[14].rstrip().endswith("Matrix, The (1999)")
        first = next(line for line in shown if " 15 " in line and "·" not in line[:60])
        assert (
            first.split()[-15:] == "2 3 5 5 2 1 3 4 4 5 5 5 4 5 5".replace("2 3", "2◂ 3", 1).split()
        )
        assert "Toy Story (1995) (247 ratings)" in words(pane, "#cell")


async def test_at_80_columns_all_cells_are_in_view(stored: Path) -> None:
    async with pane_open((80, 24)) as (pane, _):
        shown = lines(pane)
        assert sum("·" in line or any(c.isdigit() for c in line) for line in shown) >= 16
        assert "1 110 260 296 318 356 480 527 589 593 608 1196 1198 1270 2571" in " ".join(
            next(line for line in shown if "2571" in line).split()
        )
        assert not pane.grid.show_vertical_scrollbar and not pane.grid.show_horizontal_scrollbar


@pytest.mark.parametrize(
    ("width", "height", "n_margin", "room"),
    [
        (80, 20, 0, (15, 15)),  # titles in 4 lines, ids, 15 users
        (120, 36, 5, (15, 15)),  # 15 titles, 5 factors, ids, 15 users
        (120, 35, 5, (15, 15)),
        (120, 30, 5, (20, 17)),  # 4 lines of titles; 17 * 5 = 85 of 86 cells
        (200, 56, 5, (25, 25)),
        (400, 90, 0, (63, 26)),
        (40, 10, 5, (15, 15)),
    ],
)
def test_a_window_has_room_for_so_many(
    width: int, height: int, n_margin: int, room: tuple[int, int]
) -> None:
    assert room_for(width, height, n_margin) == room


async def test_a_wide_window_shows_more_and_all_of_it(stored: Path, bundled: Ratings) -> None:
    async with pane_open((200, 60)) as (pane, _):
        table = crosstab(bundled, 25, 25)
        assert pane.state.actual() is not None
        np.testing.assert_array_equal(pane.state.actual(), table.values)
        assert words(pane, "#sheet-words").startswith("25 users × 25 movies · sheet: 5 factors")
        assert not pane.grid.show_vertical_scrollbar and not pane.grid.show_horizontal_scrollbar
        shown, labels = lines(pane), pane.state.labels()
        titles = zip(labels.titles, shown, strict=False)
        assert all(title.partition(" (")[0] in line for title, line in titles)
        ids = next(line for line in shown if "user" in line).split()
        assert tuple(ids[ids.index("user") + 1 :]) == labels.items
        assert shown[-1].split()[5] == labels.users[-1]  # behind five factors


async def test_a_resize_asks_for_what_fits_and_leaves_what_was_done_alone(
    trained_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with pane_open((80, 24), runs=True) as (pane, pilot):
        await pilot.press("m")
        await until(pilot, lambda: pane.state.run_values is not None)
        await pilot.press("end", "G")
        drawn: list[Cells] = []
        show = pane.grid.show
        monkeypatch.setattr(pane.grid, "show", lambda cells: (drawn.append(cells), show(cells)))
        await pilot.resize_terminal(200, 60)
        await until(pilot, lambda: pane.state.shape == (25, 25))
        assert pane.state.ids_at(pane.grid.place) == ("624", "2571")
        assert {cells.shape for cells in drawn} == {(15, 15), (25, 25)}
        assert not any(np.isnan(cells.values).any() for cells in drawn), "nothing blank between"
        await pilot.press("m", "full_stop")
        await until(pilot, lambda: len(pane.state.rmses) == 2)
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: "(r: 15 × 15)" in words(pane, "#sheet-words"))
        assert pane.state.shape == (25, 25) and len(pane.state.rmses) == 2
        await pilot.press("r")
        await until(pilot, lambda: pane.state.shape == (15, 15) and len(pane.state.rmses) == 1)
        await pilot.press("u")
        assert pane.state.shape == (25, 25) and len(pane.state.rmses) == 2


async def test_bfgs_moves_the_cells_to_the_solution_and_undo_brings_them_back(stored: Path) -> None:
    async with pane_open() as (pane, pilot):
        start = rmse(pane)
        await pilot.press("b")
        await until(pilot, lambda: not pane.learner.learning and rmse(pane) < 0.42)
        assert pane.state.view == "predicted" and len(pane.state.rmses) > 50
        assert f"RMSE {rmse(pane):.4f}" in words(pane, "#sheet-words")
        await pilot.press("u")
        assert rmse(pane) == start and pane.state.rmses == [start]


async def test_descent_runs_and_pauses_and_steps(stored: Path) -> None:
    async with pane_open() as (pane, pilot):
        assert pane.state.answer is not None
        await pilot.press("full_stop")
        await until(pilot, lambda: pane.state.answer.sheet.step == 1)
        await pilot.press("s")
        await until(pilot, lambda: pane.state.answer.sheet.step > 20)
        await pilot.press("s")
        await until(pilot, lambda: not pane.learner.learning)
        step = pane.state.answer.sheet.step
        assert rmse(pane) < pane.state.rmses[0] and len(pane.state.rmses) == step + 1
        await pilot.press("r")
        await until(pilot, lambda: pane.state.answer.sheet.step == 0)


async def test_the_runs_view_is_the_models_own(
    trained_run: Run, bundled: Ratings, tables: dict[str, np.ndarray]
) -> None:
    async with pane_open(runs=True) as (pane, pilot):
        await pilot.press("m")
        await until(pilot, lambda: pane.state.run_values is not None)
        table = crosstab(bundled)
        factors = Factors.from_tables(tables, bundled.low, bundled.high, sigmoid=True)
        expected = factors.score(Pairs.crossed(table.users, table.items)).reshape(15, 15)
        np.testing.assert_allclose(pane.state.run_values, expected, rtol=1e-6)
        assert pane.grid.cells is not None and pane.grid.cells.margins is None
        rmse = np.sqrt(np.nanmean((expected - table.values) ** 2))
        words = str(pane.query_one("#sheet-words", Static).content)
        assert f"RMSE {rmse:.4f} of 206 ratings on show" in words and "sheet" not in words
        await pilot.press("e")
        np.testing.assert_allclose(pane.grid.cells.values, expected - table.values, rtol=1e-6)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, CellScreen))


async def test_enter_shows_a_cells_arithmetic(stored: Path) -> None:
    async with pane_open() as (pane, pilot):
        await pilot.press("down", "right", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, CellScreen))
        screen = pilot.app.screen
        assert isinstance(screen, CellScreen) and pane.state.answer is not None
        text = str(screen.query_one(Static).content)
        cell = cell_of_sheet(pane.state.answer.sheet, 1, 1)
        assert f"{cell.products[2]:.4f}" in text and f"{cell.user_gradient[2]:.6f}" in text
        assert f"{cell.error:.4f}" in text


async def test_a_rating_and_a_factor_are_changed_by_hand(stored: Path) -> None:
    async with pane_open() as (pane, pilot):
        assert pane.state.answer is not None
        before = rmse(pane)
        await pilot.press("i")
        assert isinstance(pilot.app.screen, AskText)
        pilot.app.screen.query_one(Input).value = "0.5"
        await pilot.press("enter")
        await until(pilot, lambda: pane.state.answer.sheet.actual[0, 0] == 0.5)
        assert rmse(pane) != before
        await pilot.press("left", "i")
        pilot.app.screen.query_one(Input).value = "-1.25"
        await pilot.press("enter")
        await until(pilot, lambda: pane.state.answer.sheet.user_factors[0, 4] == -1.25)
        await pilot.press("u", "u")
        assert rmse(pane) == before


async def test_sorts_finds_and_restores_the_order(stored: Path, bundled: Ratings) -> None:
    async with pane_open() as (pane, pilot):
        await pilot.press("slash", *"matr", "enter")
        await until(pilot, lambda: pane.grid.place == (0, 14))
        await pilot.press("left_square_bracket")
        values = crosstab(bundled).values[:, 14]
        assert pane.grid.cells is not None
        assert pane.grid.cells.values[:, 14].tolist() == sorted(values.tolist(), reverse=True)
        await pilot.press("left_square_bracket")
        assert pane.grid.cells.values[:, 14].tolist() == sorted(values.tolist())
        await pilot.press("o")
        assert pane.grid.cells.values[:, 14].tolist() == values.tolist()


async def test_another_size_is_asked_for_and_remembered(stored: Path) -> None:
    async with pane_open() as (pane, pilot):
        await pilot.press("n")
        screen = pilot.app.screen
        assert isinstance(screen, SettingsScreen)
        fields = {field.key: field for field in screen.query(Input)}  # type: ignore[attr-defined]
        fields["users"].value = "672"
        await pilot.pause()
        await pilot.press("enter")
        assert "not within 0 to 671" in str(screen.query_one("#complaint", Static).content)
        fields["users"].value, fields["items"].value = "40", "60"
        await pilot.pause()
        await pilot.press("enter")
        await until(pilot, lambda: pane.state.table and pane.state.table.values.shape == (40, 60))
        # The cells are shown once their sheet has come too.
        await until(pilot, lambda: pane.grid.cells and pane.grid.cells.values.shape == (40, 60))
        assert pane.services.memory.state.crosstab["items"] == 60
        await pilot.press("end", "G")
        await until(pilot, lambda: pane.grid.place == (39, 59))
        assert pane.state.table is not None
        last = pane.state.table.labels.items[59]
        await until(pilot, lambda: any(last in line for line in lines(pane)))


async def test_exports_what_it_shows(stored: Path, tmp_path: Path, bundled: Ratings) -> None:
    async with pane_open() as (pane, pilot):
        for name in ("sheet.xlsx", "cells.csv"):
            await pilot.press("x")
            assert isinstance(pilot.app.screen, AskText)
            pilot.app.screen.query_one(Input).value = str(tmp_path / name)
            await pilot.press("enter")
            await until(pilot, lambda name=name: (tmp_path / name).exists())
            await pilot.app.workers.wait_for_complete()
        read = pd.read_csv(tmp_path / "cells.csv", index_col=0)
        np.testing.assert_array_equal(read.to_numpy(), crosstab(bundled).values)
        sheet, _ = read_workbook(tmp_path / "sheet.xlsx")
        assert pane.state.answer is not None
        np.testing.assert_allclose(sheet.user_factors, pane.state.answer.sheet.user_factors)
        assert openpyxl.load_workbook(tmp_path / "sheet.xlsx").defined_names["rmse"]
        await pilot.press("y")
        await pilot.app.workers.wait_for_complete()
        assert pilot.app.clipboard.startswith("user\tToy Story (1995)\t")


@pytest.mark.parametrize(
    ("value", "kind", "width", "text"),
    [
        (4.5, "actual", 4, "4.5"),
        (3.14159, "predicted", 4, "3.14"),
        (10.25, "predicted", 4, "10.2"),
        (-0.437, "error", 4, "-.44"),
        (0.437, "error", 5, "+0.44"),
        (float("nan"), "actual", 4, "·"),
        (1234.5, "predicted", 4, "1234"),
        (123456.0, "factor", 4, "####"),
    ],
)
def test_digits_fit(value: float, kind: str, width: int, text: str) -> None:
    assert digits(value, kind, width) == text


def test_heads_keep_to_their_columns() -> None:
    assert stemmed(["Alien (1979)", "Brazil (1985)"], 5, 16) == [
        "Alien (1979)    ",
        "│    Brazil     ",
    ]
    assert [line.rstrip() for line in wrapped(["Toy Story (1995)", "Jaws"], 5, 12, 3)] == [
        "Toy",
        "Stor",
        "y    Jaws",
    ]


def test_search_takes_ids_words_and_near_titles() -> None:
    rows = [("movie", "1", "Toy Story (1995)"), ("movie", "15", "Jaws"), ("user", "15", "")]
    assert search("15", rows) == [1, 2]
    assert search("user 15", rows) == [2]
    assert search("toy st", rows) == [0]
    assert search("Toy Stroy", rows) == [0]


def test_nothing_is_shown_before_there_is_a_table() -> None:
    assert CrosstabState().cells(margins=True) is None


async def test_a_step_asked_for_while_other_cells_are_on_their_way_is_none() -> None:
    async def ask(*_: object, **__: object) -> None:
        raise AssertionError("there is no sheet to ask about")

    learner = SheetLearner(CrosstabState(), Asker(ask, say_nothing), list, print)
    await learner.step(CrosstabSettings())
