"""The sampler's kernels against the formulas, and its posterior against a closed form."""

from pathlib import Path

import numpy as np
import pytest
from gibbs_reference import both, dense, small_design, small_problem

from cftui.training.gibbs import kernels
from cftui.training.gibbs.chain import Chain
from cftui.training.gibbs.compiled import HERE, source_key


@pytest.mark.parametrize("timed", [True, False])
def test_a_sweep_is_what_the_formulas_say(timed: bool) -> None:
    chain, slow = both(timed=timed)
    for sweep in range(1, 4):
        for part in range(chain.parts):
            randoms = chain.randoms(sweep, part)
            chain.draw(randoms, part)
            slow.draw(randoms, part)
            s = chain.sample
            assert s.intercept[0] == pytest.approx(slow.w0, abs=1e-9)
            assert np.allclose(s.linear[:-1], slow.w, atol=1e-8)
            assert np.allclose(s.factors[:, :-1], slow.v, atol=1e-8)
            assert np.allclose(s.means, slow.means, atol=1e-8)
            assert np.allclose(s.precisions, slow.precisions, rtol=1e-7)
            assert np.allclose(s.noise, slow.noise, rtol=1e-7)
            assert np.allclose(s.error, slow.y - slow.predicted(), atol=1e-8)
    assert chain.sample.linear[-1] == 0 and not chain.sample.factors[:, -1].any()


def test_the_posterior_of_a_linear_model_is_its_closed_form() -> None:
    """Bishop 2006, eq. 3.50: with known noise and priors it is normal."""
    user, item, values, fields = small_problem(1)
    design = small_design(user, item, fields)
    order = design.order
    x, y = dense(user, item, fields)[order], values[order].astype(np.float64)
    draw = np.random.default_rng(0)
    noise_of = draw.uniform(0.5, 3.0, 5)
    noise = noise_of[design.user]
    n_features = design.n_features
    mean, precision = (
        np.append(draw.normal(0, 0.5, n_features), 0),
        np.append(draw.uniform(1, 4, n_features), 0),
    )
    inverse = np.linalg.inv(x.T @ (noise[:, None] * x) + np.diag(precision[:-1]))
    expected = inverse @ (x.T @ (noise * y) + precision[:-1] * mean[:-1])
    weights, error, kept = np.zeros(n_features + 1), y.copy(), []
    for sweep in range(12_000):
        z = draw.standard_normal(n_features + 1)
        for side in (design.users, design.items):
            kernels.linear_of_side(side, error, noise, weights, mean, precision, z)
        first = design.first[design.n_of_sides :]
        kernels.linear_of_ratings(design.codes, first, error, noise, weights, mean, precision, z)
        if sweep >= 200:
            kept.append(weights[:-1].copy())
    found = np.array(kept)
    # Standard errors from the means of batches far longer than draws stay alike.
    batches = found.reshape(50, -1, n_features).mean(axis=1)
    standard_error = batches.std(axis=0, ddof=1) / np.sqrt(len(batches))
    assert (np.abs(found.mean(axis=0) - expected) < 4.5 * standard_error + 1e-3).all()
    assert np.allclose(np.cov(found.T), inverse, atol=0.08 * inverse.diagonal().max())


def test_random_numbers_depend_on_seed_chain_sweep_and_part_alone() -> None:
    chain, _ = both()
    user, item, values, fields = small_problem()
    design = small_design(user, item, fields)
    again = Chain(design, values, 2, (3, 0)).randoms(5, 1)
    assert np.array_equal(chain.randoms(5, 1).weights, again.weights)
    others = [
        Chain(design, values, 2, key).randoms(sweep, part).weights
        for key, sweep, part in (((3, 1), 5, 1), ((4, 0), 5, 1), ((3, 0), 6, 1), ((3, 0), 5, 2))
    ]
    assert all(not np.array_equal(again.weights, other) for other in others)


def test_another_version_does_not_read_what_this_one_compiled(tmp_path: Path) -> None:
    """It names this one's classes, and fails where they are called otherwise."""
    for path in HERE.glob("*.py"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    assert source_key(tmp_path) == source_key(HERE)
    kernels_file = tmp_path / "kernels.py"
    kernels_file.write_text(kernels_file.read_text().replace("RelationBlock", "Side"))
    assert source_key(tmp_path) != source_key(HERE)
    assert source_key(HERE) in kernels.factor.stats.cache_path  # type: ignore[attr-defined]
