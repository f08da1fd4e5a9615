"""Deleted runs: brought back within a day, removed after it, never listed meanwhile."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
from records import made

from cftui.doctor.leftovers import leftover_findings
from cftui.runs.directory import Run, RunError
from cftui.runs.find import list_runs
from cftui.runs.lock import RunHeld
from cftui.runs.row import RunRow
from cftui.runs.trash import KEPT_SECONDS, discard, empty_trash, restore, trash_folder
from cftui.tui.runs.marks import Marks


def ended(run_id: str) -> Run:
    run, lock = made(run_id, weights=True, state="stopped")
    lock.release()
    return run


def contents(run: Run) -> dict[str, bytes]:
    files = (path for path in run.path.iterdir() if path.is_file() and path != run.lock)
    return {path.name: path.read_bytes() for path in files}


def test_a_deleted_run_comes_back_with_every_file(home: Path) -> None:
    run = ended("one")
    before = contents(run)
    discard(run)
    assert not run.path.exists() and list_runs() == []
    restore("one")
    assert contents(run) == before
    with pytest.raises(RunError, match="not among the deleted"):
        restore("one")


def test_one_of_the_same_id_is_not_overwritten(home: Path) -> None:
    discard(ended("one"))
    ended("one")
    with pytest.raises(RunError, match="there is a run one again"):
        restore("one")
    discard(Run(trash_folder().parent / "one"))  # the newer one takes its place
    restore("one")


def test_a_live_run_stays(home: Path) -> None:
    run, lock = made("live", state="running")
    with pytest.raises(RunHeld):
        discard(run)
    assert run.path.is_dir()
    lock.release()


def test_after_a_day_it_is_gone_and_no_sooner(home: Path) -> None:
    discard(ended("one"))
    empty_trash(time.time() + KEPT_SECONDS - 60)
    assert (trash_folder() / "one").is_dir()
    (finding,) = [each for each in leftover_findings() if each.name == "trash"]
    assert finding.state == "ok" and finding.mend is None and "1 deleted run in" in finding.value
    empty_trash(time.time() + KEPT_SECONDS + 60)
    assert not trash_folder().exists()


def test_all_listed_are_marked_then_unmarked(home: Path) -> None:
    row = RunRow("", "", "stopped", False, 1, 1, 1, None, None, "f", True)
    rows = [replace(row, id=name) for name in "abcdefghij"]
    marks = Marks()
    assert marks.mark_all(rows, "abc") == {"a": 1, "b": 2, "c": 3}
    changes = marks.mark_all(rows := list(marks.applied(rows)), "abcdefghij")
    assert changes == {name: place for place, name in enumerate("defghij", 4)}
    rows = list(marks.applied(rows))
    # letters that come free go to those that were marked when all were out
    assert marks.mark_all(rows, "ab") == {"a": 0, "b": 0, "i": 1, "j": 2}
