"""Hostile runs in the screen: it lives, lists the good run, and draws nothing that acts."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hostile_commands import GOOD, furnish, harm_outside, make_good
from hostile_runs import ACTING, ALL_ESCAPES, NAMES, state_of
from textual.pilot import Pilot

from cftui import paths
from cftui.tui.app import CftuiApp
from cftui.tui.runs.pane import RunsPane

WALKED = (
    *(
        "huge-created",
        "step-seconds-huge",
        "finished-valid_mse-huge",
        "finished-1e308",
        "step-1e308",
    ),
    *("escape-remote", "escape-name", "escape-message", "markup", "deep-config.toml", "nested"),
    *("pipe-events.jsonl", "zero-run.json", "cut-events.jsonl", "moved", "own-model", "surrogates"),
    *("live-here", "baselines", "lock-time", "config-time", "name-long", "rates", "bf16"),
)
"""Runs that the cursor rests on."""
WATCHED = (
    *("escape-remote", "escape-finished", "escape-gpu", "escape-started", "escape-epoch"),
    *("finished-minus", "finished-baselines", "started-baselines", "epoch-bare", "finished-1e308"),
)
"""Runs that are looked at in Train."""


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_good(tmp_path_factory.mktemp("first"))


async def until(pilot: Pilot[None], done: Callable[[], object], seconds: float = 60.0) -> None:
    for _ in range(int(seconds / 0.05)):
        if done():
            return
        await pilot.pause(0.05)
    raise AssertionError(f"still not so after {seconds} s: {done}")


def drawn(app: CftuiApp) -> str:
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


async def test_the_screen_lives_among_hostile_runs(
    good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = furnish(tmp_path, good, *NAMES)
    monkeypatch.setenv(paths.HOME_VARIABLE, str(place.home))
    before = state_of(place.outside.folder)
    copied: list[str] = []
    source = json.loads((good / "run.json").read_text())["data_source"]
    app = CftuiApp(source)
    monkeypatch.setattr(app, "copy_to_clipboard", copied.append)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: bool(app.query("#body")) and app.workspace.ratings is not None)
        await pilot.press("4")
        pane = app.query_one(RunsPane)
        await until(pilot, lambda: any(row.id == GOOD for row in pane.board.table.rows))
        await until(pilot, lambda: len(pane.board.table.rows) >= len(NAMES) - 8)
        places = {row.id: n for n, row in enumerate(pane.board.table.rows)}
        seen = ""
        for name in WALKED:
            pane.board.table.cursor_row = places[place.ids[name]]
            await pilot.press("c")
            await app.workers.wait_for_complete()
            seen += drawn(app)
        for name in WATCHED:
            pane.board.table.cursor_row = places[place.ids[name]]
            await pilot.press("enter")
            await until(pilot, lambda: bool(app.query("#status")))
            await app.workers.wait_for_complete()
            seen += drawn(app)
            await pilot.press("4")
        app.notify(ALL_ESCAPES, title=ALL_ESCAPES)
        for key in ("v", "a", "y", "space", "up", "space", "d", "escape", "enter", "4", "f", "4"):
            await pilot.press(key)
            await asyncio.sleep(0)
            seen += drawn(app)
        await pilot.press("slash", *GOOD)
        await until(pilot, lambda: any(row.id == GOOD for row in pane.board.table.rows))
        assert app.is_running and not [sign for sign in ACTING if sign in seen]
        assert copied and not [line for line in copied if not line.isprintable()]
    assert not app.return_code and not harm_outside(place, before)
