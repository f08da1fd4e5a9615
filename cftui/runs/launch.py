"""Starting a trainer that outlives whoever starts it, in a session of its own."""

import contextlib
import fcntl
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cftui.config import RunConfig
from cftui.files import make_folder, put_in_place, replace_file
from cftui.hyperparameters import CustomModel, is_source
from cftui.modes import open_kept
from cftui.paths import runs_folder
from cftui.processes import environment, python
from cftui.runs.directory import Run
from cftui.runs.leftovers import START
from cftui.runs.model_source import refuse_untrusted, source_of, source_of_config
from cftui.runs.record import Origin


@dataclass(frozen=True)
class Launched:
    """A trainer just started."""

    run: Run
    """Its directory appears when the ratings are read."""
    process: "subprocess.Popen[bytes]"
    output: Path
    """What it prints until the directory is there; later the run's log."""

    def ended(self) -> bool:
        """Return whether the process has ended; reaps it if so."""
        return self.process.poll() is not None

    def last_words(self) -> str:
        """Return what it printed before it had a directory, and clear it away."""
        try:
            words = self.output.read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            words = ""
        claim_start_files(self.run)
        return words.removeprefix("cftui: ")


def launch(config: RunConfig, run_id: str, name: str = "", refit_of: str = "") -> Launched:
    """Start a trainer for a new run.

    Raises OSError if it cannot be started, Untrusted or ConfigError for a model that may not run.
    """
    import tomli_w

    source = source_of_config(config)
    if source is not None:
        refuse_untrusted(source)
    make_folder(runs_folder())
    settings = _start_file(run_id, "toml")
    replace_file(settings, tomli_w.dumps(config.to_settings()).encode())
    words = ["train", "--config", str(settings), "--id", run_id, "--name", name]
    words += ["--refit-of", refit_of] if refit_of else []
    return _spawn(words, Run(runs_folder() / run_id), _start_file(run_id, "log"))


def launch_resume(run: Run, origin: Origin = "last") -> Launched:
    """Start a trainer that goes on with a run; `origin` as `--from` of `runs resume` has it.

    Raises OSError if it cannot be started, Untrusted or RunError for a model that may not run.
    """
    model = run.config().model
    if isinstance(model, CustomModel) and is_source(model.name):
        refuse_untrusted(source_of(run, run.record(), model.name))
    return _spawn(["runs", "resume", run.id, "--from", origin], run, run.log)


def claim_start_files(run: Run) -> None:
    """Make the output of a detached start the run's log, and drop its settings file.

    The trainer calls this when its directory is there; its output goes on into the renamed file.
    Where the disk refuses they stay, and are swept some day.
    """
    with contextlib.suppress(OSError):
        _start_file(run.id, "toml").unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        output = _start_file(run.id, "log")
        if output.exists():
            put_in_place(output, run.log) if run.path.is_dir() else output.unlink()


def _start_file(run_id: str, kind: str) -> Path:
    return runs_folder() / f"{START}{run_id}.{kind}"


def _spawn(words: Sequence[str], run: Run, output: Path) -> Launched:
    # The folder of runs may well be a link of the user's own making; a run may not.
    linked = output.parent == run.path.parent
    handle = open_kept(output, os.O_WRONLY | os.O_APPEND, linked_folder=linked)
    try:
        # The trainer inherits it: while it lives, nobody sweeps its files away.
        with contextlib.suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        process = subprocess.Popen(
            python("cftui.cli", *words),
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=handle,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    finally:
        os.close(handle)
    return Launched(run, process, output)
