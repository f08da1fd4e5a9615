"""L2 per rating against loops written out by hand, finite differences and torch's dense path."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from small import make_bench, open_small, small_config
from torch.nn import functional

from cftui.config import RunConfig
from cftui.hyperparameters import DataInfo, Exponential
from cftui.models import build_model
from cftui.models.initial import initial_values
from cftui.models.module import load_arrays
from cftui.optim.schedules import learning_rates
from cftui.ratings.parts import TrainingRatings
from cftui.runs.checkpoint import load_checkpoint
from cftui.training.endings import StopTraining
from cftui.training.engines import torch_engine
from cftui.training.engines.per_rating import RowSteps
from cftui.training.engines.torch_engine import TorchEngine

INFO = DataInfo(n_users=12, n_items=15, low=0.5, high=5.0)
N = 60
FACTORS, BIASES = 0.1, 0.05
Tables = dict[str, np.ndarray]


def data() -> TrainingRatings:
    draw = np.random.default_rng(3)
    return TrainingRatings(
        draw.integers(0, 11, N).astype(np.int32),  # the last user and item are never met
        draw.integers(0, 14, N).astype(np.int32),
        draw.choice(np.arange(1, 11) / 2, N).astype(np.float32),
        INFO,
    )


def config(model: str = "dot-bias", batch: int = 1, **optimizer: object) -> RunConfig:
    l2 = {"l2_factors": FACTORS} | ({"l2_biases": BIASES} if model == "dot-bias" else {})
    plain = {"name": "sgd", "momentum": 0, "reduction": "sum"}
    return small_config(
        model={"name": model, "n_factors": 3, "init_range": 0.5, **l2},
        optimizer={**plain, **optimizer},
        training={"batch_size": batch},
    )


def started(settings: RunConfig) -> tuple[TorchEngine, Tables]:
    engine = TorchEngine("cpu", 1)
    initial = initial_values(settings.model, INFO, 42)
    engine.start(settings, data(), initial)
    return engine, {name: values.astype(np.float64) for name, values in initial.items()}


def predicted(tables: Tables, user: int, item: int) -> float:
    raw = float(tables["user_factors"][user] @ tables["item_factors"][item])
    if "user_bias" not in tables:
        return raw
    raw += float(tables["user_bias"][user, 0] + tables["item_bias"][item, 0])
    return INFO.low + (INFO.high - INFO.low) / (1 + np.exp(-raw))


def objective(tables: Tables, places: np.ndarray) -> float:
    """Return the sum of Koren, Bell and Volinsky 2009, eq. 5, over some ratings."""
    ratings, total = data(), 0.0
    for user, item, value in zip(
        ratings.user[places], ratings.item[places], ratings.value[places], strict=True
    ):
        p, q = tables["user_factors"][user], tables["item_factors"][item]
        total += (predicted(tables, user, item) - float(value)) ** 2 + FACTORS * (p @ p + q @ q)
        if "user_bias" in tables:
            b, c = tables["user_bias"][user, 0], tables["item_bias"][item, 0]
            total += BIASES * (b**2 + c**2)
    return float(total)


def slopes(of: Callable[[Tables], float], tables: Tables) -> Tables:
    """Return the derivative by every number, from central differences."""
    found = {name: np.zeros_like(table) for name, table in tables.items()}
    for name, table in tables.items():
        for place in np.ndindex(table.shape):
            kept = table[place]
            table[place] = kept + 1e-5
            above = of(tables)
            table[place] = kept - 1e-5
            below = of(tables)
            table[place] = kept
            found[name][place] = (above - below) / 2e-5
    return found


@pytest.mark.parametrize("model", ["dot-bias", "dot"])
def test_batches_of_one_are_the_published_loop(model: str) -> None:
    """Koren, Bell and Volinsky 2009: e, then each row by lr * (e * other - lambda * own).

    Theirs leaves out the 2 of the squares, so that its rate is twice ours; with a sigmoid e is
    multiplied by its slope.
    """
    engine, tables = started(config(model))
    order = np.random.default_rng(5).permutation(N)
    rates = np.linspace(0.05, 0.01, N)
    losses = engine.run(order, rates)
    ratings, expected = data(), []
    for place, rate in zip(order, rates, strict=True):
        user, item, value = ratings.user[place], ratings.item[place], float(ratings.value[place])
        guess = predicted(tables, user, item)
        expected.append((value - guess) ** 2)
        share = (guess - INFO.low) / (INFO.high - INFO.low)
        slope = (INFO.high - INFO.low) * share * (1 - share) if model == "dot-bias" else 1.0
        e = (value - guess) * slope
        p, q = tables["user_factors"][user].copy(), tables["item_factors"][item].copy()
        tables["user_factors"][user] += 2 * rate * (e * q - FACTORS * p)
        tables["item_factors"][item] += 2 * rate * (e * p - FACTORS * q)
        for name, row in (("user_bias", user), ("item_bias", item)):
            if name in tables:
                tables[name][row] += 2 * rate * (e - BIASES * tables[name][row])
    np.testing.assert_allclose(losses, expected, rtol=5e-5, atol=1e-6)
    for name, values in engine.parameters().items():
        np.testing.assert_allclose(values, tables[name], atol=5e-6, err_msg=name)


@pytest.mark.parametrize("model", ["dot-bias", "dot"])
@pytest.mark.parametrize("momentum", [0.0, 0.9])  # by rows, and as a penalty in the loss
@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_a_step_is_along_the_slope_of_the_objective(
    model: str, momentum: float, reduction: str
) -> None:
    settings = config(model, 20, momentum=momentum, reduction=reduction)
    engine, tables = started(settings)
    assert (engine._rows is None) == (momentum > 0)
    order, rate = np.random.default_rng(6).permutation(N)[:20], 0.01
    engine.run(order, np.array([rate]))
    found = slopes(lambda at: objective(at, order), tables)
    rate = rate if reduction == "sum" else rate / 20
    for name, values in engine.parameters().items():
        np.testing.assert_allclose(values, tables[name] - rate * found[name], atol=1e-6)


def test_rows_end_where_the_dense_gradient_does(monkeypatch: pytest.MonkeyPatch) -> None:
    order = np.random.default_rng(7).integers(0, N, 40 * 8 - 3)
    rates = np.linspace(0.02, 0.005, 40)
    by_rows, initial = started(config(batch=8))
    losses = by_rows.run(order, rates)
    monkeypatch.setattr(torch_engine, "row_steps", lambda config, model: None)
    dense, _ = started(config(batch=8))
    np.testing.assert_allclose(losses, dense.run(order, rates), rtol=1e-4)
    for name, values in by_rows.parameters().items():
        np.testing.assert_allclose(values, dense.parameters()[name], atol=2e-6)
        # Whom no rating names stays as they were, to the bit.
        assert values[-1].tobytes() == initial[name][-1].astype(np.float32).tobytes()


def test_without_l2_every_bit_is_torchs_own() -> None:
    settings = small_config(
        model={"n_factors": 3}, optimizer={"momentum": 0}, training={"batch_size": 8}
    )
    engine, initial = started(settings)
    assert engine._rows is None
    order, rates = np.arange(N), np.full(8, 0.05)
    losses = engine.run(order, rates)
    module = build_model(settings.model, INFO)
    load_arrays(module, {name: table.astype(np.float32) for name, table in initial.items()})
    optimizer = torch.optim.SGD(
        module.parameters(), lr=0.05, weight_decay=settings.optimizer.weight_decay, fused=True
    )
    ratings = data()
    for step in range(8):
        part = slice(step * 8, (step + 1) * 8)
        users, items = (
            torch.from_numpy(codes[part].astype(np.int64)) for codes in (ratings.user, ratings.item)
        )
        optimizer.zero_grad()
        loss = functional.mse_loss(module(users, items), torch.from_numpy(ratings.value[part]))
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        assert losses[step] == np.float32(loss.item())
    for name, values in engine.parameters().items():
        table = getattr(module, name).weight.detach().numpy()
        assert values.tobytes() == table.tobytes()


def test_a_run_goes_on_exactly(tmp_path: Path) -> None:
    settings = config(batch=16).to_settings()
    ratings = open_small(tmp_path / "small", users=60, items=80, n=1500)
    sections: dict[str, Any] = {
        "model": settings["model"],
        "optimizer": {**settings["optimizer"], "learning_rate": 0.01},
        "schedule": {"name": "exponential", "gamma": 0.9},
        "training": {"epochs": 3, "batch_size": 16},
    }
    whole = make_bench(small_config(**sections), ratings, "whole")
    whole.trainer.train()
    asked = iter([False] * 4 + [True] * 100)
    part = make_bench(small_config(**sections), ratings, "part", should_stop=lambda: next(asked))
    with pytest.raises(StopTraining):
        part.trainer.train()
    assert 0 < part.trainer.progress.step < whole.trainer.progress.step
    checkpoint = load_checkpoint(part.run.last)
    rest = make_bench(small_config(**sections), ratings, "rest", checkpoint=checkpoint)
    rest.trainer.train()
    assert part.engine.losses + rest.engine.losses == whole.engine.losses
    for name, values in whole.engine.parameters().items():
        assert values.tobytes() == rest.engine.parameters()[name].tobytes()


def test_exponential_is_torchs_own() -> None:
    weight = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([weight], lr=0.02)
    told = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)
    expected = []
    for _ in range(5):
        expected += [optimizer.param_groups[0]["lr"]] * 4
        optimizer.step()
        told.step()
    found = learning_rates(Exponential(gamma=0.9), 0.02, 4, 0, 20, epochs=5)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    part = learning_rates(Exponential(gamma=0.9), 0.02, 4, 6, 5, epochs=5)
    assert part.tobytes() == found[6:11].tobytes()


def test_only_plain_sgd_moves_rows_alone() -> None:
    assert isinstance(started(config())[0]._rows, RowSteps)
    for other in ({"momentum": 0.5}, {"weight_decay": 1e-4}):
        assert started(config(**other))[0]._rows is None
    # Where L2 per rating is set, weight decay is none unless it is given.
    assert config().optimizer.weight_decay == 0
    assert small_config(optimizer={"name": "sgd"}).optimizer.weight_decay == 2e-4
    adam = small_config(model={"l2_factors": 0.1}, optimizer={"name": "adam"})
    assert adam.optimizer.weight_decay == 0
    engine = TorchEngine("cpu", 1)
    engine.start(adam, data(), None)
    assert engine._rows is None and np.isfinite(engine.run(np.arange(64) % N, np.array([0.01])))
