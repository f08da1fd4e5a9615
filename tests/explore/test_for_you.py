"""A newcomer's list: by likes without a run, by likes and stars with one, against brute force."""

import math
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small import small_config, write_ratings

from cftui import paths
from cftui.explore.for_you import explore_for_you
from cftui.explore.likes import kept
from cftui.explore.likes.kept import tastes_of
from cftui.explore.newcomer import suggest_by_tastes
from cftui.explore.recommend import recommend
from cftui.explore.stars import fold
from cftui.library.door import Library
from cftui.library.trained import Trained
from cftui.questions.errors import QuestionError
from cftui.questions.items import ItemFilter
from cftui.questions.likes import FitTastes, ForYou, ForYouAnswer, TastesAtHand
from cftui.questions.newcomer import SuggestItems
from cftui.ratings.store import open_ratings
from cftui.ratings.values import Ratings
from cftui.runs.find import find_run
from cftui.training.start import start_run

RATED = (("1001", 5.0), ("1002", 4.5), ("1003", 1.0))


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return Library()


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, library: Library) -> Trained:
    folder = tmp_path_factory.mktemp("for-you")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(paths.HOME_VARIABLE, str(folder / "home"))
        source = write_ratings(folder / "small", users=200, items=120, n=6000)
        config = small_config(
            source,
            optimizer={"name": "adam", "learning_rate": 0.02, "weight_decay": 1e-5},
            training={"epochs": 8},
        )
        assert start_run(config, lambda _: None, run_id="r", began=0.0).event == "finished"
        return library.trained(find_run("r").path)


def listed(ratings: Ratings, trained: Trained | None = None, **options: object) -> ForYouAnswer:
    asked = ForYou(str(ratings.path), **{"rated": RATED, "n": 1000, **options})  # type: ignore[arg-type]
    return explore_for_you(ratings, asked, trained)


def scores_by_hand(ratings: Ratings, rated: tuple[tuple[str, float], ...]) -> np.ndarray:
    """EASE as its paper has it: an inverse of items x items."""
    matrix = np.zeros((ratings.n_users, ratings.n_items))
    matrix[ratings.user, ratings.item] = np.where(ratings.value >= 4, 1.0, 0.15)
    inverse = np.linalg.inv(matrix.T @ matrix + 100 * np.eye(ratings.n_items))
    weights = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0)
    own = np.zeros(ratings.n_items)
    for item, value in rated:
        rising = 0.0075 + (0.15 - 0.0075) * (value - 0.5) / 3.5
        own[ratings.items.code_of(item)] = 1.0 if value >= 4 else rising
    return np.asarray(own @ weights)


def test_without_a_run_the_list_is_by_likes(trained: Trained) -> None:
    ratings = trained.ratings
    answer = listed(ratings)
    expected = scores_by_hand(ratings, RATED)
    codes = [ratings.items.code_of(row.item) for row in answer.recommended]
    np.testing.assert_allclose([r.score for r in answer.recommended], expected[codes], atol=1e-10)
    assert (np.diff(expected[codes]) <= 1e-12).all()
    assert len(codes) == ratings.n_items - 3 and [r.rank for r in answer.recommended][:2] == [1, 2]
    assert not {item for item, _ in RATED} & {row.item for row in answer.recommended}
    assert {row.predicted for row in answer.recommended} == {None}
    assert [(r.item, r.value, r.predicted) for r in answer.rated] == [
        (i, v, None) for i, v in RATED
    ]
    assert answer.threshold == 4.0 and "4 or more" in answer.threshold_words
    assert answer.step is None and answer.spread is None and "exact" in answer.way


def test_with_a_run_both_terms_make_the_order(trained: Trained) -> None:
    ratings = trained.ratings
    answer = listed(ratings, trained)
    codes, values = np.array([ratings.items.code_of(i) for i, _ in RATED]), [v for _, v in RATED]
    predicted = fold(trained, codes, np.array(values), 3.0).score_all_items(0)
    score = scores_by_hand(ratings, RATED)

    def worth(code: int) -> float:
        share = (predicted[code] - ratings.low) / (ratings.high - ratings.low)
        liked = 0.5 * math.erfc(-(0.5 + 4.5 * share - 3.75) / 0.9 / math.sqrt(2))
        return 0.5 * math.log(liked) + math.log(max(score[code], 1e-3))

    worths = [worth(ratings.items.code_of(row.item)) for row in answer.recommended]
    assert (np.diff(worths) <= 1e-6).all()
    for row in answer.recommended:
        assert row.predicted == pytest.approx(predicted[ratings.items.code_of(row.item)])
    assert answer.step == trained.step and answer.spread is not None and not answer.flat
    assert [r.item for r in answer.recommended] != [r.item for r in listed(ratings).recommended]
    by_stars = listed(ratings, trained, order="stars").recommended
    stars = [row.predicted for row in by_stars if row.predicted is not None]
    assert len(stars) == len(by_stars) and stars == sorted(stars, reverse=True)


def test_likes_given_make_the_popular_order_and_the_list_of_who_has_rated_nothing(
    trained: Trained,
) -> None:
    ratings = trained.ratings
    likes = np.bincount(ratings.item[ratings.value >= 4], minlength=ratings.n_items)
    for answer in (
        listed(ratings, order="popular"),
        listed(ratings, rated=()),
        listed(ratings, trained, rated=()),
    ):
        found = [likes[ratings.items.code_of(row.item)] for row in answer.recommended]
        assert found == sorted(found, reverse=True) and found[0] > found[-1]


@pytest.mark.parametrize("order", ["likes", "stars", "popular"])
@pytest.mark.parametrize("with_run", [False, True])
def test_what_moved_is_counted_among_the_items_rated_in_neither(
    trained: Trained, order: str, with_run: bool
) -> None:
    before, after = (("1001", 5.0), ("1002", 4.0)), (("1001", 0.5), ("1003", 4.5))
    run = trained if with_run else None
    now = listed(trained.ratings, run, rated=after, before=before, order=order)
    old = listed(trained.ratings, run, rated=before, order=order)
    common = {row.item for row in now.recommended} & {row.item for row in old.recommended}
    places = [
        {item: place for place, item in enumerate(row.item for row in rows if row.item in common)}
        for rows in (old.recommended, now.recommended)
    ]
    for row, moved in zip(now.recommended, now.moved, strict=True):
        if row.item in common:
            assert moved == places[0][row.item] - places[1][row.item]
        else:
            assert row.item == "1002" and moved is None
    assert set(old.moved) == {None} and any(now.moved) == (order != "popular")


def test_what_was_never_trained_on_stands_by_likes_without_stars(trained: Trained) -> None:
    ratings, mask = trained.ratings, trained.trained_items.copy()
    mask[ratings.items.code_of("1010")] = False
    mask[ratings.items.code_of("1001")] = False
    unseen = replace(trained)
    unseen.__dict__["trained_items"] = mask
    answer = listed(ratings, unseen)
    row = next(row for row in answer.recommended if row.item == "1010")
    assert row.predicted is None
    assert [(r.trained, r.predicted is None) for r in answer.rated] == [
        (False, True),
        (True, False),
        (True, False),
    ]
    by_stars = listed(ratings, unseen, order="stars")
    assert "1010" not in {row.item for row in by_stars.recommended}


def test_filters_and_thresholds_narrow_and_change_it(trained: Trained) -> None:
    ratings = trained.ratings
    narrow = listed(ratings, only=ItemFilter("war", 1960, 1979), n=5).recommended
    assert len(narrow) == 5 and all("(19" in row.title for row in narrow)
    picky = listed(ratings, threshold=5.0)
    assert picky.threshold == 5.0 and "as you chose" in picky.threshold_words
    assert picky.recommended != listed(ratings).recommended
    for options, said in (
        ({"threshold": 6.0}, "no rating is 6 or more"),
        ({"rated": (("1001", 5.5),)}, "outside these ratings: give 0.5 to 5"),
        ({"rated": (("1001", 5.0), ("1001", 4.0))}, "item 1001 is rated twice"),
        ({"rated": (("7", 5.0),)}, "no item 7 in small"),
        ({"only": ItemFilter("Noir")}, "no item has genre"),
    ):
        with pytest.raises(QuestionError, match=said):
            listed(ratings, **options)


def test_why_there_are_no_stars_is_told(
    trained: Trained, library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(paths.HOME_VARIABLE, str(Path(trained.record.store).parents[2]))
    store = str(trained.ratings.path)
    fine = library.answer(ForYou(store, RATED, trained.path))
    assert not fine.no_stars and fine.step == trained.step
    none = library.answer(ForYou(store, RATED, order="stars"))
    assert "dot-bias" in none.no_stars and none.order == "likes" and none.recommended
    config = small_config(trained.record.data_source, model={"name": "net"}, training={"epochs": 1})
    start_run(config, lambda _: None, run_id="net", began=0.0)
    net = library.answer(ForYou(store, RATED, str(find_run("net").path)))
    assert "net takes in nobody new" in net.no_stars and "dot-bias" in net.no_stars
    assert net.recommended == library.answer(ForYou(store, RATED)).recommended
    gone = library.answer(ForYou(store, RATED, str(tmp_path / "gone")))
    assert gone.no_stars and gone.recommended == net.recommended
    other = open_ratings(write_ratings(tmp_path / "other", seed=5))
    elsewhere = library.answer(ForYou(str(other.path), RATED, trained.path))
    assert "r was trained on small, not on these ratings" in elsewhere.no_stars
    assert elsewhere.recommended and elsewhere.step is None


def test_a_users_list_has_both_terms_too(trained: Trained) -> None:
    """As a newcomer's, of whoever gave the ratings that the user gave."""
    ratings = trained.ratings
    own = ratings.by_user.of(3)
    rows = recommend(trained, 3, 1000)
    score = tastes_of(ratings).scores(ratings.item[own], ratings.value[own])
    for row in rows:
        assert row.score == pytest.approx(score[ratings.items.code_of(row.item)])
    assert {r.item for r in rows}.isdisjoint(ratings.items.id_of(c) for c in ratings.item[own])
    predicted = [row.predicted for row in recommend(trained, 3, 1000, order="stars")]
    assert predicted == sorted(predicted, reverse=True)
    assert [r.item for r in rows] != [r.item for r in recommend(trained, 3, 1000, order="stars")]
    worths = [
        0.5 * math.log(0.5 * math.erfc(-(row.predicted - 3.75) / 0.9 / math.sqrt(2)))
        + math.log(max(row.score or 0.0, 1e-3))
        for row in rows
    ]
    assert (np.diff(worths) <= 1e-6).all()


def test_where_tastes_take_long_a_users_list_is_by_predictions(
    trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cftui.explore.recommend.at_hand", lambda _: False)
    rows = recommend(trained, 3, 10)
    assert {row.score for row in rows} == {None}
    predicted = [row.predicted for row in rows]
    assert predicted == sorted(predicted, reverse=True)


def test_two_tastes_get_two_lists_within_milliseconds(bundled: Ratings) -> None:
    """Star Wars against children's films; after tastes are fitted a list is quick."""
    tastes_of(bundled)

    def top(*items: str) -> tuple[list[str], float]:
        rated = tuple((item, 5.0) for item in items)
        seconds = []
        for _ in range(5):
            began = time.process_time()  # ours alone: others may have the machine
            answer = listed(bundled, rated=rated, n=50)
            seconds.append(time.process_time() - began)
        return [row.title for row in answer.recommended[:10]], min(seconds)

    space, one = top("260", "1196", "1210")
    children, other = top("1", "364", "588")
    assert "Raiders of the Lost Ark (Indiana Jones and the Raiders of the Lost Ark) (1981)" in space
    assert "Beauty and the Beast (1991)" in children and "Toy Story 2 (1999)" in children
    assert len(set(space) & set(children)) <= 3
    assert max(one, other) < 0.03


def test_what_to_rate_first_needs_no_run(trained: Trained, library: Library) -> None:
    ratings = trained.ratings
    rows = library.answer(SuggestItems(str(ratings.path), rated=("1001",), n=10))
    counts = ratings.by_item.counts()
    tastes = tastes_of(ratings)
    stand = [ratings.items.code_of("1001")]
    for row in rows:
        near = np.max([tastes.residuals.company(code).cosine for code in stand], axis=0)
        worth = counts * (1 - np.maximum(near, 0))
        worth[stand] = -1
        code = ratings.items.code_of(row.item)
        assert worth[code] == pytest.approx(worth.max())
        stand.append(code)
    assert rows == suggest_by_tastes(ratings, ("1001",), 10)
    assert len(library.answer(SuggestItems(str(ratings.path), trained.path, ("1001",), 10))) == 10


def fresh(ratings: Ratings) -> Ratings:
    """Return the same ratings as another process would have them: nothing remembered."""
    return replace(ratings)


def test_tastes_that_took_long_are_kept_and_damage_is_noticed(
    trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    ratings = fresh(trained.ratings)
    place = kept.place_of(ratings, None)
    first = tastes_of(ratings)
    assert not place.exists() and tastes_of(ratings) is first
    monkeypatch.setattr(kept, "WORTH_KEEPING", 0.0)
    fitted = tastes_of(fresh(ratings))
    assert place.is_file() and place.name == "tastes-usual.safetensors"
    codes, values = np.array([3, 5]), np.array([5.0, 1.0])

    def no_fit(*_: object, **__: object) -> None:
        raise AssertionError("fitted once more")

    with monkeypatch.context() as patch:
        patch.setattr(kept, "fit_tastes", no_fit)
        read = tastes_of(fresh(ratings))
        np.testing.assert_array_equal(read.scores(codes, values), first.scores(codes, values))
        np.testing.assert_array_equal(read.near(4).score, fitted.near(4).score)
        assert read.threshold == fitted.threshold
        with pytest.raises(AssertionError):  # another threshold is another file
            tastes_of(fresh(ratings), 5.0)
    whole = place.read_bytes()
    flipped = whole[:-3] + bytes([whole[-3] ^ 1]) + whole[-2:]
    for damaged in (b"", whole[:100], whole[: len(whole) // 2], flipped, b"{}" * 50):
        place.write_bytes(damaged)
        again = tastes_of(fresh(ratings))
        np.testing.assert_array_equal(again.scores(codes, values), first.scores(codes, values))
        assert kept._read(fresh(ratings), None) is not None  # made anew


def test_the_job_tells_its_progress_and_what_it_found(
    trained: Trained, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[int, int, str]] = []
    monkeypatch.setattr(kept, "WORTH_KEEPING", 0.0)
    kept._slot.cache_clear()
    job = FitTastes(str(trained.ratings.path))
    done = library.answer(job, lambda *how: told.append(how))
    assert done.threshold == 4.0 and "exact" in done.way and "4 or more" in done.threshold_words
    assert told[-1] == (100, 100, "tastes of 200 users")
    assert library.answer(job) == done
    assert library.answer(TastesAtHand(job.store)) and kept.place_of(trained.ratings, None).exists()


def test_what_may_not_be_written_is_fitted_all_the_same(
    trained: Trained, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    monkeypatch.setattr(kept, "answers_folder", lambda: blocked)
    monkeypatch.setattr(kept, "WORTH_KEEPING", 0.0)
    assert tastes_of(fresh(trained.ratings)).ease.way == "items"


def test_large_ratings_are_not_fitted_in_passing(
    trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    ratings = fresh(trained.ratings)
    assert kept.at_hand(ratings)
    monkeypatch.setattr(kept, "QUICK_SIDE", 10)
    assert not kept.at_hand(ratings)
    suggested = suggest_by_tastes(ratings, (), 20)
    counts = sorted(ratings.by_item.counts().tolist(), reverse=True)
    assert [row.n_ratings for row in suggested] == counts[:20]
    tastes_of(ratings)
    assert kept.at_hand(ratings)


@pytest.mark.parametrize("scale", [0.2, 20.0])
def test_the_ends_of_any_scale_can_be_given(tmp_path: Path, scale: float) -> None:
    """0.1 as it is typed lies below 0.1 as it is stored."""
    folder = write_ratings(tmp_path / "scaled", users=40, items=30, n=600)
    head, *lines = (folder / "ratings.csv").read_text().splitlines()
    cells = [line.split(",") for line in lines]
    rows = [f"{u},{i},{round(float(v) * scale, 3)},{t}" for u, i, v, t in cells]
    (folder / "ratings.csv").write_text("\n".join([head, *rows]) + "\n")
    ratings = open_ratings(folder)
    low, high = round(0.5 * scale, 3), 5 * scale
    answer = listed(ratings, rated=(("1001", low), ("1002", high)))
    assert [r.value for r in answer.rated] == [low, high] and answer.recommended
    for outside in (low - 0.01, high + 0.01, math.nan):
        with pytest.raises(QuestionError, match="outside these ratings"):
            listed(ratings, rated=(("1001", outside),))
