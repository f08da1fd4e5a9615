"""`cftui doctor` as it is used."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from small import here

from cftui.config import RunConfig
from cftui.training.engines import choose
from cftui.training.engines.torch_engine import TorchEngine

Capture = pytest.CaptureFixture[str]


class SlightlyWrong(TorchEngine):
    """Takes every step a thousandth too far."""

    def run(self, order: np.ndarray, learning_rates: np.ndarray, *more: Any) -> np.ndarray:
        return super().run(order, learning_rates * 1.001, *more)


@pytest.fixture
def wrong_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    def make(config: RunConfig, threads: int) -> TorchEngine:
        return SlightlyWrong(config.training.device, threads)

    monkeypatch.setattr(choose, "make_engine", make)


@pytest.mark.usefixtures("dot_alone")
def test_all_is_well_here(capsys: Capture, home: Path) -> None:
    assert here("doctor", "--json", "--device", "cpu") == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert rows[-1]["event"] == "finished" and rows[-1]["failed"] == 0
    found = [row for row in rows if row["event"] == "finding"]
    assert list(dict.fromkeys(row["section"] for row in found)) == [
        "versions", "devices", "terminal", "folders", "surroundings", "runs", "arithmetic",
    ]  # fmt: skip
    trials = {row["name"]: row for row in found if "steps_per_second" in row}
    assert set(trials) == {"cpu dot sgd", "cpu dot adam"}
    assert all(row["loss_apart"] <= row["tolerance"] for row in trials.values())


@pytest.mark.usefixtures("wrong_engine", "dot_alone")
def test_a_wrong_engine_is_found(capsys: Capture) -> None:
    assert here("doctor", "--device", "cpu") == 1
    out = capsys.readouterr().out
    assert "FAIL cpu dot sgd" in out and "WRONG: 200 steps against float64" in out
    assert "2 wrong" in out and "send this whole report" in out
    assert "Traceback" not in out and "\x1b" not in out


def test_quick_trains_nothing(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose, "make_engine", None)
    assert here("doctor", "--quick") == 0
    out = capsys.readouterr().out
    assert "arithmetic" not in out and out.endswith("\n")
    assert out.splitlines()[-1].startswith("nothing wrong")


def test_a_device_that_is_not_there_is_a_failure_and_a_strange_word_wrong_use(
    capsys: Capture,
) -> None:
    assert here("doctor", "--device", "cuda:99") == 1
    out = capsys.readouterr().out
    assert "FAIL cuda:99" in out and "there is cpu" in out and "see devices above" in out
    assert here("doctor", "--device", "gpu") == 2
    assert "give cpu, cuda, cuda:N or mps" in capsys.readouterr().err


def test_a_torch_that_cannot_be_imported(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    assert here("doctor") == 1
    out = capsys.readouterr().out
    assert "FAIL torch" in out and "pytorch.org" in out
    assert "folders" in out, "the rest is looked at all the same"


def test_a_section_that_cannot_be_looked_at_does_not_end_the_report(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*given: object) -> None:
        raise PermissionError(13, "Permission denied: '/proc/stat'")

    monkeypatch.setattr(psutil, "cpu_count", refuse)
    assert here("doctor", "--quick") == 0
    out = capsys.readouterr().out
    assert "could not be looked at (PermissionError" in out and "folders" in out


def test_no_user_name_but_in_paths(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada.lovelace")
    monkeypatch.setenv("USER", "ada.lovelace")
    monkeypatch.delenv("CFTUI_HOME")
    here("doctor", "--quick")
    out = capsys.readouterr().out
    assert "ada.lovelace" not in out and "~/.local/share/cftui/runs" in out
