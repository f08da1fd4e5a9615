"""The source of a user's model: read, kept beside a run, and executed only where it is trusted.

What was agreed to is remembered by its SHA-256, a file each in the state folder, so that any
change asks anew. Nothing here executes anything.
"""

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path

from cftui.config import ConfigError
from cftui.files import make_folder, replace_file
from cftui.paths import state_folder
from cftui.questions.errors import Untrusted
from cftui.remedies import cause
from cftui.runs.directory import Run, RunError
from cftui.runs.record import RunRecord

FILE = "model.py"


@dataclass(frozen=True)
class ModelSource:
    """A Python file that holds a model's class."""

    path: str
    """Where it was read; messages name it."""
    text: bytes
    word: str
    """The class's name."""

    @property
    def sha256(self) -> str:
        """Return the hash of its bytes, as hexadecimal digits."""
        return hashlib.sha256(self.text).hexdigest()


def read_source(name: str) -> ModelSource:
    """Return the source that `path.py:Class` means; raises ConfigError if it cannot be read."""
    given, _, word = name.rpartition(":")
    path = Path(given).expanduser().absolute()
    try:
        return ModelSource(str(path), path.read_bytes(), word)
    except FileNotFoundError:
        raise ConfigError(f"model {name!r}: no such file {path}") from None
    except OSError as error:
        raise ConfigError(f"model {name!r}: {path} cannot be read: {cause(error)}") from None


def source_of(run: Run, record: RunRecord, model: str) -> ModelSource:
    """Return the copy of a user's model that a run was trained with, if it may be executed here.

    Raises RunError if the copy is gone or altered, Untrusted if nobody agreed to it here.
    """
    path = run.path / FILE
    try:
        source = ModelSource(str(path), path.read_bytes(), model.rpartition(":")[2])
    except OSError as error:
        raise RunError(f"{path}: cannot be read ({cause(error)}), or train anew") from None
    if source.sha256 != record.model_sha256:
        raise RunError(
            f"{path}: not the source that {run.id} was trained with (its hash differs);"
            " put the file back or train anew"
        )
    if not is_trusted(source):
        raise Untrusted(
            f"{run.id} has a model of its own, which was never agreed to here. Read {path};"
            f" if it may run on this machine: cftui runs trust {run.id}"
        )
    return source


def is_trusted(source: ModelSource) -> bool:
    """Return whether somebody agreed here to executing this very source."""
    return _mark(source).is_file()


def trust(source: ModelSource) -> None:
    """Remember that this very source may be executed; raises OSError where the disk refuses."""
    mark = _mark(source)
    make_folder(mark.parent)
    words = f"{source.path}\n{time.strftime('%Y-%m-%d %H:%M:%S')}\n"
    replace_file(mark, words.encode("utf-8", "replace"))


def trust_run(run: Run) -> ModelSource:
    """Agree to a run's copy of a user's model; raises RunError where there is none."""
    path = run.path / FILE
    try:
        source = ModelSource(str(path), path.read_bytes(), "")
    except OSError:
        raise RunError(f"{run.id} has no model of its own; nothing to agree to") from None
    if source.sha256 != run.record().model_sha256:
        raise RunError(
            f"{path}: not the source that {run.id} was trained with (its hash differs);"
            " put the file back or train anew"
        )
    trust(source)
    return source


def _mark(source: ModelSource) -> Path:
    return state_folder() / "trusted-models" / source.sha256
