"""Refits: a run's settings trained again on all ratings."""

import json
from pathlib import Path

import numpy as np
import pytest
from small import here, make_bench, open_small, small_config

from cftui.library.trained import load_trained
from cftui.runs.directory import RunError
from cftui.runs.events import Epoch, Finished
from cftui.runs.find import find_run
from cftui.runs.history import read_history
from cftui.runs.index import RunsIndex
from cftui.runs.refit import refit_config
from cftui.tui.services.runs import RunService


def train(source: str, run_id: str, *words: str) -> None:
    given = ["--data", source, "--epochs", "2", "--factors", "4", "--id", run_id, *words]
    assert here("train", *given) == 0


@pytest.fixture
def source(tmp_path: Path) -> str:
    return str(open_small(tmp_path / "small", users=40, items=60, n=900).source)


def test_a_refit_trains_on_all_ratings_and_measures_nothing(
    source: str, capsys: pytest.CaptureFixture[str]
) -> None:
    train(source, "good", "--name", "the good one")
    assert here("runs", "refit", "good") == 0
    said = capsys.readouterr().out
    assert "900 ratings to train on, nothing held out: no error is measured" in said
    refit = find_run("the good one, refit")
    record, history = refit.record(), read_history(refit.events)
    assert (record.refit_of, record.valid_mse, record.baselines) == ("good", None, None)
    assert record.steps_per_epoch == -(-900 // 64)
    assert [epoch.valid_mse for epoch in history.epochs] == [None, None]
    assert isinstance(history.end, Finished) and history.end.outcome == "finished"
    assert len(load_trained(refit).split.train) == 900


def test_a_refit_is_what_training_on_all_ratings_gives(tmp_path: Path) -> None:
    """With nothing held out a run's loss is that of a loop over all ratings in torch."""
    torch = pytest.importorskip("torch")
    ratings = open_small(tmp_path / "small", users=40, items=60, n=900)
    config = small_config(
        split={"kind": "none"}, model={"n_factors": 4}, training={"epochs": 1, "batch_size": 900}
    )
    bench = make_bench(config, ratings, "all")
    before = {name: a.copy() for name, a in bench.trainer.learner.parameters().items()}
    bench.trainer.train()
    users, items = (torch.tensor(a.astype(np.int64)) for a in (ratings.user, ratings.item))
    factors = before["user_factors"], before["item_factors"]
    dots = (factors[0][users] * factors[1][items]).sum(1)
    raw = dots + before["user_bias"].ravel()[users] + before["item_bias"].ravel()[items]
    predicted = 1 / (1 + np.exp(-raw)) * (ratings.high - ratings.low) + ratings.low
    expected = np.mean((predicted - ratings.value) ** 2)
    assert bench.engine.losses == [pytest.approx(expected, rel=1e-5)]


def test_as_many_epochs_as_at_the_best_error(source: str) -> None:
    train(source, "long", "--epochs", "3", "--set", "training.patience=1")
    run = find_run("long")
    events = [json.loads(line) for line in run.events.read_text().splitlines()]
    epochs = [event for event in events if event["event"] == "epoch"]
    for event, error in zip(epochs, (0.9, 0.7, 0.8), strict=True):
        event["valid_mse"] = error
    run.events.write_text("".join(json.dumps(event) + "\n" for event in events))
    config = refit_config(run)
    assert (config.training.epochs, config.training.patience) == (2, 0)
    assert config.split.kind == "none"


def test_what_cannot_be_refit_says_why(source: str, capsys: pytest.CaptureFixture[str]) -> None:
    train(source, "good")
    assert here("runs", "refit", "good", "--name", "all") == 0
    capsys.readouterr()
    assert here("runs", "refit", "all") == 2
    assert "was trained on all ratings already" in capsys.readouterr().err
    run = find_run("good")
    kept = [line for line in run.events.read_text().splitlines() if '"event":"epoch"' not in line]
    run.events.write_text("\n".join(kept) + "\n")
    with pytest.raises(RunError, match="has no whole epoch"):
        refit_config(run)


def test_what_a_refit_cannot_tell_points_to_the_run_that_can(
    source: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train(source, "good")
    assert here("runs", "refit", "good", "--name", "all") == 0
    capsys.readouterr()
    out = str(tmp_path / "held-out.csv")
    assert here("predict", "--run", "all", "--split", "valid", "--out", out) == 2
    assert "nothing was held out" in (said := capsys.readouterr().err) and "--run good" in said
    assert here("similar", "1001", "--run", "all", "--by", "cosine", "--best") == 1
    assert "has no best weights, as nothing was held out" in capsys.readouterr().err
    assert here("similar", "1001", "--run", "all", "--by", "cosine") == 0
    assert "a refit of good" in capsys.readouterr().out
    assert here("runs", "show", "all") == 0
    assert "a refit on all ratings of good" in capsys.readouterr().out


def test_questions_go_to_a_finished_refit_unless_the_run_itself_is_chosen(source: str) -> None:
    train(source, "good")
    train(source, "newer")
    assert here("runs", "refit", "good", "--name", "all") == 0
    runs = RunService("good")
    runs.rows = RunsIndex().refresh()
    runs.ratings_opened(runs.rows[0].fingerprint)
    answering = runs.answering
    assert answering is not None and answering.name == "all" and answering.refit_of == "good"
    runs.choose("newer")
    assert runs.answering is not None and runs.answering.id == "newer"
    runs.choose("good", to_answer=True)
    assert runs.answering is not None and runs.answering.id == "good"


def test_an_epoch_without_errors_is_read_again() -> None:
    from cftui.runs.events import as_row, from_json

    epoch = Epoch(
        epoch=1, step=3, train_loss=0.5, valid_mse=None, valid_rmse=None, valid_mse_clipped=None,
        unseen_pairs=0, unseen_mse=None, learning_rate=0.1, seconds=1.0, train_seconds=1.0,
    )  # fmt: skip
    assert from_json(json.dumps(as_row(epoch))) == epoch


def test_a_refit_is_checked_by_the_run_that_it_repeats(
    source: str, capsys: pytest.CaptureFixture[str]
) -> None:
    train(source, "good")
    assert here("runs", "refit", "good", "--name", "all") == 0
    capsys.readouterr()
    assert here("evaluate", "--run", "all") == 2
    assert "nothing was held out from" in (said := capsys.readouterr().err) and "check good" in said
    assert here("evaluate", "--json") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[-1]["event"] == "check" and lines[-1]["run"] == "good"
