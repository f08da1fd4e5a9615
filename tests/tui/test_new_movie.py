"""Explore's new movie by its keys, and sums of movies."""

from pathlib import Path

import pytest
from driving import about, cells, explore, opened, table, until
from small import write_ratings
from textual.pilot import Pilot
from textual.widgets import Input

from cftui.explore.item_sums import item_sum
from cftui.library.trained import load_trained
from cftui.questions.item_sums import ItemArithmetic
from cftui.ratings.store import open_ratings
from cftui.ratings.values import Ratings
from cftui.runs.directory import Run
from cftui.tui.app import CftuiApp
from cftui.tui.explore.movie import MovieView
from cftui.tui.explore.new_movie import NewMovieView
from cftui.tui.explore.pane import ExplorePane
from cftui.tui.explore.rating import RateScreen
from cftui.tui.explore.user import UserView


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_genres_a_year_and_ratings_tell_for_whom_it_would_be(
    trained_run: Run, size: tuple[int, int]
) -> None:
    async with explore(size) as (pilot, pane):
        await pilot.press("N")
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
        await pilot.press("N")
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
        await pilot.press("5", "N")
        pane = app.query_one(ExplorePane)
        await until(pilot, lambda: bool(pane.query(NewMovieView)))
        view = pane.query_one(NewMovieView)
        await until(pilot, lambda: "A new item. These ratings came without genres" in about(view))
        assert not view.told.genres.display and not view.told.year.display
        await until(pilot, lambda: view.told.raters.has_focus and bool(view.told.raters.rows))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, RateScreen))
        await pilot.press("enter")
        await until(pilot, lambda: bool(table(view, "#first")))
        assert "only ratings of it serve" in about(view)


def titles_of(view: MovieView, selector: str) -> list[str]:
    return [row[-1] for row in table(view, selector)]


async def test_movies_are_added_and_taken_away(trained_run: Run, bundled: Ratings) -> None:
    async with explore((140, 40)) as (pilot, pane):
        await pilot.press("m")
        view = pane.query_one(MovieView)
        await until(pilot, lambda: len(table(view, "#first")) == 100)
        await seek(pilot, view, "1", "Toy Story (1995)")
        await pilot.press("plus")
        await until(pilot, lambda: about(view).startswith("Toy Story (1995)\n"))
        assert not view.second.display and view.why_not("fans")
        await seek(pilot, view, "1214", "")
        await pilot.press("plus")
        await until(pilot, lambda: about(view).startswith("Toy Story (1995) + Alien (1979)\n"))
        await seek(pilot, view, "588", "")
        await pilot.press("minus")
        words = "Toy Story (1995) + Alien (1979) \u2212 Aladdin (1992)"
        await until(pilot, lambda: about(view).startswith(words))
        asked = ItemArithmetic("s", ("1", "1214"), ("588",), n=100)
        near = item_sum(bundled, asked).near
        await until(pilot, lambda: titles_of(view, "#first") == [row.title for row in near])
        near = item_sum(bundled, asked, load_trained(trained_run)).near
        await until(pilot, lambda: titles_of(view, "#space") == [row.title for row in near])
        # once more takes it out, and x clears all
        await pilot.press("minus")
        await until(pilot, lambda: about(view).startswith("Toy Story (1995) + Alien (1979)\n"))
        await pilot.press("x")
        await until(pilot, lambda: about(view).startswith("Aladdin (1992)"))
        await until(pilot, lambda: bool(view.second.display) and len(table(view, "#second")) > 0)
        # from a list: what is in view, and what the cursor is on; opening one clears the sum
        view.first.focus()
        title = titles_of(view, "#first")[0]
        await pilot.press("minus")
        await until(pilot, lambda: about(view).startswith(f"Aladdin (1992) \u2212 {title}"))
        await until(pilot, lambda: title not in titles_of(view, "#first"))
        title = titles_of(view, "#first")[0]
        await pilot.press("home", "enter")
        await until(pilot, lambda: about(view).startswith(title) and "mean" in about(view))


async def seek(pilot: Pilot[None], view: MovieView, item: str, title: str) -> None:
    """Have the search find a movie by its id, and wait for the answer to follow."""
    view.finder.search.value = item
    await until(pilot, lambda: view.key == item and view.finder.found.cursor_key == item)
    view.finder.found.focus()
    await until(pilot, lambda: about(view).startswith(title))
