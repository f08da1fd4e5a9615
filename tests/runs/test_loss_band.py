"""The band that most batch losses lie in, beside the quantiles of the losses themselves."""

from dataclasses import replace

import numpy as np
import pytest

from cftui.runs.events import Step
from cftui.runs.history import Curve
from cftui.runs.loss_band import loss_band
from cftui.training.progress import Progress
from cftui.training.reporter import Reporter


def curve_of(losses: np.ndarray, every: int, *, older: bool = False) -> Curve:
    """Return what a reporter tells of losses, an event for so many; older ones lack quantiles."""
    told: list[Step] = []
    reporter, progress = Reporter(told.append, finest=0.0), Progress()  # type: ignore[arg-type]
    for number, loss in enumerate(losses.tolist(), 1):
        reporter.take(loss)
        progress.step = number
        if number % every == 0:
            reporter.report(progress, 0.1, now=True)
    curve = Curve()
    for event in told:
        curve.append(replace(event, tenth=None, ninetieth=None) if older else event)
    return curve


def test_where_each_event_is_one_loss_the_quantiles_are_exact() -> None:
    losses = np.random.default_rng(0).gamma(2.0, size=1000)
    edges = np.arange(0, 1000, 100)
    low, high = loss_band(curve_of(losses, 1), 0, 1000, edges)
    for place, begin in enumerate(edges):
        told = np.quantile(losses[begin : begin + 100], (0.1, 0.9), method="hazen")
        assert (low[place], high[place]) == pytest.approx(tuple(told), rel=1e-5)


@pytest.mark.parametrize("older", [False, True])
def test_of_events_of_many_losses_the_band_is_near_the_quantiles(older: bool) -> None:
    rng = np.random.default_rng(1)
    losses = rng.normal(np.linspace(2, 0.8, 6000), 0.1)
    curve = curve_of(losses, 30, older=older)
    edges = np.arange(0, 200, 20)
    low, high = loss_band(curve, 0, 200, edges)
    for place in range(10):
        told = np.quantile(losses[600 * place : 600 * (place + 1)], (0.1, 0.9))
        assert np.abs(np.array([low[place], high[place]]) - told).max() < 0.04
    inside = [(low[i // 600] <= loss <= high[i // 600]) for i, loss in enumerate(losses)]
    assert 0.75 < np.mean(inside) < 0.85


def test_of_very_many_events_a_sample_gives_nearly_the_same() -> None:
    losses = np.random.default_rng(4).gamma(2.0, size=50_000)
    low, high = loss_band(curve_of(losses, 1), 0, 50_000, np.array([0, 25_000, 49_999]))
    for place, part in enumerate((losses[:25_000], losses[25_000:])):
        told = np.quantile(part, (0.1, 0.9))
        assert (low[place], high[place]) == pytest.approx(tuple(told), rel=0.05)
    assert low[2] == high[2] == pytest.approx(losses[-1])


def test_one_event_a_slice_gives_its_own_quantiles() -> None:
    losses = np.random.default_rng(2).exponential(size=400)
    low, high = loss_band(curve_of(losses, 40), 0, 10, np.arange(10))
    for place in range(10):
        told = np.quantile(losses[40 * place :][:40], (0.1, 0.9), method="inverted_cdf")
        assert (low[place], high[place]) == pytest.approx(tuple(told), rel=1e-5)


def test_the_part_on_show_is_sliced_as_if_it_were_all() -> None:
    losses = np.random.default_rng(3).gamma(2.0, size=300)
    low, high = loss_band(curve_of(losses, 1), 100, 200, np.array([0]))
    told = np.quantile(losses[100:200], (0.1, 0.9), method="hazen")
    assert (low[0], high[0]) == pytest.approx(tuple(told), rel=1e-5)
