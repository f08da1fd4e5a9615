"""Nearness of factors, also where weight decay has nearly worn them away."""

import numpy as np
import pytest

from cftui.explore.neighbours import nearness


@pytest.mark.parametrize("size", [1.0, 1e-20, 1e-37])
def test_cosine_does_not_depend_on_length(size: float) -> None:
    factors = np.random.default_rng(0).normal(size=(50, 8)).astype(np.float32)
    whole = nearness(factors, 0, "cosine")
    factors[0] *= np.float32(size)
    factors[1:10] *= np.float32(size)
    worn = nearness(factors, 0, "cosine")
    assert np.abs(worn).max() <= 1 + 1e-6
    np.testing.assert_allclose(worn, whole, atol=1e-6)


def test_a_factor_of_nothing_is_near_to_nothing() -> None:
    factors = np.zeros((3, 4), np.float32)
    factors[1] = 1
    assert nearness(factors, 0, "cosine").tolist() == [0, 0, 0]
