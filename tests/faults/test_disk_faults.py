"""Whenever the power goes or the disk refuses, the run opens and ends as if nothing had been.

`python tests/faults/whole.py` tries every call.
"""

import errno
import json
import os
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from disk import ForgetfulDisk, cut_at, refusing
from trials import ERRORS, Undisturbed, power_cuts, prepare, refusal, sample

from cftui import paths
from cftui.files import replace_file
from cftui.people import Profile, load_profile, save_profile
from cftui.tui.services.memory import Memory

SEED = 15


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("faults")


@pytest.fixture(scope="module")
def whole(place: Path) -> Iterator[Undisturbed]:
    before = os.environ.get(paths.HOME_VARIABLE)
    yield prepare(place)
    os.environ.pop(paths.HOME_VARIABLE, None)
    if before is not None:
        os.environ[paths.HOME_VARIABLE] = before


def test_a_run_survives_power_cuts(
    place: Path, whole: Undisturbed, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not power_cuts(place, whole, sample(whole, 20, SEED), SEED)


def test_a_run_survives_a_disk_that_refuses(place: Path, whole: Undisturbed) -> None:
    draw = random.Random(SEED)
    faults = [
        refusal(place, whole, nth, draw.choice(ERRORS)) for nth in sorted(sample(whole, 12, SEED))
    ]
    assert not any(faults), faults


def test_what_the_screen_keeps_survives_power_cuts(tmp_path: Path, home: Path) -> None:
    """Ratings and the session are the old ones or the new, at each moment of their writing."""
    old, new = Profile((("1", 4.0),)), Profile((("2", 5.0), ("1", 4.0)))
    save_profile("f", old)
    replace_file(paths.state_folder() / "session.json", json.dumps({"pane": "runs"}).encode())
    with cut_at(home, set(range(100)), tmp_path / "cuts", SEED) as calls:
        save_profile("f", new)
        written = len(calls)
        Memory()._save(Memory().state)
        save_profile("f", Profile(), "anna")
    for moment in range(len(calls)):
        os.environ[paths.HOME_VARIABLE] = str(tmp_path / "cuts" / str(moment))
        found = load_profile("f")
        assert found == new if moment >= written else found in (old, new), calls[moment]
        assert Memory().state.pane == "runs", calls[moment]


def test_other_threads_are_refused_too(tmp_path: Path) -> None:
    """A trainer syncs events and all files of a checkpoint but one beside its own thread."""
    with (
        refusing(tmp_path, 1, errno.EIO) as calls,
        ThreadPoolExecutor(1) as pool,
        pytest.raises(OSError, match="a"),
    ):
        (tmp_path / "b").mkdir()
        pool.submit((tmp_path / "a").mkdir).result()
    assert calls == ["mkdir b", "mkdir a"] and not (tmp_path / "a").exists()


def test_the_disk_forgets_what_was_not_synced(tmp_path: Path) -> None:
    """As seen on XFS: a synced record, then one unsynced replace, and it is empty."""
    root = tmp_path / "disk"
    root.mkdir()
    replace_file(root / "run.json", b"first")
    disk = ForgetfulDisk(root)
    (root / ".new").write_bytes(b"second")
    (root / ".new").replace(root / "run.json")
    left = set()
    for seed in range(20):
        disk.after_cut(tmp_path / f"left{seed}", random.Random(seed))
        left.add((tmp_path / f"left{seed}" / "run.json").read_bytes())
    disk.close()
    assert left == {b"first", b""}
