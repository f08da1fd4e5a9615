"""What the screen's tests share: how they wait, and what they read off the screen."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from textual.pilot import Pilot
from textual.widgets import Static

from cftui import paths
from cftui.tui.app import CftuiApp
from cftui.tui.explore.pane import ExplorePane
from cftui.tui.explore.view import View
from cftui.tui.lab.pane import LabPane
from cftui.tui.shared.chart import ChartView
from cftui.tui.shared.grid import Column, Grid

BUNDLED = paths.BUNDLED


async def until(pilot: Pilot[None], done: object, seconds: float = 90.0) -> None:
    """Wait until a condition holds, a callable of no arguments."""
    assert callable(done)
    for _ in range(int(seconds / 0.05)):
        if done():
            return
        await pilot.pause(0.05)
    raise AssertionError(f"still not so after {seconds} s: {done}")


async def opened(app: CftuiApp, pilot: Pilot[None], *, runs: bool = True) -> None:
    await until(
        pilot, lambda: app.workspace.ratings is not None and (bool(app.workspace.runs) or not runs)
    )
    await app.workers.wait_for_complete()
    await pilot.pause()


async def quiet(pilot: Pilot[None], looks: int = 6) -> None:
    """Wait until so many looks at the screen, one each 0.1 s, find nothing at work and no change.

    All together longer than whatever comes by itself: the poll for runs, a chart's next frame.
    """
    app, before, alike = pilot.app, None, 0
    assert isinstance(app, CftuiApp)
    for _ in range(300):
        await app.workers.wait_for_complete()
        await pilot.pause(0.1)
        asked = any(child._queue or child._running for child in app._children)
        drawing = any(c._busy or (c._stale and c._seen()) for c in app.query(ChartView))
        seen = [strip.text for strip in app.screen._compositor.render_strips()]
        alike = alike + 1 if seen == before and not asked and not drawing else 0
        before = seen
        if alike == looks:
            return
    raise AssertionError("the screen never came to rest")


def cells(grid: Grid) -> list[list[str]]:
    """Return what a grid's rows say, with room for all but the year and the genres."""
    keys = [column.key for column in columns_of(grid)]
    return [[str(key(row)) for key in keys if key is not None] for row in grid.rows]


def columns_of(grid: Grid) -> list[Column]:
    return [column for column in grid.columns if column.label not in ("year", "genres")]


def text(app: CftuiApp, selector: str) -> str:
    return str(app.screen.query_one(selector, Static).content)


def remember(**state: Any) -> None:
    path = paths.state_folder() / "session.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(state))


Screen = tuple[Pilot[None], ExplorePane]


@asynccontextmanager
async def explore(size: tuple[int, int] = (120, 40), *, runs: bool = True) -> AsyncIterator[Screen]:
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=size) as pilot:
        await opened(app, pilot, runs=runs)
        await pilot.press("5")
        yield pilot, app.query_one(ExplorePane)


def about(view: View) -> str:
    return str(view.query_one("#about", Static).content)


def table(view: View, selector: str) -> list[list[str]]:
    return cells(view.query_one(selector, Grid))


@asynccontextmanager
async def lab(
    size: tuple[int, int] = (120, 40), **saved: Any
) -> AsyncIterator[tuple[Pilot[None], LabPane]]:
    """Open the app with the lab in view, and wait for its start."""
    remember(pane="lab", lab=saved)
    app = CftuiApp(paths.BUNDLED)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: bool(app.query(LabPane)) and app.query_one(LabPane).is_mounted)
        pane = app.query_one(LabPane)
        await settled(pilot, pane)
        yield pilot, pane


async def settled(pilot: Pilot[None], pane: LabPane) -> None:
    await pilot.pause()
    await until(pilot, lambda: pane.settled)
    await pilot.pause()


async def press(pilot: Pilot[None], pane: LabPane, *keys: str) -> None:
    """Press keys and wait for what they ask; right behind a dialog the first may come late."""
    await pilot.press(*keys)
    await settled(pilot, pane)
