"""`cftui runs`: listing by words, comparing, exporting."""

import csv
import json
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from small import here, small_config

from cftui.config import make_config
from cftui.runs.directory import Run, create_run
from cftui.runs.event_log import EventLog
from cftui.runs.events import Control, Resumed
from cftui.runs.lock import RunLock
from cftui.runs.record import RateChange, RunRecord

RECORDED = Path(__file__).parent / "tui" / "recorded_events.jsonl"


def made(run_id: str, settings: dict[str, Any], **changes: Any) -> Run:
    record = RunRecord(
        run=run_id, state="finished", pid=1, host="box", created=1.0, data_name="small",
        data_source="/small", store="/s", fingerprint="f", n_users=2, n_items=3, low=1, high=5,
        epochs=3, **changes,
    )  # fmt: skip
    run, lock = create_run(record, make_config({**small_config().to_settings(), **settings}))
    lock.release()
    return run


@pytest.fixture
def two() -> tuple[Run, Run]:
    return (
        made("slow", {"optimizer": {"name": "sgd"}}, best_valid_mse=0.9),
        made("fast", {"optimizer": {"name": "adam"}}, best_valid_mse=0.8),
    )


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_words_choose_what_is_listed(
    two: tuple[Run, Run], capsys: pytest.CaptureFixture[str]
) -> None:
    assert here("runs", "list", "adam", "--json") == 0
    assert [line["run"] for line in lines(capsys)] == ["fast"]
    assert here("runs", "list", "mse<0.95", "--sort", "mse", "--json") == 0
    assert [line["run"] for line in lines(capsys)] == ["fast", "slow"]
    assert here("runs", "list", "nothing") == 0
    assert capsys.readouterr().out.splitlines() == [
        "run\tname\tstate\tverdict\tepochs\tbest MSE\trecall@20\tNDCG@20\ttime\tdata\tbegan"
    ]
    assert here("runs", "list", "--sort", "colour") == 2
    assert "--sort colour: no such column; there are mark, state" in capsys.readouterr().err
    for words, message in (
        ("mse<abc", "mse<abc: give a number after <"),
        ("-model<x", "model<x: give model:TEXT"),
        ("colour:red", "colour:red: no column colour; there are mark, state"),
    ):
        assert here("runs", "list", "--", words) == 2
        assert message in capsys.readouterr().err


WORSE = (
    "Worse than the mean alone: MSE 0.9200, not 0.9000. Nothing measured says why. Train longer,"
    " or with the optimizer adam or the model dot-bias at their usual settings"
)


def test_a_run_worse_than_the_mean_says_so_first(capsys: pytest.CaptureFixture[str]) -> None:
    errors = {"epoch": 1, "valid_mse": 0.92, "best_valid_mse": 0.91}
    made("worse", {}, **errors, baselines={"global_mean": 0.9, "biases": 0.8})
    made("better", {}, **errors, baselines={"global_mean": 1.0, "biases": 0.95})
    made("old", {}, **errors)  # of a version that measured no baselines
    made("lost", {}, step=12)
    assert here("runs", "list") == 0
    table = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert {line[0]: line[3] for line in table[1:]} == {
        "worse": "worse than mean",
        "better": "",
        "old": "",
        "lost": "untrained",
    }
    assert here("runs", "list", "verdict:worse", "--json") == 0
    [line] = lines(capsys)
    assert line["run"] == "worse" and line["verdict"]["worse_than"] == "mean"
    assert here("runs", "show", "worse") == 0
    assert capsys.readouterr().out.splitlines()[1] == WORSE
    assert here("runs", "show", "better") == 0
    assert "Worse" not in capsys.readouterr().out
    assert here("runs", "show", "better", "--json") == 0
    assert lines(capsys)[0]["verdict"] is None


def test_a_name_that_means_another_run_is_refused(
    two: tuple[Run, Run], capsys: pytest.CaptureFixture[str]
) -> None:
    assert here("runs", "rename", "slow", "latest") == 2
    assert here("train", "--name", " latest") == 2
    assert capsys.readouterr().err.count("always means the newest run") == 2
    assert here("runs", "rename", "slow", "to\nnight") == 0
    assert two[0].name() == "to night"


def test_diff_shows_what_differs_alone(
    two: tuple[Run, Run], capsys: pytest.CaptureFixture[str]
) -> None:
    two[1].rename("tonight")
    assert here("runs", "diff", "slow", "tonight", "--json") == 0
    told = {line["setting"]: line["values"] for line in lines(capsys)}
    assert told["optimizer.name"] == {"slow": "sgd", "fast": "adam"}
    assert told["optimizer.momentum"] == {"slow": 0.9, "fast": None}
    assert "model.n_factors" not in told
    assert here("runs", "diff", "slow", "tonight") == 0
    assert capsys.readouterr().out.startswith("setting\tslow\ttonight\noptimizer.name\tsgd\tadam\n")
    assert here("runs", "diff", "slow", "slow") == 0
    assert capsys.readouterr().out == "no setting differs\n"
    assert here("runs", "diff", "slow") == 2
    assert "name two runs or more" in capsys.readouterr().err
    (two[0].path / "config.toml").write_text("[")
    assert here("runs", "diff", "slow", "fast") == 1
    assert "config.toml: not a readable TOML file" in capsys.readouterr().err


def test_export_writes_all_or_those_named(
    two: tuple[Run, Run], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert here("runs", "export", "--out", str(tmp_path / "all.csv")) == 0
    assert "2 runs written to " in capsys.readouterr().out
    with (tmp_path / "all.csv").open(newline="") as file:
        assert {row["optimizer.name"] for row in csv.DictReader(file)} == {"sgd", "adam"}
    assert here("runs", "export", "fast", "--out", str(tmp_path / "one.json"), "--json") == 0
    assert lines(capsys)[0]["runs"] == 1
    assert [row["run"] for row in json.loads((tmp_path / "one.json").read_text())] == ["fast"]
    assert here("runs", "export", "--out", str(tmp_path / "all.txt")) == 2
    assert "end it with .csv or .json" in capsys.readouterr().err
    assert here("runs", "export", "--out", str(tmp_path / "no" / "all.csv")) == 1
    assert "all.csv: cannot be written: No such file" in capsys.readouterr().err


def test_show_tells_the_line_that_repeats(
    two: tuple[Run, Run], capsys: pytest.CaptureFixture[str]
) -> None:
    assert here("runs", "show", "fast") == 0
    assert "again: cftui train --data /small --model dot-bias" in capsys.readouterr().out
    assert here("runs", "show", "fast", "--json") == 0
    assert lines(capsys)[0]["command"].startswith("cftui train --data /small")


def test_plain_tells_sentences_alone(
    two: tuple[Run, Run], capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(RECORDED, two[1].events)
    assert here("runs", "show", "fast", "--plain") == 0
    first, *told = capsys.readouterr().out.splitlines()
    assert first.startswith("Run fast, ") and len(told) >= 5
    assert "best 0.7629 in epoch 3." in told[0] and all(line.endswith(".") for line in told)
    here("runs", "attach", "fast", "--plain")
    assert capsys.readouterr().out.rstrip().endswith(told[-1])


def test_attach_hears_the_last_word_of_a_run_whose_record_has_it_already(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A trainer signs the record, then writes the event; a busy machine may stop it between."""
    run = made("ending", {})
    last = [line for line in RECORDED.read_text().splitlines() if '"event":"finished"' in line]
    assert len(last) == 1
    lock, waits = RunLock(run.lock), []

    def written_meanwhile(seconds: float) -> None:
        waits.append(seconds)
        run.events.write_text(last[0] + "\n")
        lock.release()

    monkeypatch.setattr(time, "sleep", written_meanwhile)
    assert here("runs", "attach", "ending", "--json") == 0
    assert len(waits) == 1 and lines(capsys)[-1]["event"] == "finished"


CHANGES = (RateChange(100, 0.02), RateChange(3260, 0.002))
REPEATED = "--set 'training.rate_changes=100=0.02 3260=0.002'"


@pytest.fixture
def changed_twice() -> Run:
    return made("changed", {"optimizer": {"name": "adam"}}, rate_changes=CHANGES)


@pytest.fixture
def old() -> Run:
    """Give a run of a version that left changes to the events."""
    run = made("old", {"optimizer": {"name": "adam"}})
    log = EventLog(run.events)
    for step, value in ((100, 0.02), (3260, 0.002), (4000, 0.5)):
        log.write(Control(1.0, step, "learning-rate", value, "me", 1, "obeyed"))
    log.write(Control(1.0, 300, "learning-rate", -1.0, "me", 1, "refused: above 0"))
    log.write(Resumed("old", 1.0, 1, "box", "cpu", 3500, 1))
    log.close()
    return run


@pytest.mark.parametrize("which", ["changed", "old"])
def test_show_tells_how_the_learning_rate_was_changed(
    changed_twice: Run, old: Run, which: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert here("runs", "show", which) == 0
    told = capsys.readouterr().out.splitlines()
    assert "learning rate 0.02 from step 100, 0.002 from step 3,260" in told
    assert ("while it ran: went on at step 3,500" in told) == (which == "old")
    again = next(place for place, line in enumerate(told) if line.startswith("again: "))
    assert told[again].endswith(REPEATED)
    assert here("runs", "show", which, "--json") == 0
    [line] = lines(capsys)
    assert line["rate_changes"] == [
        {"step": 100, "learning_rate": 0.02},
        {"step": 3260, "learning_rate": 0.002},
    ]
    assert line["unrepeated"] == "" and line["command"].endswith(REPEATED)


def test_diff_and_export_tell_a_changed_learning_rate(
    two: tuple[Run, Run], changed_twice: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = "0.02 from step 100, 0.002 from step 3,260"
    assert here("runs", "diff", "fast", "changed", "--json") == 0
    values = {"fast": None, "changed": told}
    assert lines(capsys) == [{"setting": "learning rate, changed", "values": values}]
    assert here("runs", "diff", "fast", "changed") == 0
    assert capsys.readouterr().out.splitlines()[1] == f"learning rate, changed\t–\t{told}"
    assert here("runs", "export", "changed", "fast", "--out", str(tmp_path / "all.json")) == 0
    rows = json.loads((tmp_path / "all.json").read_text())
    assert [row["learning rate, changed"] for row in rows] == [told, ""]


def test_words_compare_the_learning_rate_that_was_configured(
    two: tuple[Run, Run], changed_twice: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert here("runs", "list", "lr=0.01", "adam", "--json") == 0
    assert {line["run"] for line in lines(capsys)} == {"fast", "changed"}
    assert here("runs", "list", "lr:0.01→…→0.002", "--json") == 0
    assert [line["run"] for line in lines(capsys)] == ["changed"]
