"""A split that its publisher made: the validation ratings are the rows of a file (u1.test)."""

import hashlib
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cftui.config import ConfigError, SplitConfig
from cftui.files import make_folder, replacing
from cftui.paths import answers_folder
from cftui.ratings.reading.intake import Intake, RatingsTable
from cftui.ratings.reading.readers import pass_rows
from cftui.ratings.sources.locate import as_far_as_there, locate
from cftui.ratings.values import DataError, Ratings, UnknownId, Vocabulary

Positions = NDArray[np.int64]


def positions_given(config: SplitConfig, ratings: Ratings) -> Positions:
    """Return where in the ratings the rows of the split's file stand, ascending.

    Those that a run began with (`split.held`) are kept beside the ratings' answers, so that it goes
    on where the file is gone. Raises ConfigError where none of its rows is a rating here, and where
    the file has changed since.
    """
    kept = _kept(config, ratings)
    if kept is not None:
        return kept
    found = _found(config, ratings)
    name = name_of(found)
    if config.held not in ("", name):
        raise ConfigError(
            f"split.file = {config.file!r}: its rows are others than when the run began; bring the"
            " old file back, or train anew"
        )
    _keep(ratings, name, found)
    return found


def offered_beside(ratings: Ratings) -> tuple[str, ...]:
    """Return the names of files beside the ratings that a split can be given by."""
    with suppress(OSError):
        return tuple(sorted(path.name for path in Path(ratings.source).parent.glob("*.test")))
    return ()


def name_of(positions: Positions) -> str:
    """Return a hash of the validation rows, which tells whether they are the same."""
    return hashlib.sha256(positions.astype("<i8").tobytes()).hexdigest()[:32]


def as_begun(config: SplitConfig, ratings: Ratings) -> SplitConfig:
    """Return the split as a run keeps it: one that is given with the hash of its rows."""
    if config.kind != "given":
        return config
    held = name_of(positions_given(config.model_copy(update={"held": ""}), ratings))
    return config.model_copy(update={"held": held})


def _found(config: SplitConfig, ratings: Ratings) -> Positions:
    table = _table(config, ratings)
    user, item = _codes(table.user_ids, ratings.users), _codes(table.item_ids, ratings.items)
    known = (user[table.user] >= 0) & (item[table.item] >= 0)
    n_items = len(ratings.items)
    asked = user[table.user][known] * n_items + item[table.item][known]
    pairs = ratings.user.astype(np.int64) * n_items + ratings.item
    found = np.flatnonzero(np.isin(pairs, asked))
    if not len(found):
        raise ConfigError(
            f"split.file = {config.file!r}: none of its {len(table.user):,} rows is a rating in"
            f" {ratings.name}; give a file of some of its ratings, such as u1.test beside u.data"
        )
    return found


def _table(config: SplitConfig, ratings: Ratings) -> RatingsTable:
    """Return the rows of the file, read as the ratings were."""
    try:
        files = locate(Path(config.file), as_far_as_there(ratings.mapping))
        intake = Intake(files.ratings)
        layout = pass_rows(files, intake.add)
        return intake.finish(dated=layout.dated)
    except DataError as error:
        raise ConfigError(f"split.file = {config.file!r}: {error}") from None


def _codes(ids: NDArray[np.int64] | list[str], vocabulary: Vocabulary) -> Positions:
    """Return the code of each id; -1 where there is none."""
    texts = ids if isinstance(ids, list) else [str(own) for own in ids.tolist()]
    return np.array([_code(text, vocabulary) for text in texts], np.int64)


def _code(text: str, vocabulary: Vocabulary) -> int:
    try:
        return vocabulary.code_of(text)
    except UnknownId:
        return -1


def _place(ratings: Ratings, held: str) -> Path:
    return answers_folder() / ratings.fingerprint / f"given-{held}.npy"


def _kept(config: SplitConfig, ratings: Ratings) -> Positions | None:
    if not config.held:
        return None
    try:
        found: Positions = np.load(_place(ratings, config.held), allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return found if found.dtype == np.int64 and name_of(found) == config.held else None


def _keep(ratings: Ratings, held: str, positions: Positions) -> None:
    place = _place(ratings, held)
    if place.exists():
        return
    with suppress(OSError):  # the file is there still
        make_folder(place.parent)
        with replacing(place) as temporary, temporary.open("wb") as file:
            np.save(file, positions, allow_pickle=False)
