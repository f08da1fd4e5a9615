"""Fold-in against independent references: least squares, finite differences, trained users."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small import here, small_config, write_ratings

from cftui.explore.fold_in import fold_in, mean_user
from cftui.explore.for_you import explore_for_you
from cftui.explore.neighbours import neighbours
from cftui.explore.newcomer import suggest, suggest_by_tastes
from cftui.library.trained import Trained, load_trained
from cftui.models.factors import Factors
from cftui.questions.errors import QuestionError
from cftui.questions.items import ItemFilter
from cftui.questions.likes import ForYou, ForYouAnswer
from cftui.runs.find import find_run
from cftui.training.start import start_run


def random_factors(*, sigmoid: bool, biases: bool = True, k: int = 6) -> Factors:
    draw = np.random.default_rng(3)

    def table(*shape: int) -> np.ndarray:
        return draw.normal(scale=0.7, size=shape).astype(np.float32)

    return Factors(
        user_factors=table(40, k),
        item_factors=table(30, k),
        user_bias=table(40) if biases else None,
        item_bias=table(30) if biases else None,
        low=0.5,
        high=5.0,
        sigmoid=sigmoid,
    )


ITEMS = np.array([3, 17, 8, 25])
VALUES = np.array([5.0, 0.5, 4.0, 3.5])


@pytest.mark.parametrize("biases", [True, False])
def test_without_a_sigmoid_it_is_the_ridge_regression_that_numpy_solves(biases: bool) -> None:
    factors = random_factors(sigmoid=False, biases=biases)
    mean = mean_user(factors, np.ones(40, bool))
    custom = fold_in(factors, mean, ITEMS, VALUES, 0.8)
    inputs, known = factors.item_factors[ITEMS].astype(float), VALUES.copy()
    if factors.item_bias is not None:
        inputs = np.column_stack([inputs, np.ones(4)])
        known = known - factors.item_bias[ITEMS]
    # the penalty as rows of its own: sqrt(0.8) * x = sqrt(0.8) * mean
    penalty = math.sqrt(0.8) * np.eye(len(mean))
    x, *_ = np.linalg.lstsq(
        np.vstack([inputs, penalty]), np.concatenate([known, penalty @ mean]), rcond=None
    )
    np.testing.assert_allclose(custom.user_factors[0], x[:6], atol=1e-6)
    assert (custom.user_bias is None) == (not biases)
    if custom.user_bias is not None:
        assert custom.user_bias[0] == pytest.approx(x[6], abs=1e-6)


@pytest.mark.parametrize("regularization", [0.01, 3.0, 100.0])
def test_with_a_sigmoid_it_is_a_minimum_of_the_squared_error_in_rating_units(
    regularization: float,
) -> None:
    factors = random_factors(sigmoid=True)
    mean = mean_user(factors, np.ones(40, bool))
    custom = fold_in(factors, mean, ITEMS, VALUES, regularization)
    assert custom.user_bias is not None and factors.item_bias is not None
    solved = np.append(custom.user_factors[0], custom.user_bias).astype(float)

    def cost(x: np.ndarray) -> float:
        total = regularization * sum((a - b) ** 2 for a, b in zip(x, mean, strict=True))
        for item, value in zip(ITEMS, VALUES, strict=True):
            raw = factors.item_factors[item].astype(float) @ x[:6] + x[6] + factors.item_bias[item]
            total += (0.5 + 4.5 / (1 + math.exp(-raw)) - value) ** 2
        return total

    for place in range(7):
        nudge = np.zeros(7)
        nudge[place] = 1e-4
        slope = (cost(solved + nudge) - cost(solved - nudge)) / 2e-4
        # float32 tables: a solution rounded to 1e-7 leaves this much slope
        assert abs(slope) < 1e-4 * (1 + regularization)
    draw = np.random.default_rng(0)
    assert all(cost(solved) <= cost(solved + draw.normal(scale=0.2, size=7)) for _ in range(200))


def test_nobodys_ratings_make_the_mean_user_and_extreme_ones_stay_in_range() -> None:
    factors = random_factors(sigmoid=True)
    mean = mean_user(factors, np.arange(40) < 10)
    nobody = fold_in(factors, mean, ITEMS[:0], VALUES[:0], 3.0)
    np.testing.assert_allclose(nobody.user_factors[0], factors.user_factors[:10].mean(0), rtol=1e-5)
    for value in (0.5, 5.0):
        custom = fold_in(factors, mean, np.arange(30), np.full(30, value), 0.001)
        scores = custom.score_all_items(0)
        assert np.isfinite(scores).all() and scores.min() >= 0.5 and scores.max() <= 5.0
        assert abs(float(scores.mean()) - value) < 0.3
    for wrong in (0.0, -1.0, math.inf, math.nan):
        with pytest.raises(QuestionError, match="is not above 0"):
            fold_in(factors, mean, ITEMS, VALUES, wrong)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A model that has learned something, of ratings with three hidden traits."""
    from cftui import paths

    folder = tmp_path_factory.mktemp("newcomer")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(paths.HOME_VARIABLE, str(folder / "home"))
        source = write_ratings(folder / "small", users=200, items=120, n=6000)
        config = small_config(
            source,
            optimizer={"name": "adam", "learning_rate": 0.02, "weight_decay": 1e-5},
            training={"epochs": 8},
        )
        assert start_run(config, lambda _: None, run_id="r", began=0.0).event == "finished"
        return load_trained(find_run("r"))


def test_a_real_user_folded_in_gets_about_their_own_list(trained: Trained) -> None:
    """From the ratings that the user was trained on; and the error held out is about theirs."""
    assert trained.factors is not None
    ratings, held_out = trained.ratings, trained.held_out
    mean = mean_user(trained.factors, trained.trained_users)
    correlations, errors = [], []
    for user in range(0, ratings.n_users, 5):
        positions = ratings.by_user.of(user)
        kept = positions[~held_out[positions]]
        if len(kept) < 5:
            continue
        custom = fold_in(trained.factors, mean, ratings.item[kept], ratings.value[kept], 1.0)
        theirs, mine = trained.factors.score_all_items(user), custom.score_all_items(0)
        ranks = [np.argsort(np.argsort(scores)) for scores in (theirs, mine)]
        correlations.append(np.corrcoef(ranks)[0, 1])
        asked = positions[held_out[positions]]
        for scores in (theirs, mine):
            errors.append(((scores[ratings.item[asked]] - ratings.value[asked]) ** 2).sum())
    assert np.median(correlations) > 0.8
    assert sum(errors[1::2]) < 1.1 * sum(errors[::2])


def by_stars(
    trained: Trained, *rated: tuple[str, float], before: tuple[tuple[str, float], ...] | None = None
) -> ForYouAnswer:
    """Return somebody's list in the order of what the run predicts for them."""
    asked = ForYou("s", rated, "r", "stars", n=1000, regularization=0.5, before=before)
    return explore_for_you(trained.ratings, asked, trained)


def test_rating_a_films_neighbours_high_raises_it_and_low_sinks_it(trained: Trained) -> None:
    code = int(np.argmax(trained.ratings.by_item.counts()))
    custom = trained.ratings.items.id_of(code)
    near = [row.item for row in neighbours(trained, code, "cosine", 4)]

    def place(value: float) -> tuple[int, float]:
        answer = by_stars(trained, *((item, value) for item in near))
        return next((r.rank, r.predicted) for r in answer.recommended if r.item == custom)

    high, middle, low = place(5.0), place(3.0), place(0.5)
    assert high[1] > middle[1] > low[1] and high[0] < low[0]


def test_what_moved_is_counted_among_the_items_rated_in_neither(trained: Trained) -> None:
    before = (("1001", 5.0), ("1002", 4.0))
    after = (("1001", 0.5), ("1003", 4.5))
    now = by_stars(trained, *after, before=before)
    old = by_stars(trained, *before)
    common = {row.item for row in now.recommended} & {row.item for row in old.recommended}
    places = [
        {item: place for place, item in enumerate(row.item for row in rows if row.item in common)}
        for rows in (old.recommended, now.recommended)
    ]
    for row, moved in zip(now.recommended, now.moved, strict=True):
        if row.item == "1002":  # was rated before
            assert moved is None
        else:
            assert moved == places[0][row.item] - places[1][row.item]
    assert any(now.moved) and set(old.moved) == {None}


def test_a_rating_of_what_was_never_trained_on_tells_nothing(trained: Trained) -> None:
    mask = trained.trained_items.copy()
    code = trained.ratings.items.code_of("1010")
    mask[code] = False
    unseen = replace(trained)
    unseen.__dict__["trained_items"] = mask
    with_it = by_stars(unseen, ("1001", 5.0), ("1010", 0.5))
    without = by_stars(unseen, ("1001", 5.0))
    assert [r.trained for r in with_it.rated] == [True, False]
    assert [(r.item, r.predicted) for r in with_it.recommended] == [
        (r.item, r.predicted) for r in without.recommended
    ]
    assert "1010" not in {r.item for r in without.recommended}


@pytest.mark.parametrize(
    ("rated", "said"),
    [
        ((("1001", 5.5),), "5.5 for item 1001 is outside these ratings: give 0.5 to 5"),
        ((("1001", 5.0), ("1001", 4.0)), "item 1001 is rated twice"),
        ((("7", 5.0),), "no item 7 in small"),
    ],
)
def test_a_rating_that_cannot_be_is_refused(
    trained: Trained, rated: tuple[tuple[str, float], ...], said: str
) -> None:
    with pytest.raises(QuestionError, match=said):
        by_stars(trained, *rated)


def test_a_model_without_factors_says_what_to_choose(trained: Trained) -> None:
    with pytest.raises(QuestionError, match="takes in nobody new"):
        by_stars(replace(trained, factors=None), ("1001", 5.0))


def test_how_far_tastes_move_predictions_is_told(trained: Trained) -> None:
    assert trained.factors is not None
    users = trained.factors.user_factors[trained.trained_users].astype(float)
    affinity = users @ trained.factors.item_factors.astype(float).T
    counts = trained.ratings.by_item.counts()
    variance = float((affinity.var(axis=0) * counts).sum() / counts.sum())
    answer = by_stars(trained, ("1001", 5.0))
    # a sigmoid over 0.5 to 5 is steepest in the middle: 4.5 / 4 rating units
    assert answer.spread == pytest.approx(math.sqrt(variance) * 4.5 / 4, rel=1e-4)
    assert not answer.flat
    blank = replace(trained.factors, user_factors=np.zeros_like(trained.factors.user_factors))
    same = by_stars(replace(trained, factors=blank), ("1001", 5.0))
    assert same.spread == 0.0 and same.flat


def test_suggestions_are_well_known_unlike_each_other_and_not_rated(trained: Trained) -> None:
    rows = suggest(trained, ("1001",), 10)
    counts = {
        trained.ratings.items.id_of(code): int(n)
        for code, n in enumerate(trained.ratings.by_item.counts())
    }
    assert len({row.item for row in rows} | {"1001"}) == 11
    assert [row.n_ratings for row in rows] == [counts[row.item] for row in rows]
    assert trained.item_factors is not None
    table = trained.item_factors.astype(float)

    def cosine(one: str, other: str) -> float:
        a, b = (table[trained.ratings.items.code_of(item)] for item in (one, other))
        return float(a @ b / math.sqrt((a @ a) * (b @ b)))

    def worth(item: str, stand: list[str]) -> float:
        return counts[item] * (1 - max(0.0, *(cosine(item, other) for other in stand)))

    stand = ["1001"]
    for row in rows:  # each is the best there is, by the rule written out
        best = max(worth(item, stand) for item in counts if item not in stand)
        assert worth(row.item, stand) == pytest.approx(best, rel=1e-5)
        stand.append(row.item)


def test_no_more_is_suggested_than_is_known_and_not_rated(trained: Trained) -> None:
    """However many are asked for: neither the rated, nor what was never trained on."""
    items = trained.ratings.items
    mask = trained.trained_items.copy()
    untrained = items.code_of("1010")
    mask[untrained] = False
    unseen = replace(trained)
    unseen.__dict__["trained_items"] = mask
    rows = suggest(unseen, ("1001", "1002"), 10_000)
    expected = {items.id_of(code) for code in np.flatnonzero(mask)} - {"1001", "1002"}
    assert {row.item for row in rows} == expected and len(rows) == len(expected)


def test_without_item_factors_tastes_tell_what_is_unlike(trained: Trained) -> None:
    rows = suggest(replace(trained, tables={}), ("1001",), 20)
    assert rows == suggest_by_tastes(trained.ratings, ("1001",), 20, trained.trained_items)
    counts = trained.ratings.by_item.counts()
    assert [row.n_ratings for row in rows] != sorted(counts.tolist(), reverse=True)[:20]


def test_tastes_that_no_item_answers_to_move_nothing(trained: Trained) -> None:
    """Users and items at right angles: rounding must not make the variance less than nothing."""
    assert trained.factors is not None
    shape, draw = trained.factors.item_factors.shape, np.random.default_rng(0)
    for _ in range(20):
        along, across = np.linalg.qr(draw.normal(size=(shape[1], 2)))[0].T
        users = np.outer(draw.normal(size=trained.ratings.n_users), along).astype(np.float32)
        items = np.outer(draw.normal(size=shape[0]), across).astype(np.float32)
        factors = replace(trained.factors, user_factors=users, item_factors=items)
        answer = by_stars(replace(trained, factors=factors), ("1001", 5.0))
        assert answer.spread == pytest.approx(0.0, abs=1e-3)


def test_the_shells_list_is_the_brains(
    trained: Trained, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from cftui import brain, paths
    from cftui.pipes import Failure

    monkeypatch.setenv(paths.HOME_VARIABLE, str(find_home(trained)))
    words = ["recommend", "--rated", "1004=4.5", "--rated", "Film 9, The (1968)=1", "-n", "7"]
    narrowed = ["--genre", "war", "--year", "1960-1979", "--min-ratings", "30"]
    assert here(*words, *narrowed, "--json") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line.get("event") for line in lines[:2]] == ["run", "newcomer"]
    asked = ForYou(
        str(trained.ratings.path),
        (("1004", 4.5), ("1019", 1.0)),
        str(find_run("r").path),
        n=7,
        only=ItemFilter("War", 1960, 1979, 30),
    )
    answer = brain.answer(asked)
    assert not isinstance(answer, Failure)
    assert [(r["item"], r["score"], r["predicted"], r["rank"]) for r in lines[2:]] == [
        (r.item, r.score, r.predicted, r.rank) for r in answer.recommended
    ]
    assert len(answer.recommended) == 7
    assert lines[1]["regularization"] == 3.0 and lines[1]["liked_from"] == answer.threshold


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--user", "1", "--rated", "1004=5"], "give --user ID, or --rated"),
        ([], "give --user ID, or --rated"),
        (["--user", "1", "--regularization", "2"], "--regularization belongs to --rated"),
        (["--rated", "1004"], "write ITEM=VALUE"),
        (["--rated", "=5"], "write ITEM=VALUE"),
        (["--rated", "1004=nan"], "write ITEM=VALUE"),
        (["--rated", "1004=7"], "give 0.5 to 5"),
        (["--rated", "film 9=5"], "several titles fit 'film 9'"),
        (["--rated", "1004=5", "--regularization", "0"], "is not above 0"),
        (["--user", "1", "--year", "20"], "write 1999, 1990-1999"),
        (["--user", "1", "--year", "1999-1990"], "the first year is after the last"),
        (["--user", "1", "--genre", "Noir"], "no item has genre 'Noir'; there are Drama, War"),
    ],
)
def test_wrong_use_is_told_and_ends_with_2(
    trained: Trained,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    said: str,
) -> None:
    from cftui import paths

    monkeypatch.setenv(paths.HOME_VARIABLE, str(find_home(trained)))
    assert here("recommend", *words) == 2
    assert said in capsys.readouterr().err


def find_home(trained: Trained) -> Path:
    """Return the user folders that the shared run was made in."""
    return Path(trained.record.store).parents[2]
