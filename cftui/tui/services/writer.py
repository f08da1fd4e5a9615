"""Small files that the screen writes while it goes on: no key waits for a disk to be sure."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

Work = Callable[[], None]
Failed = Callable[[OSError], None]


class Writer:
    """Writes in a thread, in the order of asking; Python waits for it at its end."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "writer")
        self._waiting: dict[str, tuple[Work, Failed | None]] = {}
        self._changing = threading.Lock()

    def soon(self, file: str, work: Work, failed: Failed | None = None) -> None:
        """Have a file written; what waited to be written to it by then is not needed any more.

        `failed` is told in the event loop of a disk that refuses; without it, that is kept quiet.
        """
        if failed is not None:
            failed = _in_loop(asyncio.get_running_loop(), failed)
        with self._changing:
            waits = file in self._waiting
            self._waiting[file] = work, failed
        if not waits:
            self._thread.submit(self._write, file)

    def flush(self) -> None:
        """Wait until all that was asked for is written."""
        self._thread.submit(lambda: None).result()

    def _write(self, file: str) -> None:
        with self._changing:
            work, failed = self._waiting.pop(file)
        try:
            work()
        except OSError as error:
            if failed is not None:
                failed(error)


def _in_loop(loop: asyncio.AbstractEventLoop, failed: Failed) -> Failed:
    def tell(error: OSError) -> None:
        with contextlib.suppress(RuntimeError):  # the screen has ended
            loop.call_soon_threadsafe(failed, error)

    return tell
