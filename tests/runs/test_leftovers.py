"""What died processes left in the folder of runs is swept; what may still be at work is not."""

import fcntl
import os
from pathlib import Path

import pytest
from small import open_small, record_of, small_config, wait_for

from cftui import paths
from cftui.ratings.values import Ratings
from cftui.runs import leftovers
from cftui.runs.directory import create_run
from cftui.runs.launch import launch
from cftui.runs.leftovers import sweep_leftovers
from cftui.runs.lock import RunLock


@pytest.fixture
def runs(home: Path) -> Path:
    folder = paths.runs_folder()
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def ratings(tmp_path: Path) -> Ratings:
    return open_small(tmp_path / "small", users=40, items=60, n=900)


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everything count as untouched for long."""
    monkeypatch.setattr(leftovers, "SETTLED_SECONDS", -60.0)


def leave(runs: Path) -> set[str]:
    """Leave what a maker, a deleter and a start leave when they are killed; return the names."""
    for name in (".new-a-1", ".deleted-b-2"):
        (runs / name / "control").mkdir(parents=True)
        (runs / name / "run.json").write_text("{}")
    (runs / ".new-a-1" / "lock").write_text("{}")
    for name in (".start-c.d.toml", ".start-c.d.log", ".start-e.toml"):
        (runs / name).write_text("x")
    return {path.name for path in runs.iterdir()}


def names(runs: Path) -> set[str]:
    return {path.name for path in runs.iterdir()}


def test_a_new_run_sweeps_what_nobody_owns(runs: Path, ratings: Ratings, settled: None) -> None:
    leave(runs)
    (runs / "mine").mkdir()
    (runs / ".hidden").mkdir()
    run, lock = create_run(record_of("r", ratings), small_config())
    lock.release()
    assert names(runs) == {"mine", ".hidden", run.id}


def test_what_was_touched_just_now_stays(runs: Path) -> None:
    left = leave(runs)
    sweep_leftovers(runs)
    assert names(runs) == left


def test_what_is_locked_stays(runs: Path, settled: None) -> None:
    left = leave(runs)
    lock = RunLock(runs / ".new-a-1" / "lock")
    other = RunLock(runs / ".deleted-b-2" / "lock")
    output = os.open(runs / ".start-c.d.log", os.O_RDONLY)
    fcntl.flock(output, fcntl.LOCK_SH)
    sweep_leftovers(runs)
    assert names(runs) == left - {".start-e.toml"}
    lock.release()
    other.release()
    os.close(output)
    sweep_leftovers(runs)
    assert not names(runs)


def test_links_are_not_followed(runs: Path, tmp_path: Path, settled: None) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").write_text("x")
    (runs / ".new-x-1").symlink_to(tmp_path / "precious")
    (runs / ".deleted-y-1").mkdir()
    (runs / ".deleted-y-1" / "lock").symlink_to(tmp_path / "precious" / "file")
    (runs / ".start-z.toml").symlink_to(tmp_path / "precious" / "file")
    sweep_leftovers(runs)
    assert (tmp_path / "precious" / "file").read_text() == "x"
    assert (runs / ".new-x-1").is_symlink()


def test_a_missing_folder_has_no_leftovers(tmp_path: Path) -> None:
    sweep_leftovers(tmp_path / "nowhere")


def test_a_trainer_that_has_no_directory_yet_keeps_its_files(
    runs: Path, ratings: Ratings, settled: None
) -> None:
    started = launch(small_config(ratings.source, training={"epochs": 1}), "r")
    sweep_leftovers(runs)
    if not started.run.path.exists():
        assert (runs / ".start-r.log").exists() and (runs / ".start-r.toml").exists()
    wait_for(started.ended)
    assert started.run.record().state == "finished", started.last_words()
    assert names(runs) == {"r"}
