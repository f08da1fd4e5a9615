"""The mean and damped biases against least squares solved at once."""

import numpy as np
import pytest

from cftui.config import RunConfig
from cftui.evaluation import baselines
from cftui.evaluation.baselines import fit_biases
from cftui.ratings.pairs import Pairs
from cftui.ratings.split import split
from cftui.ratings.values import Ratings


def test_biases_are_the_damped_least_squares(monkeypatch: pytest.MonkeyPatch) -> None:
    """The minimum of the squared errors plus the damping times the squared biases."""
    monkeypatch.setattr(baselines, "SWEEPS", 500)
    draw = np.random.default_rng(0)
    user, item = draw.integers(0, 5, 40), draw.integers(0, 7, 40)
    value = draw.uniform(1, 5, 40).astype(np.float32)
    found = fit_biases(Pairs(user, item), value, 6, 8)  # one user and one item without a rating
    design = np.zeros((40, 14))
    design[np.arange(40), user] = 1
    design[np.arange(40), 6 + item] = 1
    normal = design.T @ design + baselines.DAMPING * np.eye(14)
    expected = np.linalg.solve(normal, design.T @ (value - value.mean(dtype=np.float64)))
    np.testing.assert_allclose(found.user, expected[:6], atol=1e-9)
    np.testing.assert_allclose(found.item, expected[6:], atol=1e-9)
    assert found.user[5] == 0 and found.item[7] == 0
    score = found.score(Pairs(np.array([5]), np.array([7])))
    assert score == pytest.approx(value.mean(), abs=1e-6)


def test_they_are_as_good_as_biases_are_on_the_bundled_ratings(bundled: Ratings) -> None:
    """0.782 to 0.785 by other programs, on the lesson's split; the values' variance is 1.12."""
    parts = split(RunConfig().split, bundled)
    train, valid = parts.train, parts.valid
    fitted = fit_biases(
        Pairs(bundled.user[train], bundled.item[train]),
        bundled.value[train],
        bundled.n_users,
        bundled.n_items,
    )
    actual = bundled.value[valid]
    mse = ((fitted.score(Pairs(bundled.user[valid], bundled.item[valid])) - actual) ** 2).mean()
    assert 0.780 < mse < 0.787
    assert ((fitted.mean - actual) ** 2).mean() == pytest.approx(1.1238, abs=1e-4)
