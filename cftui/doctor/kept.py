"""What is kept beside the runs: stores of ratings, long answers, what the screen remembers."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import safetensors

from cftui import paths
from cftui.doctor.finding import Finding, Mend, first_line
from cftui.doctor.mending import ASIDE, moving_aside, removing
from cftui.ratings.sources.locate import META
from cftui.ratings.store import damage_of, open_store
from cftui.ratings.values import DataError

SECTION = "kept"
LARGEST_TEXT = 64 << 20
"""Bytes of a JSON file that are still read."""
OWN_RATINGS = "own-ratings"


def store_findings(*, quick: bool) -> Iterator[Finding]:
    """Yield the ratings stores that are damaged, and how many are sound; likewise kept answers."""
    folders = [path for path in _entries(paths.stores_folder()) if path.is_dir()]
    stores = [path for path in folders if not ASIDE.fullmatch(path.name)]
    for path in set(folders) - set(stores):
        words = f"{path} was moved aside by a repair"
        yield Finding(SECTION, "store", words, "note", "remove it when its ratings are read again")
    sound = 0
    for store in stores:
        fault = store_fault(store, quick=quick)
        sound += not fault
        if fault:
            yield _damaged_store(store, fault)
    if stores:
        how = "by their headers" if quick else "to the last byte"
        words = f"{sound:,} of {len(stores):,} are sound, {how}"
        yield Finding(SECTION, "stores", words, numbers={"stores": len(stores), "sound": sound})
    yield from _answers()


def store_fault(store: Path, *, quick: bool) -> str:
    """Return what is wrong with a store; empty if nothing is."""
    try:
        if not quick:
            return damage_of(store)
        open_store(store)
    except DataError as error:
        words = str(error).removeprefix(f"{store}: damaged ratings store: ")
        return words.rpartition("; open the ratings again")[0] or words
    return ""


def _damaged_store(store: Path, fault: str) -> Finding:
    """Return the finding; the store goes where its source can be read again, else aside."""
    source = _source_of(store)
    words = f"{store} is damaged: {fault}"
    if source is not None and source.exists():
        mend = removing([store], f"it: it is made again from {source} when that is opened")
        return Finding(SECTION, "store", words, "warn", "", mend=mend)
    where = f"{source} is gone" if source else "it does not say from which file it was made"
    remedy = f"{where}: put that file back, or keep the store for the runs trained on it"
    return Finding(SECTION, "store", words, "fail", remedy, mend=moving_aside(store))


def _source_of(store: Path) -> Path | None:
    try:
        return Path(json.loads((store / META).read_text(encoding="utf-8"))["source"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _answers() -> Iterator[Finding]:
    """Yield the kept answers that cannot be read: each costs the time to make it again."""
    bad = []
    for folder in _entries(paths.answers_folder()):
        if folder.is_dir():
            bad += [path for path in _entries(folder) if _answer_fault(path)]
    if bad:
        words = f"{len(bad):,} cannot be read: they are made again when asked"
        mend = removing(bad, "them" if len(bad) > 1 else "it")
        yield Finding(SECTION, "answers", words, "warn", "", mend=mend)


def _answer_fault(path: Path) -> str:
    if path.suffix != ".safetensors":
        return _json_fault(path) if path.suffix == ".json" else ""
    try:
        with safetensors.safe_open(path, framework="numpy"):
            return ""
    except (OSError, safetensors.SafetensorError) as error:
        return first_line(error)


def state_findings() -> Iterator[Finding]:
    """Yield the files of what is remembered that cannot be read."""
    count = 0
    for path in _files_below(paths.state_folder()):
        if path.suffix != ".json":
            continue
        count += 1
        fault = _json_fault(path)
        if fault:
            yield _damaged_state(path, fault)
    if count:
        yield Finding(SECTION, "remembered", f"{count:,} files were read")


def _damaged_state(path: Path, fault: str) -> Finding:
    words = f"{path} is damaged ({fault})"
    if OWN_RATINGS in path.parts:
        words, remedy = f"{words}: what you rated is not found", "put it back from a backup"
        return Finding(SECTION, "your ratings", words, "fail", remedy, mend=moving_aside(path))
    mend: Mend = moving_aside(path)
    if path.name == "runs-index.json":
        mend = removing([path], "it: it is made again")
    return Finding(SECTION, path.name, f"{words}: it is begun anew", "warn", "", mend=mend)


def _json_fault(path: Path) -> str:
    """Return why a file holds no JSON object; empty if it does."""
    try:
        if not path.is_file() or path.is_symlink():
            return "it is no file"
        if path.stat().st_size > LARGEST_TEXT:
            return f"it has more than {LARGEST_TEXT >> 20} MB"
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        return first_line(error)
    return "" if isinstance(found, dict | list) else "it holds no object"


def _entries(folder: Path) -> list[Path]:
    """Return what lies in a folder, hidden things left out; nothing where it cannot be read."""
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError:
        return []


def _files_below(folder: Path) -> Iterator[Path]:
    for root, _, names in os.walk(folder):
        yield from (Path(root) / name for name in sorted(names) if not name.startswith("."))
