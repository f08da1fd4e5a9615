"""`cftui audience` as it is typed."""

import csv
import json
from pathlib import Path

import pytest
from small import here, small_config, write_ratings

from cftui.commands.audience import pairs_of
from cftui.commands.console import UsageError
from cftui.training.start import start_run

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def small(tmp_path: Path) -> str:
    return str(write_ratings(tmp_path / "small", users=40, items=60, n=900))


def lines_of(capsys: Capture) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_ratings_are_read_as_they_are_typed() -> None:
    assert pairs_of("15=5") == [("15", 5.0)]
    assert pairs_of("15=5,23=2.5") == [("15", 5.0), ("23", 2.5)]
    assert pairs_of("Doe, Jo=4,d=-1") == [("Doe, Jo", 4.0), ("d", -1.0)]
    for wrong in ("15", "15=", "=5", "15=five", "15=nan", "15=5,23"):
        with pytest.raises(UsageError, match="write USER=VALUE"):
            pairs_of(wrong)


def test_without_a_run_users_and_near_items_are_listed(small: str, capsys: Capture) -> None:
    ask = ["audience", "--data", small, "--rated-by", "3=5,7=1", "--genres", "war", "-n", "4"]
    assert here(*ask, "--json") == 0
    head, *rows = lines_of(capsys)
    assert head["event"] == "new-item" and head["step"] is None and "run" not in head
    assert [row["event"] for row in rows] == ["audience"] * 4 + ["near"] * 4
    assert here(*ask) == 0
    said = capsys.readouterr()
    assert "by biases, likeness to those who rated it, means on films of its genres" in said.out
    assert "expected mean" in said.out and "5 by user 3, predicted" in said.out
    assert not said.err


def test_a_run_adds_doubts_and_a_file_takes_the_users(
    small: str, tmp_path: Path, capsys: Capture
) -> None:
    start_run(small_config(small), lambda _: None, run_id="r", began=0.0)
    out = tmp_path / "users.csv"
    ask = ["audience", "--rated-by", "3=5", "--rated-by", "7=1", "--order", "sure"]
    assert here(*ask, "--out", str(out), "-n", "9") == 0
    assert "folded in to r, held to the mean item" in capsys.readouterr().out
    rows = list(csv.DictReader(out.open()))
    worth = [float(row["predicted"]) - float(row["doubt"]) for row in rows]
    assert len(rows) == 9 and worth == sorted(worth, reverse=True)


WRONG = [
    ([], "give --rated-by USER=VALUE, --genres or --year"),
    (["--rated-by", "x"], "write USER=VALUE"),
    (["--rated-by", "4711=3"], "no user 4711"),
    (["--rated-by", "3=3", "--order", "best"], "choose stars, taste or sure"),
    (["--rated-by", "3=3", "--order", "sure"], "no run stands beside"),
    (["--rated-by", "3=3", "--run", "nope"], "no run 'nope'"),
    (["--rated-by", "3=3", "--out", "users.txt"], ".csv or .parquet"),
    (["--genres", "Opera"], "no item has genre 'Opera'; there are Drama, War"),
]


@pytest.mark.parametrize(("words", "message"), WRONG)
def test_wrong_use_is_two_with_a_message(
    small: str, words: list[str], message: str, capsys: Capture
) -> None:
    assert here("audience", "--data", small, *words) == 2
    assert message in capsys.readouterr().err
