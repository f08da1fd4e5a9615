"""`cftui data …`: read ratings into a store, and describe them."""

import os
import signal
import threading
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from cftui.commands.console import Debug, Json, print_json, say
from cftui.paths import BUNDLED
from cftui.questions import ColumnMapping

if TYPE_CHECKING:
    from cftui.ratings.values import Ratings

app = typer.Typer(no_args_is_help=True, help="Read and describe ratings.", rich_markup_mode=None)

Source = Annotated[str, typer.Argument(metavar="DATA", help="A data set's name, or a path")]
WhileStdin = Annotated[bool, typer.Option("--while-stdin", hidden=True)]
UserColumn = Annotated[str, typer.Option(help="The users' column: its name or its number")]
ItemColumn = Annotated[str, typer.Option(help="The items' column: its name or its number")]
RatingColumn = Annotated[str, typer.Option(help="The ratings' column: its name or its number")]
TimestampColumn = Annotated[str, typer.Option(help="The times' column: its name or its number")]
Separator = Annotated[str, typer.Option(help="What separates columns, such as ';' or tab")]
PROGRESS_SECONDS = 0.5


@app.command()
def ingest(
    source: Source = BUNDLED,
    user_column: UserColumn = "",
    item_column: ItemColumn = "",
    rating_column: RatingColumn = "",
    timestamp_column: TimestampColumn = "",
    separator: Separator = "",
    json: Json = False,
    while_stdin: WhileStdin = False,
    debug: Debug = False,
) -> None:
    """Read ratings into a store that opens in milliseconds; done already, it says so.

    Columns and separator are recognised by looking; the options are for what cannot be.
    """
    if while_stdin:
        _watch_stdin()
    mapping = ColumnMapping(user_column, item_column, rating_column, timestamp_column, separator)
    ratings = _open(source, mapping, json)
    if json:
        print_json({"event": "ready", "store": str(ratings.path), "ratings": len(ratings)})
        return
    from cftui.ratings.words import left_out_words, size_words, value_words

    summary = ratings.summary()
    for words in (size_words(summary), value_words(summary), left_out_words(summary)):
        print(words)


def _open(source: str, mapping: ColumnMapping, json: bool) -> "Ratings":
    """Return the ratings; where they must be read first, tell how far that is."""
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

    return open_ratings(resolve_source(source), mapping, progress=report)


def _watch_stdin() -> None:
    threading.Thread(target=_end_with_stdin, daemon=True).start()


def _end_with_stdin() -> None:
    """Interrupt this process when whoever started it is gone."""
    while os.read(0, 4096):  # not sys.stdin: its lock, held at exit, would abort the process
        pass
    os.kill(os.getpid(), signal.SIGINT)


@app.command()
def describe(
    source: Source = BUNDLED,
    user_column: UserColumn = "",
    item_column: ItemColumn = "",
    rating_column: RatingColumn = "",
    timestamp_column: TimestampColumn = "",
    separator: Separator = "",
    json: Json = False,
    while_stdin: WhileStdin = False,
    debug: Debug = False,
) -> None:
    """Show how values, users, items and times are spread, the first rows, and what was left out."""
    from cftui.ratings.profile import kept_profile

    if while_stdin:
        _watch_stdin()
    mapping = ColumnMapping(user_column, item_column, rating_column, timestamp_column, separator)
    profile = kept_profile(_open(source, mapping, json))
    if json:
        print_json({"event": "profile", **asdict(profile)})
        return
    from cftui.commands.describe import print_profile

    print_profile(profile)
