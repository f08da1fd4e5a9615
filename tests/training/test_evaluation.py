"""The errors that a run tells of, against those of its predictions as they are exported."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from small import here, write_ratings


def test_the_errors_told_are_those_of_the_exported_predictions(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Clipped to the range, and of the pairs of which one side was never trained on, as well."""
    source = write_ratings(tmp_path / "small", users=60, items=90, n=150)
    words = ["--data", str(source), "--model", "dot", "--set", "model.init_range=3", "--id", "r"]
    assert here("train", *words, "--epochs", "1", "--lr", "0.001", "--json") == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    [told] = [event for event in events if event["event"] == "epoch"]
    assert here("predict", "--split", "valid", "--out", str(tmp_path / "valid.csv")) == 0
    with (tmp_path / "valid.csv").open(newline="") as file:
        held_out = list(csv.DictReader(file))
    with (source / "ratings.csv").open(newline="") as file:
        pairs = {(row["userId"], row["movieId"]) for row in csv.DictReader(file)}
    trained_on = pairs - {(row["user"], row["item"]) for row in held_out}
    users, items = ({pair[side] for pair in trained_on} for side in (0, 1))
    unseen = np.array([row["user"] not in users or row["item"] not in items for row in held_out])
    predicted, actual = (
        np.array([float(row[name]) for row in held_out]) for name in ("prediction", "rating")
    )
    squares = (predicted - actual) ** 2
    clipped = (np.minimum(np.maximum(predicted, 0.5), 5.0) - actual) ** 2
    assert 0 < unseen.sum() < len(unseen) and clipped.mean() < squares.mean()
    assert told["unseen_pairs"] == unseen.sum()
    for name, expected in (
        ("valid_mse", squares.mean()),
        ("valid_rmse", squares.mean() ** 0.5),
        ("valid_mse_clipped", clipped.mean()),
        ("unseen_mse", squares[unseen].mean()),
    ):
        assert told[name] == pytest.approx(expected, rel=1e-5), name
    last = events[-1]
    for name in ("valid_mse", "valid_rmse", "valid_mse_clipped", "unseen_mse", "unseen_pairs"):
        assert last[name] == told[name], name


def test_where_every_pair_was_met_there_is_no_error_of_unseen_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = write_ratings(tmp_path / "small", users=10, items=12, n=110)
    assert here("train", "--data", str(source), "--epochs", "1", "--json") == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    [told] = [event for event in events if event["event"] == "epoch"]
    assert (told["unseen_pairs"], told["unseen_mse"]) == (0, None)
