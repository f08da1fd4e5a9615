"""Run directories: making them, finding them, and telling what state a run is in."""

import contextlib
import errno
import os
import secrets
import shutil
import socket
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from cftui.config import ConfigError, RunConfig, make_config
from cftui.files import make_folder, replace_file, sync_folder, write_new
from cftui.paths import runs_folder
from cftui.regular import is_regular, open_regular, read_regular
from cftui.runs.annotations import checked_name, read_annotations, write_annotations
from cftui.runs.guarded import MOST_BYTES, read_settings, why
from cftui.runs.leftovers import sweep_leftovers
from cftui.runs.lock import RunHeld, RunLock, holder_pid, is_held, last_beat
from cftui.runs.lock_holder import signer_ended
from cftui.runs.rebuild import has_remains, is_lost, kept_settings, rebuilt_record
from cftui.runs.record import LIVE, RECORD, SETTINGS, RunRecord, RunStatus, as_json
from cftui.text import plain

REMOTE_SILENCE = 15.0
"""Seconds without a heartbeat after which a run on another host is called silent."""
FORESEEN = 86_400.0
"""Seconds that the clock of another host may be ahead; what is later was heard of nobody."""


class RunError(ValueError):
    """A run that cannot be used as asked; the message says why and what to do."""


@cache
def _records() -> TypeAdapter[RunRecord]:
    return TypeAdapter(RunRecord)


class Run:
    """A run directory."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def id(self) -> str:
        """Return the directory's name, which is the run's id."""
        return self.path.name

    @property
    def events(self) -> Path:
        """Return the path of the events file."""
        return self.path / "events.jsonl"

    @property
    def lock(self) -> Path:
        """Return the path of the lock file."""
        return self.path / "lock"

    @property
    def last(self) -> Path:
        """Return the path of the newest checkpoint, with all that resuming needs."""
        return self.path / "last.safetensors"

    @property
    def best(self) -> Path:
        """Return the path of the parameters at the best validation loss."""
        return self.path / "best.safetensors"

    @property
    def log(self) -> Path:
        """Return the path of the trainer's log."""
        return self.path / "log.txt"

    @property
    def has_weights(self) -> bool:
        """Return whether a checkpoint was ever written."""
        return is_regular(self.last)

    def config(self) -> RunConfig:
        """Return the run's configuration; raises RunError if its file is broken."""
        path = self.path / SETTINGS
        try:
            return make_config(self.settings())
        except ConfigError as error:
            reason = str(error).removeprefix(f"{path}: ")
            raise RunError(f"{path}: {reason}; {self._settings_remedy()}") from None
        except Exception as error:  # whoever wrote it, it is this run that is damaged
            raise RunError(f"{path}: {why(error)}; {self._settings_remedy()}") from None

    def settings(self) -> dict[str, Any]:
        """Return what config.toml says, or where that is lost what the checkpoint has kept of it.

        Raises ConfigError where neither can be read.
        """
        path = self.path / SETTINGS
        try:
            found = read_settings(path)
        except ConfigError:
            found = {}
            if not is_lost(path) or kept_settings(self.path) is None:
                raise
        if found := found or kept_settings(self.path) or {}:
            return found
        raise ConfigError("empty")  # they would all be taken as by default

    def keep_settings(self, config: RunConfig) -> None:
        """Write config.toml anew where it was lost; raises OSError where the disk refuses."""
        import tomli_w

        path = self.path / SETTINGS
        if is_lost(path):
            replace_file(path, tomli_w.dumps(config.to_settings()).encode())

    def _settings_remedy(self) -> str:
        if kept_settings(self.path) is not None:
            return "mend it, or delete it: its checkpoint has the settings too"
        if has_remains(self.path):
            return "write it anew, with the settings that it was trained with"
        return f"mend it, or remove the run: cftui runs rm {self.id}"

    def record(self) -> RunRecord:
        """Return what run.json says, or where it is lost what the other files tell of it.

        Raises RunError where these do not tell enough.
        """
        path = self.path / RECORD
        try:
            return _records().validate_json(read_regular(path, MOST_BYTES))
        except PermissionError:
            raise RunError(f"{path}: not ours to read; ask its owner for access") from None
        except Exception as error:  # whoever wrote it, it is this run that is damaged
            reason = why(error)
        rebuilt = rebuilt_record(self.path, reason)
        if rebuilt is not None:
            return rebuilt
        remedy = f"`cftui runs rm {self.id}`"
        if has_remains(self.path):
            remedy = f"it is made anew once {SETTINGS} has the settings that it was trained with"
        raise RunError(f"{path}: damaged ({reason}); {remedy}")

    def write_record(self, record: RunRecord) -> None:
        """Replace run.json, safe on the disk; raises OSError where that refuses."""
        replace_file(self.path / RECORD, as_json(record))

    def status(self) -> RunStatus:
        """Return the state as it is now: a live state whose lock is free has died."""
        record = self.record()
        if record.host != socket.gethostname() and record.state in LIVE:
            heard, now = last_beat(self.lock) or record.created, time.time()
            if heard > now + FORESEEN:
                heard = record.created
            silence = max(0.0, now - heard)
            shown = f"on {plain(record.host)}, last heard {silence:.0f} s ago"
            return RunStatus(record, shown, silence < REMOTE_SILENCE)
        alive = is_held(self.lock)
        if record.state not in LIVE:
            # Between its last word and its end a trainer still holds the lock.
            return RunStatus(record, record.state, alive=False)
        if alive:
            if holder_pid(self.lock) not in (None, record.pid):
                # Another trainer has the run already but has not signed the record yet.
                record = replace(record, state="starting")
            return RunStatus(record, record.state, alive=True)
        again = self.record()  # it may have ended between the two looks
        if again.state not in LIVE:
            return RunStatus(again, again.state, alive=False)
        return RunStatus(record, "died", alive=False, note=self.log_end())

    def log_end(self, lines: int = 5, most_bytes: int = 8192) -> str:
        """Return the last lines of the trainer's log, of so many bytes at most."""
        try:
            with os.fdopen(open_regular(self.log), "rb") as file:
                file.seek(max(0, os.fstat(file.fileno()).st_size - most_bytes))
                tail = file.read().decode(errors="replace").splitlines()
        except OSError:
            return ""
        return "\n".join(tail[-lines:])

    def name(self) -> str:
        """Return the name that the user gave, or an empty string."""
        return read_annotations(self.path).name

    def rename(self, name: str) -> None:
        """Give the run a name, or take it away with an empty one.

        Raises RunError for a name that means another run, OSError where the disk refuses.
        """
        try:
            write_annotations(self.path, name=checked_name(name))
        except ValueError as error:
            raise RunError(str(error)) from None

    def size(self) -> int:
        """Return the bytes that its files take."""
        found = 0
        for entry in self.path.rglob("*"):
            with contextlib.suppress(OSError):
                found += entry.stat(follow_symlinks=False).st_size if entry.is_file() else 0
        return found

    def delete(self, to: Path | None = None) -> None:
        """Remove the run and all its files; of one that is a link, the link alone.

        `to`: move it there instead, on the same disk. Raises RunHeld while its trainer lives, here
        or elsewhere; OSError where the disk refuses.
        """
        with contextlib.suppress(RunError):  # a damaged run may go
            status = self.status()
            if status.alive and not signer_ended(self.lock):
                raise RunHeld(f"{self.id} is live ({status.shown}); stop it first")
        if self.path.is_symlink():
            if to is None:
                self.path.unlink()
            else:
                self.path.rename(to)
            return
        with self._held_to_delete():
            # Renamed first, so that a half-deleted run is never listed.
            if to is not None:
                self.path.rename(to)
                return
            doomed = self.path.with_name(f".deleted-{secrets.token_hex(4)}-{os.getpid()}")
            self.path.rename(doomed)
            shutil.rmtree(doomed)

    @contextlib.contextmanager
    def _held_to_delete(self) -> Iterator[None]:
        """Hold the run's lock; what is no file in its place no trainer can hold."""
        if self.lock.is_symlink() or (self.lock.exists() and not is_regular(self.lock)):
            yield
            return
        lock = RunLock(self.lock)
        try:
            yield
        finally:
            lock.release()


def run_called(run_id: str) -> Run:
    """Return the run with an id, be it there or not.

    Raises RunError for an id that leads out of the folder of runs, or that no folder can have.
    """
    if run_id in ("", ".", "..") or "/" in run_id or "\0" in run_id:
        raise RunError(f"{run_id!r} cannot be the id of a run")
    return Run(runs_folder() / run_id)


def new_id(config: RunConfig) -> str:
    """Return an id for a new run: local time, model, optimizer, four random characters."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    tail = "".join(secrets.choice(alphabet) for _ in range(4))
    stamp = time.strftime("%Y%m%d-%H%M%S")
    return f"{stamp}-{config.model.label}-{config.method.label}-{tail}"


def create_run(
    record: RunRecord, config: RunConfig, files: Mapping[str, bytes] | None = None
) -> tuple[Run, RunLock]:
    """Make a run's directory and return it with its lock, held from its first sight on.

    `files` by name stand in it from the start.
    Raises RunError if the id is taken, OSError where the folder cannot be written.
    """
    import tomli_w

    path = run_called(record.run).path
    if not record.run.isprintable() or record.run.startswith((".", "-")):
        raise RunError(f"{record.run!r} cannot be the id of a run")
    taken = RunError(f"a run called {record.run} exists; leave out --id or choose another")
    if path.exists():
        raise taken
    make_folder(path.parent)
    sweep_leftovers(path.parent)
    hidden = path.with_name(f".new-{record.run}-{os.getpid()}")
    settings = tomli_w.dumps(config.to_settings()).encode()
    made = hidden
    make_folder(hidden / "control")
    try:
        lock = RunLock(hidden / "lock")
        first = {**(files or {}), SETTINGS: settings, RECORD: as_json(record)}
        for name, content in first.items():
            write_new(hidden / name, content)
        # All that is in it before its name is there: a power cut leaves a whole run or none.
        sync_folder(hidden)
        made = hidden.rename(path)
        sync_folder(path.parent)
    except BaseException as error:
        shutil.rmtree(made, ignore_errors=True)
        if isinstance(error, OSError) and error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            raise taken from None
        raise
    return Run(path), lock
