"""Runs that come to nothing say so: trained here, on small ratings, by settings that spoil them."""

import json
from pathlib import Path

import pytest
from small import here, write_ratings

from cftui.runs.find import find_run
from cftui.runs.history import read_history
from cftui.runs.judging import verdict_of

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def source(tmp_path: Path) -> str:
    return str(write_ratings(tmp_path / "small", users=60, items=80, n=2500) / "ratings.csv")


def train(source: str, *words: str) -> int:
    return here("train", "--data", source, "--epochs", "2", "--device", "cpu", *words)


def test_a_learning_rate_too_high_is_said_before_anything_else(
    source: str, capsys: Capture
) -> None:
    assert train(source, "--lr", "1000", "--id", "r") == 0
    said = capsys.readouterr().out.splitlines()
    [place] = [number for number, line in enumerate(said) if line.startswith("Worse than")]
    assert "The learning rate 1000 is too high: the sigmoid is saturated, " in said[place]
    assert said[place].endswith("Train anew with a lower one, such as 0.1")
    assert said[place + 1].startswith("finished after 2 epochs")
    share = read_history(find_run("r").events).epochs[-1].saturated
    assert share is not None and share > 0.9


def test_json_tells_the_verdict_before_the_end(source: str, capsys: Capture) -> None:
    assert train(source, "--lr", "1000", "--json") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["event"] for line in lines[-2:]] == ["verdict", "finished"]
    assert lines[-2]["reason"] == "rate-too-high" and lines[-2]["worse_than"] == "mean"


def test_a_learning_rate_too_low_is_told_from_one_too_high(source: str) -> None:
    assert train(source, "--lr", "1e-6", "--id", "r") == 0
    verdict = verdict_of(find_run("r"))
    assert verdict is not None and verdict.reason == "rate-too-low"
    assert (read_history(find_run("r").events).epochs[-1].saturated or 0.0) < 0.5


def test_a_typo_that_stretches_the_scale_is_the_reason(source: str, tmp_path: Path) -> None:
    head, *rows = Path(source).read_text().splitlines()
    user, item, _, time = rows[5].split(",")
    rows[5] = f"{user},{item},500,{time}"
    typo = tmp_path / "typo.csv"
    typo.write_text("\n".join([head, *rows]) + "\n")
    assert train(str(typo), "--id", "r") == 0
    run = find_run("r")
    verdict = verdict_of(run)
    if verdict is not None:  # where 500 is among the held-out ratings, the mean errs as well
        assert verdict.reason == "stretched-scale"
    assert run.record().high == 500


def test_what_never_finished_an_epoch_does_not_answer_unless_named(
    source: str, capsys: Capture
) -> None:
    assert train(source, "--model", "dot", "--lr", "1000", "--id", "lost") == 1  # its loss is inf
    assert find_run("lost").record().epoch == 0
    capsys.readouterr()
    assert here("similar", "1001", "--by", "cosine") == 2
    said = capsys.readouterr()
    assert "no run that finished an epoch yet; lost (failed, step " in said.err
    assert here("recommend", "--rated", "1001=5", "--data", source) == 0
    assert "lost" not in capsys.readouterr().out
    assert here("similar", "1001", "--by", "cosine", "--run", "lost") == 0
    said = capsys.readouterr()
    assert "lost is at step 0, untrained: its answers mean nothing yet" in said.err
    assert train(source, "--id", "good") == 0
    assert train(source, "--model", "dot", "--lr", "1000", "--id", "again") == 1
    assert find_run("latest").id == "good"
