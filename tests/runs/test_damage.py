"""Damaged run directories: a clear message or it carries on; no traceback, nothing changed."""

import json
import os
import pickle
import re
import shutil
import socket
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from small import here, small_config, write_ratings

from cftui import paths
from cftui.brain import answer
from cftui.pipes import Failure
from cftui.questions.trained import (
    AskAbilities,
    ExploreBiases,
    ExploreItem,
    ExploreUser,
    Predict,
    Recommend,
    Similar,
)
from cftui.runs.details import read_details
from cftui.runs.directory import Run
from cftui.runs.history import read_history
from cftui.runs.index import RunsIndex
from cftui.runs.row import RunRow
from cftui.training.start import start_run

Damage = Callable[[Path], None]


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a run that was stopped after its second epoch of three; copy it, do not touch it."""
    home = tmp_path_factory.mktemp("runs-home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(paths.HOME_VARIABLE, str(home))
        source = write_ratings(home / "small", users=40, items=60, n=900)
        start_run(small_config(source), lambda _: None, run_id="r", began=0.0)
        run = Run(paths.runs_folder() / "r")
    settings = run.path / "config.toml"
    settings.write_text(settings.read_text().replace("epochs = 2", "epochs = 3"))
    record = json.loads((run.path / "run.json").read_text())
    (run.path / "run.json").write_text(json.dumps({**record, "state": "stopped", "epochs": 3}))
    return run.path


@pytest.fixture
def folder(stopped: Path) -> Iterator[Path]:
    """Give a copy of the stopped run, beside a sound one called `sound`."""
    runs = paths.runs_folder()
    shutil.copytree(stopped, runs / "sound")
    shutil.copytree(stopped, runs / "r")
    record = json.loads((runs / "sound" / "run.json").read_text())
    (runs / "sound" / "run.json").write_text(json.dumps({**record, "run": "sound"}))
    yield runs / "r"
    if (runs / "r").exists():
        (runs / "r").chmod(0o755)  # else it could not be cleared away


def write(name: str, content: bytes) -> Damage:
    return lambda run: void((run / name).write_bytes(content))


def cut(name: str, share: float) -> Damage:
    def damage(run: Path) -> None:
        whole = (run / name).read_bytes()
        (run / name).write_bytes(whole[: int(len(whole) * share)])

    return damage


def edit(name: str, old: str, new: str) -> Damage:
    def damage(run: Path) -> None:
        text = (run / name).read_text()
        assert old in text
        (run / name).write_text(text.replace(old, new))

    return damage


def record(**changes: object) -> Damage:
    def damage(run: Path) -> None:
        values = json.loads((run / "run.json").read_text())
        (run / "run.json").write_text(json.dumps({**values, **changes}))

    return damage


def gone(name: str) -> Damage:
    def damage(run: Path) -> None:
        path = run / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    return damage


def a_folder(name: str) -> Damage:
    def damage(run: Path) -> None:
        (run / name).unlink(missing_ok=True)
        (run / name).mkdir()

    return damage


def append(name: str, content: bytes) -> Damage:
    def damage(run: Path) -> None:
        with (run / name).open("ab") as file:
            file.write(content)

    return damage


def tensors(change: Callable[[dict[str, np.ndarray]], None], **metadata: str) -> Damage:
    """Rewrite the checkpoint with other arrays or metadata."""

    def damage(run: Path) -> None:
        path = run / "last.safetensors"
        with safetensors.safe_open(path, framework="numpy") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            kept = {**file.metadata(), **metadata}
            del kept["sha256"]  # as of an older version
        change(arrays)
        path.write_bytes(safetensors.numpy.save(arrays, kept))

    return damage


def lose_a_row(arrays: dict[str, np.ndarray]) -> None:
    for name, array in arrays.items():
        arrays[name] = array[:-1].copy() if array.ndim else array


def turn_to_whole_numbers(arrays: dict[str, np.ndarray]) -> None:
    for name, array in arrays.items():
        if name.startswith("parameters/"):
            arrays[name] = array.astype(np.int64)


def lose_a_table(arrays: dict[str, np.ndarray]) -> None:
    del arrays["parameters/item_factors"]


def lie_about_length(run: Path) -> None:
    path = run / "last.safetensors"
    path.write_bytes(struct.pack("<Q", 2**62) + path.read_bytes()[8:])


def lie_about_offsets(run: Path) -> None:
    path = run / "last.safetensors"
    whole = path.read_bytes()
    (length,) = struct.unpack("<Q", whole[:8])
    header = whole[8 : 8 + length].replace(b'"data_offsets":[0,', b'"data_offsets":[9,')
    assert len(header) == length
    path.write_bytes(whole[:8] + header + whole[8 + length :])


def rubbish_in_control(run: Path) -> None:
    control = run / "control"
    (control / "00000-1.json").write_bytes(b"\xff\x00")
    (control / "99999-2.json").write_text('{"kind": ["stop"], "sent_ns": "now"}')
    (control / "a folder").mkdir()
    (control / "loop").symlink_to("loop")


def a_ring(run: Path) -> None:
    shutil.rmtree(run)
    run.symlink_to(run.name)


def a_file(run: Path) -> None:
    shutil.rmtree(run)
    run.write_text("not a run")


def elsewhere(run: Path) -> None:
    run.rename(run.parent.parent / "moved")
    run.symlink_to(run.parent.parent / "moved")


def locked_away(run: Path) -> None:
    run.chmod(0)
    if os.access(run, os.R_OK):
        pytest.skip("nothing is locked away from root")


def void(_: object) -> None:
    """Take a result that nobody needs."""


STEP = b'{"event":"step","step":"x","loss":[],"low":null,"high":0,"smooth":0,"learning_rate":0,'
TYPES = STEP + b'"seconds":0}\n{"event":"epoch","epoch":"one","step":{},"train_loss":null,'
TYPES += b'"valid_mse":"x","valid_rmse":0,"valid_mse_clipped":0,"unseen_pairs":"no",'
TYPES += b'"unseen_mse":0,"learning_rate":0,"seconds":0,"train_seconds":0}\n'
TYPES += b'{"event":"finished","run":3}\n{"event":["step"]}\n[]\n3\nnull\n{"event":"failed"}\n'

CASES: list[tuple[str, Damage, str]] = [
    ("run.json empty", write("run.json", b""), "finished"),
    ("run.json cut", cut("run.json", 0.5), "finished"),
    ("run.json of lists", write("run.json", b"[[]]"), "finished"),
    ("run.json deep", write("run.json", b"[" * 100_000), "finished"),
    ("run.json binary", write("run.json", bytes(range(256)) * 40), "finished"),
    ("run.json other types", record(step="many", created=[]), "finished"),
    ("run.json other state", record(state="migrating"), "finished"),
    ("run.json of a later cftui", record(format=99, shards=[1, 2]), "stopped"),
    ("run.json odd numbers", record(step=-1, valid_mse=float("nan"), epoch=10**9), "stopped"),
    ("run.json without end", record(state="running", host=socket.gethostname()), "died"),
    ("config.toml gone", gone("config.toml"), "stopped"),
    ("config.toml empty", write("config.toml", b""), "stopped"),
    ("config.toml broken", write("config.toml", b"[model\n"), "stopped"),
    ("config.toml binary", write("config.toml", b"\xff\xfe\x00"), "stopped"),
    ("config.toml a folder", a_folder("config.toml"), "stopped"),
    ("config.toml other model", edit("config.toml", '"dot-bias"', '"transformer"'), "stopped"),
    ("config.toml later key", append("config.toml", b"\n[shards]\nn = 4\n"), "stopped"),
    ("events gone", gone("events.jsonl"), "stopped"),
    ("events a folder", a_folder("events.jsonl"), "stopped"),
    ("events binary", write("events.jsonl", bytes(range(256)) * 100), "stopped"),
    ("events torn", cut("events.jsonl", 0.7), "stopped"),
    ("events of other types", append("events.jsonl", TYPES), "stopped"),
    ("events with a huge line", append("events.jsonl", b"x" * 20_000_000 + b"\n"), "stopped"),
    ("events deep", append("events.jsonl", b"[" * 100_000 + b"\n"), "stopped"),
    ("checkpoint gone", gone("last.safetensors"), "stopped"),
    ("checkpoint empty", write("last.safetensors", b""), "stopped"),
    ("checkpoint cut", cut("last.safetensors", 0.6), "stopped"),
    ("checkpoint a folder", a_folder("last.safetensors"), "stopped"),
    ("checkpoint a pickle", write("last.safetensors", pickle.dumps({"w": [1]})), "stopped"),
    ("checkpoint header lies", lie_about_length, "stopped"),
    ("checkpoint offsets lie", lie_about_offsets, "stopped"),
    ("checkpoint of other shapes", tensors(lose_a_row), "stopped"),
    ("checkpoint of whole numbers", tensors(turn_to_whole_numbers), "stopped"),
    ("checkpoint lacks a table", tensors(lose_a_table), "stopped"),
    ("checkpoint of no step", tensors(void, step="soon"), "stopped"),
    ("checkpoint of odd progress", tensors(void, progress="[]", step="99999999999"), "stopped"),
    ("best gone", gone("best.safetensors"), "stopped"),
    ("best empty", write("best.safetensors", b""), "stopped"),
    ("vocabulary cut", cut("vocabulary.safetensors", 0.5), "stopped"),
    ("user.toml broken", write("user.toml", b"name = \xff["), "stopped"),
    ("user.toml of other types", write("user.toml", b"name = [1]\nmarks = 3\n"), "stopped"),
    ("user.toml a folder", a_folder("user.toml"), "stopped"),
    ("control full of rubbish", rubbish_in_control, "stopped"),
    ("control gone", gone("control"), "stopped"),
    (
        "control a file",
        lambda run: (gone("control")(run), write("control", b"x")(run))[0],
        "stopped",
    ),
    ("lock gone", gone("lock"), "stopped"),
    ("lock a folder", a_folder("lock"), "stopped"),
    ("log a folder", a_folder("log.txt"), "stopped"),
    ("a ring of links", a_ring, ""),
    ("a file", a_file, ""),
    ("a link to elsewhere", elsewhere, "stopped"),
    ("locked away", locked_away, "damaged"),
]

READING = (
    ["runs", "list"],
    ["runs", "list", "--json"],
    ["runs", "show", "r"],
    ["runs", "show", "r", "--json"],
    ["runs", "events", "r"],
    ["runs", "attach", "r"],
    ["runs", "diff", "r", "sound"],
    ["runs", "export", "r", "--out", "OUT"],
    ["similar", "1001", "--run", "r"],
    ["predict", "--user", "1", "--item", "1001", "--run", "r"],
    ["recommend", "--user", "1", "--run", "r"],
)

QUESTIONS: tuple[Callable[[str], object], ...] = (
    lambda run: Predict(run, "1", "1001"),
    lambda run: Recommend(run, "1"),
    lambda run: Similar(run, "1001"),
    lambda run: ExploreUser(run, "1"),
    lambda run: ExploreItem(run, "1001"),
    AskAbilities,
    ExploreBiases,
)
UNFORESEEN = re.compile(r"[A-Z]\w+: ")
"""How a failure begins that nobody thought of: with the name of an exception."""


def tree(folder: Path) -> dict[str, bytes | str]:
    """Return everything in a folder: the bytes of files, the kind of all else."""
    found: dict[str, bytes | str] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = f"link to {path.readlink()}"
        else:
            found[name] = path.read_bytes() if path.is_file() else "folder"
    return found


@pytest.mark.parametrize(("damage", "state"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_damage_has_a_message_or_does_not_matter(
    damage: Damage,
    state: str,
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    damage(folder)
    before = tree(folder.parent)

    shown = {row.id: row for row in RunsIndex().refresh()}
    assert isinstance(shown["sound"], RunRow) and shown["sound"].shown == "stopped"
    assert (shown["r"].shown if state else "r" not in shown) == (state or True)
    read_history(folder / "events.jsonl")
    read_details(Run(folder))
    for question in QUESTIONS:
        replied = answer(question(str(folder)))
        if isinstance(replied, Failure):
            assert not UNFORESEEN.match(replied.message), replied
    for words in READING:
        check(words, here(*(str(tmp_path / "o.csv") if w == "OUT" else w for w in words)), capsys)
    assert tree(folder.parent) == before
    code = here("runs", "resume", "r")
    check(["resume"], code, capsys)
    if code:
        after = tree(folder.parent)
        changed = {name for name in before | after if before.get(name) != after.get(name)}
        assert changed <= {"r/lock"}


def check(words: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    said = capsys.readouterr()
    assert code in (0, 1, 2), words
    assert "Traceback" not in said.err and "a fault of cftui" not in said.err, (words, said.err)
    if code:
        assert said.err.strip() or "failed" in said.out, words
        assert len(said.err) < 2000, words


MESSAGES = [
    ("run.json cut", ["runs", "resume", "r"], "r is finished; nothing is left to train"),
    ("config.toml broken", ["runs", "resume", "r"], "at line 1, column 7); mend it, or delete it"),
    ("config.toml other model", ["predict"], "config.toml: model: 'transformer' is not one of"),
    ("config.toml later key", ["recommend"], "config.toml: shards: unknown key; known here: data"),
    ("checkpoint gone", ["recommend"], "r has no weights: last.safetensors is not there; the"),
    ("checkpoint gone", ["runs", "resume", "r"], "last.safetensors: no such checkpoint"),
    ("checkpoint cut", ["predict"], "last.safetensors: damaged checkpoint (its bytes are"),
    ("checkpoint a pickle", ["runs", "resume", "r"], "last.safetensors: damaged checkpoint"),
    ("checkpoint header lies", ["recommend"], "header too large); the weights at the best"),
    ("checkpoint of other shapes", ["runs", "resume", "r"], "user_factors has shape (39, 8)"),
    ("checkpoint lacks a table", ["runs", "resume", "r"], "parameters/item_factors"),
    ("checkpoint of whole numbers", ["runs", "resume", "r"], "of int64, not (40, 8)); train anew"),
    ("checkpoint of no step", ["predict"], "not a checkpoint of cftui (it names no step); train"),
    ("events a folder", ["runs", "resume", "r"], "events.jsonl: not a file; move it away"),
    (
        "lock a folder",
        ["runs", "resume", "r"],
        "lock: a folder, not a file; move it away, and try again",
    ),
    ("a ring of links", ["runs", "show", "r"], "no run 'r'; the newest is sound"),
]
WHOSE = {
    "predict": ["--user", "1", "--item", "1001", "--run", "r"],
    "recommend": ["--user", "1", "--run", "r"],
}


@pytest.mark.parametrize(("case", "words", "message"), MESSAGES)
def test_the_message_names_the_file_and_the_remedy(
    case: str, words: list[str], message: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    next(damage for name, damage, _ in CASES if name == case)(folder)
    assert here(*words, *WHOSE.get(words[0], [])) in (1, 2)
    assert message in capsys.readouterr().err


def test_events_after_a_line_too_long_or_of_other_types_are_read(folder: Path) -> None:
    sound = read_history(folder / "events.jsonl")
    assert len(sound.epochs) == 2
    whole = (folder / "events.jsonl").read_bytes()
    for rubbish in (b"x" * 5_000_000, b"rubbish\n" * 150_000, b"\xff" * 1_048_576, TYPES[:-1]):
        (folder / "events.jsonl").write_bytes(rubbish + b"\n" + whole)
        found = read_history(folder / "events.jsonl")
        assert found.epochs == sound.epochs and found.end == sound.end
        assert list(found.curve.step) == list(sound.curve.step)
