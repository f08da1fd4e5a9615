"""All runs at a glance, read again only where something changed, and remembered between starts."""

import contextlib
import math
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from cftui.config import ConfigError
from cftui.files import make_folder, replace_file
from cftui.paths import runs_folder, state_folder
from cftui.regular import read_regular
from cftui.remedies import words_of
from cftui.runs.annotations import read_annotations
from cftui.runs.apart import other_settings
from cftui.runs.directory import Run
from cftui.runs.event_log import last_progress
from cftui.runs.guarded import why
from cftui.runs.record import RunRecord
from cftui.runs.row import RunRow

SETTLED = ("finished", "stopped", "failed", "died", "damaged")
"""What stays so until a file changes; how long another host was silent does not."""
MOST_BYTES = 256 << 20
"""Of the remembered rows: some hundred thousand."""
UNSAVED = 20
"""So many rows newly read make it worth while to write the remembered ones anew."""


Times = tuple[int, int, int]
"""When run.json and user.toml were last changed, and which file the first one is."""


class RunsIndex:
    """Remembers what it read of each run by the times of its files."""

    def __init__(self, memory: Path | None = None) -> None:
        """Begin with the settled rows that `memory` holds; by default, those of the state folder.

        The file is a shortcut alone: it can be missing, and is made again.
        """
        self._memory = memory or state_folder() / "runs-index.json"
        self._seen: dict[str, tuple[Times, RunRow]] = {}
        self._made: dict[str, tuple[int, str]] = {}
        self._settings: dict[str, dict[str, Any]] = {}
        self._loaded = False
        self._unsaved = 0
        self._pass: set[str] = set()
        """What was read since the last complete look, so that every look gets further."""
        self.complete = True
        """Whether the last look got through all runs in its time."""

    def refresh(self, seconds: float = math.inf) -> tuple[RunRow, ...]:
        """Return the runs, newest first; a live one is looked at anew each time.

        What takes longer than `seconds` is left for the next call, the oldest runs first.
        """
        if not self._loaded:
            self._seen, self._loaded = _remembered(self._memory), True
        deadline = time.monotonic() + seconds
        if self.complete:
            self._pass = set()
        self.complete = True
        seen: dict[str, tuple[Times, RunRow]] = {}
        for path in self._directories():
            times = _times(path)
            if times is None:
                continue
            before = self._seen.get(path)
            if before is not None and before[0] == times and self._holds(path, before[1]):
                seen[path] = before
            elif time.monotonic() < deadline:
                seen[path] = times, self._read(Run(Path(path)))
                self._pass.add(path)
                self._unsaved += seen[path][1].shown in SETTLED
            else:
                self.complete = False
                if before is not None:
                    seen[path] = before
        self._forget(seen)
        return tuple(row for _, row in seen.values())

    def _holds(self, path: str, row: RunRow) -> bool:
        return row.shown in SETTLED or path in self._pass

    def _directories(self) -> list[str]:
        """Return the paths of what may be run directories, newest first."""
        try:
            entries = [e.path for e in os.scandir(runs_folder()) if not e.name.startswith(".")]
        except OSError:
            return []
        self._made = {path: self._made.get(path) or _made(path) for path in entries}
        return sorted(entries, key=self._made.__getitem__, reverse=True)

    def _read(self, run: Run) -> RunRow:
        return read_row(run, self._made[str(run.path)][0], self._settings_of(run))

    def _settings_of(self, run: Run) -> dict[str, Any]:
        """Return what a row tells of the settings, which never change."""
        key = str(run.path)
        if key not in self._settings:
            self._settings[key] = _settings(run)
        return self._settings[key]

    def _forget(self, seen: dict[str, tuple[Times, RunRow]]) -> None:
        """Let go of runs that are gone, and remember those that are there."""
        self._seen = seen
        if self.complete:
            self._settings = {k: v for k, v in self._settings.items() if k in seen}
        if self.complete and self._unsaved >= UNSAVED:
            self._unsaved = 0
            settled = {path: kept for path, kept in seen.items() if kept[1].shown in SETTLED}
            _remember(self._memory, settled)


def _stat(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)  # noqa: PTH116 - a thousand Paths a second cost more than the calls
    except OSError:
        return None


def _made(path: str) -> tuple[int, str]:
    """Return when a run was made: its settings are written once. Ids have but local seconds."""
    settings = _stat(f"{path}/config.toml")
    return (settings.st_mtime_ns if settings else 0), path


def _times(path: str) -> Times | None:
    """Return the times of a run's files; none for what is not a run directory."""
    try:
        record = os.lstat(f"{path}/run.json")
    except PermissionError:
        return 0, 0, 0  # not ours to look into: it is listed, and says so
    except OSError:
        lost = _stat(f"{path}/last.safetensors") or _stat(f"{path}/best.safetensors")
        if lost is None:
            return None
        record = lost
    user = _stat(f"{path}/user.toml")
    return record.st_mtime_ns, user.st_mtime_ns if user else 0, record.st_ino


def read_row(
    run: Run, made_ns: int | None = None, settings: Mapping[str, Any] | None = None
) -> RunRow:
    """Return what a list tells of a run; `made_ns` and `settings` where they are known already.

    Whatever may be wrong with its files makes it a damaged one, and harms no other.
    """
    words = read_annotations(run.path)
    kept: dict[str, Any] = {"name": words.name, "notes": words.notes, "mark": words.mark}
    try:
        return _row(run, kept, settings)
    except Exception as error:
        made = _made(str(run.path))[0] if made_ns is None else made_ns
        reason = words_of(error) if isinstance(error, OSError) else why(error)
        return replace(_damaged(run.id, reason, _moment(made)), **kept)


def _row(run: Run, kept: Mapping[str, Any], settings: Mapping[str, Any] | None) -> RunRow:
    status = run.status()
    record = status.record
    return RunRow(
        id=run.id,
        shown=status.shown,
        alive=status.alive,
        has_weights=run.has_weights,
        message=record.message or status.note,
        **_facts(record),
        **(_settings(run) if settings is None else settings),
        **_pace(run, record.step),
        **kept,
    )


def _facts(record: RunRecord) -> dict[str, Any]:
    """Return what a row tells as the record has it."""
    baselines = record.baselines or {}
    return {
        "epoch": record.epoch,
        "epochs": record.epochs,
        "valid_mse": record.valid_mse,
        "best_valid_mse": record.best_valid_mse,
        "mean_mse": baselines.get("global_mean"),
        "biases_mse": baselines.get("biases"),
        "low": record.low,
        "high": record.high,
        "n_ids": record.n_users + record.n_items,
        "fingerprint": record.fingerprint,
        "created": record.created,
        "data": record.data_name,
        "steps_per_epoch": record.steps_per_epoch,
        "refit_of": record.refit_of,
        "rate_changes": record.rate_changes or (),
        "valid_recall": record.valid_recall,
        "valid_ndcg": record.valid_ndcg,
        "list_users": record.list_users,
    }


def _moment(made_ns: int) -> float:
    """Return when a file was made, in seconds since 1970; 0 for what no calendar tells."""
    return made_ns / 1e9 if 0 <= made_ns < 2.5e20 else 0.0


def _damaged(run_id: str, message: str, made: float) -> RunRow:
    return RunRow(
        run_id, "", "damaged", False, 0, 0, 0, None, None, "", False, message, created=made
    )


def _settings(run: Run) -> dict[str, Any]:
    """Return the settings that a list shows, as far as they can be read."""
    try:
        raw = run.settings()
    except (ConfigError, OSError):
        return {}
    wanted = (
        ("model", "model", "name", str),
        ("optimizer", "optimizer", "name", str),
        ("schedule", "schedule", "name", str),
        ("learning_rate", "optimizer", "learning_rate", float),
        ("weight_decay", "optimizer", "weight_decay", float),
        ("n_factors", "model", "n_factors", int),
        ("batch_size", "training", "batch_size", int),
    )
    found: dict[str, Any] = {"settings": other_settings(raw)}
    for field, section, key, kind in wanted:
        keys = raw.get(section)
        value = keys.get(key) if isinstance(keys, dict) else None
        if isinstance(value, kind) or (kind is float and isinstance(value, int)):
            found[field] = kind(value)
    if ".py:" in found.get("model", ""):
        found["model"] = found["model"].rpartition(":")[2]
    return found


def _pace(run: Run, step: int) -> dict[str, Any]:
    """Return step and seconds of training as the events tell them, which run.json lags behind."""
    reached = last_progress(run.events)
    if reached is None:
        return {"step": step}
    return {"step": max(step, reached[0]), "train_seconds": reached[1]}


@dataclass(frozen=True)
class _Memory:
    """Settled rows as they lie in a file, by the run's path."""

    fields: tuple[str, ...]
    """Of a row; those of another version are read anew."""
    rows: dict[str, tuple[Times, RunRow]]


FIELDS = tuple(field.name for field in fields(RunRow))


@cache
def _memories() -> TypeAdapter[_Memory]:
    return TypeAdapter(_Memory)


def _remembered(path: Path) -> dict[str, tuple[Times, RunRow]]:
    """Return the rows in a file; none if it is missing, damaged or of another version."""
    try:
        memory = _memories().validate_json(read_regular(path, MOST_BYTES))
    except Exception:  # it can be made again, whatever is wrong with it
        return {}
    return memory.rows if memory.fields == FIELDS else {}


def _remember(memory: Path, seen: dict[str, tuple[Times, RunRow]]) -> None:
    """Write rows to a file; a disk that refuses is no reason to disturb."""
    seen = {path: kept for path, kept in seen.items() if path.isprintable()}  # JSON holds it then
    with contextlib.suppress(OSError, ValueError):
        make_folder(memory.parent)
        replace_file(memory, _memories().dump_json(_Memory(FIELDS, seen)))
