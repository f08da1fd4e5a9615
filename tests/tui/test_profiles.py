"""Explore, You: profiles by name, an export that becomes one, and one list for two."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from driving import BUNDLED, cells, columns_of, opened, until
from textual.pilot import Pilot
from textual.widgets import Input, Static

from cftui.people import Profile, load_profile, profile_names, save_profile
from cftui.ratings.values import Ratings
from cftui.runs.directory import Run
from cftui.tui.app import CftuiApp
from cftui.tui.explore.importing import ImportScreen
from cftui.tui.explore.pane import ExplorePane
from cftui.tui.explore.profiles import ChooseProfile, ProfileScreen
from cftui.tui.explore.together import TogetherScreen
from cftui.tui.explore.why import WhyScreen
from cftui.tui.explore.you import YouView
from cftui.tui.shared.ask_line import AskText
from cftui.tui.shared.overlays import AskYesNo

KID = Profile((("1", 5.0), ("6377", 5.0), ("4306", 4.0)))
HORROR = Profile((("1258", 5.0), ("5679", 4.0), ("1", 2.0)))
Shown = tuple[Pilot[None], YouView]


@asynccontextmanager
async def you(size: tuple[int, int] = (120, 40), *, runs: bool = False) -> AsyncIterator[Shown]:
    app = CftuiApp(BUNDLED)
    async with app.run_test(size=size) as pilot:
        await opened(app, pilot, runs=runs)
        await pilot.press("5", "y")
        view = app.query_one(ExplorePane).query_one(YouView)
        await until(pilot, lambda: bool(cells(view.list)))
        yield pilot, view


def words_of(pilot: Pilot[None], selector: str) -> str:
    return str(pilot.app.screen.query_one(selector, Static).content)


def head(view: YouView) -> str:
    return str(view.query_one("#about", Static).content)


async def on(pilot: Pilot[None], kind: type) -> None:
    await until(pilot, lambda: type(pilot.app.screen) is kind)


async def enter(pilot: Pilot[None], text: str) -> None:
    """Put a text into the field that has been laid over, and send it."""
    await on(pilot, AskText)
    pilot.app.screen.query_one(Input).value = text
    await pilot.press("enter")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_switch_make_rename_and_delete_a_profile(
    bundled: Ratings, size: tuple[int, int]
) -> None:
    key = bundled.fingerprint
    save_profile(key, KID, "kid")
    async with you(size) as (pilot, view):
        assert head(view).startswith("You: 0 ratings")
        await pilot.press("p")
        await on(pilot, ProfileScreen)
        await pilot.press("end", "enter")
        await until(pilot, lambda: head(view).startswith("kid: 3 ratings"))
        assert str(view.your_grid.border_title) == "kid rated" and len(cells(view.your_grid)) == 3

        await pilot.press("p", "n")
        await enter(pilot, "KID")
        assert "there is a profile KID already" in words_of(pilot, "#complaint")
        pilot.app.screen.query_one(Input).value = "Eve"
        await pilot.press("enter")
        await until(pilot, lambda: head(view).startswith("Eve: 0 ratings"))
        await until(pilot, lambda: bool(cells(view.offers.grid)))
        await pilot.press("enter", "5", "enter")
        await until(pilot, lambda: head(view).startswith("Eve: 1 rating"))
        assert len(load_profile(key, "eve").rated) == 1

        await pilot.press("p", "r")
        await enter(pilot, "Eva")
        await on(pilot, ProfileScreen)
        await pilot.press("escape")
        await until(pilot, lambda: head(view).startswith("Eva: 1 rating"))
        assert profile_names(key) == ("me", "Eva", "kid")

        await pilot.press("p", "d")
        await on(pilot, AskYesNo)
        await pilot.press("n")
        await on(pilot, ProfileScreen)
        assert profile_names(key) == ("me", "Eva", "kid")
        await pilot.press("d", "y")
        await on(pilot, ProfileScreen)
        await pilot.press("escape")
        await until(pilot, lambda: head(view).startswith("You: 0 ratings"))
        assert profile_names(key) == ("me", "kid") and load_profile(key, "kid") == KID


async def test_who_rated_last_is_there_again_the_next_time(bundled: Ratings) -> None:
    save_profile(bundled.fingerprint, KID, "kid")
    async with you() as (pilot, view):
        await pilot.press("p")
        await on(pilot, ProfileScreen)
        await pilot.press("end", "enter")
        await until(pilot, lambda: head(view).startswith("kid:"))
    async with you() as (pilot, view):
        await until(pilot, lambda: head(view).startswith("kid: 3"))


async def test_an_export_becomes_a_profile_after_a_look_at_its_matches(
    bundled: Ratings, tmp_path: Path
) -> None:
    save_profile(bundled.fingerprint, Profile((("1", 1.0),)), "letterboxd")
    file = tmp_path / "ratings.csv"
    file.write_text(
        "Date,Name,Year,Letterboxd URI,Rating\n"
        "2020-01-01,Toy Story,1995,x,5\n2020-01-01,The Matrix,1999,x,4.5\n"
        "2020-01-01,Tyo Story 2,1999,x,3\n2020-01-01,\x1b[31mNo [b]such,1999,x,3\n"
    )
    async with you((80, 24)) as (pilot, view):
        await pilot.press("i")
        await enter(pilot, str(tmp_path / "nowhere.csv"))
        assert "the path of a file that is there" in words_of(pilot, "#complaint")
        await enter(pilot, str(file))
        await on(pilot, ImportScreen)
        await until(pilot, lambda: "2 ratings to take" in words_of(pilot, "#head"))
        assert "1 rows not used" in words_of(pilot, "#head")
        rows = cells(pilot.app.screen.query_one("#rows"))  # type: ignore[arg-type]
        assert [row[2] for row in rows] == ["similar title", "not used", *["title and year"] * 2]
        await pilot.press("down")
        await until(pilot, lambda: "line 5: �[31mNo [b]such" in words_of(pilot, "#whole"))
        await pilot.press("s")
        await until(pilot, lambda: "3 ratings to take" in words_of(pilot, "#head"))
        await pilot.press("s", "enter")
        await on(pilot, AskText)
        await pilot.press("enter")
        assert "letterboxd has 1 ratings already" in words_of(pilot, "#complaint")
        await pilot.press("enter")
        await until(pilot, lambda: head(view).startswith("letterb…: 2 ratings"))
    kept = load_profile(bundled.fingerprint, "letterboxd").rated
    assert kept == (("1", 5.0), ("2571", 4.5))


async def test_a_file_that_is_no_export_is_explained(bundled: Ratings, tmp_path: Path) -> None:
    file = tmp_path / "watched.csv"
    file.write_text("Date,Name,Year,Letterboxd URI\n")
    async with you() as (pilot, _):
        await pilot.press("i")
        await enter(pilot, str(file))
        await until(pilot, lambda: bool(pilot.app._notifications))
        [note] = pilot.app._notifications
        assert "give ratings.csv of the same export" in note.message
        assert profile_names(bundled.fingerprint) == ("me",)


async def test_one_list_for_two_with_the_reasons_of_both(
    trained_run: Run, bundled: Ratings
) -> None:
    for name, profile in (("kid", KID), ("horror", HORROR), ("eve", Profile((("2571", 5.0),)))):
        save_profile(bundled.fingerprint, profile, name)
    async with you(runs=True) as (pilot, view):
        await pilot.press("p")
        await on(pilot, ProfileScreen)
        await pilot.press("end", "enter")
        await until(pilot, lambda: head(view).startswith("kid: 3"))
        await pilot.press("a")
        await on(pilot, ChooseProfile)
        await pilot.press("end", "enter")
        await on(pilot, TogetherScreen)
        screen = pilot.app.screen
        assert isinstance(screen, TogetherScreen)
        await until(pilot, lambda: len(cells(screen.grid)) > 10)
        heads = [column.label for column in columns_of(screen.grid)]
        both = ["kid", "score", "stars", "horror", "score", "stars"]
        assert heads == ["#", "both", *both, "ratings", "title"]
        assert "without misery" in words_of(pilot, "#head")
        titles = [row[-1] for row in cells(screen.grid)]
        assert "Toy Story (1995)" not in titles and "Shining, The (1980)" not in titles
        assert all(row[4] and row[7] for row in cells(screen.grid))  # the stars of both
        await pilot.press("enter")
        await on(pilot, WhyScreen)
        await until(pilot, lambda: "= score" in words_of(pilot, "#by-likes"))
        await until(pilot, lambda: "= score" in words_of(pilot, "#by-likes-2"))
        await until(pilot, lambda: "= predicted" in words_of(pilot, "#by-stars-2"))
        assert "Finding Nemo" in words_of(pilot, "#by-likes")
        assert "Shining, The" in words_of(pilot, "#by-likes-2")
        await pilot.press("escape", "escape")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 1)


async def test_nobody_to_watch_with_is_said(bundled: Ratings) -> None:
    async with you((80, 24)) as (pilot, _):
        await pilot.press("a")
        await until(pilot, lambda: bool(pilot.app._notifications))
        [note] = pilot.app._notifications
        assert "Nobody else has rated anything: p makes another" in note.message


async def test_no_rating_is_lost_where_nobody_tells_the_titles(
    bundled: Ratings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(question: object, group: str | None = None) -> None:
        return None

    save_profile(bundled.fingerprint, KID, "kid")
    async with you() as (pilot, view):
        monkeypatch.setattr(view, "_ask", silent)
        view.become("kid")
        await until(pilot, lambda: len(cells(view.your_grid)) == 3)
        assert view.yours == KID
