"""What lies in the runs: whether each can be shown, asked, and gone on with."""

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from cftui.doctor.finding import Finding, Mend, State, first_line
from cftui.doctor.mending import ASIDE, moving_aside
from cftui.paths import runs_folder
from cftui.remedies import words_of
from cftui.runs.checkpoint import CheckpointError, check_finite, load_checkpoint
from cftui.runs.directory import Run
from cftui.runs.lock import RunLock, is_held
from cftui.runs.ratings_of import read_whole
from cftui.runs.rebuild import is_lost
from cftui.runs.record import RECORD, SETTINGS, RunRecord

SECTION = "runs"
QUICK_RUNS = 200
"""The newest ones, which `--quick` looks into."""
HEAD_BYTES = 65_536
"""Of the events, in which one should be found."""
KINDS = {stat.S_IFLNK: "a link", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
WEIGHTS = "parameters/"
FOLDERS = frozenset({"control", "moments"})


@dataclass(frozen=True)
class _Looked:
    """A run, and what its directory holds by name, links not followed."""

    run: Run
    kinds: Mapping[str, int]
    quick: bool

    def has(self, name: str) -> bool:
        """Return whether a regular file of this name is there."""
        return stat.S_ISREG(self.kinds.get(name, 0))


def run_findings(*, quick: bool) -> Iterator[Finding]:
    """Yield what is wrong with each run, then how many were looked into."""
    runs = _newest_first(runs_folder())
    looked = runs[:QUICK_RUNS] if quick else runs
    troubled = 0
    for path in looked:
        found = list(_look_into(path, quick=quick))
        troubled += any(finding.state in ("warn", "fail") for finding in found)
        yield from found
    yield _summary(len(runs), len(looked), troubled, quick=quick)


def _summary(count: int, looked: int, troubled: int, *, quick: bool) -> Finding:
    numbers: dict[str, float | str | None] = {"runs": count, "looked_into": looked}
    if not count:
        return Finding(SECTION, "looked into", "no run yet", numbers=numbers)
    few = f"the newest {looked:,} of {count:,} runs" if looked < count else f"all {count:,} runs"
    how = "checkpoints by their headers (whole: without --quick)" if quick else "all their files"
    verdict = f"{troubled:,} with something to see to" if troubled else "all sound"
    return Finding(SECTION, "looked into", f"{few}, {how}: {verdict}", numbers=numbers)


def _newest_first(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            found = [
                (entry.stat(follow_symlinks=False).st_mtime, entry.path)
                for entry in entries
                if not entry.name.startswith(".")
            ]
    except OSError:  # missing, or not to be read: the folders' section says so
        return []
    return [Path(path) for _, path in sorted(found, reverse=True)]


def _look_into(path: Path, *, quick: bool) -> Iterator[Finding]:
    """Yield what is wrong with one run; whatever lies there, the next one is looked into."""
    try:
        kind = path.lstat().st_mode
        if not stat.S_ISDIR(kind):
            words = f"{KINDS.get(stat.S_IFMT(kind), 'a file')}, not a folder: not looked into"
            yield _found(path.name, words, "note", "remove it, or put the run's folder here")
            return
        with os.scandir(path) as entries:
            kinds = {e.name: e.stat(follow_symlinks=False).st_mode for e in entries}
        yield from _parts(_Looked(Run(path), kinds, quick))
    except OSError as error:
        yield _found(path.name, f"cannot be looked into: {words_of(error)}", "warn")
    except Exception as error:  # laid there by anybody
        words = f"cannot be looked into ({type(error).__name__}: {first_line(error)})"
        yield _found(path.name, words, "fail", f"move {path} away, and send this report")


def _parts(looked: _Looked) -> Iterator[Finding]:
    yield from _foreign(looked)
    record, findings = _record(looked)
    yield from findings
    yield from _settings(looked)
    if not (looked.has("lock") and is_held(looked.run.lock)):  # else its trainer is at work
        yield from _checkpoints(looked, record)
    yield from _events(looked)
    yield from _notes(looked)
    yield from _model(looked, record)


def _foreign(looked: _Looked) -> Iterator[Finding]:
    """Yield what is neither a file nor the folder that a run has."""
    for name, kind in looked.kinds.items():
        if stat.S_ISREG(kind) or ASIDE.fullmatch(name) or (stat.S_ISDIR(kind) and name in FOLDERS):
            continue
        if stat.S_ISDIR(kind) and not _is_ours(name):
            continue  # somebody keeps something of his own there
        what = "a folder" if stat.S_ISDIR(kind) else KINDS.get(stat.S_IFMT(kind), "a device")
        words = f"{name} is {what}, which cftui neither follows nor reads"
        remedy = f"see what it is, then: rm {looked.run.path / name}"
        mend = moving_aside(looked.run.path / name) if _is_ours(name) else None
        yield _found(looked.run.id, words, "fail" if mend else "warn", remedy, mend)


def _is_ours(name: str) -> bool:
    """Return whether a run has a file of this name."""
    return name in ("lock", "config.toml", "run.json", "user.toml", "log.txt", "events.jsonl") or (
        name in ("last.safetensors", "best.safetensors", "vocabulary.safetensors", "model.py")
    )


def _record(looked: _Looked) -> tuple[RunRecord | None, list[Finding]]:
    run = looked.run
    if RECORD in looked.kinds and not looked.has(RECORD):
        return None, []  # said already
    fault = _record_fault(run)
    try:
        record = run.record()
    except ValueError as error:
        words = f"{_short(error, run.path)}: it can be neither shown, asked nor resumed"
        remedy = "its settings and weights may be whole: keep the folder"
        return None, [_found(run.id, words, "fail", remedy)]
    if not fault:
        return record, []
    words = f"{fault}: it is told from its other files each time"
    return record, [_found(run.id, words, "warn", "", _rebuilding(run))]


def _record_fault(run: Run) -> str:
    """Return what is wrong with a record; empty if nothing is."""
    try:
        _records().validate_json((run.path / RECORD).read_bytes())
    except ValidationError as error:
        return f"{RECORD} is damaged ({error.errors(include_url=False)[0]['msg']})"
    except FileNotFoundError:
        return f"{RECORD} is missing"
    return ""


@cache
def _records() -> TypeAdapter[RunRecord]:
    return TypeAdapter(RunRecord)


def _rebuilding(run: Run) -> Mend:
    """Return the writing of a record anew, as a trainer that goes on does it."""

    def write() -> None:
        lock = RunLock(run.lock)
        try:
            record, path = read_whole(run)[0], run.path / RECORD
            if not is_lost(path):  # what is left of it may still tell somebody something
                moving_aside(path).do()
            run.write_record(record)
        finally:
            lock.release()

    return Mend("write it anew from them", "written anew from its other files", write)


def _settings(looked: _Looked) -> Iterator[Finding]:
    run, path = looked.run, looked.run.path / SETTINGS
    if SETTINGS in looked.kinds and not looked.has(SETTINGS):
        return
    try:
        config = run.config()
    except ValueError as error:
        words = f"{_short(error, run.path)}: it can be neither asked nor resumed"
        remedy = "put the file back from a backup, or write it anew with the settings you know"
        yield _found(run.id, words, "fail", remedy)
        return
    if is_lost(path):
        words = f"{SETTINGS} is lost: its settings are told from its checkpoint each time"
        mend = Mend(
            "write it anew from there",
            "written anew from its checkpoint",
            lambda: run.keep_settings(config),
        )
        yield _found(run.id, words, "warn", "", mend)


def _checkpoints(looked: _Looked, record: RunRecord | None) -> Iterator[Finding]:
    run, faults = looked.run, {}
    for path in (run.last, run.best):
        if looked.has(path.name):
            faults[path.name] = _checkpoint_fault(path, quick=looked.quick)
    last, best = faults.get(run.last.name), faults.get(run.best.name)
    if last:
        yield _found(run.id, f"{last}: it cannot be resumed", "fail", _instead(run, best))
    if last is None and record is not None and record.step and run.last.name not in looked.kinds:
        words = "last.safetensors is missing: it cannot be resumed"
        yield _found(run.id, words, "fail", _instead(run, best))
    if best:
        mend = moving_aside(run.best)
        yield _found(run.id, f"{best}: the last weights answer", "warn", "", mend)
    if looked.has("vocabulary.safetensors"):
        fault = _header_fault(run.path / "vocabulary.safetensors")
        if fault:
            words = f"{fault}: it is tied to no other ratings than those it was trained on"
            yield _found(run.id, words, "warn", "keep the ratings where they are")


def _instead(run: Run, best: str | None) -> str:
    """Return what can be done without the last checkpoint; `best`: the fault of the other one."""
    if best == "":
        return (
            f"its best weights are whole: ask those (--best), or go on from them, what is damaged"
            f" being kept: cftui runs resume {run.id} --from best"
        )
    return f"put it back from a backup, or begin again: cftui runs resume {run.id} --from start"


def _checkpoint_fault(path: Path, *, quick: bool) -> str:
    """Return what is wrong with a checkpoint; empty if nothing is."""
    if quick:
        return _header_fault(path, "step")
    try:
        arrays = load_checkpoint(path).arrays
        check_finite(path, {name: a for name, a in arrays.items() if name.startswith(WEIGHTS)})
    except CheckpointError as error:
        return _short(error, path.parent)
    return ""


def _header_fault(path: Path, needed: str = "") -> str:
    """Return what a safetensors file's header and size tell to be wrong; empty if nothing."""
    import safetensors

    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
    except (OSError, safetensors.SafetensorError) as error:
        return f"{path.name} is damaged ({first_line(error)})"
    return f"{path.name} names no {needed}" if needed and needed not in metadata else ""


def _events(looked: _Looked) -> Iterator[Finding]:
    if not looked.has("events.jsonl"):
        return
    from cftui.runs.events import from_json

    with looked.run.events.open("rb") as file:
        lines = file.read(HEAD_BYTES).splitlines()
    if lines and not any(from_json(line) for line in lines):
        words = "events.jsonl holds no event where it begins: its curves are not shown whole"
        yield _found(looked.run.id, words, "warn", "its weights are not concerned")


def _notes(looked: _Looked) -> Iterator[Finding]:
    if not looked.has("user.toml"):
        return
    import tomllib

    path = looked.run.path / "user.toml"
    try:
        tomllib.loads(path.read_bytes().decode())
    except (ValueError, RecursionError) as error:
        words = f"user.toml is damaged ({first_line(error)}): its name and notes are not shown"
        yield _found(looked.run.id, words, "warn", f"mend {path}", moving_aside(path))


def _model(looked: _Looked, record: RunRecord | None) -> Iterator[Finding]:
    if record is None or not record.model_sha256:
        return
    found = ""
    if looked.has("model.py"):
        found = hashlib.sha256((looked.run.path / "model.py").read_bytes()).hexdigest()
    if found != record.model_sha256:
        words = "model.py is not the source that it was trained with: its weights cannot be used"
        yield _found(looked.run.id, words, "fail", "put that file back")


def _short(error: Exception, folder: Path) -> str:
    """Return what is wrong, without the folder, which is known, and the remedy for one command."""
    return str(error).replace(f"{folder}/", "", 1).partition("; ")[0]


def _found(
    run_id: str, words: str, state: State, remedy: str = "", mend: Mend | None = None
) -> Finding:
    return Finding(SECTION, run_id, words, state, remedy, mend=mend)
