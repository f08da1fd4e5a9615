"""Run directories that no trainer wrote: links, pipes, lies, huge numbers, escape sequences.

Each is made from one good run by one change, so that what breaks tells what broke it.
"""

import json
import os
import shutil
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy

Change = Callable[[Path, "Outside"], None]
"""Makes a copy of the good run hostile."""

ESCAPES = {
    "clear": "\x1b[2J\x1b[31mred",
    "osc8": "\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "osc52": "\x1b]52;c;UFdORUQ=\x07",
    "dcs": "\x1bPq#0;2;0;0;0#0!9~\x1b\\",
    "c1": "\x9b31m\x9d52;c;UFdORUQ=\x9c",
    "bidi": "\u202egpj.exe\u2066\u200b",
    "lines": "one\ntwo\rthree\x08\x08",
}
ALL_ESCAPES = "".join(ESCAPES.values())
ACTING = tuple("\x1b\x07\x08\x9b\x9c\x9d\x90\u202e\u2066\u200b")
"""None of these may reach a terminal from a run's files."""
FORMULA = '=HYPERLINK("http://evil.example";"click")'
HUGE = "1" + "0" * 400
"""No float and no array holds it."""
HUGER = "9" * 5000
"""More digits than Python itself turns into a number."""
DEEP = 100_000
FILES = (
    *("run.json", "config.toml", "user.toml", "lock", "events.jsonl", "log.txt", "model.py"),
    *("last.safetensors", "best.safetensors", "vocabulary.safetensors", ".reserve"),
)
READ = ("run.json", "config.toml", "user.toml", "events.jsonl", "log.txt", "lock")


@dataclass(frozen=True)
class Outside:
    """What lies outside the folder of runs and is none of a run's business."""

    folder: Path
    pwned: Path
    """Made by a run's model where it is executed."""

    @property
    def thesis(self) -> Path:
        """Return a file of the user's, without an end of line."""
        return self.folder / "thesis.txt"


def make_outside(folder: Path) -> Outside:
    """Make files of the user's in a folder."""
    outside = Outside(folder, folder.parent / "PWNED")
    (folder / "notes").mkdir(parents=True)
    outside.thesis.write_text("Chapter 1\nthe last line, without an end")
    (folder / "notes" / "a.json").write_text('{"kind": "stop", "sent_ns": 1}')
    (folder / "user.toml").write_text('name = "mine"\n')
    return outside


def state_of(folder: Path) -> dict[str, bytes | str]:
    """Return all that lies in a folder: files' bytes, what links point at."""
    return {
        str(path.relative_to(folder)): f"link {path.readlink()}"
        if path.is_symlink()
        else path.read_bytes()
        if path.is_file()
        else "folder"
        for path in sorted(folder.rglob("*"))
    }


def remove(path: Path) -> None:
    """Remove whatever is at a path."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def link(name: str, target: str = "thesis.txt") -> Change:
    def change(run: Path, outside: Outside) -> None:
        remove(run / name)
        (run / name).symlink_to(target if target.startswith("/") else outside.folder / target)

    return change


def hard_link(name: str) -> Change:
    def change(run: Path, outside: Outside) -> None:
        remove(run / name)
        (run / name).hardlink_to(outside.thesis)

    return change


def pipe(name: str) -> Change:
    def change(run: Path, _: Outside) -> None:
        remove(run / name)
        (run / name).parent.mkdir(exist_ok=True)
        os.mkfifo(run / name)

    return change


def folder(name: str) -> Change:
    def change(run: Path, _: Outside) -> None:
        remove(run / name)
        (run / name).mkdir()

    return change


def content(name: str, raw: bytes) -> Change:
    def change(run: Path, _: Outside) -> None:
        (run / name).parent.mkdir(exist_ok=True)
        (run / name).write_bytes(raw)

    return change


def added(name: str, raw: bytes) -> Change:
    def change(run: Path, _: Outside) -> None:
        with (run / name).open("ab") as file:
            file.write(raw)

    return change


def cut(name: str) -> Change:
    def change(run: Path, _: Outside) -> None:
        whole = (run / name).read_bytes()
        (run / name).write_bytes(whole[: len(whole) // 2])

    return change


def sparse(name: str, size: int) -> Change:
    def change(run: Path, _: Outside) -> None:
        with (run / name).open("ab") as file:
            file.truncate(size)

    return change


def record(**changes: Any) -> Change:
    """Change values of run.json; a text that begins with `raw:` is written as it stands."""

    def change(run: Path, _: Outside) -> None:
        values = {**json.loads((run / "run.json").read_text()), **changes}
        lines = [
            f"{json.dumps(key)}: {value[4:] if _is_raw(value) else json.dumps(value)}"
            for key, value in values.items()
        ]
        (run / "run.json").write_text("{" + ",\n".join(lines) + "}")

    return change


def _is_raw(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("raw:")


def event(kind: str, **changes: Any) -> Change:
    """Write the last event of a kind once more at the end, with other values."""

    def change(run: Path, _: Outside) -> None:
        lines = (run / "events.jsonl").read_text().splitlines()
        told = [one for one in map(json.loads, lines) if one["event"] == kind]
        values = {**(told[-1] if told else {**OTHER_EVENTS[kind], "event": kind}), **changes}
        first = {"event": kind}
        parts = [
            f"{json.dumps(key)}:{value[4:] if _is_raw(value) else json.dumps(value)}"
            for key, value in {**first, **values}.items()
        ]
        with (run / "events.jsonl").open("a") as file:
            file.write("{" + ",".join(parts) + "}\n")

    return change


OTHER_EVENTS: dict[str, dict[str, Any]] = {
    "control": {
        "time": 1.0, "step": 1, "wish": "stop", "value": None, "sender": "me", "sent_ns": 1,
        "outcome": "obeyed",
    },
    "failed": {"run": "r", "time": 1.0, "step": 1, "message": "no"},
    "resumed": {
        "run": "r", "time": 1.0, "pid": 1, "host": "h", "device": "cpu", "step": 1, "epoch": 0
    },
    "device": {"time": 1.0, "label": "cpu"},
}  # fmt: skip


def setting(old: str, new: str) -> Change:
    """Change a line of config.toml that begins so."""

    def change(run: Path, _: Outside) -> None:
        lines = (run / "config.toml").read_text().splitlines()
        found = [new if line.startswith(old) else line for line in lines]
        assert found != lines, old
        (run / "config.toml").write_text("\n".join(found) + "\n")

    return change


def tensors(name: str = "last.safetensors", /, **metadata: str) -> Change:
    """Give a checkpoint other metadata."""
    return retold(name, lambda arrays: arrays, **metadata)


Arrays = dict[str, np.ndarray]


def retold(name: str, made: Callable[[Arrays], Arrays], **metadata: str) -> Change:
    """Rewrite a file of tensors with others."""

    def change(run: Path, _: Outside) -> None:
        with safetensors.safe_open(run / name, framework="numpy") as file:
            arrays = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
            kept = {**(file.metadata() or {}), **metadata}
        kept.pop("sha256", None)  # else the sum alone would be what is wrong
        (run / name).write_bytes(safetensors.numpy.save(made(arrays), kept))

    return change


def header(name: str, edit: Callable[[dict[str, Any]], Any], length: int | None = None) -> Change:
    """Rewrite the header of a file of tensors; its bytes stay as they are."""

    def change(run: Path, _: Outside) -> None:
        whole = (run / name).read_bytes()
        (size,) = struct.unpack("<Q", whole[:8])
        told = json.loads(whole[8 : 8 + size])
        told.get("__metadata__", {}).pop("sha256", None)  # as above
        edited = edit(told)
        text = edited if isinstance(edited, bytes) else json.dumps(edited or told).encode()
        text += b" " * (-len(text) % 8)
        prefix = struct.pack("<Q", len(text) if length is None else length)
        (run / name).write_bytes(prefix + text + whole[8 + size :])

    return change


def each_tensor(edit: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, Any]], None]:
    def of_all(told: dict[str, Any]) -> None:
        for key, entry in told.items():
            if key != "__metadata__":
                edit(entry)

    return of_all


def other_type(kind: str, bytes_each: int) -> Callable[[dict[str, Any]], None]:
    """Call all tensors of 4 bytes a number by another type, of as many numbers as then fit."""

    def edit(entry: dict[str, Any]) -> None:
        begin, end = entry["data_offsets"]
        entry.update(dtype=kind, shape=[(end - begin) // bytes_each])

    return each_tensor(edit)


def text_of(kind: str, part: str, words: str) -> Callable[[Arrays], Arrays]:
    """Make ids or titles of a vocabulary all begin with these words."""

    def made(arrays: Arrays) -> Arrays:
        name = f"{kind}/{part}"
        whole = arrays.get(name)
        count = len(arrays[f"{name}/offsets"]) - 1 if whole is None else len(whole)
        texts = [f"{words}{n}".encode() for n in range(count)]
        arrays.pop(name, None)
        arrays[f"{name}/text"] = np.frombuffer(b"".join(texts), np.uint8).copy()
        arrays[f"{name}/offsets"] = np.cumsum([0, *map(len, texts)]).astype(np.int64)
        return arrays

    return made


def model(run: Path, outside: Outside) -> None:
    """Give the run a model of its own, which leaves a mark where it is executed."""
    source = f"open({str(outside.pwned)!r}, 'w').close()\nclass Evil: pass\n"
    (run / "model.py").write_text(source)
    import hashlib

    digest = hashlib.sha256(source.encode()).hexdigest()
    record(model_sha256=digest)(run, outside)
    lines = (run / "config.toml").read_text().split("[model]")[0]
    (run / "config.toml").write_text(f'{lines}[model]\nname = "{run}/model.py:Evil"\n')


def junk_in_control(run: Path, outside: Outside) -> None:
    """Fill `control/` with what no wish is."""
    control = run / "control"
    control.mkdir(exist_ok=True)
    for number in range(300):
        (control / f"{number:020d}-1.json").write_bytes(b"[" * number)
    (control / "a").symlink_to(outside.thesis)
    (control / ".turn").unlink(missing_ok=True)
    (control / ".turn").symlink_to(outside.thesis)
    os.mkfifo(control / "00000000000000000000-0.json")
    (control / "folder").mkdir()
    wish = {"kind": ALL_ESCAPES, "sent_ns": 1, "sender": ALL_ESCAPES}
    (control / "00000000000000000001-2.json").write_text(json.dumps(wish))


def elsewhere(run: Path, outside: Outside) -> None:
    """Move the run away and leave a link."""
    target = outside.folder / f"moved-{len(list(outside.folder.iterdir()))}"
    shutil.move(run, target)
    run.symlink_to(target)


def to_outside(run: Path, outside: Outside) -> None:
    """Let the run be a link to a folder that holds files of the user's."""
    shutil.copy(run / "run.json", outside.folder / "notes" / "run.json")
    shutil.rmtree(run)
    run.symlink_to(outside.folder / "notes")


def many_moments(run: Path, _: Outside) -> None:
    for step in range(5_000):
        (run / "moments" / f"{step + 10**8:09d}.safetensors").touch()
    (run / "moments" / ("9" * 200)).touch()
    (run / "moments" / "=x\x1b[2J.safetensors").touch()


def old_times(name: str, seconds: int) -> Change:
    def change(run: Path, _: Outside) -> None:
        os.utime(run / name, (seconds, seconds))

    return change


def both(*changes: Change) -> Change:
    def change(run: Path, outside: Outside) -> None:
        for one in changes:
            one(run, outside)

    return change


def _odd_files() -> Iterator[tuple[str, Change]]:
    for name in FILES:
        yield f"link-{name}", link(name)
    yield "link-control", link("control", "notes")
    yield "link-moments", link("moments", "notes")
    yield "link-moment", link(MOMENT)
    yield "pipe-moment", pipe(MOMENT)
    yield "folder-moment", folder(MOMENT)
    yield "sparse-moment", sparse(MOMENT, 1 << 40)
    yield "cut-moment", cut(MOMENT)
    yield "many-moments", many_moments
    for name in ("run.json", "user.toml", "lock", "events.jsonl", "log.txt", ".reserve"):
        yield f"hard-{name}", hard_link(name)
    for name in (*READ, "last.safetensors", "vocabulary.safetensors", ".reserve", "control/1.json"):
        yield f"pipe-{name.replace('/', '-')}", pipe(name)
    for name in READ[:5]:
        yield f"zero-{name}", link(name, "/dev/zero")
    for name in READ:
        yield f"folder-{name}", folder(name)
        yield f"empty-{name}", content(name, b"")
    for name in ("run.json", "config.toml", "events.jsonl", "last.safetensors"):
        yield f"cut-{name}", cut(name)
    for name in ("run.json", "config.toml", "user.toml", "events.jsonl", "log.txt"):
        yield f"sparse-{name}", sparse(name, 1 << 36)
    yield "sparse-last", sparse("last.safetensors", 1 << 40)
    for name in ("run.json", "config.toml", "user.toml", "lock"):
        yield f"deep-{name}", content(name, DEEP_TEXT[Path(name).suffix])
        yield f"binary-{name}", content(name, b"\xff\xfe\x00\x80" * 50)


DEEP_TEXT = {
    ".json": b'{"run": ' + b"[" * DEEP,
    ".toml": b"name = " + b"[" * DEEP + b"]" * DEEP,
    "": b"[" * DEEP,
}


def _numbers() -> Iterator[tuple[str, Change]]:
    for field in ("created", "step", "epoch", "valid_mse", "n_users", "low", "threads", "pid"):
        yield f"huge-{field}", record(**{field: f"raw:{HUGE}"})
        yield f"nan-{field}", record(**{field: "raw:NaN"})
    yield "created-1e300", record(created=1e300)
    yield "created-minus", record(created=-1e17)
    yield "best-1e308", record(best_valid_mse=1e308, valid_rmse=1e308, valid_mse=-1e308)
    yield "huger-step", record(step=f"raw:{HUGER}")
    yield "infinite-high", record(high="raw:Infinity", low="raw:-Infinity")
    yield "baselines", record(baselines={"x": 1.0})
    yield "baselines-huge", record(baselines=f"raw:{{'global_mean': {HUGE}}}".replace("'", '"'))
    yield "rates", record(rate_changes=[{"step": 1, "learning_rate": 1e308}] * 5000)
    yield "versions", record(versions={f"{n}": "x" * 500 for n in range(300)})
    yield "types", record(step="many", created=[], baselines=3, versions=[1])
    yield "live-here", record(state="running", pid=-1)
    for kind, fields in (
        ("step", ("seconds", "loss", "smooth", "learning_rate", "step")),
        ("epoch", ("valid_mse", "train_seconds", "train_loss", "epoch", "seconds", "recall")),
        ("finished", ("valid_mse", "best_valid_mse", "train_seconds", "step", "wall_seconds")),
        ("started", ("time", "n_train")),
    ):
        for field in fields:
            yield f"{kind}-{field}-huge", event(kind, **{field: f"raw:{HUGE}"})
        yield f"{kind}-nan", event(kind, **dict.fromkeys(fields[:3], "raw:NaN"))
        yield f"{kind}-1e308", event(kind, **dict.fromkeys(fields[:2], 1e308))
    yield "finished-minus", event("finished", valid_mse=-1.0, best_valid_mse=-2.0)
    yield "step-seconds-infinite", event("step", seconds="raw:Infinity")
    yield "started-baselines", event("started", baselines={"x": 1.0})
    yield "finished-baselines", event("finished", baselines={})
    yield "finished-elsewhere", event("finished", run="../../../etc")
    yield "finished-nul", event("finished", run="\x00")
    yield "epoch-bare", event("epoch", valid_mse=0.5, valid_rmse=None, valid_mse_clipped=None)
    yield "resumed-minus", event("resumed", step=-(2**62))
    yield "event-deep", added("events.jsonl", b'{"event":"step","step":' + b"[" * DEEP + b"\n")
    yield "event-long", added("events.jsonl", b'{"event":"failed"' + b" " * 5_000_000 + b"}\n")
    yield "event-bytes", added("events.jsonl", bytes(range(256)) * 20 + b"\n")
    yield "lock-time", both(record(state="running", host="far"), old_times("lock", 2**33))
    yield "config-time", both(content("run.json", b"{}"), old_times("config.toml", 2**40))


def _settings() -> Iterator[tuple[str, Change]]:
    yield "factors-huge", setting("n_factors", f"n_factors = {HUGE}")
    yield "factors-huger", setting("n_factors", f"n_factors = {HUGER}")
    yield "rate-huge", setting("learning_rate", f"learning_rate = {HUGE}")
    yield "rate-nan", setting("learning_rate", "learning_rate = nan")
    yield "batch-minus", setting("batch_size", "batch_size = -5")
    yield "no-sections", content("config.toml", b"model = 3\noptimizer = [1]\ntraining = 1.5\n")
    yield "dates", setting("n_factors", "n_factors = 1979-05-27T07:32:00Z")
    yield "nested", added("config.toml", b"\n[x]\ny = " + b"[" * 90 + b"]" * 90 + b"\n")
    yield "mark-huge", content("user.toml", f"mark = {HUGE}\n".encode())
    yield "mark-huger", content("user.toml", f"mark = {HUGER}\n".encode())
    yield "name-long", content("user.toml", b'name = "' + b"x" * 3_000_000 + b'"\n')
    yield "name-latest", content("user.toml", b'name = "latest"\n')
    yield "name-good", content("user.toml", b'name = "good"\n')
    yield "name-formula", content("user.toml", f"name = '{FORMULA}'\nnotes = '@x'\n".encode())
    yield "name-types", content("user.toml", b"name = [1, 2]\nmark = 'x'\nnotes = {a = 1}\n")
    yield "own-model", model


def _escapes() -> Iterator[tuple[str, Change]]:
    texts = ("host", "device", "message", "data_name", "data_source", "refit_of", "fingerprint")
    for field in texts:
        yield f"escape-{field}", record(**{field: ALL_ESCAPES})
    for kind, words in ESCAPES.items():
        yield f"escape-{kind}", record(message=words, data_name=words, state="failed")
    yield "escape-remote", record(state="running", host=ALL_ESCAPES)
    yield "escape-versions", record(versions={ALL_ESCAPES: ALL_ESCAPES})
    yield "escape-store", record(store=f"/{ALL_ESCAPES}", data_source=f"/{ALL_ESCAPES}")
    yield "escape-run", record(run=ALL_ESCAPES)
    yield (
        "escape-started",
        event("started", device=ALL_ESCAPES, host=ALL_ESCAPES, notes=["\x1b[2J"]),
    )
    yield "escape-failed", event("failed", message=ALL_ESCAPES)
    yield "escape-finished", event("finished", why=ALL_ESCAPES, run=ALL_ESCAPES)
    yield "escape-epoch", event("epoch", no_lists=ALL_ESCAPES)
    yield "escape-resumed", event("resumed", run=ALL_ESCAPES, device=ALL_ESCAPES)
    yield (
        "escape-control",
        event("control", wish=ALL_ESCAPES, sender=ALL_ESCAPES, outcome=ALL_ESCAPES),
    )
    yield "escape-gpu", event("device", label=ALL_ESCAPES, name=ALL_ESCAPES)
    toml = json.dumps(ALL_ESCAPES)
    yield "escape-name", content("user.toml", f"name = {toml}\nnotes = {toml}\n".encode())
    yield "escape-source", setting("source", f"source = {toml}")
    yield "escape-model", setting("name", f"name = {toml}")
    yield "escape-key", added("config.toml", f"\n[{toml}]\n{toml} = {toml}\n".encode())
    yield "escape-user-column", setting("user =", f"user = {toml}")
    yield "escape-log", both(record(state="running"), content("log.txt", ALL_ESCAPES.encode()))
    yield "escape-titles", retold(VOCABULARY, text_of("items", "titles", ALL_ESCAPES))
    yield "escape-items", retold(VOCABULARY, text_of("items", "ids", ALL_ESCAPES))
    yield "escape-users", retold(VOCABULARY, text_of("users", "ids", ALL_ESCAPES))
    yield "escape-ratings", tensors(VOCABULARY, source=ALL_ESCAPES)
    yield "escape-weights", tensors(step=ALL_ESCAPES)
    yield (
        "markup",
        record(data_name="[red]x[/red][bold", host="[@click=app.quit]x[/]", state="failed"),
    )
    yield "formulas", record(data_name=FORMULA, message=f"\t{FORMULA}", refit_of="@SUM(1)")
    yield "surrogates", record(data_name='raw:"\\ud800"', message='raw:"\\udfff"')


VOCABULARY = "vocabulary.safetensors"
MOMENT = "moments/000000000.safetensors"


def _weights() -> Iterator[tuple[str, Change]]:
    last = "last.safetensors"
    yield "header-length", header(last, lambda told: told, 2**62)
    yield "header-deep", header(last, lambda _: b'{"a":' + b"[" * DEEP)
    yield "header-long", header(last, lambda _: b"{" + b" " * 2_000_000 + b"}")
    yield "offsets-minus", header(last, each_tensor(lambda e: e.update(data_offsets=[-8, 0])))
    yield "offsets-all-one", header(last, each_tensor(lambda e: e.update(data_offsets=[0, 8])))
    yield "offsets-beyond", header(last, each_tensor(lambda e: e.update(data_offsets=[0, 2**61])))
    yield "shape-huge", header(last, each_tensor(lambda e: e.update(shape=[2**40, 2**40])))
    yield "bf16", header(last, other_type("BF16", 2))
    yield "f8", header(last, other_type("F8_E4M3", 1))
    yield "int64", retold(last, lambda arrays: {k: a.astype(np.int64) for k, a in arrays.items()})
    yield "bool", retold(last, lambda arrays: {k: a.astype(bool) for k, a in arrays.items()})
    yield "shapes", retold(last, lambda arrays: {k: a.reshape(-1) for k, a in arrays.items()})
    yield "no-arrays", retold(last, lambda arrays: {"x": np.zeros(1, np.float32)})
    yield "nan-weights", retold(last, lambda arrays: {k: a * np.nan for k, a in arrays.items()})
    yield "pickle", content(last, b"\x80\x04\x95\x20\x00\x00\x00\x00\x00\x00\x00cos\nsystem\n.")
    yield "step-huger", tensors(step=HUGER)
    yield "step-square", tensors(step="²")
    yield "progress", tensors(progress="[" * DEEP)
    yield "moment-huge", header(MOMENT, each_tensor(lambda e: e.update(shape=[2**40, 2**40])))
    yield "moment-bf16", header(MOMENT, other_type("BF16", 2))
    yield "moment-nan", retold(MOMENT, lambda arrays: {k: a * np.nan for k, a in arrays.items()})
    yield "moment-shape", retold(MOMENT, lambda arrays: {k: a[:2] for k, a in arrays.items()})
    yield "vocabulary-bf16", header(VOCABULARY, other_type("BF16", 2))
    yield "vocabulary-few", retold(VOCABULARY, lambda arrays: {k: a[:2] for k, a in arrays.items()})
    yield "vocabulary-none", retold(VOCABULARY, lambda arrays: {"x": np.zeros(1)})
    yield (
        "vocabulary-floats",
        retold(VOCABULARY, lambda arrays: {k: a.astype(np.float64) for k, a in arrays.items()}),
    )
    yield "vocabulary-offsets", retold(VOCABULARY, _wild_offsets)


def _wild_offsets(arrays: Arrays) -> Arrays:
    return {
        name: array[::-1].copy() + 2**40 if name.endswith("offsets") else array
        for name, array in arrays.items()
    }


def _directories() -> Iterator[tuple[str, Change]]:
    yield "control-junk", junk_in_control
    yield "moved", elsewhere
    yield "to-folder", to_outside
    yield "control-file", both(lambda run, _: remove(run / "control"), content("control", b"x"))


CHANGES: dict[str, Change] = {
    name: change
    for some in (_odd_files, _numbers, _settings, _escapes, _weights, _directories)
    for name, change in some()
}
IDS = (
    *("with\nnewline", ALL_ESCAPES.replace("/", "|"), FORMULA.replace("/", "|"), "-x", "--help"),
    *("[red]x[bold", "latest", " ", "x" * 250, "\u202eevil", "a b;rm -rf ~", "%s%n"),
    *(os.fsdecode(b"\xff\xfe\x1b[2J"), "~", "@x", ".hidden", "é", "e\u0301"),
)
"""Names of directories; nothing is wrong within."""
NAMES = (*CHANGES, *(f"id-{place}" for place in range(len(IDS))))
"""All hostile runs."""


def make_hostile(name: str, runs: Path, good: Path, outside: Outside) -> str:
    """Make one hostile run in a folder of runs from the good one; return its id."""
    run_id = IDS[int(name[3:])] if name.startswith("id-") else name
    run = runs / run_id
    shutil.copytree(good, run, symlinks=True)
    record(run=run_id.encode("utf-8", "replace").decode())(run, outside)
    if name in CHANGES:
        CHANGES[name](run, outside)
    return run_id
