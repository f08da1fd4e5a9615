"""`cftui evaluate`: the table, the verdict, files, and words for wrong use."""

import csv
import json
from pathlib import Path

import pytest
from small import here, small_config, write_ratings

from cftui.runs.find import find_run
from cftui.training.start import start_run

Capture = pytest.CaptureFixture[str]
METHODS = ["run", "mean", "biases", "popularity", "item-knn", "ease"]


@pytest.fixture
def run(tmp_path: Path) -> str:
    source = write_ratings(tmp_path / "small", users=60, items=90, n=1500)
    start_run(small_config(source), lambda _: None, run_id="r", began=0.0)
    return find_run("r").id


def test_the_table_and_the_verdict(run: str, capsys: Capture) -> None:
    assert here("evaluate", "--at", "5") == 0
    said = capsys.readouterr()
    lines = said.out.splitlines()
    assert lines[0].startswith(f"run {run}, step ")
    assert lines[1].startswith("last weights; 300 held-out ratings (random), lists of 5 for ")
    head = lines[2].split("\t")
    assert head[:4] == ["method", "RMSE", "MAE", "NDCG"]
    assert [line.split("\t")[0] for line in lines[3:9]] == METHODS
    mean = dict(zip(head, lines[4].split("\t"), strict=True))
    assert "±" in mean["RMSE"] and mean["NDCG"] == mean["cover"] == ""
    assert " than biases" in lines[9] and "RMSE" in lines[9]
    assert "item k-NN: 200 nearest by residuals; by likes (EASE), exactly" in said.out
    assert "calibration, predicted → given: " in said.out
    assert "later than the first one held out of the same user" in said.out
    assert "12%, run: held-out ratings" in said.err
    assert here("evaluate", "--at", "5", "--best") == 0
    assert "best weights; 300" in capsys.readouterr().out


def test_lines_of_json(run: str, capsys: Capture) -> None:
    assert here("evaluate", "--json", "--run", run) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {one["event"] for one in told} == {"run", "progress", "splits", "check"}
    answer = told[-1]
    assert [method["name"] for method in answer["methods"]] == METHODS
    assert (answer["at"], answer["run"]) == (20, run)


def test_the_table_as_a_file(run: str, tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "table.csv"
    assert here("evaluate", "--json", "--out", str(out)) == 0
    answer = json.loads(capsys.readouterr().out.splitlines()[-2])
    rows = list(csv.DictReader(out.open()))
    assert list(rows[0]) == ["method", "measure", "value", "low", "high"]
    assert {row["method"] for row in rows} == set(METHODS)
    first, shown = rows[0], answer["methods"][0]["measures"][0]
    assert (first["measure"], float(first["value"])) == (
        shown[0],
        pytest.approx(shown[1]["value"], rel=1e-8),
    )


def test_wrong_use_says_so(run: str, capsys: Capture) -> None:
    for words, message in (
        (["--out", "table.txt"], "--out needs a file name that ends in .csv or .json"),
        (["--run", "nope"], "no run 'nope'"),
        (["--at", "0"], "Invalid value for '--at'"),
    ):
        assert here("evaluate", *words) == 2, words
        assert message in capsys.readouterr().err
    for name in ("o.csv", "o.json"):
        assert here("evaluate", "--out", f"/nowhere/{name}") == 1
        assert "cannot be written" in capsys.readouterr().err


def test_without_any_run_it_says_how_to_train_one(capsys: Capture) -> None:
    assert here("evaluate") == 2
    assert "cftui train" in capsys.readouterr().err
