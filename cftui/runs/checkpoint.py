"""Checkpoints: named arrays in safetensors files that are there whole or not at all."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import safetensors
import safetensors.numpy

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


def replace_file(path: Path, content: bytes, *, sync: bool = True) -> None:
    """Put a file in place at once: written under a temporary name, synced, renamed.

    Raises OSError (disk full, say), leaving what was there before and no temporary file.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            if sync:
                file.flush()
                os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if sync:
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def sweep_temporaries(folder: Path, names: Iterable[str]) -> None:
    """Remove what a process that was killed while replacing these files has left."""
    for name in names:
        for leftover in folder.glob(f".{name}.*"):
            leftover.unlink(missing_ok=True)


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
