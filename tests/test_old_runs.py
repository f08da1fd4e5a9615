"""What an earlier version left still opens, explores and resumes; all of it through the shell."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from old_home import FOLDER, Ask, answers, predicted, rows, unpack
from small import here
from terminal import Terminal, end_processes

EXPECTED: dict[str, dict[str, Any]] = json.loads((FOLDER / "expected.json").read_text("utf-8"))
RUNS = sorted(EXPECTED)
OWN = [run for run in RUNS if run.startswith("own-")]
UNFINISHED = [run for run in RUNS if "resumed" in EXPECTED[run]]

NEAR = 1e-6
"""Relative: processors round differently."""

LISTED = (
    *("run", "name", "notes", "state", "alive", "epoch", "epochs", "step", "steps_per_epoch"),
    *("valid_mse", "valid_rmse", "valid_step", "best_valid_mse", "baselines", "message"),
    *("data_name", "data_source", "fingerprint", "n_users", "n_items", "low", "high"),
    *("created", "device", "threads", "parameter_count", "versions", "model_sha256", "path"),
)
"""What the list tells of a run, and must go on telling."""


@pytest.fixture
def old(home: Path) -> Path:
    return unpack(home)


@pytest.fixture(scope="module")
def read_only(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpack(tmp_path_factory.mktemp("old") / "home")


@pytest.fixture
def seen(read_only: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give an old home that several tests look at; none may change it."""
    monkeypatch.setenv("CFTUI_HOME", str(read_only))
    return read_only


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str]) -> Ask:
    """Give a function that runs a command here, and returns what it printed."""

    def run(*words: str) -> str:
        capsys.readouterr()
        code = here(*words)
        said = capsys.readouterr()
        assert code == 0, (words, said.out, said.err)
        return said.out

    return run


def alike(found: Any, expected: Any, near: float = 1e-5) -> bool:
    """Return whether values are the same, numbers nearly; what is new in a record may be there."""
    if isinstance(expected, dict):
        return all(key in found and alike(found[key], expected[key], near) for key in expected)
    if isinstance(expected, list):
        pairs = zip(found, expected, strict=False)
        return len(found) == len(expected) and all(alike(*pair, near) for pair in pairs)
    if isinstance(expected, float):
        return bool(found == pytest.approx(expected, rel=near, abs=near))
    return bool(found == expected)


def expect(found: dict[str, Any], expected: dict[str, Any], near: float = 1e-5) -> None:
    for key, value in expected.items():
        assert alike(found[key], value, near), (key, found[key], value)


def placed(home: Path, value: Any) -> Any:
    """Return what is expected, of a home that lies here."""
    return json.loads(json.dumps(value).replace("@HOME@", str(home)))


def test_all_are_listed_with_their_numbers(seen: Path, ask: Ask) -> None:
    listed = rows(ask("runs", "list", "--json"))
    assert [row["created"] for row in listed] == sorted(
        (r["created"] for r in listed), reverse=True
    )
    found = {row["run"]: row for row in listed}
    assert sorted(found) == RUNS
    for run in RUNS:
        told = placed(seen, EXPECTED[run]["listed"])
        expect(found[run], {key: told[key] for key in LISTED}, near=0)
    states = {row["run"].rpartition("-")[2]: row["state"] for row in found.values()}
    assert states["stopped"] == states["changed"] == "stopped" and states["died"] == "died"
    assert found["dot-bias-adam"]["name"] == "the reference"
    assert found["dot-bias-adam-died"]["notes"] == "killed in its second epoch"
    assert "the reference" in ask("runs", "list", "state:ended", "mse<1.2", "--sort", "mse")


@pytest.mark.parametrize("run", RUNS)
def test_settings_and_epochs_are_shown(run: str, seen: Path, ask: Ask) -> None:
    shown = json.loads(ask("runs", "show", run, "--json"))
    for epoch, was in zip(shown["epochs_done"], EXPECTED[run]["epochs_done"], strict=True):
        assert alike({key: epoch[key] for key in was}, was, near=0)
        assert epoch["recall"] is epoch["ndcg"] is epoch["saturated"] is None
    expect(shown["config"], placed(seen, EXPECTED[run]["config"]), near=0)
    kinds = [row["event"] for row in rows(ask("runs", "events", run))]
    assert kinds[0] == "started" and kinds.count("epoch") == len(shown["epochs_done"])


def test_they_are_compared(seen: Path, ask: Ask) -> None:
    told = rows(ask("runs", "diff", "dot-bias-adam", "dot-bias-adagrad", "net-adam", "--json"))
    values = {row["setting"]: list(row["values"].values()) for row in told}
    assert values["optimizer.name"] == ["adam", "adagrad", "adam"]
    assert values["split.kind"] == ["random", "time", "random"]


@pytest.mark.parametrize("run", [run for run in RUNS if run not in OWN])
def test_they_answer(run: str, seen: Path, tmp_path: Path, ask: Ask) -> None:
    found, expected = answers(ask, run, tmp_path), EXPECTED[run]
    expect(found, {key: expected[key] for key in found})
    if expected["listed"]["state"] == "finished":
        assert found["valid_rmse"] == pytest.approx(expected["listed"]["valid_rmse"], abs=1e-6)


@pytest.mark.parametrize("run", OWN)
def test_a_users_model_is_executed_once_it_is_trusted(
    run: str, old: Path, tmp_path: Path, ask: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    question = ("predict", "--user", "7", "--item", "1020", "--run", run)
    for words in (question, ("runs", "resume", run))[: 1 + (run in UNFINISHED)]:
        assert here(*words) != 0
        said = capsys.readouterr()
        assert f"cftui runs trust {run}" in said.err
        assert "was executed" not in said.out + said.err
    ask("runs", "trust", run)
    assert here(*question) == 0
    assert "py was executed" in capsys.readouterr().err
    found = answers(ask, run, tmp_path)
    expect(found, {key: EXPECTED[run][key] for key in found})


@pytest.mark.parametrize("run", UNFINISHED)
def test_they_are_resumed_to_the_same_end(run: str, old: Path, tmp_path: Path, ask: Ask) -> None:
    if run in OWN:
        ask("runs", "trust", run)
    shutil.rmtree(old / "small")  # the store is enough
    (row,) = rows(ask("runs", "list", run, "--json"))
    assert (row["host"] == "gpu-box") == (row["state"] == "stopped")
    lines, expected = rows(ask("runs", "resume", run, "--json")), EXPECTED[run]["resumed"]
    assert lines[0]["event"] == "resumed" and lines[0]["step"] == EXPECTED[run]["checkpoint"]
    assert lines[-1]["outcome"] == "finished" and lines[-1]["step"] == expected["step"]
    assert lines[-1]["valid_mse"] == pytest.approx(expected["valid_mse"], rel=NEAR)
    assert predicted(ask, run, tmp_path) == pytest.approx(expected["predicted"], abs=1e-5)
    (row,) = rows(ask("runs", "list", run, "--json"))
    assert row["state"] == "finished" and row["epoch"] == row["epochs"]
    assert row["host"] == os.uname().nodename


def test_the_ratings_are_not_read_again(old: Path, tmp_path: Path, ask: Ask) -> None:
    shutil.rmtree(old / "small")
    (store,) = (old / "cache" / "ratings").iterdir()
    before = sorted(store.iterdir())
    found = predicted(ask, "dot-bias-adam", tmp_path)
    assert found == pytest.approx(EXPECTED["dot-bias-adam"]["predicted"], abs=1e-5)
    assert list((old / "cache" / "ratings").iterdir()) == [store]
    assert sorted(store.iterdir()) == before


def test_the_store_is_found_for_the_files_it_was_made_of(old: Path, ask: Ask) -> None:
    """The name of a store is a hash of its files' paths, sizes and times, and its format."""
    stores = old / "cache" / "ratings"
    files = [old / "small" / name for name in ("ratings.csv", "movies.csv")]
    facts = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    name = hashlib.sha256(json.dumps([1, facts]).encode()).hexdigest()[:32]
    next(stores.iterdir()).rename(stores / name)
    (stores / name / "old").touch()
    ready = rows(ask("data", "ingest", str(old / "small"), "--json"))[-1]
    assert ready["store"] == str(stores / name) and ready["ratings"] == 1200
    assert [path.name for path in stores.iterdir() if path.is_dir()] == [name]
    assert (stores / name / "old").exists()


def test_read_anew_the_ratings_are_the_same(old: Path, tmp_path: Path, ask: Ask) -> None:
    """A run finds its ratings by their fingerprint where its store is gone."""
    shutil.rmtree(old / "cache")
    run = "dot-bias-adamw-one-cycle"
    found = predicted(ask, run, tmp_path)
    assert found == pytest.approx(EXPECTED[run]["predicted"], abs=1e-5)


def test_what_was_opened_last_is_known(seen: Path, ask: Ask) -> None:
    known = {row["name"]: row for row in rows(ask("data", "list", "--json"))}
    assert known["small"]["n_ratings"] == 1200


@pytest.fixture
def screen(old: Path) -> Iterator[Callable[[], Terminal]]:
    opened: list[Terminal] = []

    def open_screen() -> Terminal:
        opened.append(Terminal(old, str(old / "small")))
        return opened[-1]

    yield open_screen
    for terminal in opened:
        end_processes(old)
        terminal.child.close(force=True)


def test_the_screen_opens_as_it_was_left(screen: Callable[[], Terminal]) -> None:
    terminal = screen()
    terminal.wait("[5 Explore]", "1,200 ratings")
    terminal.send("y")
    terminal.wait("You: 2 ratings", "1.5", "(1973)", "(1961)", "by dot-bias-adam-died")
    terminal.send("4")
    terminal.wait("18 of 18 runs · 1 marked", "✝  dot-bias-adam-died")
    terminal.send("q")
    assert terminal.end() == 0
