"""Intervals cover what they should, and are what a loop over resamples gives."""

import numpy as np
import pytest

from cftui.evaluation import intervals
from cftui.evaluation.intervals import interval, resampled

DATA_SETS = 300


def covered(truth: float, draws: np.ndarray) -> bool:
    found = interval(truth, draws)
    return found.low <= truth <= found.high


def test_the_interval_of_an_error_covers_it_in_a_simulation() -> None:
    """Users differ in how many ratings they have and in how well they are predicted.

    The expected squared error of a rating is E[n s²] / E[n], s² a user's own; it is known here.
    """
    draw = np.random.default_rng(7)
    n_users, hits = 120, 0
    # n is 1 + Poisson(12), s² is 0.5 + n / 20: the busy are predicted worse.
    mean, mean_of_squares = 13.0, 12.0 + 13.0**2
    truth = (0.5 * mean + mean_of_squares / 20) / mean
    for data_set in range(DATA_SETS):
        n = 1 + draw.poisson(12, n_users)
        sums = np.array([(draw.normal(0, np.sqrt(0.5 + k / 20), k) ** 2).sum() for k in n])
        hits += covered(truth, resampled(sums[:, None], n[:, None], seed=data_set)[:, 0])
    assert 0.90 <= hits / DATA_SETS <= 0.99


def test_the_interval_of_a_paired_difference_covers_it_and_is_narrower() -> None:
    """Two methods' list quality, mostly the user's own; one of them is better by 0.05."""
    draw = np.random.default_rng(11)
    n_users, hits, narrower = 150, 0, 0
    for data_set in range(DATA_SETS):
        taste = draw.beta(1, 3, n_users)
        pair = np.stack([taste + draw.normal(c, 0.1, n_users) for c in (0.05, 0.0)], axis=1)
        draws = resampled(pair, np.ones((n_users, 1)), seed=data_set)
        difference = draws[:, 0] - draws[:, 1]
        hits += covered(0.05, difference)
        narrower += difference.std() < draws[:, 0].std()
    assert 0.90 <= hits / DATA_SETS <= 0.99
    assert narrower == DATA_SETS


def test_resamples_are_those_of_a_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mean and spread of the ratio, against a plain loop that repeats whole users."""
    draw = np.random.default_rng(3)
    sizes = draw.integers(1, 30, 40)
    sums = draw.gamma(2, sizes)
    ours = resampled(sums[:, None], sizes[:, None])[:, 0]
    loop = []
    for _ in range(4_000):
        users = draw.integers(0, 40, 40)
        loop.append(sums[users].sum() / sizes[users].sum())
    assert ours.mean() == pytest.approx(np.mean(loop), abs=4 * np.std(loop) / np.sqrt(1_000))
    assert ours.std() == pytest.approx(np.std(loop), rel=0.12)
    np.testing.assert_array_equal(ours, resampled(sums[:, None], sizes[:, None])[:, 0])
    assert not np.array_equal(ours, resampled(sums[:, None], sizes[:, None], seed=1)[:, 0])


def test_each_resample_has_as_many_users_in_blocks_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intervals, "BLOCK", 7 * 60)
    draws = resampled(np.full((60, 2), 3.0), np.ones((60, 1)))
    assert draws.shape == (intervals.RESAMPLES, 2)
    np.testing.assert_allclose(draws, 3.0)


def test_users_without_a_column_s_ratings_leave_no_hole() -> None:
    """Few have ratings of a kind: resamples without any of them are left out."""
    sums, sizes = np.zeros((50, 1)), np.zeros((50, 1))
    sums[0], sizes[0] = 6.0, 2.0
    draws = resampled(sums, sizes)
    assert np.isnan(draws).any()
    found = interval(3.0, draws[:, 0])
    assert (found.value, found.low, found.high) == (3.0, 3.0, 3.0)
