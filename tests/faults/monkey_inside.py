"""Types at random into the screen within this process: many short walks, each soon over.

No terminal and no trainer: a run stays live because this process holds its lock, and its events
come as they were recorded. Query worker and renderer are forked. What `monkey.py` sees of time is
not looked at here; what is: faults of the app, faults of its workers, what a screen at rest says
that is not so (`lies.py`), and that escape and q leave.
"""

import asyncio
import contextlib
import os
import random
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tui"))
from drawn import Drawn
from driving import opened
from forking import forking
from lies import lies_at_rest
from recorded import EVENTS, make_run
from seldom_painted import seldom_painted
from terminal import call
from textual import events
from textual.app import App
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.worker import Worker

from cftui import paths
from cftui.ratings.store import open_ratings
from cftui.tui.app import CftuiApp

LIVE = "20261101-203000-dot-bias-adam-k7w2"
BEGAN = 1793565000.0
"""As its id has it, in UTC."""
ESCAPES = 8
"""More than one may have to press: a dialog over a dialog over a field."""
LAST_KEYS = 12
LOOK_EACH = 50
"""Keys."""
MOST_AT_ONCE = 16
PATIENCE_SECONDS = 60.0
LOST_SECONDS = 2.0


@dataclass
class Walk:
    """What one seed came to."""

    seed: int
    size: tuple[int, int]
    keys: int = 0
    faults: list[str] = field(default_factory=list)
    typed: list[str] = field(default_factory=list)
    looked: int = 0
    """How often the screen was held against files and values at rest."""
    restless: list[str] = field(default_factory=list)
    """Why it did not come to rest."""


@contextlib.contextmanager
def failures() -> Iterator[list[str]]:
    """Note how workers fail meanwhile: most are not to end the app, and say nothing."""
    failed: list[str] = []
    run = Worker._run

    async def noted(worker: Worker[Any], app: App[Any]) -> None:
        await run(worker, app)
        if worker.error is not None and not worker.is_cancelled:
            story = "".join(traceback.format_exception(worker.error))
            failed.append(f"worker {worker.description}: {story}")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Worker, "_run", noted)
        yield failed


def make_home(folder: Path) -> None:
    """Make a home with a store and two small trained runs."""
    for name in ("adam", "sgd"):
        words = ("--factors", "4", "--epochs", "2", "--set", f"optimizer.name={name}")
        call(folder, "train", *words, "--set", "training.threads=1")


@contextlib.contextmanager
def at_home(template: Path) -> Iterator[Path]:
    """Have a copy of a home for a time."""
    with tempfile.TemporaryDirectory(prefix="cftui-monkey-") as folder:
        home = Path(folder) / "home"
        shutil.copytree(template, home)
        os.environ[paths.HOME_VARIABLE] = str(home)
        os.environ[paths.CONSENT_VARIABLE] = str(home / "consent")
        yield home


def keys_in(text: str, special: dict[str, str]) -> Iterator[events.Key]:
    """Yield the keys of what a terminal would send."""
    names = sorted(((sent, name) for name, sent in special.items()), key=lambda p: -len(p[0]))
    while text:
        found = next(((sent, name) for sent, name in names if text.startswith(sent)), None)
        if found is None:
            code, found = ord(text[0]), (text[0], _character_to_key(text[0]))
            if code < 27:
                found = text[0], f"ctrl+{chr(96 + code)}"
        sent, name = found
        printable = sent if sent.isprintable() else None
        yield events.Key(name, printable)
        text = text[len(sent) :]


async def walk(
    done: Walk,
    n_keys: int,
    typing: Iterator[tuple[str, int]],
    special: dict[str, str],
    sizes: tuple[tuple[int, int], ...],
) -> None:
    """Type into an app until `n_keys` are typed or it has been left, and leave."""
    chance = random.Random(done.seed)
    live, lock = make_run(
        LIVE,
        open_ratings(paths.bundled_folder() / paths.BUNDLED),
        state="running",
        epochs=100_000,
        created=BEGAN,
    )
    recorded = EVENTS.read_text().splitlines(keepends=True)
    live.events.write_text("".join(recorded[:2]))
    app = CftuiApp(paths.BUNDLED)
    try:
        async with app.run_test(size=done.size) as pilot:
            await opened(app, pilot)
            while done.keys < n_keys and not app._exit:
                text, count = next(typing)
                done.keys += count
                for key in keys_in(text, special):
                    done.typed.append(key.key)
                    app.post_message(key)
                if chance.random() < 0.3 and len(recorded) > 3:
                    with live.events.open("a") as file:
                        file.write(recorded.pop(2))
                if chance.random() < 0.02:
                    await pilot.resize_terminal(*chance.choice((*sizes, done.size)))
                await _wait(app, pilot, chance)
                if done.keys // LOOK_EACH > done.looked + len(done.restless):
                    await _look(app, done)
            await _keys_dealt_with(app)
            if not app._exit:
                await _leave(app, pilot, done)
    finally:
        lock.release()


async def _look(app: CftuiApp, done: Walk) -> None:
    """Let the screen come to rest, and note what it says that is not so."""
    found = await lies_at_rest(app, done.restless)
    done.looked += found is not None
    if found:
        last = " ".join(done.typed[-LAST_KEYS:])
        done.faults += [f"lie at {app.size} after {done.keys} keys, … {last}:", *found[:6]]
        done.faults.append("\n".join(Drawn(app).lines))


async def _wait(app: CftuiApp, pilot: Pilot[Any], chance: random.Random) -> None:
    kind = chance.random()
    if kind < 0.2 and len(app.key_order._burst) < MOST_AT_ONCE:
        return  # the next keys come in the same burst
    if kind < 0.6:
        await _keys_dealt_with(app)
    if kind < 0.9:
        await asyncio.sleep(chance.uniform(0.0, 0.04))
    else:  # answers come, and what they show is laid out
        await pilot.pause(0.2)


async def _keys_dealt_with(app: CftuiApp) -> None:
    """Wait until no key is on its way, or the app leaves.

    A follower that is lost behind the last key is no key: the next one soon gives it up.
    """
    order, began = app.key_order, time.monotonic()
    alone = began
    while (order._burst or order._follower) and not app._exit:
        now = time.monotonic()
        assert now < began + PATIENCE_SECONDS, f"keys wait for ever: {order._burst}"
        alone = now if order._burst else alone
        if now > alone + LOST_SECONDS:
            return
        await asyncio.sleep(0.005)


async def _leave(app: CftuiApp, pilot: Pilot[Any], done: Walk) -> None:
    """Leave as a user does: escape, as often as there is something to leave, and q."""
    for _ in range(ESCAPES):
        app.post_message(events.Key("escape", None))
        await _keys_dealt_with(app)
    await pilot.pause(0.1)
    await _keys_dealt_with(app)
    focused, screens = repr(app.focused), [repr(screen) for screen in app.screen_stack]
    app.post_message(events.Key("q", "q"))
    await _keys_dealt_with(app)
    for _ in range(60):
        if app._exit:
            return
        await asyncio.sleep(0.05)
    done.faults.append(f"did not leave: {focused} {screens[1:]}")


def take_walks(
    seeds: list[int],
    n_keys: int,
    sizes: tuple[tuple[int, int], ...],
    typing: Any,
    special: dict[str, str],
    commands: list[str],
) -> list[Walk]:
    """Take a walk a seed; print the faults as they are found."""
    walks = []
    with tempfile.TemporaryDirectory(prefix="cftui-monkey-") as folder, forking():
        template = Path(folder) / "home"
        make_home(template)
        for place, seed in enumerate(seeds):
            done = Walk(seed, sizes[place % len(sizes)])
            keys = typing(random.Random(seed), commands)
            painted = contextlib.nullcontext() if seed % 2 else seldom_painted()
            with at_home(template), painted, failures() as failed:
                try:
                    asyncio.run(walk(done, n_keys, keys, special, sizes))
                except BaseException:
                    if isinstance(sys.exception(), KeyboardInterrupt):
                        raise
                    done.faults.append(traceback.format_exc())
                finally:
                    _end_children()
                    done.faults += failed
            walks.append(done)
            if done.faults:
                last = " ".join(done.typed[-LAST_KEYS:])
                print(f"FAULT seed {seed} {done.size} after {done.keys} keys, … {last}")
                print(*done.faults, sep="\n", flush=True)
            print(f"{len(walks)} walks", file=sys.stderr, flush=True)
    return walks


def _end_children() -> None:
    """End what keys started and what goes on beside the screen: trainers, downloads."""
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            child.kill()
            child.wait(5)


def report_walks(walks: list[Walk]) -> bool:
    """Print the figures; tell whether nothing was wrong."""
    faults = sum(len(done.faults) for done in walks)
    print(f"{len(walks)} walks, {sum(done.keys for done in walks)} keys: {faults} faults")
    restless = Counter(why for done in walks for why in done.restless)
    looked = sum(done.looked for done in walks)
    print(f"held against what is so {looked} times; not at rest {dict(restless)}")
    return not faults
