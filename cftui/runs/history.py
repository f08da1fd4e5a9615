"""A run's story so far, gathered from its events: curves, epochs, how it ended."""

from array import array
from bisect import bisect_right
from collections.abc import Iterable
from math import nan
from pathlib import Path

from cftui.runs.events import (
    Control,
    Device,
    Epoch,
    Event,
    Failed,
    Finished,
    Resumed,
    Started,
    Step,
)
from cftui.runs.interventions import Intervention, take


class Curve:
    """Columns of the step events, equally long; steps rise."""

    def __init__(self) -> None:
        self.step = array("q")
        self.loss = array("d")
        self.low = array("d")
        self.high = array("d")
        self.smooth = array("d")
        self.learning_rate = array("d")
        self.seconds = array("d")
        self.tenth = array("d")
        self.ninetieth = array("d")

    def __len__(self) -> int:
        return len(self.step)

    def append(self, event: Step) -> None:
        """Add one step event at the end."""
        self.step.append(event.step)
        for name, column in vars(self).items():
            if name != "step":
                value = getattr(event, name)
                column.append(nan if value is None else value)

    def rewind(self, step: int) -> None:
        """Drop everything after a step."""
        keep = bisect_right(self.step, step)
        for column in vars(self).values():
            del column[keep:]


class History:
    """What the events of a run add up to; `feed` it as they come."""

    def __init__(self) -> None:
        self.started: Started | None = None
        self.curve = Curve()
        self.epochs: list[Epoch] = []
        self.interventions: list[Intervention] = []
        """What was done to it while it was live, without what a death undid; steps may repeat."""
        self.device: Device | None = None
        """The newest reading of the device."""
        self.end: Finished | Failed | None = None
        self.whole = False
        """Whether the file was read to its end once: until then nothing is known to be missing."""
        self.version = 0
        """Rises with every event, so that a view knows when to draw anew."""

    @property
    def step(self) -> int:
        """Return the number of steps done, as far as reported."""
        reported = self.curve.step[-1] if len(self.curve) else 0
        return max(reported, self.epochs[-1].step if self.epochs else 0)

    @property
    def baselines(self) -> dict[str, float]:
        """Return validation errors without a model, as `Started` tells; empty if unmeasured."""
        told = self.started.baselines if self.started else None
        return told or (self.end.baselines if isinstance(self.end, Finished) else None) or {}

    @property
    def train_seconds(self) -> float:
        """Return the time spent training, pauses left out."""
        return self.curve.seconds[-1] if len(self.curve) else 0.0

    @property
    def steps_per_second(self) -> float | None:
        """Return the speed over about the last 5 s of training; none before two reports."""
        seconds, steps = self.curve.seconds, self.curve.step
        if len(steps) < 2:
            return None
        first = min(bisect_right(seconds, seconds[-1] - 5.0), len(steps) - 2)
        elapsed = seconds[-1] - seconds[first]
        return (steps[-1] - steps[first]) / elapsed if elapsed > 0 else None

    def feed(self, events: Iterable[Event]) -> None:
        """Take in further events, in the order of the file."""
        for event in events:
            self._take(event)
            self.version += 1

    def _take(self, event: Event) -> None:
        match event:
            case Step():
                self.curve.append(event)
            case Epoch():
                self.epochs.append(event)
            case Device():
                self.device = event.after(self.device)
            case Started():
                self.started = event
            case Control():
                take(self.interventions, event)
            case Resumed():
                take(self.interventions, event)
                self.curve.rewind(event.step)
                self.epochs = [epoch for epoch in self.epochs if epoch.step <= event.step]
                self.end = None
            case Finished() | Failed():
                take(self.interventions, event)
                self.end = event


def read_history(path: Path) -> History:
    """Return the history in an events file, read to its present end."""
    from cftui.runs.event_log import read_events

    history = History()
    history.feed(read_events(path))
    history.whole = True
    return history
