"""The torch engine against arithmetic written out by hand and against plain torch.optim."""

from pathlib import Path

import numpy as np
import pytest
import torch
from small import small_config
from torch import nn

from cftui.config import RunConfig
from cftui.hyperparameters import DataInfo, OneCycle, Sgd
from cftui.models.dot_bias import DotBias
from cftui.models.initial import initial_values
from cftui.optim.schedules import learning_rates, momenta
from cftui.ratings.pairs import Pairs
from cftui.ratings.parts import TrainingRatings
from cftui.training.engines.protocol import EngineError
from cftui.training.engines.torch_device import choose_device
from cftui.training.engines.torch_engine import TorchEngine

INFO = DataInfo(n_users=7, n_items=9, low=0.5, high=5.0)
STEPS, BATCH = 40, 5
NAMES = ("user_factors", "item_factors", "user_bias", "item_bias")
Tables = dict[str, np.ndarray]


def data() -> TrainingRatings:
    draw = np.random.default_rng(3)
    n = 60
    return TrainingRatings(
        draw.integers(0, 7, n).astype(np.int32),
        draw.integers(0, 9, n).astype(np.int32),
        draw.choice(np.arange(1, 11) / 2, n).astype(np.float32),
        INFO,
    )


def order_and_rates() -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(4)
    return draw.integers(0, 60, STEPS * BATCH - 2), draw.uniform(0.02, 0.2, STEPS)


def config(**optimizer: object) -> RunConfig:
    return small_config(
        model={"n_factors": 3, "init_range": 0.5},
        optimizer=optimizer,
        training={"batch_size": BATCH},
    )


def started(settings: RunConfig) -> tuple[TorchEngine, Tables]:
    engine = TorchEngine("cpu", 1)
    initial = initial_values(settings.model, INFO, settings.training.seed)
    engine.start(settings, data(), initial)
    return engine, {name: values.copy() for name, values in initial.items()}


def forward(tables: Tables, users: np.ndarray, items: np.ndarray) -> np.ndarray:
    raw = (tables["user_factors"][users] * tables["item_factors"][items]).sum(1)
    raw = raw + tables["user_bias"][users, 0] + tables["item_bias"][items, 0]
    return INFO.low + (INFO.high - INFO.low) / (1 + np.exp(-raw))


def gradients(tables: Tables, users: np.ndarray, items: np.ndarray, actual: np.ndarray) -> Tables:
    """Return the gradient of the mean squared error, worked out by hand."""
    predicted = forward(tables, users, items)
    share = (predicted - INFO.low) / (INFO.high - INFO.low)
    outer = 2 * (predicted - actual) / len(actual)
    outer = outer * (INFO.high - INFO.low) * share * (1 - share)
    found = {name: np.zeros_like(values) for name, values in tables.items()}
    np.add.at(found["user_factors"], users, outer[:, None] * tables["item_factors"][items])
    np.add.at(found["item_factors"], items, outer[:, None] * tables["user_factors"][users])
    np.add.at(found["user_bias"], users, outer[:, None])
    np.add.at(found["item_bias"], items, outer[:, None])
    return found


def test_the_gradient_is_the_slope_of_the_loss() -> None:
    """The hand-made gradient against differences, and torch's against the hand-made."""
    draw = np.random.default_rng(0)
    shapes = ((7, 3), (9, 3), (7, 1), (9, 1))
    tables = {name: draw.normal(size=s) for name, s in zip(NAMES, shapes, strict=True)}
    users, items = draw.integers(0, 7, 20), draw.integers(0, 9, 20)
    actual = draw.uniform(0.5, 5, 20)
    by_hand = gradients(tables, users, items, actual)

    def loss() -> float:
        return float(((forward(tables, users, items) - actual) ** 2).mean())

    for name, table in tables.items():
        for place in np.ndindex(table.shape):
            kept = table[place]
            table[place] = kept + 1e-6
            above = loss()
            table[place] = kept - 1e-6
            below = loss()
            table[place] = kept
            assert by_hand[name][place] == pytest.approx((above - below) / 2e-6, abs=1e-7)

    module = DotBias(INFO, 3).double()
    for name in NAMES:
        getattr(module, name).weight.data = torch.from_numpy(tables[name].copy())
    predicted = module(torch.from_numpy(users), torch.from_numpy(items))
    ((predicted - torch.from_numpy(actual)) ** 2).mean().backward()
    for name in NAMES:
        found = getattr(module, name).weight.grad.numpy()
        np.testing.assert_allclose(found, by_hand[name], atol=1e-12)


def batches() -> list[tuple[np.ndarray, np.ndarray, np.ndarray, float]]:
    order, rates = order_and_rates()
    ratings = data()
    return [
        (
            ratings.user[part],
            ratings.item[part],
            ratings.value[part].astype(np.float64),
            float(rate),
        )
        for step, rate in enumerate(rates)
        for part in [order[step * BATCH : (step + 1) * BATCH]]
    ]


def test_sgd_is_the_written_out_arithmetic() -> None:
    """Momentum after Sutskever et al. 2013 as torch.optim.SGD has it, L2 in the gradient."""
    engine, initial = started(config(name="sgd", momentum=0.9, weight_decay=0.01))
    losses = engine.run(*order_and_rates())
    tables = {name: values.astype(np.float64) for name, values in initial.items()}
    velocity = {name: np.zeros_like(values) for name, values in tables.items()}
    expected = []
    for users, items, actual, rate in batches():
        expected.append(((forward(tables, users, items) - actual) ** 2).mean())
        slope = gradients(tables, users, items, actual)
        for name, table in tables.items():
            velocity[name] = 0.9 * velocity[name] + slope[name] + 0.01 * table
            tables[name] = table - rate * velocity[name]
    np.testing.assert_allclose(losses, expected, rtol=2e-5)
    for name, values in engine.parameters().items():
        np.testing.assert_allclose(values, tables[name], atol=2e-5)


def test_adam_is_the_written_out_arithmetic() -> None:
    """Kingma and Ba 2015, algorithm 1, with L2 in the gradient."""
    engine, initial = started(
        config(name="adam", beta1=0.8, beta2=0.99, eps=1e-6, weight_decay=0.01)
    )
    losses = engine.run(*order_and_rates())
    tables = {name: values.astype(np.float64) for name, values in initial.items()}
    first = {name: np.zeros_like(values) for name, values in tables.items()}
    second = {name: np.zeros_like(values) for name, values in tables.items()}
    expected = []
    for step, (users, items, actual, rate) in enumerate(batches(), start=1):
        expected.append(((forward(tables, users, items) - actual) ** 2).mean())
        slope = gradients(tables, users, items, actual)
        for name, table in tables.items():
            slope[name] += 0.01 * table
            first[name] = 0.8 * first[name] + 0.2 * slope[name]
            second[name] = 0.99 * second[name] + 0.01 * slope[name] ** 2
            root = np.sqrt(second[name] / (1 - 0.99**step)) + 1e-6
            tables[name] = table - rate * first[name] / (1 - 0.8**step) / root
    np.testing.assert_allclose(losses, expected, rtol=2e-4)
    for name, values in engine.parameters().items():
        np.testing.assert_allclose(values, tables[name], atol=2e-4)


class Plain(nn.Module):
    """The model written anew, without any of our classes."""

    def __init__(self, tables: Tables) -> None:
        super().__init__()
        self.tables = nn.ParameterList(
            nn.Parameter(torch.from_numpy(tables[name].copy())) for name in NAMES
        )

    def forward(self, users: torch.Tensor, items: torch.Tensor) -> torch.Tensor:
        p, q, a, b = self.tables
        raw = (p[users] * q[items]).sum(1) + a[users].squeeze(1) + b[items].squeeze(1)
        return torch.sigmoid(raw) * 4.5 + 0.5


PLAIN: dict[str, tuple[type[torch.optim.Optimizer], dict[str, object], dict[str, object]]] = {
    "sgd": (torch.optim.SGD, {"momentum": 0.9}, {}),
    "nesterov": (
        torch.optim.SGD,
        {"momentum": 0.8, "nesterov": True},
        {"name": "sgd", "momentum": 0.8, "nesterov": True},
    ),
    "adam": (torch.optim.Adam, {}, {}),
    "adamw": (torch.optim.AdamW, {"eps": 1e-3}, {}),
    "rmsprop": (torch.optim.RMSprop, {}, {}),
    "rmsprop centered": (
        torch.optim.RMSprop,
        {"centered": True, "momentum": 0.5, "alpha": 0.9},
        {"name": "rmsprop", "centered": True, "momentum": 0.5, "alpha": 0.9},
    ),
    "adagrad": (torch.optim.Adagrad, {}, {}),
    "adagrad decayed": (
        torch.optim.Adagrad,
        {"lr_decay": 0.1, "initial_accumulator_value": 0.3},
        {"name": "adagrad", "lr_decay": 0.1, "initial_sum": 0.3},
    ),
}


@pytest.mark.parametrize("name", PLAIN)
def test_the_engine_is_torch_optim_without_fused_kernels(name: str) -> None:
    kind, options, settings = PLAIN[name]
    engine, initial = started(config(**{"name": name, "weight_decay": 2e-4, **settings}))
    losses = engine.run(*order_and_rates())
    module = Plain(initial)
    # Dividing by a root that begins at nothing makes much of the last digits.
    plain = kind(module.parameters(), lr=0.1, weight_decay=2e-4, foreach=False, **options)  # type: ignore[call-arg]
    expected = []
    for users, items, actual, rate in batches():
        plain.param_groups[0]["lr"] = rate
        plain.zero_grad()
        predicted = module(torch.from_numpy(users), torch.from_numpy(items))
        loss = nn.functional.mse_loss(predicted, torch.from_numpy(actual).float())
        loss.backward()
        plain.step()
        expected.append(loss.item())
    np.testing.assert_allclose(losses, expected, rtol=1e-4)
    for table, values in zip(NAMES, module.tables, strict=True):
        np.testing.assert_allclose(engine.parameters()[table], values.detach().numpy(), atol=3e-4)


@pytest.mark.parametrize("name", PLAIN)
def test_it_keeps_as_many_numbers_as_it_says(name: str) -> None:
    """The form tells the memory before there is an optimizer."""
    settings = config(**{"name": name, **PLAIN[name][2]})
    engine, initial = started(settings)
    engine.run(*order_and_rates())
    slots = [a for key, a in engine.state().items() if key.startswith("optimizer/") and a.size > 1]
    total = sum(values.size for values in initial.values())
    assert sum(a.size for a in slots) == settings.optimizer.slots * total


@pytest.mark.parametrize("name", ["adam", "sgd"])
def test_one_cycle_is_torchs_own(name: str) -> None:
    """Rates and momenta step by step, and what they do to the weights."""
    schedule, spe, epochs = OneCycle(), 20, 2
    settings = config(name=name)
    engine, initial = started(settings)
    rates = [learning_rates(schedule, 0.05, spe, first, spe, epochs=epochs) for first in (0, spe)]
    cycled = [
        momenta(schedule, settings.optimizer, spe, first, spe, epochs=epochs) for first in (0, spe)
    ]
    order, _ = order_and_rates()
    for epoch in (0, 1):
        momentum = cycled[epoch]
        assert momentum is not None
        engine.run(order[epoch * spe * BATCH : (epoch + 1) * spe * BATCH], rates[epoch], momentum)
    module = Plain(initial)
    kind = torch.optim.Adam if name == "adam" else torch.optim.SGD
    options = {} if name == "adam" else {"momentum": 0.9}
    plain = kind(module.parameters(), lr=0.05, weight_decay=2e-4, **options)
    told = torch.optim.lr_scheduler.OneCycleLR(plain, max_lr=0.05, total_steps=spe * epochs)
    expected = []
    for step, (users, items, actual, _) in enumerate(batches()):
        group = plain.param_groups[0]
        expected.append((group["lr"], group["betas"][0] if name == "adam" else group["momentum"]))
        plain.zero_grad()
        predicted = module(torch.from_numpy(users), torch.from_numpy(items))
        nn.functional.mse_loss(predicted, torch.from_numpy(actual).float()).backward()
        plain.step()
        if step + 1 < spe * epochs:
            told.step()
    found = np.stack([np.concatenate(rates), np.concatenate(cycled)], axis=1)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    for table, values in zip(NAMES, module.tables, strict=True):
        np.testing.assert_allclose(engine.parameters()[table], values.detach().numpy(), atol=2e-5)


def test_one_cycle_of_a_single_warm_step_begins_at_the_top() -> None:
    """A quarter of four steps is the step it begins with; torch divides by nothing there."""
    rates = learning_rates(OneCycle(warm_up=0.25), 0.1, 4, 0, 4, epochs=1)
    assert rates[0] == 0.1 and (np.diff(rates) < 0).all()
    assert rates[-1] == pytest.approx(0.1 / 25 / 1e4)
    push = momenta(OneCycle(warm_up=0.25), Sgd(), 4, 0, 4, epochs=1)
    assert push is not None and push[0] == OneCycle().low_momentum and (np.diff(push) > 0).all()


def test_one_cycle_leaves_a_momentum_alone_that_is_not_there() -> None:
    def cycled(**optimizer: object) -> bool:
        settings = config(**optimizer).optimizer
        return momenta(OneCycle(), settings, 10, 0, 10, epochs=1) is not None

    assert not cycled(name="sgd", momentum=0) and not cycled(name="adagrad")
    assert cycled(name="sgd") and cycled(name="adamw")
    assert momenta(OneCycle(cycle_momentum=False), Sgd(), 10, 0, 10, epochs=1) is None


@pytest.mark.parametrize("name", PLAIN)
def test_state_and_parameters_are_all_that_going_on_needs(name: str) -> None:
    order, rates = order_and_rates()
    settings = config(**{"name": name, **PLAIN[name][2]})
    whole, _ = started(settings)
    whole.run(order, rates)
    begun, _ = started(settings)
    begun.run(order[: 11 * BATCH], rates[:11])
    fresh, _ = started(settings)
    fresh.run(order[: 3 * BATCH], rates[:3])  # restoring must undo this
    fresh.restore(begun.parameters(), begun.state())
    fresh.run(order[11 * BATCH :], rates[11:])
    for table, values in whole.parameters().items():
        assert values.tobytes() == fresh.parameters()[table].tobytes()


def as_the_first_version_wrote(state: Tables, optimizer: torch.optim.Optimizer) -> Tables:
    """Return a state by torch's own names, read off torch's own optimizer."""
    slots = optimizer.state_dict()["state"]
    found = {"random/cpu": state["random/torch-cpu"]}
    for index, table in enumerate(NAMES):
        for slot, value in slots.get(index, {}).items():
            if value is not None:
                found[f"optimizer/{slot}/{table}"] = value.numpy().copy()
    return found


@pytest.mark.parametrize("name", PLAIN)
def test_a_state_by_the_names_of_the_first_version_goes_on_as_well(name: str) -> None:
    order, rates = order_and_rates()
    settings = config(**{"name": name, **PLAIN[name][2]})
    whole, _ = started(settings)
    whole.run(order, rates)
    begun, _ = started(settings)
    begun.run(order[: 11 * BATCH], rates[:11])
    old = as_the_first_version_wrote(begun.state(), begun._optimizer)
    assert {key.partition("/")[0] for key in old} <= {"random", "optimizer"}
    assert len(old) == len(begun.state()) and not (old.keys() & begun.state().keys())
    fresh, _ = started(settings)
    fresh.restore(begun.parameters(), old)
    fresh.run(order[11 * BATCH :], rates[11:])
    for table, values in whole.parameters().items():
        assert values.tobytes() == fresh.parameters()[table].tobytes()
    for key, values in whole.state().items():
        assert values.tobytes() == fresh.state()[key].tobytes(), key


def test_slots_are_called_by_what_they_are() -> None:
    """After one step from nothing, each has a closed form in the gradient."""
    order, rates = order_and_rates()
    found: dict[str, Tables] = {}
    for name in ("sgd", "adam", "rmsprop", "adagrad"):
        engine, initial = started(config(name=name, weight_decay=0))
        engine.run(order[:BATCH], rates[:1])
        found[name] = engine.state()
    users, items, actual, _ = batches()[0]
    tables = {name: values.astype(np.float64) for name, values in initial.items()}
    for table, slope in gradients(tables, users, items, actual).items():
        expected = {
            ("sgd", "velocity"): slope,
            ("adam", "gradient_average"): 0.1 * slope,
            ("adam", "square_average"): 0.001 * slope**2,
            ("rmsprop", "square_average"): 0.01 * slope**2,
            ("adagrad", "square_sum"): slope**2,
        }
        for (name, slot), values in expected.items():
            array = found[name][f"optimizer/{slot}/{table}"]
            np.testing.assert_allclose(array, values, rtol=1e-4, atol=1e-7)
        for name in ("adam", "adagrad"):
            assert found[name][f"optimizer/steps/{table}"] == 1


def test_what_is_handed_out_does_not_change_with_training() -> None:
    order, rates = order_and_rates()
    engine, _ = started(config(name="sgd"))
    engine.run(order[:BATCH], rates[:1])
    before, slots = engine.parameters(), engine.state()
    copies = {name: array.copy() for name, array in {**before, **slots}.items()}
    engine.run(order, rates)
    for name, array in {**before, **slots}.items():
        np.testing.assert_array_equal(array, copies[name])


def test_a_torch_without_wrappers_for_its_compiler_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def zero_grad(self: torch.optim.Optimizer) -> None:
        for group in self.param_groups:
            for weight in group["params"]:
                weight.grad = None

    monkeypatch.setattr(torch.optim.Optimizer, "zero_grad", zero_grad)
    order, rates = order_and_rates()
    engine, _ = started(config(name="adam"))
    assert np.isfinite(engine.run(order, rates)).all()


def test_a_table_of_another_shape_is_refused() -> None:
    engine, initial = started(config(name="sgd"))
    with pytest.raises(ValueError, match=r"user_bias has shape \(1, 1\), not \(7, 1\)"):
        engine.restore({**initial, "user_bias": initial["user_bias"][:1]}, engine.state())


def test_scores_are_the_formula_in_any_portion(monkeypatch: pytest.MonkeyPatch) -> None:
    engine, initial = started(config(name="sgd"))
    monkeypatch.setattr("cftui.models.module.SCORE_CHUNK", 7)
    draw = np.random.default_rng(5)
    users, items = draw.integers(0, 7, 50), draw.integers(0, 9, 50)
    scores = engine.score(Pairs(users, items))
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores, forward(initial, users, items), rtol=1e-6)


def test_a_device_that_is_not_there_is_said(tmp_path: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    with pytest.raises(EngineError, match="'cuda': no such device here; use auto or cpu"):
        choose_device("cuda")
    assert choose_device("auto").type == "cpu"
