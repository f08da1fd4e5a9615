"""The screen under watch: writes how long its event loop stood still, and where, as JSON lines.

`python watched.py DATA` opens what `cftui DATA` opens. WATCHED_LOG names the file that the lines
are added to. Nothing in the package knows of this.
"""

import asyncio
import gc
import json
import os
import signal
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

BEAT_SECONDS = 0.04
SAMPLE_SECONDS = 0.05
STALL_SECONDS = 0.25
HANG_SECONDS = 20.0
MEMORY_SECONDS = 10.0
DEEPEST = 14
"""Frames of a stack that are kept, the innermost."""


class Watch:
    """Asks the event loop for a sign of life over and over, from a thread of its own."""

    def __init__(self, path: str) -> None:
        self._file = Path(path).open("a", buffering=1, encoding="utf-8")  # noqa: SIM115
        self._main = threading.main_thread().ident or 0
        self._clock = time.pthread_getcpuclockid(self._main)
        self._lock = threading.Lock()
        self._collected: list[tuple[float, float, float, int]] = []
        self._collecting = (0.0, 0.0)

    def tell(self, kind: str, **words: Any) -> None:
        """Write a line."""
        with self._lock:
            self._file.write(json.dumps({"kind": kind, "at": time.monotonic(), **words}) + "\n")

    def on_collection(self, phase: str, about: dict[str, int]) -> None:
        """Time a garbage collection: by the clock, and what its thread computed."""
        if phase == "start":
            self._collecting = time.monotonic(), time.thread_time()
            return
        began, cpu = self._collecting
        took, cpu = time.monotonic() - began, time.thread_time() - cpu
        self._collected.append((began, took, cpu, about["generation"]))
        if about["generation"] == 2 or took > 0.02:
            main = threading.get_ident() == self._main
            words = {"took": took, "cpu": cpu, "generation": about["generation"], "main": main}
            # Not by `tell`: a collection may come while this very thread holds the lock.
            line = json.dumps({"kind": "collection", "at": began, **words})
            self._file.write(line + "\n")

    def follow(self, loop: asyncio.AbstractEventLoop) -> None:
        """Watch a loop until it is closed."""
        shown = 0.0
        while not loop.is_closed():
            if not self._beat(loop):
                return
            if time.monotonic() - shown > MEMORY_SECONDS:
                shown = time.monotonic()
                self.tell("memory", rss=_rss(), objects=len(gc.get_objects()))
            time.sleep(BEAT_SECONDS)

    def _beat(self, loop: asyncio.AbstractEventLoop) -> bool:
        answered = threading.Event()
        began, cpu, all_cpu = time.monotonic(), self._cpu(), time.process_time()
        try:
            loop.call_soon_threadsafe(answered.set)
        except RuntimeError:  # closed
            return False
        stacks: list[list[str]] = []
        told = False
        while not answered.wait(SAMPLE_SECONDS):
            stacks.append(self._stack())
            if not told and time.monotonic() - began > HANG_SECONDS:
                told = True
                self.tell("hang", stack=stacks[-1])
            if loop.is_closed() or not loop.is_running():
                return False
        took = time.monotonic() - began
        if took > STALL_SECONDS:
            spent = sum(t for at, t, _, _ in self._collected if at + t > began)
            self.tell(
                "stall",
                took=took,
                cpu=self._cpu() - cpu,
                all_cpu=time.process_time() - all_cpu,
                collecting=spent,
                load=os.getloadavg()[0],
                stacks=stacks[:6],
            )
        self._collected = [each for each in self._collected if each[0] > began]
        return True

    def _cpu(self) -> float:
        return time.clock_gettime(self._clock)

    def _stack(self) -> list[str]:
        frame = sys._current_frames().get(self._main)
        frames = traceback.extract_stack(frame)[-DEEPEST:] if frame else []
        return [
            f"{each.filename.split('site-packages/')[-1]}:{each.lineno} {each.name}"
            for each in frames
        ]


def keys_waiting() -> list[str]:
    """Return what each app here does with keys: those waiting, for what, and the screens."""
    found = []
    gc.unfreeze()  # else the app would not be among what is collected
    for each in gc.get_objects():
        if type(each).__name__ == "KeyOrder":
            app, waiting = each._app, [getattr(key, "key", "paste") for key in each._burst]
            found.append(
                f"{len(waiting)} keys {waiting[:5]}, behind {each._follower}, held {each._hold}"
                f" for {each._holder}, closed {each._closed}; {app.focused} of {app.screen_stack};"
                f" {app._message_queue.qsize()} messages; drawn by {app._batch_count}"
            )
    return found


def _rss() -> int:
    """Return the bytes of memory that this process has in use."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    """Open the screen with a watch on its event loop."""
    watch = Watch(os.environ["WATCHED_LOG"])
    gc.callbacks.append(watch.on_collection)
    signal.signal(signal.SIGUSR2, lambda *_: watch.tell("keys", words=keys_waiting()))
    run_forever = asyncio.BaseEventLoop.run_forever

    def watched(loop: asyncio.BaseEventLoop) -> None:
        threading.Thread(target=watch.follow, args=(loop,), daemon=True).start()
        run_forever(loop)

    asyncio.BaseEventLoop.run_forever = watched  # type: ignore[method-assign]
    from cftui.cli import main as cftui

    cftui(sys.argv[1:])


if __name__ == "__main__":
    main()
