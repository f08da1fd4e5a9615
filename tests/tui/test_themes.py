"""Themes: every one draws every pane; one that cannot is neither saved nor believed."""

import json
from pathlib import Path

import pytest
from driving import opened, until
from textual.theme import BUILTIN_THEMES, Theme

from cftui import paths
from cftui.runs.directory import Run
from cftui.tui.app import CftuiApp
from cftui.tui.panes import PANES
from cftui.tui.services.memory import Memory
from cftui.tui.themes import can_be_drawn

BROKEN = {
    "no colour": Theme("broken", primary="nonsense"),
    "no such variable": Theme("broken", primary="#aa0000", variables={"foreground-muted": "$x"}),
}


@pytest.fixture(autouse=True)
def seldom() -> None:
    """Paint every frame: a fault of a theme may be in any."""


def kept(**state: str) -> None:
    memory = Memory()
    memory.update(**state)
    memory.writer.flush()


def saved() -> str:
    path = paths.state_folder() / "session.json"
    return str(json.loads(path.read_text())["theme"]) if path.is_file() else ""


async def test_every_theme_draws_every_pane(trained_run: Run) -> None:
    """All panes are there and take every theme's styles; which one is in view goes round."""
    app = CftuiApp(paths.BUNDLED)
    panes = [entry.id for entry in PANES]
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot)
        for pane in panes:
            await app.action_pane(pane)
        for place, theme in enumerate(list(app.available_themes)):
            app.theme = theme
            for pane in panes if "ansi" in theme else panes[place % 5 : place % 5 + 1]:
                await app.action_pane(pane)
                await pilot.pause()
            await until(pilot, lambda: saved() == app.theme)
            assert app.theme == theme
        assert not app._notifications


@pytest.mark.parametrize("theme", ["ansi-dark", "ansi-light"])
@pytest.mark.parametrize("pane", ["train", "crosstab"])
async def test_a_start_in_the_terminals_own_colours(stored: Path, theme: str, pane: str) -> None:
    kept(theme=theme, pane=pane)
    app = CftuiApp(paths.BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot, runs=False)
        assert app.theme == theme and saved() == theme


async def test_without_colours_the_terminals_own_are_refused(
    stored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    kept(theme="ansi-dark")
    app = CftuiApp(paths.BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot, runs=False)
        assert app.theme == "textual-dark"
        app.theme = "ansi-light"
        await until(pilot, lambda: app.theme == "textual-dark")


@pytest.mark.parametrize("fault", BROKEN)
async def test_a_theme_that_cannot_be_drawn_is_taken_back(stored: Path, fault: str) -> None:
    app = CftuiApp(paths.BUNDLED)
    app.register_theme(BROKEN[fault])
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot, runs=False)
        app.theme = "nord"
        await until(pilot, lambda: saved() == "nord")
        app.theme = "broken"
        await until(
            pilot,
            lambda: (
                [n.message for n in app._notifications]
                == ["The theme broken cannot be drawn; this is nord"]
            ),
        )
        assert app.theme == "nord" and saved() == "nord"


@pytest.mark.parametrize("known", [True, False])
async def test_a_stored_theme_that_cannot_be_drawn_is_not_believed(
    stored: Path, known: bool
) -> None:
    kept(theme="broken")
    app = CftuiApp(paths.BUNDLED)
    if known:
        app.register_theme(BROKEN["no colour"])
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot, runs=False)
        assert app.theme == "textual-dark"
        assert [n.message.split(";")[1] for n in app._notifications] == [" this is textual-dark"]
        await until(pilot, lambda: saved() == "textual-dark")


async def test_a_theme_in_which_the_first_panes_were_never_drawn_is_not_believed(
    stored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a fault shows only when drawing."""
    kept(theme="nord")

    async def fail(self: CftuiApp) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(CftuiApp, "_furnish", fail)
    with pytest.raises(ZeroDivisionError):
        async with CftuiApp(paths.BUNDLED).run_test(size=(120, 40)) as pilot:
            await pilot.pause()
    assert saved() == "textual-dark"


@pytest.mark.parametrize("theme", BUILTIN_THEMES)
def test_built_in_themes_can_be_drawn(theme: str) -> None:
    assert can_be_drawn(BUILTIN_THEMES[theme])
