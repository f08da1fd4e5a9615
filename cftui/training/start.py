"""Begins a run in this process, or goes on with one."""

import os
import platform
import socket
import time
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from cftui.config import RunConfig
from cftui.models import load_of_run
from cftui.paths import resolve_source
from cftui.ratings.given_split import as_begun
from cftui.ratings.sources.recent import remember
from cftui.ratings.split import check as check_split
from cftui.ratings.store import open_ratings
from cftui.ratings.values import Ratings
from cftui.runs.checkpoint import Checkpoint, CheckpointError, load_checkpoint
from cftui.runs.control import names_waiting
from cftui.runs.directory import Run, RunError, create_run, new_id
from cftui.runs.events import Event
from cftui.runs.lock import RunHeld, RunLock
from cftui.runs.lost_checkpoint import check_origin, offer, put_aside
from cftui.runs.ratings_of import ratings_of, read_whole
from cftui.runs.record import Origin, RunRecord
from cftui.training.build import check_checkpoint
from cftui.training.custom_model import load_for_new_run
from cftui.training.learners.choose import refuse_unable
from cftui.training.signals import ignore_hangup
from cftui.training.trainer_process import Assignment, Listener, TrainerProcess


def start_run(
    config: RunConfig,
    listener: Listener,
    *,
    run_id: str = "",
    name: str = "",
    refit_of: str = "",
    began: float,
) -> Event:
    """Make a run and train it to its end; return the last event, finished or failed.

    `refit_of`: the run that the settings are from, where this one trains on all ratings.
    `began`: `time.monotonic()` at the process's start. Raises DataError, ConfigError, ModelError,
    RunError, EngineError, OSError before the run exists.
    """
    ignore_hangup()
    return TrainerProcess(_new_run(config, run_id, name, refit_of), listener, began=began).train()


def resume_run(
    run: Run,
    listener: Listener,
    *,
    learning_rate: float | None = None,
    origin: Origin = "last",
    began: float,
) -> Event:
    """Go on with a run from its checkpoint; return the last event, finished or failed.

    `origin`: where to go on instead of a last checkpoint that is damaged, which is kept, or gone.
    Raises RunHeld if another trainer has it, RunError, EngineError or CheckpointError if it cannot
    go on.
    """
    ignore_hangup()
    status = run.status()
    if status.alive and status.record.host != socket.gethostname():
        raise RunHeld(f"{run.id} is {status.shown}; it can go on here once that trainer is gone")
    lock = RunLock(run.lock)
    try:
        task = _old_run(run, lock, learning_rate, origin)
    except BaseException:
        lock.release()
        raise
    return TrainerProcess(task, listener, began=began).train()


def _new_run(config: RunConfig, run_id: str, name: str, refit_of: str) -> Assignment:
    refuse_unable(config)
    source = resolve_source(config.data.source)
    ratings = open_ratings(source, config.data.mapping, thorough=True)
    check_split(config.split, ratings)
    config = config.model_copy(update={"split": as_begun(config.split, ratings)})
    custom = load_for_new_run(config, ratings.info())
    n_train = config.split.expected_training(len(ratings), ratings.n_users)
    config = custom.config.settled(n_train)
    if config.data.source != ratings.name:
        config = config.model_copy(
            update={"data": config.data.model_copy(update={"source": str(source)})}
        )
    record = _first_record(run_id or new_id(config), config, source, ratings, custom.sha256)
    record = replace(record, refit_of=refit_of)
    # First: once the run is there, signals should find their handlers soon.
    remember(config.data.source, ratings.summary(), config.data.mapping)
    run, lock = create_run(record, config, custom.files)
    return Assignment(run, lock, record, config, ratings, custom=custom.loaded, name=name)


def _first_record(
    run_id: str, config: RunConfig, source: Path, ratings: Ratings, model_sha256: str
) -> RunRecord:
    return RunRecord(
        run=run_id,
        state="starting",
        pid=os.getpid(),
        host=socket.gethostname(),
        created=time.time(),
        data_name=ratings.name,
        data_source=str(source),
        store=str(ratings.path),
        fingerprint=ratings.fingerprint,
        n_users=ratings.n_users,
        n_items=ratings.n_items,
        low=ratings.low,
        high=ratings.high,
        epochs=config.training.epochs,
        versions=_versions(),
        model_sha256=model_sha256,
        trained_in="0.5-5",
    )


def _old_run(run: Run, lock: RunLock, learning_rate: float | None, origin: Origin) -> Assignment:
    """Return what is left to do of a run; its record is signed, nothing else is changed."""
    before = names_waiting(run.path)
    record, config = read_whole(run)
    check_origin(run, origin)
    if origin == "last" and record.state == "finished":
        lost = offer(run)
        words = f"but its last checkpoint is lost{lost}" if lost else "nothing is left to train"
        raise RunError(f"{run.id} is finished; {words}")
    refuse_unable(config)
    ratings = ratings_of(record, config, thorough=True)
    custom = load_of_run(run, record, config.model, ratings.info())
    checkpoint = _checkpoint(run, record, origin)
    if checkpoint is not None:
        check_checkpoint(checkpoint, run, config, ratings, custom=custom is not None)
    if run.events.exists() and not run.events.is_file():
        raise RunError(f"{run.events}: not a file; move it away, and try again")
    signed = replace(
        record, state="starting", pid=os.getpid(), host=socket.gethostname(), message=""
    )
    run.keep_settings(config)
    aside = put_aside(run, origin)
    run.write_record(signed)
    return Assignment(
        run,
        lock,
        signed,
        config,
        ratings,
        before,
        custom=custom,
        checkpoint=checkpoint,
        resuming=True,
        learning_rate=learning_rate,
        aside=aside,
    )


def _checkpoint(run: Run, record: RunRecord, origin: Origin) -> Checkpoint | None:
    """Return where to go on; none for the first step. Raises CheckpointError, with what to do."""
    # A trainer that died before its first checkpoint has not taken a step either.
    if origin == "start" or (record.step == 0 and not run.has_weights):
        return None
    try:
        return load_checkpoint(run.last if origin == "last" else run.best)
    except CheckpointError as error:
        raise CheckpointError(f"{error}{offer(run)}") from None


def _versions() -> dict[str, str]:
    packages = {name: version(name) for name in ("cftui", "torch", "numpy")}
    return {"python": platform.python_version(), **packages}
