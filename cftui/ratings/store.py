"""Ratings stores: directories of arrays that open in milliseconds; opening needs numpy alone."""

import json
import secrets
import shutil
import tokenize
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cftui import paths
from cftui.files import held, make_folder, sync_folder
from cftui.locks import Hold
from cftui.modes import follow_all
from cftui.questions.data import AS_RECOGNISED, ColumnMapping, Problem
from cftui.ratings.soundness import FEW, check_codes, check_lengths
from cftui.ratings.sources.locate import FORMAT, META, locate
from cftui.ratings.sums import SUMS, mark, marked_damaged, sum_of_facts, what_is_damaged
from cftui.ratings.values import DataError, Grouping, Ratings, TextColumn, Vocabulary
from cftui.remedies import cause

Progress = Callable[[int, int], None]
"""Called with the bytes read so far and the bytes in all; what it raises ends the ingest."""

BUILDING = ".building-"
"""Begins the names of stores that are not finished."""
LOCK = "lock"


def find_store(source: Path, mapping: ColumnMapping = AS_RECOGNISED) -> Path | None:
    """Return the store of a folder or file as it is now; none if there is none."""
    try:
        store = paths.stores_folder() / locate(source, mapping).key()
    except (DataError, OSError):
        return None
    return store if store.is_dir() else None


def open_ratings(
    source: Path,
    mapping: ColumnMapping = AS_RECOGNISED,
    progress: Progress | None = None,
    *,
    thorough: bool = False,
) -> Ratings:
    """Return the ratings of a folder or file, from its store; makes the store where it is missing.

    `thorough`: as for `open_store`. Raises DataError where the source cannot be read.
    """
    store = find_store(source, mapping)
    if store is not None:
        try:
            return open_store(store, thorough=thorough)
        except DataError:
            pass  # a damaged store is made again from its source
    return open_store(ingest(source, mapping, progress=progress))


def ingest(
    source: Path,
    mapping: ColumnMapping = AS_RECOGNISED,
    name: str | None = None,
    progress: Progress | None = None,
) -> Path:
    """Return the store of a folder or file, built unless there is a sound one already.

    Nothing is left behind by a build that fails. `name` is what messages call the data set.
    Raises DataError where the source cannot be read or the store cannot be written.
    """
    files = locate(source, mapping)
    try:
        key = files.key()
        store = paths.stores_folder() / key
        if _is_sound(store):
            return store
        from cftui.ratings.build import write_store

        with _building() as folder:
            write_store(folder, files, name or files.name, progress)
            if files.key() != key:
                raise DataError(f"{source}: changed while it was being read; try again")
            _publish(folder, store)
    except BrokenPipeError:
        raise  # of who hears of the progress
    except OSError as error:
        raise DataError(
            f"{paths.stores_folder()}: the ratings store cannot be written: {cause(error)}"
        ) from error
    return store


def open_store(path: Path, *, thorough: bool = False) -> Ratings:
    """Return the ratings in a store, memory-mapped; raises DataError if the store is damaged.

    Sizes and headers tell of that, and in a store of few ratings the codes; `thorough`: the codes
    in any store.
    """
    with _telling_damage(path):
        if reason := marked_damaged(path):
            raise ValueError(f"{reason} (found by a check)")
        meta, arrays = _open_arrays(path)
        if SUMS in meta and meta[SUMS].get("facts") != sum_of_facts(meta):
            raise ValueError(f"{META} is not as it was written")
        ratings = _assemble(path, meta, arrays)
        check_lengths(ratings)
        if thorough or len(ratings) <= FEW:
            check_codes(path, ratings)
        return ratings


def check_store(path: Path) -> str:
    """Return what of a store is not as it was written, to the last bit; empty where all is.

    Marks it as checked, or as damaged: then it is made anew when its ratings are opened.
    """
    try:
        reason = damage_of(path)
    except DataError as error:
        if isinstance(error.__context__, OSError):
            return str(error)  # it cannot be opened, and may be another time
        reason = str(error)
    mark(path, reason)
    return reason


def damage_of(path: Path) -> str:
    """Return what of a store is not as it was written, as `check_store`, which marks it too.

    Raises DataError where that keeps it from being opened.
    """
    open_store(path, thorough=True)
    return what_is_damaged(*_open_arrays(path))


def _open_arrays(path: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    meta = json.loads((path / META).read_text(encoding="utf-8"))
    if meta["format"] != FORMAT:
        raise ValueError(f"its format is {meta['format']}, not {FORMAT}")
    return meta, {
        name: _open_array(path / f"{name}.npy", kind, tuple(shape))
        for name, (kind, shape) in meta["arrays"].items()
    }


@contextmanager
def _telling_damage(path: Path) -> Iterator[None]:
    """Raise DataError for whatever a damaged store makes fail."""
    try:
        yield
    except KeyError as error:
        raise _damaged(path, f"{error} is missing") from None
    except (
        *(OSError, ValueError, TypeError, AttributeError, EOFError),
        *(IndexError, OverflowError, RecursionError),
        *(SyntaxError, tokenize.TokenError),  # a broken array header
    ) as error:
        raise _damaged(path, str(error)) from None


def _damaged(path: Path, reason: str) -> DataError:
    return DataError(
        f"{path}: damaged ratings store: {reason}; open the ratings again (cftui data ingest), and"
        " it is made anew"
    )


def _open_array(path: Path, kind: str, shape: tuple[int, ...]) -> NDArray[Any]:
    # A map of no bytes cannot be made.
    array = np.load(path, mmap_mode="r" if all(shape) else None, allow_pickle=False)
    if array.dtype.str != kind or array.shape != shape:
        raise ValueError(f"{path.name} holds {array.dtype.str}{array.shape}, not {kind}{shape}")
    # A plain view of the map: the subclass makes every indexing slower.
    view: NDArray[Any] = np.asarray(array)
    view.flags.writeable = False
    return view


def _assemble(path: Path, meta: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Ratings:
    def texts(name: str) -> TextColumn | None:
        if f"{name}.blob" not in arrays:
            return None
        return TextColumn(arrays[f"{name}.blob"], arrays[f"{name}.offsets"])

    name = str(meta["name"])
    users = texts("user_ids") or arrays["user_ids"]
    items = texts("item_ids") or arrays["item_ids"]
    return Ratings(
        user=arrays["user"],
        item=arrays["item"],
        value=arrays["value"],
        timestamp=arrays.get("timestamp"),
        users=Vocabulary("user", name, users),
        items=Vocabulary("item", name, items, texts("titles"), texts("genres")),
        by_user=Grouping(arrays["by_user.indptr"], arrays["by_user.order"]),
        by_item=Grouping(arrays["by_item.indptr"], arrays["by_item.order"]),
        low=float(meta["low"]),
        high=float(meta["high"]),
        step=None if meta["step"] is None else float(meta["step"]),
        mean=float(meta["mean"]),
        fingerprint=str(meta["fingerprint"]),
        name=name,
        source=str(meta["source"]),
        path=path,
        unusable_rows=int(meta["unusable_rows"]),
        duplicates=int(meta["duplicates"]),
        problems=tuple(Problem(**problem) for problem in meta["problems"]),
        warnings=tuple(meta["warnings"]),
        mapping=ColumnMapping(**meta.get("mapping", {})),
        titles_from=str(meta.get("titles", {}).get("from", "")),
        movies=bool(meta.get("titles", {}).get("movies", True)),
        unrated=int(meta.get("unrated", 0)),
        untimed=int(meta.get("untimed", 0)),
    )


def _is_sound(store: Path) -> bool:
    try:
        open_store(store)
    except DataError:
        return False
    return True


@contextmanager
def _building() -> Iterator[Path]:
    """Give a new folder to build a store in; whatever is still there at the end is removed."""
    stores = paths.stores_folder()
    make_folder(stores)
    folder = stores / f"{BUILDING}{secrets.token_hex(8)}"
    lock = None
    try:
        with _held(stores):
            _sweep(stores)
            make_folder(folder)
            # Held for as long as we build: the system lets go of it when the process dies.
            lock = Hold(folder / LOCK)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if lock is not None:
            lock.release()


def _publish(folder: Path, store: Path) -> None:
    """Move a finished store into place, unless another process was faster."""
    with _held(store.parent):
        if _is_sound(store):
            return
        if store.exists():
            # Moved aside first: a store under its final name is never half there.
            aside = store.with_name(f"{BUILDING}{secrets.token_hex(8)}")
            store.rename(aside)
            shutil.rmtree(aside, ignore_errors=True)
        follow_all(folder)
        folder.rename(store)
        sync_folder(store.parent)


def _sweep(stores: Path) -> None:
    """Remove what builders that died have left; the stores must be held."""
    for folder in stores.glob(f"{BUILDING}*"):
        try:
            lock = Hold(folder / LOCK)
        except TimeoutError:
            continue
        except OSError:
            lock = None
        shutil.rmtree(folder, ignore_errors=True)
        if lock is not None:
            lock.release()


@contextmanager
def _held(stores: Path) -> Iterator[None]:
    """Hold the folder of stores against other processes, for moments only."""
    with held(stores / ".lock", seconds=None):
        yield
