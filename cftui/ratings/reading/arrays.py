"""Between numpy and pyarrow without `pyarrow.array`, `to_numpy` and scalars of Python.

These make pyarrow import pandas, 0.4 s of the processor and 50 MB, where that is installed.
"""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cftui.ratings.values import TextColumn


def numbers_of(column: pa.Array) -> NDArray[Any]:
    """Return the numbers or flags of a column that lacks none, as they lie in memory."""
    if pa.types.is_boolean(column.type):
        return np.from_dlpack(column.cast(pa.uint8())).view(np.bool_)
    return np.from_dlpack(column)


def column_of(numbers: NDArray[Any]) -> pa.Array:
    """Return numbers of 32 or 64 bits as a column."""
    kind = {"i4": pa.int32(), "i8": pa.int64()}[numbers.dtype.str[1:]]
    whole = np.ascontiguousarray(numbers)
    return pa.Array.from_buffers(kind, len(whole), [None, pa.py_buffer(whole)])


def texts_of(texts: list[str]) -> pa.Array:
    """Return texts as a column."""
    column = TextColumn.of(texts)
    buffers = [None, pa.py_buffer(column.offsets), pa.py_buffer(column.blob)]
    return pa.Array.from_buffers(pa.large_string(), len(texts), buffers).cast(pa.string())
