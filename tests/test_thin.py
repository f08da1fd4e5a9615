"""Thinning keeps the trend."""

from itertools import pairwise

import numpy as np
import pytest

from cftui.thin import extremes, floats, means, slices


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


@pytest.mark.parametrize(("n", "buckets"), [(41, 20), (1000, 7), (999, 160), (20_001, 80)])
def test_extremes_are_those_of_every_slice(n: int, buckets: int) -> None:
    rng = np.random.default_rng(n)
    y = rng.standard_cauchy(n)
    y[rng.random(n) < 0.1] = np.nan
    x, kept = extremes(np.arange(n), y, buckets)
    assert len(x) <= 2 * buckets and (np.diff(x) > 0).all()
    assert all(y[int(at)] == value for at, value in zip(x, kept, strict=True))
    edges = np.linspace(0, n, buckets + 1).astype(int)
    for begin, end in pairwise(edges):
        part = [value for value in y[begin:end] if not np.isnan(value)]
        shown = [value for at, value in zip(x, kept, strict=True) if begin <= at < end]
        assert (min(shown), max(shown)) == (min(part), max(part))


def test_extremes_of_what_is_short_or_unknown() -> None:
    assert extremes([1, 2], [3, np.nan], 1)[0].tolist() == [1, 2]
    x, y = extremes(range(9), [np.nan] * 9, 2)
    assert x.tolist() == [0, 4] and np.isnan(y).all()


def test_slices_of_a_logarithmic_axis_are_as_wide_as_each_other() -> None:
    x = np.arange(1, 10_001)
    begins = x[slices(x, 4, True)]
    assert begins.tolist() == [1, 10, 100, 1000]
    assert slices([], 4, True).tolist() == []
    assert slices([5.0, 5.0], 4, True).tolist() == [0]
