"""Hints for whoever has no run: there the first time, gone once followed or put away."""

from pathlib import Path

import pytest
from driving import opened, until
from textual.widgets import Static

from cftui import paths
from cftui.runs.directory import Run
from cftui.tui.app import CftuiApp
from cftui.tui.hints import HINTS
from cftui.tui.panes import PANES
from cftui.tui.performing import placed_commands


def said(app: CftuiApp) -> str:
    found = [str(line.content) for line in app.query("#first-hint").results(Static) if line.display]
    return "".join(found)


def settings(text: str) -> None:
    paths.config_file().parent.mkdir(parents=True, exist_ok=True)
    paths.config_file().write_text(text)


@pytest.mark.hints
async def test_a_hint_goes_once_it_is_followed_or_put_away(stored: Path) -> None:
    settings('[keys]\n"lab.step" = "n"\n"lab.add" = "a"\n"lab.axis" = "A"\n')
    app = CftuiApp(paths.BUNDLED)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, runs=False)
        await until(pilot, lambda: said(app).startswith("s trains a model"))
        assert app.query_one("#first-hint").region.bottom == 23  # above the keys, within the screen
        await pilot.press("4")
        await until(pilot, lambda: said(app).startswith("3 leads to Train"))
        await pilot.press("f6")
        await until(pilot, lambda: not said(app))
        await pilot.press("6")
        await until(pilot, lambda: said(app).startswith("n takes one step"))
        await pilot.press("n")
        await until(pilot, lambda: not said(app))
        await pilot.press("3")
        await until(pilot, lambda: said(app).startswith("s trains"))
        assert app.memory.state.hints == {"runs": True, "lab": True}
    again = CftuiApp(paths.BUNDLED)
    async with again.run_test(size=(80, 24)) as pilot:
        await opened(again, pilot, runs=False)
        await until(pilot, lambda: said(again).startswith("s trains"))
        await pilot.press("6")
        await until(pilot, lambda: again.query("LabPane") and not said(again))


@pytest.mark.hints
async def test_whoever_has_runs_or_wants_none_gets_no_hint(trained_run: Run) -> None:
    app = CftuiApp(paths.BUNDLED)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        await until(pilot, lambda: app.workspace.runs_listed)
        assert not said(app) and app.query("#first-hint")


@pytest.mark.hints
async def test_a_setting_turns_hints_off(stored: Path) -> None:
    settings("hints = false\n")
    app = CftuiApp(paths.BUNDLED)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, runs=False)
        await until(pilot, lambda: app.workspace.runs_listed)
        assert not app.query("#first-hint")


@pytest.mark.hints
def test_every_pane_has_a_hint_that_names_a_command() -> None:
    from cftui.tui.app import ANYWHERE

    known = {placed.command.id for placed in placed_commands(ANYWHERE)}
    assert set(HINTS) == {entry.id for entry in PANES}
    assert {hint.command for hint in HINTS.values()} <= known
    assert all(len(hint.words) <= 54 for hint in HINTS.values())  # whole at 80 columns
