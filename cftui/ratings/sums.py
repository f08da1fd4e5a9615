"""Whether a ratings store is as it was written, to the last bit."""

import hashlib
import json
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cftui.files import replace_file

SUMS = "sums"
"""In a store's meta.json: CRC-32 of each array, and of the other facts as `facts`."""
CHECKED, DAMAGED = "checked", "damaged"
"""Files in a store: that all of it was found whole; or what was not, so that it is made anew."""
BLOCK = 1 << 22
"""Bytes summed at a time."""


def fingerprint_of(arrays: Mapping[str, NDArray[Any]]) -> str:
    """Return a hash of ids, values and times: the same for the same ratings, wherever they are."""
    digest = hashlib.sha256()
    for part in ("user_ids", "item_ids", "user", "item", "value", "timestamp"):
        for name in (part, f"{part}.blob", f"{part}.offsets"):
            if name in arrays:
                array = arrays[name]
                little = array.astype(array.dtype.newbyteorder("<"), copy=False)
                digest.update(f"{name} {little.dtype.str} {little.shape}\n".encode())
                digest.update(np.ascontiguousarray(little).data)
    return digest.hexdigest()


def sum_of(array: NDArray[Any], total: int = 0) -> int:
    """Return the CRC-32 of an array's bytes; `total`: that of what comes before them."""
    whole = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    for start in range(0, len(whole), BLOCK):
        total = zlib.crc32(whole[start : start + BLOCK].data, total)
    return total


def sum_of_facts(meta: Mapping[str, Any]) -> int:
    """Return the CRC-32 of what a store's meta.json says beside the sums."""
    facts = {key: value for key, value in meta.items() if key != SUMS}
    return zlib.crc32(json.dumps(facts, sort_keys=True).encode())


def what_is_damaged(meta: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> str:
    """Return what of a store is not as it was written, in words; empty where all is."""
    sums = meta.get(SUMS)
    if not isinstance(sums, dict):  # of an older version: its ratings have a fingerprint
        same = fingerprint_of(arrays) == meta["fingerprint"]
        return "" if same else "its ratings are not those that were read"
    wrong = [name for name, array in arrays.items() if sums.get(name) != sum_of(array)]
    if wrong:
        return f"{', '.join(wrong)} is not as it was written"
    return ""


def mark(store: Path, reason: str) -> None:
    """Leave a word in a store: that it was found whole, or with a reason that it is damaged.

    Where nothing can be written there is none, and it is looked at again.
    """
    with suppress(OSError):
        replace_file(store / (DAMAGED if reason else CHECKED), reason.encode())


def marked_damaged(store: Path) -> str:
    """Return why a store is to be made anew; empty where nobody found that."""
    try:
        return (store / DAMAGED).read_text(encoding="utf-8", errors="replace")[:1000] or "marked"
    except OSError:
        return ""
