"""What is done to each hostile run, and what of it counts as harm."""

import json
import os
import resource
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hostile_runs import ACTING, Outside, make_hostile, make_outside, state_of
from small import small_config, write_ratings

from cftui import paths
from cftui.runs.directory import Run
from cftui.training.start import start_run

GOOD = "good"
SECONDS = 60.0
"""After which a command counts as hanging."""
MEMORY = 6 << 30
"""Bytes of addresses that a process may take."""


def make_good(home: Path) -> Path:
    """Train a small run in a home and return its directory; it could go on for one epoch."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(paths.HOME_VARIABLE, str(home))
        source = write_ratings(home / "small", users=40, items=60, n=900)
        start_run(small_config(source), lambda _: None, run_id=GOOD, began=0.0)
        run = Run(paths.runs_folder() / GOOD)
    settings = run.path / "config.toml"
    settings.write_text(settings.read_text().replace("epochs = 2", "epochs = 3"))
    told = json.loads((run.path / "run.json").read_text())
    (run.path / "run.json").write_text(json.dumps({**told, "state": "stopped", "epochs": 3}))
    return run.path


@dataclass(frozen=True)
class Place:
    """A home with the good run and hostile ones, and what lies outside of it."""

    home: Path
    outside: Outside
    ids: dict[str, str]
    """Of the hostile runs by their names."""
    out: Path
    """For exports."""

    @property
    def runs(self) -> Path:
        """Return the folder of runs."""
        return self.home / "data" / "runs"


def furnish(folder: Path, good: Path, *names: str) -> Place:
    """Make a home with the good run and hostile ones."""
    runs = folder / "home" / "data" / "runs"
    shutil.copytree(good, runs / GOOD)
    outside = make_outside(folder / "outside")
    (folder / "out").mkdir()
    ids = {name: make_hostile(name, runs, good, outside) for name in names}
    return Place(folder / "home", outside, ids, folder / "out")


def on_all(out: Path) -> Iterator[tuple[str, ...]]:
    """Give the commands that look at all runs: what they say of the good one must be there."""
    yield "runs", "list"
    yield "runs", "list", "--json"
    yield "runs", "export", "--out", str(out / "all.csv")
    yield "runs", "show", GOOD
    yield "recommend", "--user", "1", "--run", GOOD


def on_one(run: str, out: Path) -> Iterator[tuple[str, ...]]:
    """Give the commands that look at one run, none that trains."""
    yield "runs", "show", "--", run
    yield "runs", "show", "--json", "--", run
    yield "runs", "diff", "--", run, GOOD
    yield "runs", "export", "--out", str(out / "one.csv"), "--", run
    yield "runs", "events", "--", run
    yield "runs", "attach", "--", run
    yield "recommend", "--user", "1", f"--run={run}"
    yield "predict", "--user", "1", "--item", "1001", f"--run={run}"
    yield "map", f"--run={run}", "--at", "0"


def more_on_one(run: str, out: Path) -> Iterator[tuple[str, ...]]:
    """Give further commands on one run, those that train too."""
    yield "runs", "export", "--out", str(out / "one.json"), "--", run
    yield "runs", "report", "--out", str(out / "one.md"), "--", run, GOOD
    yield "runs", "report", "--out", str(out / "one.html"), "--", run
    yield "similar", "1001", f"--run={run}"
    yield "crosstab", "--values", "predicted", f"--run={run}", "--out", str(out / "c.csv")
    yield "predict", "--split", "valid", f"--run={run}", "--out", str(out / "p.csv")
    yield "audience", "--like", "1001", f"--run={run}"
    yield "runs", "pause", "--", run
    yield "runs", "resume", "--", run
    yield "runs", "resume", "--from", "best", "--", run
    yield "runs", "refit", "--", run


def ending(run: str) -> Iterator[tuple[str, ...]]:
    """Give the commands that change the run, the last of which removes it."""
    yield "runs", "rename", "--", run, "another name"
    yield "runs", "rm", "-y", "--", run


def harm_in(text: str) -> list[str]:
    """Return what must not be in what a command prints, whoever made the run."""
    found = [f"escape {sign!r}" for sign in ACTING if sign in text.replace("\r", "")]
    for words in ("Traceback (most recent", "a fault of cftui", "recursion depth exceeded"):
        if words in text:
            found.append(words)
    return found


def harm_outside(place: Place, before: dict[str, bytes | str]) -> list[str]:
    """Return what was changed outside the folder of runs, or executed."""
    after = state_of(place.outside.folder)
    found = [f"outside: {n}" for n in before | after if before.get(n) != after.get(n)]
    return found + ["executed"] * place.outside.pwned.exists()


Outcome = tuple[int | None, str]
"""A command's exit code, none where it hung; what it printed."""


def harm_to_all(words: Sequence[str], outcome: Outcome) -> list[str]:
    """Return what is wrong with a command that looks at all runs or at the good one."""
    code, text = outcome
    found = harm_in(text)
    if code is None:
        found.append("hangs")
    elif code:
        found.append(f"exit code {code}: {text[-200:]}")
    elif words[:2] == ("runs", "list") and GOOD not in text:
        found.append("the good run is not listed")
    return found


def harm_to_one(words: Sequence[str], outcome: Outcome) -> list[str]:
    """Return what is wrong with a command on the hostile run: it may fail, in plain words."""
    code, text = outcome
    return [*harm_in(text), *(["hangs"] if code is None else [])]


def forked(home: Path, words: Sequence[str], command: Callable[..., int]) -> Outcome:
    """Run a command in a process of its own, which dies alone; nothing is imported anew."""
    with tempfile.TemporaryFile() as output:
        child = os.fork()
        if not child:
            _be_a_command(home, words, command, output.fileno())
        code = _waited(child)
        output.seek(0)
        return code, output.read(20_000_000).decode(errors="surrogateescape")


def _be_a_command(home: Path, words: Sequence[str], command: Callable[..., int], out: int) -> None:
    code = 99
    try:
        os.setsid()
        os.environ[paths.HOME_VARIABLE] = str(home)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for old, new in ((nothing, 0), (out, 1), (out, 2)):
            os.dup2(old, new)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        code = command(*words)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        import sys

        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code)


def _waited(child: int) -> int | None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None
