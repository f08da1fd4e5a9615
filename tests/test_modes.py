"""Who can reach what is written: a home is its owner's alone, unless it was made for a group."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from small import here, record_of, small_config, write_ratings
from users import ALICE, BOB, GROUP, acting_as, as_root, open_folder

from cftui.files import held, replace_file
from cftui.modes import new_folder, tighten
from cftui.paths import HOME_VARIABLE, runs_folder
from cftui.people import Profile, save_profile
from cftui.ratings.store import open_ratings
from cftui.runs.control import send
from cftui.runs.directory import Run, create_run
from cftui.runs.event_log import EventLog
from cftui.runs.find import find_run
from cftui.runs.lock import RunLock
from cftui.tui.services.memory import Memory


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def modes(home: Path) -> dict[str, set[int]]:
    """Return the modes of a home's folders and files."""
    found = [home, *home.rglob("*")]
    return {
        kind: {mode(path) & 0o777 for path in found if path.is_dir() == (kind == "folders")}
        for kind in ("folders", "files")
    }


@pytest.fixture(params=[0o022, 0o000, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def use(source: Path, run: str = "r") -> None:
    """Write a little of everything that a home has."""
    words = ["--data", str(source), "--epochs", "1", "--factors", "2", "--device", "cpu"]
    assert here("train", *words, "--id", run) == 0
    assert here("runs", "rename", run, f"the run {run}") == 0
    send(runs_folder() / run, "stop")
    Memory().update(run=run)
    assert here("recommend", "--user", "3") == 0
    save_profile(find_run(run).record().fingerprint, Profile((("1003", 5.0),)))


def test_a_new_home_is_its_owners_alone(umask: int, home: Path, tmp_path: Path) -> None:
    use(write_ratings(tmp_path / "small", users=30, items=40, n=600))
    assert len(list(home.rglob("*"))) > 30
    assert modes(home) == {"folders": {0o700}, "files": {0o600}}


def test_a_home_that_is_there_is_left_and_followed(home: Path, tmp_path: Path) -> None:
    home.mkdir(mode=0o755)
    home.chmod(0o755)
    source = write_ratings(tmp_path / "small", users=30, items=40, n=600)
    before = os.umask(0o022)
    try:
        use(source)
        assert modes(home) == {"folders": {0o755}, "files": {0o644}}
        os.umask(0o077)  # stricter is respected
        use(source, "strict")
        assert modes(runs_folder() / "strict")["files"] == {0o600}
    finally:
        os.umask(before)


def test_what_is_exported_is_as_any_programs(umask: int, tmp_path: Path) -> None:
    replace_file(tmp_path / "table.csv", b"x")
    assert mode(tmp_path / "table.csv") == 0o666 & ~umask


def test_the_home_of_a_group_stays_the_groups(umask: int, home: Path, tmp_path: Path) -> None:
    home.mkdir()
    home.chmod(0o2770)
    use(write_ratings(tmp_path / "small", users=30, items=40, n=600))
    assert modes(home) == {"folders": {0o770}, "files": {0o660}}
    assert all(mode(path) & stat.S_ISGID for path in home.rglob("*") if path.is_dir())


@as_root
def test_two_users_of_a_groups_home_go_on_with_each_others_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with open_folder() as folder:
        home = folder / "shared"
        home.mkdir()
        os.chown(home, 0, GROUP)
        home.chmod(0o2770)
        source = write_ratings(folder / "small", users=30, items=40, n=600)
        monkeypatch.setenv(HOME_VARIABLE, str(home))
        config = small_config(source)
        with acting_as(ALICE):
            ratings = open_ratings(source)
            run, lock = create_run(record_of("r", ratings, state="stopped"), config)
            lock.release()
            EventLog(run.events).close()
            send(run.path, "pause")
        with acting_as(BOB):
            assert open_ratings(source).fingerprint == ratings.fingerprint
            RunLock(run.lock).release()
            EventLog(run.events).close()
            send(run.path, "stop")
            Run(run.path).rename("ours")
            with held(runs_folder() / "some.lock", 1):
                pass
            Run(run.path).delete()
        with acting_as(ALICE), held(runs_folder() / "some.lock", 1):
            pass
        found = [home, *home.rglob("*")]
        assert {path.lstat().st_gid for path in found} == {GROUP}
        assert modes(home) == {"folders": {0o770}, "files": {0o660}}


def test_a_file_where_a_folder_should_be_is_said(home: Path) -> None:
    home.write_text("a file")
    with pytest.raises(FileExistsError):
        new_folder(home)


def test_only_a_home_that_nobody_can_have_meant_is_tightened(home: Path) -> None:
    def fresh(mode: int, inner: int = 0o600) -> Path:
        home.mkdir(exist_ok=True)
        (home / "file").write_text("x")
        (home / "file").chmod(inner)
        home.chmod(mode)
        return home

    assert tighten(fresh(0o705)) and mode(home) == 0o700
    assert not tighten(home) and not tighten(home / "none")
    for folder, inner in ((0o755, 0o600), (0o770, 0o600), (0o701, 0o640)):
        assert not tighten(fresh(folder, inner)) and mode(home) == folder
    if os.geteuid() == 0:
        fresh(0o705)
        os.chown(home / "file", BOB, BOB)
        assert not tighten(home) and mode(home) == 0o705


@as_root
def test_a_home_that_all_can_read_is_told_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_folder() as folder:
        monkeypatch.setenv(HOME_VARIABLE, str(folder))
        said = []
        for _ in range(2):
            assert here("train", "--data", "nowhere") == 2
            said.append(capsys.readouterr().err)
        assert f"chmod -R go= {folder}" in said[0] and "chmod" not in said[1]
