"""Builds a store's files from a source."""

import dataclasses
import json
import os
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from functools import reduce
from math import gcd
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cftui.files import sync_folder, write_new
from cftui.ratings.reading.intake import RatingsTable
from cftui.ratings.reading.readers import Progress, read
from cftui.ratings.sources.locate import FORMAT, META, SourceFiles
from cftui.ratings.sums import SUMS, fingerprint_of, sum_of, sum_of_facts
from cftui.ratings.values import DataError, TextColumn, log_counts

MOST_STEPS = 10_000
"""Values on a finer grid than this count as continuous."""


THREADS = 3
"""They wait for the disk as much as they compute."""


def write_store(folder: Path, files: SourceFiles, name: str, progress: Progress | None) -> None:
    """Read the source and write its store into an empty folder, synced to the disk.

    Raises DataError where the source cannot be read, OSError where the folder cannot be written.
    """
    table = _scaled(read(files, progress), files)
    arrays, fingerprint, sums = _write_arrays(folder, table)
    meta: dict[str, Any] = {
        "format": FORMAT,
        "name": name,
        "source": str(files.ratings),
        "fingerprint": fingerprint,
        "mapping": dataclasses.asdict(files.mapping),
        **_facts(table),
        "titles": {"from": table.titles.told, "movies": table.titles.movies},
        "arrays": {key: [array.dtype.str, list(array.shape)] for key, array in arrays.items()},
    }
    meta[SUMS] = {**sums, "facts": sum_of_facts(meta)}
    write_new(folder / META, json.dumps(meta, indent=1).encode())
    sync_folder(folder)


def _scaled(table: RatingsTable, files: SourceFiles) -> RatingsTable:
    """Return the table with its values as they are to be read; raises DataError for no counts."""
    if not files.mapping.values:
        return table
    low = float(table.value.min())
    if low < 0:
        raise DataError(
            f"{files.ratings}: a value of {low:g} is no count; leave out --values log (to train:"
            " data.values)"
        )
    return dataclasses.replace(table, value=log_counts(table.value))


def _write_arrays(
    folder: Path, table: RatingsTable
) -> tuple[dict[str, NDArray[Any]], str, dict[str, int]]:
    """Write all arrays of a store; return them, the ratings' fingerprint, and their sums."""
    arrays = _given_arrays(table)
    pool = ThreadPoolExecutor(THREADS)
    try:
        fingerprint = pool.submit(fingerprint_of, dict(arrays))
        groups = [
            pool.submit(_grouping, "by_user", table.user, len(table.user_ids)),
            pool.submit(_grouping, "by_item", table.item, len(table.item_ids)),
        ]
        written = {name: pool.submit(_write_array, folder, name, arrays[name]) for name in arrays}
        for group in groups:
            arrays.update(group.result())
            for name, array in group.result().items():
                written[name] = pool.submit(_write_array, folder, name, array)
        sums = {name: done.result() for name, done in written.items()}
        return arrays, fingerprint.result(), sums
    finally:
        pool.shutdown(cancel_futures=True)


def _given_arrays(table: RatingsTable) -> dict[str, NDArray[Any]]:
    """Return what a table holds as arrays by name."""
    arrays: dict[str, NDArray[Any]] = {
        "user": table.user,
        "item": table.item,
        "value": table.value,
        **_ids("user_ids", table.user_ids),
        **_ids("item_ids", table.item_ids),
    }
    if table.timestamp is not None:
        arrays["timestamp"] = table.timestamp
    ids = [str(own) for own in table.item_ids] if table.titles.titles else []
    for name, known in (("titles", table.titles.titles), ("genres", table.titles.genres)):
        if known:
            arrays.update(_texts(name, [known.get(own, "") for own in ids]))
    return arrays


def _ids(name: str, ids: NDArray[np.int64] | list[str]) -> dict[str, NDArray[Any]]:
    return _texts(name, ids) if isinstance(ids, list) else {name: ids}


def _texts(name: str, texts: list[str]) -> dict[str, NDArray[Any]]:
    column = TextColumn.of(texts)
    return {f"{name}.blob": column.blob, f"{name}.offsets": column.offsets}


def _grouping(name: str, codes: NDArray[np.int32], n: int) -> dict[str, NDArray[Any]]:
    indptr = np.zeros(n + 1, np.int64)
    np.cumsum(np.bincount(codes, minlength=n), out=indptr[1:])
    narrow = len(codes) <= np.iinfo(np.int32).max
    order = _ordered(codes, n).astype(np.int32 if narrow else np.int64)
    return {f"{name}.indptr": indptr, f"{name}.order": order}


def _ordered(codes: NDArray[np.int32], n: int) -> NDArray[np.int64]:
    """Return the positions of the codes in ascending order, those of a code as they came."""
    if (codes[1:] >= codes[:-1]).all():
        return np.arange(len(codes))
    # Stable sorts of 16-bit numbers are radix sorts: two of them are faster than one of 32 bits.
    order = np.argsort(codes.astype(np.uint16), kind="stable")
    if n > 1 << 16:
        order = order[np.argsort((codes >> 16).astype(np.uint16)[order], kind="stable")]
    return order


def _facts(table: RatingsTable) -> dict[str, Any]:
    return {
        "n_ratings": len(table.value),
        "n_users": len(table.user_ids),
        "n_items": len(table.item_ids),
        "low": float(table.value.min()),
        "high": float(table.value.max()),
        "step": _step(table.value),
        "mean": float(table.value.mean(dtype=np.float64)),
        "unusable_rows": table.unusable_rows,
        "duplicates": table.duplicates,
        "unrated": table.unrated,
        "untimed": table.untimed,
        "problems": [dataclasses.asdict(problem) for problem in table.problems],
        "warnings": [*table.notes, *filter(None, [table.titles.warning])],
    }


def _step(values: NDArray[np.float32]) -> float | None:
    """Return the greatest number that divides every difference between values.

    None for a single value, or where the values are as good as continuous.
    """
    distinct = np.unique(values)
    if not 1 < len(distinct) <= MOST_STEPS:
        return None
    # A 32-bit 3.7 is 3.7000000477; what was meant is its shortest text.
    exact = [Fraction(str(value)) for value in distinct]
    scale = reduce(lambda a, b: a * b // gcd(a, b), (value.denominator for value in exact))
    step = Fraction(reduce(gcd, (int((value - exact[0]) * scale) for value in exact)), scale)
    return float(step) if (exact[-1] - exact[0]) / step <= MOST_STEPS else None


def _write_array(folder: Path, name: str, array: NDArray[Any]) -> int:
    """Write an array, synced; return its sum."""
    with (folder / f"{name}.npy").open("wb") as file:
        np.save(file, array, allow_pickle=False)
        file.flush()
        os.fsync(file.fileno())
    return sum_of(array)
