"""A new item's audience against independent references: least squares, loops, simulations."""

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small import open_small, small_config, write_ratings

from cftui.explore.audience import by_run, by_tastes, error_of, mean_item, scatter_of
from cftui.explore.content import learn, told_features
from cftui.explore.expected import bias_by_features, expect, plain_of
from cftui.explore.fold_in import fold_in, mean_user
from cftui.explore.for_whom import explore_for_whom
from cftui.explore.likes.residuals import fit_residuals
from cftui.library.door import Library
from cftui.library.trained import Trained, load_trained
from cftui.models.factors import Factors
from cftui.questions.errors import QuestionError
from cftui.questions.new_item import AudienceOrder, ForWhom
from cftui.ratings.pairs import Pairs
from cftui.ratings.values import Ratings
from cftui.runs.find import find_run
from cftui.training.start import start_run

USERS, VALUES = np.array([4, 11, 30]), np.array([5.0, 1.5, 4.0])


def random_factors(*, sigmoid: bool, biases: bool = True, k: int = 5) -> Factors:
    draw = np.random.default_rng(5)

    def table(*shape: int) -> np.ndarray:
        return draw.normal(scale=0.7, size=shape).astype(np.float32)

    bias = (table(40), table(30)) if biases else (None, None)
    return Factors(table(40, k), table(30, k), *bias, 0.5, 5.0, sigmoid)


def test_a_mirrored_model_predicts_the_same_with_roles_swapped() -> None:
    factors = random_factors(sigmoid=True)
    users, items = np.array([0, 7, 39]), np.array([29, 3, 3])
    np.testing.assert_array_equal(
        factors.score(Pairs(users, items)), factors.mirrored().score(Pairs(items, users))
    )


@pytest.mark.parametrize("biases", [True, False])
def test_an_items_fold_in_is_the_ridge_regression_that_numpy_solves(biases: bool) -> None:
    factors = random_factors(sigmoid=False, biases=biases)
    mean = mean_user(factors.mirrored(), np.ones(30, bool))
    item = fold_in(factors.mirrored(), mean, USERS, VALUES, 0.8)
    inputs, known = factors.user_factors[USERS].astype(float), VALUES.copy()
    if factors.user_bias is not None:
        inputs = np.column_stack([inputs, np.ones(3)])
        known = known - factors.user_bias[USERS]
    penalty = math.sqrt(0.8) * np.eye(len(mean))
    x, *_ = np.linalg.lstsq(
        np.vstack([inputs, penalty]), np.concatenate([known, penalty @ mean]), rcond=None
    )
    np.testing.assert_allclose(item.user_factors[0], x[:5], atol=1e-6)
    # a matrix that weighs the unknowns together: its Cholesky factor's rows
    root = np.tril(np.random.default_rng(6).normal(size=(len(mean), len(mean))))
    root += 2 * np.eye(len(mean))
    item = fold_in(factors.mirrored(), mean, USERS, VALUES, root @ root.T)
    x, *_ = np.linalg.lstsq(
        np.vstack([inputs, root.T]), np.concatenate([known, root.T @ mean]), rcond=None
    )
    np.testing.assert_allclose(item.user_factors[0], x[:5], atol=1e-5)


def test_a_doubt_is_the_posteriors_deviation_in_rating_units(trained: Trained) -> None:
    """Against the covariance of draws: ratings made anew, around unknowns drawn beforehand."""
    factors = trained.factors
    assert factors is not None and factors.user_bias is not None
    linear = replace(trained, factors=replace(factors, sigmoid=False))
    found = by_run(linear, USERS, VALUES, 1.0, None)
    assert found.doubt is not None
    scatter, noise = scatter_of(linear)[0], error_of(linear)
    draw, inputs = np.random.default_rng(0), np.column_stack([factors.user_factors, np.ones(200)])
    unknowns = draw.multivariate_normal(np.zeros(9), scatter, 200_000)
    rated = unknowns @ inputs[USERS].T + draw.normal(scale=math.sqrt(noise), size=(200_000, 3))
    # what ratings tell of a prediction is its best linear guess; the rest is doubt
    for user in (0, 50, 199):
        own = unknowns @ inputs[user]
        guess, *_ = np.linalg.lstsq(rated, own, rcond=None)
        assert found.doubt[user] == pytest.approx(np.std(own - rated @ guess), rel=0.01)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trained]:
    """A model that has learned something, of ratings with three hidden traits."""
    from cftui import paths

    folder = tmp_path_factory.mktemp("new-item")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(paths.HOME_VARIABLE, str(folder / "home"))
        source = write_ratings(folder / "small", users=200, items=120, n=6000)
        config = small_config(
            source,
            optimizer={"name": "adam", "learning_rate": 0.02, "weight_decay": 1e-5},
            training={"epochs": 8},
        )
        assert start_run(config, lambda _: None, run_id="r", began=0.0).event == "finished"
        yield load_trained(find_run("r"))


def test_a_known_item_folded_in_from_its_ratings_is_near_itself(trained: Trained) -> None:
    ratings = trained.ratings
    itself = 0
    for item in range(20):
        rows = ratings.by_item.of(item)
        rows = rows[~trained.held_out[rows]]
        users, values = ratings.user[rows], ratings.value[rows].astype(float)
        audience = by_run(trained, users, values, 1.0, None)
        assert audience.cosine is not None
        itself += int(audience.cosine.argmax()) == item
        own = trained.scorer.score(Pairs.of_item(np.arange(ratings.n_users), item))
        assert np.corrcoef(audience.predicted, own)[0, 1] > 0.9
    assert itself >= 18


def test_what_is_predicted_is_the_mean_item_and_the_shares(trained: Trained) -> None:
    factors = trained.factors
    assert factors is not None and factors.user_bias is not None
    audience = by_run(trained, USERS, VALUES, 1.0, None)
    unit = (factors.high - factors.low) / 4
    np.testing.assert_allclose(audience.more, audience.shares.sum(axis=1), atol=1e-9)
    inputs = np.column_stack([factors.user_factors, np.ones(200)]).astype(float)
    raw = inputs @ mean_item(trained) + factors.user_bias + audience.more / unit
    np.testing.assert_allclose(audience.predicted, factors.to_range(raw), atol=1e-9)
    assert audience.doubt is not None
    more = by_run(trained, np.arange(60), np.full(60, 3.0), 1.0, None).doubt
    assert more is not None and more.mean() < audience.doubt.mean()
    split = trained.split.valid
    pairs = Pairs(trained.ratings.user[split], trained.ratings.item[split])
    errors = trained.scorer.score(pairs) - trained.ratings.value[split]
    assert error_of(trained) == pytest.approx(float((errors.astype(float) ** 2).mean()), rel=1e-5)


# Without a run


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ratings]:
    from cftui import paths

    folder = tmp_path_factory.mktemp("audience")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(paths.HOME_VARIABLE, str(folder / "home"))
        yield open_small(folder / "small", users=60, items=50, n=1200)


def test_without_a_run_it_is_what_loops_give(small: Ratings) -> None:
    plain = plain_of(small)
    residuals = fit_residuals(small.user, small.item, small.value, 60, 50)
    expected = expect(plain, USERS, VALUES, None)
    genres = np.random.default_rng(1).random(50)
    found = by_tastes(small, plain, residuals, USERS, VALUES, expected, genres)
    rows = residuals.by_user.toarray()
    seen = {u: set(small.item[small.by_user.of(u)].tolist()) for u in range(60)}
    left = [
        v - plain.biases.mean - plain.biases.user[u] - expected.bias
        for u, v in zip(USERS, VALUES, strict=True)
    ]
    for user in (0, 4, 17, 59):
        likeness = []
        for rater in USERS.tolist():
            n = len(seen[user] & seen[rater])
            lengths = np.linalg.norm(rows[user]) * np.linalg.norm(rows[rater])
            cosine = float(rows[user] @ rows[rater]) / lengths
            likeness.append(0.0 if user == rater else cosine * n / (n + 10))
        weight = sum(map(abs, likeness)) + 1
        taste = sum(a * b for a, b in zip(likeness, left, strict=True)) / weight
        own = sum(genres[i] for i in seen[user])
        taste += float(rows[user] @ genres) / (own + 10)
        raw = plain.biases.mean + plain.biases.user[user] + expected.bias + taste
        assert found.predicted[user] == pytest.approx(min(max(raw, small.low), small.high))


def test_an_item_of_the_data_given_as_new_is_as_near_as_it_is(small: Ratings) -> None:
    residuals = fit_residuals(small.user, small.item, small.value, 60, 50)
    start, end = residuals.by_item.indptr[7:9]
    raters, own = residuals.by_item.indices[start:end], residuals.by_item.data[start:end]
    plain = plain_of(small)
    values = own + plain.biases.mean + plain.biases.user[raters] + 0.3
    expected = replace(expect(plain, USERS, VALUES, None), bias=0.3)
    found = by_tastes(small, plain, residuals, raters, values, expected, None).cosine
    company = residuals.company(7)
    assert found is not None
    np.testing.assert_allclose(found[company.common > 0], company.cosine[company.common > 0])
    assert np.isneginf(found[company.common == 0]).all()


def test_the_expected_bias_is_the_posterior_that_integration_gives(small: Ratings) -> None:
    plain = plain_of(small)
    found = expect(plain, USERS, VALUES, None)
    grid = np.linspace(-6, 6, 200_001)
    before = plain.items[plain.often].mean()
    above = VALUES - plain.biases.mean - plain.biases.user[USERS]
    log = -((grid - before) ** 2) / (2 * plain.scatter)
    log -= ((above[:, None] - grid) ** 2).sum(axis=0) / (2 * plain.noise)
    density = np.exp(log - log.max())
    density /= density.sum()
    mean = float(density @ grid)
    assert found.bias == pytest.approx(mean, abs=1e-6)
    assert found.variance == pytest.approx(float(density @ (grid - mean) ** 2), rel=1e-4)


# Genres and years


NEW = np.array([1.0, 0, 0, 1, 0, 0])


def planted(noise: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    draw = np.random.default_rng(2)
    features = (draw.random((400, 6)) < 0.3).astype(float)
    effects = draw.normal(size=(6, 2))
    targets = 1.5 + features @ effects + noise * draw.normal(size=(400, 2))
    return features, targets, effects


def test_features_tell_what_was_planted_and_no_more() -> None:
    features, targets, effects = planted(0.1)
    told = learn(features, targets).tell(NEW)
    variance = 1 - 0.01 / targets.var(axis=0).mean()  # all but the noise
    assert told.explained == pytest.approx(variance, abs=0.02)
    np.testing.assert_allclose(told.value, 1.5 + effects[0] + effects[3], atol=0.06)
    nothing = np.random.default_rng(8).normal(size=(400, 1))
    told = learn(features, nothing).tell(NEW)
    assert told.explained < 0.02
    assert abs(told.value[0] - nothing.mean()) < 0.1
    few = learn(features[:10], targets[:10]).tell(NEW)
    np.testing.assert_allclose(few.value, targets[:10].mean(axis=0))


def test_a_feature_that_is_not_given_stands_at_its_mean() -> None:
    features, targets, effects = planted(0.0)
    told = learn(features, targets).tell(np.array([1.0, *[np.nan] * 5]))
    rest = features[:, 1:].mean(axis=0) @ effects[1:]
    np.testing.assert_allclose(told.value, 1.5 + effects[0] + rest, atol=0.02)


def test_genres_and_years_of_the_bundled_films_explain_part_of_their_biases(
    bundled: Ratings,
) -> None:
    learned = bias_by_features(bundled)
    noir = learned.tell(told_features(bundled, ("film-noir",), 1948))
    horror = learned.tell(told_features(bundled, ("horror",), 1998))
    assert 0.2 < noir.explained < 0.5
    assert noir.value[0] > horror.value[0] + 0.3


# The question


@pytest.mark.parametrize("order", ["stars", "taste", "sure"])
def test_the_audience_is_in_order_and_holds_nobody_who_rated_it(
    trained: Trained, order: AudienceOrder
) -> None:
    asked = ForWhom("s", ratings=(("5", 5.0), ("9", 1.0)), genres=("WAR",), n=300, order=order)
    answer = explore_for_whom(trained.ratings, asked, trained)
    rows = answer.audience
    assert {row.user for row in rows} == {str(u) for u in range(1, 201)} - {"5", "9"}
    worth = {
        "stars": [row.predicted for row in rows],
        "taste": [row.more for row in rows],
        "sure": [row.predicted - (row.doubt or 0) for row in rows],
    }[order]
    assert worth == sorted(worth, reverse=True)
    assert answer.step == trained.step and answer.near and answer.rated[0].user == "5"
    assert all(row.because in ("", "5", "9") for row in rows)
    assert "genres and year" in answer.explained


def test_what_cannot_be_asked_is_told(small: Ratings, trained: Trained, tmp_path: Path) -> None:
    def refused(match: str, **asked: object) -> None:
        with pytest.raises(QuestionError, match=match):
            explore_for_whom(small, ForWhom("s", **asked))  # type: ignore[arg-type]

    refused("nothing is told of the item")
    refused("no user 4711 in small", ratings=(("4711", 3.0),))
    refused("user 3 rates it twice", ratings=(("3", 3.0), ("3", 4.0)))
    refused("9 by user 3 is outside these ratings", ratings=(("3", 9.0),))
    refused("no item has genre 'Opera'; there are Drama, War", genres=("Opera",))
    with pytest.raises(QuestionError, match="is not above 0"):
        asked = ForWhom("s", ratings=(("3", 3.0),), regularization=0.0)
        explore_for_whom(trained.ratings, asked, trained)
    bare = write_ratings(tmp_path / "bare", users=30, items=40, n=300)
    (bare / "movies.csv").unlink()
    ratings = Library().open(str(bare))
    with pytest.raises(QuestionError, match="leave the year out"):
        explore_for_whom(ratings, ForWhom("s", year=1999))
    with pytest.raises(QuestionError, match="only ratings serve"):
        explore_for_whom(ratings, ForWhom("s", genres=("War",)))
    assert explore_for_whom(ratings, ForWhom("s", ratings=(("1", 5.0),))).audience
