"""Features of a run's ratings: counted once for a split, and kept where that takes long.

What is kept is memory-mapped, so that trainer, screen and shell share it.
"""

import hashlib
import json
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cftui.config import RunConfig, SplitConfig
from cftui.hyperparameters import DataInfo
from cftui.library.kept_arrays import Arrays, keep_arrays, kept_arrays
from cftui.models import features_read
from cftui.paths import answers_folder
from cftui.ratings.clock import Clock
from cftui.ratings.features import Features, Field, features_of
from cftui.ratings.split import split
from cftui.ratings.values import Ratings

if TYPE_CHECKING:
    from cftui.models.custom import CustomClass

FORMAT = "1"
"""Of the file; another one is not read."""
WORTH_KEEPING = 0.5
"""Seconds of counting; what takes less is counted anew by each process."""
ARRAYS = ("indptr", "columns", "values", "codes")


def info_with(features: Features | None, ratings: Ratings) -> DataInfo:
    """Return what a model must know of the ratings, and of the features that it reads."""
    return ratings.info() if features is None else features.sized(ratings.info())


def features_for(
    config: RunConfig, ratings: Ratings, custom: "CustomClass | None" = None
) -> Features | None:
    """Return what a run's model reads, counted from its training ratings; none where nothing.

    Raises ConfigError where these ratings cannot be split as the run's were.
    """
    names = features_read(config.model, custom)
    return known_features(ratings, config.split, names) if names else None


@lru_cache(maxsize=2)
def known_features(ratings: Ratings, config: SplitConfig, names: tuple[str, ...]) -> Features:
    """Return these fields of the ratings, counted from what this split trains on."""
    place = _place(ratings, config, names)
    if (kept := _kept(place, ratings)) is not None:
        return kept
    began = time.monotonic()
    found = features_of(ratings, split(config, ratings), names)
    if time.monotonic() - began < WORTH_KEEPING:
        return found
    arrays, words = _to_arrays(found)
    keep_arrays(place, arrays, words, form=FORMAT)
    # What is kept is shared by all processes: arrays of one's own need not stay beside it.
    return _kept(place, ratings) or found


def _kept(place: Path, ratings: Ratings) -> Features | None:
    """Return the fields that are kept, mapped; none where there are none that fit and are whole."""
    with suppress(KeyError, ValueError, TypeError):
        if (kept := kept_arrays(place, form=FORMAT)) is not None:
            return _from_arrays(ratings, *kept)
    return None


def _place(ratings: Ratings, config: SplitConfig, names: tuple[str, ...]) -> Path:
    """Return where the fields are kept: titles and genres decide them as well as the ratings."""
    told = json.dumps([config.model_dump(mode="json"), names])
    digest = hashlib.sha256(told.encode())
    for column in (ratings.items.titles_column, ratings.items.genres_column):
        digest.update(b"none" if column is None else column.blob.tobytes())
    return (
        answers_folder() / ratings.fingerprint / f"features-{digest.hexdigest()[:16]}.safetensors"
    )


def _to_arrays(features: Features) -> tuple[Arrays, Mapping[str, str]]:
    arrays = {f"{f.name}/{part}": getattr(f, part) for f in features.fields for part in ARRAYS}
    arrays |= {"counts/users": features.user_counts, "counts/items": features.item_counts}
    words: dict[str, Any] = {
        "fields": [(f.name, f.width, f.of, f.one_hot) for f in features.fields],
        "absent": features.absent,
        "mean": features.mean,
    }
    if features.clock is not None:
        clock = features.clock
        arrays |= {f"clock/{part}": getattr(clock, part) for part in ("user", "time", "years")}
        words |= {"resolution": clock.resolution, "n_users": clock.n_users}
    return arrays, {"told": json.dumps(words)}


def _from_arrays(ratings: Ratings, arrays: Arrays, marks: Mapping[str, str]) -> Features:
    words = json.loads(marks["told"])
    fields = tuple(
        Field(name, width, of, one_hot, *(arrays[f"{name}/{part}"] for part in ARRAYS))
        for name, width, of, one_hot in words["fields"]
    )
    clock = None
    if "resolution" in words:
        user, times, years = (arrays[f"clock/{part}"] for part in ("user", "time", "years"))
        clock = Clock(words["resolution"], user, times, words["n_users"], years)
    counts, absent = (arrays["counts/users"], arrays["counts/items"]), tuple(words["absent"])
    return Features(ratings.user, ratings.item, *counts, words["mean"], fields, absent, clock)
