"""Themes: every one draws every pane; one that cannot is neither saved nor believed."""

import json
from pathlib import Path

import pytest
from driving import opened, until
from textual.color import Color
from textual.screen import Screen
from textual.strip import Strip
from textual.theme import BUILTIN_THEMES, Theme

from cftui import paths
from cftui.runs.directory import Run
from cftui.tui.app import CftuiApp
from cftui.tui.panes import PANES
from cftui.tui.services.collecting import Collecting
from cftui.tui.services.memory import Memory
from cftui.tui.shared.chart import ChartView
from cftui.tui.shared.contrast import LEGIBLE, contrast
from cftui.tui.themes import SEEN, can_be_drawn

ROUNDING = 0.1
"""What a colour of eight bits, mixed from two, may lose."""
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


async def test_every_theme_draws_every_pane_so_that_it_can_be_read(
    trained_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All panes one below the other, in one theme after another.

    Charts aside, which are painted in a process of their own.
    """
    monkeypatch.setattr(ChartView, "_draw_if_shown", lambda chart: None)
    # Drawn once for each, by the test: what else would be painted on the way is most of the work.
    monkeypatch.setattr(Screen, "_compositor_refresh", lambda screen: screen._dirty_widgets.clear())
    monkeypatch.setattr(Collecting, "poll", lambda collecting: None)
    app = CftuiApp(paths.BUNDLED)
    async with app.run_test(size=(100, 30 * len(PANES))) as pilot:
        await opened(app, pilot)
        for entry in PANES:
            await app.action_pane(entry.id)
        await app.workers.wait_for_complete()
        assert app._stack is not None
        for pane in app._stack.children:
            pane.display = True
        pale: dict[str, dict[str, str]] = {}
        for theme in app.available_themes:
            app.theme = theme
            await pilot.pause()
            drawn = app.screen._compositor.render_strips()
            for words in ("Data sets", "user", "New run", "began", "Users", "y = a"):
                assert any(words in strip.text for strip in drawn), (theme, words)
            assert app.theme == theme and not app._notifications
            if "ansi" not in theme and (found := too_pale(app, drawn)):
                pale[theme] = found
        assert not pale
        await until(pilot, lambda: saved() == app.theme)


def too_pale(app: CftuiApp, drawn: list[Strip]) -> dict[str, str]:
    """Return each text on the screen that stands out too little from its ground, and how little.

    What cannot be done now, and says so by that, has to stand out less.
    """
    base = app.screen.styles.background
    grey = {ink_of(app, "footer-disabled"), ink_of(app, "foreground-disabled")}
    found = {}
    for strip in drawn:
        for text, style, _ in strip:
            if style is None or not any(map(str.isalnum, text)):
                continue
            ink, ground = (
                Color.from_rich_color(one) if one is not None else base
                for one in (style.color, style.bgcolor)
            )
            ink, ground = (ground, ink) if style.reverse else (ink, ground)
            found[text.strip()] = (contrast(ink, ground), f"{ink.hex} on {ground.hex}", ink in grey)
    return {
        text: f"{much:.1f}, {colours}"
        for text, (much, colours, is_grey) in found.items()
        if much < (SEEN if is_grey else LEGIBLE) - ROUNDING
    }


def ink_of(app: CftuiApp, name: str) -> Color:
    return Color.parse(app.theme_variables[name]) if "ansi" not in app.theme else Color(0, 0, 0)


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
