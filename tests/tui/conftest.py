"""A finished run on the bundled ratings, made without training."""

import contextlib
import gc
import json
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from forking import forking
from recorded import ADAM_EVENTS, EVENTS, SGD_EVENTS, lists_of, make_run
from seldom_painted import seldom_painted

from cftui import paths
from cftui.config import RunConfig, make_config
from cftui.ratings.split import split
from cftui.ratings.values import Ratings
from cftui.runs.checkpoint import save_checkpoint
from cftui.runs.directory import Run, create_run
from cftui.runs.record import RunRecord
from cftui.runs.vocabulary import save_vocabulary

RUN = "20261101-203000-dot-bias-adam-k7w2"


def logit(share: np.ndarray) -> np.ndarray:
    return np.log(share / (1 - share))


def fitted_tables(ratings: Ratings, n_factors: int) -> dict[str, np.ndarray]:
    """Return damped biases and a truncated singular value decomposition of what they leave.

    No training, hence the same on every machine; a model all the same, so that what the panes
    show is to the point.
    """
    kept = split(RunConfig().split, ratings).train
    user, item = ratings.user[kept], ratings.item[kept]
    share = np.clip((ratings.value[kept] - ratings.low) / (ratings.high - ratings.low), 0.1, 0.9)
    value = logit(share.astype(np.float64))
    value_item = np.bincount(item, value - value.mean(), ratings.n_items)
    item_bias = value_item / (np.bincount(item, minlength=ratings.n_items) + 5)
    left = value - value.mean() - item_bias[item]
    user_bias = np.bincount(user, left, ratings.n_users) / (
        np.bincount(user, minlength=ratings.n_users) + 10
    )
    table = np.zeros((ratings.n_users, ratings.n_items))
    table[user, item] = left - user_bias[user]
    squares, vectors = np.linalg.eigh(table @ table.T)
    top, singular = vectors[:, ::-1][:, :n_factors], np.sqrt(squares[::-1][: n_factors + 1])
    # Soft-thresholded, so that the most active users are not learned by heart.
    shrunk = np.sqrt((singular[:-1] - singular[-1]).clip(0.01))
    return {
        "user_factors": top * shrunk,
        "item_factors": (table.T @ top) / singular[:-1] * shrunk,
        "user_bias": (user_bias + value.mean())[:, None],
        "item_bias": item_bias[:, None],
    }


def children_left() -> list[psutil.Process]:
    """Return our child processes.

    What has ended and was not waited for, as a trainer that goes on by itself, is none.
    """
    left = []
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # gone since
            if child.status() != psutil.STATUS_ZOMBIE:
                left.append(child)
    return left


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """Prove that whatever a test started has ended with it: no child process outlives its app.

    One that was killed still has to be given the machine to end.
    """
    yield
    end = time.monotonic() + 20
    while children_left() and time.monotonic() < end:
        time.sleep(0.02)
    assert not children_left()


@pytest.fixture(autouse=True)
def colours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw in 16 million colours, wherever the tests run."""
    for name, value in (("TERM", "xterm-256color"), ("COLORTERM", "truecolor")):
        monkeypatch.setenv(name, value)


@pytest.fixture(autouse=True)
def seldom() -> Iterator[None]:
    """Paint four frames a second; modules that look at single frames have a `seldom` of theirs."""
    with seldom_painted():
        yield


@pytest.fixture(autouse=True)
def no_hints(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at panes as they are once their hints are gone; what tests hints is marked so."""
    if "hints" not in request.keywords:
        monkeypatch.setattr("cftui.tui.hints.HINTS", {})


@pytest.fixture(autouse=True)
def forked() -> Iterator[None]:
    """Fork query worker, renderer and trainers: 0.5 to 2 s of CPU less for each."""
    with forking():
        yield


@pytest.fixture(autouse=True, scope="module")
def nothing_unclosed() -> Iterator[None]:
    """Have what was not closed or awaited complain here, where pytest makes an error of it."""
    yield
    gc.collect()


@pytest.fixture(scope="session")
def tables(bundled: Ratings) -> dict[str, np.ndarray]:
    return {name: a.astype(np.float32) for name, a in fitted_tables(bundled, 20).items()}


@pytest.fixture
def stored(home: Path, bundled: Ratings) -> Path:
    """Give the store of the bundled ratings in this test's home, so that none need be made."""
    store = paths.stores_folder() / bundled.path.name
    shutil.copytree(bundled.path, store)
    return store


@pytest.fixture
def trained_run(stored: Path, bundled: Ratings, tables: dict[str, np.ndarray]) -> Run:
    """Give a finished run in this test's home, on the bundled ratings."""
    finished = json.loads(EVENTS.read_text().splitlines()[-1])
    record = RunRecord(
        run=RUN,
        state="finished",
        pid=4242,
        host="gpu-box",
        created=finished["time"],
        data_name=bundled.name,
        data_source=bundled.source,
        store=str(stored),
        fingerprint=bundled.fingerprint,
        n_users=bundled.n_users,
        n_items=bundled.n_items,
        low=bundled.low,
        high=bundled.high,
        epochs=3,
        step=3753,
        steps_per_epoch=1251,
        epoch=3,
        valid_mse=finished["valid_mse"],
        valid_rmse=finished["valid_rmse"],
        best_valid_mse=finished["best_valid_mse"],
        **lists_of(EVENTS),
    )
    config = make_config(
        {
            "model": {"n_factors": 20},
            "optimizer": {"name": "adam"},
            "schedule": {"name": "cosine-restarts"},
        }
    )
    run, lock = create_run(record, config)
    lock.release()
    save_vocabulary(run.path, bundled)
    arrays = {f"parameters/{name}": array for name, array in tables.items()}
    save_checkpoint(run.last, arrays, {"step": "3753", "epoch": "3"})
    shutil.copy(EVENTS, run.events)
    return run


@pytest.fixture
def three_runs(trained_run: Run, bundled: Ratings) -> list[Run]:
    """Give three recorded runs, newest first: cosine restarts, constant Adam, the lesson's SGD."""
    others = []
    for place, (run_id, events, optimizer, name) in enumerate(
        (
            ("20261101-201000-dot-bias-adam-h8qc", ADAM_EVENTS, "adam", "adam alone"),
            ("20261101-194500-dot-bias-sgd-m3xa", SGD_EVENTS, "sgd", ""),
        )
    ):
        end = json.loads(events.read_text().splitlines()[-1])
        settings = {"optimizer": {"name": optimizer}}
        run, lock = make_run(
            run_id,
            bundled,
            settings=settings,
            events=events,
            host="gpu-box",
            pid=4242,
            created=end["time"],
            best_valid_mse=end["best_valid_mse"],
        )
        if name:
            run.rename(name)
        os.utime(run.path / "config.toml", (2 - place, 2 - place))
        lock.release()
        others.append(run)
    return [trained_run, *others]
