"""Arrays that took long to make, kept on disk: safetensors under the cache folder, checked."""

import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np
import safetensors
import safetensors.numpy

from cftui.files import make_folder, replacing

Arrays = Mapping[str, np.ndarray]


def keep_arrays(place: Path, arrays: Arrays, words: Mapping[str, str], *, form: str) -> None:
    """Keep named arrays and words; a folder that may not be written to is no failure.

    `form`: of what is kept; another one is not read.
    """
    whole = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    with suppress(OSError, safetensors.SafetensorError):
        make_folder(place.parent)
        with replacing(place) as temporary:
            marks = {**words, "format": form, "check": _checksum(whole)}
            safetensors.numpy.save_file(whole, temporary, marks)


def kept_arrays(place: Path, *, form: str) -> tuple[Arrays, Mapping[str, str]] | None:
    """Return the arrays and words that are kept; none where there are none of this form, whole."""
    with suppress(OSError, safetensors.SafetensorError, KeyError, ValueError):
        with safetensors.safe_open(place, framework="numpy") as file:
            marks: dict[str, str] = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if marks.get("format") == form and marks.get("check") == _checksum(arrays):
            return arrays, marks
    return None


def _checksum(arrays: Arrays) -> str:
    total = 0
    for name in sorted(arrays):
        total = zlib.crc32(arrays[name].reshape(-1).view(np.uint8).data, total)
    return str(total)
