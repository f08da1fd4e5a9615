"""How far a reading or a job is: a bar on a terminal, lines elsewhere, or JSON lines."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cftui.commands.console import print_json, say
from cftui.questions.job import Progress as JobProgress

REPORT_SECONDS = 0.5


@contextmanager
def meter(done: str, *, json: bool) -> Iterator[Callable[[int, int], None]]:
    """Give a function that is told the bytes done and the bytes in all.

    `done`: what was done with them, such as `read`.
    """
    if json or not sys.stderr.isatty():
        yield _ProgressLines(done, json)
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    columns = (BarColumn(), DownloadColumn(), TextColumn(done), TransferSpeedColumn())
    console = Console(stderr=True)
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as progress:
        task = progress.add_task(done, total=None)
        yield lambda part, whole: progress.update(task, completed=part, total=whole)


class _ProgressLines:
    """Tells now and then, and at the end."""

    def __init__(self, done: str, json: bool) -> None:
        self._done, self._json = done, json
        self._told = time.monotonic()

    def __call__(self, part: int, whole: int) -> None:
        now = time.monotonic()
        if now - self._told < REPORT_SECONDS and part < whole:
            return
        self._told = now
        if self._json:
            print_json({"event": "progress", "bytes": part, "of": whole, "done": self._done})
        else:
            say(f"{part / max(whole, 1):.0%} of {whole / 1e6:,.1f} MB {self._done}")


@contextmanager
def job_told(*, json: bool) -> Iterator[JobProgress]:
    """Give what is told how far a job is: a passing line on a terminal, lines elsewhere."""
    if json or not sys.stderr.isatty():
        yield _DoingLines(json)
        return
    from rich.console import Console

    with Console(stderr=True).status("") as status:
        yield lambda done, total, words: status.update(f"{done / total:.0%}, {words}")


class _DoingLines:
    """Tells each doing as it begins."""

    def __init__(self, json: bool) -> None:
        self._json, self._words = json, ""

    def __call__(self, done: int, total: int, words: str) -> None:
        if words == self._words:
            return
        self._words = words
        if self._json:
            print_json({"event": "progress", "done": done, "of": total, "words": words})
        else:
            say(f"{done / total:.0%}, {words}")
