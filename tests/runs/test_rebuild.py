"""A run whose record or settings a power cut took is told and goes on from what is left of it."""

import json
import os
import shutil
import socket
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
import safetensors.numpy
from small import here, small_config, write_ratings

from cftui import paths
from cftui.runs.checkpoint import load_checkpoint
from cftui.runs.directory import Run, RunError
from cftui.runs.find import find_run
from cftui.runs.index import RunsIndex
from cftui.runs.rebuild import is_lost
from cftui.runs.record import RunRecord
from cftui.training.start import resume_run, start_run

LOST: tuple[bytes | None, ...] = (None, b"", b"\0" * 400, b'{"run": "r", "st')
"""What is left of a file: nothing, no bytes, a block never written, a part."""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the home of a run that stopped for want of patience to go on; it is only copied."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(paths.HOME_VARIABLE, str(home))
        source = write_ratings(home / "small", users=40, items=60, n=900)
        start_run(small_config(source), lambda _: None, run_id="r", began=0.0)
    return home


@pytest.fixture
def run(trained: Path, home: Path) -> Iterator[Run]:
    shutil.copytree(trained, home, dirs_exist_ok=True)
    yield Run(paths.runs_folder() / "r")


def lose(path: Path, left: bytes | None) -> None:
    path.unlink() if left is None else path.write_bytes(left)


def make_older(run: Run) -> None:
    """Have the checkpoints tell what those of earlier versions do."""
    for path in (run.last, run.best):
        kept = load_checkpoint(path)
        told = {k: v for k, v in kept.metadata.items() if k not in ("record", "settings")}
        safetensors.numpy.save_file(kept.arrays, path, told)


def same_facts(found: RunRecord, before: RunRecord) -> None:
    """Hold against each other what is of the training, not of its process."""
    changing = {"message", "pid", "versions", "created", "data_source", "store", "threads"}
    told = {k: v for k, v in asdict(found).items() if k not in changing}
    assert told == {k: v for k, v in asdict(before).items() if k not in changing}


@pytest.mark.parametrize("older", [False, True])
@pytest.mark.parametrize("left", LOST, ids=["gone", "empty", "naughts", "cut"])
def test_a_lost_record_is_told_from_the_rest(run: Run, left: bytes | None, older: bool) -> None:
    before = run.record()
    if older:
        make_older(run)
    lose(run.path / "run.json", left)
    files = sorted(run.path.iterdir())
    found = run.record()
    same_facts(found, before)
    assert "run.json was lost" in found.message and "checkpoint" in found.message
    [row] = RunsIndex().refresh()
    assert (row.shown, row.step, row.has_weights) == ("finished", before.step, True)
    assert row.message == found.message and find_run("latest").id == "r"
    assert here("recommend", "--user", "1", "--run", "r") == 0
    assert here("runs", "show", "r") == 0
    assert sorted(run.path.iterdir()) == files, "who reads writes nothing"


@pytest.mark.parametrize("older", [False, True])
def test_a_run_that_died_without_its_record_goes_on(run: Run, older: bool) -> None:
    """It ends as it would have: the record that it goes on from is made anew."""
    settings = run.path / "config.toml"
    if older:
        make_older(run)
        settings.write_text(settings.read_text().replace("epochs = 2", "epochs = 3"))
    lines = run.events.read_text().splitlines(keepends=True)
    run.events.write_text("".join(line for line in lines if '"finished"' not in line))
    lose(run.path / "run.json", b"")
    assert run.status().shown == "died"
    end = resume_run(run, lambda _: None, began=0.0)
    record = run.record()
    assert end.event == "finished" and record.state == "finished" and record.message == ""
    assert json.loads((run.path / "run.json").read_text())["epochs"] == (3 if older else 2)
    assert record.host == socket.gethostname() and record.epoch == (3 if older else 2)


@pytest.mark.parametrize("left", LOST[:3], ids=["gone", "empty", "naughts"])
def test_lost_settings_are_taken_from_the_checkpoint(run: Run, left: bytes | None) -> None:
    before, path = run.config(), run.path / "config.toml"
    lose(path, left)
    lose(run.path / "run.json", b"")
    assert is_lost(path) and run.config() == before
    [row] = RunsIndex().refresh()
    assert (row.shown, row.model) == ("finished", "dot-bias")
    run.keep_settings(before)
    assert not is_lost(path) and run.config() == before


def test_settings_lost_with_an_older_checkpoint_are_asked_for_not_given_up(run: Run) -> None:
    make_older(run)
    lose(run.path / "config.toml", b"")
    with pytest.raises(RunError, match="empty; write it anew") as told:
        run.config()
    lose(run.path / "run.json", b"")
    with pytest.raises(RunError, match=r"made anew once config\.toml has") as other:
        run.record()
    assert "runs rm" not in f"{told.value} {other.value}"


def test_without_store_the_ratings_are_asked_what_an_older_run_was_trained_on(run: Run) -> None:
    before = run.record()
    make_older(run)
    lose(run.path / "run.json", b"")
    shutil.rmtree(paths.stores_folder())
    assert run.record().fingerprint == ""
    assert here("recommend", "--user", "1", "--run", "r") == 0
    assert run.record().fingerprint == before.fingerprint, "there is a store again"


def test_other_ratings_under_the_old_name_are_refused(run: Run) -> None:
    make_older(run)
    lose(run.path / "run.json", b"")
    shutil.rmtree(paths.stores_folder())
    source = Path(run.config().data.source)
    write_ratings(source, users=30, items=60, n=900)
    assert here("recommend", "--user", "1", "--run", "r") == 1


HOSTILE: dict[str, Callable[[Path], object]] = {
    "nothing": lambda _: None,
    "a link": lambda path: path.symlink_to("/etc/hostname"),
    "a pipe": os.mkfifo,
    "a folder": lambda path: path.mkdir(),
    "lists": lambda path: path.write_bytes((40_000).to_bytes(8, "little") + b"[" * 40_000),
    "no end": lambda path: path.write_bytes(b"\xff" * 64),
}


@pytest.mark.parametrize("checkpoint", HOSTILE.values(), ids=HOSTILE)
def test_what_cannot_be_told_is_damaged(run: Run, checkpoint: Callable[[Path], object]) -> None:
    lose(run.path / "run.json", b"{")
    run.best.unlink()
    run.last.unlink()
    run.events.unlink()
    checkpoint(run.last)
    with pytest.raises(RunError, match=r"run\.json: damaged \(.+\); `cftui runs rm r`"):
        run.record()


@pytest.mark.parametrize("record", ["{}", "[" * 100_000, '{"state": 3, "created": "x"}'])
def test_a_checkpoint_that_tells_nonsense_is_not_believed(run: Run, record: str) -> None:
    kept = load_checkpoint(run.last)
    told = {**kept.metadata, "record": record, "settings": "", "progress": "[]"}
    safetensors.numpy.save_file(kept.arrays, run.last, told)
    lose(run.path / "run.json", b"{")
    with pytest.raises(RunError, match=r"run\.json: damaged"):
        run.record()
