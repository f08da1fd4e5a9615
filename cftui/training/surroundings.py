"""What surrounds training in its process: the log and the heartbeat."""

import contextlib
import faulthandler
import logging
import os
import threading
from collections.abc import Iterator
from typing import TextIO

from cftui.modes import open_kept
from cftui.runs.directory import Run
from cftui.runs.lock import RunLock

HEARTBEAT_SECONDS = 2.0


class _QuietHandler(logging.StreamHandler[TextIO]):
    """Writes to a file; a log that cannot be written is no reason to end."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Say nothing."""


@contextlib.contextmanager
def log_to(run: Run) -> Iterator[None]:
    """Send log and crash reports to the run's log.txt; without one where the disk refuses."""
    root = logging.getLogger()
    try:
        file = os.fdopen(open_kept(run.log, os.O_WRONLY | os.O_APPEND), "a", encoding="utf-8")
    except OSError:
        # Else Python prints what nobody takes, tracebacks too.
        nowhere = logging.NullHandler()
        root.addHandler(nowhere)
        try:
            yield
        finally:
            root.removeHandler(nowhere)
        return
    handler = _QuietHandler(file)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    root.addHandler(handler)
    faulthandler.enable(file)
    try:
        yield
    finally:
        faulthandler.disable()
        root.removeHandler(handler)
        with contextlib.suppress(OSError):
            file.close()


@contextlib.contextmanager
def heartbeat(lock: RunLock) -> Iterator[None]:
    """Touch the lock file while the process lives, also while it imports, evaluates or waits."""
    done = threading.Event()

    def beat() -> None:
        while not done.wait(HEARTBEAT_SECONDS):
            with contextlib.suppress(OSError):
                lock.beat()

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
