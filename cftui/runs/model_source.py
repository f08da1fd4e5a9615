"""The source of a user's model: read, kept beside a run, and executed only where it is trusted.

What was agreed to is remembered by its SHA-256 for each person (`consent`), so that any change
asks anew. Nothing here executes anything.
"""

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from cftui.config import ConfigError, RunConfig
from cftui.hyperparameters import CustomModel, is_source
from cftui.owners import owner_words
from cftui.paths import runs_folder
from cftui.questions.errors import Untrusted
from cftui.remedies import cause
from cftui.runs import consent
from cftui.runs.directory import Run, RunError
from cftui.runs.record import RunRecord

FILE = "model.py"
MOST_BYTES = 16 << 20
"""Of a model's source."""


@dataclass(frozen=True)
class ModelSource:
    """A Python file that holds a model's class."""

    path: str
    """Where it was read; messages name it."""
    text: bytes
    word: str
    """The class's name."""
    owner: int = -1
    """The uid of its file's owner."""
    remedy: str = "cftui train --trust-model, or for a run's copy: cftui runs trust RUN"
    """What agrees to executing it."""

    @property
    def sha256(self) -> str:
        """Return the hash of its bytes, as hexadecimal digits."""
        return hashlib.sha256(self.text).hexdigest()


def read_source(name: str) -> ModelSource:
    """Return the source that `path.py:Class` means; raises ConfigError if it cannot be read."""
    given, _, word = name.rpartition(":")
    path = Path(given).expanduser().absolute()
    try:
        text, owner = _read(path)
    except FileNotFoundError:
        raise ConfigError(f"model {name!r}: no such file {path}") from None
    except OSError as error:
        raise ConfigError(f"model {name!r}: {path} cannot be read: {cause(error)}") from None
    remedy = f"cftui train --model {path}:{word} --trust-model"
    return ModelSource(str(path), text, word, owner, remedy)


def source_of_config(config: RunConfig) -> ModelSource | None:
    """Return the source that settings name; none where their model is no file.

    Raises ConfigError if it cannot be read.
    """
    named = isinstance(config.model, CustomModel) and is_source(config.model.name)
    return read_source(config.model.name) if named else None


def source_of(run: Run, record: RunRecord, model: str = "") -> ModelSource:
    """Return the copy of a user's model that a run was trained with.

    `model`: its name in the run's settings. Raises RunError if the copy is gone or altered.
    """
    path = run.path / FILE
    try:
        text, owner = _read(path, os.O_NOFOLLOW)
    except OSError as error:
        if not record.model_sha256:
            raise RunError(f"{run.id} has no model of its own; nothing to agree to") from None
        raise RunError(f"{path}: cannot be read ({cause(error)}), or train anew") from None
    remedy = f"cftui runs trust {run.id}"
    source = ModelSource(str(path), text, model.rpartition(":")[2], owner, remedy)
    if source.sha256 != record.model_sha256:
        raise RunError(
            f"{path}: not the source that {run.id} was trained with (its hash differs);"
            " put the file back or train anew"
        )
    return source


def is_trusted(source: ModelSource) -> bool:
    """Return whether this person agreed to executing this very source."""
    return consent.is_given(source.sha256)


def trust(source: ModelSource) -> None:
    """Remember that this very source may be executed; raises OSError where that cannot be kept."""
    consent.give(source.sha256, source.path)


def refuse_untrusted(source: ModelSource) -> None:
    """Raise Untrusted unless this person agreed to executing this very source.

    Whatever executes a source asks here first.
    """
    if not is_trusted(source):
        whose = owner_words(source.owner)
        raise Untrusted(
            f"{source.path} is a model, a file of {whose if whose != 'you' else 'yours'},"
            " that you never agreed to execute. Read it;"
            f" if it may do anything that you may do: {source.remedy}",
            source,
        )


def trust_typed(source: ModelSource) -> None:
    """Agree to a source whose path this person has typed, which says that it may run.

    Raises Untrusted where it is somebody else's, or came in a run; OSError as `trust`.
    """
    path = Path(source.path).resolve()
    came = path.is_relative_to(runs_folder().resolve()) or (path.parent / "run.json").exists()
    if came or source.owner not in (os.geteuid(), 0):
        refuse_untrusted(source)
    elif not is_trusted(source):
        trust(source)


def trust_run(run: Run) -> ModelSource:
    """Agree to a run's copy of a user's model; raises RunError where there is none."""
    source = source_of(run, run.record())
    trust(source)
    return source


def _read(path: Path, flags: int = 0) -> tuple[bytes, int]:
    """Return what is in a regular file, and its owner's uid; raises OSError."""
    # Not blocking: a pipe of that name would wait for ever.
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | flags)
    with os.fdopen(file, "rb") as opened:
        facts = os.fstat(file)
        if not stat.S_ISREG(facts.st_mode) or facts.st_size > MOST_BYTES:
            raise OSError(0, "not a source file")
        return opened.read(), facts.st_uid
