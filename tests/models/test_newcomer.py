"""A newcomer in every draw of a machine: against closed forms, and how sure it is of them."""

from dataclasses import replace

import numpy as np
import pytest

from cftui.models import newcomer
from cftui.models.draws import Draws
from cftui.models.newcomer import crowd_of, take_in
from cftui.ratings.pairs import Pairs

N_DRAWS, N_USERS, N_ITEMS, RANK = 60, 400, 120, 3
NOISE = 0.25


@pytest.fixture(scope="module")
def truth() -> Draws:
    """Every draw is the truth, so that nothing but the newcomer is unknown."""
    draw = np.random.default_rng(3)
    users = 0.5 * draw.standard_normal((N_USERS, 1 + RANK))
    items = 0.5 * draw.standard_normal((N_ITEMS, 1 + RANK))
    own = np.array([[0.3, 0.2, -0.1, 0.4], [-0.2, 0.1, 0.3, 0.2]])  # of two fields, not known
    stacked = [
        np.broadcast_to(a, (N_DRAWS, *a.shape)).astype(np.float32) for a in (users, items, own)
    ]
    intercepts = np.full(N_DRAWS, 3.4, np.float32)
    first, variances = np.array([0, 0, 0]), np.full(N_USERS, NOISE)
    return Draws(intercepts, *stacked, variances, first, -20.0, 20.0)


def everybody() -> np.ndarray:
    return np.ones(N_USERS, np.bool_)


def test_with_a_known_noise_it_is_a_linear_regression(
    truth: Draws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its mean and variance in closed form (Bishop 2006, eqs. 3.49 to 3.51 and 3.59)."""
    monkeypatch.setattr(newcomer, "NOISE_STRENGTH", 1e9)
    draw = np.random.default_rng(4)
    items, values = draw.permutation(N_ITEMS)[:12], draw.normal(3, 1, 12)
    found = take_in(truth, crowd_of(truth, everybody()), items, values)
    # What is predicted is linear in the user's row: found by asking for users that are units.
    units = np.vstack([np.zeros(1 + RANK), np.eye(1 + RANK)])
    rows = np.broadcast_to(units, (N_DRAWS, *units.shape)).astype(np.float32)
    of_units = replace(truth, users=rows, variances=np.zeros(len(units)))
    told = np.array([of_units.score_all_items(user) for user in range(len(units))], np.float64)
    offsets, inputs = told[0], (told[1:] - told[0]).T
    own = truth.users[0].astype(np.float64)
    prior = np.linalg.inv(np.cov(own.T))
    x, rest = inputs[items], values - offsets[items]
    covariance = np.linalg.inv(prior + x.T @ x / NOISE)
    mean = covariance @ (prior @ own.mean(axis=0) + x.T @ rest / NOISE)
    np.testing.assert_allclose(found.score_all_items(0), offsets + inputs @ mean, atol=2e-3)
    variances = NOISE + np.einsum("nk,kl,nl->n", inputs, covariance, inputs)
    # What 60 draws scatter by tells a variance to about a fifth.
    np.testing.assert_allclose(
        (found.variances - NOISE).mean(), (variances - NOISE).mean(), rtol=0.2
    )


def test_bands_narrow_as_they_rate_and_hold_eighty_percent(truth: Draws) -> None:
    draw, crowd = np.random.default_rng(5), crowd_of(truth, everybody())
    widths, inside = {}, {}
    everything = Pairs.of_user(0, np.arange(N_ITEMS))
    for n in (0, 1, 5, 20, 60):
        of_people = []
        for _ in range(15):
            row = 0.5 * draw.standard_normal((N_DRAWS, 1, 1 + RANK))
            row[:] = row[0]
            theirs = replace(truth, users=row.astype(np.float32), variances=np.zeros(1))
            values = theirs.score_all_items(0) + np.sqrt(NOISE) * draw.standard_normal(N_ITEMS)
            order = draw.permutation(N_ITEMS)
            low, high = take_in(truth, crowd, order[:n], values[order[:n]]).interval(everything)
            others = order[n:]
            within = (low[others] <= values[others]) & (values[others] <= high[others])
            of_people.append(((high - low).mean(), within.mean()))
        widths[n], inside[n] = np.mean(of_people, axis=0)
    assert sorted(widths.values(), reverse=True) == list(widths.values())
    assert widths[60] < 0.8 * widths[0]
    assert widths[60] > 2 * 1.2816 * np.sqrt(NOISE)  # the noise of ratings is left
    assert all(0.72 < share < 0.88 for share in inside.values()), inside


def test_the_same_ratings_give_the_same_and_a_noisy_person_wide_bands(truth: Draws) -> None:
    draw, crowd = np.random.default_rng(6), crowd_of(truth, everybody())
    items = draw.permutation(N_ITEMS)[:30]
    calm = truth.score_all_items(7)[items]
    wild = calm + draw.choice([-2.0, 2.0], 30)
    everything = Pairs.of_user(0, np.arange(N_ITEMS))
    first, again = (take_in(truth, crowd, items, calm).interval(everything) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    low, high = take_in(truth, crowd, items, wild).interval(everything)
    assert (high - low).mean() > 1.5 * (first[1] - first[0]).mean()
