"""When the screen's garbage is collected: little and often, never all that there is at once."""

import gc
import time
from collections.abc import Callable

NEVER = 1_000_000_000
IDLE_SECONDS, LONG_IDLE_SECONDS = 1.0, 30.0
"""Without a key for so long, nobody waits for the next one; nobody is there."""
WORTH, MOST = 3, 8
"""Collections of younger objects that have passed some on: what is worth a pause, what needs one.

A younger collection passes on 7,700 objects at most, few of which are left by the time of a pause.
"""
WORTH_ALL, MOST_ALL = 100_000, 1_000_000
"""Objects left out since all were looked at: what is worth a look at all, what needs one."""


class Collecting:
    """Python's own full collections take 50 ms at first, and 250 ms of what a long session has.

    Here what has outlived one collection is left out of those that follow, so that each takes as
    long as what is new, some 20 ms. They come where no key came of late, at the latest after some
    tens of thousands of objects. All are looked at again where nobody has typed for long.
    """

    def __init__(self, tidy: Callable[[], None]) -> None:
        """`tidy` is called before each collection, and drops what need not be kept."""
        self._tidy = tidy
        self._threshold = gc.get_threshold()
        self._key_at = 0.0
        self._least = self._left_out = 0
        self._on = False

    def begin(self) -> None:
        """Leave full collections to `poll`."""
        self._on, self._threshold = True, gc.get_threshold()
        self._key_at = time.monotonic()
        gc.set_threshold(*self._threshold[:2], NEVER)

    def settle(self) -> None:
        """Leave what there is now out of the collections to come."""
        if self._on:
            gc.freeze()
            self._least = self._left_out = gc.get_freeze_count()

    def key_came(self) -> None:
        """Take note that somebody types."""
        self._key_at = time.monotonic()

    def poll(self) -> None:
        """Collect where that is due."""
        if not self._on:
            return
        idle = time.monotonic() - self._key_at
        more = self._left_out - self._least
        if more > (WORTH_ALL if idle > LONG_IDLE_SECONDS else MOST_ALL):
            gc.unfreeze()
            self._collect()
            self._least = self._left_out
        elif gc.get_count()[2] >= (WORTH if idle > IDLE_SECONDS else MOST):
            self._collect()

    def _collect(self) -> None:
        self._tidy()
        gc.collect()
        gc.freeze()
        self._left_out = gc.get_freeze_count()

    def end(self) -> None:
        """Leave all to Python again."""
        if self._on:
            self._on = False
            gc.unfreeze()
            gc.set_threshold(*self._threshold)
