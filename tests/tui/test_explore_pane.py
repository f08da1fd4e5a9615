"""The Explore pane by its keys: users, movies, biases, and oneself."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from driving import BUNDLED, about, cells, columns_of, explore, table, until
from textual.containers import VerticalScroll
from textual.pilot import Pilot
from textual.widgets import Input, Static

from cftui.config import make_config
from cftui.hyperparameters.recipes import first_recipe
from cftui.library.door import Library
from cftui.library.trained import load_trained
from cftui.people import Profile, load_profile, save_profile
from cftui.questions.items import ItemFilter
from cftui.questions.likes import ForYou
from cftui.ratings.pairs import Pairs
from cftui.ratings.values import Ratings
from cftui.runs.checkpoint import save_checkpoint
from cftui.runs.directory import Run, create_run
from cftui.runs.vocabulary import save_vocabulary
from cftui.tui.app import CftuiApp
from cftui.tui.explore.bars import Bars, bar_line, grouped, one_line
from cftui.tui.explore.biases import BiasView
from cftui.tui.explore.filtering import FilterScreen
from cftui.tui.explore.kind_bar import KindBar
from cftui.tui.explore.movie import MovieView
from cftui.tui.explore.predicting import PredictScreen
from cftui.tui.explore.rating import RateScreen, Scale
from cftui.tui.explore.user import UserView
from cftui.tui.explore.view import OpenItem
from cftui.tui.explore.why import Explained, WhyScreen
from cftui.tui.explore.you import YouView
from cftui.tui.services.runs import RunService
from cftui.tui.shared.ask_line import AskText
from cftui.tui.shared.cell_arithmetic import CellScreen
from cftui.tui.shared.grid import Grid
from cftui.tui.shared.inputs import Choice
from cftui.tui.shared.overlays import ChooseRunScreen, HelpScreen


def words_of(pilot: Pilot[None], selector: str) -> str:
    return str(pilot.app.screen.query_one(selector, Static).content)


async def test_a_user_is_shown_beside_the_predictions(trained_run: Run) -> None:
    async with explore() as (pilot, pane):
        view = pane.query_one(UserView)
        await pilot.press("slash", "1", "5", "enter")
        await until(pilot, lambda: about(view).startswith("User 15:"))
        assert "1,700 ratings" in about(view)
        rated = table(view, "#first")
        assert len(rated) == 1700
        assert float(rated[0][2]) == pytest.approx(
            float(rated[0][1]) - float(rated[0][0]), abs=0.011
        )
        liked = table(view, "#second")
        assert len(liked) == 100 and all(float(row[1]) > 0 and float(row[2]) > 0 for row in liked)
        assert not {row[4] for row in rated} & {row[4] for row in liked}
        assert view.finder.found.has_focus
        await pilot.press("slash", *"nobody")
        await until(pilot, lambda: about(view).startswith("Nothing fits 'nobody'"))
        assert not table(view, "#first") and not table(view, "#second")


def heads_of(grid: Grid) -> list[str]:
    return [column.label for column in columns_of(grid)]


async def test_a_user_needs_no_run(stored: Path, bundled: Ratings) -> None:
    """What they rated, and what they would like by tastes; nothing that a model would say."""
    async with explore(runs=False) as (pilot, pane):
        view = pane.query_one(UserView)
        await pilot.press("slash", "1", "5", "enter")
        await until(pilot, lambda: about(view).startswith("User 15:"))
        assert "1,700 ratings" in about(view) and "a run (3) adds the stars" in about(view)
        assert len(table(view, "#first")) == 1700
        assert heads_of(view.first) == ["rated", "title"]
        heads = heads_of(view.second)
        assert "score" in heads and "stars" not in heads
        scores = [float(row[heads.index("score")]) for row in table(view, "#second")]
        assert len(scores) == 100 and scores == sorted(scores, reverse=True)
        user = bundled.users.code_of("15")
        rated = {
            bundled.items.title_of(int(code)) for code in bundled.item[bundled.by_user.of(user)]
        }
        assert not rated & {row[-1] for row in table(view, "#second")}
        view.second.focus()
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, WhyScreen))
        await pilot.press("escape", "p")
        await until(pilot, lambda: not isinstance(pilot.app.screen, WhyScreen))
        assert not isinstance(pilot.app.screen, PredictScreen)


async def test_a_users_list_is_narrowed_and_any_movie_predicted(
    trained_run: Run, bundled: Ratings
) -> None:
    async with explore() as (pilot, pane):
        view = pane.query_one(UserView)
        await until(pilot, lambda: len(table(view, "#second")) == 100)
        await pilot.press("f")
        await until(pilot, lambda: isinstance(pilot.app.focused, Choice))
        genre = pilot.app.screen.query_one(Choice)
        while genre.value != "Film-Noir":
            await pilot.press("right")
        await pilot.press("tab", *"1950", "tab", *"1940", "enter")
        assert isinstance(pilot.app.screen, FilterScreen)  # the years make no span
        await pilot.press("shift+tab", *"1940", "tab", *"1949", "enter")
        title = view.query_one("#second", Grid)
        await until(pilot, lambda: "Film-Noir, 1940–1949" in str(title.border_title))
        await until(pilot, lambda: 0 < len(table(view, "#second")) < 100)
        for row in table(view, "#second"):
            codes = [c for c, t in enumerate(bundled.items.titles()) if t == row[4]]
            assert any("Film-Noir" in bundled.items.genres_of(code) for code in codes)
            assert "(194" in row[4]
        await pilot.press("n", "n")
        await until(pilot, lambda: "20+ ratings" in str(title.border_title))
        await until(pilot, lambda: all(int(row[3]) >= 20 for row in table(view, "#second")))
        await pilot.press("p")
        await until(pilot, lambda: isinstance(pilot.app.focused, Input))
        assert isinstance(pilot.app.screen, PredictScreen)
        await pilot.press(*"pulp fic")
        trained = load_trained(trained_run)
        user, item = trained.ratings.users.code_of("547"), trained.ratings.items.code_of("296")
        value = float(trained.scorer.score(Pairs(np.array([user]), np.array([item])))[0])
        await until(pilot, lambda: f"predicted {value:.2f}, gave" in words_of(pilot, "#verdict"))
        # why: product by product
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, CellScreen))
        said = str(pilot.app.screen.query_one(Static).content)
        assert f"{'= prediction':<25}{value:>9.4f}" in said
        assert all(len(line) <= 66 for line in said.splitlines()[:-1])  # within 80 columns
        await pilot.press("escape", "escape")
        assert not isinstance(pilot.app.screen, PredictScreen)


async def test_a_movie_is_found_by_a_part_of_its_title(trained_run: Run, bundled: Ratings) -> None:
    async with explore() as (pilot, pane):
        await pilot.press("m", "slash", *"matr", "down")
        view = pane.query_one(MovieView)
        await until(pilot, lambda: about(view).startswith("Matrix, The (1999)"))
        await until(pilot, lambda: len(table(view, "#second")) == 100)
        by_cosine = [row[-1] for row in table(view, "#space")]
        own = bundled.by_item.of(bundled.items.code_of("2571"))
        values = bundled.value[own].tolist()
        expected = tuple((value, values.count(value)) for value in sorted(set(values)))
        assert view.query_one(Bars).counts == expected
        fans = table(view, "#second")
        assert fans[0][1] == "5" and len(fans) == 100
        given = {bundled.users.id_of(int(bundled.user[p])): float(bundled.value[p]) for p in own}
        assert all(given[fan[0]] == float(fan[1]) for fan in fans)
        await pilot.press("w")
        assert not {fan[0] for fan in table(view, "#second")} & set(given)
        await pilot.press("w", "c", "c")
        space = view.query_one("#space", Grid)
        await until(pilot, lambda: "Euclid" in str(space.border_title))
        distances = [float(row[0]) for row in cells(space)]
        assert distances == sorted(distances)
        assert by_cosine != [row[-1] for row in cells(space)]
        await pilot.press("enter", "enter")
        await until(pilot, lambda: not about(view).startswith("Matrix, The"))
        await pilot.press("tab", "tab", "tab", "enter")  # a fan is a user to look at
        users = pane.query_one(UserView)
        await until(pilot, lambda: pane.view is users and about(users).startswith("User"))


async def test_what_is_near_by_tastes_needs_no_run(stored: Path, bundled: Ratings) -> None:
    async with explore((80, 24), runs=False) as (pilot, pane):
        await pilot.press("m", "slash", *"toy story", "down")
        view = pane.query_one(MovieView)
        await until(pilot, lambda: about(view).startswith("Toy Story (1995)"))
        near = table(view, "#first")
        assert "Toy Story 2 (1999)" in [row[-1] for row in near[:5]]
        raters = [
            {int(bundled.user[p]) for p in bundled.by_item.of(bundled.items.code_of(item))}
            for item in ("1", str(view.first.cursor_key))
        ]
        both, by_chance = len(raters[0] & raters[1]), len(raters[0]) * len(raters[1]) / 671
        assert near[0][2:4] == [f"{both}", f"{both / by_chance:.1f}"]
        assert view.why_not("metric") and view.why_not("fans")
        await pilot.press("enter", "s")
        assert view.space.grid.has_focus and not view.tastes.display
        assert "3, then s" in view.space.grid._empty
        await pilot.press("s", "o")
        await until(pilot, lambda: not about(view).startswith("Toy Story (1995)"))


async def test_the_models_space_says_how_far_it_can_be_trusted(
    trained_run: Run, tables: dict[str, np.ndarray]
) -> None:
    def verdict(view: MovieView) -> str:
        return str(view.space.query_one(Static).content)

    async with explore() as (pilot, pane):
        await pilot.press("m")
        view = pane.query_one(MovieView)
        await until(pilot, lambda: "are also near by tastes" in verdict(view))
        assert not verdict(view).startswith("noise")
        assert view.tastes.display and view.space.display and view.why_not("side")
    random = np.random.default_rng(1).normal(size=tables["item_factors"].shape)
    arrays = {**tables, "item_factors": random.astype(np.float32)}
    named = {f"parameters/{name}": array for name, array in arrays.items()}
    save_checkpoint(trained_run.last, named, {"step": "3753", "epoch": "3"})
    async with explore() as (pilot, pane):
        await pilot.press("m")
        view = pane.query_one(MovieView)
        await until(pilot, lambda: verdict(view).startswith("noise"))


async def test_each_kind_keeps_its_place(trained_run: Run) -> None:
    async with explore() as (pilot, pane):
        users = pane.query_one(UserView)
        await until(pilot, lambda: about(users).startswith("User 547"))
        await pilot.press("down", "down", "down")
        await until(pilot, lambda: about(users).startswith("User 15:"))
        await pilot.press("m")
        movies = pane.query_one(MovieView)
        # of the most rated movies, the most rated
        await until(pilot, lambda: about(movies).startswith("Forrest Gump (1994)"))
        bar = pane.query_one(KindBar)
        assert bar.active == "movies"
        await pilot.press("u")
        assert pane.view is users and about(users).startswith("User 15:")
        await pilot.click(bar, offset=(12, 0))
        assert pane.view is movies


async def test_backspace_goes_back_by_what_was_opened(trained_run: Run) -> None:
    async with explore() as (pilot, pane):
        users = pane.query_one(UserView)
        await until(pilot, lambda: bool(table(users, "#second")))
        assert pane.why_not("back")
        users.second.focus()
        wanted = str(users.second.cursor_key)
        await pilot.press("o")
        await until(pilot, lambda: pane.query_one(MovieView).key == wanted)
        movies = pane.query_one(MovieView)
        await until(pilot, lambda: bool(table(movies, "#first")))
        movies.first.focus()
        near = str(movies.first.cursor_key)
        await pilot.press("enter")
        await until(pilot, lambda: movies.key == near)
        await pilot.press("backspace")
        await until(pilot, lambda: movies.key == wanted)
        await pilot.press("backspace")
        assert pane.view is users and users.key == "547" and pane.why_not("back")


async def test_an_answer_that_comes_late_takes_no_keys_from_another_pane(trained_run: Run) -> None:
    async with explore() as (pilot, pane):
        users = pane.query_one(UserView)
        await until(pilot, lambda: bool(table(users, "#first")))
        await pilot.press("3")
        users.post_message(OpenItem("2571"))
        await until(pilot, lambda: bool(pane.query("MovieView #about")))
        await until(pilot, lambda: about(pane.query_one(MovieView)).startswith("Matrix"))
        assert pilot.app.focused is not None and pane not in pilot.app.focused.ancestors


async def test_biases_stand_beside_means_and_counts(
    trained_run: Run, tables: dict[str, np.ndarray], bundled: Ratings
) -> None:
    async with explore() as (pilot, pane):
        await pilot.press("b")
        view = pane.query_one(BiasView)
        await until(pilot, lambda: bool(table(view, "#first")))
        counts = np.bincount(bundled.item)
        bias = np.where(counts >= 20, tables["item_bias"][:, 0], np.nan)
        best, worst = int(np.nanargmax(bias)), int(np.nanargmin(bias))
        for rows, code in ((table(view, "#first"), best), (table(view, "#second"), worst)):
            mean = bundled.value[bundled.item == code].mean()
            assert rows[0][1] == f"{bias[code]:+.2f}" and rows[0][2] == f"{mean:.2f}"
            assert rows[0][4:] == [f"{counts[code]:,}", bundled.items.title_of(code)]
        n = int((counts >= 20).sum())
        assert about(view).startswith(f"{n:,} movies, 20+ ratings")
        await pilot.press("n")
        await until(pilot, lambda: "50+ ratings" in about(view))
        title = table(view, "#first")[0][5]
        await pilot.press("enter")
        movies = pane.query_one(MovieView)
        await until(pilot, lambda: about(movies).startswith(title))


async def rate(pilot: Pilot[None], *keys: str) -> None:
    """Give a value to what the cursor is on."""
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(pilot.app.focused, Input))
    await pilot.press(*keys, "enter")
    await until(pilot, lambda: not isinstance(pilot.app.screen, RateScreen))


def own(view: YouView) -> dict[str, str]:
    return {row[-1]: row[0] for row in cells(view.your_grid)}


def titles_of(view: YouView) -> list[str]:
    return [row[-1] for row in cells(view.list)]


async def test_rate_three_movies_see_the_list_and_watch_it_move(
    trained_run: Run, tmp_path: Path
) -> None:
    library = Library()
    store, run = str(trained_run.record().store), str(trained_run.path)
    titles = library.ratings(store).items

    def expected(rated: dict[str, float], n: int) -> list[str]:
        asked = ForYou(store, (*rated.items(),), run, n=n, only=ItemFilter(min_ratings=20))
        return [row.title for row in library.answer(asked).recommended]

    async with explore() as (pilot, pane):
        await pilot.press("y")
        view = pane.query_one(YouView)
        await until(pilot, lambda: bool(cells(view.list)) and bool(cells(view.offers.grid)))
        everybodys = titles_of(view)
        assert "Popular, until you rate" in str(view.list.border_title)
        first = cells(view.offers.grid)[0][0]
        await rate(pilot, "5")
        await until(pilot, lambda: own(view) == {first: "5"})
        for title, value in (("matrix the", "4.5"), ("titanic 1997", "1")):
            await pilot.press("slash", *title, "down")
            await until(pilot, lambda: view.offers.grid.border_title == "Found")
            await pilot.app.workers.wait_for_complete()
            await rate(pilot, *value)
        rated = {titles.id_of(titles.titles().index(first)): 5.0, "2571": 4.5, "1721": 1.0}
        await until(pilot, lambda: titles_of(view)[:50] == expected(rated, 50))
        assert titles_of(view) != everybodys and own(view)["Titanic (1997)"] == "1"
        assert about(view).startswith("You: 3 ratings, 2 liked: 4 or more")
        # change one: up to where it is a like, under "You rated", where the newest stands first
        view.your_grid.focus()
        view.your_grid.cursor_row = 0
        await pilot.press(*["right"] * 6)
        rated["1721"] = 4.0
        await until(pilot, lambda: titles_of(view)[:50] == expected(rated, 50))
        assert own(view)["Titanic (1997)"] == "4"
        assert {row[3][:1] for row in cells(view.list)} >= {"▲", "▼"}
        assert view.list.cursor_row == 0  # still at the top, whatever stands there now
        # export, then take one back
        await pilot.press("e")
        await until(pilot, lambda: isinstance(pilot.app.focused, Input))
        assert isinstance(pilot.app.screen, AskText)
        out = tmp_path / "mine.csv"
        out.write_text("old")
        pilot.app.screen.query_one(Input).value = str(out)
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, AskText) and out.read_text() == "old"
        await pilot.press("enter")
        rows = list(csv.DictReader(out.open(encoding="utf-8")))
        assert [row["title"] for row in rows] == titles_of(view)
        await pilot.press("d")
        await until(pilot, lambda: "Titanic (1997)" not in own(view))
        await until(pilot, lambda: about(view).startswith("You: 2 ratings"))
    kept = load_profile(library.ratings(store).fingerprint).rated
    assert kept == (("2571", 4.5), (next(iter(rated)), 5.0))
    # and there again the next time
    async with explore((80, 24)) as (pilot, pane):
        await pilot.press("y")
        view = pane.query_one(YouView)
        await until(pilot, lambda: own(view) == {"Matrix, The (1999)": "4.5", first: "5"})
        await until(pilot, lambda: about(view).startswith("You: 2 ratings, 2 liked (4 or more"))


async def test_your_list_is_ordered_by_likes_by_stars_or_by_popularity(
    trained_run: Run, bundled: Ratings
) -> None:
    save_profile(bundled.fingerprint, Profile((("2571", 5.0), ("1", 0.5))))
    async with explore() as (pilot, pane):
        await pilot.press("y")
        view = pane.query_one(YouView)
        await until(pilot, lambda: str(view.list.border_title).startswith("For you"))
        yours = titles_of(view)
        await pilot.press("s")
        await until(pilot, lambda: str(view.list.border_title).startswith("By predicted stars"))
        stars = [float(row[2]) for row in cells(view.list)]
        assert stars == sorted(stars, reverse=True) and titles_of(view) != yours
    async with explore() as (pilot, pane):  # remembered
        await pilot.press("y")
        view = pane.query_one(YouView)
        await until(pilot, lambda: str(view.list.border_title).startswith("By predicted stars"))
        await pilot.press("s")
        await until(pilot, lambda: str(view.list.border_title).startswith("Popular"))
        assert titles_of(view)[0] == "Shawshank Redemption, The (1994)"  # of most likes
        await pilot.press("s")
        await until(pilot, lambda: titles_of(view) == yours)


async def test_the_value_from_which_on_a_rating_is_a_like_is_changed(
    stored: Path, bundled: Ratings
) -> None:
    save_profile(bundled.fingerprint, Profile((("2571", 5.0), ("1", 3.0))))
    async with explore((80, 24), runs=False) as (pilot, pane):
        await pilot.press("y")
        view = pane.query_one(YouView)
        await until(pilot, lambda: "2 ratings, 1 liked (4 or more: h)" in about(view))
        before = titles_of(view)
        await pilot.press("h")
        await until(pilot, lambda: isinstance(pilot.app.focused, Input))
        await pilot.press("backspace", "9", "enter")
        assert "0.5 to 5" in words_of(pilot, "#complaint")
        await pilot.press("backspace", "3", "enter")
        await until(pilot, lambda: "2 ratings, 2 liked (3 or more: h)" in about(view))
        assert titles_of(view) != before
        assert load_profile(bundled.fingerprint).threshold == 3.0
        await pilot.press("h")
        await until(pilot, lambda: isinstance(pilot.app.focused, Input))
        await pilot.press("backspace", "enter")
        await until(pilot, lambda: titles_of(view) == before)
    assert load_profile(bundled.fingerprint).threshold is None


async def test_why_a_movie_is_on_your_list(trained_run: Run, bundled: Ratings) -> None:
    rated = (("2571", 5.0), ("260", 4.5), ("1721", 1.0))
    save_profile(bundled.fingerprint, Profile(rated))
    async with explore((80, 24)) as (pilot, pane):
        await pilot.press("y")
        view = pane.query_one(YouView)
        await until(pilot, lambda: bool(cells(view.list)) and bool(cells(view.your_grid)[0][1]))
        view.list.focus()
        score, stars = (
            float(word) for word in (cells(view.list)[0][1].split()[0], cells(view.list)[0][2])
        )
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, WhyScreen)
        await until(pilot, lambda: "= score" in words_of(pilot, "#by-likes"))
        lines = words_of(pilot, "#by-likes").splitlines()
        shares = [float(line.split()[0]) for line in lines[2:5]]
        assert sum(shares) == pytest.approx(score, abs=0.003)
        assert all(any(title in line for line in lines) for title in own(view))
        assert "Steck 2019" in words_of(pilot, "#by-likes-source")
        await until(pilot, lambda: "= predicted" in words_of(pilot, "#by-stars"))
        lines = words_of(pilot, "#by-stars").splitlines()
        assert sum(float(line.split()[0]) for line in lines[2:6]) == pytest.approx(stars, abs=0.01)
        assert sum(float(line.split()[1]) for line in lines[2:6]) == pytest.approx(
            float(lines[6].split()[1]), abs=0.003
        )
        await pilot.press("escape", "v")  # rate it as known, then
        await until(pilot, lambda: isinstance(pilot.app.screen, RateScreen))
        await pilot.press("escape", "o")
        await until(pilot, lambda: pane.view is not view)


async def test_a_title_in_brackets_is_no_markup(stored: Path, bundled: Ratings) -> None:
    save_profile(bundled.fingerprint, Profile((("57274", 4.0), ("6880", 3.5))))
    async with explore(runs=False) as (pilot, pane):
        await pilot.press("y")
        view = pane.query_one(YouView)
        await until(pilot, lambda: "[REC] (2007)" in own(view) and bool(cells(view.list)))
        what = Explained(str(stored), "57274", "[REC] (2007)", (("6880", 3.5),))
        await pilot.app.push_screen(WhyScreen(view._ask.ask, what))
        await until(pilot, lambda: "= score" in words_of(pilot, "#by-likes"))
        title = pilot.app.screen.query_one(".overlay", VerticalScroll)._border_title
        assert title is not None and title.plain == "Why [REC] (2007)?"


async def test_why_a_user_would_like_a_movie(trained_run: Run) -> None:
    async with explore() as (pilot, pane):
        view = pane.query_one(UserView)
        await until(pilot, lambda: bool(table(view, "#second")))
        score = float(table(view, "#second")[0][1])
        await pilot.press("w")
        await until(pilot, lambda: "= score" in words_of(pilot, "#by-likes"))
        lines = words_of(pilot, "#by-likes").splitlines()
        assert float(lines[-1].split()[0]) == pytest.approx(score, abs=0.006)
        assert "other ratings together" in lines[-2]
        await until(pilot, lambda: "beyond these" in words_of(pilot, "#by-stars"))


async def test_the_regularization_is_shown_and_changed(trained_run: Run, bundled: Ratings) -> None:
    save_profile(bundled.fingerprint, Profile((("2571", 5.0), ("1", 0.5))))
    async with explore() as (pilot, pane):
        await pilot.press("y")
        view = pane.query_one(YouView)
        await until(pilot, lambda: "regularization 3 " in about(view))
        near = titles_of(view)
        told = float(cells(view.your_grid)[0][1])
        await pilot.press("l")
        await until(pilot, lambda: isinstance(pilot.app.focused, Input))
        await pilot.press(*"0.2", "enter")
        await until(pilot, lambda: "regularization 0.2 " in about(view))
        assert near != titles_of(view)
        # held less to the mean user, the model says more nearly what was given
        assert told + 0.1 < float(cells(view.your_grid)[0][1]) <= 5.0
    assert load_profile(bundled.fingerprint).regularization == 0.2


async def test_where_no_tastes_were_learned_a_key_trains_a_run_that_learns_them(
    trained_run: Run, tables: dict[str, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[dict[str, dict[str, object]]] = []

    async def start(runs: RunService, settings: dict[str, dict[str, object]], name: str) -> str:
        started.append(settings)
        return trained_run.id

    monkeypatch.setattr(RunService, "start", start)
    async with explore((80, 24)) as (pilot, pane):
        await pilot.press("y")
        view = pane.query_one(YouView)
        await until(pilot, lambda: "Rate a title" in about(view))
        await pilot.press("t")
        assert view.why_not("train") and not started
    alike = {**tables, "user_factors": np.zeros_like(tables["user_factors"])}
    arrays = {f"parameters/{name}": array for name, array in alike.items()}
    save_checkpoint(trained_run.last, arrays, {"step": "3753", "epoch": "3"})
    async with explore((80, 24)) as (pilot, pane):
        await pilot.press("y")
        view = pane.query_one(YouView)
        await until(pilot, lambda: "t trains one" in about(view))
        await pilot.press("t")
        await until(pilot, lambda: bool(started))
    assert started[0]["optimizer"] == {"name": "adam"}
    assert started[0]["schedule"] == {"name": "cosine-restarts"}
    assert started[0]["model"]["n_factors"] == 20  # as the run that answered
    assert started[0]["data"]["source"] == BUNDLED


async def test_without_a_run_titles_can_be_rated_and_a_key_trains_one(
    stored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with explore((80, 24), runs=False) as (pilot, pane):
        await pilot.press("b")
        none = "train one (3, then s); u, m, y, N need none"
        await until(pilot, lambda: none in about(pane.query_one(BiasView)))
        await pilot.press("y")
        view = pane.query_one(YouView)
        await until(pilot, lambda: "t trains a run" in about(view))
        await until(pilot, lambda: bool(cells(view.offers.grid)) and bool(cells(view.list)))
        before, first = titles_of(view), cells(view.offers.grid)[0][0]
        await rate(pilot, "4")
        await until(pilot, lambda: titles_of(view) != before)
        assert own(view) == {first: "4"} and pane.why_not("run")
        assert str(view.list.border_title).startswith("For you")
        await pilot.press("s")  # there are no stars to order by
        await until(pilot, lambda: str(view.list.border_title).startswith("Popular"))
        await pilot.press("s")
        await until(pilot, lambda: str(view.list.border_title).startswith("For you"))
        await pilot.press("w")
        await until(pilot, lambda: bool(pilot.app.screen.query("#by-likes")))
        await until(pilot, lambda: "= score" in words_of(pilot, "#by-likes"))
        assert "No stars: t trains a run" in words_of(pilot, "#by-stars-source")
        await pilot.press("escape")
        started: list[dict[str, dict[str, object]]] = []

        async def start(runs: RunService, settings: dict[str, dict[str, object]], name: str) -> str:
            started.append(settings)
            return ""

        monkeypatch.setattr(RunService, "start", start)
        await pilot.press("t")
        await until(pilot, lambda: bool(started))
        # The quick recipe of the least error whose model takes you in, whatever the form says.
        recipe = first_recipe()
        assert started[0]["model"] == dict(recipe.settings["model"])
        assert started[0]["training"].items() >= recipe.settings["training"].items()
        assert make_config(started[0]).model.name == "dot-bias"


async def test_a_model_without_factors_greys_what_it_cannot(
    trained_run: Run, bundled: Ratings
) -> None:
    from cftui.models.initial import initial_values

    config = make_config({"model": {"name": "net"}})
    run_id = "20261102-203000-net-adam-zzzz"
    run, lock = create_run(replace(trained_run.record(), run=run_id, created=2e9), config)
    lock.release()
    save_vocabulary(run.path, bundled)
    arrays = initial_values(config.model, bundled.info(), 1)
    named = {f"parameters/{name}": array for name, array in arrays.items()}
    save_checkpoint(run.last, named, {"step": "1", "epoch": "0"})
    async with explore() as (pilot, pane):
        await until(pilot, lambda: pane.query_one(KindBar).dim == {"biases"})
        assert "no item biases: r chooses" in str(pane.why_not("biases"))
        # Its prediction is no sum of products: what user and movie add is told, as by the shell.
        await until(pilot, lambda: about(pane.view).startswith("User"))
        await pilot.press("p")
        await until(pilot, lambda: isinstance(pilot.app.screen, PredictScreen))
        await until(pilot, lambda: "predicted" in words_of(pilot, "#verdict"))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, WhyScreen))
        await until(pilot, lambda: "but of user and movie" in words_of(pilot, "#by-stars"))
        await pilot.press("escape", "escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, PredictScreen | WhyScreen))
        await pilot.press("y")
        you = pane.query_one(YouView)
        await until(pilot, lambda: "takes in nobody new" in about(you) and bool(cells(you.list)))
        await pilot.press("m")
        view = pane.query_one(MovieView)
        await until(pilot, lambda: about(view).startswith("Forrest Gump"))
        await until(pilot, lambda: len(table(view, "#second")) == 100)


async def test_the_run_that_answers_can_be_chosen(trained_run: Run) -> None:
    async with explore() as (pilot, pane):
        await until(pilot, lambda: about(pane.view).startswith("User"))
        await pilot.press("r")
        assert isinstance(pilot.app.screen, ChooseRunScreen)
        grid = pilot.app.screen.query_one(Grid)
        trained_run.write_record(replace(trained_run.record(), best_valid_mse=0.7123))
        await until(pilot, lambda: "0.7123" in " ".join(cells(grid)[0]))  # it goes on meanwhile
        await pilot.press("enter")
        await until(pilot, lambda: not isinstance(pilot.app.screen, ChooseRunScreen))
        app = pilot.app
        assert isinstance(app, CftuiApp) and app.services.runs.chosen == trained_run.id


async def test_help_is_about_the_kind_in_view(trained_run: Run) -> None:
    async with explore((120, 50)) as (pilot, pane):
        await pilot.press("y", "question_mark")
        assert isinstance(pilot.app.screen, HelpScreen)
        words = str(pilot.app.screen.query_one(Static).content)
        assert all(command.help in words for command in (*YouView.COMMANDS, *pane.COMMANDS))
        assert "by how many places" in words


def test_what_was_rated_is_read_with_care(home: Path) -> None:
    own = Profile().rate("a", 3.0).rate("b", 4.0).rate("a", 5.0)
    assert own.rated == (("b", 4.0), ("a", 5.0)) and own.drop("b").rated == (("a", 5.0),)
    save_profile("f", replace(own, regularization=1.5))
    assert load_profile("f") == Profile((("b", 4.0), ("a", 5.0)), 1.5)
    [path] = (home / "state" / "own-ratings").iterdir()
    for content, expected in (
        ("{", Profile()),
        ("[]", Profile()),
        (json.dumps({"rated": 3, "regularization": -1}), Profile()),
        (
            json.dumps({"rated": [["x", 1], ["x", 2.5], [1, 2], ["y", "5"], ["z", True]]}),
            Profile((("x", 2.5),)),
        ),
    ):
        path.write_text(content)
        assert load_profile("f") == expected
    assert load_profile("another") == Profile()


def test_a_value_moves_on_the_datas_own_steps() -> None:
    half = Scale(0.5, 5.0, 0.5)
    assert [half.moved(3.0, 1), half.moved(3.0, -1)] == [3.5, 2.5]
    assert [half.moved(5.0, 1), half.moved(0.5, -1)] == [5.0, 0.5]
    assert [half.moved(3.2, 1), half.moved(3.2, -1)] == [3.5, 3.0]
    assert half.nearest(3.37) == 3.5
    loose = Scale(-10.0, 10.0, None)
    assert loose.moved(0.0, 1) == pytest.approx(1.0) and loose.nearest(0.123) == 0.123
    assert half.drawn(0.5).startswith("0.5 ●") and half.drawn(5.0).endswith("● 5")
    assert Scale(3.0, 3.0, None).moved(3.0, 1) == 3.0


def test_bars_stand_over_their_values() -> None:
    counts = ((1.0, 1), (2.0, 0), (3.0, 8))
    bars = grouped(counts, 10)
    assert bars == [("1", 1), ("2", 0), ("3", 8)]
    assert one_line(bars) == "1 ▁▁█ 3"
    assert bar_line(bars, 0, 3, 18) == "            █████ "
    assert bar_line(bars, 1, 3, 18) == "▂▂▂▂▂       █████ "
    assert bar_line(bars, 2, 3, 18) == "1     2     3     "
    many = tuple((float(value), 1) for value in range(101))
    assert [count for _, count in grouped(many, 10)] == [10] * 9 + [11]
