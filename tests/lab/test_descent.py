"""The lab's descent: derivatives by two references, going back, and what it refuses."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from small import here

from cftui.lab.asked import descend
from cftui.lab.descent import Descent, Plan
from cftui.lab.functions import FUNCTIONS, LINE, Polynomial
from cftui.lab.points import LESSON_X, lesson_points
from cftui.lab.update_rules import RULES
from cftui.questions.lab import FUNCTION_NAMES, RULE_NAMES, DescentSettings, WeightChange


def plan(rule: str = "sgd", function: Polynomial = LINE, batch: int = 1, **options: float) -> Plan:
    chosen = RULES[rule].model_validate({"name": rule, **options})
    start = np.ones(len(function.letters))
    return Plan(lesson_points(), function, chosen, start, batch)


def test_the_words_of_questions_are_those_of_the_lab() -> None:
    assert tuple(RULES) == RULE_NAMES and tuple(FUNCTIONS) == FUNCTION_NAMES


def test_the_lessons_points() -> None:
    points = lesson_points()
    drawn = np.random.RandomState(5).randint(10, 91, 29)
    assert list(LESSON_X) == drawn.tolist() and set(points.y - 2 * points.x) == {30.0}


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
@pytest.mark.parametrize("batch", [1, 4, 0])
def test_derivatives_are_autograds_and_a_central_differences(
    function: Polynomial, batch: int
) -> None:
    descent = Descent(plan("adam", function, batch, learning_rate=0.1))
    descent.go(60)
    for step in descent.steps:
        weights = torch.tensor(step.weights, requires_grad=True)
        powers = torch.tensor(np.stack([step.x**p for p in function.powers], 1))
        loss = ((powers @ weights - torch.tensor(step.y)) ** 2).mean()
        loss.backward()  # type: ignore[no-untyped-call]
        assert weights.grad is not None
        np.testing.assert_allclose(step.gradient, weights.grad.numpy(), rtol=1e-10)
        assert step.squared_error == pytest.approx(loss.item(), rel=1e-12)
        for place in range(len(step.weights)):
            h = 1e-4 * np.eye(len(step.weights))[place]
            sides = [
                function.squared_error(step.weights + sign * h, step.x, step.y) for sign in (1, -1)
            ]
            central = (sides[0] - sides[1]) / 2e-4
            scale = np.abs(step.gradient).max()
            assert step.gradient[place] == pytest.approx(central, rel=1e-5, abs=1e-7 * scale)


def test_the_estimated_derivative_is_the_lessons_forward_difference() -> None:
    """By hand: x = 88, y = 206, a = b = 1, so that the prediction is 89."""
    descent = Descent(plan())
    descent.forward()
    (step,) = descent.steps
    assert step.prediction.tolist() == [89.0] and step.squared_error == 117.0**2
    by_hand = [((89 + 0.88 - 206) ** 2 - 117**2) / 0.01, ((89.01 - 206) ** 2 - 117**2) / 0.01]
    assert step.estimated.tolist() == pytest.approx(by_hand, rel=1e-9)
    assert step.gradient.tolist() == [2 * -117 * 88, 2 * -117]
    assert step.new.tolist() == pytest.approx([1 + 1e-4 * 20592, 1 + 1e-4 * 234])


@pytest.mark.parametrize("rule", RULES)
def test_back_and_forth_gives_the_same_bits(rule: str) -> None:
    descent, again = Descent(plan(rule)), Descent(plan(rule))
    seen = []
    for _ in range(100):
        seen.append(descent.weights.tobytes())
        descent.forward()
    end = descent.weights.tobytes()
    for weights in reversed(seen):
        descent.back()
        assert descent.weights.tobytes() == weights
    assert not descent.place
    descent.go(100)
    again.go(100)
    assert descent.weights.tobytes() == end == again.weights.tobytes()


def test_an_epochs_error_is_divided_by_all_its_points() -> None:
    descent = Descent(plan("adam", batch=4))
    descent.go(descent.plan.steps_per_epoch)
    points, squares = descent.plan.points, []
    for step in descent.steps:
        a, b = step.weights
        squares += [(a * x + b - y) ** 2 for x, y in zip(step.x, step.y, strict=True)]
    assert len(squares) == len(points) == 29 and len(descent.steps) == 8
    assert descent.epoch_rmse() == [pytest.approx(math.sqrt(sum(squares) / 29))]


def test_a_change_by_hand_is_a_step_one_can_go_back_over() -> None:
    descent = Descent(plan("momentum"))
    descent.go(5)
    before = descent.weights.tolist()
    descent.change("b", 30.0)
    assert descent.weights.tolist() == [before[0], 30.0]
    descent.forward()
    assert descent.steps[6].first == 5  # the points go on where they were
    descent.go(5)
    assert descent.weights.tolist() == before
    descent.change("a", 2.0)  # in place of what was gone back over
    assert len(descent.steps) == 6 and descent.weights.tolist() == [2.0, before[1]]


def test_a_question_is_answered_alike_in_whatever_order_it_is_asked() -> None:
    settings = DescentSettings("adam", changes=(WeightChange(3, "b", 30.0),))
    late = descend(settings, 40, 41)
    early = descend(settings, 1, 5)
    assert [row.by_hand for row in early.rows] == [False, False, False, True, False]
    assert early.rows[4].weights[1] == 30.0
    fresh = DescentSettings("adam", (("beta1", 0.9),), changes=settings.changes)
    assert descend(fresh, 1, 41).rows[39:] == late.rows


def test_it_diverges_and_says_at_which_step() -> None:
    found = descend(DescentSettings("sgd", (("learning_rate", 1e6),)), 1, 1000)
    assert found.diverged == len(found.rows) < 100
    assert not math.isfinite(found.rows[-1].squared_error)


def test_a_hundred_thousand_points(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    x = draw.uniform(0, 1, 100_000)
    lines = [f"{a},{b}" for a, b in zip(x, 3 * x + 1, strict=True)]
    file = tmp_path / "many.csv"
    file.write_text("\n".join(lines) + "\n")
    asked = DescentSettings("adam", (("learning_rate", 0.1),), str(file), batch=0)
    found = descend(asked, 300, 300)
    assert found.n_points == 100_000 and len(found.rows[0].x) == 64
    assert found.rows[0].new == pytest.approx((3.0, 1.0), abs=0.01)


def test_heading_and_columns_of_a_file(tmp_path: Path) -> None:
    for text in ("y,x\n2,1\n4,2\n", "\ufeffx,y\n1,2\n\n2,4\n", "1,2\r\n2,4\r\n"):
        file = tmp_path / "points.csv"
        file.write_bytes(text.encode())
        found = descend(DescentSettings(points=str(file)), 1, 2)
        assert [(row.x, row.y) for row in found.rows] == [((1.0,), (2.0,)), ((2.0,), (4.0,))]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--lr", "0"], "optimizer.learning_rate = 0.0: must be greater than 0"),
        (["--lr", "-1"], "must be greater than 0"),
        (["--lr", "nan"], "must be a finite number"),
        (["--optimizer", "sdg"], "optimizer 'sdg': there are sgd,"),
        (["--optimizer", "adam", "--set", "optimizer.beta3=1"], "unknown key"),
        (["--set", "model.n_factors=3"], "only optimizer's settings"),
        (["--batch", "-1"], "or 0 for all"),
        (["--difference", "0"], "such as 0.01"),
        (["--start-a", "inf"], "a finite number each for a, b"),
        (["--function", "cube"], "there are line, parabola"),
        (["--steps", "9999999"], "the lab takes up to 1,000,000"),
        (["--points", "none.csv"], "none.csv: not a readable CSV file"),
    ],
)
def test_what_cannot_be_descended_says_why(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert here("lab", "descent", *words) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x,y\n1,2\n3,four\n", ":3: column 2 (y) is 'four'"),
        ("x,y\n1,2\n3\n", ":3: no column 2"),
        ("1,2\n3,inf\n", ":2: column 2 (y) is 'inf', which is no finite number"),
        ("1,2\n", "one point"),
        ("5,2\n5,3\n", "every x is 5"),
        ("", "no points"),
        ("x,y\n", "a heading and no points"),
        ("1,\x1b[31m2\n2,3\n", "[31m2', which is no finite number"),
    ],
)
def test_a_file_of_points_that_cannot_be_used_says_where(
    text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "points.csv"
    file.write_text(text)
    assert here("lab", "descent", "--points", str(file)) == 2
    error = capsys.readouterr().err
    assert said in error and "\x1b" not in error


def test_the_lines_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert here("lab", "descent", "--optimizer", "adam", "--steps", "3", "--json") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["step"] for line in lines] == [1, 2, 3]
    assert list(lines[0]) == [
        *("step", "x", "y", "a", "b", "prediction", "squared_error"),
        *("estimated_de_da", "estimated_de_db", "de_da", "de_db", "new_a", "new_b", "state"),
    ]
    assert list(lines[0]["state"]) == ["m", "v", "m_hat", "v_hat"]
    assert lines[1]["a"] == lines[0]["new_a"]
    assert here("lab", "descent", "--lr", "1e6", "--steps", "100", "--json") == 1
    assert "diverged at step" in capsys.readouterr().err
