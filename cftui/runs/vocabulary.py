"""The ids and titles that a run was trained on, kept beside its weights."""

from pathlib import Path

import numpy as np
import safetensors
import safetensors.numpy

from cftui.files import replace_file
from cftui.ratings.values import Ratings, TextColumn, Vocabulary
from cftui.runs.checkpoint import CheckpointError

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
        with safetensors.safe_open(path, framework="numpy") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            source = (file.metadata() or {}).get("source", "the data")
        return _vocabulary("user", source, arrays), _vocabulary("item", source, arrays)
    except (OSError, KeyError, safetensors.SafetensorError) as error:
        raise CheckpointError(f"{path}: missing or damaged ({error}); train anew") from None


def _vocabulary(kind: str, source: str, arrays: dict[str, np.ndarray]) -> Vocabulary:
    def text(part: str) -> TextColumn | None:
        name = f"{kind}s/{part}"
        if f"{name}/offsets" not in arrays:
            return None
        return TextColumn(arrays[f"{name}/text"], arrays[f"{name}/offsets"])

    ids = text("ids") or arrays[f"{kind}s/ids"]
    return Vocabulary(kind, source, ids, text("titles"), text("genres"))
