"""The lab's update rules beside torch.optim, on random problems of two to six weights."""

from collections.abc import Callable, Iterable

import numpy as np
import pytest
import torch
from torch import optim

from cftui.lab.update_rules import RULES, UpdateRule

STEPS, PROBLEMS = 1000, 10
Weights = Iterable[torch.Tensor]
CASES: list[tuple[UpdateRule, Callable[[Weights], optim.Optimizer]]] = [
    (
        RULES["sgd"](name="sgd", learning_rate=0.02, weight_decay=0.03),
        lambda w: optim.SGD(w, lr=0.02, weight_decay=0.03),
    ),
    (
        RULES["momentum"](name="momentum", learning_rate=0.01, weight_decay=0.03),
        lambda w: optim.SGD(w, lr=0.01, momentum=0.9, weight_decay=0.03),
    ),
    (
        RULES["lesson-momentum"](name="lesson-momentum", learning_rate=0.1, weight_decay=0.03),
        # An interpolation is a tenth of torch's sum (whose own dampening spares the first step).
        lambda w: optim.SGD(w, lr=0.01, momentum=0.9, weight_decay=0.03),
    ),
    (
        RULES["nesterov"](name="nesterov", learning_rate=0.01, weight_decay=0.03),
        lambda w: optim.SGD(w, lr=0.01, momentum=0.9, nesterov=True, weight_decay=0.03),
    ),
    (
        RULES["adagrad"](name="adagrad", learning_rate=0.1, weight_decay=0.03),
        lambda w: optim.Adagrad(w, lr=0.1, weight_decay=0.03),
    ),
    (
        RULES["rmsprop"](name="rmsprop", learning_rate=0.01, weight_decay=0.03),
        lambda w: optim.RMSprop(w, lr=0.01, weight_decay=0.03),
    ),
    (RULES["adam"](name="adam", learning_rate=0.01), lambda w: optim.Adam(w, lr=0.01)),
    (
        RULES["adam-l2"](name="adam-l2", learning_rate=0.01, weight_decay=0.3),
        lambda w: optim.Adam(w, lr=0.01, weight_decay=0.3),
    ),
    (
        RULES["adamw"](name="adamw", learning_rate=0.01, weight_decay=0.3),
        lambda w: optim.AdamW(w, lr=0.01, weight_decay=0.3),
    ),
]


def problem(number: int) -> tuple[np.ndarray, Callable[[np.ndarray, int], np.ndarray]]:
    """Return first weights, and the gradient of a noisy quadratic at a step."""
    draw = np.random.default_rng(number)
    n = int(draw.integers(2, 7))
    root = draw.normal(size=(n, n))
    curvature = root @ root.T / n + 0.1 * np.eye(n)
    curvature /= np.linalg.eigvalsh(curvature).max()
    best, noise = draw.normal(size=n), draw.normal(size=(STEPS, n)) * 0.3
    return draw.normal(size=n) * 3, lambda w, step: curvature @ (w - best) + noise[step]


@pytest.mark.parametrize("case", CASES, ids=[rule.name for rule, _ in CASES])
def test_a_rule_is_torchs_own(
    case: tuple[UpdateRule, Callable[[Weights], optim.Optimizer]],
) -> None:
    rule, make = case
    for number in range(PROBLEMS):
        weights, gradient = problem(number)
        state = rule.begin(weights)
        theirs = torch.tensor(weights, dtype=torch.float64, requires_grad=True)
        optimizer = make([theirs])
        for step in range(STEPS):
            theirs.grad = torch.tensor(gradient(theirs.detach().numpy(), step))
            optimizer.step()
            weights, state = rule.step(weights, gradient(weights, step), state)
        np.testing.assert_allclose(weights, theirs.detach().numpy(), rtol=1e-6)
        assert int(state["t"]) == STEPS


def test_every_rule_is_judged() -> None:
    assert [rule.name for rule, _ in CASES if RULES[rule.name] is type(rule)] == [
        *("sgd", "momentum", "lesson-momentum", "nesterov", "adagrad", "rmsprop"),
        *("adam", "adam-l2", "adamw"),
    ]
    assert len(CASES) == len(RULES)


def test_a_steady_gradient_moves_adam_by_its_rate_from_the_first_step_on() -> None:
    """Kingma and Ba 2015, section 2.1: that is what the correction of the averages is for."""
    adam = RULES["adam"](name="adam", learning_rate=0.5)
    weights, state = np.zeros(2), adam.begin(np.zeros(2))
    gradient = np.array([1e-3, -1e4])
    for _ in range(5):
        new, state = adam.step(weights, gradient, state)
        np.testing.assert_allclose(new - weights, [-0.5, 0.5], rtol=1e-4)
        weights = new
    bare = adam.model_copy(update={"bias_correction": False})
    new, _ = bare.step(np.zeros(2), gradient, bare.begin(np.zeros(2)))
    # (1 - 0.9) / sqrt(1 - 0.999) of the rate
    np.testing.assert_allclose(np.abs(new), 0.5 * 0.1 / 0.001**0.5, rtol=1e-2)


def test_l2_inside_adam_spares_the_weight_of_large_gradients_and_adamw_does_not() -> None:
    """Loshchilov and Hutter 2019, section 2: the lesson's last point, in numbers."""
    gradients = np.random.default_rng(0).normal(size=(2000, 2)) * [0.01, 10.0]
    left = {}
    for name in ("adam-l2", "adamw"):
        rule = RULES[name](name=name, learning_rate=0.001, weight_decay=0.1)
        weights, state = np.ones(2), rule.begin(np.ones(2))
        told = np.zeros(2)
        for gradient in gradients:
            weights, state = rule.step(weights, gradient, state)
            told += state["decay"]
        left[name] = told
    np.testing.assert_allclose(left["adamw"][0] / left["adamw"][1], 1.0, rtol=0.2)
    assert abs(left["adam-l2"][0]) > 20 * abs(left["adam-l2"][1])


@pytest.mark.parametrize("name", ["adam-l2", "adamw"])
def test_the_decay_that_is_told_is_the_decays_part_of_the_step(name: str) -> None:
    """By a finite difference of the whole step in the decay that it was given at that step."""
    draw = np.random.default_rng(1)
    rule = RULES[name](name=name, learning_rate=0.01, weight_decay=0.3)
    weights = draw.normal(size=4)
    state = rule.begin(weights)
    for _ in range(20):
        before = weights
        weights, state = rule.step(weights, draw.normal(size=4), state)
    scale = rule.learning_rate / (np.sqrt(state["v_hat"]) + 1e-8)
    rest = weights - before - state["decay"]
    if name == "adamw":
        np.testing.assert_allclose(state["decay"], -0.01 * 0.3 * before)
        np.testing.assert_allclose(rest, -scale * state["m_hat"])
    else:
        gradient_part = state["m_hat"] - state["m_decay"] / (1 - 0.9**20)
        np.testing.assert_allclose(rest, -scale * gradient_part)
