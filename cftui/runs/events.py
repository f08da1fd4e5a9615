"""Events of a run: what happened, one JSON object a line, append only."""

import json
import re
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import Any, ClassVar

from pydantic import TypeAdapter, ValidationError

from cftui.runs.bounds import Int, Moment, Real, Seconds


@dataclass(frozen=True)
class Event:
    """Base of the events; `event` is the word that names the kind in the file."""

    event: ClassVar[str] = ""
    brief: ClassVar[bool] = False
    """Whether its line leaves out what is not known."""


@dataclass(frozen=True)
class Started(Event):
    """Training begins: the model is built and its first step is next."""

    event: ClassVar[str] = "started"
    run: str
    time: Moment
    """Seconds since 1970."""
    pid: Int
    host: str
    device: str
    parameter_count: Int
    n_train: Int
    """Ratings trained on."""
    n_valid: Int
    """Ratings held out."""
    unseen_pairs: Int
    """Held-out ratings whose user or item has no rating in training."""
    steps_per_epoch: Int
    epochs: Int
    baselines: dict[str, Real] | None = None
    """Validation MSE on the same split without a model: `global_mean`, and `biases` with it."""
    notes: list[str] | None = None
    """What the user should know of how the model was loaded."""


@dataclass(frozen=True)
class Resumed(Event):
    """Training goes on from a checkpoint; steps and epochs after `step` are undone."""

    event: ClassVar[str] = "resumed"
    run: str
    time: Moment
    pid: Int
    host: str
    device: str
    step: Int
    epoch: Int
    aside: str = ""
    """The names that checkpoints are kept under where it goes on from another than the last."""


@dataclass(frozen=True)
class Step(Event):
    """The steps since the last such event; losses are mean squared errors of the batches."""

    event: ClassVar[str] = "step"
    step: Int
    """Steps done, counted from 1."""
    loss: Real
    """Mean over the steps reported."""
    low: Real
    high: Real
    smooth: Real
    """Debiased exponentially weighted average as of this step (lesson 5, decay 0.98)."""
    learning_rate: Real | None
    """None where training has no such thing; so in the epochs' events."""
    seconds: Seconds
    """Time spent training, pauses left out."""
    tenth: Real | None = None
    """A tenth of the losses are at most this; of `ninetieth`, nine tenths. None in older runs."""
    ninetieth: Real | None = None


@dataclass(frozen=True)
class Epoch(Event):
    """The end of one pass over the training ratings; errors in squared rating units."""

    event: ClassVar[str] = "epoch"
    epoch: Int
    """Counted from 1."""
    step: Int
    train_loss: Real
    """Mean squared error over the epoch, as it was when each batch was met."""
    valid_mse: Real | None
    """Of the model's own output, as the lesson reports it; none where nothing is held out."""
    valid_rmse: Real | None
    valid_mse_clipped: Real | None
    """With predictions cut to the range of the ratings."""
    unseen_pairs: Int
    unseen_mse: Real | None
    """Of the held-out pairs whose user or item has no training rating."""
    learning_rate: Real | None
    seconds: Seconds
    """Time this epoch took, evaluation left out."""
    train_seconds: Seconds
    recall: Real | None = None
    """Share of what users were found to like that is in their top 20: mean of `list_users`."""
    ndcg: Real | None = None
    """NDCG of the same lists (Järvelin and Kekäläinen 2002)."""
    list_users: Int = 0
    """Users whose lists were judged, the same ones in every epoch of a run."""
    most_liked_ndcg: Real | None = None
    """What the items that most liked in training, the same for all, have with these users."""
    no_lists: str = ""
    """Why no lists are judged, in the epoch that found it out."""
    saturated: Real | None = None
    """Share of predictions within 1 % of the range from one of its ends, among the held-out
    ratings that are not; none in a run of an older version, or where all ratings are."""
    draw_mse: Real | None = None
    """Clipped, of the last draw alone, where `valid_mse` is of the mean of draws; else none."""
    noise: Real | None = None
    """Variance of the ratings around what that draw predicts, as it believes; else none."""


@dataclass(frozen=True)
class Control(Event):
    """A wish was obeyed, refused or discarded."""

    event: ClassVar[str] = "control"
    time: Moment
    step: Int
    wish: str
    value: Real | None
    sender: str
    sent_ns: Int
    outcome: str
    """`obeyed`, or why it was not."""


@dataclass(frozen=True)
class Device(Event):
    """A look at the device that trains; fields as in `cftui.devices.DeviceReading`."""

    event: ClassVar[str] = "device"
    brief: ClassVar[bool] = True
    CONSTANT: ClassVar[tuple[str, ...]] = ("name", "memory_total", "cores")
    """Fields that hold for later events of the same label, which leave them out."""
    time: Moment
    """Seconds since 1970."""
    label: str
    name: str = ""
    use: Real | None = None
    memory_used: Int | None = None
    memory_total: Int | None = None
    power: Real | None = None
    temperature: Real | None = None
    cores: Int | None = None
    own_cores: Real | None = None

    def after(self, earlier: "Device | None") -> "Device":
        """Return this reading with what an earlier one of the same device told for good."""
        if earlier is None or earlier.label != self.label:
            return self
        told = {name: getattr(self, name) or getattr(earlier, name) for name in self.CONSTANT}
        return replace(self, **told)


@dataclass(frozen=True)
class Checkpointed(Event):
    """The state after `step` is safe on disk."""

    event: ClassVar[str] = "checkpoint"
    step: Int
    epoch: Int
    seconds: Seconds
    """How long the writing took."""


@dataclass(frozen=True)
class Failed(Event):
    """Training ended by a fault; the last checkpoint stands."""

    event: ClassVar[str] = "failed"
    run: str
    time: Moment
    step: Int
    message: str
    """What happened and what to do."""


@dataclass(frozen=True)
class Finished(Event):
    """Training ended as asked: all epochs done, or stopped with a checkpoint."""

    event: ClassVar[str] = "finished"
    run: str
    time: Moment
    outcome: str
    """`finished` or `stopped`."""
    epochs: Int
    """Whole epochs done."""
    step: Int
    valid_mse: Real | None
    """At the end of the last whole epoch, as the other errors here."""
    valid_rmse: Real | None
    valid_mse_clipped: Real | None
    best_valid_mse: Real | None
    best_epoch: Int | None
    unseen_pairs: Int
    unseen_mse: Real | None
    train_seconds: Seconds
    wall_seconds: Seconds
    """From the start of the process that ended it."""
    signal: Int | None = None
    """The signal that stopped it; none where a wish or the last epoch did."""
    why: str = ""
    """Why it finished before its last epoch; empty where it did not."""
    baselines: dict[str, Real] | None = None
    """As in `Started`."""


KINDS: dict[str, type[Event]] = {
    kind.event: kind
    for kind in (
        Started,
        Resumed,
        Step,
        Epoch,
        Control,
        Device,
        Checkpointed,
        Failed,
        Finished,
    )
}


_KIND = re.compile(rb'\s*\{\s*"event"\s*:\s*"(\w+)"')
"""The word that every line begins with."""


@lru_cache(maxsize=32)
def _adapter(word: bytes) -> "TypeAdapter[Event] | None":
    kind = KINDS.get(word.decode())
    return None if kind is None else TypeAdapter(kind)


def to_json(event: Event) -> str:
    """Return the event as one line of JSON without its newline."""
    return json.dumps(as_row(event), separators=(",", ":"))


def from_json(line: str | bytes) -> Event | None:
    """Return the event of a line; none for a damaged line or a kind that is not known here."""
    raw = line.encode() if isinstance(line, str) else line
    word = _KIND.match(raw)
    adapter = _adapter(word[1]) if word else None
    if adapter is None:
        return None
    try:
        return adapter.validate_json(raw, strict=True)
    except (ValidationError, RecursionError, MemoryError):
        return None


def as_row(event: Event) -> dict[str, Any]:
    """Return the event as a mapping, its kind under `event`."""
    values = asdict(event)
    if event.brief:
        values = {name: value for name, value in values.items() if value not in (None, "")}
    return {"event": event.event, **values}
