"""The checker of lies finds each kind of lie, and none where a screen says what is so."""

import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from driving import BUNDLED, opened
from recorded import EVENTS, make_run
from textual.pilot import Pilot
from textual.widgets import Static

from cftui.people import Profile, save_profile
from cftui.ratings.values import Ratings
from cftui.runs.directory import Run
from cftui.tui.app import CftuiApp
from cftui.tui.crosstab.heat_grid import CrosstabGrid
from cftui.tui.crosstab.pane import CrosstabPane
from cftui.tui.data.set_list import SetList
from cftui.tui.explore.kind_bar import KindBar
from cftui.tui.lab.truths import TruthsScreen
from cftui.tui.runs.details import RunDetailsView
from cftui.tui.shared.grid import Grid
from cftui.tui.shared.key_bar import Key, KeyBar
from cftui.tui.shared.tab_bar import TabBar

sys.path.insert(0, str(Path(__file__).parents[1] / "faults"))
from lies import lies, lies_at_rest

Lie = Callable[[CftuiApp], AbstractContextManager[None]]
LIVE = "20261101-203100-dot-bias-sgd-k7w2"


@contextmanager
def set_to(thing: Any, name: str, change: Callable[[Any], Any]) -> Iterator[None]:
    """Have an attribute otherwise for a time."""
    before = getattr(thing, name)
    setattr(thing, name, change(before))
    yield
    setattr(thing, name, before)


def says(selector: str, before: str, after: str) -> Lie:
    """Have some words replaced by others."""

    @contextmanager
    def lie(app: CftuiApp) -> Iterator[None]:
        said = app.screen.query_one(selector, Static)
        told = str(said.content)
        assert before in told, told
        said.update(told.replace(before, after, 1))
        yield
        said.update(told)

    return lie


def rows(selector: str, change: Callable[[list[Any]], list[Any]]) -> Lie:
    """Have a table list other rows."""

    @contextmanager
    def lie(app: CftuiApp) -> Iterator[None]:
        grid = app.screen.query_one(selector, Grid)
        told, keys, at = list(grid.rows), grid.keys, grid.cursor_row
        grid.set_rows(change(told))
        yield
        grid.set_rows(told, keys)
        grid.cursor_row = at

    return lie


def first(**changes: Any) -> Callable[[list[Any]], list[Any]]:
    """Change the first row; a callable makes a value of the value before."""

    def change(told: list[Any]) -> list[Any]:
        now = {
            name: new(getattr(told[0], name)) if callable(new) else new
            for name, new in changes.items()
        }
        return [replace(told[0], **now), *told[1:]]

    return change


def more(by: float) -> Callable[[Any], Any]:
    return lambda value: value + by


def stale(selector: str) -> Lie:
    """Have a table's rows become others that are not drawn."""

    @contextmanager
    def lie(app: CftuiApp) -> Iterator[None]:
        grid = app.screen.query_one(selector, Grid)
        with set_to(grid, "_rows", lambda told: [*told[1:], told[0]]):
            yield

    return lie


@contextmanager
def marked_below(app: CftuiApp) -> Iterator[None]:
    """Have a cursor move by one without its mark."""
    grid = app.screen.query_one("#all-runs", Grid)
    grid.set_reactive(Grid.cursor_row, grid.cursor_row + 1)
    yield
    grid.set_reactive(Grid.cursor_row, grid.cursor_row - 1)


@contextmanager
def unseen_cursor(app: CftuiApp) -> Iterator[None]:
    """Have the table scrolled so that the cursor is out of view."""
    grid = app.screen.query_one("#users #found", Grid)
    grid.scroll_to(y=9, animate=False, force=True, immediate=True)
    yield
    grid.scroll_to(y=0, animate=False, force=True, immediate=True)


def other_kind(app: CftuiApp) -> AbstractContextManager[None]:
    return set_to(app.screen.query_one(KindBar), "active", lambda _: "movies")


@contextmanager
def other_key(app: CftuiApp) -> Iterator[None]:
    bar = app.screen.query_one(KeyBar)
    with set_to(bar, "_keys", lambda keys: (Key("z", "Fly", "fly", True), *keys)):
        bar.refresh()
        yield
    bar.refresh()


@contextmanager
def other_details(app: CftuiApp) -> Iterator[None]:
    view, row = app.screen.query_one(RunDetailsView), app.workspace.runs[0]
    view.show(app.workspace.runs[-1], None)
    yield
    view.show(row, None)


def cells(change: Callable[[np.ndarray], np.ndarray]) -> Lie:
    """Have the crosstab show other numbers."""

    @contextmanager
    def lie(app: CftuiApp) -> Iterator[None]:
        grid = app.screen.query_one(CrosstabGrid)
        told = grid.cells
        assert told is not None
        grid.show(replace(told, values=change(told.values)))
        yield
        grid.show(told)

    return lie


@contextmanager
def left_mark(app: CftuiApp) -> Iterator[None]:
    """Have the crosstab's cursor go on without the words below."""
    pane = app.screen.query_one(CrosstabPane)
    with pane.grid.prevent(CrosstabGrid.Moved):
        pane.grid.action_move(1, 0)
        yield
        pane.grid.action_move(-1, 0)


@contextmanager
def forgotten(app: CftuiApp) -> Iterator[None]:
    """Have a rating in the profile's file that is not on show."""
    assert app.workspace.ratings is not None
    fingerprint, kept = app.workspace.ratings.fingerprint, Profile((("1", 4.0), ("260", 2.0)))
    save_profile(fingerprint, Profile((*kept.rated, ("2", 1.0))))
    yield
    save_profile(fingerprint, kept)


def about(change: str) -> Lie:
    """Have the headline tell of other ratings."""
    return lambda app: set_to(app.screen.query_one(TabBar), "about", lambda _: change)


def subtitle(selector: str, before: str, after: str) -> Lie:
    def lie(app: CftuiApp) -> AbstractContextManager[None]:
        grid = app.screen.query_one(selector, Grid)
        assert before in str(grid.border_subtitle)
        return set_to(grid, "border_subtitle", lambda told: str(told).replace(before, after))

    return lie


def more_ratings(item: Any) -> Any:
    return replace(item, n_ratings=item.n_ratings + 1)


@contextmanager
def other_set(app: CftuiApp) -> Iterator[None]:
    """Have another data set marked as open."""
    sets, before = app.screen.query_one(SetList), app.screen.query_one(SetList)._marked
    sets.mark_open(*sets.keys[1])  # type: ignore[misc]
    yield
    sets.mark_open(*before)


def rolled(told: list[Any]) -> list[Any]:
    """Give each row the title of the one below."""
    titles = [row.title for row in [*told[1:], told[0]]]
    return [replace(row, title=title) for row, title in zip(told, titles, strict=True)]


LIES: tuple[tuple[str, tuple[tuple[str, Lie], ...]], ...] = (
    (
        "1",
        (
            ("tabs", lambda app: set_to(app.screen.query_one(TabBar), "active", lambda _: "lab")),
            ("headline", about("ml-100k  943 users × 1,682 movies, 100,000 ratings")),
            ("keys", other_key),
            ("data", says("#headline", "100,004", "100,005")),
            ("data", says("#headline", "3.5436", "3.5437")),
            ("values", says("#bars", "28.7%", "28.9%")),
            ("long tail", says("#spread", "71", "72")),
            ("first rows", rows("#rows", lambda told: [told[1], told[0], *told[2:]])),
            ("first rows", rows("#rows", first(title="Jumanji (1995)"))),
            ("split", says("#meaning", "80,004", "80,005")),
            ("sets", other_set),
        ),
    ),
    (
        "2 p m",
        (
            ("crosstab", cells(lambda values: np.roll(values, 1, 0))),
            ("crosstab", cells(lambda values: values + 0.02)),
            ("crosstab", left_mark),
            ("crosstab", says("#cell", "predicted 2", "predicted 3")),
            ("crosstab", says("#sheet-words", "206", "207")),
            ("crosstab", says("#sheet-words", "dot-bias-adam", "dot-bias-sgd")),
        ),
    ),
    ("a m", (("crosstab", cells(lambda values: values[:, ::-1])),)),
    ("e", (("crosstab", cells(lambda values: -values)),)),
    (
        "3",
        (
            ("train", says("#status", "running", "paused")),
            ("train", says("#status", "dot-bias-sgd", "dot-bias-adam")),
            ("train", says("#status", "step 1,", "step 2,")),
            ("train", says("#status", "epoch 2", "epoch 1")),
            ("train", says("#status", "loss 0.7", "loss 0.6")),
            ("epochs", rows("#epochs", lambda told: [])),
            ("epochs", rows("#epochs", first(valid_mse=more(0.001)))),
            ("train runs", rows("#run-list", first(shown="finished"))),
            ("train runs", rows("#run-list", lambda told: told[:1])),
        ),
    ),
    (
        "4",
        (
            ("grid all-runs", stale("#all-runs")),
            ("grid all-runs", marked_below),
            ("runs", rows("#all-runs", first(shown="finished"))),
            ("runs", rows("#all-runs", first(best_valid_mse=more(0.0002)))),
            ("runs", rows("#all-runs", first(epoch=2, alive=False))),
            ("runs", rows("#all-runs", lambda told: told[::-1])),
            ("runs", rows("#all-runs", lambda told: told[:1])),
            ("runs", says("#runs-said", "2 of 2", "3 of 3")),
            ("runs", says("#runs-said", "1 live", "2 live")),
            ("lines", rows("#all-runs", first(name="a [31mred"))),
            ("details", other_details),
        ),
    ),
    (
        "5",
        (
            ("grid found", unseen_cursor),
            ("user", says("#users #about", "User 547", "User 564")),
            ("found", rows("#users #found", first(n_ratings=more(1)))),
            ("rated", rows("#users #first", first(actual=more(0.5)))),
            ("rated", rows("#users #first", first(predicted=more(0.02)))),
            ("rated", rows("#users #first", rolled)),
            ("would like", rows("#users #second", first(predicted=more(-0.02)))),
            ("would like", rows("#users #second", rolled)),
            ("answerer", subtitle("#users #first", "3,753", "3,752")),
            ("answerer", subtitle("#users #first", "adam", "sgd")),
            ("kinds", other_kind),
        ),
    ),
    (
        "m",
        (
            ("movie", says("#movies #about", "341 ratings", "342 ratings")),
            ("near (first)", rows("#movies #first", first(common=more(1)))),
            ("near (space)", rows("#space", first(score=more(-0.01)))),
            ("fans", rows("#movies #second", first(value=more(-0.5)))),
            ("fans", rows("#movies #second", first(predicted=more(0.1)))),
        ),
    ),
    (
        "b",
        (
            ("biases (first)", rows("#biases #first", first(bias=more(0.02)))),
            ("biases (second)", rows("#biases #second", rolled)),
        ),
    ),
    (
        "y",
        (
            ("yours", forgotten),
            ("yours", rows("#yours", lambda told: told[::-1])),
            ("your list", rows("#you #first", first(item=more_ratings))),
            ("offers", rows("#offers", first(words=lambda told: f"(4) {told}"))),
        ),
    ),
)
"""Keys that bring a view, and lies there: how what is found begins, and what makes the lie."""


@asynccontextmanager
async def beside_a_live_run(bundled: Ratings) -> AsyncIterator[tuple[CftuiApp, Pilot[None]]]:
    live, lock = make_run(LIVE, bundled, state="running", epoch=1, step=1581)
    live.events.write_text("".join(EVENTS.read_text().splitlines(keepends=True)[:60]))
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(130, 45)) as pilot:
        await opened(app, pilot)
        yield app, pilot
    lock.release()


async def test_each_kind_of_lie_is_found(trained_run: Run, bundled: Ratings) -> None:
    save_profile(bundled.fingerprint, Profile((("1", 4.0), ("260", 2.0))))
    async with beside_a_live_run(bundled) as (app, pilot):
        for keys, told in LIES:
            await pilot.press(*keys.split())
            assert await lies_at_rest(app) == [], keys
            for begins, lie in told:
                with lie(app):
                    await pilot.pause()
                    found = lies(app)
                assert any(one.startswith(f"{begins}:") for one in found), (keys, begins, found)


async def test_what_is_no_more_lies_neither(trained_run: Run, bundled: Ratings) -> None:
    """What random keys found: whose answer it was beside none, an order that the header denies."""
    copied, lock = make_run("20261015-080000-dot-bias-sgd-k7w2", bundled)  # its files are newer
    lock.release()
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot)
        await pilot.press("4")
        assert await lies_at_rest(app) == []
        grid = app.screen.query_one("#all-runs", Grid)
        assert [row.id for row in grid.listed] == [trained_run.id, copied.id]
        await pilot.press("5")
        assert await lies_at_rest(app) == []
        rated = app.screen.query_one("#users #first", Grid)
        assert "by dot-bias-adam" in str(rated.border_subtitle)
        await pilot.press("slash", *"none")
        assert await lies_at_rest(app) == []
        assert not rated.rows and not rated.border_subtitle
    TruthsScreen(app.services.ask, "", {})._say("dot", "comes when it is closed")
