"""Checkpoints: named arrays in safetensors files that are there whole or not at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import safetensors
import safetensors.numpy

from cftui.files import replace_file

Arrays = Mapping[str, np.ndarray]


class CheckpointError(ValueError):
    """A checkpoint that cannot be read; the message names the file and the remedy."""


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint file holds."""

    arrays: dict[str, np.ndarray]
    metadata: dict[str, str]

    @property
    def step(self) -> int:
        """Return the number of steps done when it was written."""
        return int(self.metadata["step"])


def save_checkpoint(path: Path, arrays: Arrays, metadata: Mapping[str, str]) -> None:
    """Write a checkpoint; raises OSError where the disk refuses, leaving the one before."""
    # Serialised first and written by us: a failed write is then an OSError with its errno.
    contiguous = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    replace_file(path, safetensors.numpy.save(contiguous, dict(metadata)))


def load_checkpoint(path: Path, prefix: str = "") -> Checkpoint:
    """Return a checkpoint's arrays whose names begin with a prefix, and its metadata.

    Raises CheckpointError if the file is missing or damaged.
    """
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            names = [name for name in file.keys() if name.startswith(prefix)]  # noqa: SIM118
            arrays = {name: file.get_tensor(name) for name in names}
            metadata = file.metadata() or {}
    except FileNotFoundError:
        raise CheckpointError(f"{path}: no such checkpoint") from None
    except (OSError, safetensors.SafetensorError) as error:
        raise CheckpointError(f"{path}: damaged checkpoint ({error}); train anew") from None
    if not metadata.get("step", "").isdigit():
        raise CheckpointError(f"{path}: not a checkpoint of cftui (it names no step); train anew")
    return Checkpoint(arrays, metadata)


def checkpoint_step(path: Path) -> int:
    """Return the step of a checkpoint, its arrays left unread; 0 where it cannot be told."""
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            step = (file.metadata() or {}).get("step", "")
    except (OSError, safetensors.SafetensorError):
        return 0
    return int(step) if step.isdigit() else 0
