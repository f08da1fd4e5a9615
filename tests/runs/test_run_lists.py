"""Lists of runs: fields, filters, order, comparison, the line that repeats a run, exports."""

import csv
import json
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
from records import RECORD, made, row

from cftui.commands import run_command
from cftui.config import RunConfig, make_config
from cftui.runs.annotations import read_annotations, write_annotations
from cftui.runs.columns import BY_NAME, duration, in_order, letter
from cftui.runs.compare import changed, command_line, differences, settings_of
from cftui.runs.details import read_details
from cftui.runs.directory import Run, create_run
from cftui.runs.event_log import EventLog
from cftui.runs.events import Step
from cftui.runs.export import ExportError, export_path, export_runs
from cftui.runs.filters import chosen, complaint
from cftui.runs.index import RunsIndex
from cftui.runs.row import RunRow

ROWS = [
    row("a", name="Tonight", best_valid_mse=0.79, valid_recall=0.25, valid_ndcg=0.125),
    row("b", optimizer="adam", learning_rate=0.01, best_valid_mse=None, shown="failed"),
    row("c", shown="running", alive=True, epoch=0, step=150, best_valid_mse=0.85, mark=2),
    row("d", model="net", n_factors=None, notes="too slow", data="ml-1m", valid_ndcg=0.08),
]


@pytest.mark.parametrize(
    ("words", "fit"),
    [
        ("", "abcd"),
        ("TONIGHT", "a"),
        ("adam", "b"),
        ("slow net", "d"),
        ("-adam -net", "ac"),
        ("model:net", "d"),
        ("model:bias optimizer:sgd", "ac"),
        ("mse<0.8", "a"),
        ("mse<=0.8", "ad"),
        ("mse>0.8", "c"),
        ("-mse<0.8", "bcd"),
        ("ndcg>0.1", "a"),
        ("ndcg<=0.125", "ad"),
        ("recall>=0.25", "a"),
        ("lr=0.01", "b"),
        ("factors>=50", "abc"),
        ("epochs<2", "c"),
        ("speed>1900", "abd"),  # 300 steps of 64 in 10 s: 1,920 a second; c has done half as many
        ("state:live", "c"),
        ("state:ended", "abd"),
        ("state=failed", "b"),
        ("mark:b", "c"),
        ("marked", "c"),
        ("notes:slow data:1m", "d"),
        ("mse<", "abcd"),  # begun
        ("mse<x", "abcd"),
        ("model:", "abcd"),
        ("-", "abcd"),
        ("colour:red", ""),  # no such column: looked for as it is
        ("id:c", "c"),
        ("optimizer~^(adam|sgd)$", "abcd"),
        ("optimizer~^AD", "b"),
        (r"model~^\S+-bias$", "abc"),  # \S, though words are folded
        (r"~too\sslow|tonight", "ad"),
        ("-id~[ab]", "cd"),
        ("model~(", "abcd"),  # begun
        ("~", "abcd"),
        ("colour~red", "abcd"),
    ],
)
def test_words_choose_runs(words: str, fit: str) -> None:
    assert "".join(one.id for one in chosen(ROWS, words)) == fit


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("model~net", ""),
        ("model~(", "no regular expression"),
        ("~", "give a regular expression"),
        ("colour~red", "no column colour"),
    ],
)
def test_a_regular_expression_that_cannot_choose_says_why(words: str, said: str) -> None:
    assert said in complaint(words) and bool(said) == bool(complaint(words))


def test_runs_without_a_value_come_last_either_way() -> None:
    assert [r.id for r in in_order(ROWS, "mse", descending=False)] == ["a", "d", "c", "b"]
    assert [r.id for r in in_order(ROWS, "mse", descending=True)] == ["c", "d", "a", "b"]
    assert [r.id for r in in_order(ROWS, "ndcg", descending=True)] == ["a", "d", "b", "c"]
    nan = replace(ROWS[0], best_valid_mse=float("nan"))
    assert in_order([nan, ROWS[3]], "mse", descending=False)[-1] is nan


def test_what_a_row_tells() -> None:
    live = ROWS[2]
    assert BY_NAME["epochs"].text(live) == "1.5/3" and BY_NAME["state"].text(live) == "running 50%"
    assert BY_NAME["speed"].value(live) == 150 * 64 / 10
    assert BY_NAME["rmse"].text(row("x", best_valid_mse=0.81)) == "0.9000"
    assert [BY_NAME["ndcg"].text(row) for row in ROWS] == ["0.125", "", "", "0.080"]
    assert [duration(s) for s in (4.24, 59.99, 125, 3725, None)] == [
        "4.2 s", "60.0 s", "2:05", "1:02:05", "",
    ]  # fmt: skip
    assert [letter(mark) for mark in (0, 1, 8, 9)] == ["", "A", "H", "+"]
    stamped = row("20261101-203059-dot-bias-adam-k7w2")
    assert (stamped.label, stamped.when) == ("dot-bias-adam", "2026-11-01 20:30")
    assert row("mine").label == "mine"


def test_only_what_differs_is_told() -> None:
    sgd = RunConfig().to_settings()
    adam = make_config({"optimizer": {"name": "adam"}, "training": {"seed": 7}}).to_settings()
    told = {one.key: one.values for one in differences([sgd, adam])}
    assert told["optimizer.name"] == ("sgd", "adam")
    assert told["optimizer.momentum"] == (0.9, None) and told["optimizer.beta1"] == (None, 0.9)
    assert told["training.seed"] == (42, 7)
    assert "model.n_factors" not in told and "optimizer.weight_decay" not in told
    assert differences([sgd, sgd]) == []
    assert changed(sgd) == {}
    assert changed(adam) == {"optimizer.name": "adam", "training.seed": 7}


def test_what_differs_stands_in_the_order_of_the_file_whatever_a_files_own() -> None:
    """Another version wrote its sections in another order, and one that is not known here."""
    one = {"later": {"a": 1}, "training": {"seed": 1}, "model": {"b": 1}, "data": {"c": 1}}
    other = {"optimizer": {"d": 2}, "schedule": {"e": 2}, "split": {"f": 2}}
    assert [row.key for row in differences([one, other])] == [
        "data.c", "split.f", "model.b", "optimizer.d", "schedule.e", "training.seed", "later.a",
    ]  # fmt: skip


def test_the_command_line_makes_the_same_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    config = make_config(
        {
            "data": {"source": "some ratings.csv"},
            "model": {"n_factors": 12, "init_range": 0.02},
            "optimizer": {"name": "adam", "learning_rate": 0.003, "beta1": 0.85, "eps": 1e-7},
            "schedule": {"name": "cosine-restarts", "cycle_mult": 3},
            "split": {"fraction": 0.1},
            "training": {"epochs": 5, "device": "cpu", "threads": 1},
        }
    )
    record = replace(RECORD, run="again", data_source="/ratings/some ratings.csv")
    run, lock = create_run(record, config)
    lock.release()
    line = command_line(run)
    assert "--data '/ratings/some ratings.csv'" in line and "--set optimizer.beta1=0.85" in line
    made_of: list[RunConfig] = []
    monkeypatch.setattr(
        "cftui.commands.train.train_here",
        lambda config, *_, json: made_of.append(config) or 0,  # type: ignore[func-returns-value]
    )
    assert run_command(shlex.split(line)[1:], began=0.0) == 0
    here = make_config({**config.to_settings(), "data": {"source": "/ratings/some ratings.csv"}})
    assert made_of == [here]


def test_the_command_line_names_no_default_that_has_no_option_of_its_own() -> None:
    run, lock = made("r")
    lock.release()
    assert "--set" not in command_line(run)
    config = make_config({"training": {"patience": 3}})
    run, lock = create_run(replace(RECORD, run="patient"), config)
    lock.release()
    words = shlex.split(command_line(run))
    assert [words[n + 1] for n, word in enumerate(words) if word == "--set"] == [
        "training.patience=3"
    ]


def test_user_words_live_side_by_side_and_bear_damage() -> None:
    run, lock = made("r")
    lock.release()
    write_annotations(run.path, mark=3)
    run.rename("tonight")
    write_annotations(run.path, notes="a\tb")
    words = read_annotations(run.path)
    assert (words.name, words.notes, words.mark) == ("tonight", "a b", 3)  # a line each
    (run.path / "user.toml").write_text("mark = true\nname = 7\n")
    assert read_annotations(run.path).mark == 0 and read_annotations(run.path).name == "7"
    (run.path / "user.toml").write_bytes(b"\xff[")
    assert read_annotations(run.path).name == ""


def test_settled_runs_are_remembered_and_read_anew_when_they_change(home: Path) -> None:
    runs = []
    for number in range(25):
        run, lock = made(f"r{number:02}", state="finished", best_valid_mse=0.5, data_name="small")
        lock.release()
        runs.append(run)
    first = RunsIndex().refresh()
    memory = home / "state" / "runs-index.json"
    assert memory.is_file() and {one.id for one in first} == {run.id for run in runs}

    def told(run: Run) -> RunRow:
        return next(one for one in RunsIndex().refresh() if one.id == run.id)

    (runs[3].path / "config.toml").write_text("[model]\nname = 'other'\n")  # as no trainer does
    assert told(runs[3]).model == "dot-bias"  # from memory: neither record nor words changed
    runs[4].rename("tonight")
    assert told(runs[4]).name == "tonight"
    runs[5].write_record(replace(runs[5].record(), best_valid_mse=0.4))
    assert told(runs[5]).best_valid_mse == 0.4
    runs[6].delete()
    assert len(RunsIndex().refresh()) == 24
    for damage in (
        "",
        "[]",
        '{"fields": [], "rows": {}}',
        memory.read_text().replace("0.5", '"x"'),
    ):
        memory.write_text(damage)
        assert len(RunsIndex().refresh()) == 24


def test_rows_are_remembered_once_twenty_are_new(home: Path) -> None:
    """Fewer are as soon read again as written."""
    memory = home / "state" / "runs-index.json"
    index = RunsIndex()
    for number in range(20):
        assert not memory.exists()
        _, lock = made(f"r{number:02}", state="finished")
        lock.release()
        assert len(index.refresh()) == number + 1
    assert memory.exists()


@pytest.mark.parametrize(("recorded", "told"), [(300, 200), (150, 200)])
def test_a_row_is_as_far_as_the_record_or_the_events(recorded: int, told: int) -> None:
    """Each lags behind the other at times: the record is written by the clock, events are cut."""
    run, lock = made("r", state="stopped", step=recorded)
    lock.release()
    log = EventLog(run.events)
    log.write(Step(told, 0.5, 0.4, 0.6, 0.5, 0.1, 12.5))
    log.close()
    [row] = RunsIndex().refresh()
    assert (row.step, row.train_seconds) == (max(recorded, told), 12.5)


def test_a_list_comes_in_parts_and_every_part_gets_further() -> None:
    for number in range(6):
        _, lock = made(f"r{number}", host="elsewhere")  # never settled: looked at each time
        lock.release()
    index = RunsIndex()
    assert index.refresh(-1.0) == () and not index.complete
    seen, looks = 0, 0
    while not index.complete or not seen:
        seen = len(index.refresh(0.002))
        looks += 1
        assert looks < 100
    assert seen == 6


def test_damage_is_listed_with_its_reason() -> None:
    run, lock = made("r", state="finished")
    lock.release()
    run.rename("mine")
    (run.path / "run.json").write_text("{")
    [listed] = RunsIndex().refresh()
    assert (listed.shown, listed.name) == ("damaged", "mine") and "damaged (" in listed.message
    details = read_details(run)
    assert "damaged (" in details.problem and details.record is None
    (run.path / "config.toml").unlink()
    assert "config.toml" in read_details(run).problem


def test_exports_tell_all_settings(tmp_path: Path) -> None:
    run, lock = made("r", state="finished", best_valid_mse=0.5, valid_recall=0.25, valid_ndcg=0.1)
    lock.release()
    run.rename('a "name", with\nbreaks')
    rows = RunsIndex().refresh()
    for path in (tmp_path / "runs.csv", tmp_path / "runs.json"):
        assert export_runs(rows, path) == 1
    with (tmp_path / "runs.csv").open(newline="") as file:
        [line] = csv.DictReader(file)
    [record] = json.loads((tmp_path / "runs.json").read_text())
    assert record["run"] == line["run"] == "r" and line["name"] == 'a "name", with breaks'
    assert (record["recall"], record["ndcg"]) == (0.25, 0.1) and line["ndcg"] == "0.1"
    assert record["mse"] == 0.5 and float(line["optimizer.momentum"]) == 0.9
    settings = settings_of(run)
    assert record["model.n_factors"] == settings["model"]["n_factors"] == 50
    for wrong in ("", "runs", "runs.txt"):
        with pytest.raises(ExportError, match=r"\.csv or \.json"):
            export_path(wrong)
