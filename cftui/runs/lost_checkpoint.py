"""Where a run can go on whose last checkpoint is lost: its best weights, or its first step."""

import os
from typing import get_args

from cftui.files import move_aside
from cftui.runs.checkpoint import is_sound
from cftui.runs.directory import Run, RunError
from cftui.runs.record import Origin

ORIGINS: dict[str, Origin] = {origin: origin for origin in get_args(Origin)}


def instead_of_last(run: Run) -> Origin | None:
    """Return what a run can go on from in place of its last checkpoint; none where that is whole.

    None also where that cannot be read for want of access, which is no damage.
    """
    if is_sound(run.last) or (run.last.exists() and not os.access(run.last, os.R_OK)):
        return None
    return "best" if is_sound(run.best) else "start"


def offer(run: Run) -> str:
    """Return how a run whose last checkpoint cannot be read goes on; empty where it cannot."""
    match instead_of_last(run):
        case "best":
            return f"; to go on from the best weights: cftui runs resume {run.id} --from best"
        case "start":
            return f"; or begin it again: cftui runs resume {run.id} --from start"
    return ""


def check_origin(run: Run, origin: Origin) -> None:
    """Raise RunError for another origin than the last checkpoint where that is whole."""
    if origin != "last" and instead_of_last(run) is None:
        raise RunError(f"{run.id}: its last checkpoint is whole; leave --from out")


def put_aside(run: Run, origin: Origin) -> str:
    """Move what a run does not go on from out of its way; return the names that it has then.

    Raises OSError where the disk refuses.
    """
    moved = {"last": (), "best": (run.last,), "start": (run.last, run.best)}[origin]
    return ", ".join(
        move_aside(path, "kept" if is_sound(path) else "damaged").name
        for path in moved
        if os.path.lexists(path)
    )
