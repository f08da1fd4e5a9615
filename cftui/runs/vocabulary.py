"""The ids and titles that a run was trained on, kept beside its weights."""

from pathlib import Path

import numpy as np
import safetensors.numpy

from cftui.files import replace_file
from cftui.ratings.values import Ratings, TextColumn, Vocabulary
from cftui.runs.checkpoint import CheckpointError, read_tensors, tensor_fault

FILE = "vocabulary.safetensors"


def save_vocabulary(run: Path, ratings: Ratings) -> None:
    """Write the ids of users and items, and the items' titles and genres, in code order."""
    arrays: dict[str, np.ndarray] = {}
    for kind, vocabulary in (("users", ratings.users), ("items", ratings.items)):
        for part, column in (
            ("ids", vocabulary.ids),
            ("titles", vocabulary.titles_column),
            ("genres", vocabulary.genres_column),
        ):
            if isinstance(column, TextColumn):
                arrays[f"{kind}/{part}/text"] = np.ascontiguousarray(column.blob)
                arrays[f"{kind}/{part}/offsets"] = np.ascontiguousarray(column.offsets)
            elif column is not None:
                arrays[f"{kind}/{part}"] = np.ascontiguousarray(column)
    content = safetensors.numpy.save(arrays, {"source": ratings.name})
    replace_file(run / FILE, content)


def load_vocabulary(run: Path) -> tuple[Vocabulary, Vocabulary]:
    """Return the users and the items; raises CheckpointError if the file is missing or damaged."""
    path = run / FILE
    try:
        arrays, metadata = read_tensors(path)
        source = metadata.get("source", "the data")
        return _vocabulary("user", source, arrays), _vocabulary("item", source, arrays)
    except Exception as error:  # whatever is wrong with it, nothing else is harmed
        reason = f"lacks {error}" if isinstance(error, KeyError) else tensor_fault(error)
        raise CheckpointError(f"{path}: missing or damaged ({reason}); train anew") from None


def _vocabulary(kind: str, source: str, arrays: dict[str, np.ndarray]) -> Vocabulary:
    def text(part: str) -> TextColumn | None:
        name = f"{kind}s/{part}"
        if f"{name}/offsets" not in arrays:
            return None
        return _checked(name, arrays[f"{name}/text"], arrays[f"{name}/offsets"])

    ids = text("ids") or arrays[f"{kind}s/ids"]
    columns = [ids, *(one for one in (text("titles"), text("genres")) if one is not None)]
    if isinstance(ids, np.ndarray) and (ids.ndim != 1 or ids.dtype.kind not in "iu"):
        raise CheckpointError(f"{kind}s/ids are no list of whole numbers")
    if len({len(column) for column in columns}) > 1:
        raise CheckpointError(f"not as many titles or genres as {kind}s")
    return Vocabulary(kind, source, ids, text("titles"), text("genres"))


def _checked(name: str, blob: np.ndarray, offsets: np.ndarray) -> TextColumn:
    """Return a column of text whose every part lies within it."""
    lists = blob.ndim == 1 and blob.dtype == np.uint8 and offsets.ndim == 1
    if not (lists and len(offsets) and offsets.dtype.kind in "iu"):
        raise CheckpointError(f"{name} is no text")
    if offsets[0] < 0 or offsets[-1] > len(blob) or (np.diff(offsets.astype(np.int64)) < 0).any():
        raise CheckpointError(f"{name} begins and ends where there is none of it")
    return TextColumn(blob, offsets)
