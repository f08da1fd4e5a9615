"""How far a run is: what the trainer must remember, beside the learner, to go on exactly."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from cftui.evaluation.errors import Errors
from cftui.runs.record import RateChange

SMOOTHING = 0.98
"""Share of the old average kept at each step (lesson 5, `avg_mom`)."""

LATER = ("stale_epochs", "stale_from", "valid_recall", "valid_ndcg", "list_users")
"""Fields that checkpoints of earlier versions lack, beside `rate_changes`."""


@dataclass
class Progress:
    """The trainer's own part of the resume state."""

    epoch: int = 0
    """Whole epochs done."""
    step: int = 0
    """Steps done in all."""
    average: float = 0.0
    """Exponentially weighted average of the losses, not yet debiased."""
    squares: float = 0.0
    """Sum over the present epoch of loss times batch size: its squared errors."""
    train_seconds: float = 0.0
    epoch_seconds: float = 0.0
    valid_mse: float | None = None
    valid_mse_clipped: float | None = None
    unseen_mse: float | None = None
    valid_step: int | None = None
    """The step that the validation errors are of: the end of the last whole epoch."""
    best_valid_mse: float | None = None
    best_epoch: int | None = None
    best_step: int | None = None
    stale_epochs: int = 0
    """Whole epochs since the validation error last fell by enough for early stopping."""
    stale_from: float | None = None
    """The validation error that it must fall from."""
    wishes_ns: int = 0
    """When the last wish was sent whose outcome is part of this state."""
    rate_changes: tuple[RateChange, ...] | None = ()
    """Of the base rate; None where an older version may have changed it untold."""
    valid_recall: float | None = None
    """Of the top 20 at `valid_step`, as `valid_ndcg`."""
    valid_ndcg: float | None = None
    list_users: tuple[int, ...] | None = None
    """Codes of the users whose lists are judged; empty where none are, None until it is settled."""

    @property
    def smooth(self) -> float:
        """Return the debiased average: as if it had not started from zero (Adam, section 3)."""
        return self.average / (1.0 - SMOOTHING**self.step) if self.step else 0.0

    def take(self, loss: float, batch: int) -> None:
        """Count one step with its loss and the number of ratings in its batch."""
        self.step += 1
        self.average = self.average * SMOOTHING + loss * (1.0 - SMOOTHING)
        self.squares += loss * batch

    def note_rate(self, before: float | None, rate: float) -> None:
        """Remember that the schedule scales another rate from now on."""
        if self.rate_changes is not None and rate != before:
            kept = (change for change in self.rate_changes if change.step != self.step)
            self.rate_changes = (*kept, RateChange(self.step, rate))

    def finish_epoch(self) -> None:
        """Count a whole epoch."""
        self.epoch, self.squares, self.epoch_seconds = self.epoch + 1, 0.0, 0.0

    def judge(self, found: Errors, min_improvement: float) -> bool:
        """Take in the validation errors after an epoch; return whether they are the best so far."""
        self.valid_mse, self.valid_mse_clipped = found.mse, found.mse_clipped
        self.unseen_mse, self.valid_step = found.unseen_mse, self.step
        if self.stale_from is None or found.mse < self.stale_from - min_improvement:
            self.stale_from, self.stale_epochs = found.mse, 0
        else:
            self.stale_epochs += 1
        improved = self.best_valid_mse is None or found.mse < self.best_valid_mse
        if improved:
            self.best_valid_mse, self.best_epoch, self.best_step = found.mse, self.epoch, self.step
        return improved

    def why_early(self, patience: int, least: float) -> str:
        """Return in words that patience is at its end; empty while it is not."""
        if not patience or self.stale_epochs < patience:
            return ""
        by = f" by more than {least:g}" if least else ""
        epochs = "epoch" if patience == 1 else "epochs"
        return f"no better{by} for {patience} {epochs} than {self.stale_from:.4f}"


def write_state(progress: Progress, place: Mapping[str, float]) -> str:
    """Return progress and the learner's place as one text; floats survive exactly."""
    return json.dumps({**place, **asdict(progress)})


def read_state(text: str) -> tuple[Progress, Mapping[str, Any]]:
    """Return the progress in what `write_state` wrote, and all of it, with the learner's place.

    Raises ValueError if it is something else.
    """
    try:
        raw = json.loads(text)
        changes = raw.get("rate_changes")
        if changes is not None:
            changes = tuple(RateChange(**change) for change in changes)
        raw["rate_changes"] = changes
        if raw.get("list_users") is not None:
            raw["list_users"] = tuple(map(int, raw["list_users"]))
        known = [f.name for f in fields(Progress) if f.name not in LATER or f.name in raw]
        return Progress(**{name: raw[name] for name in known}), raw
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a training state: {error}") from None
