"""The life of a trainer process: from its first word, said with its lock held, to its last."""

import logging
import math
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cftui.config import RunConfig
from cftui.devices import DeviceReader, reader_for
from cftui.files import sweep
from cftui.hyperparameters.fields import TIMED
from cftui.ratings.values import Ratings
from cftui.runs.annotations import FILE as ANNOTATIONS
from cftui.runs.checkpoint import Checkpoint
from cftui.runs.control import compose
from cftui.runs.directory import Run
from cftui.runs.event_log import EventLog
from cftui.runs.events import Event, Failed, Finished, Resumed, Started
from cftui.runs.launch import claim_start_files
from cftui.runs.lock import RunLock
from cftui.runs.record import LIVE, RECORD, SETTINGS, RunRecord, State
from cftui.runs.vocabulary import FILE as VOCABULARY
from cftui.runs.vocabulary import save_vocabulary
from cftui.training.build import build_trainer
from cftui.training.device_watch import watch_device
from cftui.training.endings import StopTraining
from cftui.training.engines.torch_device import which_gpu
from cftui.training.faults import Unsigned, explain, keep_reserve, release_reserve
from cftui.training.prepare import prepare
from cftui.training.signals import StopSignals
from cftui.training.surroundings import heartbeat, log_to
from cftui.training.trainer import Trainer

if TYPE_CHECKING:
    from cftui.models.custom import CustomClass

Listener = Callable[[Event], None]
log = logging.getLogger("cftui.training")


@dataclass(frozen=True, eq=False)
class Assignment:
    """What a trainer process is to do; the run's lock is held already."""

    run: Run
    lock: RunLock
    record: RunRecord
    config: RunConfig
    ratings: Ratings
    before: frozenset[str] = frozenset()
    """Files of wishes that lay there as it started, and are not meant for it."""
    custom: "CustomClass | None" = None
    checkpoint: Checkpoint | None = None
    """Where to go on; none to begin with the first step."""
    resuming: bool = False
    learning_rate: float | None = None
    """To go on with in place of the one in force."""
    aside: str = ""
    """What the checkpoints that it does not go on from were renamed to."""
    name: str = ""
    """For the run, where it is given one."""


class TrainerProcess:
    """The life of a trainer process, with its run's lock held."""

    def __init__(self, task: Assignment, listener: Listener, *, began: float) -> None:
        """Take what to do and who hears of it; `began`: `time.monotonic()` at the start."""
        self.task, self.listener, self.began = task, listener, began
        self.trainer: Trainer | None = None
        self.events: EventLog | None = None
        self._emitting = threading.Lock()
        self.signals = StopSignals(self._second_signal)

    def train(self) -> Event:
        """Train to the end, whichever it is, and return the event that says so."""
        claim_start_files(self.task.run)
        try:
            with self.signals, log_to(self.task.run), heartbeat(self.task.lock):
                try:
                    trainer = self._prepare()
                    self._announce(trainer)
                    if (rate := self.task.learning_rate) is not None:
                        trainer.steering.obey_at_start(compose("learning-rate", rate))
                    with watch_device(self._device_reader, self.emit, trainer.is_training):
                        trainer.train()
                    return self._end(self._finished(trainer, "finished"))
                except StopTraining:
                    return self._end(self._finished(trainer, "stopped"))
                except Exception as error:
                    release_reserve(self.task.run.path)
                    log.exception("training failed")
                    return self._end(self._failed(error))
        finally:
            self.task.lock.release()

    def _prepare(self) -> Trainer:
        """Make the directory complete and tidy, and build the trainer."""
        run = self.task.run
        sweep(run.path, (run.last.name, run.best.name, RECORD, SETTINGS, VOCABULARY))
        sweep(run.path, (run.events.name, run.log.name, run.lock.name, ANNOTATIONS), alone=False)
        keep_reserve(run.path)
        self.events = EventLog(run.events)
        if self.task.name:
            run.rename(self.task.name)
        if not (run.path / VOCABULARY).exists():
            save_vocabulary(run.path, self.task.ratings)
        self.trainer = build_trainer(
            run,
            self.task.record,
            prepare(
                self.task.config,
                self.task.ratings,
                self.task.custom,
                threads=self.task.record.threads,
                unit=self.task.record.unit,
            ),
            self.emit,
            sync=self.events.sync,
            should_stop=self.signals,
            before=self.task.before,
            checkpoint=self.task.checkpoint,
        )
        return self.trainer

    def _notes(self, trainer: Trainer) -> list[str] | None:
        """Return what the user should know of the model; none where there is nothing."""
        features = trainer.prepared.training.features
        told = list(self.task.custom.notes) if self.task.custom else []
        if features is not None and features.absent:
            told.append(f"these ratings do not tell {', '.join(features.absent)}: left out")
        if features is not None and self.task.config.split.kind in ("random", "per-user"):
            told += self._ahead([name for name in features.names if name in TIMED])
        return told or None

    def _ahead(self, timed: list[str]) -> list[str]:
        """Return what a split at random makes of fields that use when a rating was made."""
        run = self.task.run.id
        return [
            f"{', '.join(timed)}: known of a rating that is held out, not of one to come;"
            f" cftui evaluate --run {run} --both-splits says what that is worth"
        ][: len(timed)]

    def _announce(self, trainer: Trainer) -> None:
        record, progress, now = trainer.book.record, trainer.progress, time.time()
        if self.task.checkpoint is None:
            self.emit(
                Started(
                    run=self.task.run.id,
                    time=now,
                    pid=os.getpid(),
                    host=record.host,
                    device=record.device,
                    parameter_count=record.parameter_count,
                    n_train=len(trainer.prepared.training),
                    n_valid=len(trainer.prepared.valid.user),
                    unseen_pairs=int(trainer.prepared.valid.unseen.sum()),
                    steps_per_epoch=trainer.learner.steps_per_epoch,
                    epochs=record.epochs,
                    baselines=record.baselines,
                    notes=self._notes(trainer),
                )
            )
        if self.task.resuming:
            self.emit(
                Resumed(
                    run=self.task.run.id,
                    time=now,
                    pid=os.getpid(),
                    host=record.host,
                    device=record.device,
                    step=progress.step,
                    epoch=progress.epoch,
                    aside=self.task.aside,
                )
            )

    def emit(self, event: Event) -> None:
        """Write an event to the run, then tell whoever listens; from any thread."""
        assert self.events is not None
        with self._emitting:
            self.events.write(event)
            self.listener(event)

    def _device_reader(self, say: Callable[[str], None]) -> DeviceReader:
        device = self.trainer.book.record.device if self.trainer else "cpu"
        return reader_for(device, which_gpu(device), say)

    def _finished(self, trainer: Trainer, outcome: str) -> Finished:
        p = trainer.progress
        return Finished(
            run=self.task.run.id,
            time=time.time(),
            outcome=outcome,
            epochs=p.epoch,
            step=p.step,
            valid_mse=p.valid_mse,
            valid_rmse=None if p.valid_mse is None else math.sqrt(p.valid_mse),
            valid_mse_clipped=p.valid_mse_clipped,
            best_valid_mse=p.best_valid_mse,
            best_epoch=p.best_epoch,
            unseen_pairs=int(trainer.prepared.valid.unseen.sum()),
            unseen_mse=p.unseen_mse,
            train_seconds=p.train_seconds,
            wall_seconds=time.monotonic() - self.began,
            signal=self.signals.received if outcome == "stopped" else None,
            why=trainer.why_early if outcome == "finished" else "",
            baselines=trainer.book.record.baselines,
        )

    def _failed(self, error: Exception) -> Failed:
        step, rate = 0, self.task.config.method.learning_rate
        if self.trainer is not None:
            step, rate = self.trainer.progress.step, self.trainer.learner.base_rate
        message = explain(error, self.task.run, self.task.config, rate)
        return Failed(self.task.run.id, time.time(), step, message)

    def _end(self, event: Finished | Failed) -> Event:
        """Leave the last word in record and events, even on a full disk.

        It is a success only where the record has it: that is what everybody reads.
        """
        release_reserve(self.task.run.path)
        try:
            self._sign(event)
        except OSError as error:
            log.exception("the last record could not be written")
            if isinstance(event, Finished):
                event = self._failed(Unsigned(event.outcome, error))
        if self.events is not None:
            try:
                self.events.write(event)
                self.events.sync()
            except OSError:
                log.exception("the last event could not be written")
        release_reserve(self.task.run.path)  # a disk that refused may do it now
        self.listener(event)
        return event

    def _sign(self, event: Finished | Failed) -> None:
        """Write how it ended into the record; a disk may refuse once."""
        record = self.trainer.book.record_now() if self.trainer else self.task.record
        state: State = "failed"
        if isinstance(event, Finished):
            state = "finished" if event.outcome == "finished" else "stopped"
        message = event.message if isinstance(event, Failed) else ""
        record = replace(record, state=state, message=message)
        try:
            self.task.run.write_record(record)
        except OSError:
            self.task.run.write_record(record)

    def _second_signal(self) -> None:
        record = self.trainer.book.record if self.trainer else self.task.record
        if record.state in LIVE:
            self.task.run.write_record(replace(record, state="stopped"))
