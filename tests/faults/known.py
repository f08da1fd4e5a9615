"""What is so, by the files alone: read by csv, json, numpy, with none of our own readers."""

import csv
import fcntl
import json
import re
import time
import tomllib
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
from drawn import agrees, number
from safetensors import safe_open

from cftui import paths

SIGNS = {
    "running": "▶", "paused": "‖", "finished": "✓", "failed": "✗", "died": "✝", "stopped": "■",
    "starting": "…",
}  # fmt: skip
GOES_ON = ("running", "paused", "starting")
STAMP = re.compile(r"\d{8}-\d{6}-.+-\w{4}")
BEGIN = 3
"""Letters by which titles are looked up: a title that is cut has more."""
YEAR = re.compile(r"\s*\((\d{4})\)\s*$")


class Ratings:
    """The bundled ratings and titles, as their files have them."""

    def __init__(self, folder: Path) -> None:
        with (folder / "ratings.csv").open(newline="", encoding="utf-8") as file:
            self.rows = [(r["userId"], r["movieId"], float(r["rating"]), int(r["timestamp"]))
                         for r in csv.DictReader(file)]  # fmt: skip
        with (folder / "movies.csv").open(newline="", encoding="utf-8") as file:
            self.titles = {row["movieId"]: row["title"] for row in csv.DictReader(file)}
        self.by_user: dict[str, dict[str, float]] = defaultdict(dict)
        self.by_item: dict[str, dict[str, float]] = defaultdict(dict)
        for user, item, value, _ in self.rows:
            self.by_user[user][item] = value
            self.by_item[item][user] = value
        self._called: dict[tuple[str, str], list[str]] = {}
        self.values = Counter(value for _, _, value, _ in self.rows)

    @property
    def mean(self) -> float:
        return sum(value for _, _, value, _ in self.rows) / len(self.rows)

    @cached_property
    def _by_begin(self) -> dict[str, list[tuple[str, str, str, str]]]:
        """Return items by how their titles begin: id, title, the title without its year, year."""
        found: dict[str, list[tuple[str, str, str, str]]] = defaultdict(list)
        for item in self.by_item:
            whole = self.titles[item]
            year, bare = YEAR.search(whole), YEAR.sub("", whole)
            for begin in {whole[:BEGIN], bare[:BEGIN]}:
                found[begin].append((item, whole, bare, year[1] if year else ""))
        return found

    def items_called(self, title: str, year: str = "") -> list[str]:
        """Return the items that a drawn title may mean, its year in a column of its own or not."""
        title, year = title.strip(), year.strip()
        if (title, year) not in self._called:
            self._called[title, year] = [
                item
                for item, whole, bare, made in self._by_begin.get(title[:BEGIN], ())
                if (agrees(title, bare) if not year or made == year else False)
                or (not year and agrees(title, whole))
            ]
        return self._called[title, year]


@cache
def bundled() -> Ratings:
    """Return the bundled ratings, read once."""
    return Ratings(paths.bundled_folder() / paths.BUNDLED)


def mean(values: dict[str, float]) -> float:
    """Return the mean of somebody's, or something's, ratings."""
    return sum(values.values()) / len(values)


@dataclass(frozen=True)
class Story:
    """What a run's events add up to."""

    started: dict[str, Any] = field(default_factory=dict)
    steps: tuple[dict[str, Any], ...] = ()
    epochs: tuple[dict[str, Any], ...] = ()
    end: dict[str, Any] = field(default_factory=dict)

    @property
    def step(self) -> int:
        """Return the steps done, as far as reported."""
        return max([one["step"] for one in (*self.steps[-1:], *self.epochs[-1:])], default=0)


@dataclass(frozen=True)
class KnownRun:
    """A run's directory."""

    path: Path
    record: dict[str, Any]
    user: dict[str, Any]
    status: str

    @property
    def id(self) -> str:
        return self.path.name

    @property
    def label(self) -> str:
        """Return what it is called: its name, else model and optimizer."""
        said = self.id[16:-5] if STAMP.fullmatch(self.id) else self.id
        refit = ", refit" if self.record.get("refit_of") else ""
        return self.user.get("name") or f"{said}{refit}"

    @property
    def began(self) -> str:
        """Return when, as `2026-11-01 20:30`."""
        if STAMP.fullmatch(self.id):
            d = self.id
            return f"{d[:4]}-{d[4:6]}-{d[6:8]} {d[9:11]}:{d[11:13]}"
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(self.record["created"]))

    def story(self) -> Story:
        """Read its events; what a death undid is left out."""
        started, end, steps, epochs = {}, {}, [], []
        for line in (self.path / "events.jsonl").read_text(encoding="utf-8").splitlines(True):
            if not line.endswith("\n"):
                continue
            event = json.loads(line)
            match event["event"]:
                case "started":
                    started = event
                case "step":
                    steps.append(event)
                case "epoch":
                    epochs.append(event)
                case "resumed":
                    end = {}
                    steps = [one for one in steps if one["step"] <= event["step"]]
                    epochs = [one for one in epochs if one["step"] <= event["step"]]
                case "finished" | "failed":
                    end = event
        return Story(started, tuple(steps), tuple(epochs), end)

    @property
    def weights(self) -> "Weights | None":
        """Return its weights, where they are those of dot-bias."""
        path = self.path / "last.safetensors"
        if not path.exists():
            return None
        return _weights(path, path.stat().st_mtime_ns)


@dataclass(frozen=True)
class Weights:
    """Dot product with biases, by numpy."""

    step: int
    users: dict[str, int]
    items: dict[str, int]
    tables: dict[str, np.ndarray]
    low: float
    high: float

    def rating(self, user: str, item: str) -> float:
        """Return what is predicted, in rating units."""
        u, i, t = self.users[user], self.items[item], self.tables
        raw = t["user_factors"][u] @ t["item_factors"][i] + t["user_bias"][u] + t["item_bias"][i]
        return float(self.low + (self.high - self.low) / (1 + np.exp(-raw[0])))

    def bias(self, item: str) -> float:
        """Return an item's bias."""
        return float(self.tables["item_bias"][self.items[item], 0])

    def cosine(self, one: str, other: str) -> float:
        """Return the cosine of two items' factors."""
        a, b = (self.tables["item_factors"][self.items[item]] for item in (one, other))
        return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


TABLES = {"user_factors", "item_factors", "user_bias", "item_bias"}


@cache
def _weights(path: Path, _: int) -> Weights | None:
    with safe_open(path, "numpy") as file:
        step = int(file.metadata()["step"])
    arrays = safetensors.numpy.load_file(path)
    tables = {name.removeprefix("parameters/"): array.astype(np.float64)
              for name, array in arrays.items() if name.startswith("parameters/")}  # fmt: skip
    if set(tables) != TABLES:
        return None
    known = safetensors.numpy.load_file(path.with_name("vocabulary.safetensors"))
    record = json.loads(path.with_name("run.json").read_text(encoding="utf-8"))
    codes = [{str(one): code for code, one in enumerate(known[f"{kind}/ids"])}
             for kind in ("users", "items")]  # fmt: skip
    return Weights(step, *codes, tables, record["low"], record["high"])


def runs_on_disk() -> dict[str, KnownRun]:
    """Return every run that is there now, by its id."""
    found = {}
    folder = paths.runs_folder()
    for path in folder.iterdir() if folder.is_dir() else ():
        record = path / "run.json"
        if path.name.startswith(".") or not record.exists():
            continue
        told = json.loads(record.read_text(encoding="utf-8"))
        kept = path / "user.toml"
        user = tomllib.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
        status = told["state"]
        if status in GOES_ON and not _is_held(path / "lock"):
            status = "died"
        found[path.name] = KnownRun(path, told, user, status)
    return found


def _is_held(path: Path) -> bool:
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def profile_of(fingerprint: str, name: str) -> list[tuple[str, float]]:
    """Return what somebody rated, newest first, as the file has it."""
    folder = paths.state_folder() / "own-ratings" / fingerprint[:32]
    files = [folder.with_name(f"{folder.name}.json")]
    if name:
        told = {path: json.loads(path.read_text("utf-8")) for path in folder.glob("*.json")}
        files = [path for path, raw in told.items() if raw.get("name") == name]
    raw = json.loads(files[0].read_text("utf-8")) if files and files[0].exists() else {}
    return [(item, value) for item, value in raw.get("rated", ())]


__all__ = ["KnownRun", "Ratings", "Story", "Weights", "bundled", "mean", "number", "runs_on_disk"]
