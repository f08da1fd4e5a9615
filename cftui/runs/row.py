"""A run in a list: all of it at a glance."""

import math
import re
import time
from dataclasses import dataclass

from cftui.runs.bounds import Int, Moment, Real, Seconds
from cftui.runs.record import RateChange
from cftui.runs.standing import WorseThan, worse_than
from cftui.text import plain

STAMP = re.compile(r"\d{8}-\d{6}-.+-\w{4}")
"""Ids that we made: time, model, optimizer, four characters."""


@dataclass(frozen=True)
class RunRow:
    """A run in a list."""

    id: str
    name: str
    shown: str
    """State as `Run.status` words it, or `damaged`."""
    alive: bool
    epoch: Int
    epochs: Int
    step: Int
    valid_mse: Real | None
    best_valid_mse: Real | None
    fingerprint: str
    has_weights: bool
    message: str = ""
    """Why it failed or died."""
    created: Moment = 0.0
    """Seconds since 1970."""
    data: str = ""
    steps_per_epoch: Int = 0
    model: str = ""
    optimizer: str = ""
    schedule: str = ""
    learning_rate: Real | None = None
    weight_decay: Real | None = None
    n_factors: Int | None = None
    batch_size: Int | None = None
    train_seconds: Seconds | None = None
    """Time spent training so far, pauses left out."""
    notes: str = ""
    mark: Int = 0
    """As in `Annotations`."""
    refit_of: str = ""
    """As in its record."""
    rate_changes: tuple[RateChange, ...] = ()
    """As far as its record tells them."""
    valid_recall: Real | None = None
    """Of the top 20 after the last whole epoch; none where no lists were judged."""
    valid_ndcg: Real | None = None
    list_users: Int = 0
    """Whose lists these are of; 0 where that is not known."""
    mean_mse: Real | None = None
    """Validation MSE of the mean alone; so for `biases_mse`, of user and item biases."""
    biases_mse: Real | None = None
    low: Real = 0.0
    """Lowest rating value; so for `high`."""
    high: Real = 0.0
    n_ids: Int = 0
    """Users and items together."""
    settings: tuple[tuple[str, str], ...] = ()
    """By full name, what the other fields do not tell of them, as text."""

    @property
    def worse_than(self) -> WorseThan:
        """Return what its error after the last whole epoch is worse than; nothing if better."""
        return worse_than(self.valid_mse, self.mean_mse, self.biases_mse)

    @property
    def answers(self) -> bool:
        """Return whether its weights are worth asking: those of one whole epoch at least."""
        return self.has_weights and self.epoch > 0

    @property
    def label(self) -> str:
        """Return its name, else model and optimizer as the id has them."""
        label = self.name or (self.id[16:-5] if STAMP.fullmatch(self.id) else self.id)
        return plain(f"{label}, refit" if self.refit_of and not self.name else label)

    @property
    def clock(self) -> str:
        """Return the time of day at which it began."""
        return self.when[-5:]

    @property
    def when(self) -> str:
        """Return day and time at which it began: where it ran, if the id tells them; else here."""
        if STAMP.fullmatch(self.id):
            day, clock = self.id[:8], self.id[9:13]
            return f"{day[:4]}-{day[4:6]}-{day[6:]} {clock[:2]}:{clock[2:]}"
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(self.created))

    @property
    def epochs_done(self) -> float:
        """Return the passes over the training ratings, a begun one by its share."""
        if not self.alive or not self.steps_per_epoch:
            return self.epoch
        return max(self.epoch, min(self.step / self.steps_per_epoch, self.epochs))

    @property
    def ratings_per_second(self) -> float | None:
        """Return the mean speed of training; none before it has begun."""
        if not (self.train_seconds and self.batch_size):
            return None
        return self.step * self.batch_size / self.train_seconds

    @property
    def best_rmse(self) -> float | None:
        """Return the root of the best validation error, in rating units."""
        best = self.best_valid_mse
        return math.sqrt(best) if best is not None and best >= 0 else None
