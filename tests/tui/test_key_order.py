"""Keys of one burst: each reaches what those before it have opened."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from driving import BUNDLED, opened, until
from textual import events
from textual.app import App, ComposeResult
from textual.screen import ModalScreen
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input, Static

from cftui.library.door import Library
from cftui.questions.likes import AlikeItems
from cftui.runs.directory import Run
from cftui.tui.app import CftuiApp
from cftui.tui.explore.movie import MovieView
from cftui.tui.explore.pane import ExplorePane
from cftui.tui.explore.you import YouView
from cftui.tui.shared import key_order
from cftui.tui.shared.cell_arithmetic import CellScreen
from cftui.tui.shared.key_order import PATIENCE_SECONDS, Follower, KeyOrder


class Question(ModalScreen[str]):
    BINDINGS = [("escape", "dismiss('')", "Leave")]

    def compose(self) -> ComposeResult:
        yield Static("How much?")
        yield Input()

    def on_input_submitted(self, message: Input.Submitted) -> None:
        self.dismiss(message.value)


class Asking(Static):
    can_focus = True


class Small(App[None]):
    BINDINGS = [("l", "ask", "Ask"), ("1", "count", "Count"), ("d", "drop", "Drop")]

    def __init__(self) -> None:
        super().__init__()
        self.answers: list[str | None] = []
        self.counted = 0
        self.key_order = KeyOrder(self, super().on_event)

    async def on_event(self, event: events.Event) -> None:
        await self.key_order.take(event)

    async def on_follower(self, message: Follower) -> None:
        await self.key_order.follow(message)

    def compose(self) -> ComposeResult:
        yield Asking("a table")

    def action_ask(self) -> None:
        self.push_screen(Question(), self.answers.append)

    def action_count(self) -> None:
        self.counted += 1

    async def action_drop(self) -> None:
        await self.query_one(Asking).remove()


def burst(app: App[None], *keys: str) -> None:
    """Post keys all at once, as they come over a slow line."""
    for key in keys:
        name = "slash" if key == "/" else key
        app.post_message(events.Key(name, key if len(key) == 1 else None))


async def test_digits_behind_the_key_that_asks_go_to_the_field() -> None:
    app = Small()
    async with app.run_test() as pilot:
        burst(app, "1", "l", "1", "1", "enter", "1", "l", "escape", "1")
        await until(pilot, lambda: app.counted == 3)
        assert app.answers == ["11", ""]


async def test_keys_go_on_where_the_focus_vanished() -> None:
    app = Small()
    async with app.run_test() as pilot:
        burst(app, "d", "1", "1", "l", "1", "enter", "1")
        await until(pilot, lambda: app.answers == ["1"] and app.counted == 3)


class Losing(Small):
    """Loses the follower of one second trip, as where its widget goes just then."""

    lost = False

    async def on_follower(self, message: Follower) -> None:
        if message.trip == 1 and not self.lost:
            self.lost = True
            message.prevent_default()


async def test_keys_go_on_where_what_follows_a_later_trip_is_lost() -> None:
    app = Losing()
    async with app.run_test() as pilot:
        burst(app, "1", "1", "1")
        await until(pilot, lambda: app.counted == 3)
        assert app.lost


class Busy(Asking):
    """Has long to do before a key is dealt with, as everything has on a busy machine."""

    async def on_key(self, event: events.Key) -> None:
        if event.key == "l":
            assert isinstance(self.app, Slow)
            await self.app.go.wait()


class Slow(Small):
    """Notes how often its keys are looked after."""

    def __init__(self) -> None:
        super().__init__()
        self.go = asyncio.Event()
        self.looks = 0
        look = self.key_order._look_after

        async def noted(follower: Follower | None) -> None:
            self.looks += 1
            await look(follower)

        self.key_order._look_after = noted  # type: ignore[method-assign]

    def compose(self) -> ComposeResult:
        yield Busy("a table")


async def test_keys_behind_one_that_is_long_on_its_way_wait_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Given out before, they would go to the focus of before, and be lost."""
    monkeypatch.setattr(key_order, "PATIENCE_SECONDS", 0.01)
    monkeypatch.setattr(key_order, "MOST_SECONDS", 600.0)
    app = Slow()
    async with app.run_test() as pilot:
        burst(app, "l", "1", "1", "enter")
        await until(pilot, lambda: app.looks > 3)
        app.go.set()
        await until(pilot, lambda: app.answers == ["11"])
        assert app.counted == 0


async def test_one_timer_looks_after_however_many_keys_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One for each key, set anew again and again, had a busy machine do nothing else."""
    app, began = Small(), time.monotonic()
    async with app.run_test() as pilot:
        delays: list[float] = []
        set_timer = app.set_timer

        def counted(delay: float, *rest: Any, **named: Any) -> Timer:
            delays.append(delay)
            return set_timer(delay, *rest, **named)

        monkeypatch.setattr(app, "set_timer", counted)
        burst(app, *"1" * 60)
        await until(pilot, lambda: app.counted == 60)
        took = time.monotonic() - began
        assert 1 <= delays.count(PATIENCE_SECONDS) <= 2 + took / PATIENCE_SECONDS


async def test_a_rating_typed_in_one_burst(trained_run: Run) -> None:
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, runs=True)
        burst(app, "5", "y")
        await until(pilot, lambda: bool(app.query("YouView #offers")))
        view = app.query_one(ExplorePane).query_one(YouView)
        await until(pilot, lambda: bool(view.offers.grid.rows))
        burst(app, "enter", "4", "enter", "down", "enter", "1", "enter")
        await until(pilot, lambda: [value for _, value in view.yours.rated] == [1.0, 4.0])


async def test_keys_behind_a_search_are_about_what_it_finds(trained_run: Run) -> None:
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, runs=True)
        burst(app, *"5y/matr", "enter", "enter", "5", "enter")
        await until(pilot, lambda: bool(app.query("YouView #offers")))
        view = app.query_one(ExplorePane).query_one(YouView)
        await until(pilot, lambda: view.yours.rated == (("2571", 5.0),))
        burst(app, *"/titanic", "enter", "enter", "1", "enter")
        await until(pilot, lambda: view.yours.rated == (("1721", 1.0), ("2571", 5.0)))
        # the nearest of the movie that was looked for, not of the one before
        burst(app, *"m/matr", "enter", "enter", "o")
        await until(pilot, lambda: bool(app.query(MovieView)))
        movies = app.query_one(MovieView)
        near = Library().answer(AlikeItems(trained_run.record().store, "2571", 1))
        nearest = near.alike[0].item
        await until(pilot, lambda: movies.key == nearest)
        burst(app, *"upfarg", "enter")
        await until(pilot, lambda: isinstance(app.screen, CellScreen))
        title = str(app.screen.query_one(".overlay").border_title)
        assert title == "user 547 × Fargo (1996)"


async def test_keys_are_held_for_a_while_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_order, "HOLD_SECONDS", 600.0)
    app = Small()
    async with app.run_test() as pilot:
        app.key_order.hold(app.screen)
        burst(app, "1", "1")
        await pilot.pause(0.2)
        app.key_order.let_go(Widget())  # whose answer is none that they wait for
        await pilot.pause(0.2)
        assert app.counted == 0
        app.key_order.let_go(app.screen)
        await until(pilot, lambda: app.counted == 2)
        monkeypatch.setattr(key_order, "HOLD_SECONDS", 1.5)
        app.key_order.hold(app.screen)
        burst(app, "1")
        await until(pilot, lambda: app.counted == 3)


async def test_tab_still_completes_a_path_and_else_moves_on(stored: Path) -> None:
    app = CftuiApp(BUNDLED)
    async with app.run_test() as pilot:
        await opened(app, pilot, runs=False)
        burst(app, "1", "slash", *"/et", "tab")
        await until(pilot, lambda: getattr(app.focused, "value", "") == "/etc/")
