"""Checkpoints: named arrays in safetensors files that are there whole or not at all."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import safetensors
import safetensors.numpy

from cftui.files import replace_file
from cftui.regular import check_regular
from cftui.runs.guarded import why

KINDS = ("BOOL", "I8", "I16", "I32", "I64", "U8", "U16", "U32", "U64", "F16", "F32", "F64")
"""Types of numbers that numpy has."""
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
        arrays, metadata = read_tensors(path, prefix)
    except FileNotFoundError:
        raise CheckpointError(f"{path}: no such checkpoint") from None
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}; train anew") from None
    except Exception as error:  # whatever is wrong with it, nothing else is harmed
        reason = tensor_fault(error)
        raise CheckpointError(f"{path}: damaged checkpoint ({reason}); train anew") from None
    if _step(metadata) is None:
        raise CheckpointError(f"{path}: not a checkpoint of cftui (it names no step); train anew")
    return Checkpoint(arrays, metadata)


def read_tensors(path: Path, prefix: str = "") -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Return the arrays whose names begin with a prefix, and the metadata, of a safetensors file.

    Raises CheckpointError where they are of a type that numpy has not, or do not fit into this
    machine's memory, OSError, and SafetensorError for what is no such file.
    """
    size = check_regular(path)
    if size > os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"):
        raise CheckpointError(f"of {size:,} bytes, more than this machine's memory")
    with safetensors.safe_open(path, framework="numpy") as file:
        names = [name for name in file.keys() if name.startswith(prefix)]  # noqa: SIM118
        for name in names:
            kind = file.get_slice(name).get_dtype()
            if kind not in KINDS:
                raise CheckpointError(f"holds numbers of type {kind}, where cftui writes F32")
        return {name: file.get_tensor(name) for name in names}, file.metadata() or {}


def tensor_fault(error: Exception) -> str:
    """Return in words why `read_tensors` failed."""
    return str(error) if isinstance(error, safetensors.SafetensorError) else why(error)


def _step(metadata: Mapping[str, str]) -> int | None:
    step = metadata.get("step", "")
    return int(step) if re.fullmatch(r"[0-9]{1,18}", step) else None


def checkpoint_step(path: Path) -> int:
    """Return the step of a checkpoint, its arrays left unread; 0 where it cannot be told."""
    try:
        return _step(read_tensors(path, prefix="none of them")[1]) or 0
    except Exception:  # as where it is loaded, which says so
        return 0
