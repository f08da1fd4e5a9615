"""Keys that come while the app begins wait; what comes while it ends is let go of."""

import asyncio
import random
import sys
import threading
from pathlib import Path

import pytest
from driving import BUNDLED, opened, until
from recorded import EVENTS, make_run
from textual import events
from textual.css.query import NoMatches
from textual.widgets import Input

from cftui.ratings.values import Ratings
from cftui.runs.directory import Run
from cftui.tui import app as app_module
from cftui.tui.app import ANYWHERE, CftuiApp
from cftui.tui.data.path_field import PathField
from cftui.tui.pane_stack import PaneStack
from cftui.tui.panes import PaneEntry
from cftui.tui.performing import placed_commands
from cftui.tui.shared.inputs import NumberField
from cftui.tui.shared.key_order import KeyOrder
from cftui.tui.shared.pane import Pane

sys.path.insert(0, str(Path(__file__).parents[1] / "faults"))
from lies import lies_at_rest

KEYS, AT_ONCE = 500, 5
OTHER_SIZES = {34: (80, 24), 67: (200, 60)}
"""By the burst of keys after which the terminal is of that size."""
LIVE = "20261101-203100-dot-bias-sgd-k7w2"
LEAVES = {"q", "ctrl+z", "ctrl+q"}
STARTS = {"s", "d", "t", "R"}
"""Trainings, downloads and refits, which would outlive a test."""
MOVES = ("up", "down", "tab", "escape", "enter", "backspace", "1", "9", "slash")


def keys_of_commands() -> list[str]:
    """Return every key that a command is bound to, but those that leave."""
    commands = [placed.command for placed in placed_commands(ANYWHERE)]
    return sorted(
        {key for command in commands for key in command.keys.split(",")} - LEAVES - STARTS
    )


def type_into(app: CftuiApp, keys: list[str]) -> None:
    """Post keys all at once, as they come over a slow line."""
    for key in keys:
        app.post_message(events.Key(key, key if len(key) == 1 else None))


class TypedAtOnce(CftuiApp):
    """Has keys come before anything but the tab bar is there."""

    CSS_PATH = Path(app_module.__file__).with_name("app.tcss")

    def on_mount(self) -> None:
        assert self._stack is None
        type_into(self, ["5", "2", "question_mark", "escape", "4"])


async def test_keys_typed_while_it_begins_wait(stored: Path) -> None:
    app = TypedAtOnce(BUNDLED)
    given: list[str] = []
    give = app.key_order._give

    async def noted(event: events.Event) -> None:
        if isinstance(event, events.Key) and not event.is_forwarded:
            assert app._stack is not None, "nothing is there yet"
            given.append(event.key)
        await give(event)

    app.key_order = KeyOrder(app, noted)
    app.key_order.close()
    async with app.run_test() as pilot:
        await until(pilot, lambda: len(given) == 5)
        await opened(app, pilot, runs=False)
        assert given == ["5", "2", "question_mark", "escape", "4"]
        assert app.memory.state.pane == "runs"


@pytest.mark.parametrize("begun", [True, False])
async def test_it_leaves_whatever_keys_are_on_their_way(stored: Path, begun: bool) -> None:
    every, chance = keys_of_commands(), random.Random(7)
    for _ in range(4 if begun else 3):
        app = CftuiApp(BUNDLED)
        async with app.run_test(size=(80, 24)) as pilot:
            if begun:
                await until(pilot, lambda app=app: app._stack is not None)
            panes = [chance.choice("123456") for _ in range(3)]
            type_into(app, [*panes, *chance.choices(every, k=12)])
            for _ in range(chance.randrange(4)):
                await pilot.pause()
            app.exit()
            type_into(app, [*chance.choices(every, k=12), *panes])
        assert app.return_code == 0


async def test_what_tells_of_widgets_gone_is_no_fault_once_it_leaves(stored: Path) -> None:
    app = CftuiApp(BUNDLED)
    async with app.run_test() as pilot:
        await opened(app, pilot, runs=False)
        app.exit()
        app._handle_exception(NoMatches("the tab bar is gone"))
        assert not await app.run_action("pane('data')")
    assert app.return_code == 0


async def test_keys_at_random_and_away(trained_run: Run, bundled: Ratings) -> None:
    """At three sizes beside a live run; whenever they rest, the screen says what is so."""
    app, chance, every = CftuiApp(BUNDLED), random.Random(11), keys_of_commands()
    live, lock = make_run(LIVE, bundled, state="running", epoch=1, step=1251)
    recorded = EVENTS.read_text().splitlines(keepends=True)
    live.events.write_text("".join(recorded[:40]))
    looked = 0
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot)
        for burst in range(KEYS // AT_ONCE):
            type_into(app, [chance.choice("12345"), *chance.choices([*every, *MOVES], k=4)])
            await pilot.pause()
            if burst % 10 == 9:
                found = await lies_at_rest(app)
                assert not found, found
                looked += found is not None
                with live.events.open("a") as file:
                    file.write(recorded[40 + burst // 10])
            if burst in OTHER_SIZES:
                await pilot.resize_terminal(*OTHER_SIZES[burst])
        app.exit()
    lock.release()
    assert app.return_code == 0 and looked > 5


async def test_modules_are_imported_beside_the_event_loop(
    stored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else nothing is painted and no key taken for up to half a second."""
    beside: dict[str, bool] = {}
    load, here = PaneEntry.load, threading.current_thread()

    def noted(entry: PaneEntry) -> type[Pane]:
        beside.setdefault(entry.id, threading.current_thread() is not here)
        return load(entry)

    monkeypatch.setattr(PaneEntry, "load", noted)
    app = CftuiApp(BUNDLED)
    async with app.run_test() as pilot:
        await opened(app, pilot, runs=False)
        await pilot.press("5", "6")
        await until(pilot, lambda: app.memory.state.pane == "lab")
    assert beside == {"train": True, "explore": True, "lab": True}


async def test_escape_leaves_every_kind_of_field(trained_run: Run) -> None:
    """So that letters are commands again: q leaves, digits bring other panes."""
    app, tried = CftuiApp(BUNDLED), set()
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot)
        for digit in "1345":
            await pilot.press(digit)
            await app.workers.wait_for_complete()
            fields = app.focused.query_ancestor(Pane).query(Input)
            for kind, field in {(type(f), f.id): f for f in fields if f.focusable}.items():
                tried.add(kind)
                field.focus()
                await pilot.press("escape")
                assert not isinstance(app.focused, Input), field
    assert {(PathField, "path"), (NumberField, None), (Input, "runs-filter")} <= tried
    assert (Input, "search") in tried


async def test_a_pane_that_two_bring_at_once_is_there_for_both(stored: Path) -> None:
    """As the tour and a key do; nor is it missed where one of them gives up."""
    app = CftuiApp(BUNDLED)
    async with app.run_test() as pilot:
        await opened(app, pilot, runs=False)
        stack = app.query_one(PaneStack)
        first = asyncio.ensure_future(stack.bring("crosstab"))
        while "crosstab" not in stack._panes:  # noqa: ASYNC110
            await asyncio.sleep(0)
        first.cancel()  # not composed yet
        pane, again = await asyncio.gather(stack.bring("crosstab"), stack.bring("crosstab"))
        assert pane is again and pane in app.focused.ancestors
