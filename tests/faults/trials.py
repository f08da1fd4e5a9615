"""A small training under power cuts and refusals: what must hold whenever they strike."""

import contextlib
import errno
import os
import random
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from disk import cut_at, refusing
from small import small_config, write_ratings

from cftui import paths
from cftui.ratings.store import open_ratings
from cftui.runs.checkpoint import load_checkpoint
from cftui.runs.directory import Run, RunError
from cftui.runs.event_log import read_events
from cftui.runs.events import Event, Finished
from cftui.training.start import resume_run, start_run

Weights = dict[str, np.ndarray]
ERRORS = (errno.EIO, errno.ENOSPC)


@dataclass(frozen=True)
class Undisturbed:
    """Ratings, and what a training on them comes to when nothing fails."""

    source: Path
    weights: Weights
    calls: int
    """Of the file system, that change something."""


def prepare(folder: Path) -> Undisturbed:
    """Write ratings with their store in a home in the folder, and train without a fault."""
    home = folder / "first"
    os.environ[paths.HOME_VARIABLE] = str(home)
    source = write_ratings(folder / "small", users=30, items=40, n=500)
    open_ratings(source)
    shutil.copytree(home, folder / "whole")
    os.environ[paths.HOME_VARIABLE] = str(folder / "whole")
    with refusing(folder / "whole", -1, 0) as calls:
        train(source)
    return Undisturbed(source, weights(the_run()), len(calls))


def train(source: Path) -> Event:
    """Train from the start."""
    return start_run(
        small_config(source, model={"n_factors": 3}), lambda _: None, run_id="r", began=0.0
    )


def the_run() -> Run:
    """Return the run in the home of now."""
    return Run(paths.runs_folder() / "r")


def weights(run: Run) -> Weights:
    """Return all arrays of both checkpoints."""
    kept = {path.name: load_checkpoint(path).arrays for path in (run.last, run.best)}
    return {f"{file}/{name}": a for file, arrays in kept.items() for name, a in arrays.items()}


def check_goes_on(whole: Undisturbed) -> None:
    """Hold that the run in the home of now can be shown and ends as the undisturbed one did."""
    run = the_run()
    shown = run.status().shown
    assert shown in ("died", "failed", "stopped", "finished", "starting"), shown
    try:
        end = resume_run(run, lambda _: None, began=0.0)
        assert isinstance(end, Finished), end
    except RunError as error:
        assert "is finished" in str(error), error
    found = weights(run)
    assert found.keys() == whole.weights.keys()
    for name, array in found.items():
        assert array.tobytes() == whole.weights[name].tobytes(), name
    assert run.record().state == "finished"
    left = [path.name for path in run.path.iterdir() if path.name.startswith(".")]
    assert not left, left


def power_cuts(folder: Path, whole: Undisturbed, moments: set[int], seed: int) -> list[str]:
    """Cut the power at some calls of one training; return what went wrong, empty if nothing."""
    home, faults = folder / "home", list[str]()
    shutil.copytree(folder / "first", home)
    os.environ[paths.HOME_VARIABLE] = str(home)
    with cut_at(home, moments, folder / "cuts", seed) as calls:
        train(whole.source)
    begun = next(n for n, call in enumerate(calls) if call.endswith("events.jsonl"))
    for moment in sorted(moments & set(range(len(calls)))):
        os.environ[paths.HOME_VARIABLE] = str(folder / "cuts" / str(moment))
        try:
            if the_run().path.exists():
                check_goes_on(whole)
            else:
                assert moment <= begun, "the run is gone"
        except Exception as error:
            faults.append(f"cut before {moment} ({calls[moment]}): {type(error).__name__}: {error}")
    return faults


def refusal(folder: Path, whole: Undisturbed, nth: int, number: int, *, on: bool = False) -> str:
    """Have one call of a training refused; return what went wrong, empty if nothing."""
    home = folder / f"refused-{nth}-{number}-{on}"
    shutil.copytree(folder / "first", home)
    os.environ[paths.HOME_VARIABLE] = str(home)
    end: Event | None = None
    with refusing(home, nth, number, on=on) as calls, contextlib.suppress(OSError, RunError):
        end = train(whole.source)
    try:
        if the_run().path.exists():
            _check_last_word(end)
            check_goes_on(whole)
        else:
            assert end is None
            train(whole.source)
            check_goes_on(whole)
    except Exception as error:
        call = calls[nth] if nth < len(calls) else "never"
        return f"{errno.errorcode[number]} at {nth} ({call}): {type(error).__name__}: {error}"
    finally:
        shutil.rmtree(home)
    return ""


def _check_last_word(end: Event | None) -> None:
    """Hold that success is said only where the record says so too."""
    run = the_run()
    if isinstance(end, Finished):
        assert run.record().state == "finished", f"success said, but {run.status().shown}"
    elif any(isinstance(event, Finished) for event in read_events(run.events)):
        assert run.record().state == "finished", "the events say finished"


def sample(whole: Undisturbed, count: int, seed: int) -> set[int]:
    """Return so many calls, drawn."""
    return set(random.Random(seed).sample(range(whole.calls), min(count, whole.calls)))
