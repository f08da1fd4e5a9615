"""A run's record and settings made anew, where a power cut or a disk has taken their files.

Nothing is written here: what is made is told to readers, and kept by the trainer that goes on.
"""

import json
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from cftui.config import ConfigError, RunConfig, make_config
from cftui.files import open_plainly
from cftui.runs.events import Event, Failed, Finished, Resumed, Started, from_json
from cftui.runs.guarded import read_settings
from cftui.runs.record import SETTINGS, RateChange, RunRecord, State

TOLD_BYTES = 1 << 16
"""Read of the events' beginning and of their end."""
OF_PROGRESS = (
    *("step", "epoch", "valid_mse", "valid_step"),
    *("best_valid_mse", "valid_recall", "valid_ndcg", "rate_changes"),
)
"""What the record has as the state of a checkpoint has it."""


@cache
def _records() -> TypeAdapter[RunRecord]:
    return TypeAdapter(RunRecord)


def rebuilt_record(run: Path, reason: str) -> RunRecord | None:
    """Return the record of a run as checkpoint, events, settings and vocabulary have it.

    None where neither checkpoint nor events tell enough. `reason`: why its own cannot be read. Its
    fingerprint is empty where only the ratings would tell: `runs.ratings_of.read_whole` asks them.
    """
    metadata, told = _metadata(run), list(_told(run / "events.jsonl"))
    if not metadata and not any(isinstance(event, Started) for event in told):
        return None
    try:
        known = json.loads(metadata["record"]) if "record" in metadata else None
        raw = known if isinstance(known, dict) else _older(run, metadata, told)
        sources = "its checkpoint" if metadata else "its events and settings"
        words = f"run.json was lost ({reason}) and is made anew from {sources}"
        raw = {**raw, "run": run.name, "state": _state(told), "message": words}
        return _records().validate_python(raw)
    except Exception:  # whatever is wrong with them, they do not tell enough
        return None


def has_remains(run: Path) -> bool:
    """Return whether a run has a checkpoint or events, which nobody should be told to delete."""
    return bool(_metadata(run)) or next(_told(run / "events.jsonl"), None) is not None


def looks_like_a_run(run: Path) -> bool:
    """Return whether a directory without a run.json was a run's; raises OSError as it comes."""
    return any((run / name).is_file() for name in ("last.safetensors", "best.safetensors"))


def is_lost(settings: Path) -> bool:
    """Return whether a file is gone, or has nothing in it, as power cuts leave them."""
    try:
        with open_plainly(settings) as file:
            return not file.read(TOLD_BYTES).strip(b"\0 \t\r\n")
    except FileNotFoundError:
        return True
    except OSError:
        return False


def kept_settings(run: Path) -> dict[str, Any] | None:
    """Return the settings that a run's checkpoint holds; none where that is an older one."""
    with suppress(ValueError, RecursionError):
        found = json.loads(_metadata(run).get("settings", ""))
        if isinstance(found, dict) and found:
            return found
    return None


def _metadata(run: Path) -> dict[str, str]:
    """Return what the newest checkpoint that can be read tells beside its arrays."""
    # Needed for damaged runs alone, and numpy with it: the screen begins without.
    from cftui.runs.checkpoint import read_metadata

    for name in ("last.safetensors", "best.safetensors"):
        found = read_metadata(run / name)
        if found.get("step", "").isdecimal():
            return found
    return {}


def _older(run: Path, metadata: Mapping[str, str], told: list[Event]) -> dict[str, Any]:
    """Return a record's fields for a run whose checkpoint does not hold them.

    Raises ConfigError, ValueError or OSError where its settings are lost too.
    """
    if is_lost(run / SETTINGS):
        raise ConfigError("lost too")
    config = make_config(read_settings(run / SETTINGS))
    first = next((event for event in told if isinstance(event, Started)), None)
    facts = {
        "pid": first.pid if first else 0,
        "host": first.host if first else socket.gethostname(),
        "created": first.time if first else (run / SETTINGS).stat().st_mtime,
        "epochs": config.training.epochs,
        "threads": config.training.threads,
        "device": first.device if first else "",
        "parameter_count": first.parameter_count if first else 0,
        "steps_per_epoch": first.steps_per_epoch if first else 0,
        "baselines": first.baselines if first else None,
        "trained_in": metadata.get("trained_in", "ratings"),
        "model_sha256": _source_sum(run / "model.py"),
        **_of_ratings(run, config),
    }
    return {**facts, **_progress(metadata)}


def _progress(metadata: Mapping[str, str]) -> dict[str, Any]:
    raw = json.loads(metadata.get("progress", "{}"))
    found = {name: raw[name] for name in OF_PROGRESS if name in raw}
    if (mse := found.get("valid_mse")) is not None:
        found["valid_rmse"] = float(mse) ** 0.5
    found["list_users"] = len(raw.get("list_users") or ())
    if (changes := found.get("rate_changes")) is not None:
        found["rate_changes"] = tuple(RateChange(**change) for change in changes)
    return found


def _of_ratings(run: Path, config: RunConfig) -> dict[str, Any]:
    """Return what the record tells of the ratings, from vocabulary and store as far as they do."""
    n_users, n_items, name = _vocabulary(run)
    found = {
        "data_name": name or config.data.source,
        "data_source": config.data.source,
        "store": "",
        "fingerprint": "",
        "n_users": n_users,
        "n_items": n_items,
        # Not known; no answer is given before they are.
        "low": 0.5,
        "high": 5.0,
    }
    store = _store(config)
    if store is None or (n_users, n_items) not in ((0, 0), (store.n_users, store.n_items)):
        return found
    return found | of_store(store)


def of_store(ratings: Any) -> dict[str, Any]:
    """Return what a record tells of ratings, as they are (a `ratings.values.Ratings`)."""
    return {
        "data_name": ratings.name,
        "data_source": ratings.source,
        "store": str(ratings.path),
        "fingerprint": ratings.fingerprint,
        "n_users": ratings.n_users,
        "n_items": ratings.n_items,
        "low": ratings.low,
        "high": ratings.high,
    }


def _store(config: RunConfig) -> Any:
    """Return the ratings that the settings name, where they are in a store already; else none."""
    from cftui.paths import resolve_source
    from cftui.ratings.store import find_store, open_store
    from cftui.ratings.values import DataError

    with suppress(DataError, OSError):
        store = find_store(resolve_source(config.data.source), config.data.mapping)
        return None if store is None else open_store(store)
    return None


def _vocabulary(run: Path) -> tuple[int, int, str]:
    """Return how many users and items a run was trained on, and what the data set is called."""
    from cftui.runs.checkpoint import read_header

    try:
        header = read_header(run / "vocabulary.safetensors")
        counts = [_rows(header, kind) for kind in ("users", "items")]
        return counts[0], counts[1], str(header["__metadata__"]["source"])
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return 0, 0, ""


def _rows(header: Mapping[str, Any], kind: str) -> int:
    if f"{kind}/ids" in header:
        return int(header[f"{kind}/ids"]["shape"][0])
    return int(header[f"{kind}/ids/offsets"]["shape"][0]) - 1


def _source_sum(model: Path) -> str:
    """Return the SHA-256 of the run's own copy of a user's model; empty where there is none."""
    import hashlib

    try:
        with open_plainly(model) as file:
            return hashlib.sha256(file.read()).hexdigest()
    except OSError:
        return ""


def _state(told: list[Event]) -> State:
    """Return how a run ended, as its events have it; `running` where they do not say.

    That is shown as died where nobody holds its lock.
    """
    state: State = "running"
    for event in told:
        match event:
            case Started() | Resumed():
                state = "running"
            case Failed():
                state = "failed"
            case Finished():
                state = "finished" if event.outcome == "finished" else "stopped"
            case _:
                pass
    return state


def _told(events: Path) -> Iterator[Event]:
    """Yield the events at a file's beginning and at its end."""
    with suppress(OSError), open_plainly(events) as file:
        lines = file.read(TOLD_BYTES).splitlines()
        end = os.fstat(file.fileno()).st_size
        if end > TOLD_BYTES:
            file.seek(max(TOLD_BYTES, end - TOLD_BYTES))
            lines += file.read(TOLD_BYTES).splitlines()
        yield from (event for event in map(from_json, lines) if event is not None)
