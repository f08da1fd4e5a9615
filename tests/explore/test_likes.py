"""Likes and tastes against textbook forms, brute force and hand-made cases."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from loaded import whole_names_after
from scipy import sparse

from cftui.explore.likes import ease as ease_module
from cftui.explore.likes import kernels
from cftui.explore.likes.ease import Ease, Way, best_way, fit_ease
from cftui.explore.likes.kernels import item_rows
from cftui.explore.likes.residuals import Company, fit_residuals
from cftui.explore.likes.tastes import Tastes, fit_tastes
from cftui.questions.errors import QuestionError
from cftui.ratings.liking import LIKED_SHARE, liking_threshold
from cftui.ratings.values import Ratings

N_USERS, N_ITEMS = 23, 17
WAYS: tuple[Way, ...] = ("users", "items")


def some_ratings(
    n_users: int = N_USERS, n_items: int = N_ITEMS, share: float = 0.4, seed: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return codes and values of ratings at random, in no order."""
    draw = np.random.default_rng(seed)
    pairs = draw.permutation(n_users * n_items)[: int(share * n_users * n_items)]
    values = draw.choice(np.arange(1, 11), len(pairs)) / 2
    return pairs // n_items, pairs % n_items, values.astype(np.float32)


def dense(user: np.ndarray, item: np.ndarray, values: np.ndarray) -> np.ndarray:
    matrix = np.zeros((N_USERS, N_ITEMS))
    matrix[user, item] = values
    return matrix


def textbook(matrix: np.ndarray, regularization: float) -> np.ndarray:
    """Return EASE's weights as the paper's algorithm 1 writes them."""
    inverse = np.linalg.inv(matrix.T @ matrix + regularization * np.eye(matrix.shape[1]))
    weights = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return np.asarray(weights)


@pytest.fixture(params=[*WAYS, "factors"])
def fitted(request: pytest.FixtureRequest) -> Iterator[tuple[Ease, np.ndarray, np.ndarray]]:
    """Give EASE solved each way, the weights it was fitted to, and the textbook's solution.

    With as many factors as items the approximation is exact as well.
    """
    user, item, values = some_ratings()
    weights = np.where(values >= 4, 1.0, 0.15)
    matrix = dense(user, item, weights)
    solved = fit_ease(user, item, weights, N_USERS, N_ITEMS, regularization=2.0, way=request.param)
    yield solved, matrix, textbook(matrix, 2.0)


def test_ease_equals_its_closed_form_every_way_round(
    fitted: tuple[Ease, np.ndarray, np.ndarray],
) -> None:
    solved, matrix, weights = fitted
    for row in matrix:
        rated = np.flatnonzero(row)
        np.testing.assert_allclose(solved.scores(rated, row[rated]), row @ weights, atol=1e-8)
    many = solved.scores_of_many(sparse.csr_array(matrix))
    np.testing.assert_allclose(many, matrix @ weights, atol=1e-8)


def test_a_newcomer_is_scored_as_the_closed_form_scores_them(
    fitted: tuple[Ease, np.ndarray, np.ndarray],
) -> None:
    solved, _, weights = fitted
    codes, counts = np.array([11, 2, 5]), np.array([1.0, 0.15, 1.0])
    expected = counts @ weights[codes]
    np.testing.assert_allclose(solved.scores(codes, counts), expected, atol=1e-8)
    assert not solved.scores(codes[:0], counts[:0]).any()


def test_parts_add_up_to_the_score(fitted: tuple[Ease, np.ndarray, np.ndarray]) -> None:
    solved, _, weights = fitted
    codes, counts = np.array([11, 2, 5, 16]), np.array([1.0, 0.15, 1.0, 1.0])
    scores = solved.scores(codes, counts)
    for target in range(N_ITEMS):
        parts = solved.parts(codes, counts, target)
        np.testing.assert_allclose(parts, counts * weights[codes, target], atol=1e-8)
        assert parts.sum() == pytest.approx(scores[target], abs=1e-12)


def test_symmetric_weights_are_both_directions_mean(
    fitted: tuple[Ease, np.ndarray, np.ndarray],
) -> None:
    solved, _, weights = fitted
    rows = np.array([solved.symmetric(code) for code in range(N_ITEMS)])
    np.testing.assert_allclose(rows, (weights + weights.T) / 2, atol=1e-8)


def test_matrices_larger_than_a_block_are_solved_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    user, item, values = some_ratings()
    codes, counts = np.array([3, 9]), np.ones(2)
    for way in WAYS:
        whole = fit_ease(user, item, values, N_USERS, N_ITEMS, way=way).scores(codes, counts)
        with monkeypatch.context() as patch:
            patch.setattr(kernels, "BLOCK", N_USERS)
            parted = fit_ease(user, item, values, N_USERS, N_ITEMS, way=way)
            scores = parted.scores(codes, counts)
        np.testing.assert_allclose(scores, whole, atol=1e-12)


def test_the_smaller_side_is_solved_and_neither_where_both_are_large(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert best_way(671, 9066) == "users" and best_way(200_000, 2_000) == "items"
    assert best_way(200_000, 50_000) == "factors"
    monkeypatch.setattr(ease_module, "EXACT_SIDE", 5)
    user, item, values = some_ratings()
    told: list[float] = []
    solved = fit_ease(user, item, values, N_USERS, N_ITEMS, progress=told.append)
    assert solved.way == "factors" and "truncated SVD" in solved.words
    assert told == sorted(told) and told[-1] == 1


def test_few_factors_are_the_truncated_svd() -> None:
    user, item, values = some_ratings()
    rated = item_rows(user, item, values, N_USERS, N_ITEMS)
    kernel = kernels.by_factors(rated, 2.0, k=3)
    _, sizes, rows = np.linalg.svd(dense(user, item, values))
    shrunk = sizes[:3] ** 2 / (sizes[:3] ** 2 + 2.0)
    expected = (rows[:3].T * shrunk) @ rows[:3]
    np.testing.assert_allclose(kernel.factors @ kernel.factors.T, expected, atol=1e-8)
    again = kernels.by_factors(rated, 2.0, k=3)
    assert np.array_equal(kernel.factors, again.factors)


def company_by_hand(user: np.ndarray, item: np.ndarray, values: np.ndarray, code: int) -> Company:
    """Return the same by loops over dense residuals."""
    residuals = np.zeros((N_USERS, N_ITEMS))
    rated = dense(user, item, np.ones(len(user))) > 0
    residuals[user, item] = values.astype(float) - biases_by_hand(user, item, values)
    cosine, common, lift = np.zeros(N_ITEMS), np.zeros(N_ITEMS, int), np.zeros(N_ITEMS)
    for other in range(N_ITEMS):
        n = int((rated[:, code] & rated[:, other]).sum())
        a, b = residuals[:, code], residuals[:, other]
        cosine[other] = a @ b / np.linalg.norm(a) / np.linalg.norm(b) * n / (n + 10)
        common[other] = n
        lift[other] = n * N_USERS / (rated[:, code].sum() * rated[:, other].sum())
    return Company(cosine, common, lift)


def biases_by_hand(user: np.ndarray, item: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return mean and biases of each rating; the sweeps that the package makes, spelled out."""
    left = values.astype(float) - values.astype(float).mean()
    users, items = np.zeros(N_USERS), np.zeros(N_ITEMS)
    for _ in range(5):
        for code in range(N_ITEMS):
            of = item == code
            items[code] = (left[of] - users[user[of]]).sum() / (of.sum() + 5)
        for code in range(N_USERS):
            of = user == code
            users[code] = (left[of] - items[item[of]]).sum() / (of.sum() + 5)
    return np.asarray(values.astype(float).mean() + users[user] + items[item])


def test_residual_cosine_equals_brute_force_and_is_symmetric() -> None:
    user, item, values = some_ratings()
    residuals = fit_residuals(user, item, values, N_USERS, N_ITEMS)
    found = [residuals.company(code) for code in range(N_ITEMS)]
    for code, company in enumerate(found):
        expected = company_by_hand(user, item, values, code)
        np.testing.assert_allclose(company.cosine, expected.cosine, atol=1e-12)
        np.testing.assert_array_equal(company.common, expected.common)
        np.testing.assert_allclose(company.lift, expected.lift)
    cosines = np.array([company.cosine for company in found])
    np.testing.assert_allclose(cosines, cosines.T, atol=1e-15)


def test_items_that_nobody_rated_stand_beside_nothing() -> None:
    user, item, values = some_ratings()
    tastes = fit_tastes(user, item, values, N_USERS + 4, N_ITEMS + 2)
    company = tastes.residuals.company(N_ITEMS)
    assert not company.cosine.any() and not company.common.any() and not company.lift.any()
    plain = fit_tastes(user, item, values, N_USERS, N_ITEMS)
    near = tastes.near(3)
    np.testing.assert_allclose(near.score[:N_ITEMS], plain.near(3).score)
    np.testing.assert_allclose(near.company.lift[:N_ITEMS], plain.near(3).company.lift)
    assert np.all(near.score[N_ITEMS:] == 0)


def test_nearness_is_symmetric_and_the_sum_of_its_parts() -> None:
    tastes = fit_tastes(*some_ratings(), N_USERS, N_ITEMS)
    near = [tastes.near(code) for code in range(N_ITEMS)]
    scores = np.array([one.score for one in near])
    assert np.all(np.diag(scores) == -np.inf)
    np.testing.assert_allclose(scores, scores.T, atol=1e-12)
    expected = near[4].ease / 0.06 + near[4].company.cosine / 0.3
    np.testing.assert_allclose(np.delete(near[4].score, 4), np.delete(expected, 4))


@pytest.mark.parametrize("way", [*WAYS, "factors"])
def test_what_is_kept_comes_back(way: Way) -> None:
    tastes = fit_tastes(*some_ratings(), N_USERS, N_ITEMS, threshold=3.5, way=way)
    arrays = tastes.to_arrays()
    assert all(array.dtype.kind in "fi" for array in arrays.values())
    again = Tastes.from_arrays(arrays)
    codes, values = np.array([4, 8]), np.array([5.0, 1.0])
    assert np.array_equal(again.scores(codes, values), tastes.scores(codes, values))
    assert np.array_equal(again.near(2).score, tastes.near(2).score)
    assert again.threshold == tastes.threshold and again.ease.way == way


def test_four_stars_are_liked_and_the_same_share_elsewhere(bundled: Ratings) -> None:
    usual = liking_threshold(bundled.value)
    assert (usual.value, usual.rule) == (4.0, "stars")
    assert usual.share == pytest.approx(LIKED_SHARE, abs=5e-5)
    for scale in (20, 0.2):
        scaled = (bundled.value.astype(np.float64) * scale).astype(np.float32)
        found = liking_threshold(scaled)
        assert found.rule == "share" and found.value == pytest.approx(4 * scale)
        assert np.array_equal(found.liked(scaled), usual.liked(bundled.value))
    assert liking_threshold(bundled.value * 4 - 12).value == 4 * 4 - 12


def test_a_value_typed_is_compared_as_it_is_stored() -> None:
    stored = np.repeat(np.array([0.2, 0.8], np.float32), 50)
    assert liking_threshold(stored).liked(np.array([0.8, 0.79])).tolist() == [True, False]


def test_whole_stars_are_liked_from_four() -> None:
    assert liking_threshold(np.array([1, 2, 3, 4, 5, 5, 5], np.float32)).value == 4


def test_counts_and_equal_values_are_all_liked() -> None:
    plays = np.random.default_rng(0).lognormal(3, 1.5, 5000).astype(int) + 1
    found = liking_threshold(plays.astype(np.float32))
    assert (found.rule, found.share) == ("counts", 1.0)
    found = liking_threshold(np.append(plays, 0).astype(np.float32))
    assert found.rule == "counts" and found.liked(np.array([0.0, 1.0])).tolist() == [False, True]
    found = liking_threshold(np.ones(7, np.float32))
    assert (found.rule, found.value, found.share) == ("equal", 1.0, 1.0)


def test_yes_and_no_is_no_count_however_rare_a_yes_is() -> None:
    clicks = np.repeat(np.array([0, 1], np.float32), [970, 30])
    found = liking_threshold(clicks)
    assert (found.value, found.rule) == (1.0, "share")


def test_a_threshold_can_be_chosen_but_must_be_reached() -> None:
    values = np.array([1, 2, 3, 4, 5], np.float32)
    found = liking_threshold(values, 2.5)
    assert (found.value, found.share, found.rule) == (2.5, 0.6, "asked")
    assert "2.5 or more (60% of ratings; as you chose)" in found.words
    with pytest.raises(QuestionError, match="choose at most 5"):
        liking_threshold(values, 5.5)


def test_equal_values_leave_no_residuals_but_neighbours() -> None:
    user, item, _ = some_ratings()
    tastes = fit_tastes(user, item, np.full(len(user), 3.3, np.float32), N_USERS, N_ITEMS)
    near = tastes.near(1)
    assert not near.company.cosine.any() and np.isfinite(np.delete(near.score, 1)).all()
    assert near.ease.any()


def test_likes_follow_the_scale(bundled: Ratings) -> None:
    codes, values = np.array([7, 70, 700]), np.array([5.0, 4.0, 1.0])
    usual = fitted_to(bundled)
    scaled = fitted_to(replace(bundled, value=bundled.value * 20))
    np.testing.assert_allclose(scaled.scores(codes, values * 20), usual.scores(codes, values))
    np.testing.assert_allclose(scaled.near(7).score, usual.near(7).score, rtol=1e-9)


def test_dislikes_weigh_little_but_not_nothing(bundled: Ratings) -> None:
    tastes = fitted_to(bundled)
    codes = np.array([7, 70, 700])
    liked, *below = (tastes.scores(codes, np.full(3, value)) for value in (5.0, 3.5, 2.0, 0.5))
    # Evenly from a twentieth of 0.15 at the lowest value to 0.15 where liking begins.
    for scores, share in zip(below, (3.0 / 3.5, 1.5 / 3.5, 0.0), strict=True):
        np.testing.assert_allclose(scores, (0.0075 + 0.1425 * share) * liked)
    assert below[-1].any()


def fitted_to(ratings: Ratings) -> Tastes:
    return fit_tastes(ratings.user, ratings.item, ratings.value, ratings.n_users, ratings.n_items)


def test_titles_and_genres_are_out_of_reach() -> None:
    """Codes and values are all that goes in; nothing that could look further is even loaded."""
    loaded = whole_names_after("import cftui.explore.likes.tastes")
    rooms = ("cftui.ratings.store", "cftui.ratings.values", "cftui.library", "cftui.runs", "torch")
    assert "cftui.explore.likes.ease" in loaded
    assert not [name for name in loaded if name.startswith(rooms)]
