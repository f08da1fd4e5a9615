"""Locks between processes: by flock, and by a claim where the file system has no flock.

A claim is a file beside the lock file that names its holder: host, boot, process, and when that
process began. It is there for one process alone, since making it fails where it exists; and it is
taken over on the same host alone, where that boot or that process is gone. No clock decides.
"""

import contextlib
import errno
import fcntl
import itertools
import json
import os
import socket
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from cftui.modes import make_kept, new_file
from cftui.regular import open_regular

NO_FLOCK = frozenset({errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS})
"""What flock fails with where the file system has none: Lustre without `-o flock`, some NFS."""
NO_LINKS = NO_FLOCK | {errno.EPERM, errno.EMLINK, errno.EXDEV, errno.EINVAL}
POLL_SECONDS = 0.01
DEEPEST = 3
"""Claims to the right to take a claim over; a process must be killed within each to need more."""

_numbers = itertools.count()


@dataclass(frozen=True)
class Holder:
    """A process, told from every other one that ever was."""

    host: str
    machine: str
    """The system's own id: two hosts may have one name."""
    boot: str
    """Changes whenever the host starts; empty where the system does not say."""
    space: str
    """Within which the process has its number: containers have their own."""
    pid: int
    start: str
    """When the process began: the same number may be another's later."""

    def is_gone(self) -> bool:
        """Return whether it surely does not live any more; what cannot be known is not gone."""
        me = myself()
        if (self.host, self.machine) != (me.host, me.machine):
            return False
        if self.boot != me.boot:
            return bool(self.boot and me.boot)
        return self.space == me.space and not _lives(self.pid, self.start)

    def __str__(self) -> str:
        """Return who it is, in words."""
        return f"process {self.pid} on {self.host}"


def myself() -> Holder:
    """Return this process."""
    pid = os.getpid()
    return Holder(
        socket.gethostname(),
        _first_line("/etc/machine-id"),
        _first_line("/proc/sys/kernel/random/boot_id"),
        _pid_space(),
        pid,
        _began(pid) or "",
    )


class Claim:
    """The claim to a lock file that this process has made; it goes along with its folder."""

    def __init__(self, path: Path) -> None:
        """Claim `path`. Raises BlockingIOError where another has it, OSError as the disk does."""
        holder = _claim(path, 0)
        if holder is not None:
            raise BlockingIOError(errno.EAGAIN, f"claimed by {holder}", str(path))
        self._name = path.name
        self._folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def release(self) -> None:
        """Give it back; the folder may have been renamed or removed meanwhile."""
        with contextlib.suppress(OSError):
            os.unlink(self._name, dir_fd=self._folder)
        os.close(self._folder)


def claim_of(path: Path) -> Path:
    """Return where the claim to a lock file lies."""
    return path.with_name(f"{path.name}.claim")


def lock(descriptor: int, path: Path) -> Claim | None:
    """Lock an open file; return the claim that stands for flock where there is none.

    Raises BlockingIOError where another has it, OSError where the folder cannot be written.
    """
    claim = claim_of(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in NO_FLOCK:
            raise
        return Claim(claim)
    # Of a host that mounts this file system without flock, or of a time when this one did.
    if claim.exists():
        Claim(claim).release()
    return None


def is_locked(descriptor: int, path: Path, *, shared: bool = True) -> bool:
    """Return whether a living process has an open file locked, or claimed where there is no flock.

    Nothing is written. A claim whose holder cannot be known to be gone counts as held. Several may
    look at once; with `shared` false a shared lock counts as held too.
    """
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError as error:
        if error.errno not in NO_FLOCK:
            raise
    claim = claim_of(path)
    return claim.exists() and not _is_stale(read_claim(claim))


def claimant(path: Path) -> Holder | None:
    """Return who has claimed a lock file; none where nobody has, or where it cannot be told."""
    found = read_claim(claim_of(path))
    return found if isinstance(found, Holder) else None


class Hold:
    """A lock file held by this process; the system lets go when it dies."""

    def __init__(self, path: Path, seconds: float | None = 0, poll: float = POLL_SECONDS) -> None:
        """Take it; None waits for ever. Raises TimeoutError where another has it, else OSError."""
        make_kept(path)
        # Never written to: a hard link of it is none of our business, and stays the same lock.
        self._descriptor = open_regular(path, os.O_RDWR, linked_folder=True)
        deadline = None if seconds is None else time.monotonic() + seconds
        try:
            while True:
                try:
                    self._claim = lock(self._descriptor, path)
                    break
                except BlockingIOError as error:
                    if deadline is not None and time.monotonic() >= deadline:
                        raise TimeoutError(errno.ETIMEDOUT, "another has it", str(path)) from error
                    time.sleep(poll)
        except BaseException:
            os.close(self._descriptor)
            raise

    def release(self) -> None:
        """Give it back."""
        if self._claim is not None:
            self._claim.release()
        os.close(self._descriptor)


def has_flock(folder: Path) -> bool:
    """Return whether files in a folder can be locked by flock; raises OSError where none can be."""
    import tempfile

    with tempfile.TemporaryFile(dir=folder) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in NO_FLOCK:
                raise
            return False
    return True


def _claim(path: Path, depth: int) -> str | None:
    """Make the claim ours; return None, or in words who has it."""
    while not _made(path):
        found = read_claim(path)
        if not _is_stale(found):
            return str(found) if isinstance(found, Holder) else f"what {path} does not say"
        if found is None:
            continue  # given back meanwhile
        # Who may remove it is claimed as well: else one of two that saw it stale could remove the
        # claim that the other has made since.
        right = path.with_name(f"{path.name}.over")
        other = str(found) if depth == DEEPEST else _claim(right, depth + 1)
        if other is not None:
            return other
        try:
            if read_claim(path) == found:
                path.unlink(missing_ok=True)
        finally:
            right.unlink(missing_ok=True)
    return None


def _is_stale(found: "Holder | str | None") -> bool:
    return found is None or (isinstance(found, Holder) and found.is_gone())


def _made(path: Path) -> bool:
    """Make a claim that is whole from its first sight on; return whether there was none."""
    beside = path.with_name(f".{path.name}.{os.getpid()}-{next(_numbers)}")
    words = json.dumps(asdict(myself())).encode()
    try:
        _write_new(beside, words)
        os.link(beside, path)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        return _made_without_links(path, words)
    finally:
        beside.unlink(missing_ok=True)
    return True


def _made_without_links(path: Path, words: bytes) -> bool:
    try:
        _write_new(path, words)
    except FileExistsError:
        return False
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return True


def _write_new(path: Path, words: bytes) -> None:
    descriptor = new_file(path)
    try:
        os.write(descriptor, words)
        os.fsync(descriptor)  # an empty one, after a power cut, could be nobody's for ever
    finally:
        os.close(descriptor)


def read_claim(path: Path) -> Holder | str | None:
    """Return who has a claim; its text where that names nobody, none where there is no claim."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError as error:
        return str(error.strerror)
    try:
        text = os.read(descriptor, 4096).decode(errors="replace")
        found = Holder(**json.loads(text))
    except (OSError, ValueError, TypeError, RecursionError):
        return "unreadable"
    finally:
        os.close(descriptor)
    names = (found.host, found.machine, found.boot, found.space, found.start)
    sound = isinstance(found.pid, int) and all(isinstance(name, str) for name in names)
    return found if sound else "unreadable"


def _lives(pid: int, start: str) -> bool:
    if not 0 < pid < 2**31:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # another's, which may be hidden from us in /proc
    began = _began(pid)
    return began is None or began == start


def _began(pid: int) -> str | None:
    """Return when a process began, as the system tells it; empty for one that has ended.

    None where the system does not tell.
    """
    try:
        words = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None if Path("/proc/self/stat").exists() else _began_elsewhere(pid)
    fields = words.rpartition(")")[2].split()  # its name may hold blanks and brackets
    return "" if fields[0] in "ZX" else fields[19]


def _began_elsewhere(pid: int) -> str | None:
    import psutil

    try:
        return f"{psutil.Process(pid).create_time():.2f}"
    except psutil.NoSuchProcess:
        return ""
    except psutil.Error:
        return None


def _pid_space() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def _first_line(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""
