"""All runs at a glance, read again only where something changed."""

from dataclasses import dataclass
from pathlib import Path

from cftui.runs.directory import Run, RunError, list_runs

SETTLED = ("finished", "stopped", "failed", "died", "damaged")
"""What stays so until a file changes; how long another host was silent does not."""


@dataclass(frozen=True)
class RunRow:
    """A run in a list."""

    id: str
    name: str
    shown: str
    """State as `Run.status` words it, or `damaged`."""
    alive: bool
    epoch: int
    epochs: int
    step: int
    valid_mse: float | None
    best_valid_mse: float | None
    fingerprint: str
    has_weights: bool
    message: str = ""
    """Why it failed or died."""

    @property
    def label(self) -> str:
        """Return its name, else model and optimizer as the id has them."""
        return self.name or self.id[16:-5]

    @property
    def clock(self) -> str:
        """Return the time of day at which it began, as its id has it."""
        return f"{self.id[9:11]}:{self.id[11:13]}"


class RunsIndex:
    """Remembers what it read of each run by the times of its files."""

    def __init__(self) -> None:
        self._seen: dict[Path, tuple[tuple[int, int], RunRow]] = {}

    def refresh(self) -> tuple[RunRow, ...]:
        """Return all runs, newest first; a live one is looked at anew each time."""
        seen: dict[Path, tuple[tuple[int, int], RunRow]] = {}
        for run in list_runs():
            times = (_changed(run.path / "run.json"), _changed(run.path / "user.toml"))
            before = self._seen.get(run.path)
            if before is not None and before[0] == times and before[1].shown in SETTLED:
                seen[run.path] = before
            else:
                seen[run.path] = (times, _row(run))
        self._seen = seen
        return tuple(row for _, row in seen.values())


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _row(run: Run) -> RunRow:
    try:
        status = run.status()
    except RunError as error:
        return RunRow(run.id, "", "damaged", False, 0, 0, 0, None, None, "", False, str(error))
    record = status.record
    return RunRow(
        id=run.id,
        name=run.name(),
        shown=status.shown,
        alive=status.alive,
        epoch=record.epoch,
        epochs=record.epochs,
        step=record.step,
        valid_mse=record.valid_mse,
        best_valid_mse=record.best_valid_mse,
        fingerprint=record.fingerprint,
        has_weights=run.has_weights,
        message=record.message or status.note,
    )
