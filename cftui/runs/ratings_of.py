"""The ratings that a run was trained on, found again wherever they are now."""

from dataclasses import replace
from pathlib import Path

from cftui.catalogue import CATALOGUE
from cftui.config import RunConfig
from cftui.paths import BUNDLED, resolve_source
from cftui.ratings.sources.locate import as_far_as_there
from cftui.ratings.store import open_ratings, open_store
from cftui.ratings.values import DataError, Ratings, Vocabulary
from cftui.runs.checkpoint import CheckpointError
from cftui.runs.directory import Run, RunError
from cftui.runs.rebuild import of_store
from cftui.runs.record import RunRecord
from cftui.runs.vocabulary import load_vocabulary


def ratings_of(record: RunRecord, config: RunConfig, *, thorough: bool = False) -> Ratings:
    """Return the ratings that a run was trained on, from its store or read anew from their source.

    `thorough`: as for `ratings.store.open_store`.
    Raises RunError, with what was tried and the remedy, where they are gone or have changed.
    """
    kept = _in_store(record, thorough)
    if kept is not None:
        return kept
    tried, changed = [], []
    for word in _sources(record, config):
        try:
            source = resolve_source(word)
            mapping = as_far_as_there(config.data.mapping)
            ratings = open_ratings(source, mapping, thorough=thorough)
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


def read_whole(run: Run) -> tuple[RunRecord, RunConfig]:
    """Return a run's record and settings; where files of it were lost, the ratings are asked too.

    Raises RunError where it cannot be told what it was trained on.
    """
    record, config = run.record(), run.config()
    if not record.fingerprint:
        record = replace(record, **of_store(_that_fit(run, record, config)))
    return record, config


def _that_fit(run: Run, record: RunRecord, config: RunConfig) -> Ratings:
    """Return the ratings that settings name, if they are those of the run's vocabulary."""
    try:
        mapping = as_far_as_there(config.data.mapping)
        ratings = open_ratings(resolve_source(config.data.source), mapping)
        fit = all(map(_same_ids, load_vocabulary(run.path), (ratings.users, ratings.items)))
    except (DataError, OSError, CheckpointError) as error:
        words = f"{record.message}, but not what it was trained on: {error}"
        raise RunError(words) from None
    if not fit:
        raise RunError(f"{config.data.source} has changed since {run.id} was trained; train anew")
    return ratings


def _same_ids(one: Vocabulary, other: Vocabulary) -> bool:
    return len(one) == len(other) and all(
        one.id_of(code) == other.id_of(code) for code in range(len(one))
    )


def _in_store(record: RunRecord, thorough: bool) -> Ratings | None:
    try:
        ratings = open_store(Path(record.store), thorough=thorough)
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
