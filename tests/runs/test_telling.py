"""A run told in sentences, beside what its events say."""

from pathlib import Path

from cftui.runs.events import Epoch, Started, Step
from cftui.runs.history import History, read_history
from cftui.runs.telling import sentences

RECORDED = Path(__file__).parents[1] / "tui" / "recorded_events.jsonl"


def told(*valid: float, baselines: dict[str, float] | None = None) -> str:
    history = History()
    events = [Started("r", 0.0, 1, "box", "cpu", 5, 64, 16, 0, 100, 4, baselines)]
    history.feed(events)
    for number, mse in enumerate(valid, 1):
        history.feed([Epoch(number, number * 100, 0.9, mse, 1.0, mse, 0, None, None, 1.0, 1.0)])
    return " ".join(sentences(history))


def test_nothing_measured_is_said() -> None:
    assert sentences(History()) == ("Nothing has been measured yet.",)


def test_the_best_epoch_and_how_it_went_on_are_told() -> None:
    assert "0.9000 after epoch 1, 0.8000 after epoch 3; best 0.7000 in epoch 2." in (
        words := told(0.9, 0.7, 0.8)
    )
    assert "It has risen by 0.1000 since epoch 2." in words
    assert "It fell in every epoch." in told(0.9, 0.8, 0.7)
    assert "It is at its lowest now, with rises between." in told(0.9, 0.95, 0.7)
    assert "It has hardly changed since epoch 2." in told(0.9, 0.7, 0.7001)


def test_whether_it_beats_what_needs_no_model_is_told() -> None:
    words = told(0.9, 0.8, baselines={"global_mean": 1.1, "biases": 0.785})
    assert "The best is 0.0150 worse than user and item biases alone (0.7850)." in words
    assert "The best is 0.3000 better than the mean alone (1.1000)." in words


def test_a_recorded_run_is_told_with_its_rate_and_lists() -> None:
    history = read_history(RECORDED)
    words = " ".join(sentences(history))
    steps = [event for event in (history.curve.smooth,) for event in event]
    assert f"Training loss (average): {steps[0]:.4f} at step 1, {steps[-1]:.4f}" in words
    assert "Learning rate: first 0.01," in words and "it jumps up 1 time" in words
    assert "NDCG of the top 20 lists of 200 users: last" in words
    assert all(sentence.endswith(".") for sentence in sentences(history))


def test_a_constant_rate_is_one_number() -> None:
    history = History()
    history.feed([Step(n, 1.0, 1.0, 1.0, 1.0, 0.1, n / 10) for n in (1, 2, 3)])
    words = " ".join(sentences(history))
    assert "Learning rate: 0.1 throughout." in words
    assert "Over its last 2 reports it stays where it is." in words
