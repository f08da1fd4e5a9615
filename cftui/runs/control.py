"""Wishes: what a screen or a shell asks of a live run, one file each."""

import contextlib
import getpass
import json
import math
import os
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal, get_args

from cftui.files import held, replace_file
from cftui.modes import new_folder
from cftui.regular import check_regular, read_regular, refuse_link

WishKind = Literal["pause", "resume", "stop", "checkpoint", "learning-rate"]

SETTLE_NS = 10_000_000
"""A wish is read when it is this old: listing a folder may miss one that came a moment before."""
TURN_SECONDS = 0.1
"""How long a sender waits for the others; one that was halted in its turn must not hold it up."""
MOST_BYTES = 65_536
"""Of a wish."""
UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Wish:
    """Something asked of a trainer."""

    kind: WishKind
    value: float | None = None
    """The new base learning rate, for `learning-rate`."""
    sender: str = ""
    sent_ns: int = 0
    """When it was sent, in nanoseconds since 1970, by its sender's clock."""
    meant_for_another: bool = False
    """Whether it lay there before this trainer came."""

    @property
    def objection(self) -> str | None:
        """Return why the wish makes no sense; none if it does."""
        if self.kind == UNREADABLE:
            return f"refused: {self.sender} is not a wish"
        if self.kind not in get_args(WishKind):
            return f"refused: no such wish as {self.kind!r}"
        if self.kind == "learning-rate" and not (
            self.value is not None and math.isfinite(self.value) and self.value > 0
        ):
            return "refused: a learning rate is a number above 0"
        return None


_last_ns = 0
_lock = threading.Lock()


def _next_ns() -> int:
    """Return the time in nanoseconds, later than at any call before in this process."""
    global _last_ns  # noqa: PLW0603 - one clock a process
    with _lock:
        _last_ns = max(time.time_ns(), _last_ns + 1)
        return _last_ns


def compose(kind: WishKind, value: float | None = None) -> Wish:
    """Return a wish of this process as of now."""
    return Wish(kind, value, f"{_user()}@{socket.gethostname()}:{os.getpid()}", _next_ns())


def send(run: Path, kind: WishKind, value: float | None = None) -> Wish:
    """Leave a wish in a run's directory. Raises OSError where that cannot be written."""
    folder = run / "control"
    refuse_link(run)
    refuse_link(folder)
    new_folder(folder)
    with _turn(folder / ".turn"):
        wish = compose(kind, value)
        name = f"{wish.sent_ns:020d}-{os.getpid()}.json"
        replace_file(folder / name, json.dumps(_record(wish)).encode())
    return wish


def _record(wish: Wish) -> dict[str, object]:
    """Return what of a wish is written down; when it came is for its reader to tell."""
    record = asdict(wish)
    del record["meant_for_another"]
    return record


@contextlib.contextmanager
def _turn(lock: Path) -> Iterator[None]:
    """Let one sender at a time name and leave its wish, so that names are in order of arrival."""
    with contextlib.ExitStack() as stack:
        # Without a turn where a sender was halted in its own, or where nothing can be locked.
        with contextlib.suppress(OSError):
            if lock.is_symlink() or lock.exists():
                check_regular(lock)
            stack.enter_context(held(lock, TURN_SECONDS, poll=0.001))
        yield


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def names_waiting(run: Path) -> frozenset[str]:
    """Return which wishes lie in a run's directory: at a trainer's start, those to one before it.

    Age is not told by the clock, which may be set back between a start and a wish.
    """
    return frozenset(Inbox(run).names())


class Inbox:
    """The wishes to one trainer, each handed out once."""

    def __init__(self, run: Path, before: frozenset[str] = frozenset()) -> None:
        """`before`: the files that lay there when the trainer started."""
        self._folder = run / "control"
        self._before = before
        self._taken: set[str] = set()

    def take(self) -> list[Wish]:
        """Return the wishes that wait, oldest first; unreadable files as a wish to refuse."""
        now = time.time_ns()
        found = []
        for name in self.names():
            wish = replace(_read(self._folder / name), meant_for_another=name in self._before)
            if 0 <= now - wish.sent_ns < SETTLE_NS:
                break
            self._taken.add(name)
            found.append(wish)
        return found

    def names(self) -> list[str]:
        """Return the files that wait, in the order of their names."""
        try:
            refuse_link(self._folder)
            with os.scandir(self._folder) as entries:
                return sorted(
                    entry.name
                    for entry in entries
                    if not entry.name.startswith(".")
                    and entry.name not in self._taken
                    and entry.is_file(follow_symlinks=False)
                )
        except OSError:  # missing, or no folder at all: then nobody can wish
            return []

    def clear(self) -> None:
        """Remove the files of what was handed out."""
        for name in list(self._taken):
            # One that cannot be removed stays known, lest it be obeyed for ever.
            with contextlib.suppress(OSError):
                (self._folder / name).unlink(missing_ok=True)
                self._taken.discard(name)


def _read(path: Path) -> Wish:
    try:
        record = json.loads(read_regular(path, MOST_BYTES))
        kind, value, sent_ns = record["kind"], record.get("value"), record["sent_ns"]
        if not isinstance(kind, str) or not isinstance(sent_ns, int) or sent_ns.bit_length() > 63:
            raise TypeError("a wish has a kind and a time")
        number = None if value is None else float(value)
        return Wish(kind, number, str(record.get("sender", "")), sent_ns)  # type: ignore[arg-type]
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        RecursionError,
        OverflowError,
    ):
        return Wish(UNREADABLE, sender=path.name)  # type: ignore[arg-type]
