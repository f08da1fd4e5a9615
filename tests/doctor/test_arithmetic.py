"""The doctor's arithmetic passes what is right and fails what is not."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from cftui.config import RunConfig, method_of
from cftui.doctor.arithmetic import TOLERANCE, arithmetic_findings
from cftui.doctor.facts import TorchFacts
from cftui.doctor.finding import Finding
from cftui.doctor.reference import made_up_ratings, train_in_float64, trial_config
from cftui.hyperparameters import MODELS
from cftui.hyperparameters.methods import USUAL
from cftui.models.initial import initial_values
from cftui.training.engines.protocol import Engine
from cftui.training.engines.torch_engine import TorchEngine
from cftui.training.order import epoch_order

FACTS = TorchFacts("2.13.0")


class Disturbed:
    """The engine that trains, on the CPU whatever it is asked for, made wrong in one way."""

    def __init__(self, **wrong: Callable[..., Any]) -> None:
        self._inner = TorchEngine("cpu", 1)
        self._wrong = wrong

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)
        if name not in self._wrong:
            return method
        return lambda *given: self._wrong[name](self._inner, method, *given)


def disturb(**wrong: Callable[..., Any]) -> Callable[[RunConfig, int], Engine]:
    def make(config: RunConfig, threads: int) -> Any:
        return Disturbed(**wrong)

    return make


def found(
    device: str = "cpu", make: Callable[[RunConfig, int], Engine] | None = None
) -> dict[str, Finding]:
    return {finding.name: finding for finding in arithmetic_findings([device], FACTS, make)}


def test_every_model_is_right_here_and_resumes_bit_for_bit() -> None:
    findings = found()
    assert {finding.state for finding in findings.values()} == {"ok"}
    for model in ("dot", "dot-bias", "net"):
        for optimizer in ("sgd", "adam"):
            numbers = findings[f"cpu {model} {optimizer}"].numbers
            # Rounded somewhere, or the two were one and the same path; well below the limit.
            assert 0 < numbers["loss_apart"] < TOLERANCE / 3  # type: ignore[operator]
            assert 0 < numbers["parameter_apart"] < TOLERANCE / 3  # type: ignore[operator]
            assert numbers["steps"] == 200
        assert "bit for bit" in findings[f"cpu {model} resume"].value


def test_float64_agrees_with_the_gradient_worked_out_by_hand() -> None:
    config, ratings = trial_config("dot", "sgd", "cpu", dropout=False), made_up_ratings()
    result = train_in_float64(config, ratings)
    tables = initial_values(config.model, ratings.info, config.training.seed)
    p = {name: table.astype(np.float64) for name, table in tables.items()}
    steps = {name: np.zeros_like(table) for name, table in p.items()}
    losses = []
    for epoch in range(4):
        order = epoch_order(config.training.seed, epoch, len(ratings))
        for start in range(0, len(order), 64):
            batch = order[start : start + 64]
            user, item, value = ratings.user[batch], ratings.item[batch], ratings.value[batch]
            error = (p["user_factors"][user] * p["item_factors"][item]).sum(1) - value
            losses.append((error**2).mean())
            # d loss / d prediction, to each rating's two rows; weight decay on every number.
            pull = (2 / len(batch) * error)[:, None]
            gradient = {name: config.optimizer.weight_decay * table for name, table in p.items()}
            np.add.at(gradient["user_factors"], user, pull * p["item_factors"][item])
            np.add.at(gradient["item_factors"], item, pull * p["user_factors"][user])
            for name in p:
                steps[name] = 0.9 * steps[name] + gradient[name]
                p[name] -= config.optimizer.learning_rate * steps[name]
    assert np.allclose(result.losses, losses, rtol=1e-12)
    for name, table in p.items():
        assert np.allclose(result.parameters[name], table, rtol=0, atol=1e-13)


def test_dropout_is_left_out_on_both_sides_and_its_masks_come_back_on_resumption() -> None:
    without = trial_config("net", "sgd", "cpu", dropout=False).model
    assert (without.dropout, without.embedding_dropout) == (0, 0)  # type: ignore[attr-defined]
    kept = trial_config("net", "adam", "cpu", dropout=True).model
    assert kept.dropout > 0  # type: ignore[attr-defined]


def one_step_too_long(
    engine: Engine, run: Any, order: np.ndarray, rates: np.ndarray, *more: Any
) -> Any:
    rates = rates.copy()
    rates[20] *= 1.01
    return run(order, rates, *more)


def not_a_number(engine: Engine, run: Any, *given: Any) -> Any:
    return run(*given) * np.float32("nan")


def stale_weights(engine: Engine, parameters: Any) -> Any:
    return {name: table * np.float32(1.0001) for name, table in parameters().items()}


@pytest.mark.usefixtures("dot_alone")
@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"run": one_step_too_long}, "the loss is wrong from step 2"),
        ({"run": not_a_number}, "the loss is wrong from step 1 on"),
        ({"parameters": stale_weights}, "alone stays below 5e-06: send"),
    ],
)
def test_a_wrong_step_is_found(wrong: dict[str, Any], words: str) -> None:
    finding = found(make=disturb(**wrong))["cpu dot sgd"]
    assert finding.state == "fail" and finding.value.startswith("WRONG: 200 steps against float64")
    assert words in finding.remedy and "send this report" in finding.remedy


class Tf32Product(torch.autograd.Function):
    """A matrix product as an NVIDIA GPU with TF32 on computes it: of factors cut to 11 bits."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(x, weight)
        return cut(x) @ cut(weight).T

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:  # type: ignore[override]
        x, weight = ctx.saved_tensors
        return cut(gradient) @ cut(weight), cut(gradient).T @ cut(x)


def cut(values: torch.Tensor) -> torch.Tensor:
    share, power = torch.frexp(values)
    return torch.ldexp(torch.round(share * 2**11) / 2**11, power)


def with_tf32(engine: Engine, run: Any, *given: Any) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(functional, "linear", lambda x, w, bias: Tf32Product.apply(x, w) + bias)
        return run(*given)


def test_reduced_precision_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("dot", "dot-bias"):
        monkeypatch.delitem(MODELS, name)  # they have no matrix products
    findings = found(make=disturb(run=with_tf32))
    for optimizer in ("sgd", "adam"):
        finding = findings[f"cpu net {optimizer}"]
        apart = max(finding.numbers["loss_apart"], finding.numbers["parameter_apart"])  # type: ignore[type-var]
        assert finding.state == "fail" and apart > 20 * TOLERANCE  # type: ignore[operator]


def forget_slots(engine: Engine, restore: Any, parameters: Any, state: Any) -> None:
    restore(parameters, {k: v for k, v in state.items() if not k.startswith("optimizer")})


def forget_randomness(engine: Engine, restore: Any, parameters: Any, state: Any) -> None:
    torch.manual_seed(99)
    restore(parameters, {**state, "random/torch-cpu": torch.get_rng_state().numpy()})


def test_a_state_that_is_not_restored_whole_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(MODELS, "dot-bias")
    forgetful = found(make=disturb(restore=forget_slots))
    trained = [model for model in MODELS if method_of(model) == USUAL]
    assert all(forgetful[f"cpu {model} resume"].state == "fail" for model in trained)
    assert "send this report" in forgetful["cpu dot resume"].remedy
    random = found(make=disturb(restore=forget_randomness))
    states = {model: random[f"cpu {model} resume"].state for model in trained}
    assert states == {"dot": "ok", "fm": "ok", "net": "fail"}, "dropout alone draws"


def nudge(by: float) -> Callable[..., None]:
    def restore(engine: Engine, restore: Any, parameters: Any, state: Any) -> None:
        restore({name: table + np.float32(by) for name, table in parameters.items()}, state)

    return restore


@pytest.mark.usefixtures("dot_alone")
def test_a_gpu_may_add_up_in_another_order_but_not_more_than_that() -> None:
    near = found("cuda:0", disturb(restore=nudge(2e-7)))["cuda:0 dot resume"]
    assert near.state == "note" and "no fixed order" in near.value
    far = found("cuda:0", disturb(restore=nudge(1e-3)))["cuda:0 dot resume"]
    assert far.state == "fail"
    on_cpu = found("cpu", disturb(restore=nudge(2e-7)))["cpu dot resume"]
    assert on_cpu.state == "fail", "a CPU has no excuse"


@pytest.mark.usefixtures("dot_alone")
@pytest.mark.parametrize(
    ("error", "value", "remedy"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 MiB.\nGPU 0 has"),
         "OutOfMemoryError: CUDA out of memory. Tried to allocate 2 MiB.", "nvidia-smi shows who"),
        (RuntimeError("CUDA error: no kernel image is available for execution on the device\nx"),
         "no kernel image is available", "this torch has no kernels for it"),
        (NotImplementedError("aten::foo is not implemented for MPS"), "aten::foo", "--device cpu"),
        (RuntimeError(), "RuntimeError: RuntimeError", "send this report"),
    ],
)  # fmt: skip
def test_a_device_that_raises_is_a_failure_with_its_words(
    error: Exception, value: str, remedy: str
) -> None:
    def fail(engine: Engine, method: Any, *given: Any) -> Any:
        raise error

    findings = found("cuda:0", disturb(run=fail))
    for name in ("cuda:0 dot sgd", "cuda:0 dot adam", "cuda:0 dot resume"):
        assert findings[name].state == "fail"
        assert value in findings[name].value and "\n" not in findings[name].value
        assert remedy in findings[name].remedy


@pytest.mark.usefixtures("dot_alone")
def test_reduced_precision_is_told() -> None:
    assert found()["precision"].value == "float32 products: precision highest, TF32 off"
    findings = arithmetic_findings([], TorchFacts("2.13.0", precision="high", tf32=True))
    precision = next(iter(findings))
    assert precision.state == "warn" and "TORCH_ALLOW_TF32" in precision.remedy
    assert precision.numbers == {"precision": "high", "tf32": "on"}


def test_every_share_left_out_is_called_dropout() -> None:
    """What turns dropout off goes by the name; a model that calls it otherwise would be missed."""
    for name, kind in MODELS.items():
        for field, described in kind.model_fields.items():
            if "left out" in str(described.description):
                assert "dropout" in field, (name, field)
