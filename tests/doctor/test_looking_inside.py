"""The doctor looks into runs, stores, limits and the clock, and mends without a loss."""

import json
import os
import resource
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from small import here, small_config, write_ratings
from users import as_root, open_folder

from cftui import paths
from cftui.doctor import runs as doctor_runs
from cftui.doctor.finding import Finding
from cftui.doctor.kept import state_findings, store_findings
from cftui.doctor.leftovers import leftover_findings
from cftui.doctor.reach import reach_findings
from cftui.doctor.runs import run_findings
from cftui.doctor.sharing import access_findings
from cftui.doctor.surroundings import surroundings_findings
from cftui.people import Profile, save_profile
from cftui.ratings.store import open_ratings, open_store
from cftui.runs import leftovers
from cftui.runs.checkpoint import load_checkpoint, save_checkpoint
from cftui.runs.directory import Run
from cftui.runs.lock import RunLock
from cftui.training.start import start_run
from cftui.tui.services.memory import Memory


@pytest.fixture(scope="module")
def sound_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give a home with a run `r`, its store, a session and own ratings; copied, never changed."""
    folder = tmp_path_factory.mktemp("sound")
    before = os.umask(0o077)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(paths.HOME_VARIABLE, str(folder / "home"))
        source = write_ratings(folder / "small", n=300)
        start_run(
            small_config(source, training={"epochs": 1}), lambda _: None, run_id="r", began=0.0
        )
        save_profile(open_ratings(source).fingerprint, Profile((("1001", 4.0),)))
        memory = Memory()
        memory.update(pane="runs")
        memory.writer.flush()
    os.umask(before)
    return folder / "home"


@pytest.fixture
def run(sound_home: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Give a sound run in a home of its own, where all counts as untouched for long."""
    shutil.copytree(sound_home, home, symlinks=True)
    monkeypatch.setattr(leftovers, "SETTLED_SECONDS", -60.0)
    return Run(paths.runs_folder() / "r")


def examined(*, quick: bool = True, repair: bool = False) -> list[Finding]:
    """Return what is found in this home."""
    found = [
        *surroundings_findings(),
        *run_findings(quick=quick),
        *store_findings(quick=quick),
        *state_findings(),
        *leftover_findings(),
        *access_findings(),
        *reach_findings(),
    ]
    return [finding.settled(repair=repair) for finding in found]


def troubles(*, quick: bool = True, repair: bool = False) -> list[Finding]:
    return [f for f in examined(quick=quick, repair=repair) if f.state in ("warn", "fail")]


def a_dead_pid() -> int:
    done = subprocess.Popen(["true"])
    done.wait()
    return done.pid


def a_store() -> Path:
    [store] = [path for path in paths.stores_folder().iterdir() if path.name[0] != "."]
    return store


def flip(path: Path, place: int = -3) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def not_finite(run: Run) -> None:
    checkpoint = load_checkpoint(run.last)
    arrays = dict(checkpoint.arrays)
    arrays["parameters/user_factors"] = np.full_like(arrays["parameters/user_factors"], np.nan)
    save_checkpoint(run.last, arrays, checkpoint.metadata)


def in_place_of(run: Run, name: str, make: Callable[[Path], object]) -> None:
    (run.path / name).unlink(missing_ok=True)
    make(run.path / name)


def left_run(run: Run) -> None:
    left = run.path.parent / ".new-x-1"
    left.mkdir()
    (left / "run.json").write_text("{}")


def test_a_lost_checkpoint_is_named_with_what_to_go_on_from(run: Run) -> None:
    os.truncate(run.last, 3000)
    (finding,) = troubles(quick=False)
    assert "cftui runs resume r --from best" in finding.remedy
    os.truncate(run.best, 1000)
    found = [finding.remedy for finding in troubles(quick=False)]
    assert any("cftui runs resume r --from start" in remedy for remedy in found)


Case = tuple[Callable[[Run], object], str, str]
"""Does the damage; what is said of it; what a repair says, nothing where it is for the user."""
CASES: dict[str, Case] = {
    "empty run.json": (
        lambda run: (run.path / "run.json").write_bytes(b""),
        "run.json is damaged (Invalid JSON",
        "written anew from its other files",
    ),
    "no run.json": (
        lambda run: (run.path / "run.json").unlink(),
        "run.json is missing",
        "written anew from its other files",
    ),
    "cut-off run.json": (
        lambda run: os.truncate(run.path / "run.json", 200),
        "run.json is damaged (Invalid JSON",
        "written anew from its other files",
    ),
    "empty config.toml": (
        lambda run: (run.path / "config.toml").write_bytes(b""),
        "config.toml is lost",
        "written anew from its checkpoint",
    ),
    "config.toml of rubbish": (
        lambda run: (run.path / "config.toml").write_bytes(b"[model"),
        "config.toml: not a readable TOML file",
        "",
    ),
    "cut-off checkpoint": (
        lambda run: os.truncate(run.last, 3000),
        "last.safetensors is damaged",
        "",
    ),
    "no checkpoint": (lambda run: run.last.unlink(), "last.safetensors is missing", ""),
    "cut-off best": (
        lambda run: os.truncate(run.best, 1000),
        "best.safetensors is damaged",
        "moved aside as best.safetensors.damaged-1",
    ),
    "damaged vocabulary": (
        lambda run: os.truncate(run.path / "vocabulary.safetensors", 20),
        "vocabulary.safetensors is damaged",
        "",
    ),
    "events of rubbish": (
        lambda run: run.events.write_bytes(b"\xff\n" * 100),
        "events.jsonl holds no event",
        "",
    ),
    "damaged notes": (
        lambda run: (run.path / "user.toml").write_text("name = ["),
        "user.toml is damaged",
        "moved aside as user.toml.damaged-1",
    ),
    "lock a link": (
        lambda run: in_place_of(run, "lock", lambda path: path.symlink_to("/etc/hostname")),
        "lock is a link",
        "moved aside as lock.damaged-1",
    ),
    "a pipe": (lambda run: os.mkfifo(run.path / "odd"), "odd is a pipe", ""),
    "run.json a pipe": (
        lambda run: in_place_of(run, "run.json", os.mkfifo),
        "run.json is a pipe",
        "moved aside as run.json.damaged-1",
    ),
    "run.json without end": (
        lambda run: in_place_of(run, "run.json", lambda path: path.symlink_to("/dev/zero")),
        "run.json is a link",
        "moved aside as run.json.damaged-1",
    ),
    "cut-off store": (
        lambda run: os.truncate(a_store() / "user.npy", 200),
        "is damaged: ",
        "removed it: it is made again from",
    ),
    "a store of nothing": (
        lambda run: (a_store() / "meta.json").write_bytes(b""),
        "is damaged: ",
        "moved aside as",
    ),
    "damaged session": (
        lambda run: (paths.state_folder() / "session.json").write_bytes(b""),
        "session.json is damaged",
        "moved aside as session.json.damaged-1",
    ),
    "damaged own ratings": (
        lambda run: next((paths.state_folder() / "own-ratings").rglob("*.json")).write_text("{"),
        "what you rated is not found",
        "moved aside as",
    ),
    "half a run": (left_run, ".new-x-1", "removed it"),
    "a temporary": (
        lambda run: (run.path / f".user.toml.{a_dead_pid()}-1").write_text("x"),
        ", of processes that died: r/.user.toml.",
        "removed it",
    ),
    "everybody writes": (
        lambda run: paths.runs_folder().chmod(0o777),
        "everybody on this machine can write to",
        "taken from everybody",
    ),
}


def test_a_sound_home_is_sound(run: Run) -> None:
    for quick in (True, False):
        assert troubles(quick=quick) == []
    words = {finding.name: finding.value for finding in examined(quick=False)}
    assert words["looked into"] == "all 1 runs, all their files: all sound"
    assert words["stores"] == "1 of 1 are sound, to the last byte"


@pytest.mark.parametrize("case", list(CASES))
def test_what_is_wrong_is_seen_and_mended_without_a_loss(case: str, run: Run, home: Path) -> None:
    damage, words, repair = CASES[case]
    damage(run)
    before = contents(home)
    [found] = troubles()
    assert words in found.value, found
    assert found.remedy and ("cftui doctor --repair: " in found.remedy) == bool(repair), found
    assert contents(home) == before, "looking changes nothing"
    after = troubles(repair=True)
    if not repair:
        assert [each.value for each in after] == [found.value] and contents(home) == before
        return
    assert after == []
    left = troubles(repair=True)  # a record that was moved aside is written anew then
    assert left == [] and troubles() == []
    lost = before - contents(home)
    assert lost <= {b"", b"x", b"{}"} or case == "cut-off store", lost


def contents(home: Path) -> set[bytes]:
    """Return what all files hold, but for the lock, which names whoever had it last."""
    files = (path for path in home.rglob("*") if path.is_file() and not path.is_symlink())
    return {path.read_bytes() for path in files if path.name != "lock"}


INVISIBLE: dict[str, Case] = {
    "numbers that are not finite": (not_finite, "user_factors has numbers that are not finite", ""),
    "a bit of a checkpoint": (
        lambda run: flip(run.last),
        "its bytes are not those that were written",
        "",
    ),
    "a bit of a store": (
        lambda run: flip(a_store() / "timestamp.npy", -8),
        "timestamp is not as it was written",
        "removed it: it is made again from",
    ),
    "a bit of an id": (
        lambda run: flip(a_store() / "item_ids.npy", -7),
        "item_ids is not as it was written",
        "removed it: it is made again from",
    ),
}


@pytest.mark.parametrize("case", list(INVISIBLE))
def test_what_no_header_tells_is_seen_without_quick(case: str, run: Run) -> None:
    damage, words, repair = INVISIBLE[case]
    damage(run)
    assert troubles(quick=True) == []
    [found] = troubles(quick=False)
    assert words in found.value and ("--repair" in found.remedy) == bool(repair)
    if repair:
        assert troubles(quick=False, repair=True) == []
        open_store(open_ratings(Path(run.record().data_source)).path)


def test_what_is_at_work_is_let_be(run: Run) -> None:
    left_run(run)
    lock = RunLock(run.path.parent / ".new-x-1" / "lock")
    (run.path / f".user.toml.{os.getpid()}-1").write_text("x")
    trainer = RunLock(run.lock)
    run.last.write_bytes(b"half")  # as no trainer does, but it is its business
    assert troubles() == []
    lock.release()
    trainer.release()
    assert len(troubles()) == 2


def test_what_was_touched_just_now_is_no_leftover(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leftovers, "SETTLED_SECONDS", 3600.0)
    left_run(run)
    assert troubles() == []


@pytest.mark.parametrize("year", [1970, 1999])
def test_a_clock_that_is_wrong(year: int, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now - (2026 - year) * 365.25 * 86_400)
    [found] = [each for each in surroundings_findings() if each.name == "clock"]
    assert found.state == "fail" and found.value.startswith(str(year))
    assert "timedatectl" in found.remedy


def test_files_from_the_future(run: Run) -> None:
    tomorrow = time.time() + 86_400
    os.utime(run.path / "run.json", (tomorrow, tomorrow))
    [found] = troubles()
    assert found.name == "clock" and "run.json is of" in found.value


LIMITS = [
    (resource.RLIMIT_FSIZE, 1_000_000, "fail", "at most 1 MB: no checkpoint", "ulimit -f"),
    (resource.RLIMIT_FSIZE, 10**9, "warn", "at most 1 GB: no checkpoint", "ulimit -f"),
    (resource.RLIMIT_NOFILE, 100, "warn", "at most 100: the screen", "ulimit -n"),
    (resource.RLIMIT_AS, 10**9, "fail", "at most 1 GB: torch", "ulimit -v"),
]


@pytest.mark.parametrize(("limit", "soft", "state", "words", "remedy"), LIMITS)
def test_limits_under_which_things_fail(
    limit: int, soft: int, state: str, words: str, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = resource.getrlimit

    def limits(number: int) -> tuple[int, int]:
        return (soft, soft) if number == limit else known(number)

    monkeypatch.setattr(resource, "getrlimit", limits)
    [found] = [each for each in surroundings_findings() if each.state in ("warn", "fail")]
    assert (found.state, found.value[: len(words)]) == (state, words) and remedy in found.remedy


@as_root
def test_a_home_that_everybody_can_write_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    with open_folder() as folder:
        monkeypatch.setenv(paths.HOME_VARIABLE, str(folder))
        folder.chmod(0o777)
        [found] = [each.settled(repair=True) for each in access_findings()]
        assert found.value.endswith("mended: taken from everybody")
        assert folder.stat().st_mode & 0o777 == 0o770


def test_a_store_whose_source_is_gone_is_kept(run: Run, home: Path) -> None:
    meta = a_store() / "meta.json"
    meta.write_text(meta.read_text().replace("small", "moved"))
    os.truncate(a_store() / "user.npy", 200)
    [found] = troubles()
    assert found.state == "fail" and "is gone: put that file back" in found.remedy
    examined(repair=True)
    assert (a_store() / "meta.json").exists() and "damaged-1" in a_store().name


def test_of_many_runs_quick_looks_into_the_newest(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_runs, "QUICK_RUNS", 2)
    for number in range(4):
        (run.path.parent / f"empty-{number}").mkdir()
    os.utime(run.path, (0, 0))
    quick, whole = list(run_findings(quick=True)), list(run_findings(quick=False))
    assert quick[-1].value.startswith("the newest 2 of 5 runs, checkpoints by their headers")
    assert whole[-1].value.startswith("all 5 runs, all their files: 4 with something")


def test_the_command_says_each_thing_it_did(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run.path.chmod(0o777)
    os.truncate(run.best, 1000)
    (run.path / "config.toml").write_bytes(b"[model")
    assert here("doctor", "--quick") == 1
    said = capsys.readouterr().out
    assert "1 wrong, 2 to look at" in said and "cftui doctor --repair: take that" in said
    assert here("doctor", "--quick", "--repair", "--json") == 1
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    done = {row["repaired"] for row in rows if "repaired" in row}
    assert done == {"taken from everybody", "moved aside as best.safetensors.damaged-1"}
    assert (rows[-1]["failed"], rows[-1]["warned"]) == (1, 0)
    assert run.path.stat().st_mode & 0o777 == 0o775
