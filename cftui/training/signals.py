"""What signals mean to a trainer: a lost terminal nothing, the first ctrl+c a stop, the second an
end at once.
"""

import os
import signal
from collections.abc import Callable
from types import FrameType


class StopSignals:
    """Counts SIGINT and SIGTERM; ignores SIGHUP, so that a lost connection costs nothing."""

    def __init__(self, at_second: Callable[[], None]) -> None:
        """Install the handlers; `at_second` runs before the process ends at the second signal."""
        self.received: int | None = None
        """The first signal's number."""
        self._at_second = at_second
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._handle)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.received is None:
            self.received = number
            return
        try:
            self._at_second()
        finally:
            os._exit(128 + number)

    def __call__(self) -> bool:
        """Return whether to stop."""
        return self.received is not None
