"""Following a trainer from here: its events as they come, and how it ends."""

import time
from collections.abc import Callable

from cftui.printing import put
from cftui.runs.directory import Run
from cftui.runs.event_log import EventTail
from cftui.runs.events import Epoch, Event, Failed, Finished, Resumed, Started

POLL_SECONDS = 0.05
KINDS = (Started, Resumed, Epoch, Failed, Finished)
HEAD = (
    f"{'epoch':>5}  {'train loss':>10}  {'valid MSE':>9}  {'RMSE':>7}  {'recall@20':>9}"
    f"  {'NDCG@20':>7}  {'seconds':>7}"
)


def events_of(run: Run, *, from_now: bool = False) -> EventTail:
    """Return a reader of what tells of a run's course; `from_now` passes over what was."""
    tail = EventTail(run.events, *KINDS)
    while from_now and tail.read():
        pass
    return tail


def follow(
    tail: EventTail, going: Callable[[], bool], *, progress: bool
) -> Finished | Failed | None:
    """Wait until `going` says that a run has ended; return its last word, none if it died without.

    `progress` prints a line an epoch.
    """
    end: Finished | Failed | None = None
    while True:
        # Looked at before the events are read: what is written until the end is not missed.
        live = going()
        events = tail.read()
        for event in events:
            if progress:
                _print(event)
            if isinstance(event, Finished | Failed):
                end = event
            elif isinstance(event, Resumed):
                end = None
        if not events and not live:
            return end
        if not events:
            time.sleep(POLL_SECONDS)


def _print(event: Event) -> None:
    match event:
        case Started():
            put(
                f"run {event.run} on {event.device}: {event.parameter_count:,} parameters,"
                f" {event.n_train:,} ratings to train on, {event.n_valid:,} held out"
            )
            for note in event.notes or ():
                put(note)
            put(HEAD)
        case Resumed():
            put(f"run {event.run} goes on from step {event.step:,} on {event.device}")
            put(HEAD)
        case Epoch():
            put(
                f"{event.epoch:>5}  {event.train_loss:>10.4f}  {_error(event.valid_mse):>9}"
                f"  {_error(event.valid_rmse):>7}  {_share(event.recall):>9}"
                f"  {_share(event.ndcg):>7}  {event.seconds:>7.1f}",
            )
            if event.no_lists:
                put(event.no_lists)


def _error(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
