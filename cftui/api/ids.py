"""Ids as pandas holds them, and as the ratings have them: integers or texts, as written."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cftui.ratings.values import Vocabulary

UNKNOWN = -1
"""The code of an id that is not in the ratings."""


def ids_of(vocabulary: Vocabulary) -> Any:
    """Return every id in code order, as an array that pandas can hold.

    int64 where all ids are plain decimals, so that no writing changes; else texts: `007` stays.
    """
    ids = vocabulary.ids
    return np.array(ids) if isinstance(ids, np.ndarray) else pd.Series(ids.all()).array


def like(vocabulary: Vocabulary, written: Sequence[str]) -> Any:
    """Return ids that are written as texts in the type in which `ids_of` gives them."""
    if isinstance(vocabulary.ids, np.ndarray):
        return np.array([int(text) for text in written], np.int64)
    return list(written)


def text_of(value: object) -> str:
    """Return an id as it is written in a file; whole floats, which pandas makes, without `.0`."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()


def codes_of(vocabulary: Vocabulary, column: "pd.Series[Any]") -> NDArray[np.int64]:
    """Return the code of each id in a column, `UNKNOWN` where there is none; shape (len(column),).

    A number and its usual writing mean the same id: 15, 15.0 and "15", but not "015".
    """
    ids = vocabulary.ids
    whole = isinstance(column.dtype, np.dtype) and column.dtype.kind in "iu"
    found: NDArray[np.int64]
    if whole and isinstance(ids, np.ndarray):
        found = pd.Index(ids).get_indexer(column.to_numpy()).astype(np.int64)
        return found
    texts = ids.all() if not isinstance(ids, np.ndarray) else map(str, ids.tolist())
    known = {text: code for code, text in enumerate(texts)}
    places, distinct = pd.factorize(column)
    codes = [known.get(text_of(value), UNKNOWN) for value in distinct]
    table = np.array([*codes, UNKNOWN], np.int64)
    found = table[np.asarray(places)]  # a missing id has place -1, which is the last
    return found
