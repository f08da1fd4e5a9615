"""What is said against a run; the numbers are of real runs, on the bundled ratings but for two."""

from dataclasses import replace

import numpy as np
import pytest

from cftui.evaluation.errors import saturated_share
from cftui.runs.events import Epoch, from_json, to_json
from cftui.runs.history import History
from cftui.runs.judging import verdict_of_row
from cftui.runs.row import RunRow
from cftui.runs.verdict import Evidence, judge

BUNDLED = Evidence(
    mean=1.1238,
    biases=0.7851,
    valid=(),
    train=(),
    low=0.5,
    high=5.0,
    steps=3753,
    rate=0.1,
    decay=2e-4,
    usual_rate=0.1,
    usual_decay=2e-4,
    ratings_each=8.2,
)


def told(evidence: Evidence) -> tuple[str, str]:
    verdict = judge(evidence)
    assert verdict is not None
    return verdict.reason, verdict.words


def measured(
    valid: tuple[float, ...], train: tuple[float, ...], losses: tuple[float, float], **set_: float
) -> Evidence:
    """Return what a run on the bundled ratings came to; `losses`: smoothed, first and last."""
    first, last = losses
    return replace(
        BUNDLED,
        valid=valid,
        train=train,
        first_loss=first,
        last_loss=last,
        **set_,  # type: ignore[arg-type]
    )


LR_1000 = measured((6.3161, 6.0808, 5.8435), (6.1107, 6.1277, 6.1236), (2.112, 6.125), rate=1000.0)
LR_1E_6 = measured((1.7652, 1.7650, 1.7648), (1.7450, 1.7447, 1.7445), (2.112, 1.744), rate=1e-6)
DECAY_10 = measured((1.7630, 1.7612, 1.7616), (1.7435, 1.7435, 1.7436), (2.112, 1.742), decay=10.0)
DEFAULT = measured((0.8381, 0.8205, 0.8080), (0.9364, 0.8031, 0.7792), (2.112, 0.777))
ONE_EPOCH = measured((0.8706,), (1.0410,), (2.112, 0.861), rate=0.05, steps=1251)
TYPO = replace(
    measured((13.4992, 13.4970, 13.4952), (542.8119, 13.4892, 13.4892), (62090.0, 13.4)),
    biases=0.9192,
    high=500.0,
)


@pytest.mark.parametrize(
    ("evidence", "reason", "words"),
    [
        (
            LR_1000,
            "rate-too-high",
            "Worse than the mean alone: MSE 5.8435, not 1.1238. The learning rate 1000 is too"
            " high: the training loss rose from 2.112 to 6.125. Train anew with a lower one, such"
            " as 0.1",
        ),
        (
            replace(LR_1000, saturated=0.98, first_loss=None, last_loss=None),
            "rate-too-high",
            "the sigmoid is saturated, 98% of predictions at its ends. Train anew with a lower",
        ),
        (
            LR_1E_6,
            "rate-too-low",
            "The learning rate 1e-06 is too low: the error hardly moves. Train anew with a higher"
            " one, such as 0.1",
        ),
        (
            DECAY_10,
            "strong-decay",
            "The weight decay 10 is too strong: it holds all weights near 0. Train anew with less,"
            " such as 0.0002",
        ),
        (
            TYPO,
            "stretched-scale",
            "Few values stretch the scale: ratings span 0.5 to 500, and are mostly within 1.06 of"
            " their mean. Mend the outliers (Data pane, describe); read counts as",
        ),
        (
            # (0.8080 - 0.7851) / (0.8205 - 0.8080) = 1.8 epochs more
            DEFAULT,
            "too-few-epochs",
            "Worse than user and item biases alone: MSE 0.8080, not 0.7851. It had too few epochs"
            " (3): the error was still falling. Train 5 or more",
        ),
        (ONE_EPOCH, "too-few-epochs", "It had too few epochs (1)"),
        (
            # falls by 0.5 % an epoch: 50 more would be needed, and 2 are done
            replace(DEFAULT, valid=(1.0, 0.995), train=(1.1, 1.0), rate=1e-3),
            "rate-too-low",
            "0.001 is too low: at this pace 42 more epochs would be needed",
        ),
        (
            replace(DEFAULT, valid=(0.84, 0.80, 0.95), train=(0.9, 0.6, 0.2)),
            "overfit",
            "the validation error was least in epoch 2 (0.8000), while that of training fell to"
            " 0.2000. Train 2 epochs, or with patience",
        ),
        (
            replace(DEFAULT, valid=(0.95, 0.949), train=(0.5, 0.3), ratings_each=1.5),
            "too-little-data",
            "There is too little data: 1.5 training ratings for each user and item. Take fewer",
        ),
        (replace(DEFAULT, valid=(0.9, 0.9), train=(0.9, 0.9)), "unclear", "Nothing measured says"),
    ],
)
def test_the_likely_reason_is_measured(evidence: Evidence, reason: str, words: str) -> None:
    found, said = told(evidence)
    assert found == reason
    assert words in said


def test_a_run_better_than_both_hears_nothing() -> None:
    assert judge(replace(DEFAULT, valid=(0.78, 0.77))) is None
    assert judge(BUNDLED) is None  # not one epoch yet


def test_where_room_is_short_the_signs_are_left_out() -> None:
    verdict = judge(LR_1000)
    assert verdict is not None
    assert verdict.brief == (
        "Worse than the mean alone: MSE 5.8435, not 1.1238. The learning rate 1000 is too high."
        " Train anew with a lower one, such as 0.1"
    )


def test_a_live_run_is_worse_so_far() -> None:
    _, said = told(replace(DEFAULT, alive=True))
    assert said.startswith("So far worse than user and item biases alone")
    assert said.endswith("The error is still falling. Wait; 5 or more epochs may do")


def test_saturation_counts_ratings_within_the_scale_alone() -> None:
    # of 0.5 to 5 the ends reach to 0.545 and from 4.955
    actual = np.array([3.0, 2.0, 4.0, 1.0, 5.0, 0.5])
    predicted = np.array([5.0, 0.54, 4.95, 3.0, 5.0, 0.5])
    assert saturated_share(predicted, actual, 0.5, 5.0) == 0.5
    yes_and_no = np.array([0.0, 1.0])
    assert saturated_share(yes_and_no, yes_and_no, 0.0, 1.0) is None


def test_an_epoch_of_an_older_version_has_no_share() -> None:
    now = Epoch(1, 10, 1.0, 1.0, 1.0, 1.0, 0, None, 0.1, 1.0, 1.0, saturated=0.25)
    line = to_json(now)
    assert from_json(line) == now
    assert from_json(line.replace(',"saturated":0.25', "")) == replace(now, saturated=None)


ROW = RunRow(
    id="r", name="", shown="finished", alive=False, epoch=3, epochs=3, step=3753, valid_mse=5.8435,
    best_valid_mse=5.8435, fingerprint="f", has_weights=True, model="dot-bias", optimizer="sgd",
    learning_rate=1000.0, mean_mse=1.1238, biases_mse=0.7851, low=0.5, high=5.0,
)  # fmt: skip


def test_a_row_alone_tells_that_a_run_is_worse() -> None:
    assert ROW.worse_than == "mean"
    assert replace(ROW, valid_mse=0.8).worse_than == "biases"
    assert not replace(ROW, valid_mse=0.7).worse_than
    assert not replace(ROW, mean_mse=None).worse_than  # of an older version
    verdict = verdict_of_row(ROW, History())
    assert verdict is not None and verdict.reason == "unclear"
