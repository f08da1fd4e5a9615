"""What the core's tests share: small ratings, trainers in this process, and the real command."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from cftui.commands import run_command
from cftui.config import RunConfig, make_config
from cftui.ratings.store import open_ratings
from cftui.ratings.values import Ratings
from cftui.runs.directory import Run, create_run
from cftui.runs.events import Event
from cftui.runs.lock import RunLock
from cftui.runs.record import RunRecord
from cftui.training.build import build_trainer
from cftui.training.engines.protocol import Engine
from cftui.training.engines.torch_engine import TorchEngine
from cftui.training.learners.gradient import begin_gradient_descent
from cftui.training.prepare import prepare
from cftui.training.trainer import Trainer


def write_ratings(
    folder: Path, users: int = 120, items: int = 200, n: int = 5000, seed: int = 0
) -> Path:
    """Write ratings with some structure to learn, and titles; return the folder."""
    draw = np.random.default_rng(seed)
    pairs = draw.choice(users * items, size=n, replace=False)
    user, item = pairs // items, pairs % items
    taste, trait = draw.normal(size=(users, 3)), draw.normal(size=(items, 3))
    raw = 3.2 + 0.6 * (taste[user] * trait[item]).sum(1) + draw.normal(scale=0.3, size=n)
    value = np.clip(np.round(raw * 2) / 2, 0.5, 5.0)
    folder.mkdir(parents=True, exist_ok=True)
    rows = [
        f"{u + 1},{i + 1001},{v},{t}"
        for u, i, v, t in zip(user, item, value, draw.integers(10**9, 2 * 10**9, n), strict=True)
    ]
    (folder / "ratings.csv").write_text(
        "userId,movieId,rating,timestamp\n" + "\n".join(rows) + "\n"
    )
    titles = [f'{i + 1001},"Film {i // 2}, The ({1950 + i % 50})",Drama|War' for i in range(items)]
    (folder / "movies.csv").write_text("movieId,title,genres\n" + "\n".join(titles) + "\n")
    return folder


def rescaled(ratings: Ratings, factor: float, shift: float = 0.0) -> Ratings:
    """Return the same ratings with other values, as they would be read from a file."""
    value = (ratings.value.astype(np.float64) * factor + shift).astype(np.float32)
    return replace(
        ratings,
        value=value,
        low=float(value.min()),
        high=float(value.max()),
        mean=ratings.mean * factor + shift,
        step=None,
        fingerprint=f"{ratings.fingerprint}-{factor}-{shift}",
    )


def write_rescaled(source: Path, folder: Path, factor: float, shift: float = 0.0) -> Path:
    """Write a folder's ratings with other values, and the same titles; return the new folder."""
    head, *lines = (source / "ratings.csv").read_text().splitlines()
    rows = (line.split(",") for line in lines)
    told = [f"{u},{i},{float(v) * factor + shift:.9g},{t}" for u, i, v, t in rows]
    folder.mkdir(parents=True)
    (folder / "ratings.csv").write_text("\n".join([head, *told]) + "\n")
    (folder / "movies.csv").write_text((source / "movies.csv").read_text())
    return folder


def small_config(source: Path | str = "none", **sections: Mapping[str, Any]) -> RunConfig:
    """Return settings for small ratings: 8 factors, one thread, the CPU."""
    base: dict[str, dict[str, Any]] = {
        "data": {"source": str(source)},
        "model": {"n_factors": 8},
        "training": {"threads": 1, "device": "cpu", "epochs": 2},
    }
    for section, keys in sections.items():
        base[section] = {**base.get(section, {}), **keys}
    return make_config(base)


class Recording:
    """An engine that keeps every step's loss and rate, and may spoil them."""

    def __init__(self, inner: Engine, spoil: Callable[[np.ndarray], np.ndarray] | None = None):
        self.inner, self.spoil = inner, spoil
        self.losses: list[float] = []
        self.rates: list[float] = []
        self.portions: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def run(
        self, order: np.ndarray, learning_rates: np.ndarray, momenta: np.ndarray | None = None
    ) -> np.ndarray:
        losses = self.inner.run(order, learning_rates, momenta)
        if self.spoil:
            losses = self.spoil(losses)
        self.losses += losses.tolist()
        self.rates += learning_rates.tolist()
        self.portions.append(len(losses))
        return losses


@dataclass
class Bench:
    """A trainer in this process, with its run directory and all that it said."""

    trainer: Trainer
    engine: Recording
    run: Run
    lock: RunLock
    events: list[Event] = field(default_factory=list)


def record_of(run_id: str, ratings: Ratings, **changes: Any) -> RunRecord:
    values: dict[str, Any] = {
        "run": run_id,
        "state": "starting",
        "pid": os.getpid(),
        "host": os.uname().nodename,
        "created": time.time(),
        "data_name": ratings.name,
        "data_source": ratings.source,
        "store": str(ratings.path),
        "fingerprint": ratings.fingerprint,
        "n_users": ratings.n_users,
        "n_items": ratings.n_items,
        "low": ratings.low,
        "high": ratings.high,
        "epochs": 2,
        "trained_in": "0.5-5",
    }
    return RunRecord(**{**values, **changes})


def make_bench(
    config: RunConfig,
    ratings: Ratings,
    run_id: str = "bench",
    spoil: Callable[[np.ndarray], np.ndarray] | None = None,
    **options: Any,
) -> Bench:
    """Return a trainer at its start, on torch, in a run directory of its own."""
    engine = Recording(TorchEngine("cpu", 1), spoil)
    prepared = prepare(config, ratings, begin=partial(begin_gradient_descent, engine=engine))
    record = record_of(run_id, ratings, epochs=config.training.epochs)
    run, lock = create_run(record, config)
    events: list[Event] = []
    trainer = build_trainer(run, record, prepared, events.append, **options)
    return Bench(trainer, engine, run, lock, events)


def open_small(folder: Path, **shape: int) -> Ratings:
    return open_ratings(write_ratings(folder, **shape))


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "cftui.cli", *words]


def cli(*words: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the real command to its end."""
    return subprocess.run(
        command(*words), capture_output=True, text=True, timeout=120, check=False, **options
    )


def here(*words: str) -> int:
    """Run a command in this process, where torch is loaded already; return its exit code."""
    before = signal.getsignal(signal.SIGHUP)
    try:
        return run_command(list(words), began=time.monotonic())
    finally:
        signal.signal(signal.SIGHUP, before)  # else our children would ignore it too


def wait_for(what: Callable[[], Any], seconds: float = 90.0) -> Any:
    """Return the first true answer; fail when none came in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = what()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError(f"not within {seconds:g} s: {what}")
