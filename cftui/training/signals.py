"""What signals mean to a trainer: a lost terminal nothing, the first ctrl+c a stop, the second an
end at once.
"""

import os
import signal
from collections.abc import Callable
from types import FrameType
from typing import Any, Self


def ignore_hangup() -> None:
    """Let a lost connection cost nothing from here on."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


class StopSignals:
    """Counts SIGINT and SIGTERM within a `with` block."""

    def __init__(self, at_second: Callable[[], None]) -> None:
        """Take what to do before the process ends at the second signal."""
        self.received: int | None = None
        """The first signal's number."""
        self._at_second = at_second
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

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
