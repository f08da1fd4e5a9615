"""Fixtures for all tests: a home of their own, and the bundled ratings."""

import gc
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cftui import paths
from cftui.ratings.store import open_ratings
from cftui.ratings.values import Ratings

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch and numpy: tests run side by side
# Else every process that a test starts compiles what it imports anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


def pytest_collection_finish() -> None:
    """Look for garbage less often, and never again among what was imported.

    Else a quarter of a screen test's time goes into it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


@pytest.fixture(autouse=True, scope="session")
def consent_of_the_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what shared fixtures agree to away from the user's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(paths.CONSENT_VARIABLE, str(tmp_path_factory.mktemp("consent")))
        yield


@pytest.fixture(autouse=True, scope="session")
def compiled_once(pytestconfig: pytest.Config) -> Iterator[None]:
    """Keep compiled code for later tests, away from the user's own."""
    folder = pytestconfig.rootpath / ".pytest_cache" / "compiled"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(paths.COMPILED_VARIABLE, str(folder))
        yield


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give every test user folders of its own, so that none sees or touches the user's."""
    folder = tmp_path / "home"
    monkeypatch.setenv(paths.HOME_VARIABLE, str(folder))
    monkeypatch.setenv(paths.CONSENT_VARIABLE, str(tmp_path / "consent"))
    return folder


@pytest.fixture(autouse=True, scope="session")
def interruptible() -> Iterator[None]:
    """Have children take ctrl+c, though a shell has what it starts in the background ignore it."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ratings]:
    """Give the bundled ratings, from a store that all tests share and none may change."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(paths.HOME_VARIABLE, str(tmp_path_factory.mktemp("shared-home")))
        ratings = open_ratings(paths.bundled_folder() / paths.BUNDLED)
    yield ratings
