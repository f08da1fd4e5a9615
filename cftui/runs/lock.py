"""The lock that a trainer holds for life: how everyone on this host knows that a run is alive."""

import json
import os
import socket
import time
from pathlib import Path

from cftui import locks
from cftui.modes import has_other_names, make_kept, put_own_copy
from cftui.regular import NotRegular, open_regular, read_regular, refuse_link
from cftui.runs.lock_holder import MOST_BYTES, holder

PATIENCE_SECONDS = 0.5
TRIES = 5


class RunHeld(RuntimeError):
    """Another trainer has the run; the message says who."""


class RunLock:
    """An flock on a file that names its holder. The kernel frees it however the holder dies.

    Where the file system has no flock a claim (`cftui.locks`) stands for it.
    """

    def __init__(self, path: Path) -> None:
        """Take the lock. Raises RunHeld if another process has it for over half a second.

        A reader that asks `is_held` holds a shared lock for microseconds, hence the patience.
        """
        for _ in range(TRIES):
            self._file, self._claim = _taken(path)
            if self._is_ours_alone(path):
                break
            self.release()
        else:
            raise RunHeld(f"{path}: something puts other files in its place; try again")
        name = {"pid": os.getpid(), "host": socket.gethostname(), "since": time.time()}
        name["uid"] = os.geteuid()
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, json.dumps(name).encode(), 0)

    def _is_ours_alone(self, path: Path) -> bool:
        """Return whether what is locked is still what lies there, and has no other name.

        Who holds a lock file that has one (a hard link) puts another file in its place, since the
        holder's name would be written into somebody's file.
        """
        try:
            if has_other_names(self._file):
                put_own_copy(path, content=False)
                return False
            return os.path.samestat(os.fstat(self._file), path.lstat())
        except FileNotFoundError:
            return True  # moved, with its folder
        except BaseException:
            self.release()
            raise

    def beat(self) -> None:
        """Touch the file, so that another host sees that the holder lives."""
        os.utime(self._file)

    def release(self) -> None:
        """Give the lock back."""
        if self._claim is not None:
            self._claim.release()
        os.close(self._file)


def _taken(path: Path) -> tuple[int, locks.Claim | None]:
    """Open and lock a file; return its descriptor, and the claim where there is no flock."""
    try:
        refuse_link(path.parent)
        make_kept(path)
        file = open_regular(path, os.O_RDWR)
    except NotRegular as error:
        where = error.filename
        raise RunHeld(f"{where}: {error.strerror}; move it away, and try again") from None
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return file, locks.lock(file, path)
        except BlockingIOError:
            if time.monotonic() > deadline:
                os.close(file)
                who = locks.claimant(path) or holder(path)
                words = f"{path.parent.name} is held by {who}{_claim_remedy(path)}"
                raise RunHeld(words) from None
            time.sleep(0.01)
        except BaseException:
            os.close(file)
            raise


def _claim_remedy(path: Path) -> str:
    """Return what to do about a claim that cannot be seen from here to be a dead process's."""
    claim = locks.claim_of(path)
    if not claim.exists():
        return ""
    return f"; where you know that it is gone, remove {claim} (this file system has no flock)"


def holder_pid(path: Path) -> int | None:
    """Return the process that last took the lock; none if the file does not say."""
    try:
        return int(json.loads(read_regular(path, MOST_BYTES))["pid"])
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None


def is_suspended(pid: int) -> bool:
    """Return whether a process of this host is stopped, as by ctrl+z or SIGSTOP; Linux alone."""
    try:
        about = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return about.rpartition(")")[2].split()[0] in ("T", "t")


def is_held(path: Path) -> bool:
    """Return whether a living process holds the lock, as far as it can be known on this host."""
    try:
        file = open_regular(path)
    except OSError:  # missing, no file, or not ours to read: then no trainer of ours has it
        return False
    try:
        return locks.is_locked(file, path)
    finally:
        os.close(file)


def last_beat(path: Path) -> float | None:
    """Return when the holder was last heard of, in seconds since 1970; none if never."""
    try:
        return path.stat(follow_symlinks=False).st_mtime
    except FileNotFoundError:
        return None
