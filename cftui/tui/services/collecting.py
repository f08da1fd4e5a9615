"""When the screen's garbage is collected: little and often, never all that there is at once."""

import gc
import sys
import time
from collections.abc import Callable

NEVER = 1_000_000_000
IDLE_SECONDS = 1.0
"""Without a key for so long, nobody waits for the next one."""
WORTH, MOST = 3, 8
"""Collections of younger objects that have passed some on: what is worth a pause, what needs one.

A younger collection passes on 7,700 objects at most, few of which are left by the time of a pause.
"""


class Collecting:
    """Python's own full collections take 50 ms at first, and 250 ms of what a long session has.

    Left out of them are modules, and what there is beside them whenever more have been imported:
    panes, mostly, which stay. The rest is collected where no key came of late, at the latest after
    some tens of thousands of objects.
    """

    def __init__(self, tidy: Callable[[], None]) -> None:
        """`tidy` is called before each collection, and drops what need not be kept."""
        self._tidy = tidy
        self._threshold = gc.get_threshold()
        self._key_at = 0.0
        self._modules = 0
        self._on = False

    def begin(self) -> None:
        """Leave full collections to `poll`."""
        self._on, self._threshold = True, gc.get_threshold()
        gc.set_threshold(*self._threshold[:2], NEVER)

    def settle(self) -> None:
        """Leave what there is now out of all collections to come."""
        if self._on:
            self._modules = len(sys.modules)
            gc.freeze()

    def key_came(self) -> None:
        """Take note that somebody types."""
        self._key_at = time.monotonic()

    def poll(self) -> None:
        """Collect where that is due."""
        passed_on = gc.get_count()[2]
        idle = time.monotonic() - self._key_at > IDLE_SECONDS
        if self._on and passed_on >= (WORTH if idle else MOST):
            self._tidy()
            gc.collect()
            if len(sys.modules) > self._modules:
                self.settle()

    def end(self) -> None:
        """Leave all to Python again."""
        if self._on:
            self._on = False
            gc.unfreeze()
            gc.set_threshold(*self._threshold)
