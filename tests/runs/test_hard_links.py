"""Files of a run with another name elsewhere: what has that name stays as it is."""

import json
import os
import stat
from pathlib import Path

import pytest
from small import small_config, write_ratings

from cftui import locks, paths
from cftui.modes import open_kept
from cftui.runs.directory import Run
from cftui.runs.events import Finished
from cftui.runs.lock import RunHeld, RunLock, is_held
from cftui.training.faults import RESERVE
from cftui.training.start import resume_run, start_run

KEPT = "Chapter 1\nthe last line, without an end"


def test_a_copy_of_hard_links_keeps_what_it_has_while_the_run_goes_on(
    home: Path, tmp_path: Path
) -> None:
    source = write_ratings(tmp_path / "small", users=30, items=40, n=500)
    start_run(small_config(source), lambda _: None, run_id="r", began=0.0)
    run, thesis, backup = Run(paths.runs_folder() / "r"), tmp_path / "thesis", tmp_path / "backup"
    settings = run.path / "config.toml"
    settings.write_text(settings.read_text().replace("epochs = 2", "epochs = 3"))
    told = json.loads((run.path / "run.json").read_text())
    (run.path / "run.json").write_text(json.dumps({**told, "state": "stopped", "epochs": 3}))
    thesis.write_text(KEPT)
    (run.path / RESERVE).hardlink_to(thesis)
    backup.mkdir()
    for path in (run.lock, run.events, run.log, run.last, run.best, settings):
        (backup / path.name).hardlink_to(path)
    before = {path.name: path.read_bytes() for path in backup.iterdir()}

    assert isinstance(resume_run(run, lambda _: None, began=0.0), Finished)

    assert thesis.read_text() == KEPT
    assert {path.name: path.read_bytes() for path in backup.iterdir()} == before
    assert run.events.read_bytes().startswith(before["events.jsonl"])
    assert run.record().state == "finished"
    assert not [path for path in run.path.iterdir() if path.name.startswith(".")]


def test_a_copy_is_open_to_nobody_to_whom_the_other_name_is_closed(home: Path) -> None:
    shared, other = paths.runs_folder() / "r", home / "mine"
    shared.mkdir(parents=True)
    shared.chmod(0o2770)
    other.write_text(KEPT)
    other.chmod(0o600)
    (shared / "events.jsonl").hardlink_to(other)
    file = open_kept(shared / "events.jsonl", os.O_RDWR | os.O_APPEND)
    os.write(file, b"more")
    os.close(file)
    assert (shared / "events.jsonl").read_text() == f"{KEPT}more" and other.read_text() == KEPT
    assert stat.S_IMODE((shared / "events.jsonl").stat().st_mode) == 0o600


def test_the_lock_stays_one_where_it_is_put_in_place_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, other = tmp_path / "lock", tmp_path / "other"
    first = RunLock(path)
    other.hardlink_to(path)  # a copy made while the trainer lives
    with pytest.raises(RunHeld):
        RunLock(path)
    assert is_held(path)
    first.release()
    other.write_text(KEPT)
    second = RunLock(path)
    assert is_held(path) and not is_held(other)
    assert other.read_text() == KEPT and json.loads(path.read_text())["pid"] == os.getpid()
    second.release()

    def locked_too_late(file: int, at: Path) -> locks.Claim | None:
        monkeypatch.undo()
        (tmp_path / "new").touch()
        (tmp_path / "new").replace(path)  # by another, between opening and locking
        return locks.lock(file, at)

    monkeypatch.setattr(locks, "lock", locked_too_late)
    third = RunLock(path)
    with pytest.raises(RunHeld):
        RunLock(path)
    third.release()
