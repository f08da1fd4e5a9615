"""Reads Parquet files."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cftui.ratings.packed import Part
from cftui.ratings.values import DataError


@contextmanager
def open_parquet(part: Part) -> Iterator[Any]:
    """Give the pyarrow file; raises DataError where it is not sound Parquet."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with part.open() as stream:
        packed = bool(stream.packed)
    try:
        with pq.ParquetFile(io.BytesIO(part.read_all()) if packed else part.path) as file:
            yield file
    except pa.ArrowException as error:
        reason = str(error).splitlines()[0][:200]
        raise DataError(
            f"{part}: not a sound Parquet file ({reason}); download or write it again"
        ) from None
