"""What `run.json` says of a run, and what a reader makes of it."""

import json
from dataclasses import asdict, dataclass
from typing import Literal

from cftui.ratings.unit import IDENTITY, RatingUnit
from cftui.runs.bounds import Int, Measured, Moment, Real, Short, Text

State = Literal["starting", "running", "paused", "finished", "stopped", "failed"]
Origin = Literal["last", "best", "start"]
"""What a run goes on from: a checkpoint, or its first step."""
Arithmetic = Literal["ratings", "0.5-5"]
RECORD = "run.json"
"""The file's name in a run's directory."""
SETTINGS = "config.toml"
"""That of what it was configured by."""
LIVE: tuple[State, ...] = ("starting", "running", "paused")


@dataclass(frozen=True)
class RateChange:
    """Another learning rate for the schedule to scale, given to a live run."""

    step: Int
    """Steps done when it came."""
    learning_rate: Real


@dataclass(frozen=True)
class RunRecord:
    """What `run.json` says: the state of a run, and what it was trained on."""

    run: Short
    state: State
    pid: Int
    host: Short
    created: Moment
    """Seconds since 1970."""
    data_name: Short
    data_source: Short
    store: Short
    fingerprint: Short
    """Of the ratings."""
    n_users: Int
    n_items: Int
    low: Real
    high: Real
    epochs: Int
    """Epochs asked for."""
    device: Short = ""
    threads: Int = 0
    """CPU threads in use; kept for resuming, since sums depend on it."""
    versions: dict[str, str] | None = None
    parameter_count: Int = 0
    step: Int = 0
    steps_per_epoch: Int = 0
    epoch: Int = 0
    """Whole epochs done."""
    valid_mse: Measured = None
    """At the end of the last whole epoch, which is `valid_step`."""
    valid_rmse: Measured = None
    valid_step: Int | None = None
    best_valid_mse: Measured = None
    valid_recall: Measured = None
    """Of the top 20 at `valid_step`, as the epoch's event has it; None where none were judged."""
    valid_ndcg: Measured = None
    list_users: Int = 0
    """Of how many users; 0 in older records too."""
    baselines: dict[str, Real] | None = None
    """Validation MSE on the same split without a model, as the `started` event has it."""
    message: Text = ""
    """Why it failed, with the remedy."""
    refit_of: Short = ""
    """The run whose settings these are, trained on all ratings: its errors stand for this one's."""
    model_sha256: Short = ""
    """Of the run's model.py; empty where the model is not from a user's file."""
    rate_changes: tuple[RateChange, ...] | None = None
    """In order; None in a run of an older version, whose events alone tell them."""
    trained_in: Arithmetic = "ratings"
    """What the trainer computes in, and so what the weights give: ratings mapped from `low`..`high`
    onto 0.5 to 5, or, in a run of an older version, rating units. A user's own model sees and gives
    ratings in either. All errors are in rating units.
    """

    @property
    def unit(self) -> RatingUnit:
        """Return the map between ratings and what the trainer computes in."""
        return IDENTITY if self.trained_in == "ratings" else RatingUnit(self.low, self.high)

    @property
    def data_words(self) -> str:
        """Return what it was trained on: its name, size and values."""
        shape = f"{self.n_users:,} users × {self.n_items:,} items"
        return f"{self.data_name}, {shape}, values {self.low:g}–{self.high:g}"

    @property
    def unit_words(self) -> str:
        """Return what the trainer computes in, in words; nothing where that is the ratings."""
        if RatingUnit(self.low, self.high).is_identity:
            return ""
        if self.trained_in == "ratings":
            return "trained in rating units, as older versions did"
        return f"trained on 0.5–5, onto which {self.low:g}–{self.high:g} is mapped"


def as_json(record: RunRecord) -> bytes:
    """Return a record as its file has it."""
    return json.dumps(asdict(record), indent=1).encode()


@dataclass(frozen=True)
class RunStatus:
    """A run's state as a reader sees it now."""

    record: RunRecord
    shown: str
    """The record's state; `died` where its trainer is gone; for another host when it was heard."""
    alive: bool
    note: str = ""
