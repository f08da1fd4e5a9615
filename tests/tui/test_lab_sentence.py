"""The lab's sentence: each thing that it can say, of steps worked out by hand."""

import math
from textwrap import wrap
from typing import Any

import pytest

from cftui.lab.asked import descend, rule_of
from cftui.library.door import Library
from cftui.questions.lab import RULE_NAMES, DescentSettings, StepRow, WeightChange
from cftui.questions.race import Race
from cftui.tui.lab.numbers import short, signed
from cftui.tui.lab.sentence import TakenStep, sentence

AB = ("a", "b")


def taken(
    rule: str,
    gradient: tuple[float, float],
    moved: tuple[float, float] = (-0.5, -0.25),
    weights: tuple[float, float] = (1.0, 2.0),
    options: dict[str, Any] | None = None,
    **state: tuple[float, float],
) -> str:
    """Return what is said of a step with these numbers."""
    row = StepRow(
        number=7,
        by_hand=False,
        place=6,
        x=(3.0,),
        y=(4.0,),
        weights=weights,
        prediction=(5.0,),
        squared_error=1.0,
        estimated=gradient,
        gradient=gradient,
        state=tuple(state.items()),
        new=(weights[0] + moved[0], weights[1] + moved[1]),
    )
    every = rule_of(rule, options or {}).model_dump(exclude={"name"})
    return sentence(TakenStep(row, rule, every, AB))


def test_sgd_is_rate_times_gradient() -> None:
    said = taken("sgd", (1000.0, -20.0), (-0.1, 0.002))
    assert said == "Against the gradient: a moves by -0.1 = -0.0001 x 1000; b moves by +0.002."


def test_sgd_with_l2_tells_its_share() -> None:
    said = taken("sgd", (1000.0, 0.0), options={"weight_decay": 2.0})
    assert "x 1002 (+2 of it L2)" in said


@pytest.mark.parametrize(
    ("rule", "v", "words"),
    [
        ("momentum", -100.0, "goes on in the old direction: a's gradient turned (+50)"),
        ("momentum", 50.0, "No older step to go on from: a moves along its gradient alone"),
        ("momentum", 20.0, "Older steps (-30) brake"),
        ("momentum", 200.0, "Older gradients agree and add up: a moves by -0.5, 4 times SGD's"),
        ("lesson-momentum", 5.0, "alone, 0.1 of it, -0.5"),
        ("lesson-momentum", -4.0, "older ones (-9) outweigh it"),
        ("lesson-momentum", 2.0, "Older steps (-3) brake"),
        ("lesson-momentum", 45.0, "0.9 times SGD's step"),
        # Nesterov goes along g + 0.9 v: 50 - 72 has turned, 50 - 36 has not.
        ("nesterov", -80.0, "goes on in the old direction"),
        ("nesterov", -40.0, "Older steps (-90) brake"),
        ("nesterov", 50.0, "No older step"),
        ("nesterov", 100.0, "add up: a moves by -0.5, 2.8 times SGD's step"),
    ],
)
def test_momentum_tells_what_older_steps_did(rule: str, v: float, words: str) -> None:
    assert words in taken(rule, (50.0, 1.0), v=(v, 1.0))


def test_momentum_without_a_gradient_goes_on() -> None:
    assert "though its gradient is 0" in taken("momentum", (0.0, 0.0), v=(5.0, 1.0))


def test_adagrad_tells_the_root_and_the_share() -> None:
    said = taken("adagrad", (50.0, 1.0), s=(250000.0, 4.0))
    assert "(500), which only grows: a moves by -0.5, 0.5 of the learning rate" in said
    assert said.endswith("b moves by -0.25, 0.25 of the rate.")


def test_rmsprop_tells_whether_the_gradient_is_larger_than_of_late() -> None:
    assert "(100), and this gradient (50) is smaller" in taken("rmsprop", (50, 1), v=(1e4, 1))
    assert "(100), and this gradient (500) is larger" in taken("rmsprop", (500, 1), v=(1e4, 1))


def adam(
    m_hat: float, v_hat: float, gradient: float = 50.0, rule: str = "adam", **more: Any
) -> str:
    """Return what is said of a's averages; of b nothing is told that matters."""
    return taken(
        rule,
        (gradient, 1.0),
        m=(0.5 * m_hat, 0.9),
        v=(0.5 * v_hat, 0.9),
        m_hat=(m_hat, 1.0),
        v_hat=(v_hat, 4.0),
        **more,
    )


def test_adam_on_a_steady_gradient_steps_by_about_the_rate() -> None:
    said = adam(95.0, 1e4)
    assert said.startswith("a's gradient is steady (m̂² = 9025, v̂ = 10000)")
    assert "its step is about the rate, 0.95 of the learning rate 1" in said
    assert said.endswith("b moves by -0.25, 0.5 of the rate.")


def test_adam_on_a_noisy_gradient_shrinks() -> None:
    said = adam(5.0, 1e4)
    assert "noisy (m̂² ≪ v̂: m̂² = 25, v̂ = 10000): its step shrinks to 0.05 of" in said


def test_adam_between_and_beyond() -> None:
    assert "partly steady (m̂² = 2500" in adam(50.0, 1e4)
    assert "has grown of late" in adam(150.0, 1e4)


def test_adam_goes_on_though_the_gradient_turned() -> None:
    assert "on in the old direction though it turned" in adam(95.0, 1e4, gradient=-50.0)
    assert "turned" not in adam(-95.0, 1e4, gradient=-50.0)


@pytest.mark.parametrize(
    ("correction", "words"),
    [
        (True, "The first step, bias-corrected: m̂ = g and v̂ = g², so that a moves by the learning"),
        (False, "The first step without bias correction: m lacks more than √v does, so that a"),
    ],
)
def test_adams_first_step(correction: bool, words: str) -> None:
    m, v = (5.0, 0.1), (2.5, 0.001)  # 0.1 g and 0.001 g²
    hats = (
        {"m_hat": (50.0, 1.0), "v_hat": (2500.0, 1.0)} if correction else {"m_hat": m, "v_hat": v}
    )
    said = taken("adam", (50.0, 1.0), options={"bias_correction": correction}, m=m, v=v, **hats)
    assert words in said
    if not correction:  # 0.1 / √0.001
        assert "3.16 times the learning rate" in said


def test_a_weight_that_never_had_a_gradient_stays() -> None:
    assert adam(0.0, 0.0, gradient=1.0).startswith("a has had no gradient yet and stays")


def test_l2_decays_a_weight_with_large_gradients_too_little() -> None:
    """AdamW would take -1 x 0.1 x 1."""
    said = adam(95.0, 1e4, rule="adam-l2", decay=(-0.0003, -0.1))
    assert said.startswith("Decay is meant: wd·a = 0.1 x 1 = 0.1. L2 in Adam, divided by √v̂")
    assert "√v̂ = 100 too, moved a by -0.0003; AdamW: lr·wd·a = -0.1 beside the step" in said
    assert "Large gradients: too little." in said
    assert "Adam's step (steady gradient): 0.95 of the rate" in said


def test_l2_decays_a_weight_with_small_gradients_too_much() -> None:
    assert "Small gradients: too much" in adam(0.01, 1e-4, rule="adam-l2", decay=(-1.0, -0.1))
    assert "Here about the same" in adam(1.0, 1.0, rule="adam-l2", decay=(-0.09, -0.1))


def test_l2_that_remembers_a_larger_weight_is_not_called_small_gradients() -> None:
    """A weight that passes 0: AdamW would take next to nothing, L2 averages older weights."""
    said = adam(95.0, 1e4, rule="adam-l2", weights=(1e-9, 2.0), decay=(-0.0003, -0.1))
    assert "The weight was larger before" in said and "Small gradients" not in said


def test_adamw_decays_by_the_weight_alone() -> None:
    said = adam(5.0, 1e4, rule="adamw", decay=(-0.1, -0.2))
    assert said.startswith(
        "AdamW decays beside the step: lr·wd·a = 1 x 0.1 x 1 moves a by -0.1, however large"
    )
    assert "Adam's step (noisy gradient): 0.05 of the rate" in said


@pytest.mark.parametrize("rule", ["adam-l2", "adamw"])
def test_without_decay_they_are_adam(rule: str) -> None:
    alone = adam(5.0, 1e4).partition("; b")[0]
    said = adam(5.0, 1e4, rule=rule, options={"weight_decay": 0.0}, decay=(0.0, 0.0))
    assert said.startswith(alone)


def test_by_hand_and_diverged() -> None:
    by_hand = DescentSettings(changes=(WeightChange(2, "a", 3.0),))
    row = descend(by_hand, 3, 3).rows[0]
    before = short(row.weights[0])
    said = sentence(TakenStep(row, "sgd", {"learning_rate": 1e-4}, AB))
    assert said.startswith(f"By hand: you set a from {before} to 3;")
    row = descend(DescentSettings(options=(("learning_rate", 10.0),)), 1, 400).rows[-1]
    said = sentence(TakenStep(row, "sgd", {"learning_rate": 10.0}, AB, diverged=True))
    assert f"Diverged at step {row.number}" in said and "rate of 10 is too large" in said
    assert ", steps back" in said and "l begins anew with 1." in said


@pytest.mark.parametrize("function", ["line", "parabola"])
@pytest.mark.parametrize("rule", RULE_NAMES)
def test_every_step_has_a_sentence_that_fits(rule: str, function: str) -> None:
    """Four lines of 78 cells, three of 98; a number said of a move is the move of the descent."""
    settings = DescentSettings(rule, function=function)
    answer = Library().answer(Race((settings,), 120))
    options = dict(answer.racers[0].options)
    for row in answer.focused.rows:
        step = TakenStep(row, rule, options, answer.focused.letters)
        said = sentence(step)
        assert said.endswith(".") and "nan" not in said and "inf" not in said
        assert len(wrap(said, 78)) <= 4 and len(wrap(said, 98)) <= 3, said
        for weight, letter in enumerate(step.letters):
            if weight != step.lead and math.isfinite(row.new[weight]):
                assert f"{letter} moves by {signed(row.new[weight] - row.weights[weight])}" in said


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (1.0, "1"),
        (-8123.44, "-8123.4"),
        (-81234.5, "-81234"),
        (12345678.0, "1.235e7"),
        (-1.2345e10, "-1.2e10"),
        (0.000123456, "0.00012"),
        (-1.5e-9, "-1.5e-9"),
        (float("inf"), "inf"),
        (-1e300, "-1e300"),
    ],
)
def test_numbers_in_seven_cells(value: float, text: str) -> None:
    assert short(value) == text and len(text) <= 7
