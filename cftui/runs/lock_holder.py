"""Who has a run's lock, in words: the trainer that signed it, or whoever the kernel says has it."""

import json
import os
import re
import socket
import time
from pathlib import Path

from cftui.owners import owner_words
from cftui.regular import read_regular

MOST_BYTES = 4096
"""Of what a holder says of itself."""
LOCKS = Path("/proc/locks")
"""Of Linux: the locks of all processes that can be seen from here, by the file's inode."""


def holder(path: Path) -> str:
    """Return who has the lock, in words, as far as that is known.

    Who may read the file can lock it: where its signer has ended, somebody else holds it.
    """
    try:
        name = json.loads(read_regular(path, MOST_BYTES))
        pid, host = int(name["pid"]), str(name["host"])
        since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(float(name["since"])))
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return _somebody(path)
    if host == socket.gethostname() and not _lives(pid):
        return (
            f"{_somebody(path)}, not by its trainer (process {pid} runs here no longer);"
            f" who may read {path} can lock it, so let nobody else: chmod 600 {path}"
        )
    uid = name.get("uid")
    return f"{_called(pid, uid if isinstance(uid, int) else None)} on {host} since {since}"


def signer_ended(path: Path) -> bool:
    """Return whether who signed the lock last was a process of this host that is gone."""
    try:
        name = json.loads(read_regular(path, MOST_BYTES))
        return name["host"] == socket.gethostname() and not _lives(int(name["pid"]))
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return False


def _called(pid: int, uid: int | None) -> str:
    """Return a process by its number, and its owner where that is somebody else."""
    whose = owner_words(os.geteuid() if uid is None else uid)
    return f"process {pid}" if whose == "you" else f"{whose}, process {pid},"


def _somebody(path: Path) -> str:
    """Return the process that the kernel names as the holder, if it does."""
    try:
        facts = path.stat()
        place = f"{os.major(facts.st_dev):02x}:{os.minor(facts.st_dev):02x}:{facts.st_ino}"
        held = rf"FLOCK +ADVISORY +\w+ +(\d+) +{place} "
        found = re.search(held, LOCKS.read_text(encoding="utf-8"))
        if found:
            pid = int(found[1])
            return _called(pid, Path(f"/proc/{pid}").stat().st_uid).rstrip(",")
    except OSError:  # no Linux, or it has just let go
        pass
    return "another process"


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # somebody else's
        return True
    return True
