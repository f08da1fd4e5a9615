"""All runs, and the one that a word means."""

import os
from collections.abc import Iterator
from pathlib import Path

from cftui.paths import runs_folder
from cftui.runs.directory import Run, RunError
from cftui.runs.rebuild import looks_like_a_run
from cftui.runs.record import RECORD


def list_runs() -> list[Run]:
    """Return all runs, newest first; what is not a run directory is left out."""
    return sorted(_run_directories(), key=_made, reverse=True)


def _made(run: Run) -> tuple[int, str]:
    """Return when a run was made: its settings are written once. Ids have but local seconds."""
    try:
        return (run.path / "config.toml").stat().st_mtime_ns, run.id
    except OSError:
        return 0, run.id


def _run_directories() -> Iterator[Run]:
    try:
        entries = list(os.scandir(runs_folder()))
    except FileNotFoundError:
        return
    for entry in entries:
        if not entry.name.startswith(".") and _looks_like_a_run(Path(entry.path)):
            yield Run(Path(entry.path))


def _looks_like_a_run(path: Path) -> bool:
    try:
        (path / RECORD).lstat()
    except PermissionError:
        return True  # not ours to look into: it is listed, and says so
    except OSError:
        return _has_weights(path)
    return True  # whatever it is: what is damaged can be named, and removed


def _has_weights(path: Path) -> bool:
    try:
        return looks_like_a_run(path)
    except OSError:
        return True  # as above


def find_run(word: str, fingerprint: str | None = None, *, weights: bool = True) -> Run:
    """Return the run that an id, a unique prefix, a name or `latest` means.

    `latest` is the newest run, with `weights` the newest that finished an epoch, since weights of
    before say nothing; on the ratings with this fingerprint if one is given. Raises RunError, with
    what there is, where no run or several fit.
    """
    runs = list_runs()
    if word == "latest":
        return _latest(runs, fingerprint, weights=weights)
    for fits in (
        [run for run in runs if run.id == word],
        [run for run in runs if word and run.name() == word],
        [run for run in runs if word and run.id.startswith(word)],
    ):
        if len(fits) == 1:
            return fits[0]
        if fits:
            raise RunError(f"{word!r} fits several runs: {', '.join(run.id for run in fits[:8])}")
    newest = f"; the newest is {runs[0].id}" if runs else "; train one: cftui train"
    raise RunError(f"no run {word!r}{newest}")


def _latest(runs: list[Run], fingerprint: str | None, *, weights: bool) -> Run:
    if runs and not weights and fingerprint is None:
        return runs[0]
    untrained = ""
    for run in runs:
        try:
            record = run.record()
        except RunError:
            continue
        if fingerprint not in (None, record.fingerprint):
            continue
        if not weights or (run.has_weights and record.epoch):
            return run
        untrained = untrained or f"; {run.id} ({record.state}, step {record.step:,}) has not"
    on = " on these ratings" if fingerprint else ""
    what = "run that finished an epoch" if weights else "run"
    raise RunError(f"no {what} yet{on}{untrained}; train one: cftui train")
