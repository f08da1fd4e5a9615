"""One trainer process from its first to its last word: lock, heartbeat, events, how it ends."""

import contextlib
import errno
import faulthandler
import logging
import math
import os
import platform
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from cftui.config import RunConfig
from cftui.models.initial import initial_values
from cftui.paths import resolve_source
from cftui.ratings.split import split, unseen
from cftui.ratings.store import open_ratings, open_store
from cftui.ratings.values import Ratings
from cftui.runs.checkpoint import Checkpoint, CheckpointError, load_checkpoint
from cftui.runs.directory import LIVE, Run, RunError, RunRecord, create_run, new_id
from cftui.runs.events import Event, EventLog, Failed, Finished, Resumed, Started
from cftui.runs.launch import claim_start_files
from cftui.runs.lock import RunLock
from cftui.runs.vocabulary import save_vocabulary
from cftui.training.engine import EngineError, TrainingRatings, make_engine
from cftui.training.evaluation import ValidRatings
from cftui.training.signals import StopSignals
from cftui.training.trainer import NonFiniteLoss, StopTraining, Trainer

HEARTBEAT_SECONDS = 5.0
RESERVE_BYTES = 65_536
"""Kept on disk so that a full disk leaves room to say so."""

Listener = Callable[[Event], None]
log = logging.getLogger("cftui.training")


def start_run(
    config: RunConfig, listener: Listener, *, run_id: str = "", name: str = "", began: float
) -> Event:
    """Make a run and train it to its end; return the last event, finished or failed.

    `began`: `time.monotonic()` at the process's start. Raises DataError, RunError, OSError before
    the run exists.
    """
    source = resolve_source(config.data.source)
    ratings = open_ratings(source)
    if source.exists() and config.data.source != ratings.name:
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
    )
    run, lock = create_run(record, config)
    claim_start_files(run)
    if name:
        run.rename(name)
    save_vocabulary(run.path, ratings)
    return _Session(run, lock, record, config, ratings, listener, began).train(None)


def resume_run(
    run: Run, listener: Listener, *, learning_rate: float | None = None, began: float
) -> Event:
    """Go on with a run from its checkpoint; return the last event, finished or failed.

    Raises RunHeld if another trainer has it, RunError or CheckpointError if it cannot go on.
    """
    lock = RunLock(run.lock)
    try:
        record, config = run.record(), run.config()
        if record.state == "finished":
            raise RunError(f"{run.id} is finished; nothing is left to train")
        ratings = _ratings_of(record, config)
        checkpoint = load_checkpoint(run.last)
    except BaseException:
        lock.release()
        raise
    record = replace(
        record, state="starting", pid=os.getpid(), host=socket.gethostname(), message=""
    )
    run.write_record(record)
    session = _Session(run, lock, record, config, ratings, listener, began)
    return session.train(checkpoint, learning_rate)


def _ratings_of(record: RunRecord, config: RunConfig) -> Ratings:
    """Return the ratings that a run was trained on; raises RunError if they have changed."""
    store = Path(record.store)
    if store.is_dir():
        with contextlib.suppress(ValueError, OSError):
            ratings = open_store(store)
            if ratings.fingerprint == record.fingerprint:
                return ratings
    ratings = open_ratings(resolve_source(config.data.source))
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
        record: RunRecord,
        config: RunConfig,
        ratings: Ratings,
        listener: Listener,
        began: float,
    ) -> None:
        self.run, self.lock, self.record, self.config = run, lock, record, config
        self.ratings, self.listener, self.began = ratings, listener, began
        self.started_ns = time.time_ns()
        self.trainer: Trainer | None = None
        self.signals = StopSignals(self._second_signal)

    def train(self, checkpoint: Checkpoint | None, learning_rate: float | None = None) -> Event:
        """Train to the end, whichever it is, and return the event that says so."""
        try:
            with _logging(self.run), _heartbeat(self.lock):
                _reserve(self.run.path)
                self.events = EventLog(self.run.events)
                return self._train(checkpoint, learning_rate)
        finally:
            self.lock.release()

    def _train(self, checkpoint: Checkpoint | None, learning_rate: float | None) -> Event:
        try:
            trainer = self.trainer = self._build(checkpoint)
            if learning_rate is not None:
                trainer.progress.base_rate = learning_rate
            self._announce(trainer, checkpoint)
            trainer.train()
            return self._end(self._finished(trainer, "finished"))
        except StopTraining:
            assert self.trainer is not None
            return self._end(self._finished(self.trainer, "stopped"))
        except Exception as error:
            log.exception("training failed")
            return self._end(self._failed(error))

    def _build(self, checkpoint: Checkpoint | None) -> Trainer:
        config, ratings = self.config, self.ratings
        parts = split(config.split, ratings)
        training = TrainingRatings(
            ratings.user[parts.train],
            ratings.item[parts.train],
            ratings.value[parts.train],
            ratings.info(),
        )
        if not len(training) or not len(parts.valid):
            raise RunError(
                f"{len(ratings)} ratings are too few to hold {config.split.fraction:g} out;"
                " change split.fraction"
            )
        valid = ValidRatings(
            ratings.user[parts.valid],
            ratings.item[parts.valid],
            ratings.value[parts.valid],
            unseen(ratings, parts),
            ratings.low,
            ratings.high,
        )
        engine = make_engine(config, self.record.threads or config.training.threads)
        seed = config.training.seed
        engine.start(config, training, initial_values(config.model, ratings.info(), seed))
        trainer = Trainer(
            self.run,
            config,
            replace(
                self.record,
                device=engine.device,
                threads=engine.threads,
                parameter_count=config.model.parameter_count(ratings.info()),
            ),
            engine,
            training,
            valid,
            self.emit,
            sync=self.events.sync,
            should_stop=self.signals,
            started_ns=self.started_ns,
        )
        if checkpoint is not None:
            try:
                trainer.resume(checkpoint)
            except (KeyError, ValueError, RuntimeError) as error:
                raise CheckpointError(
                    f"{self.run.last}: not a checkpoint of this run ({error}); train anew"
                ) from error
        return trainer

    def _announce(self, trainer: Trainer, checkpoint: Checkpoint | None) -> None:
        record, progress = trainer.record, trainer.progress
        if checkpoint is not None:
            self.emit(
                Resumed(
                    self.run.id,
                    time.time(),
                    os.getpid(),
                    record.host,
                    record.device,
                    progress.step,
                    progress.epoch,
                )
            )
            return
        self.emit(
            Started(
                run=self.run.id,
                time=time.time(),
                pid=os.getpid(),
                host=record.host,
                device=record.device,
                parameter_count=record.parameter_count,
                n_train=len(trainer.training),
                n_valid=len(trainer.valid.user),
                unseen_pairs=int(trainer.valid.unseen.sum()),
                steps_per_epoch=trainer.steps_per_epoch,
                epochs=record.epochs,
            )
        )

    def emit(self, event: Event) -> None:
        """Write an event to the run, then tell whoever listens."""
        self.events.write(event)
        self.listener(event)

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
        )

    def _failed(self, error: Exception) -> Failed:
        step = self.trainer.progress.step if self.trainer else 0
        return Failed(self.run.id, time.time(), step, _explain(error, self.run, self.config))

    def _end(self, event: Finished | Failed) -> Event:
        """Leave the last word in events and record, even on a full disk."""
        (self.run.path / RESERVE).unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self.events.write(event)
            self.events.sync()
        record = self.trainer.record if self.trainer else self.record
        state = "failed" if isinstance(event, Failed) else event.outcome
        message = event.message if isinstance(event, Failed) else ""
        with contextlib.suppress(OSError):
            self.run.write_record(replace(record, state=state, message=message))
        self.listener(event)
        return event

    def _second_signal(self) -> None:
        record = self.trainer.record if self.trainer else self.record
        if record.state in LIVE:
            self.run.write_record(replace(record, state="stopped"))


RESERVE = ".reserve"


def _reserve(path: Path) -> None:
    with contextlib.suppress(OSError), (path / RESERVE).open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, RESERVE_BYTES)


def _explain(error: Exception, run: Run, config: RunConfig) -> str:
    """Return what happened and what to do, in words for the user."""
    resume = f"cftui runs resume {run.id}"
    if isinstance(error, NonFiniteLoss):
        rate = config.optimizer.learning_rate / 10
        return (
            f"{error}; the weights of the last checkpoint are kept."
            f" Lower the learning rate: {resume} --lr {rate:g}"
        )
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return (
            f"no room to write {error.filename or run.path} ({error.strerror});"
            f" the last checkpoint is intact. Make room, then: {resume}"
        )
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return (
            f"out of memory on {config.training.device}; lower training.batch_size or"
            " model.n_factors, or choose another device"
        )
    if isinstance(error, EngineError | RunError | CheckpointError):
        return str(error)
    return f"{type(error).__name__}: {error}; the whole story is in {run.log}"


@contextlib.contextmanager
def _logging(run: Run) -> Iterator[None]:
    """Send log and crash reports to the run's log.txt."""
    with run.log.open("a", encoding="utf-8") as file:
        handler = logging.StreamHandler(file)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        root = logging.getLogger()
        root.addHandler(handler)
        faulthandler.enable(file)
        try:
            yield
        finally:
            faulthandler.disable()
            root.removeHandler(handler)


@contextlib.contextmanager
def _heartbeat(lock: RunLock) -> Iterator[None]:
    """Touch the lock file while the process lives, also while it imports, evaluates or waits."""
    done = threading.Event()

    def beat() -> None:
        while not done.wait(HEARTBEAT_SECONDS):
            with contextlib.suppress(OSError):
                lock.beat()

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _versions() -> dict[str, str]:
    packages = {name: version(name) for name in ("cftui", "torch", "numpy")}
    return {"python": platform.python_version(), **packages}
