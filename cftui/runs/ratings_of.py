"""The ratings that a run was trained on, found again wherever they are now."""

from pathlib import Path

from cftui.catalogue import CATALOGUE
from cftui.config import RunConfig
from cftui.paths import BUNDLED, resolve_source
from cftui.ratings.store import open_ratings, open_store
from cftui.ratings.values import DataError, Ratings
from cftui.runs.directory import RunError
from cftui.runs.record import RunRecord


def ratings_of(record: RunRecord, config: RunConfig) -> Ratings:
    """Return the ratings that a run was trained on, from its store or read anew from their source.

    Raises RunError, with what was tried and the remedy, where they are gone or have changed.
    """
    kept = _in_store(record)
    if kept is not None:
        return kept
    tried, changed = [], []
    for word in _sources(record, config):
        try:
            ratings = open_ratings(resolve_source(word), config.data.mapping)
        except FileNotFoundError:
            tried.append(f"{word} is no longer there")
            continue
        except (DataError, OSError) as error:
            tried.append(str(error))
            continue
        if ratings.fingerprint == record.fingerprint:
            return ratings
        changed.append(word)
    if changed:
        raise RunError(
            f"{changed[-1]} has changed since {record.run} was trained;"
            " bring the old file back or train anew: cftui train"
        )
    raise RunError(
        f"the ratings of {record.run} cannot be read: {'; '.join(tried)}; {_remedy(record)}"
    )


def _in_store(record: RunRecord) -> Ratings | None:
    try:
        ratings = open_store(Path(record.store))
    except (DataError, OSError):
        return None
    return ratings if ratings.fingerprint == record.fingerprint else None


def _sources(record: RunRecord, config: RunConfig) -> dict[str, None]:
    """Return what may mean the data set, each once.

    Names come before the path that they meant then: packages and folders of downloads move.
    """
    known = record.data_name == BUNDLED or record.data_name in CATALOGUE
    words = (config.data.source, record.data_name if known else "", record.data_source)
    return dict.fromkeys(word for word in words if word)


def _remedy(record: RunRecord) -> str:
    if record.data_name in CATALOGUE:
        return f"download them again: cftui data fetch {record.data_name}"
    return "bring them back, or train anew: cftui train"
