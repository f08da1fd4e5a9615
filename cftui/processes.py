"""How a process of ours is started: with nothing of the current folder on its path."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path


def python(module: str, *words: str) -> list[str]:
    """Return the command that runs a module of ours; -P leaves the current folder out."""
    return [sys.executable, "-P", "-m", module, *words]


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return this process's environment, for a child that imports the same package.

    An empty entry of `PYTHONPATH`, as `export PYTHONPATH=$PYTHONPATH:/my/lib` leaves it where the
    variable was not set, means the current folder even with -P: left out, like one that says so.
    """
    own = {**os.environ, **(extra or {})}
    known = own.pop("PYTHONPATH", "").split(os.pathsep)
    root = Path(__file__).parents[1]
    first = [] if root.name == "site-packages" else [str(root)]
    here = ("", os.curdir, os.curdir + os.sep, str(Path.cwd()))
    entries = [*first, *(entry for entry in known if entry not in here and entry not in first)]
    if entries:
        own["PYTHONPATH"] = os.pathsep.join(entries)
    return own
