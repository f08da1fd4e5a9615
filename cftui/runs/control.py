"""Wishes: what a screen or a shell asks of a live run, one file each."""

import getpass
import json
import math
import os
import socket
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, get_args

WishKind = Literal["pause", "resume", "stop", "checkpoint", "learning-rate"]

SETTLE_NS = 10_000_000
"""A wish is read when it is this old, so that one named earlier but renamed later comes first."""


@dataclass(frozen=True)
class Wish:
    """Something asked of a trainer."""

    kind: WishKind
    value: float | None = None
    """The new base learning rate, for `learning-rate`."""
    sender: str = ""
    sent_ns: int = 0
    """When it was sent, in nanoseconds since 1970."""

    @property
    def objection(self) -> str | None:
        """Return why the wish makes no sense; none if it does."""
        if self.kind not in get_args(WishKind):
            return f"refused: no such wish as {self.kind!r}"
        if self.kind == "learning-rate" and not (
            isinstance(self.value, int | float) and math.isfinite(self.value) and self.value > 0
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


def send(run: Path, kind: WishKind, value: float | None = None) -> Wish:
    """Leave a wish in a run's directory. Raises OSError where that cannot be written."""
    wish = Wish(kind, value, f"{_user()}@{socket.gethostname()}:{os.getpid()}", _next_ns())
    folder = run / "control"
    folder.mkdir(exist_ok=True)
    name = f"{wish.sent_ns:020d}-{os.getpid()}.json"
    temporary = folder / f".{name}"
    temporary.write_text(json.dumps(asdict(wish)), encoding="utf-8")
    temporary.rename(folder / name)
    return wish


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def pending(run: Path) -> list[tuple[Path, Wish]]:
    """Return the wishes that wait, oldest first; unreadable ones as a wish that is refused."""
    try:
        names = sorted(n for n in os.listdir(run / "control") if not n.startswith("."))
    except FileNotFoundError:
        return []
    now = time.time_ns()
    found = []
    for name in names:
        path = run / "control" / name
        wish = _read(path)
        if 0 <= now - wish.sent_ns < SETTLE_NS:
            break
        found.append((path, wish))
    return found


def _read(path: Path) -> Wish:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        return Wish(
            record["kind"],
            record.get("value"),
            str(record.get("sender", "")),
            int(record["sent_ns"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Wish("unreadable", sender=path.name)  # type: ignore[arg-type]
