"""Pictures of the panes; the README shows these very files."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from driving import quiet, remember, until
from rich.color import Color, ColorSystem
from textual.pilot import Pilot
from textual.widgets import Static

from cftui import paths
from cftui.people import Profile, save_profile
from cftui.ratings.values import Ratings
from cftui.runs.annotations import write_annotations
from cftui.runs.directory import Run
from cftui.tui.app import CftuiApp
from cftui.tui.crosstab.pane import CrosstabPane
from cftui.tui.lab.pane import LabPane
from cftui.tui.shared.chart import ChartView
from cftui.tui.shared.grid import Grid

SIZES = [(80, 24), (120, 40)]


def settled(*keys: str) -> Callable[[Pilot[None]], Awaitable[None]]:
    """Return what waits until the pane shows all it will, then presses keys and waits again."""

    async def wait(pilot: Pilot[None]) -> None:
        app = pilot.app
        assert isinstance(app, CftuiApp)
        for _ in range(600):
            await pilot.pause(0.05)
            charts = [chart for chart in app.query(ChartView) if chart.display and chart.size]
            tables = [
                grid for grid in app.query(Grid) if grid.id in ("first", "epochs", "all-runs")
            ]
            ready = app.workspace.ratings is not None and app.workspace.runs and tables
            if ready and all(c.drawn for c in charts) and all(len(t.rows) for t in tables):
                break
        else:
            raise AssertionError("the pane never settled")
        await pilot.press(*keys)
        await quiet(pilot)

    return wait


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x40"])
def test_train(three_runs: list[Run], snap_compare: Any, size: tuple[int, int]) -> None:
    """Where there is room, beside two other runs: a race."""
    for mark, run in enumerate(three_runs if size[0] > 80 else (), 1):
        write_annotations(run.path, mark=mark)
    remember(pane="train")
    assert snap_compare(CftuiApp(paths.BUNDLED), terminal_size=size, run_before=settled())


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x40"])
def test_explore_user(trained_run: Run, snap_compare: Any, size: tuple[int, int]) -> None:
    remember(pane="explore")
    assert snap_compare(CftuiApp(paths.BUNDLED), terminal_size=size, run_before=settled())


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x40"])
def test_explore_map(trained_run: Run, snap_compare: Any, size: tuple[int, int]) -> None:
    remember(pane="explore")
    app = CftuiApp(paths.BUNDLED)
    assert snap_compare(app, terminal_size=size, run_before=settled("M"))


def test_explore_movie(trained_run: Run, snap_compare: Any) -> None:
    remember(pane="explore")
    keys = ("m", "slash", *"matr", "down")
    assert snap_compare(CftuiApp(paths.BUNDLED), terminal_size=(120, 40), run_before=settled(*keys))


def test_explore_you(trained_run: Run, bundled: Ratings, snap_compare: Any) -> None:
    """Three ratings, the newest raised by a step just now."""
    remember(pane="explore")
    rated = (("1721", 1.0), ("2571", 5.0), ("260", 4.5))
    save_profile(bundled.fingerprint, Profile(rated))
    keys = ("y", "tab", "right")
    assert snap_compare(CftuiApp(paths.BUNDLED), terminal_size=(120, 40), run_before=settled(*keys))


def test_train_without_colour(
    trained_run: Run, snap_compare: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    remember(pane="train")
    assert snap_compare(CftuiApp(paths.BUNDLED), terminal_size=(80, 24), run_before=settled())


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x40"])
def test_runs(
    three_runs: list[Run],
    snap_compare: Any,
    monkeypatch: pytest.MonkeyPatch,
    size: tuple[int, int],
) -> None:
    monkeypatch.setattr(Run, "size", lambda self: 846_000)  # the lock's length varies
    remember(pane="runs")
    keys = ("space", "space", "space", "home")
    assert snap_compare(CftuiApp(paths.BUNDLED), terminal_size=size, run_before=settled(*keys))


def profiled(*keys: str) -> Callable[[Pilot[None]], Awaitable[None]]:
    """Return what waits until the Data pane shows all it will, then presses keys."""

    async def wait(pilot: Pilot[None]) -> None:
        app = pilot.app
        assert isinstance(app, CftuiApp)
        for _ in range(600):
            await pilot.pause(0.05)
            if not app.query("#rows"):
                continue
            tables = [app.query_one("#rows", Grid), app.query_one("#sets", Grid)]
            charts = [chart for chart in app.query(ChartView) if chart.size]
            split = str(app.query_one("#meaning", Static).content)
            if all(len(t.rows) for t in tables) and all(c.drawn for c in charts) and split:
                break
        else:
            raise AssertionError("the pane never settled")
        await pilot.press(*keys)
        await quiet(pilot)

    return wait


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x40"])
def test_data(stored: Path, snap_compare: Any, size: tuple[int, int]) -> None:
    remember(pane="data")
    assert snap_compare(CftuiApp(paths.BUNDLED), terminal_size=size, run_before=profiled())


async def sheet_solved(pilot: Pilot[None]) -> None:
    """Wait for the crosstab, let L-BFGS solve the sheet, and go to a cell."""
    app = pilot.app
    assert isinstance(app, CftuiApp)
    await until(pilot, lambda: bool(app.query(CrosstabPane)))
    pane = app.query_one(CrosstabPane)
    await until(pilot, lambda: pane.state.answer is not None and bool(pane.state.rmses))
    await pilot.press("b")
    await until(pilot, lambda: len(pane.state.rmses) > 1 and not pane.learner.learning)
    app.clear_notifications()  # that it is solved, over the cells
    await pilot.press("down", "right")
    await quiet(pilot)


def draw_in_256_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have apps draw for a terminal of 256 colours, and pictures show what it makes of them."""
    monkeypatch.setattr("textual.constants.COLOR_SYSTEM", "256")
    export = CftuiApp.export_screenshot

    def indexed(found: re.Match[str]) -> str:
        nearest = Color.parse(found[0]).downgrade(ColorSystem.EIGHT_BIT)
        return nearest.get_truecolor().hex

    def exported(app: CftuiApp, **options: Any) -> str:
        assert app.console.color_system == "256"
        return re.sub("#[0-9a-fA-F]{6}", indexed, export(app, **options))

    monkeypatch.setattr(CftuiApp, "export_screenshot", exported)


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x40"])
def test_crosstab(
    stored: Path, snap_compare: Any, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    """The larger one in 256 colours, which is what tmux and many terminals have."""
    remember(pane="crosstab")
    if size[0] > 80:
        draw_in_256_colours(monkeypatch)
    assert snap_compare(CftuiApp(paths.BUNDLED), terminal_size=size, run_before=sheet_solved)


async def descended(pilot: Pilot[None]) -> None:
    """Take an epoch and a half, and look at what Adam with L2 did then."""
    app = pilot.app
    assert isinstance(app, CftuiApp)
    await until(pilot, lambda: bool(app.query(LabPane)) and app.query_one(LabPane).is_mounted)
    pane = app.query_one(LabPane)
    await until(pilot, lambda: pane.settled and app.workspace.ratings is not None)
    await pilot.press("pagedown", *["full_stop"] * 14, "tab", "tab")
    await until(pilot, lambda: pane.settled and pane.state.place == 43)
    await quiet(pilot)


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x40"])
def test_lab(stored: Path, snap_compare: Any, size: tuple[int, int]) -> None:
    racers = [[rule, {}] for rule in ("sgd", "adam", "adam-l2", "adamw")]
    remember(pane="lab", lab={"racers": racers})
    assert snap_compare(CftuiApp(paths.BUNDLED), terminal_size=size, run_before=descended)
