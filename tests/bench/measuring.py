"""What the measurements share: a command in a pseudo-terminal whose output is noted with times."""

import fcntl
import os
import pty
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pyte

sys.path.insert(0, str(Path(__file__).parents[1]))
from terminal import end_processes, environment

COLUMNS, ROWS = 120, 40


class Pty:
    """A command in a pseudo-terminal; every piece of its output is kept with its arrival time."""

    def __init__(
        self, command: Sequence[str], home: Path, env: Mapping[str, str] | None = None
    ) -> None:
        self.pieces: list[tuple[float, bytes]] = []
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self._screen)
        self._fed = 0
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.began = time.perf_counter()
        self.process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment(home, env),
            start_new_session=True,
        )
        os.close(slave)
        self._master = master

    def read(self, seconds: float) -> None:
        """Take in what comes within a time."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            if not select.select([self._master], [], [], left)[0]:
                return
            try:
                data = os.read(self._master, 1 << 16)
            except OSError:
                return
            self.pieces.append((time.perf_counter(), data))

    def read_until(self, true: Callable[[bytes], bool], patience: float = 60.0) -> float:
        """Read until the output so far fulfils a condition; return when that piece came."""
        seen = b"".join(data for _, data in self.pieces)
        end, taken = time.perf_counter() + patience, len(self.pieces)
        while not true(seen):
            if time.perf_counter() > end:
                raise TimeoutError(f"not seen in {patience:g} s; the end is {seen[-500:]!r}")
            self.read(0.001)
            seen += b"".join(data for _, data in self.pieces[taken:])
            taken = len(self.pieces)
        return self.pieces[-1][0]

    def write(self, keys: bytes) -> float:
        """Type keys; return when."""
        now = time.perf_counter()
        os.write(self._master, keys)
        return now

    def screen(self) -> pyte.Screen:
        """Return the screen as it stands."""
        for _, data in self.pieces[self._fed :]:
            self._stream.feed(data)
        self._fed = len(self.pieces)
        return self._screen

    def wait_for_text(self, *words: str, patience: float = 60.0) -> None:
        """Read until the screen shows all words."""
        end = time.perf_counter() + patience
        while True:
            text = "\n".join(self.screen().display)
            if all(word in text for word in words):
                return
            if time.perf_counter() > end:
                raise TimeoutError(f"{words} not seen:\n{text}")
            self.read(0.5)

    def bytes_between(self, start: float, end: float) -> int:
        """Return how many bytes came in a span of time."""
        return sum(len(data) for at, data in self.pieces if start <= at < end)

    def kill(self) -> None:
        """End the command at once."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self._master)


def a_home() -> Iterator[Path]:
    """Yield user folders of our own, emptied of processes and files afterwards."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that this too tidies up
    with tempfile.TemporaryDirectory(prefix="cftui-bench-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        try:
            yield home
        finally:
            end_processes(home)


def latencies(
    keys: Sequence[tuple[float, object]], seen: Sequence[tuple[float, object]]
) -> list[float]:
    """Return milliseconds from each key to the output that shows where it, or a later one, leads.

    `keys` are when and whereto, `seen` when and where; a key may come before the last was drawn.
    """
    took, after = [], 0
    for place, (at, _) in enumerate(keys):
        while after < len(seen) and seen[after][0] <= at:
            after += 1
        for shown_at, where in seen[after:]:
            if any(where == to for when, to in keys[place : place + 20] if when < shown_at):
                took.append(1000 * (shown_at - at))
                break
        else:
            took.append(float("inf"))
    return took


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that `share` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def spread(values: Sequence[float]) -> str:
    """Return the median with the quartiles, three decimals."""
    low, high = percentile(values, 0.25), percentile(values, 0.75)
    return f"{statistics.median(values):.3f} ({low:.3f}..{high:.3f})"


def verdict(name: str, value: float, bound: float, *, at_most: bool = True) -> bool:
    """Print a figure with its bound; tell whether it holds."""
    holds = value <= bound if at_most else value >= bound
    sign = "<=" if at_most else ">="
    print(f"{'ok    ' if holds else 'BROKEN'} {name}: {value:.4g} {sign} {bound:g}")
    return holds


def busy() -> str:
    """Return the machine's load, which every figure here depends on."""
    load = os.getloadavg()[0]
    return f"load {load:.2f} on {os.cpu_count()} cores"
