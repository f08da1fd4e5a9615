"""Neighbours by tastes, their floor, and the judgement on a model's space."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small import small_config, write_ratings

from cftui.explore import alike as alike_module
from cftui.explore.alike import alike, judge
from cftui.explore.likes.kept import tastes_of
from cftui.explore.neighbours import neighbours
from cftui.library.door import Library
from cftui.library.trained import Trained
from cftui.questions.errors import QuestionError
from cftui.questions.likes import AlikeItems, JudgeSpace
from cftui.ratings.store import open_ratings
from cftui.ratings.values import Ratings
from cftui.runs.find import find_run
from cftui.training.start import start_run


def test_series_are_near_by_tastes(bundled: Ratings) -> None:
    for item, fellow in (("1", "Toy Story 2 (1999)"), ("260", "Star Wars: Episode V")):
        answer = alike(bundled, bundled.items.code_of(item), 5)
        assert answer.min_ratings == 20 and not answer.words
        assert any(row.title.startswith(fellow) for row in answer.alike)
        assert [row.rank for row in answer.alike] == [1, 2, 3, 4, 5]
        assert all(row.n_ratings >= 20 for row in answer.alike)
        own = bundled.user[bundled.by_item.of(bundled.items.code_of(item))]
        for row in answer.alike:
            theirs = bundled.user[bundled.by_item.of(bundled.items.code_of(row.item))]
            assert row.common == len(np.intersect1d(own, theirs)) and row.lift > 1


def write_pairs(folder: Path, rows: list[tuple[int, int, float]]) -> Ratings:
    folder.mkdir()
    lines = "".join(f"{u},{i},{v}\n" for u, i, v in rows)
    (folder / "ratings.csv").write_text("userId,movieId,rating\n" + lines)
    return open_ratings(folder)


def test_the_floor_is_the_highest_that_leaves_enough(tmp_path: Path, bundled: Ratings) -> None:
    assert bundled.usual_floor == 20
    few = write_pairs(
        tmp_path / "few", [(u, i, 3 + (u + i) % 3) for u in range(6) for i in range(8)]
    )
    assert few.usual_floor == 5
    once = write_pairs(tmp_path / "once", [(1, i, 4.0 + i % 2) for i in range(9)])
    assert once.usual_floor == 1
    half = [(u, i, 3 + (u + i) % 3) for i in range(10) for u in range(12 if i < 5 else 3)]
    assert write_pairs(tmp_path / "half", half).usual_floor == 10


def test_an_empty_list_says_why(tmp_path: Path) -> None:
    ratings = write_pairs(
        tmp_path / "apart",
        [(u, i, 3 + (u + i) % 3) for u in range(3) for i in range(4)] + [(9, 9, 4)],
    )
    alone = alike(ratings, ratings.items.code_of("9"), 5)
    assert alone.alike == () and "nobody who rated it rated anything else" in alone.words
    high = alike(ratings, ratings.items.code_of("1"), 5, min_ratings=50)
    assert high.alike == () and high.min_ratings == 50 and "ask for fewer" in high.words
    assert len(alike(ratings, ratings.items.code_of("1"), 5).alike) == 3


@pytest.fixture
def trained(tmp_path: Path) -> Trained:
    source = write_ratings(tmp_path / "small", users=200, items=120, n=6000)
    config = small_config(source, optimizer={"name": "adam", "learning_rate": 0.02})
    start_run(config, lambda _: None, run_id="r", began=0.0)
    return Library().trained(find_run("r").path)


@pytest.mark.parametrize("metric", ["cosine", "dot", "euclid"])
def test_the_judgement_counts_common_neighbours(trained: Trained, metric: str) -> None:
    found = judge(trained, metric)  # type: ignore[arg-type]
    ratings, shares = trained.ratings, []
    floor = ratings.usual_floor
    for code in np.flatnonzero(ratings.by_item.counts() >= floor).tolist():
        here = {r.item for r in neighbours(trained, code, metric, 10, floor)}  # type: ignore[arg-type]
        shares.append(len(here & {r.item for r in alike(ratings, code, 10).alike}) / 10)
    assert found.n_items == len(shares)
    assert found.agreement == pytest.approx(np.mean(shares), abs=0.01)
    assert found.by_chance == pytest.approx(10 / (len(shares) - 1))
    assert judge(trained, metric) is found  # type: ignore[arg-type]


def test_noise_is_called_noise_and_tastes_themselves_are_not(
    trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    shape = trained.require("item_factors").shape
    noise = replace(trained, tables={"item_factors": np.random.default_rng(0).normal(size=shape)})
    assert judge(noise, "cosine").words.startswith("noise: its neighbours agree with tastes no")
    tastes = tastes_of(trained.ratings)
    near = np.array([tastes.near(code).score for code in range(shape[0])])
    monkeypatch.setattr(alike_module, "nearness", lambda table, own, _: near[own].copy())
    everything = replace(trained)
    everything.__dict__["trained_items"] = np.ones(shape[0], bool)
    found = judge(everything, "dot")
    assert found.agreement == 1.0 and found.words.startswith("agrees with tastes")


def test_it_is_asked_through_the_door(trained: Trained) -> None:
    library, store = Library(), str(trained.ratings.path)
    answer = library.answer(AlikeItems(store, "film 3, the (1957)", n=4, min_ratings=2))
    assert len(answer.alike) == 4 and answer.min_ratings == 2
    assert library.answer(JudgeSpace(trained.path)).n_items > 50
    with pytest.raises(QuestionError):
        judge(replace(trained, tables={}), "cosine")
