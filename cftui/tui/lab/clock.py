"""The clock of a descent that goes on by itself."""

from collections.abc import Callable

from textual.timer import Timer
from textual.widget import Widget

TICK = 0.2
"""Seconds between two looks at what is to be done."""


class StepClock:
    """Says now and then how many steps are due."""

    def __init__(self, owner: Widget, look: Callable[[], None]) -> None:
        """Call `look` at each tick of a timer of the owner's, while it runs."""
        self._owner, self._look = owner, look
        self._timer: Timer | None = None
        self._due = 0.0

    @property
    def running(self) -> bool:
        """Whether steps become due."""
        return self._timer is not None

    def start(self) -> None:
        """Have steps become due, the first at once."""
        self._due = 1.0
        self._timer = self._owner.set_interval(TICK, self._look)

    def stop(self) -> None:
        """Have no more steps become due."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def due(self, speed: float) -> int:
        """Return the whole steps that a tick adds, at so many a second, and forget them."""
        self._due += speed * TICK
        whole = int(self._due + 1e-9)
        self._due -= whole
        return whole
