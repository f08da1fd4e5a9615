"""The built-in models against their formulas written out in numpy."""

import numpy as np
import pytest
import torch

from cftui.hyperparameters import (
    MODELS as ENTRIES,
)
from cftui.hyperparameters import (
    OPTIMIZERS,
    DataInfo,
    Dot,
    DotBias,
    ModelParameters,
    Net,
    models_with,
    suited,
)
from cftui.models import build_model
from cftui.models.factors import Factors
from cftui.models.initial import initial_values
from cftui.models.module import ModuleScorer, arrays_of, load_arrays

INFO = DataInfo(n_users=6, n_items=8, low=1.0, high=5.0)
MODELS: list[ModelParameters] = [
    Dot(n_factors=3),
    DotBias(n_factors=3),
    Net(n_factors=3),
    Net(n_factors=3, n_item_factors=5, hidden=(7, 4)),
    Net(n_factors=2, hidden=()),
]


@pytest.mark.parametrize("parameters", MODELS, ids=repr)
def test_its_tables_are_the_modules_arrays(parameters: ModelParameters) -> None:
    """Initial values are drawn by the tables' names, before any module is there."""
    module = build_model(parameters, INFO)
    described = {table.name: table.shape for table in parameters.tables(INFO)}
    assert described == {name: array.shape for name, array in arrays_of(module).items()}
    assert parameters.parameter_count(INFO) == sum(p.numel() for p in module.parameters())


MODULES = [name for name, record in ENTRIES.items() if "draws" not in record.abilities]
"""Draws are no module's parameters: `tests/training/test_gibbs_runs.py` is about them."""


@pytest.mark.parametrize("name", MODULES)
def test_an_entry_tells_the_truth(name: str) -> None:
    """Its class is there, and it is able to what it says and to nothing more."""
    parameters = ENTRIES[name](n_factors=3)
    module, able = build_model(parameters, INFO), parameters.abilities
    assert parameters.name == name and type(parameters).__doc__
    assert type(module).Parameters is type(parameters)
    arrays = arrays_of(module)
    for ability, tables in (
        ("factors", {"user_factors", "item_factors"}),
        ("biases", {"user_bias", "item_bias"}),
    ):
        assert (ability in able) == (tables <= arrays.keys())
    if "dot-product" in able:
        larger, scores = scored(parameters)
        factors = Factors.from_tables(larger, INFO.low, INFO.high, sigmoid="sigmoid" in able)
        alone = np.stack([factors.score_all_items(user) for user in range(INFO.n_users)])
        np.testing.assert_allclose(alone, scores, rtol=1e-5, atol=1e-6)
        assert able >= {"factors"}
    else:
        assert "sigmoid" not in able
    assert set(parameters.suited) <= set(OPTIMIZERS)
    for optimizer in OPTIMIZERS:
        chosen = OPTIMIZERS[optimizer](**suited(name, optimizer))
        assert chosen.learning_rate > 0


def test_models_of_an_ability_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = {name: ENTRIES[name] for name in ("dot-bias", "dot", "net")}
    monkeypatch.setattr("cftui.hyperparameters.registry.MODELS", entries)
    assert models_with("biases") == "dot-bias"
    assert models_with("dot-product") == "dot-bias or dot"
    assert models_with("factors") == "dot-bias, dot or net"


def test_linear_layers_begin_as_torch_has_them() -> None:
    """nn.Linear: uniform within one over the root of its inputs."""
    tables = initial_values(Net(n_factors=200, hidden=(300,)), DataInfo(2, 2, 0, 1), 3)
    weight, bound = tables["layers.0.weight"], 400**-0.5
    assert np.abs(weight).max() <= bound
    assert weight.std() == pytest.approx(bound / 3**0.5, rel=0.02)
    torch.manual_seed(0)
    assert torch.nn.Linear(400, 300).weight.std().item() == pytest.approx(weight.std(), rel=0.02)


def test_dot_begins_as_the_lessons() -> None:
    table = initial_values(Dot(), DataInfo(400, 2, 1, 5), 0)["user_factors"]
    assert 0 <= table.min() < 0.001 and 0.049 < table.max() <= 0.05


def scored(parameters: ModelParameters) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return larger weights than a model begins with, and its scores of every pair."""
    draw = np.random.default_rng(0)
    tables = {
        table.name: draw.normal(size=table.shape).astype(np.float32)
        for table in parameters.tables(INFO)
    }
    module = build_model(parameters, INFO)
    load_arrays(module, tables)
    scorer = ModuleScorer(module, INFO.n_items)
    everyone = np.stack([scorer.score_all_items(user) for user in range(INFO.n_users)])
    return {name: table.astype(np.float64) for name, table in tables.items()}, everyone


def test_dot_is_the_product_alone() -> None:
    tables, scores = scored(Dot(n_factors=3))
    expected = tables["user_factors"] @ tables["item_factors"].T
    np.testing.assert_allclose(scores, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("hidden", [(10,), (7, 4), ()])
def test_net_is_the_lessons_formula_without_dropout(hidden: tuple[int, ...]) -> None:
    tables, scores = scored(Net(n_factors=3, n_item_factors=2, hidden=hidden))
    for user in range(INFO.n_users):
        for item in range(INFO.n_items):
            x = np.concatenate([tables["user_factors"][user], tables["item_factors"][item]])
            for place in range(len(hidden)):
                raw = tables[f"layers.{place}.weight"] @ x + tables[f"layers.{place}.bias"]
                x = np.maximum(raw, 0)
            last = len(hidden)
            raw = tables[f"layers.{last}.weight"] @ x + tables[f"layers.{last}.bias"]
            expected = 1 / (1 + np.exp(-raw[0])) * (5 - 1 + 1) + 1 - 0.5
            assert scores[user, item] == pytest.approx(expected, abs=1e-5)


def test_dropout_leaves_out_what_it_says() -> None:
    """Ones through layers of ones: the output's mean stays, its zeros are the dropped."""
    net = build_model(Net(n_factors=50, hidden=(), embedding_dropout=0.4), DataInfo(400, 400, 0, 1))
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.fill_(1.0)
    kept: list[float] = []
    net.layers[0].register_forward_hook(  # type: ignore[union-attr, index]
        lambda _module, given, _out: kept.append(float((given[0] > 0).float().mean()))
    )
    torch.manual_seed(0)
    users = torch.arange(400)
    net.train()
    net(users, users)
    net.eval()
    net(users, users)
    assert kept == [pytest.approx(0.6, abs=0.01), 1.0]
