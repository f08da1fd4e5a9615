"""Checkpoints: named arrays in safetensors files that are there whole or not at all."""

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import safetensors
import safetensors.numpy

from cftui.files import open_plainly, replace_file
from cftui.regular import check_regular
from cftui.runs.guarded import why

KINDS = ("BOOL", "I8", "I16", "I32", "I64", "U8", "U16", "U32", "U64", "F16", "F32", "F64")
"""Types of numbers that numpy has."""
Arrays = Mapping[str, np.ndarray]
MOST_HEADER = 16 << 20
"""Bytes of a header at the most; ours have a few thousand."""
UNSUMMED = b'"sha256":"sha256:' + b"0" * 64 + b'"'
"""A header's sum before it is known, and what stands for it in the sum itself."""
SUMMED = re.compile(rb'"sha256":"sha256:([0-9a-f]{64})"')
MARKS = (b'"sha256":', b'"sha256:')
"""Both are in a header with a sum, so that no flipped bit makes it one without."""
BLOCK = 1 << 20
META = "__metadata__"


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
    replace_file(path, checkpoint_bytes(arrays, metadata))


def checkpoint_bytes(arrays: Arrays, metadata: Mapping[str, str]) -> bytes:
    """Return a checkpoint as its file has it, with the SHA-256 of all its bytes in the header."""
    # Serialised first and written by us: a failed write is then an OSError with its errno.
    contiguous = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    unsummed = {**metadata, "sha256": f"sha256:{'0' * 64}"}
    content: bytes = safetensors.numpy.save(contiguous, unsummed)
    found = hashlib.sha256(content).hexdigest().encode()
    return content.replace(UNSUMMED, UNSUMMED.replace(b"0" * 64, found), 1)


def load_checkpoint(path: Path, prefix: str = "") -> Checkpoint:
    """Return a checkpoint's arrays whose names begin with a prefix, and its metadata.

    One with a sum, as all are that this version writes, is held against it. Raises CheckpointError
    if the file is missing or damaged.
    """
    try:
        damage = "" if _is_whole(path) else "its bytes are not those that were written"
        if damage:
            raise CheckpointError(f"damaged checkpoint ({damage})")
        arrays, metadata = read_tensors(path, prefix)
        metadata.pop("sha256", None)
    except FileNotFoundError:
        raise CheckpointError(f"{path}: no such checkpoint") from None
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}; {remedy(path)}") from None
    except Exception as error:  # whatever is wrong with it, nothing else is harmed
        reason = tensor_fault(error)
        raise CheckpointError(f"{path}: damaged checkpoint ({reason}); {remedy(path)}") from None
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


def check_finite(path: Path, arrays: Arrays) -> None:
    """Raise CheckpointError where weights are no finite numbers: no answer would mean a thing."""
    for name, array in arrays.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            table = name.removeprefix("parameters/")
            raise CheckpointError(
                f"{path}: {table} has numbers that are not finite; {remedy(path)}"
            )


def remedy(path: Path) -> str:
    """Return what can be done about a damaged checkpoint: another that is whole, or training."""
    folder = path.parent
    # Said of those files alone that can stand for each other.
    if path.name == "last.safetensors" and is_sound(folder / "best.safetensors"):
        return "the weights at the best validation error are whole: ask those (--best)"
    if path.name == "best.safetensors" and is_sound(folder / "last.safetensors"):
        return "the last weights are whole: leave --best out"
    return "train anew"


def is_sound(path: Path) -> bool:
    """Return whether a checkpoint can be read and is whole, its arrays left where they are."""
    try:
        return _is_whole(path) and "step" in read_header(path)["__metadata__"]
    except (OSError, ValueError, KeyError):
        return False


def _is_whole(path: Path) -> bool:
    """Return whether a file is as it was written, as far as its header tells."""
    with open_plainly(path) as file:
        header = _header(file)
        if not any(mark in header for mark in MARKS):
            return True  # of an older version, or another program
        told = SUMMED.search(header)
        size = os.fstat(file.fileno()).st_size
        if told is None or size != 8 + len(header) + _claimed(header):
            return False  # without reading what may be endless
        found = hashlib.sha256(len(header).to_bytes(8, "little"))
        found.update(header.replace(told[0], UNSUMMED, 1))
        block = bytearray(BLOCK)
        while count := file.readinto(block):
            found.update(memoryview(block)[:count])
    return found.hexdigest().encode() == told[1]


def _claimed(header: bytes) -> int:
    """Return the bytes of all arrays as a header has them; -1 where it is damaged."""
    try:
        found = json.loads(header).items()
        return max((one["data_offsets"][1] for key, one in found if key != META), default=0)
    except Exception:  # whatever is wrong with it
        return -1


def _header(file: BinaryIO) -> bytes:
    """Return the header at a safetensors file's beginning; empty where that is none."""
    size = int.from_bytes(file.read(8), "little")
    return file.read(size) if size <= MOST_HEADER else b""


def read_header(path: Path) -> dict[str, Any]:
    """Return what a safetensors file tells of its arrays, and `__metadata__`, arrays left unread.

    Raises OSError where it cannot be read or is no regular file, ValueError where it is damaged.
    """
    with open_plainly(path) as file:
        header = _header(file)
    try:
        found = json.loads(header)
    except RecursionError:
        raise ValueError(f"{path}: nested too deeply") from None
    if not isinstance(found, dict):
        raise ValueError(f"{path}: no header")
    return found


def read_metadata(path: Path) -> dict[str, str]:
    """Return a checkpoint's metadata, its arrays left unread; empty where it has none to read."""
    try:
        found = read_header(path).get("__metadata__")
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {key: value for key, value in found.items() if isinstance(value, str)}


def checkpoint_step(path: Path) -> int:
    """Return the step of a checkpoint, its arrays left unread; 0 where it cannot be told."""
    return _step(read_metadata(path)) or 0
