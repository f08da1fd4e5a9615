"""Quality of lists beside scikit-learn, a list worked by hand, and a full sort."""

import numpy as np
import pytest
from sklearn.metrics import ndcg_score

from cftui.evaluation.ranking import HeldOutLikes, held_out_likes, list_quality
from cftui.hyperparameters import DataInfo
from cftui.ratings.parts import TrainingRatings, ValidRatings

NONE: list[int] = []


def codes(*lists: list[int]) -> list[np.ndarray]:
    return [np.array(items, np.int64) for items in lists]


def test_a_list_worked_by_hand() -> None:
    """Places 1 to 3 are items 4, 2, 0; 2 and 3 are wanted, 5 was trained on."""
    scores = np.array([[0.5, 0.1, 0.7, 0.2, 0.9, 1.0]])
    found = list_quality(scores, codes([5, 5]), codes([2, 3]), 3)
    assert found.top.tolist() == [[4, 2, 0]]
    assert found.precision[0] == pytest.approx(1 / 3)
    assert found.recall[0] == pytest.approx(1 / 2)
    assert found.reciprocal_rank[0] == pytest.approx(1 / 2)
    gained, best = 1 / np.log2(3), 1 + 1 / np.log2(3)
    assert found.ndcg[0] == pytest.approx(gained / best)


@pytest.mark.parametrize("k", [1, 5, 20, 60])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_as_scikit_learn_and_a_full_sort_have_it(k: int, kind: type) -> None:
    draw = np.random.default_rng(k)
    n_users, n_items = 40, 50
    scores = draw.normal(size=(n_users, n_items)).astype(kind)
    picked = [draw.permutation(n_items) for _ in range(n_users)]
    sizes = draw.integers(1, 12, n_users)
    relevant = [items[:size] for items, size in zip(picked, sizes, strict=True)]
    out = [items[size : size + 10] for items, size in zip(picked, sizes, strict=True)]
    found = list_quality(scores, out, relevant, k)
    for user in range(n_users):
        left = np.setdiff1d(np.arange(n_items), out[user])
        wanted = np.isin(left, relevant[user])
        order = left[np.argsort(-scores[user, left])][:k]
        hits = np.isin(order, relevant[user])
        assert found.top[user, : len(order)].tolist() == order.tolist()
        assert (found.top[user, len(order) :] == -1).all()
        expected = ndcg_score([wanted], [scores[user, left]], k=k)
        assert found.ndcg[user] == pytest.approx(expected, abs=1e-9)
        assert found.recall[user] == pytest.approx(hits.sum() / sizes[user], abs=1e-12)
        assert found.precision[user] == pytest.approx(hits.sum() / k, abs=1e-12)
        first = 1 / (1 + np.flatnonzero(hits)[0]) if hits.any() else 0.0
        assert found.reciprocal_rank[user] == pytest.approx(first, abs=1e-12)


def test_equal_scores_go_by_code() -> None:
    scores = np.array([[1, 2, 1, 2, 1, 1], [3, 3, 3, 3, 3, 3]])
    found = list_quality(scores, codes(NONE, [0]), codes([0], [1]), 3)
    assert found.top.tolist() == [[1, 3, 0], [1, 2, 3]]


def test_what_has_no_score_is_never_recommended() -> None:
    """Such as what a diverged model gives; empty places are no hits, nor is the last item."""
    scores = np.array([[np.nan, -np.inf, 0.1, np.nan], [np.nan] * 4, [np.inf, 1, 2, 3]])
    found = list_quality(scores, codes(NONE, NONE, NONE), codes([3], [3], [0]), 2)
    assert found.top.tolist() == [[2, -1], [-1, -1], [0, 3]]
    assert found.recall.tolist() == [0, 0, 1]
    assert found.ndcg.tolist() == [0, 0, 1]


def test_scores_given_stay_as_they_are() -> None:
    scores = np.array([[1.0, 2.0, np.nan]])
    list_quality(scores, codes([1]), codes([0]), 2)
    np.testing.assert_array_equal(scores, [[1.0, 2.0, np.nan]])


def test_nobody_has_no_lists() -> None:
    found = list_quality(np.empty((0, 5)), [], [], 3)
    assert found.top.shape == (0, 3) and found.ndcg.shape == (0,)


def likes(most: int | None = None, seed: int = 0) -> HeldOutLikes:
    user = np.array([3, 0, 3, 1, 0, 3], np.int32)
    item = np.array([1, 0, 1, 2, 4, 0], np.int32)
    value = np.full(6, 3, np.float32)
    training = TrainingRatings(user, item, value, DataInfo(5, 6, 0.1, 5.0))
    held_users = np.array([3, 4, 0, 3, 3], np.int32)
    held_items = np.array([5, 1, 2, 2, 5], np.int32)
    held = np.array([0.8, 5, 0.5, 4, 0.8], np.float32)
    valid = ValidRatings(held_users, held_items, held, np.zeros(5, np.bool_), 0.1, 5.0)
    return held_out_likes(training, valid, 0.8, most=most, seed=seed)


def test_held_out_likes() -> None:
    """User 0 likes nothing that was held out; 4 was never trained on; 0.8 stored is 0.8 asked."""
    found = likes()
    assert found.users.tolist() == [3, 4]
    assert [items.tolist() for items in found.trained] == [[1, 1, 0], []]
    assert [items.tolist() for items in found.relevant] == [[2, 5], [1]]
    assert found[1:].users.tolist() == [4] and len(found[1:].relevant) == 1


def test_a_sample_of_users_is_the_same_each_time() -> None:
    seeds = [likes(1, seed).users.tolist() for seed in range(20)]
    assert seeds == [likes(1, seed).users.tolist() for seed in range(20)]
    assert {user for users in seeds for user in users} == {3, 4}
    assert likes(2).users.tolist() == [3, 4]


def test_nobody_liked_anything() -> None:
    training = TrainingRatings(*(np.zeros(1, np.int32),) * 2, np.ones(1), DataInfo(1, 1, 1, 1))
    valid = ValidRatings(*(np.zeros(1, np.int32),) * 2, np.ones(1), np.zeros(1, bool), 1, 1)
    assert len(held_out_likes(training, valid, 2.0)) == 0
