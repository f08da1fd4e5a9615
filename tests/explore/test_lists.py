"""Lists narrowed by genre, year and ratings; items by bias; who loved an item."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from small import here, small_config, write_ratings

from cftui import paths
from cftui.explore.biases import explore_biases
from cftui.explore.profiles import explore_item
from cftui.explore.recommend import recommend
from cftui.library.trained import Trained, load_trained
from cftui.questions.errors import QuestionError
from cftui.questions.items import ItemFilter
from cftui.ratings.facets import YEAR, explore_facets, passing
from cftui.ratings.pairs import Pairs
from cftui.ratings.store import open_ratings
from cftui.ratings.values import Ratings
from cftui.runs.find import find_run
from cftui.training.start import start_run


@pytest.fixture
def trained(tmp_path: Path) -> Trained:
    """Two epochs on sparse ratings: some items are only held out."""
    source = write_ratings(tmp_path / "small", users=60, items=150, n=900)
    start_run(small_config(source), lambda _: None, run_id="r", began=0.0)
    return load_trained(find_run("r"))


@pytest.mark.parametrize(
    ("title", "year"),
    [
        ("Matrix, The (1999)", "1999"),
        ("Fawlty Towers (1975-1979)", "1975"),
        ("Big Bang Theory, The (2007-)", "2007"),
        ("Big Bang Theory, The (2007–) ", "2007"),
        ("2001: A Space Odyssey (1968)", "1968"),
        ("(500) Days of Summer (2009)", "2009"),
        ("Stranger Things", None),
        ("Year (1999) in Review", None),
    ],
)
def test_the_year_is_read_off_the_titles_end(title: str, year: str | None) -> None:
    found = YEAR.search(title)
    assert (found[1] if found else None) == year


def test_the_bundled_genres_and_years_are_those_of_the_file(bundled: Ratings) -> None:
    rated = {bundled.items.id_of(code) for code in range(bundled.n_items)}
    with (paths.bundled_folder() / paths.BUNDLED / "movies.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["movieId"] in rated]
    noirs = {row["movieId"] for row in rows if "Film-Noir" in row["genres"].split("|")}
    mask = passing(bundled, ItemFilter("film-noir"))
    assert {bundled.items.id_of(int(code)) for code in np.flatnonzero(mask)} == noirs
    fifties = {row["movieId"] for row in rows if row["title"].strip()[-6:-2] == "(195"}
    mask = passing(bundled, ItemFilter(first_year=1950, last_year=1959))
    assert {bundled.items.id_of(int(code)) for code in np.flatnonzero(mask)} == fifties
    answer = explore_facets(bundled)
    assert answer.genres[:2] == ("Drama", "Comedy") and answer.first_year == 1902
    assert passing(bundled, ItemFilter()).all()


def test_ratings_without_titles_say_that_there_is_nothing_to_filter_by(tmp_path: Path) -> None:
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating\n1,1,3\n1,2,4\n2,1,5\n")
    ratings = open_ratings(tmp_path / "ratings.csv")
    assert explore_facets(ratings).genres == ()
    with pytest.raises(QuestionError, match="these ratings came without genres"):
        passing(ratings, ItemFilter("Drama"))
    with pytest.raises(QuestionError, match="no title here names a year"):
        passing(ratings, ItemFilter(first_year=1990))
    assert passing(ratings, ItemFilter(min_ratings=2)).tolist() == [True, False]


def test_a_narrowed_list_is_the_whole_one_without_the_others(
    trained: Trained, capsys: pytest.CaptureFixture[str]
) -> None:
    everything = recommend(trained, 4, 1000)
    kept = [
        row.item
        for row in everything
        if 1960 <= int(row.title[-5:-1]) <= 1969 and row.n_ratings >= 6
    ]
    only = ItemFilter("drama", 1960, 1969, 6)
    answer = recommend(trained, 4, 1000, only)
    assert [row.item for row in answer] == kept and len(kept) > 3
    assert [row.rank for row in answer] == list(range(1, len(kept) + 1))
    user = trained.ratings.users.id_of(4)
    words = ["--genre", "Drama", "--year", "1960-1969", "--min-ratings", "6", "-n", "1000"]
    assert here("recommend", "--user", user, *words, "--json") == 0
    lines = capsys.readouterr().out.splitlines()[1:]
    assert [json.loads(line)["item"] for line in lines] == kept


def test_biases_are_a_full_sort_beside_means_and_counts(trained: Trained) -> None:
    ratings = trained.ratings
    values: dict[int, list[float]] = {}
    for item, value in zip(ratings.item.tolist(), ratings.value.tolist(), strict=True):
        values.setdefault(item, []).append(value)
    assert trained.item_bias is not None
    bias = {
        code: float(trained.item_bias[code])
        for code, given in values.items()
        if len(given) >= 5 and trained.trained_items[code]
    }
    answer = explore_biases(trained, 8, ItemFilter(min_ratings=5))
    assert answer.n_items == len(bias)
    order = sorted(bias, key=lambda code: -bias[code])
    for rows, expected in ((answer.best, order[:8]), (answer.worst, order[::-1][:8])):
        assert [ratings.items.code_of(row.item) for row in rows] == expected
        for row, code in zip(rows, expected, strict=True):
            mean = sum(values[code]) / len(values[code])
            better = sum(sum(values[c]) / len(values[c]) > mean for c in bias)
            assert (row.bias, row.n_ratings) == (bias[code], len(values[code]))
            assert row.mean == pytest.approx(mean) and row.mean_rank > better
            assert row.rank == order.index(code) + 1
    assert len(explore_biases(trained, 10_000, ItemFilter()).best) == trained.trained_items.sum()


def test_a_model_without_biases_says_which_has_them(trained: Trained) -> None:
    from dataclasses import replace

    bare = {name: table for name, table in trained.tables.items() if name != "item_bias"}
    with pytest.raises(QuestionError, match=r"no table item_bias.*choose a run of dot-bias"):
        explore_biases(replace(trained, tables=bare), 5, ItemFilter())


def test_who_loved_an_item_and_who_would(trained: Trained) -> None:
    ratings = trained.ratings
    item = int(np.argmax(ratings.by_item.counts()))
    answer = explore_item(trained, item, "cosine", 5)
    given = {
        ratings.users.id_of(int(u)): float(v)
        for u, i, v in zip(ratings.user, ratings.item, ratings.value, strict=True)
        if i == item
    }
    means = {
        user: float(ratings.value[ratings.by_user.of(ratings.users.code_of(user))].mean())
        for user in (ratings.users.id_of(code) for code in range(ratings.n_users))
    }
    expected = sorted(given, key=lambda user: (-given[user], means[user]))[:5]
    assert [fan.user for fan in answer.fans] == expected
    for fan in answer.fans:
        assert fan.value == given[fan.user] and fan.mean == pytest.approx(means[fan.user])
    others = [user for user in means if user not in given]
    codes = np.array([ratings.users.code_of(user) for user in others])
    predicted = trained.scorer.score(Pairs.of_item(codes, item))
    best = sorted(zip(predicted.tolist(), others, strict=True), reverse=True)[:5]
    assert [fan.user for fan in answer.would_like] == [user for _, user in best]
    assert [fan.value for fan in answer.would_like] == [None] * 5


def test_users_never_trained_on_are_not_said_to_like_anything(tmp_path: Path) -> None:
    """All that such a user has is where the weights began."""
    source = write_ratings(tmp_path / "small", users=60, items=150, n=150)
    start_run(small_config(source), lambda _: None, run_id="r", began=0.0)
    trained = load_trained(find_run("r"))
    ratings = trained.ratings
    known = set(np.delete(ratings.user, trained.split.valid).tolist())
    assert len(known) < ratings.n_users
    item = int(np.argmax(ratings.by_item.counts()))
    raters = set(ratings.user[ratings.item == item].tolist())
    answer = explore_item(trained, item, "cosine", 1000)
    told = {ratings.users.code_of(fan.user) for fan in answer.would_like}
    assert told == known - raters


def test_an_item_of_a_model_without_factors_still_has_its_ratings(trained: Trained) -> None:
    from dataclasses import replace

    answer = explore_item(replace(trained, tables={}), 3, "cosine", 5)
    assert answer.neighbours == () and "no item factors" in answer.no_neighbours
    assert answer.fans and answer.histogram and answer.bias is None
