"""Runs made without training, from events that were recorded of real ones."""

import json
import os
import shutil
import socket
from pathlib import Path
from typing import Any

from cftui.config import make_config
from cftui.ratings.values import Ratings
from cftui.runs.directory import Run, create_run
from cftui.runs.lock import RunLock
from cftui.runs.record import RunRecord

HERE = Path(__file__).parent
EVENTS = HERE / "recorded_events.jsonl"
"""Of the lesson's Adam recipe; here as in the others host, time and id are replaced."""
SGD_EVENTS = HERE / "recorded_sgd.jsonl"
ADAM_EVENTS = HERE / "recorded_adam.jsonl"
"""With a constant learning rate; every second step event."""


def make_run(
    run_id: str,
    ratings: Ratings,
    *,
    settings: dict[str, dict[str, Any]] | None = None,
    events: Path | None = EVENTS,
    **changes: Any,
) -> tuple[Run, RunLock]:
    """Make a finished run of three epochs, with the events of a real one, and its lock."""
    values: dict[str, Any] = {
        "run": run_id,
        "state": "finished",
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "created": 1.0,
        "data_name": ratings.name,
        "data_source": ratings.source,
        "store": str(ratings.path),
        "fingerprint": ratings.fingerprint,
        "n_users": ratings.n_users,
        "n_items": ratings.n_items,
        "low": ratings.low,
        "high": ratings.high,
        "epochs": 3,
        "epoch": 3,
        "step": 3753,
        "steps_per_epoch": 1251,
        "best_valid_mse": 0.762864,
    }
    values |= lists_of(events) if events is not None else {}
    run, lock = create_run(RunRecord(**{**values, **changes}), make_config(settings or {}))
    if events is not None:
        shutil.copy(events, run.events)
    return run, lock


def lists_of(events: Path) -> dict[str, Any]:
    """Return what a record tells of the last epoch's lists."""
    rows = [json.loads(line) for line in events.read_text().splitlines()]
    (*_, last) = [row for row in rows if row["event"] == "epoch"]
    names = {"valid_recall": "recall", "valid_ndcg": "ndcg", "list_users": "list_users"}
    return {name: last[key] for name, key in names.items()}
