"""A pseudo-terminal with the real command in it, and the processes that belong to a home."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pexpect
import psutil
import pyte

from cftui.paths import HOME_VARIABLE

CFTUI = (sys.executable, "-m", "cftui.cli")
PATIENCE = 120.0
"""Seconds; a busy machine takes this long to import torch."""

NOT_INHERITED = ("NO_COLOR", "SSH_CONNECTION", "COLUMNS", "LINES")
"""Of these the last two would beat the terminal's own size; pytest-xdist sets them."""

SMALL = {"model": {"n_factors": 4}, "training": {"batch_size": 1024, "epochs": 2, "threads": 1}}
"""A run that takes less than a second once torch is there."""
LONG = {**SMALL, "training": {**SMALL["training"], "epochs": 100_000}}


def environment(home: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return this process's environment, for a terminal of many colours and a home of its own."""
    outer = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
    own = {"TERM": "xterm-256color", "COLORTERM": "truecolor", HOME_VARIABLE: str(home)}
    return {**outer, "LANG": "C.UTF-8", **own, **(extra or {})}


class Terminal:
    """Types into a command and reads what it drew; looks until it sees, never for a fixed time."""

    def __init__(
        self,
        home: Path,
        *arguments: str,
        columns: int = 120,
        rows: int = 40,
        command: Sequence[str] = CFTUI,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        self.home = home
        self.raw = b""
        """Everything the command has sent."""
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        words = [*command, *arguments]
        self.child = pexpect.spawn(
            words[0],
            words[1:],
            cwd=cwd,
            env=environment(home, env),
            dimensions=(rows, columns),
        )
        self.child.delaybeforesend = None

    @property
    def lines(self) -> list[str]:
        """The screen as it stands, line by line."""
        # Not `display`, which stumbles over a wide character half of which was drawn over.
        rows, columns = self._screen.lines, self._screen.columns
        cells = self._screen.buffer
        return ["".join(cells[y][x].data for x in range(columns)) for y in range(rows)]

    @property
    def text(self) -> str:
        """The screen as it stands."""
        return "\n".join(self.lines)

    def area(self, top: str, left: int = 0, height: int = 1) -> str:
        """Return `height` lines below the first that holds `top`, from a column on."""
        first = next((n for n, line in enumerate(self.lines) if top in line), len(self.lines))
        return "\n".join(line[left:] for line in self.lines[first + 1 : first + 1 + height])

    def style(self, line: int, column: int) -> tuple[object, ...]:
        """Return how a cell is drawn: colours, bold, reverse."""
        cell = self._screen.buffer[line][column]
        return cell.fg, cell.bg, cell.bold, cell.reverse

    def read(self, seconds: float = 0.05) -> bool:
        """Take in what comes within a time; False once the command has closed the terminal."""
        try:
            data = self.child.read_nonblocking(1 << 16, timeout=seconds)
        except pexpect.TIMEOUT:
            return True
        except pexpect.EOF:
            return False
        self.raw += data
        self._stream.feed(data)
        return True

    def wait(
        self, *wanted: str | Callable[[], Any], gone: str = "", patience: float = PATIENCE
    ) -> None:
        """Read until all that is wanted is on screen, or true, and `gone` is not there."""
        end = time.monotonic() + patience
        while not (self._all(wanted) and not (gone and gone in self.text)):
            assert time.monotonic() < end, f"waited in vain for {wanted}:\n{self.text}"
            if not self.read() and not self._all(wanted):
                raise AssertionError(f"ended before {wanted}:\n{self.text}")

    def _all(self, wanted: Sequence[str | Callable[[], Any]]) -> bool:
        return all(one in self.text if isinstance(one, str) else one() for one in wanted)

    def send(self, keys: str) -> None:
        """Type keys; special ones as their escape sequences."""
        self.child.send(keys)

    def resize(self, columns: int, rows: int) -> None:
        """Change the terminal's size."""
        self._screen.resize(rows, columns)
        self.child.setwinsize(rows, columns)

    def end(self) -> int | None:
        """Read to the end; return the exit code, none where a signal ended it."""
        end = time.monotonic() + PATIENCE
        while self.read():
            assert time.monotonic() < end, f"did not end:\n{self.text}"
        self.child.wait()
        return self.child.exitstatus

    def kill(self) -> None:
        """End the command without a word."""
        self.child.kill(signal.SIGKILL)
        self.child.wait()

    def hang_up(self) -> None:
        """Close the terminal, as a lost connection does: the command gets SIGHUP."""
        self.child.ptyproc.fileobj.close()
        with contextlib.suppress(pexpect.ExceptionPexpect):
            self.child.wait()


def processes(home: Path) -> dict[int, str]:
    """Return the living processes of a home: their ids and command lines."""
    found = {}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            ours = process.environ().get(HOME_VARIABLE) == str(home)
            if ours and process.status() != psutil.STATUS_ZOMBIE:
                found[process.pid] = " ".join(process.cmdline())
    return found


def trainers(home: Path) -> dict[int, str]:
    """Return the living trainers of a home; one that goes on with a run is one as well."""
    starts = (" train ", " runs resume ")
    return {
        pid: words
        for pid, words in processes(home).items()
        if any(start in f"{words} " for start in starts)
    }


def end_processes(home: Path) -> None:
    """Kill whatever a home still runs."""
    for pid in processes(home):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def busy() -> float:
    """Return how many times slower than alone on it the machine starts a process; 1 at least."""
    began = time.monotonic()
    subprocess.run([sys.executable, "-S", "-c", ""], check=True)
    return max(1.0, (time.monotonic() - began) / 0.1)


def until(true: Callable[[], Any], patience: float = PATIENCE) -> None:
    """Wait for something that another process does."""
    end = time.monotonic() + patience
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def remember(home: Path, settings: dict[str, dict[str, object]]) -> None:
    """Let the form begin with these settings."""
    folder = home / "state"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "session.json").write_text(json.dumps({"settings": settings}))


def call(home: Path, *words: str) -> str:
    """Run a command of the shell; return what it printed."""
    done = subprocess.run(
        [*CFTUI, *words], env=environment(home), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


Open = Callable[..., Terminal]
"""Opens the screen in a home, with arguments and a size."""
