"""A record of a run, and runs made of it."""

import os
import socket
from dataclasses import replace
from typing import Any

from cftui.config import RunConfig
from cftui.runs.directory import Run, create_run
from cftui.runs.lock import RunLock
from cftui.runs.record import RunRecord
from cftui.runs.row import RunRow

CONFIG = RunConfig()
RECORD = RunRecord(
    run="",
    state="running",
    pid=os.getpid(),
    host=socket.gethostname(),
    created=1.0,
    data_name="d",
    data_source="/d",
    store="/s",
    fingerprint="f",
    n_users=2,
    n_items=3,
    low=1,
    high=5,
    epochs=3,
)


def made(run_id: str, *, weights: bool = False, **changes: Any) -> tuple[Run, RunLock]:
    run, lock = create_run(replace(RECORD, run=run_id, **changes), CONFIG)
    if weights:
        run.last.write_bytes(b"weights")
    return run, lock


def row(run_id: str, **changes: Any) -> RunRow:
    usual: dict[str, Any] = {
        "name": "", "shown": "finished", "alive": False, "epoch": 3, "epochs": 3, "step": 300,
        "valid_mse": 0.8, "best_valid_mse": 0.8, "fingerprint": "f", "has_weights": True,
        "steps_per_epoch": 100, "model": "dot-bias", "optimizer": "sgd", "learning_rate": 0.1,
        "n_factors": 50, "batch_size": 64, "train_seconds": 10.0, "data": "small",
    }  # fmt: skip
    return RunRow(run_id, **{**usual, **changes})
