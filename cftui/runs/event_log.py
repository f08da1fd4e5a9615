"""A run's events file: appended to by its trainer, read by whoever looks."""

import errno
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from cftui.modes import open_kept
from cftui.regular import open_regular
from cftui.runs.events import Epoch, Event, Finished, Resumed, Step, from_json, to_json

MOST_BYTES = 4 << 30
"""Read of a file: some twenty million events."""
MOST_LINE = 64 << 20
"""Read of a line that no event is, such as the zeros of a file that claims to be endless."""


class EventLog:
    """Appends events to a run's file; a line is written whole or taken back."""

    def __init__(self, path: Path) -> None:
        """Open the file; a torn last line, left by a killed trainer, is cut off."""
        self._file = open_kept(path, os.O_RDWR | os.O_APPEND)
        try:
            self._size = _whole_lines(self._file)
        except OSError as error:
            os.close(self._file)
            raise OSError(error.errno, error.strerror, str(path)) from None
        os.ftruncate(self._file, self._size)

    def write(self, event: Event) -> None:
        """Append one event. Raises OSError (disk full, say), leaving no torn line."""
        line = (to_json(event) + "\n").encode()
        try:
            rest = line
            while rest:
                rest = rest[os.write(self._file, rest) :]
        except OSError:
            os.ftruncate(self._file, self._size)
            raise
        self._size += len(line)

    def sync(self) -> None:
        """Wait until what was written is on disk."""
        os.fsync(self._file)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def _whole_lines(file: int) -> int:
    """Return the length of the file up to its last newline; raises OSError where that is far."""
    size = end = os.fstat(file).st_size
    while end > 0:
        if size - end > MOST_LINE:
            raise OSError(errno.EFBIG, "its events end in a line that no trainer wrote")
        start = max(0, end - 65536)
        newline = os.pread(file, end - start, start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        end = start
    return 0


class EventTail:
    """Reads a run's events as they are appended, each once."""

    def __init__(self, path: Path, *kinds: type[Event]) -> None:
        """Read all events, or those of some kinds alone, which is much faster."""
        self._path = path
        self._begins = tuple(f'{{"event":"{kind.event}"'.encode() for kind in kinds)
        self._offset = 0
        self._within_monster = False
        """Whether what was read last is a line too long for an event, not ended yet."""
        self._monster = 0
        """Where such a line begins."""
        self.behind = False
        """Whether the last read left something that was there."""

    def read(self, most_bytes: int = 1 << 20) -> list[Event]:
        """Return the events since the last call, at most about `most_bytes` of them.

        A line without its newline is left for later. A file that is missing or cannot be read has
        no events.
        """
        while chunk := self._chunk(most_bytes):
            if self._within_monster:
                end = chunk.find(b"\n") + 1
                self._within_monster = not end
                self._offset += end or len(chunk)
                continue
            end = chunk.rfind(b"\n") + 1
            if not end and len(chunk) < most_bytes:
                break
            self._within_monster, self._monster = not end, self._offset
            self._offset += end or len(chunk)
            lines = chunk[:end].splitlines()
            if self._begins:
                lines = [line for line in lines if line.startswith(self._begins)]
            events = [e for e in map(from_json, lines) if e is not None]
            if events:
                return events
        return []

    def _chunk(self, most_bytes: int) -> bytes:
        try:
            with os.fdopen(open_regular(self._path), "rb") as file:
                file.seek(self._offset)
                chunk = b"" if self._without_end() else file.read(most_bytes)
        except OSError:
            chunk = b""
        self.behind = len(chunk) == most_bytes
        return chunk

    def _without_end(self) -> bool:
        """Return whether the file goes on for longer than any that a trainer wrote."""
        monster = self._offset - self._monster if self._within_monster else 0
        return self._offset >= MOST_BYTES or monster >= MOST_LINE


def read_events(path: Path, *kinds: type[Event]) -> Iterator[Event]:
    """Yield all events in a file, or those of some kinds, in order, undone ones too."""
    tail = EventTail(path, *kinds)
    while events := tail.read():
        yield from events


def last_progress(path: Path, most_bytes: int = 4096) -> tuple[int, float] | None:
    """Return the last step that a file tells of and the seconds of training until then.

    Only the file's end is read; none where nothing there tells.
    """
    try:
        with os.fdopen(open_regular(path), "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - most_bytes))
            lines = file.read(most_bytes).splitlines()
    except OSError:
        return None
    for event in map(from_json, reversed(lines)):
        if isinstance(event, Step):
            return event.step, event.seconds
        if isinstance(event, Epoch | Finished):
            return event.step, event.train_seconds
    return None


def settled(events: Iterable[Event]) -> list[Event]:
    """Return the events without the steps and epochs that a later `resumed` undid."""
    kept: list[Event] = []
    for event in events:
        if isinstance(event, Resumed):
            kept = [old for old in kept if not _undone(old, event.step)]
        kept.append(event)
    return kept


def _undone(event: Event, step: int) -> bool:
    return isinstance(event, Step | Epoch) and event.step > step
