"""While ratings or runs are being read, nothing says that there are none, or shows old ones."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from driving import BUNDLED, opened, text, until
from textual.widgets import Static

from cftui.runs.directory import Run
from cftui.runs.index import RunsIndex
from cftui.tui.app import CftuiApp
from cftui.tui.data.pane import DataPane
from cftui.tui.data.profile_view import ProfileView
from cftui.tui.runs.pane import RunsPane
from cftui.tui.services.ratings import Opening
from cftui.tui.services.runs import RunService
from cftui.tui.shared.chart import ChartView
from cftui.tui.shared.grid import Grid
from cftui.tui.train.pane import TrainPane
from cftui.tui.workspace import Workspace

CLAIMS = ("No runs", "No run ", "No trained model", "none on these ratings", "train one", "Press s")


def seen(app: CftuiApp) -> str:
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


def shown(chart: ChartView) -> str:
    return "".join(words for line in chart.drawn for words, _ in line)


@pytest.fixture
def unlisted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bool]]:
    """Give a switch: while it is on, no look at the runs gets through them, nor finds any."""
    on = [True]
    refresh = RunsIndex.refresh

    def looked(index: RunsIndex, seconds: float = 1.0) -> object:
        found = refresh(index, seconds)
        index.complete = index.complete and not on[0]
        return () if on[0] else found

    monkeypatch.setattr(RunsIndex, "refresh", looked)
    yield on
    on[0] = False


async def test_runs_that_are_not_listed_yet_are_not_said_to_be_none(
    trained_run: Run, unlisted: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.workspace.ratings is not None)
        for key, word in (
            ("3", "Looking for runs"),
            ("4", "Looking for runs"),
            ("5", ""),
            ("2", ""),
        ):
            await pilot.press(key)
            await until(pilot, lambda word=word: word in seen(app))
            await pilot.pause(0.3)
            assert not [claim for claim in CLAIMS if claim in seen(app)], seen(app)
        await pilot.press("5", "b")
        await until(pilot, lambda: "Looking for runs" in seen(app))
        assert not [claim for claim in CLAIMS if claim in seen(app)]
        unlisted[0] = False
        await until(pilot, lambda: app.workspace.runs_listed and bool(app.workspace.runs))
        await until(pilot, lambda: "Looking for runs" not in seen(app))


async def test_where_there_are_none_it_is_said_once_that_is_known(stored: Path) -> None:
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.workspace.ratings is not None and app.workspace.runs_listed)
        train = app.query_one(TrainPane)
        await until(pilot, lambda: train.runs._empty == "No runs yet: s starts one")
        assert "Press s to train" in train.query_one("#loss", ChartView).placeholder
        await pilot.press("4")
        await until(pilot, lambda: "No runs yet; train one (3)" in seen(app))
        assert app.query_one(RunsPane).board.listed == []


async def test_a_curve_that_is_not_read_yet_is_not_said_to_begin(
    trained_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A finished run had "the curve begins with the first steps" beside its state."""
    monkeypatch.setattr("cftui.tui.services.runs._read_all", lambda tails: [[] for _ in tails])
    monkeypatch.setattr("cftui.tui.services.runs._mark_whole", lambda followed: False)
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot)
        train = app.query_one(TrainPane)
        await until(pilot, lambda: "reading its events" in text(app, "#status"))
        assert train.epochs._empty == "Reading the run …"
        loss = train.query_one("#loss", ChartView)
        await until(pilot, lambda: "Reading the run" in shown(loss))
        assert "loading torch" not in seen(app) and "begins" not in seen(app)


async def test_no_old_profile_stands_beside_new_ratings(stored: Path) -> None:
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=(120, 44)) as pilot:
        await opened(app, pilot, runs=False)
        await pilot.press("1")
        await until(pilot, lambda: bool(app.query(DataPane)))
        pane, view = app.query_one(DataPane), app.query_one(ProfileView)
        await until(pilot, lambda: "1995-01" in str(view.query_one("#time").border_title))
        await until(
            pilot, lambda: "80,004" in str(pane.split.query_one("#meaning", Static).content)
        )
        ratings = app.workspace.ratings
        assert ratings is not None
        other = replace(ratings, name="others", n_ratings=5, n_users=2)
        view.show_summary(other)
        assert str(view.query_one("#time").border_title) == "Over time"
        assert {grid._empty for grid in view.query(Grid)} == {"looking at the ratings …"}
        assert not any(grid.rows for grid in view.query(Grid))
        assert "1995" not in "".join(str(static.content) for static in view.query(Static))
        pane.sets.mark_open("/others.csv", app.services.ratings.mapping)
        assert not ["open" for row in pane.sets.rows if "● open" in pane.sets._state(row)]
        pane._weigh_split()
        await until(
            pilot, lambda: "80,004" in str(pane.split.query_one("#meaning", Static).content)
        )


@pytest.mark.parametrize(
    ("opening", "words"),
    [
        (None, "No ratings are open yet"),
        (Opening("a.csv", "reading"), "Reading the ratings …"),
        (Opening("a.csv", failure="not there"), "No ratings are open yet"),
    ],
)
def test_what_is_awaited_is_said(opening: Opening | None, words: str) -> None:
    workspace = Workspace(opening=opening)
    assert workspace.waiting == workspace.no_answer == words


def test_services_begin_unlisted() -> None:
    assert not Workspace().with_runs(RunService("")).runs_listed
