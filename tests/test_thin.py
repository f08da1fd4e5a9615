"""Thinning keeps the trend."""

import numpy as np
import pytest

from cftui.thin import floats, means


def test_a_short_series_is_left_as_it_is() -> None:
    x, y = means([1, 2, 3], [4, 5, 6], 3)
    assert x.tolist() == [1, 2, 3]
    assert y.tolist() == [4, 5, 6]


def test_means_of_equal_slices() -> None:
    x, y = means(range(6), [1, 3, 10, 20, 0, 0], 3)
    assert x.tolist() == [0.5, 2.5, 4.5]
    assert y.tolist() == [2, 15, 0]


@pytest.mark.parametrize("n", [7, 100, 101, 999, 1000])
def test_means_of_uneven_slices_follow_a_straight_line(n: int) -> None:
    x, y = means(np.arange(n), 3.0 * np.arange(n) + 1, 7)
    assert len(x) == len(y) == 7
    np.testing.assert_allclose(y, 3 * x + 1)


def test_means_leave_gaps_out() -> None:
    _, y = means(range(6), [1, np.nan, np.inf, 4, np.nan, np.nan], 3)
    assert y[:2].tolist() == [1, 4]
    assert np.isnan(y[2])


def test_wrong_use_is_told() -> None:
    with pytest.raises(ValueError, match="equally long"):
        means([1, 2], [1], 3)
    with pytest.raises(ValueError, match="buckets"):
        means([1], [1], 0)


def test_empty_series() -> None:
    assert means([], [], 3)[0].size == 0


def test_floats_are_plain() -> None:
    assert floats(np.float32([1, 2])) == (1.0, 2.0)
    assert type(floats([1])[0]) is float
