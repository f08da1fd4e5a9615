"""Where predictions go wrong: groups and counts worked by hand and beside scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix

from cftui.evaluation.predictions import (
    calibration,
    farthest_off,
    joint_counts,
    quantile_groups,
    residual_cells,
)


def test_joint_counts_are_a_confusion_matrix_where_both_are_whole() -> None:
    draw = np.random.default_rng(0)
    predicted, actual = draw.integers(0, 20, 300) + 0.5, draw.integers(0, 5, 300)
    found = joint_counts(predicted, actual.astype(np.float32), 0.0, 20.0)
    table = np.array(found.counts)
    expected = confusion_matrix(predicted.astype(int), actual, labels=range(20))[:, :5]
    assert table.tolist() == expected.tolist()
    assert found.actual_edges == (-0.5, 0.5, 1.5, 2.5, 3.5, 4.5)


@given(
    st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=60),
    st.sampled_from([(0.5, 5.0), (0.0, 0.1), (3.0, 3.0), (-10.0, 90.0)]),
    st.integers(0, 9),
)
def test_every_rating_is_counted_wherever_it_falls(
    predicted: list[float], span: tuple[float, float], seed: int
) -> None:
    low, high = span
    draw = np.random.default_rng(seed)
    actual = draw.uniform(low, high, len(predicted)).astype(np.float32)
    if seed % 2:
        actual = np.where(actual < (low + high) / 2, low, high).astype(np.float32)
    found = joint_counts(np.array(predicted), actual, np.float32(low), np.float32(high))
    assert np.array(found.counts).sum() == len(predicted)
    assert np.array(found.counts).shape == (
        len(found.predicted_edges) - 1,
        len(found.actual_edges) - 1,
    )
    assert (np.diff(found.predicted_edges) > 0).all() and (np.diff(found.actual_edges) > 0).all()


def test_many_levels_share_columns() -> None:
    actual = np.linspace(0, 100, 301)
    found = joint_counts(actual, actual, 0.0, 100.0)
    assert np.array(found.counts).shape == (20, 10)
    assert np.array(found.counts).sum() == 301


def test_calibration_says_what_was_really_given() -> None:
    """Predictions are half a unit too high for the upper half."""
    draw = np.random.default_rng(1)
    actual = draw.uniform(1, 5, 2_000)
    predicted = actual + np.where(actual > 3, 0.5, 0.0)
    found = calibration(predicted, actual, draw.integers(0, 50, 2_000))
    assert sum(point.n for point in found) == 2_000 and len(found) == 10
    assert [point.predicted for point in found] == sorted(point.predicted for point in found)
    assert found[0].predicted - found[0].actual.value == pytest.approx(0, abs=1e-9)
    assert found[-1].predicted - found[-1].actual.value == pytest.approx(0.5, abs=1e-9)
    assert all(point.actual.low < point.actual.value < point.actual.high for point in found)


def test_a_constant_prediction_is_one_point() -> None:
    (point,) = calibration(np.full(6, 3.0), np.arange(6.0), np.arange(6))
    assert (point.predicted, point.actual.value, point.n) == (3.0, 2.5, 6)


def test_residuals_by_activity_and_popularity() -> None:
    user_counts, item_counts = np.array([1, 1, 1, 9, 9, 9]), np.array([2, 2, 8, 2, 8, 8])
    predicted, actual = np.array([3.0, 4, 4, 2, 2, 5]), np.array([2.0, 4, 5, 2, 1, 3])
    (idle_rare, idle_known), (busy_rare, busy_known) = residual_cells(
        predicted, actual, user_counts, item_counts
    )
    assert (idle_rare.activity, idle_rare.popularity, idle_rare.n) == ((1, 1), (2, 2), 2)
    assert idle_rare.residual == 0.5 and idle_rare.rmse == pytest.approx(np.sqrt(0.5))
    assert (idle_known.residual, idle_known.n) == (-1, 1)
    assert (busy_rare.residual, busy_rare.rmse) == (0, 0)
    assert busy_known.residual == 1.5 and busy_known.rmse == pytest.approx(np.sqrt(2.5))


@given(st.lists(st.integers(0, 12), min_size=1, max_size=50), st.integers(1, 6))
def test_groups_have_no_hole_and_keep_the_order(values: list[int], n: int) -> None:
    groups, count = quantile_groups(np.array(values), n)
    assert set(groups.tolist()) == set(range(count)) and count <= n
    order = np.argsort(values, kind="stable")
    assert (np.diff(groups[order]) >= 0).all()
    for value in set(values):
        assert len(set(groups[np.array(values) == value])) == 1


def test_the_worst_come_first() -> None:
    assert farthest_off(np.array([1.0, 5, 3, 2]), np.array([2.0, 1, 3, 1]), 3).tolist() == [1, 0, 3]
