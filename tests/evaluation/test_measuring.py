"""Errors and lists of predictors, beside scikit-learn and users judged one by one."""

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, root_mean_squared_error

from cftui.evaluation import measuring
from cftui.evaluation.measuring import Measurements, measured, user_errors, user_lists
from cftui.evaluation.ranking import HeldOutLikes, list_quality

N_USERS, N_ITEMS, AT = 30, 40, 5


def likes(draw: np.random.Generator) -> HeldOutLikes:
    items = [draw.permutation(N_ITEMS) for _ in range(N_USERS)]
    return HeldOutLikes(
        np.arange(N_USERS), [some[:6] for some in items], [some[6:9] for some in items]
    )


def test_errors_are_scikit_learn_s() -> None:
    draw = np.random.default_rng(0)
    value = draw.integers(1, 11, 500).astype(np.float32) / 2
    user = draw.integers(5, 40, 500)
    both = [value + draw.normal(0, spread, 500) for spread in (0.5, 1.0)]
    methods = [
        Measurements(str(place), "", user_errors(predicted, value, user), None)
        for place, predicted in enumerate(both)
    ]
    for predicted, found in zip(both, measured(methods), strict=True):
        assert set(found) == {"rmse", "mae"}
        expected = root_mean_squared_error(value.astype(np.float64), predicted)
        assert found["rmse"].value == pytest.approx(expected, abs=1e-9)
        expected = mean_absolute_error(value.astype(np.float64), predicted)
        assert found["mae"].value == pytest.approx(expected, abs=1e-9)
        shown = found["rmse"].interval
        assert shown.low < shown.value < shown.high


def test_lists_in_blocks_are_the_lists_of_each(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = np.random.default_rng(1)
    held_out, scores = likes(draw), draw.normal(size=(N_USERS, N_ITEMS))
    counts = draw.integers(0, 50, N_ITEMS)
    whole = list_quality(scores, held_out.trained, held_out.relevant, AT)
    monkeypatch.setattr(measuring, "CELLS", 7 * N_ITEMS)
    asked: list[int] = []

    def ranks(users: np.ndarray) -> np.ndarray:
        asked.append(len(users))
        return scores[users]

    heard: list[int] = []
    found = user_lists(ranks, held_out, counts, AT, heard.append)
    assert asked == [7, 7, 7, 7, 2] and heard == [7, 14, 21, 28, 30]
    for name in ("precision", "recall", "ndcg", "reciprocal_rank"):
        np.testing.assert_array_equal(getattr(found, name), getattr(whole, name))
    np.testing.assert_allclose(found.popularity, counts[whole.top].mean(axis=1))
    assert set(np.flatnonzero(found.recommended)) == set(whole.top.reshape(-1))


def test_places_left_empty_are_no_items() -> None:
    one = HeldOutLikes(np.array([0]), [np.array([], int)], [np.array([2])])
    scores = np.array([[-np.inf, np.nan, 1.0]])
    found = user_lists(lambda users: scores, one, np.array([9, 9, 4]), 2)
    assert found.popularity.tolist() == [4.0]
    assert found.recommended.tolist() == [False, False, True]


def test_measures_of_lists_and_their_paired_differences() -> None:
    draw = np.random.default_rng(2)
    held_out, counts = likes(draw), np.ones(N_ITEMS)
    good = draw.normal(size=(N_USERS, N_ITEMS))
    for user, items in enumerate(held_out.relevant):
        good[user, items] += 1.5
    lists = [
        user_lists(lambda users, scores=scores: scores[users], held_out, counts, AT)
        for scores in (good, draw.normal(size=good.shape))
    ]
    ours, theirs = measured([Measurements(str(n), "", None, one) for n, one in enumerate(lists)])
    assert ours["ndcg"].value == pytest.approx(lists[0].ndcg.mean(), abs=1e-12)
    gain = ours["ndcg"].minus(theirs["ndcg"])
    assert gain.value == pytest.approx((lists[0].ndcg - lists[1].ndcg).mean(), abs=1e-12)
    assert 0 < gain.low < gain.value < gain.high
    nothing = ours["ndcg"].minus(ours["ndcg"])
    assert (nothing.low, nothing.value, nothing.high) == (0, 0, 0)
    covered = ours["coverage"].interval
    assert covered.low == covered.value == covered.high == lists[0].recommended.mean()


def test_what_was_measured_is_kept_as_arrays() -> None:
    draw = np.random.default_rng(3)
    held_out, scores = likes(draw), draw.normal(size=(N_USERS, N_ITEMS))
    lists = user_lists(lambda users: scores[users], held_out, np.ones(N_ITEMS), AT)
    errors = user_errors(np.ones(5), np.arange(5.0), np.array([1, 1, 2, 4, 4]))
    for made in (Measurements("a", "b", errors, lists), Measurements("a", "b", None, lists)):
        again = Measurements.from_arrays("a", "b", made.to_arrays())
        assert (again.errors is None) == (made.errors is None)
        assert again.to_arrays().keys() == made.to_arrays().keys()
        for name, array in made.to_arrays().items():
            np.testing.assert_array_equal(again.to_arrays()[name], array)
    broken = {name: array for name, array in made.to_arrays().items() if "ndcg" not in name}
    with pytest.raises(KeyError):
        Measurements.from_arrays("a", "b", broken)
