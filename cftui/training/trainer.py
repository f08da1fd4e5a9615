"""The training loop: epochs, order, schedule, evaluation, events, wishes and checkpoints."""

import math
import os
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from cftui.config import RunConfig
from cftui.evaluation.errors import errors
from cftui.optim.schedules import learning_rates, momenta
from cftui.ratings.parts import TrainingRatings, ValidRatings
from cftui.runs.checkpoint import Checkpoint, save_checkpoint
from cftui.runs.control import UNREADABLE, Inbox, Wish
from cftui.runs.directory import Run
from cftui.runs.events import Checkpointed, Control, Epoch, Event
from cftui.runs.record import RunRecord, State
from cftui.training.engines.protocol import Engine
from cftui.training.order import epoch_order
from cftui.training.progress import Progress
from cftui.training.reporter import FINEST, Reporter

CHUNK_SECONDS = 0.04
"""Steps are given to the engine in portions of about this, so that wishes are obeyed soon."""
CHECKPOINT_SECONDS = 5.0
"""Half of the 10 s of steps that a death may cost, since it may strike while one is written."""
RECORD_SECONDS = 2.0
POLL_SECONDS = 0.05


class NonFiniteLoss(ArithmeticError):
    """The loss or a parameter is no longer a finite number."""


class StopTraining(Exception):
    """Raised by a wish or a signal; training ends with a checkpoint."""


class Trainer:
    """Trains a run; knows nothing of who watches."""

    def __init__(
        self,
        run: Run,
        config: RunConfig,
        record: RunRecord,
        engine: Engine,
        *,
        training: TrainingRatings,
        valid: ValidRatings,
        emit: Callable[[Event], None],
        sync: Callable[[], None] = lambda: None,
        should_stop: Callable[[], bool] = lambda: False,
        started_ns: int = 0,
        finest: float = FINEST,
    ) -> None:
        """Take what training needs.

        `emit` gets every event; `sync` waits until they are on disk; `should_stop` is asked a few
        times a second; wishes sent before `started_ns` are discarded.
        """
        self.run = run
        self.config = config
        self.record = record
        self.engine = engine
        self.training = training
        self.valid = valid
        self.progress = Progress(config.optimizer.learning_rate)
        self.steps_per_epoch = math.ceil(len(training) / config.training.batch_size)
        self._emit = emit
        self._sync = sync
        self._reporter = Reporter(emit, finest)
        self._rate = config.optimizer.learning_rate
        self._chunk = 1
        self._inbox = Inbox(run.path)
        self._checkpoint_at = time.monotonic()
        self._record_at = float("-inf")
        self._started_ns = started_ns
        self._should_stop = should_stop
        self._stop_wished = False

    def resume(self, checkpoint: Checkpoint) -> None:
        """Go back to a checkpoint. Raises ValueError or KeyError if it is of another run."""
        self.progress = Progress.from_json(checkpoint.metadata["progress"])
        parts: dict[str, dict[str, np.ndarray]] = {"parameters": {}, "state": {}}
        for name, array in checkpoint.arrays.items():
            part, _, rest = name.partition("/")
            parts[part][rest] = array
        self.engine.restore(parts["parameters"], parts["state"])
        if self.progress.best_step == self.progress.step:
            # The death may have come between writing the last and the best checkpoint.
            self._save_best()

    def is_training(self) -> bool:
        """Return whether it is at work now, not paused."""
        return self.record.state == "running"

    def change_rate(self, wish: Wish) -> None:
        """Go on with another learning rate, from the first step on and safe on disk."""
        self._obey_one(wish)
        self.checkpoint()

    def train(self) -> None:
        """Train to the last epoch. Raises StopTraining when asked to stop (checkpoint written),
        NonFiniteLoss, and OSError where the disk refuses.
        """
        self._set_state("running")
        if not self.run.has_weights:
            self.checkpoint()
        while self.progress.epoch < self.config.training.epochs and not self.why_early:
            self._train_epoch()
        for wish in self._inbox.take():
            late = wish.kind not in ("stop", "checkpoint")
            self._record_wish(wish, "refused: the last epoch is done" if late else "obeyed")
        self._inbox.clear()

    @property
    def why_early(self) -> str:
        """Return why training ends before its last epoch; empty while it does not."""
        training = self.config.training
        return self.progress.why_early(training.patience, training.min_improvement)

    def _train_epoch(self) -> None:
        progress, size = self.progress, self.config.training.batch_size
        order = epoch_order(self.config.training.seed, progress.epoch, len(self.training))
        multipliers, cycled = self._schedule()
        while progress.position < self.steps_per_epoch:
            self._obey()
            first = progress.position
            last = min(first + self._chunk, self.steps_per_epoch)
            batches = order[first * size : last * size]
            momentum = None if cycled is None else cycled[first:last]
            self._run(batches, progress.base_rate * multipliers[first:last], momentum)
            if progress.position < self.steps_per_epoch:
                self._reporter.report(progress, self._rate)
                if time.monotonic() - self._checkpoint_at >= CHECKPOINT_SECONDS:
                    self.checkpoint()
            self._write_record_sometimes()
        self._finish_epoch()

    def _schedule(self) -> tuple[np.ndarray, np.ndarray | None]:
        """Return what the schedule makes of a base rate of 1 in this epoch, and of the momentum.

        A whole epoch at once: a vectorised cosine may round otherwise in a portion of another
        length, and portions are as long as time allows.
        """
        config, spe = self.config, self.steps_per_epoch
        first, epochs = self.progress.epoch * spe, config.training.epochs
        return (
            learning_rates(config.schedule, 1.0, spe, first, spe, epochs=epochs),
            momenta(config.schedule, config.optimizer, spe, first, spe, epochs=epochs),
        )

    def _run(self, batches: np.ndarray, rates: np.ndarray, momentum: np.ndarray | None) -> None:
        """Take steps, count them, and fit the size of the next portion to the time they took."""
        began = time.perf_counter()
        losses = self.engine.run(batches, rates, momentum)
        elapsed = time.perf_counter() - began
        if not np.isfinite(losses).all():
            bad = int(np.flatnonzero(~np.isfinite(losses))[0])
            step = self.progress.step + bad + 1
            raise NonFiniteLoss(f"the loss became {losses[bad]} at step {step}")
        self.progress.train_seconds += elapsed
        self.progress.epoch_seconds += elapsed
        size = self.config.training.batch_size
        for index, loss in enumerate(losses.tolist()):
            self.progress.take(loss, min(size, len(batches) - index * size))
            self._reporter.take(loss)
        self._rate = float(rates[-1])
        speed = len(losses) / max(elapsed, 1e-9)
        # At most doubled, so that one lucky portion does not make the next one long.
        self._chunk = max(1, min(2 * self._chunk, int(speed * CHUNK_SECONDS)))

    def _finish_epoch(self) -> None:
        p = self.progress
        self._reporter.report(p, self._rate, now=True)
        found = errors(self.engine.score(self.valid.user, self.valid.item), self.valid)
        if not math.isfinite(found.mse):
            raise NonFiniteLoss(f"the validation error became {found.mse} after step {p.step}")
        train_loss, seconds = p.squares / len(self.training), p.epoch_seconds
        p.finish_epoch()
        improved = p.judge(found, self.config.training.min_improvement)
        self._emit(
            Epoch(
                epoch=p.epoch,
                step=p.step,
                train_loss=train_loss,
                valid_mse=found.mse,
                valid_rmse=math.sqrt(found.mse),
                valid_mse_clipped=found.mse_clipped,
                unseen_pairs=found.unseen_pairs,
                unseen_mse=found.unseen_mse,
                learning_rate=self._rate,
                seconds=seconds,
                train_seconds=p.train_seconds,
            )
        )
        self.checkpoint()
        if improved:
            self._save_best()
        self._write_record()

    def checkpoint(self) -> None:
        """Write all that resuming needs. Raises NonFiniteLoss rather than save broken weights."""
        parameters = self.engine.parameters()
        for name, array in parameters.items():
            if not np.isfinite(array).all():
                raise NonFiniteLoss(f"{name} is not finite after step {self.progress.step}")
        # The step event ends where the checkpoint is, so that undoing cuts between two events.
        self._reporter.report(self.progress, self._rate, now=True)
        self._sync()
        began = time.monotonic()
        arrays = {f"parameters/{name}": array for name, array in parameters.items()}
        arrays |= {f"state/{name}": array for name, array in self.engine.state().items()}
        save_checkpoint(self.run.last, arrays, self._metadata())
        self._checkpoint_at = time.monotonic()
        took = round(self._checkpoint_at - began, 6)
        self._emit(Checkpointed(self.progress.step, self.progress.epoch, took))

    def _save_best(self) -> None:
        arrays = {f"parameters/{name}": a for name, a in self.engine.parameters().items()}
        save_checkpoint(self.run.best, arrays, self._metadata())

    def _metadata(self) -> dict[str, str]:
        p = self.progress
        return {"step": str(p.step), "epoch": str(p.epoch), "progress": p.to_json()}

    def _obey(self) -> None:
        """Obey the wishes that wait; while paused, wait for more."""
        while True:
            self._obey_pending()
            if self._stop_wished or self._should_stop():
                self.checkpoint()
                raise StopTraining
            if self.record.state != "paused":
                return
            time.sleep(POLL_SECONDS)

    def _obey_pending(self) -> None:
        wishes = self._inbox.take()
        if not wishes:
            return
        obeyed = {wish.kind for wish in wishes if self._obey_one(wish)}
        if obeyed & {"checkpoint", "learning-rate", "pause"}:
            self.checkpoint()
        self._inbox.clear()

    def _obey_one(self, wish: Wish) -> bool:
        """Return whether the wish was obeyed."""
        outcome = wish.objection or "obeyed"
        if wish.kind != UNREADABLE and wish.sent_ns < self._started_ns:
            if wish.sent_ns <= self.progress.wishes_ns:
                return False  # its outcome is in the checkpoint; only its file was left
            outcome = "discarded: sent before this trainer started"
        self._record_wish(wish, outcome)
        if outcome == "obeyed":
            self._do(wish)
        return outcome == "obeyed"

    def _record_wish(self, wish: Wish, outcome: str) -> None:
        progress = self.progress
        progress.wishes_ns = max(progress.wishes_ns, wish.sent_ns)
        self._emit(
            Control(
                time.time(),
                progress.step,
                wish.kind,
                wish.value,
                wish.sender,
                wish.sent_ns,
                outcome,
            )
        )

    def _do(self, wish: Wish) -> None:
        match wish.kind:
            case "pause":
                self._set_state("paused")
            case "resume":
                self._set_state("running")
            case "stop":
                self._stop_wished = True
            case "learning-rate":
                assert wish.value is not None
                self.progress.base_rate = self._rate = wish.value

    def _set_state(self, state: State) -> None:
        if self.record.state != state:
            self.record = replace(self.record, state=state)
            self._write_record()

    def _write_record_sometimes(self) -> None:
        if time.monotonic() - self._record_at >= RECORD_SECONDS:
            self._write_record()

    def _write_record(self) -> None:
        self.run.write_record(self.record_now())
        self._record_at = time.monotonic()

    def record_now(self) -> RunRecord:
        """Return the run's record brought up to the last step."""
        p = self.progress
        self.record = replace(
            self.record,
            pid=os.getpid(),
            step=p.step,
            epoch=p.epoch,
            steps_per_epoch=self.steps_per_epoch,
            valid_mse=p.valid_mse,
            valid_rmse=None if p.valid_mse is None else math.sqrt(p.valid_mse),
            valid_step=p.valid_step,
            best_valid_mse=p.best_valid_mse,
        )
        return self.record
