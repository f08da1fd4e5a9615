"""A race of optimizers: where each is, by the descent itself, and the loss around, by numpy."""

import math
import os
from pathlib import Path

import numpy as np
import pytest

from cftui.lab.asked import descend
from cftui.lab.landscape import Bowl
from cftui.lab.points import LESSON_X, lesson_points
from cftui.lab.race import TRAIL, thinned
from cftui.library.door import Library
from cftui.questions.errors import QuestionError
from cftui.questions.lab import RULE_NAMES, DescentSettings, WeightChange
from cftui.questions.race import MOST_PLACE, Race, RaceAnswer

X = np.array(LESSON_X, np.float64)
Y = 2 * X + 30
FOUR = tuple(DescentSettings(rule) for rule in ("sgd", "adam", "adam-l2", "adamw"))
FAST = (("learning_rate", 10.0),)


def ask(*settings: DescentSettings, place: int, **more: int) -> RaceAnswer:
    return Library().answer(Race(settings, place, **more))


def rmse(weights: tuple[float, ...]) -> float:
    return float(np.sqrt(np.mean((np.polyval(weights, X) - Y) ** 2)))


def test_every_racer_is_where_its_descent_is() -> None:
    answer = ask(*FOUR, place=70, focused=3, first=60)
    for settings, racer in zip(FOUR, answer.racers, strict=True):
        alone = descend(settings, 1, 70)
        way = [(1.0, 1.0), *(row.new for row in alone.rows)]
        assert racer.weights == way[-1] and racer.place == 70 and not racer.diverged
        assert list(zip(*racer.trail, strict=True)) == way
        assert racer.errors[0] == tuple(map(float, range(71)))
        assert racer.errors[1] == pytest.approx([rmse(weights) for weights in way], rel=1e-9)
        assert racer.rmse == racer.errors[1][-1]
        assert racer.epochs == ((1.0, 2.0), alone.epoch_rmse)
    assert answer.focused.rows == descend(FOUR[3], 60, 70).rows
    assert dict(answer.racers[3].options)["weight_decay"] == 0.1


def test_steps_gone_back_over_are_told_too() -> None:
    ask(*FOUR, place=10)
    answer = ask(*FOUR, place=5, first=4, ahead=2)
    assert [row.number for row in answer.focused.rows] == [4, 5, 6, 7]
    assert answer.racers[0].place == 5 and len(answer.racers[0].trail[0]) == 6
    assert ask(*FOUR, place=5, first=4, ahead=2) == answer


def test_a_weight_set_by_hand_is_a_step() -> None:
    by_hand = DescentSettings(changes=(WeightChange(3, "b", 25.0),))
    answer = ask(by_hand, DescentSettings(), place=4, first=4)
    assert answer.focused.rows[0].by_hand and answer.racers[0].weights[1] == 25.0
    assert answer.racers[1].weights == descend(DescentSettings(), 4, 4).rows[0].new


def test_one_that_diverges_stays_where_it_did() -> None:
    answer = ask(DescentSettings(options=FAST), DescentSettings("adam"), place=300)
    alone = descend(DescentSettings(options=FAST), 1, 300)
    assert answer.racers[0].diverged and answer.racers[0].place == alone.diverged
    assert answer.racers[1].place == 300 and not answer.racers[1].diverged
    land = answer.landscape
    assert all(map(math.isfinite, (*land.across, *land.upwards)))
    assert land.across[0] <= 1 and land.across[1] >= 2 and land.upwards[1] >= 30


@pytest.mark.parametrize("function", ["line", "parabola"])
def test_rings_are_of_one_error(function: str) -> None:
    settings = DescentSettings("adam", function=function)
    answer = ask(settings, place=40)
    land, (racer,) = answer.landscape, answer.racers
    degree = len(racer.weights) - 1
    assert land.best == pytest.approx(np.polyfit(X, Y, degree), abs=1e-6)
    assert len(land.rings) >= 3
    for error, (across, upwards) in land.rings:
        for a, b in zip(across, upwards, strict=True):
            assert rmse((a, b, *racer.weights[2:])) == pytest.approx(error, rel=1e-6)


def test_rings_where_points_are_off_the_line(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).normal(0, 5, len(X))
    file = tmp_path / "points.csv"
    file.write_text("".join(f"{x},{y}\n" for x, y in zip(X, Y + noise, strict=True)))
    land = ask(DescentSettings(points=str(file)), place=0).landscape
    slope, level = np.polyfit(X, Y + noise, 1)
    assert land.best == pytest.approx((slope, level), rel=1e-9)
    for error, (across, upwards) in land.rings:
        off = across[7] * X + upwards[7] - (Y + noise)
        assert math.sqrt(np.mean(off**2)) == pytest.approx(error, rel=1e-9)


def test_a_file_that_was_changed_is_read_anew(tmp_path: Path) -> None:
    file = tmp_path / "points.csv"
    settings = DescentSettings(points=str(file))
    for written, y in ((10**9, 5), (2 * 10**9, 7)):
        file.write_text(f"1,3\n2,{y}\n")
        os.utime(file, ns=(written, written))
        assert ask(settings, place=2, first=2).focused.rows[0].y == (float(y),)


def test_weights_that_cannot_be_told_apart_have_no_rings(tmp_path: Path) -> None:
    """x² and x are the same for 0 and 1."""
    file = tmp_path / "points.csv"
    file.write_text("0,1\n1,2\n0,1.5\n")
    answer = ask(DescentSettings("adam", points=str(file), function="parabola"), place=5)
    assert answer.landscape.rings == () or all(
        math.isfinite(value) for _, ring in answer.landscape.rings for value in ring[0]
    )


def test_the_bowl_is_the_loss_near_its_bottom_too() -> None:
    from cftui.lab.functions import LINE

    near = np.array([[2.0 + 1e-7, 30.0], [2.0, 30.0 + 1e-6]])
    found = Bowl.of(lesson_points(), LINE).rmse(near)
    assert found == pytest.approx([rmse(tuple(weights)) for weights in near], rel=1e-4)


@pytest.mark.parametrize("last", [0, 1, 199, 200, 201, 5000, MOST_PLACE])
def test_a_trail_keeps_its_ends_and_is_short(last: int) -> None:
    told = thinned(last)
    assert told[0] == 0 and told[-1] == last and len(told) <= TRAIL + 2
    assert told == sorted(set(told))


@pytest.mark.parametrize(
    ("race", "words"),
    [
        (Race((), 1), "0 optimizers"),
        (Race((DescentSettings(),) * 5, 1), "5 optimizers"),
        (Race((DescentSettings(),), MOST_PLACE + 1), "up to 20,000"),
        (Race((DescentSettings(), DescentSettings(function="parabola")), 1), "same points"),
        (Race((DescentSettings(options=(("learning_rate", 0.0),)),), 1), "learning_rate"),
    ],
)
def test_what_cannot_be_raced(race: Race, words: str) -> None:
    with pytest.raises(QuestionError, match=words):
        Library().answer(race)


def test_all_rules_race_from_the_start() -> None:
    for rule in RULE_NAMES:
        answer = ask(DescentSettings(rule), place=0)
        assert answer.focused.rows == () and answer.racers[0].weights == (1.0, 1.0)
