"""What a run's files claim: numbers beyond clocks and arrays, nesting, odd tensors, odd ids."""

import csv
import json
import os
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from records import CONFIG, RECORD, made
from small import here

from cftui import paths
from cftui.runs.annotations import read_annotations, write_annotations
from cftui.runs.checkpoint import CheckpointError, checkpoint_step, load_checkpoint, save_checkpoint
from cftui.runs.compare import command_line
from cftui.runs.control import Inbox, send
from cftui.runs.directory import Run, RunError, create_run, run_called
from cftui.runs.event_log import EventLog, read_events
from cftui.runs.events import Step, from_json
from cftui.runs.find import find_run, list_runs
from cftui.runs.guarded import read_toml
from cftui.runs.index import RunsIndex

HUGE = "1" + "0" * 400
STEP = (
    '{"event":"step","step":%s,"loss":1,"low":1,"high":1,"smooth":1,"learning_rate":0.1,'
    '"seconds":%s}'
)


@pytest.fixture
def run() -> Run:
    found, lock = made("r", state="finished", pid=1, host="elsewhere")
    lock.release()
    return found


def claim(run: Run, key: str, raw: str) -> None:
    values = json.loads((run.path / "run.json").read_text())
    told = {**{name: json.dumps(value) for name, value in values.items()}, key: raw}
    text = ", ".join(f"{json.dumps(name)}: {value}" for name, value in told.items())
    (run.path / "run.json").write_text("{" + text + "}")


@pytest.mark.parametrize(
    ("key", "raw"),
    [
        *(("created", raw) for raw in ("NaN", "1e300", "-1e300", HUGE, "Infinity")),
        *(("step", raw) for raw in (HUGE, "9" * 5000, "NaN")),
        *(("valid_mse", raw) for raw in (HUGE, "1e308")),
        *(("low", raw) for raw in ("NaN", "-Infinity")),
        *(("baselines", raw) for raw in ('{"global_mean": NaN}', f'{{"biases": {HUGE}}}')),
        ("data_name", json.dumps("x" * 20_000)),
        ("versions", "[" * 100_000),
    ],
)
def test_a_record_beyond_all_bounds_is_damaged(run: Run, key: str, raw: str) -> None:
    claim(run, key, raw)
    with pytest.raises(RunError, match=r"run\.json: damaged \("):
        run.record()
    (row,) = RunsIndex().refresh()
    assert row.shown == "damaged" and row.when


def test_an_error_that_is_no_number_is_unknown(run: Run) -> None:
    claim(run, "valid_mse", "NaN")
    assert run.record().valid_mse is None


@pytest.mark.parametrize("raw", ["NaN", HUGE, "1e300", "Infinity", "[" * 100_000])
def test_an_event_beyond_all_bounds_is_none(raw: str) -> None:
    assert isinstance(from_json(STEP % (3, 0.5)), Step)
    assert from_json(STEP % (3, raw)) is None and from_json(STEP % (raw, 0.5)) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"n = {HUGE}", "more than 63 bits"),
        ("n = nan", "none to compute with: nan"),
        ("n = -1e300", "none to compute with"),
        ("n = " + "[" * 90 + "]" * 90, "nested more than 16 levels deep"),
        ("n = " + "[" * 100_000, "nested too deeply|recursion"),
        ("n = " + "9" * 5000, "4300 digits"),
    ],
)
def test_settings_and_notes_beyond_all_bounds_are_not_read(run: Run, text: str, words: str) -> None:
    for name in ("config.toml", "user.toml"):
        (run.path / name).write_text(text)
    with pytest.raises(RunError, match=words):
        run.config()
    assert read_annotations(run.path).name == "" and find_run("r").id == "r"
    (row,) = RunsIndex().refresh()
    assert row.shown == "finished" and row.n_factors is None
    assert here("runs", "rm", "-y", "r") == 0 and not list_runs()


def test_settings_of_three_levels_are_read(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text('[a]\nb = [{c = 1.5}]\nd = "x"\n')
    assert read_toml(tmp_path / "c.toml") == {"a": {"b": [{"c": 1.5}], "d": "x"}}


def test_a_run_that_is_a_link_is_read_and_never_written_behind(tmp_path: Path, run: Run) -> None:
    run.path.rename(tmp_path / "moved")
    run.path.symlink_to(tmp_path / "moved")
    before = {path: path.read_bytes() for path in (tmp_path / "moved").glob("*.*")}
    (row,) = RunsIndex().refresh()
    assert row.shown == "finished" and find_run("r").record().host == "elsewhere"
    for written in (
        lambda: write_annotations(run.path, name="x"),
        lambda: send(run.path, "stop"),
    ):
        with pytest.raises(OSError, match="nothing is written behind one"):
            written()
    assert here("runs", "rename", "r", "x") == 1 and here("runs", "rm", "-y", "r") == 0
    assert {path: path.read_bytes() for path in (tmp_path / "moved").glob("*.*")} == before
    assert not run.path.is_symlink()


def test_wishes_behind_links_are_none(tmp_path: Path, run: Run) -> None:
    (tmp_path / "thesis").write_text("mine")
    for name in (".turn", "00000000000000000001-1.json"):
        (run.path / "control" / name).symlink_to(tmp_path / "thesis")
    os.mkfifo(run.path / "control" / "00000000000000000002-1.json")
    wish = send(run.path, "stop")
    inbox = Inbox(run.path)
    while not (found := inbox.take()):
        pass
    assert [one.sent_ns for one in found] == [wish.sent_ns]
    inbox.clear()
    (run.path / "control").rename(tmp_path / "control")
    (run.path / "control").symlink_to(tmp_path / "control")
    assert Inbox(run.path).take() == [] and (tmp_path / "thesis").read_text() == "mine"
    with pytest.raises(OSError, match="nothing is written behind one"):
        send(run.path, "stop")


@pytest.mark.parametrize("run_id", ["", ".", "..", "../x", "/etc", "a/b", "a\0b"])
def test_an_id_leads_nowhere_else(run_id: str) -> None:
    with pytest.raises(RunError, match="cannot be the id of a run"):
        run_called(run_id)


@pytest.mark.parametrize("run_id", ["a\nb", "\x1b[2J", ".hidden", "-x", "../x"])
def test_no_run_is_made_with_an_id_that_harms(run_id: str) -> None:
    with pytest.raises(RunError, match="cannot be the id of a run"):
        create_run(replace(RECORD, run=run_id), CONFIG)
    assert not paths.runs_folder().exists()


def test_numbers_that_numpy_has_not_are_named(run: Run) -> None:
    ones = {"parameters/w": np.ones(4, np.float32)}
    run.last.write_bytes(safetensors.numpy.save(ones, {"step": "7"}))  # without a sum
    assert load_checkpoint(run.last).arrays["parameters/w"].sum() == 4
    whole = run.last.read_bytes()
    (length,) = struct.unpack("<Q", whole[:8])
    for kind, shape in (("BF16", b"[8]"), ("F8_E4M3", b"[16]")):
        told = whole[8 : 8 + length].replace(b'"F32"', f'"{kind}"'.encode())
        told = told.replace(b"[4]", shape)
        run.last.write_bytes(struct.pack("<Q", len(told)) + told + whole[8 + length :])
        with pytest.raises(CheckpointError, match=f"holds numbers of type {kind}.*F32; train anew"):
            load_checkpoint(run.last)


@pytest.mark.parametrize("step", ["²", "9" * 5000, "-1", "", "1\n"])
def test_a_checkpoint_of_an_odd_step_names_none(run: Run, step: str) -> None:
    save_checkpoint(run.last, {"w": np.ones(1)}, {"step": step})
    assert checkpoint_step(run.last) == 0
    with pytest.raises(CheckpointError, match="it names no step"):
        load_checkpoint(run.last)


def test_a_line_to_paste_is_one_line_that_presses_nothing(run: Run) -> None:
    claim(run, "data_source", json.dumps("/x\n; touch y\x1b[201~\r"))
    settings = (run.path / "config.toml").read_text()
    (run.path / "config.toml").write_text(settings.replace('"ml-latest-small"', '"elsewhere.csv"'))
    line = command_line(run)
    assert line.isprintable() and "'/x ; touch y�[201~ '" in line


def test_an_export_holds_no_formula_in_csv_and_all_as_it_is_in_json(
    tmp_path: Path, run: Run
) -> None:
    formula = '=HYPERLINK("http://x")'
    claim(run, "data_name", json.dumps(formula))
    claim(run, "message", json.dumps("\t-x"))
    for name in ("o.csv", "o.json"):
        assert here("runs", "export", "--out", str(tmp_path / name)) == 0
    with (tmp_path / "o.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["data"] == f"'{formula}" and row["message"] == "' -x"
    (told,) = json.loads((tmp_path / "o.json").read_text())
    assert told["data"] == formula and told["message"] == "\t-x"


def test_files_that_claim_to_be_endless_are_told_at_once(run: Run) -> None:
    save_checkpoint(run.last, {"w": np.ones(3)}, {"step": "7"})
    os.truncate(run.last, 1 << 40)
    with pytest.raises(CheckpointError, match="not those that were written"):
        load_checkpoint(run.last)
    run.events.write_text('{"event":"step"}\n')
    os.truncate(run.events, 1 << 38)
    assert list(read_events(run.events)) == []
    with pytest.raises(OSError, match="a line that no trainer wrote"):
        EventLog(run.events)
