"""Whether the sampler draws from the posterior that it should, where that is known exactly."""

from collections.abc import Iterator

import numpy as np

from cftui.doctor.finding import Finding, first_line
from cftui.hyperparameters import why_not_here
from cftui.ratings.features import Field, SparseRows, Whose

SECTION = "arithmetic"
NAME = "cpu bayes-fm posterior"
N_USERS, N_ITEMS, N_RATINGS = 4, 5, 40
SWEEPS, BURN, BATCHES = 6_200, 200, 40
TOLERANCE = 5.0
"""Standard errors that a mean may be from the exact one: one mean of millions is further."""
SPREAD_TOLERANCE = 0.15
"""Share by which a standard deviation may be from the exact one."""


def sampling_findings() -> Iterator[Finding]:
    """Yield how far draws of a linear model end from its closed form (Bishop 2006, eq. 3.50)."""
    missing = why_not_here("bayes-fm")
    if missing:
        yield Finding(SECTION, NAME, f"not tried: {missing}", "warn", missing)
        return
    try:
        apart, spread = compare()
    except Exception as error:  # whatever fails on this machine is what is to be told
        words, remedy = f"failed: {first_line(error)}", "send this report with an issue"
        yield Finding(SECTION, NAME, words, "fail", remedy)
        return
    numbers = {"standard_errors_apart": apart, "spread_apart": spread}
    words = (
        f"means of {SWEEPS - BURN:,} draws at most {apart:.1f} standard errors from the exact"
        f" posterior, its spread within {spread:.0%}"
    )
    if apart <= TOLERANCE and spread <= SPREAD_TOLERANCE:
        yield Finding(SECTION, NAME, words, numbers=numbers)
    else:
        remedy = "do not trust bayes-fm here; send this report with an issue"
        yield Finding(SECTION, NAME, words, "fail", remedy, numbers)


def compare(bend: float = 0.0) -> tuple[float, float]:
    """Return how far means are from the exact ones, in standard errors, and spreads, as a share.

    `bend` is added to the noise's precision that the sampler is told: a fault to be found.
    """
    from cftui.training.gibbs.design import make_design
    from cftui.training.gibbs.kernels import linear_of_side

    draw = np.random.default_rng(7)
    user, item = draw.integers(0, N_USERS, N_RATINGS), draw.integers(0, N_ITEMS, N_RATINGS)
    fields = [_one_hot("user", "user", N_USERS), _one_hot("item", "item", N_ITEMS)]
    design = make_design(user, item, N_USERS, N_ITEMS, fields, {})
    n = design.n_features
    x = np.zeros((N_RATINGS, n))
    x[np.arange(N_RATINGS), design.user] = 1.0
    x[np.arange(N_RATINGS), N_USERS + design.item.astype(int)] = 1.0
    y = draw.normal(0, 1, N_RATINGS)
    noise = draw.uniform(0.5, 3.0, N_USERS)[design.user]
    mean, precision = draw.normal(0, 0.5, n), draw.uniform(1, 4, n)
    inverse = np.linalg.inv(x.T @ (noise[:, None] * x) + np.diag(precision))
    expected = inverse @ (x.T @ (noise * y) + precision * mean)
    weights, error, kept = np.zeros(n + 1), y.copy(), np.empty((SWEEPS, n))
    mean, precision = np.append(mean, 0), np.append(precision, 0)
    for sweep in range(SWEEPS):
        z = draw.standard_normal(n + 1)
        for side in (design.users, design.items):
            linear_of_side(side, error, noise + bend, weights, mean, precision, z)
        kept[sweep] = weights[:-1]
    kept = kept[BURN:]
    # Standard errors from the means of batches far longer than draws stay alike.
    batches = kept.reshape(BATCHES, -1, n).mean(axis=1)
    errors = batches.std(axis=0, ddof=1) / BATCHES**0.5
    apart = np.abs(kept.mean(axis=0) - expected) / errors
    spread = np.abs(kept.std(axis=0) / np.sqrt(inverse.diagonal()) - 1)
    return float(apart.max()), float(spread.max())


def _one_hot(name: str, of: Whose, width: int) -> Field:
    rows = SparseRows(
        np.arange(width + 1), np.arange(width, dtype=np.int32), np.ones(width, np.float32)
    )
    return Field.of_rows(name, width, of, rows, one_hot=True)
