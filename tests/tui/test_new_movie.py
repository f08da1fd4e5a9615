"""Explore's new movie by its keys: what is told of it, and for whom it would be."""

from pathlib import Path

import pytest
from driving import cells, opened, until
from small import write_ratings
from test_explore_pane import about, explore, table
from textual.widgets import Input

from cftui.ratings.store import open_ratings
from cftui.runs.directory import Run
from cftui.tui.app import CftuiApp
from cftui.tui.explore.new_movie import NewMovieView
from cftui.tui.explore.pane import ExplorePane
from cftui.tui.explore.rating import RateScreen
from cftui.tui.explore.user import UserView


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_genres_a_year_and_ratings_tell_for_whom_it_would_be(
    trained_run: Run, size: tuple[int, int]
) -> None:
    async with explore(size) as (pilot, pane):
        await pilot.press("a")
        view = pane.query_one(NewMovieView)
        await until(pilot, lambda: len(cells(view.told.genres)) > 10)
        assert "Tell of it at the left" in about(view) and not table(view, "#first")
        assert view.told.genres.has_focus
        # a genre
        await pilot.press("down", "space")
        await until(pilot, lambda: len(table(view, "#first")) == 100)
        assert cells(view.told.genres)[1][0] == "[x]" and len(view.told.movie.genres) == 1
        assert "of item biases and" in about(view) and "Expected mean" in about(view)
        assert "by predicted stars" in str(view.first.border_title)
        # a year
        before = about(view)
        view.told.year.focus()
        await pilot.press(*"1944", "enter")
        await until(pilot, lambda: about(view) != before)
        assert view.told.movie.year == 1944 and view.told.genres.has_focus
        # ratings
        await pilot.press("slash", *"15", "enter", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, RateScreen))
        await pilot.press("5", "enter")
        await until(pilot, lambda: view.told.movie.given.rated == (("15", 5.0),))
        await pilot.press("left")
        await until(pilot, lambda: view.told.movie.given.rated == (("15", 4.5),))
        assert cells(view.told.raters)[0][:2] == ["4.5", "15"]
        users = view.first
        await until(pilot, lambda: any(row[-1].startswith("15 +") for row in cells(users)))
        assert "15" not in [row.user for row in users.rows]
        # orders
        await pilot.press("s")
        await until(pilot, lambda: "by how much more" in str(users.border_title))
        more = [row.more for row in users.rows]
        assert more == sorted(more, reverse=True)
        await pilot.press("s")
        await until(pilot, lambda: "less their doubt" in str(users.border_title))
        # a user opens, and back
        users.focus()
        name = users.rows[0].user
        await pilot.press("enter")
        await until(pilot, lambda: about(pane.query_one(UserView)).startswith(f"User {name}:"))
        await pilot.press("backspace")
        assert pane.view is view
        # the rating is taken back, and all else
        view.told.raters.focus()
        await pilot.press("home", "d")
        await until(pilot, lambda: not view.told.movie.given.rated)
        await pilot.press("c")
        await until(pilot, lambda: "Tell of it at the left" in about(view))
        assert not table(view, "#first") and not view.told.query_one("#year", Input).value


async def test_without_a_run_it_answers_too(stored: Path) -> None:
    async with explore((80, 24), runs=False) as (pilot, pane):
        await pilot.press("a")
        view = pane.query_one(NewMovieView)
        await until(pilot, lambda: len(cells(view.told.genres)) > 10)
        await pilot.press("enter")
        await until(pilot, lambda: len(table(view, "#first")) == 100)
        assert "without a run" in about(view) and "±" not in [c.label for c in view.first._columns]
        await pilot.press("s", "s")
        await until(pilot, lambda: "by predicted stars" in str(view.first.border_title))


async def test_items_without_genres_say_that_only_ratings_serve(home: Path, tmp_path: Path) -> None:
    source = write_ratings(tmp_path / "bare", users=30, items=40, n=300)
    (source / "movies.csv").unlink()
    open_ratings(source)
    app = CftuiApp(str(source))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, runs=False)
        await pilot.press("5", "a")
        pane = app.query_one(ExplorePane)
        await until(pilot, lambda: bool(pane.query(NewMovieView)))
        view = pane.query_one(NewMovieView)
        await until(pilot, lambda: "A new item. These ratings came without genres" in about(view))
        assert not view.told.genres.display and not view.told.year.display
        await until(pilot, lambda: view.told.raters.has_focus)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, RateScreen))
        await pilot.press("enter")
        await until(pilot, lambda: bool(table(view, "#first")))
        assert "only ratings of it serve" in about(view)
