"""Arrays that took long to make, kept on disk: safetensors under the cache folder, checked.

They are memory-mapped, read-only, as stores are: processes that ask for the same share them.
"""

import json
import mmap
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from cftui.files import make_folder, replacing
from cftui.ratings.sums import sum_of
from cftui.regular import open_regular

Arrays = Mapping[str, np.ndarray]
KINDS = {
    **{"F64": "<f8", "F32": "<f4", "F16": "<f2", "BOOL": "?"},
    **{"I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1"},
    **{"U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1"},
}
"""Types of numbers as the format names them, and as numpy does."""
LENGTH_BYTES = 8
"""Of the header's length, which a file begins with."""


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
    """Return the arrays and words that are kept; none where there are none of this form, whole.

    The arrays are maps of the file, which cannot be written to.
    """
    with suppress(OSError, KeyError, ValueError, TypeError, AttributeError, RecursionError):
        header, numbers = _mapped(place)
        marks: dict[str, str] = header.pop("__metadata__")
        if marks.get("format") == form:
            arrays = {name: _array(numbers, told) for name, told in header.items()}
            if marks.get("check") == _checksum(arrays):
                return arrays, marks
    return None


def _mapped(place: Path) -> tuple[dict[str, Any], np.ndarray]:
    """Return a file's header, and all that follows it as bytes."""
    file = open_regular(place)
    try:
        whole = np.frombuffer(mmap.mmap(file, 0, access=mmap.ACCESS_READ), np.uint8)
    finally:
        os.close(file)
    length = int.from_bytes(whole[:LENGTH_BYTES].tobytes(), "little")
    begin = LENGTH_BYTES + length
    if begin > len(whole):
        raise ValueError("its header is longer than the file")
    return json.loads(whole[LENGTH_BYTES:begin].tobytes()), whole[begin:]


def _array(numbers: np.ndarray, told: Mapping[str, Any]) -> np.ndarray:
    """Return an array that a header tells of; raises ValueError where its bytes are not there."""
    begin, end = told["data_offsets"]
    if not 0 <= begin <= end <= len(numbers):
        raise ValueError("an array reaches beyond the file")
    return numbers[begin:end].view(KINDS[told["dtype"]]).reshape(told["shape"])


def _checksum(arrays: Arrays) -> str:
    total = 0
    for name in sorted(arrays):
        total = sum_of(arrays[name], total)
    return str(total)
