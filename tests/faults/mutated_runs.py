"""The files that the program writes and reads again, as kinds of input that are mutated."""

import io
import json
import tomllib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from hostile_commands import make_good
from hostile_runs import retold
from mutated_kinds import Check, Kind, Wrong
from small import write_ratings

from cftui.catalogue import CATALOGUE
from cftui.runs.annotations import write_annotations
from cftui.runs.directory import Run, RunError
from cftui.text import plain

Make = Callable[[Path], Kind]
ENTRY = next(iter(CATALOGUE.values()))
"""A data set that can be downloaded."""


def of_run(name: str, check: Callable[[Run, Kind], Check]) -> Make:
    """Return what makes a small run, of which one file is mutated."""

    def make(folder: Path) -> Kind:
        run = Run(make_good(folder / "good"))
        write_annotations(run.path, name="first", notes="mine", mark=2)
        kind = Kind(run.path / name, (run.path / name).read_bytes(), lambda *_: False)
        return Kind(kind.path, kind.data, check(run, kind))

    return make


def all_of(run: Run) -> bool:
    """Read a run in every way that a list or a page does; return whether it is damaged."""
    from cftui.runs.compare import settings_of
    from cftui.runs.event_log import last_progress
    from cftui.runs.history import read_history
    from cftui.runs.index import read_row

    row = read_row(run)
    for text in (row.label, row.when, row.clock, str(row.epochs_done), str(row.best_rmse)):
        assert isinstance(text, str)
    read_history(run.events)
    last_progress(run.events)
    told = row.shown == "damaged"
    if told and not row.message:
        raise Wrong("damaged, and no word why")
    for look in (run.record, run.status, run.config, lambda: settings_of(run)):
        try:
            look()
        except RunError as error:
            told = True
            if str(run.path) not in str(error):
                raise Wrong(f"words without the file: {error}") from None
    return told


def same(one: Any, other: Any) -> bool:
    """Tell whether two values are the same, however their numbers are written."""
    one, other = (json.loads(json.dumps(v, default=str), parse_int=float) for v in (one, other))
    return bool(one == other)


def check_record(run: Run, kind: Kind) -> Check:
    first = json.loads(kind.data)

    def check(path: Path, data: bytes) -> bool:
        told = all_of(run)
        try:
            record = json.loads(json.dumps(asdict(run.record())))
        except RunError:
            return True
        try:
            raw = json.loads(data)
        except (ValueError, RecursionError):
            raw = first  # rebuilt of the others
        raw = raw if isinstance(raw, dict) else first
        strange = {
            key: value
            for key, value in record.items()
            if key in raw and not same(value, raw[key]) and not same(value, first.get(key))
        }
        if strange and record.get("message", "") == first.get("message", ""):
            raise Wrong(f"{strange} where the file has { ({k: raw[k] for k in strange}) }")
        return told

    return check


def check_settings(run: Run, kind: Kind) -> Check:
    from cftui.runs.rebuild import kept_settings

    first = tomllib.loads(kind.data.decode())

    def check(path: Path, data: bytes) -> bool:
        told = all_of(run)
        found = run.settings()
        try:
            raw = tomllib.loads(data.decode())
        except (ValueError, RecursionError):
            raw = first
        kept = kept_settings(run.path)
        if not any(same(found, one) for one in (raw, first, kept)):
            raise Wrong(f"{found}")
        return told

    return check


def check_events(run: Run, kind: Kind) -> Check:
    from cftui.runs.event_log import read_events, settled
    from cftui.runs.events import to_json

    lines = set(kind.data.splitlines())
    first = [to_json(event) for event in read_events(kind.path)]

    def check(path: Path, data: bytes) -> bool:
        told = all_of(run)
        found = list(read_events(path))
        settled(found)
        strange = [one for one in map(to_json, found) if one not in first]
        spoiled = [line for line in data.splitlines() if line not in lines]
        if len(strange) > len(spoiled):
            raise Wrong(f"{len(strange)} events of {len(spoiled)} lines: {strange[:2]}")
        return told or len(found) < len(first)

    return check


def check_annotations(run: Run, _: Kind) -> Check:
    from cftui.runs.annotations import read_annotations

    def check(path: Path, data: bytes) -> bool:
        told = all_of(run)
        kept = read_annotations(run.path)
        if plain(kept.name) != kept.name or plain(kept.notes) != kept.notes:
            raise Wrong(f"{kept}")
        return told

    return check


def check_weights(run: Run, kind: Kind, *, summed: bool = True) -> Check:
    from cftui.library.door import Library
    from cftui.runs.checkpoint import load_checkpoint

    first = load_checkpoint(kind.path).arrays

    def check(path: Path, data: bytes) -> bool:
        all_of(run)
        found = load_checkpoint(path).arrays
        equal = found.keys() == first.keys() and all(
            np.array_equal(found[name], first[name], equal_nan=True) for name in first
        )
        if summed and not equal:
            raise Wrong("other weights than were written")
        Library().trained(run.path)
        return False

    return check


def unsummed(folder: Path) -> Kind:
    """Make a run whose checkpoint has no sum, as of an older version."""
    run = Run(make_good(folder / "good"))
    retold("last.safetensors", lambda arrays: arrays)(run.path, None)  # type: ignore[arg-type]
    kind = Kind(run.last, run.last.read_bytes(), lambda *_: False)
    return Kind(kind.path, kind.data, check_weights(run, kind, summed=False))


def check_vocabulary(run: Run, kind: Kind) -> Check:
    from cftui.runs.vocabulary import load_vocabulary

    def check(path: Path, data: bytes) -> bool:
        all_of(run)
        for vocabulary in load_vocabulary(run.path):
            for code in range(len(vocabulary)):
                vocabulary.id_of(code)
                vocabulary.title_of(code)
        return False

    return check


def check_lock(run: Run, _: Kind) -> Check:
    from cftui.locks import read_claim
    from cftui.runs.lock import holder_pid, is_held, last_beat

    def check(path: Path, data: bytes) -> bool:
        holder_pid(path), is_held(path), last_beat(path), read_claim(path)
        return all_of(run)

    return check


def of_store(name: str) -> Make:
    """Return what makes a store, of which one file is mutated."""

    def make(folder: Path) -> Kind:
        from cftui.ratings.store import damage_of, ingest, open_store
        from cftui.ratings.sums import CHECKED, DAMAGED

        store = ingest(write_ratings(folder / "small", users=40, items=60, n=900))
        first = {path.name: path.read_bytes() for path in store.glob("*.npy")}

        def check(path: Path, data: bytes) -> bool:
            for mark in (CHECKED, DAMAGED):
                (store / mark).unlink(missing_ok=True)
            ratings = open_store(store)
            for vocabulary in (ratings.users, ratings.items):
                for code in range(len(vocabulary)):
                    vocabulary.id_of(code)
                    vocabulary.title_of(code)
            reason = damage_of(store)
            if reason:
                return True
            if (
                name.endswith(".npy")
                and np.load(io.BytesIO(data)).tobytes()
                != np.load(io.BytesIO(first[name])).tobytes()
            ):
                raise Wrong("another array, and the check says nothing")
            return False

        return Kind(store / name, (store / name).read_bytes(), check, called=store.name)

    return make


def workbook(part: str = "") -> Make:
    """Return what makes a workbook; `part`: of its members those that are mutated."""

    def make(folder: Path) -> Kind:
        from cftui.questions.sheet import Labels
        from cftui.sheet.read_workbook import read_workbook
        from cftui.sheet.solver import start_sheet
        from cftui.sheet.workbook import write_workbook

        draw = np.random.default_rng(0)
        actual = draw.integers(1, 6, (6, 5)).astype(np.float64)
        actual[0, 0] = np.nan
        labels = Labels(tuple(map(str, range(6))), tuple(map(str, range(5))), tuple("abcde"))
        path = folder / "sheet.xlsx"
        write_workbook(path, start_sheet(actual, 2, True, 1), labels)
        first, named = read_workbook(path)

        def check(path: Path, data: bytes) -> bool:
            found, found_named = read_workbook(path)
            arrays = ("actual", "user_factors", "item_factors", "user_bias", "item_bias")
            for name in () if part else arrays:
                if not np.array_equal(getattr(found, name), getattr(first, name), equal_nan=True):
                    raise Wrong(f"another {name}")
            if not part and found_named != named:
                raise Wrong("other ids")
            return False

        return Kind(path, path.read_bytes(), check, part=part)

    return make


def of_state(file: str, content: Any, read: Callable[[Path], Any]) -> Make:
    """Return what makes a small JSON file of a home, which is read or taken as not there."""

    def make(folder: Path) -> Kind:
        from cftui.paths import state_folder

        path = state_folder() / file
        path.parent.mkdir(parents=True, exist_ok=True)
        data = json.dumps(content, indent=1).encode()
        return Kind(path, data, lambda path, _: read(path) is None)

    return make


def profile(path: Path) -> Any:
    from cftui.people import load_profile, profile_names

    profile_names("f" * 32)
    found = load_profile("f" * 32)
    if not all(isinstance(item, str) and np.isfinite(value) for item, value in found.rated):
        raise Wrong(f"{found}")
    return found


def session(path: Path) -> Any:
    from cftui.tui.services.memory import Memory

    return Memory(path).state


def recent(path: Path) -> Any:
    from cftui.ratings.sources.recent import recently_used

    return recently_used()


def download(path: Path) -> Any:
    from cftui.ratings.sources.partial import PartialDownload

    part = PartialDownload(ENTRY)
    part.note.parent.mkdir(parents=True, exist_ok=True)
    part.note.write_bytes(path.read_bytes())
    return part.version()


def wish(folder: Path) -> Kind:
    """Make a wish to a run."""
    from cftui.runs.control import Inbox, send

    run = Run(make_good(folder / "good"))
    send(run.path, "pause")
    path = next((run.path / "control").glob("*.json"))
    told = json.loads(path.read_bytes())
    path.write_text(json.dumps({**told, "sent_ns": 1}))  # long settled

    def check(path: Path, data: bytes) -> bool:
        found = Inbox(run.path).take()
        if not found:
            return True  # of the future: it waits for its time
        (one,) = found
        return one.kind != "pause" or bool(one.objection)

    return Kind(path, path.read_bytes(), check)


RUN_FILES: dict[str, Make] = {
    "run.json": of_run("run.json", check_record),
    "config.toml": of_run("config.toml", check_settings),
    "events.jsonl": of_run("events.jsonl", check_events),
    "user.toml": of_run("user.toml", check_annotations),
    "lock": of_run("lock", check_lock),
    "checkpoint": of_run("last.safetensors", check_weights),
    "old checkpoint": unsummed,
    "vocabulary": of_run("vocabulary.safetensors", check_vocabulary),
    "wish": wish,
    "store facts": of_store("meta.json"),
    "store values": of_store("value.npy"),
    "store users": of_store("user.npy"),
    "store order": of_store("by_item.order.npy"),
    "store titles": of_store("titles.blob.npy"),
    "store offsets": of_store("titles.offsets.npy"),
    "workbook": workbook(),
    "workbook inside": workbook(r"workbook\.xml$|sheet1\.xml$|sharedStrings|\.rels$|styles"),
    "profile": of_state(
        f"own-ratings/{'f' * 32}.json",
        {"name": "me", "rated": [["1", 4.5], ["2", 3.0]], "regularization": 0.1, "threshold": 4.0},
        profile,
    ),
    "session": of_state(
        "session.json",
        {"pane": "train", "theme": "x", "log_loss": True, "lab": {"a": [1]}},
        session,
    ),
    "recent": of_state(
        "recent.json",
        {
            "opened": [
                {
                    **{"source": "a", "name": "b", "opened": 1.5e9, "n_users": 1, "n_items": 2},
                    **{"n_ratings": 3, "mapping": {"user": "u"}},
                }
            ]
        },
        recent,
    ),
    "download note": of_state(
        "note.json",
        {"url": ENTRY.url, "etag": "x", "modified": "y", "of": 1000},
        download,
    ),
}
