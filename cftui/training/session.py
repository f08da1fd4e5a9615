"""One trainer process from its first to its last word: lock, heartbeat, events, how it ends."""

import contextlib
import logging
import math
import os
import platform
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from cftui.config import RunConfig
from cftui.devices import DeviceReader, reader_for
from cftui.models import load_of_run
from cftui.paths import resolve_source
from cftui.ratings.recent import remember
from cftui.ratings.split import check as check_split
from cftui.ratings.store import open_ratings, open_store
from cftui.ratings.values import Ratings
from cftui.runs.checkpoint import Checkpoint, load_checkpoint, sweep_temporaries
from cftui.runs.control import compose
from cftui.runs.directory import LIVE, Run, RunError, RunRecord, State, create_run, new_id
from cftui.runs.events import Event, EventLog, Failed, Finished, Resumed, Started
from cftui.runs.launch import claim_start_files
from cftui.runs.lock import RunHeld, RunLock
from cftui.runs.vocabulary import FILE as VOCABULARY
from cftui.runs.vocabulary import save_vocabulary
from cftui.training.build import build_trainer, check_checkpoint
from cftui.training.device import refuse_missing, which_gpu
from cftui.training.device_watch import watch_device
from cftui.training.faults import explain, keep_reserve, release_reserve
from cftui.training.own_model import load_for_new_run
from cftui.training.process import heartbeat, log_to
from cftui.training.signals import StopSignals, ignore_hangup
from cftui.training.trainer import StopTraining, Trainer

if TYPE_CHECKING:
    from cftui.models.user import UserClass

Listener = Callable[[Event], None]
log = logging.getLogger("cftui.training")


def start_run(
    config: RunConfig, listener: Listener, *, run_id: str = "", name: str = "", began: float
) -> Event:
    """Make a run and train it to its end; return the last event, finished or failed.

    `began`: `time.monotonic()` at the process's start. Raises DataError, ConfigError, ModelError,
    RunError, EngineError, OSError before the run exists.
    """
    ignore_hangup()
    refuse_missing(config.training.device)
    started_ns = time.time_ns()
    source = resolve_source(config.data.source)
    ratings = open_ratings(source, config.data.mapping)
    check_split(config.split, ratings)
    own = load_for_new_run(config, ratings.info())
    config = own.config
    if config.data.source != ratings.name:
        config = config.model_copy(
            update={"data": config.data.model_copy(update={"source": str(source)})}
        )
    record = RunRecord(
        run=run_id or new_id(config),
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
        model_sha256=own.sha256,
    )
    run, lock = create_run(record, config, own.files)
    remember(config.data.source, ratings.summary(), config.data.mapping)
    session = _Session(
        run,
        lock,
        record=record,
        config=config,
        ratings=ratings,
        listener=listener,
        began=began,
        started_ns=started_ns,
        own=own.loaded,
    )
    return session.train(None, name=name)


def resume_run(
    run: Run, listener: Listener, *, learning_rate: float | None = None, began: float
) -> Event:
    """Go on with a run from its checkpoint; return the last event, finished or failed.

    Raises RunHeld if another trainer has it, RunError, EngineError or CheckpointError
    if it cannot go on.
    """
    ignore_hangup()
    status = run.status()
    if status.alive and status.record.host != socket.gethostname():
        raise RunHeld(f"{run.id} is {status.shown}; it can go on here once that trainer is gone")
    lock = RunLock(run.lock)
    try:
        # Wishes sent from now on are meant for this trainer.
        started_ns = time.time_ns()
        record, config = run.record(), run.config()
        if record.state == "finished":
            raise RunError(f"{run.id} is finished; nothing is left to train")
        refuse_missing(config.training.device)
        ratings = _ratings_of(record, config)
        own = load_of_run(run, record, config.model, ratings.info())
        # A trainer that died before its first checkpoint has not taken a step either.
        fresh = record.step == 0 and not run.has_weights
        checkpoint = None if fresh else load_checkpoint(run.last)
        if checkpoint is not None:
            check_checkpoint(checkpoint, run, config, ratings, own=own is not None)
        if run.events.exists() and not run.events.is_file():
            raise RunError(f"{run.events}: not a file; move it away, and try again")
        record = replace(
            record, state="starting", pid=os.getpid(), host=socket.gethostname(), message=""
        )
        run.write_record(record)
    except BaseException:
        lock.release()
        raise
    session = _Session(
        run,
        lock,
        record=record,
        config=config,
        ratings=ratings,
        listener=listener,
        began=began,
        started_ns=started_ns,
        own=own,
    )
    return session.train(checkpoint, resuming=True, learning_rate=learning_rate)


def _ratings_of(record: RunRecord, config: RunConfig) -> Ratings:
    """Return the ratings that a run was trained on; raises RunError if they have changed."""
    store = Path(record.store)
    if store.is_dir():
        with contextlib.suppress(ValueError, OSError):
            ratings = open_store(store)
            if ratings.fingerprint == record.fingerprint:
                return ratings
    ratings = open_ratings(resolve_source(config.data.source), config.data.mapping)
    if ratings.fingerprint != record.fingerprint:
        raise RunError(
            f"{record.data_source} has changed since {record.run} began; train anew: cftui train"
        )
    return ratings


class _Session:
    """The life of a trainer process, with its run's lock held."""

    def __init__(
        self,
        run: Run,
        lock: RunLock,
        *,
        record: RunRecord,
        config: RunConfig,
        ratings: Ratings,
        listener: Listener,
        began: float,
        started_ns: int,
        own: "UserClass | None",
    ) -> None:
        self.run, self.lock, self.record, self.config = run, lock, record, config
        self.ratings, self.listener, self.began = ratings, listener, began
        self.started_ns, self.own = started_ns, own
        self.trainer: Trainer | None = None
        self.events: EventLog | None = None
        self._emitting = threading.Lock()
        self.signals = StopSignals(self._second_signal)

    def train(
        self,
        checkpoint: Checkpoint | None,
        *,
        resuming: bool = False,
        learning_rate: float | None = None,
        name: str = "",
    ) -> Event:
        """Train to the end, whichever it is, and return the event that says so."""
        claim_start_files(self.run)
        try:
            with self.signals, log_to(self.run), heartbeat(self.lock):
                try:
                    trainer = self._prepare(checkpoint, name)
                    self._announce(trainer, fresh=checkpoint is None, resuming=resuming)
                    if learning_rate is not None:
                        trainer.change_rate(compose("learning-rate", learning_rate))
                    with watch_device(self._device_reader, self.emit, trainer.is_training):
                        trainer.train()
                    return self._end(self._finished(trainer, "finished"))
                except StopTraining:
                    return self._end(self._finished(trainer, "stopped"))
                except Exception as error:
                    release_reserve(self.run.path)
                    log.exception("training failed")
                    return self._end(self._failed(error))
        finally:
            self.lock.release()

    def _prepare(self, checkpoint: Checkpoint | None, name: str) -> Trainer:
        """Make the directory complete and tidy, and build the trainer."""
        run = self.run
        sweep_temporaries(run.path, (run.last.name, run.best.name, "run.json", VOCABULARY))
        keep_reserve(run.path)
        self.events = EventLog(run.events)
        if name:
            run.rename(name)
        if not (run.path / VOCABULARY).exists():
            save_vocabulary(run.path, self.ratings)
        self.trainer = build_trainer(
            run,
            self.record,
            self.config,
            self.ratings,
            self.emit,
            sync=self.events.sync,
            should_stop=self.signals,
            started_ns=self.started_ns,
            checkpoint=checkpoint,
            own=self.own,
        )
        return self.trainer

    def _announce(self, trainer: Trainer, *, fresh: bool, resuming: bool) -> None:
        record, progress, now = trainer.record, trainer.progress, time.time()
        if fresh:
            self.emit(
                Started(
                    run=self.run.id,
                    time=now,
                    pid=os.getpid(),
                    host=record.host,
                    device=record.device,
                    parameter_count=record.parameter_count,
                    n_train=len(trainer.training),
                    n_valid=len(trainer.valid.user),
                    unseen_pairs=int(trainer.valid.unseen.sum()),
                    steps_per_epoch=trainer.steps_per_epoch,
                    epochs=record.epochs,
                    baselines=record.baselines,
                    notes=list(self.own.notes) if self.own else None,
                )
            )
        if resuming:
            self.emit(
                Resumed(
                    run=self.run.id,
                    time=now,
                    pid=os.getpid(),
                    host=record.host,
                    device=record.device,
                    step=progress.step,
                    epoch=progress.epoch,
                )
            )

    def emit(self, event: Event) -> None:
        """Write an event to the run, then tell whoever listens; from any thread."""
        assert self.events is not None
        with self._emitting:
            self.events.write(event)
            self.listener(event)

    def _device_reader(self, say: Callable[[str], None]) -> DeviceReader:
        device = self.trainer.record.device if self.trainer else "cpu"
        return reader_for(device, which_gpu(device), say)

    def _finished(self, trainer: Trainer, outcome: str) -> Finished:
        p = trainer.progress
        return Finished(
            run=self.run.id,
            time=time.time(),
            outcome=outcome,
            epochs=p.epoch,
            step=p.step,
            valid_mse=p.valid_mse,
            valid_rmse=None if p.valid_mse is None else math.sqrt(p.valid_mse),
            valid_mse_clipped=p.valid_mse_clipped,
            best_valid_mse=p.best_valid_mse,
            best_epoch=p.best_epoch,
            unseen_pairs=int(trainer.valid.unseen.sum()),
            unseen_mse=p.unseen_mse,
            train_seconds=p.train_seconds,
            wall_seconds=time.monotonic() - self.began,
            signal=self.signals.received if outcome == "stopped" else None,
            why=trainer.why_early if outcome == "finished" else "",
            baselines=trainer.record.baselines,
        )

    def _failed(self, error: Exception) -> Failed:
        step, rate = 0, self.config.optimizer.learning_rate
        if self.trainer is not None:
            step, rate = self.trainer.progress.step, self.trainer.progress.base_rate
        message = explain(error, self.run, self.config, rate)
        return Failed(self.run.id, time.time(), step, message)

    def _end(self, event: Finished | Failed) -> Event:
        """Leave the last word in events and record, even on a full disk."""
        release_reserve(self.run.path)
        if self.events is not None:
            with contextlib.suppress(OSError):
                self.events.write(event)
                self.events.sync()
        record = self.trainer.record_now() if self.trainer else self.record
        state: State = "failed"
        if isinstance(event, Finished):
            state = "finished" if event.outcome == "finished" else "stopped"
        message = event.message if isinstance(event, Failed) else ""
        with contextlib.suppress(OSError):
            self.run.write_record(replace(record, state=state, message=message))
        self.listener(event)
        return event

    def _second_signal(self) -> None:
        record = self.trainer.record if self.trainer else self.record
        if record.state in LIVE:
            self.run.write_record(replace(record, state="stopped"))


def _versions() -> dict[str, str]:
    packages = {name: version(name) for name in ("cftui", "torch", "numpy")}
    return {"python": platform.python_version(), **packages}
