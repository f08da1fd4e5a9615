"""Runs that no trainer wrote beside a good one: each harms itself alone, whatever is asked."""

import io
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hostile_commands import (
    Outcome,
    Place,
    ending,
    furnish,
    harm_outside,
    harm_to_all,
    harm_to_one,
    make_good,
    on_all,
    on_one,
)
from hostile_runs import NAMES, state_of
from small import here
from typer.main import get_command

from cftui import commands, paths


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_good(tmp_path_factory.mktemp("first"))


@pytest.fixture(autouse=True)
def built_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the commands built once for two thousand calls: Typer takes longer for it than they."""
    monkeypatch.setattr(commands, "_app", command_of)


@cache
def command_of(word: str) -> Any:
    return get_command(APP_OF(word))


APP_OF = commands._app


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise TimeoutError where something waits for ever, as for a pipe that nobody writes to."""

    def expired(number: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"not within {seconds:g} s")

    before = signal.signal(signal.SIGALRM, expired)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def told(words: Sequence[str]) -> Outcome:
    """Run a command in this process; return its exit code and all that it printed."""
    raw = io.BytesIO()
    both = io.TextIOWrapper(raw, encoding="utf-8", write_through=True)
    try:
        with redirect_stdout(both), redirect_stderr(both), at_most(60):
            code: int | None = here(*words)
    except TimeoutError:
        code = None
    return code, raw.getvalue().decode("utf-8", "surrogateescape")


def test_the_list_has_all_good_runs_whatever_else_lies_there(
    good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = furnish(tmp_path, good, *NAMES)
    monkeypatch.setenv(paths.HOME_VARIABLE, str(place.home))
    before = state_of(place.outside.folder)
    harm = {words: harm_to_all(words, told(words)) for words in on_all(place.out)}
    assert not any(harm.values()), harm
    assert not harm_outside(place, before)


@pytest.mark.parametrize("part", range(4))
def test_a_hostile_run_harms_itself_alone(
    part: int, good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    harm: dict[str, list[str]] = {}
    for name in NAMES[part::4]:
        place = furnish(tmp_path / str(NAMES.index(name)), good, name)
        monkeypatch.setenv(paths.HOME_VARIABLE, str(place.home))
        found = attacked(place, name)
        if found:
            harm[name] = found
    assert not harm, "\n".join(f"{name}: {found}" for name, found in harm.items())


def attacked(place: Place, name: str) -> list[str]:
    """Return the harm of one run, from the first look at it to its removal."""
    run, before = place.ids[name], state_of(place.outside.folder)
    found = []
    for words in (*on_one(run, place.out), *ending(run)):
        outcome = told(words)
        found += [f"{' '.join(words[:2])}: {one}" for one in harm_to_one(words, outcome)]
    listed = told(("runs", "list"))
    found += harm_to_all(("runs", "list"), listed)
    if (place.runs / run).is_symlink() or (place.runs / run).exists():
        # What is no run at all, for want of a record, is none of ours to remove.
        found += [] if run.startswith(".") else [f"not removed: {listed[1][-300:]}"]
    return found + harm_outside(place, before)
