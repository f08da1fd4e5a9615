"""Where most losses of the batches lie: their quantiles, slice by slice; numpy alone."""

from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from cftui.runs.history import Curve

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

NORMAL = NormalDist()
TENTH = -NORMAL.inv_cdf(0.1)
"""Standard deviations from the mean of a normal distribution to a tenth of it."""
FIVE = (-TENTH, NORMAL.inv_cdf(0.3), 0.0, -NORMAL.inv_cdf(0.3), TENTH)
"""Middles of five equal parts of a normal distribution, in standard deviations."""
MOST_EVENTS = 4000
"""Looked at; of more, every so many-th, which is a fair sample: a chart must not hold keys up."""


def loss_band(curve: Curve, first: int, last: int, edges: Places) -> tuple[Floats, Floats]:
    """Return the 10 % and the 90 % quantile of the batch losses in each slice, shape (slices,).

    Of the events `first` to `last`, sliced at `edges`, which begin with 0 and rise. An event
    stands for the losses since the one before: for one of several, values as a normal distribution
    on each side of its mean has them, by its own quantiles or, in older runs, by its extremes
    (expected ones after Blom 1958). Where each event is one loss, and they are not too many, the
    quantiles are exact (Hazen).
    """
    places = np.repeat(np.arange(len(edges)), np.diff(np.append(edges, last - first)))
    some = _sample(places, len(edges))
    places, at = places[some], first + some
    before = np.array(curve.step, np.float64)
    counts = np.diff(before, prepend=0.0)[at].clip(1.0)
    mean = np.array(curve.loss)[at]
    low = _deviations(mean, np.array(curve.low)[at], np.array(curve.tenth)[at], counts)
    high = _deviations(mean, np.array(curve.high)[at], np.array(curve.ninetieth)[at], counts)
    z = np.array((0.0,) if (counts == 1).all() else FIVE)
    values = mean[:, None] + np.where(z < 0, low[:, None], high[:, None]) * z
    weights = np.repeat(counts, len(z))
    return _quantiles(values.ravel(), weights, np.repeat(places, len(z)), len(edges))


def _sample(places: Places, slices: int) -> Places:
    """Return which events are looked at: all, or every so many-th and the first of each slice."""
    every = -(-len(places) // MOST_EVENTS)
    firsts = np.searchsorted(places, np.arange(slices))
    return (
        np.union1d(np.arange(0, len(places), every), firsts)
        if every > 1
        else np.arange(len(places))
    )


def _deviations(mean: Floats, extreme: Floats, known: Floats, counts: Floats) -> Floats:
    """Return the standard deviation that each event's losses have on one side of their mean."""
    sizes, which = np.unique(counts, return_inverse=True)
    expected = np.array([NORMAL.inv_cdf((n - 0.375) / (n + 0.25)) for n in sizes])[which]
    told = np.abs(extreme - mean)
    of_extreme = np.divide(told, expected, where=expected > 1e-9, out=np.zeros_like(told))
    return np.where(np.isfinite(known), np.abs(mean - known) / TENTH, of_extreme)


def _quantiles(
    values: Floats, weights: Floats, places: Places, slices: int
) -> tuple[Floats, Floats]:
    """Return two weighted quantiles of each slice, each value in the middle of its weight."""
    order = np.lexsort((values, places))
    values, weights, places = values[order], weights[order], places[order]
    starts = np.searchsorted(places, np.arange(slices))
    totals = np.add.reduceat(weights, starts)
    before = np.cumsum(weights) - weights
    share = (before - before[starts][places] + weights / 2) / totals[places]
    ends = np.append(starts[1:], len(values)) - 1
    # each slice from its least to its greatest value, so that none reaches into the next
    at = np.concatenate((places + share, np.arange(slices), np.arange(slices) + 1 - 1e-9))
    known = np.concatenate((values, values[starts], values[ends]))
    order = np.argsort(at, kind="stable")
    slots, at, known = np.arange(slices), at[order], known[order]
    return np.interp(slots + 0.1, at, known), np.interp(slots + 0.9, at, known)
