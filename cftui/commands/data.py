"""`cftui data …`: read ratings into a store, and describe them."""

import os
import signal
import threading
import time
from dataclasses import asdict
from typing import Annotated

import typer

from cftui.commands.console import Debug, Json, print_json, say
from cftui.paths import BUNDLED

app = typer.Typer(no_args_is_help=True, help="Read and describe ratings.", rich_markup_mode=None)

Source = Annotated[str, typer.Argument(metavar="DATA", help="A data set's name, or a path")]
PROGRESS_SECONDS = 0.5


@app.command()
def ingest(
    source: Source = BUNDLED,
    json: Json = False,
    while_stdin: Annotated[bool, typer.Option("--while-stdin", hidden=True)] = False,
    debug: Debug = False,
) -> None:
    """Read ratings into a store that opens in milliseconds; done already, it says so."""
    if while_stdin:
        threading.Thread(target=_end_with_stdin, daemon=True).start()
    from cftui.paths import resolve_source
    from cftui.ratings.store import open_ratings

    reported = time.monotonic()

    def report(done: int, total: int) -> None:
        nonlocal reported
        now = time.monotonic()
        if now - reported < PROGRESS_SECONDS and done < total:
            return
        reported = now
        if json:
            print_json({"event": "progress", "bytes": done, "of": total})
        else:
            say(f"{done / max(total, 1):.0%} of {total / 1e6:,.1f} MB read")

    ratings = open_ratings(resolve_source(source), progress=report)
    if json:
        print_json({"event": "ready", "store": str(ratings.path), "ratings": len(ratings)})
        return
    _print_summary(source)


def _end_with_stdin() -> None:
    """Interrupt this process when whoever started it is gone."""
    while os.read(0, 4096):  # not sys.stdin: its lock, held at exit, would abort the process
        pass
    os.kill(os.getpid(), signal.SIGINT)


@app.command()
def describe(source: Source = BUNDLED, json: Json = False, debug: Debug = False) -> None:
    """Show how many users, items and ratings there are, and what was left out."""
    if not json:
        _print_summary(source)
        return
    from cftui.paths import resolve_source
    from cftui.ratings.store import open_ratings

    ratings = open_ratings(resolve_source(source))
    problems = [asdict(problem) for problem in ratings.problems]
    print_json(
        {**asdict(ratings.summary()), "problems": problems, "warnings": list(ratings.warnings)}
    )


def _print_summary(source: str) -> None:
    from cftui.paths import resolve_source
    from cftui.ratings.store import open_ratings

    ratings = open_ratings(resolve_source(source))
    density = len(ratings) / (ratings.n_users * ratings.n_items)
    print(
        f"{ratings.name}: {len(ratings):,} ratings by {ratings.n_users:,} users of"
        f" {ratings.n_items:,} items ({density:.2%} of all pairs)"
    )
    step = f" in steps of {ratings.step:g}" if ratings.step else ""
    print(f"values {ratings.low:g} to {ratings.high:g}{step}, mean {ratings.mean:.4f}")
    print(f"left out: {ratings.unusable_rows:,} unusable rows, {ratings.duplicates:,} duplicates")
    for problem in ratings.problems:
        say(f"line {problem.line}, {problem.column} = {problem.value!r}: {problem.reason}")
    for warning in ratings.warnings:
        say(warning)
