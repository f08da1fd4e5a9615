"""What is kept of a run while it trains: events, record and checkpoints."""

import json
import math
import os
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from cftui.evaluation.errors import Errors
from cftui.files import replacing_together
from cftui.runs.checkpoint import Checkpoint, checkpoint_bytes, save_checkpoint
from cftui.runs.control import Wish
from cftui.runs.directory import Run
from cftui.runs.events import Checkpointed, Control, Epoch, Event
from cftui.runs.record import RECORD, RunRecord, State, as_json
from cftui.training.endings import NonFiniteLoss
from cftui.training.learners.protocol import Learner, Report, Sampler
from cftui.training.lists import ListFigures
from cftui.training.moments import MomentKeeper
from cftui.training.progress import Progress, read_state, write_state
from cftui.training.reporter import FINEST, Reporter

CHECKPOINT_SECONDS = 5.0
"""Half of the 10 s of steps that a death may cost, since it may strike while one is written."""


@dataclass(frozen=True)
class DrawFigures:
    """What is told of a sampler's last draw, in squared rating units."""

    mse: float | None = None
    """None where nothing is held out."""
    noise: float | None = None


class Book:
    """Counts what the learner reports, and writes it down; changes nothing of how it learns."""

    def __init__(
        self,
        run: Run,
        record: RunRecord,
        learner: Learner,
        *,
        emit: Callable[[Event], None],
        sync: Callable[[], None] = lambda: None,
        finest: float = FINEST,
        squared_unit: float = 1.0,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        """Take where to write: `emit` gets every event, `sync` waits until they are on disk.

        `finest`: seconds between step events at the least; `squared_unit`: what the learner's
        losses are multiplied by to be in squared rating units, as all that is written down is;
        `settings`: what the run is configured by, kept in its checkpoints too.
        """
        self.run = run
        self.record = record
        self.progress = Progress()
        self.rate = learner.base_rate
        """The learning rate of the last step, or that wished since."""
        self._learner = learner
        self._emit = emit
        self._sync = sync
        self._reporter = Reporter(emit, finest)
        self._squared_unit = squared_unit
        self._settings = json.dumps(settings or {})
        # Sums are made there while the disk is waited for.
        self._beside = ThreadPoolExecutor(2, "checkpoint")
        self._moments = MomentKeeper(run, learner.steps_per_epoch, self._beside)
        self._checkpoint_at, self._checkpoint_step = time.monotonic(), 0

    def enter(self, report: Report) -> None:
        """Count steps. Raises NonFiniteLoss for a loss that is no finite number."""
        losses = report.losses
        if not np.isfinite(losses).all():
            bad = int(np.flatnonzero(~np.isfinite(losses))[0])
            step = self.progress.step + bad + 1
            raise NonFiniteLoss(f"the loss became {losses[bad]} at step {step}")
        self.progress.train_seconds += report.seconds
        self.progress.epoch_seconds += report.seconds
        shown = losses.astype(np.float64) * self._squared_unit
        for loss, count in zip(shown.tolist(), report.counts.tolist(), strict=True):
            self.progress.take(loss, count)
            self._reporter.take(loss)
        self.rate = report.learning_rate

    def keep_up(self) -> None:
        """Report the steps entered, take a moment, and write a checkpoint, where it is time."""
        self._reporter.report(self.progress, self.rate)
        self._moments.look(self.progress.step, self._learner.parameters)
        if time.monotonic() - self._checkpoint_at >= CHECKPOINT_SECONDS:
            self.checkpoint()

    def report_steps(self) -> None:
        """Report the steps entered, at once."""
        self._reporter.report(self.progress, self.rate, now=True)

    def close_epoch(
        self,
        found: Errors | None,
        lists: ListFigures,
        n_train: int,
        min_improvement: float,
        draw: DrawFigures = DrawFigures(),
    ) -> None:
        """Write down the end of an epoch with what was found after it, safe on disk.

        Errors in squared rating units, `min_improvement` too; none where nothing is held out.
        `draw`: of a sampler, whose checkpoints are written only where they are due.
        """
        p = self.progress
        train_loss, seconds = p.squares / n_train, p.epoch_seconds
        p.finish_epoch()
        improved = found is not None and p.judge(found, min_improvement)
        p.valid_recall, p.valid_ndcg = lists.recall, lists.ndcg
        self._emit(
            Epoch(
                epoch=p.epoch,
                step=p.step,
                train_loss=train_loss,
                valid_mse=found.mse if found else None,
                valid_rmse=math.sqrt(found.mse) if found else None,
                valid_mse_clipped=found.mse_clipped if found else None,
                unseen_pairs=found.unseen_pairs if found else 0,
                unseen_mse=found.unseen_mse if found else None,
                learning_rate=self.rate,
                seconds=seconds,
                train_seconds=p.train_seconds,
                recall=lists.recall,
                ndcg=lists.ndcg,
                list_users=lists.users,
                most_liked_ndcg=lists.most_liked_ndcg,
                no_lists=lists.why_none,
                saturated=found.saturated if found else None,
                draw_mse=draw.mse,
                noise=draw.noise,
            )
        )
        if isinstance(self._learner, Sampler):
            self.keep_up()
        else:
            self.checkpoint(best=improved)

    def close(self) -> None:
        """Write a checkpoint of the last step, where the last one is of another."""
        if self._checkpoint_step != self.progress.step:
            self.checkpoint()

    def checkpoint(self, *, best: bool = False) -> None:
        """Write all that resuming needs and the record, as the best weights too if they are.

        Raises NonFiniteLoss rather than save broken weights.
        """
        parameters = self._learner.parameters()
        for name, array in parameters.items():
            if not np.isfinite(array).all():
                raise NonFiniteLoss(f"{name} is not finite after step {self.progress.step}")
        # The step event ends where the checkpoint is, so that undoing cuts between two events.
        self.report_steps()
        began = time.monotonic()
        self._moments.keep(self.progress.step, parameters)
        self._write_checkpoint(parameters, best)
        self._moments.settle()
        self._checkpoint_at, self._checkpoint_step = time.monotonic(), self.progress.step
        took = round(self._checkpoint_at - began, 6)
        self._emit(Checkpointed(self.progress.step, self.progress.epoch, took))

    def _write_checkpoint(self, parameters: Mapping[str, np.ndarray], best: bool) -> None:
        weights = _prefixed("parameters", parameters)
        state = _prefixed("state", self._learner.state())
        metadata = self._metadata()
        kept = {self.run.last: weights | state, **({self.run.best: weights} if best else {})}
        contents = {
            path: self._beside.submit(checkpoint_bytes, arrays, metadata)
            for path, arrays in kept.items()
        }
        events = self._beside.submit(self._sync)
        with replacing_together(self.run.path) as put:
            for path, content in contents.items():
                put(path, content.result())
            put(self.run.path / RECORD, as_json(self.record))
            events.result()  # on the disk before what belongs to them

    def save_best(self) -> None:
        """Write the parameters alone, as those of the best validation error."""
        weights = _prefixed("parameters", self._learner.parameters())
        save_checkpoint(self.run.best, weights, self._metadata())

    def _metadata(self) -> dict[str, str]:
        """Return what a checkpoint tells beside its arrays: enough to write the record anew."""
        p, record = self.progress, self.record_now()
        return {
            "step": str(p.step),
            "epoch": str(p.epoch),
            "progress": write_state(p, self._learner.place()),
            "trained_in": record.trained_in,
            "record": as_json(record).decode(),
            "settings": self._settings,
        }

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go back to a checkpoint, and the learner with it.

        Raises KeyError, ValueError or RuntimeError if it is of another run.
        """
        self.progress, place = read_state(checkpoint.metadata["progress"])
        parts: dict[str, dict[str, np.ndarray]] = {"parameters": {}, "state": {}}
        for name, array in checkpoint.arrays.items():
            part, _, rest = name.partition("/")
            parts[part][rest] = array
        self._learner.restore(parts["parameters"], parts["state"], place)
        self._moments.go_back(self.progress.step)
        self._checkpoint_step = self.progress.step
        if self.progress.best_step == self.progress.step and not isinstance(self._learner, Sampler):
            # The death may have come between writing the last and the best checkpoint.
            self.save_best()

    def tell(self, wish: Wish, outcome: str) -> None:
        """Write down what became of a wish."""
        p = self.progress
        p.wishes_ns = max(p.wishes_ns, wish.sent_ns)
        self._emit(
            Control(
                time.time(), p.step, wish.kind, wish.value, wish.sender, wish.sent_ns, outcome
            )
        )  # fmt: skip

    def note_rate(self, before: float | None, rate: float) -> None:
        """Write down that the base learning rate is another from now on."""
        self.progress.note_rate(before, rate)
        self.rate = rate
        self.write_record()

    def set_state(self, state: State) -> None:
        """Write the run's state where it is another."""
        if self.record.state != state:
            self.record = replace(self.record, state=state)
            self.write_record()

    def write_record(self) -> None:
        """Write the record as of the last step."""
        self.run.write_record(self.record_now())

    def record_now(self) -> RunRecord:
        """Return the run's record brought up to the last step."""
        p = self.progress
        self.record = replace(
            self.record,
            pid=os.getpid(),
            step=p.step,
            epoch=p.epoch,
            steps_per_epoch=self._learner.steps_per_epoch,
            valid_mse=p.valid_mse,
            valid_rmse=None if p.valid_mse is None else math.sqrt(p.valid_mse),
            valid_step=p.valid_step,
            best_valid_mse=p.best_valid_mse,
            valid_recall=p.valid_recall,
            valid_ndcg=p.valid_ndcg,
            list_users=len(p.list_users or ()),
            rate_changes=p.rate_changes,
        )
        return self.record


def _prefixed(part: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {f"{part}/{name}": array for name, array in arrays.items()}
