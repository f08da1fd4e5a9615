"""`cftui data list` and `cftui data fetch`: which data sets there are, and getting them."""

import difflib
import shutil
import sys
import textwrap
from collections.abc import Sequence
from typing import Annotated

import typer

from cftui.catalogue import CATALOGUE, CatalogueEntry
from cftui.commands.console import (
    CommandError,
    Debug,
    Json,
    UsageError,
    print_json,
    print_table,
    say,
)
from cftui.commands.job import WhileStdin, begin_job
from cftui.commands.meter import meter
from cftui.commands.opening import open_told, print_summary
from cftui.paths import BUNDLED
from cftui.printing import put
from cftui.questions.data import DataSetRow, ListDataSets

ASKED_FROM = 100_000_000
"""Bytes from which on a download is not begun without a yes."""


def list_data_sets(json: Json = False, debug: Debug = False) -> None:
    """Show the data sets there are: bundled, opened before, downloaded, to be downloaded."""
    from cftui.library.door import Library

    rows = Library().answer(ListDataSets())
    if json:
        for row in rows:
            print_json(row)
        return
    counts = ("users", "items") if _is_wide() else ()
    columns = ("name", "state", "ratings", *counts, "MB", "what it holds")
    cells = (
        (
            row.name,
            row.state,
            *(_count(getattr(row, f"n_{what}")) for what in ("ratings", *counts)),
            "" if row.size is None else f"{row.size / 1e6:,.1f}",
            row.holds or row.where,
        )
        for row in rows
    )
    numbers = ("ratings", *counts, "MB")
    print_table(columns, cells, right=numbers, yielding=columns[-1:])
    if sys.stdout.isatty():
        _print_licences(rows)


def _is_wide() -> bool:
    return not sys.stdout.isatty() or shutil.get_terminal_size().columns >= 100


def _print_licences(rows: Sequence[DataSetRow]) -> None:
    for licence in dict.fromkeys(row.licence for row in rows if row.licence):
        names = ", ".join(row.name for row in rows if row.licence == licence)
        width = shutil.get_terminal_size().columns
        put("\n" + textwrap.fill(f"{names}: {licence}", width))


def _count(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def fetch(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name that data list shows")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before a large download")] = False,
    unchecked: Annotated[
        bool, typer.Option("--unchecked", help="Take the file whatever its checksum")
    ] = False,
    discard: Annotated[
        bool, typer.Option("--discard", help="Remove what an unfinished download left")
    ] = False,
    json: Json = False,
    while_stdin: WhileStdin = False,
    debug: Debug = False,
) -> None:
    """Download a data set and read it; an unfinished download is gone on with.

    ctrl+c ends it at any moment; what was received is kept for the next time.
    """
    begin_job(while_stdin=while_stdin)
    if name == BUNDLED:
        say(f"{BUNDLED} comes with cftui; its successor is ml-latest-small-2018")
        return
    entry = _entry(name)
    if discard:
        from cftui.ratings.sources.partial import discard as discard_part

        say(f"{discard_part(entry) / 1e6:,.1f} MB of {name} removed")
        return
    _agree(entry, yes)
    _download(entry, unchecked, json)
    _read(entry, json)


def _entry(name: str) -> CatalogueEntry:
    if name in CATALOGUE:
        return CATALOGUE[name]
    near = difflib.get_close_matches(name, CATALOGUE, 2, cutoff=0.4)
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(CATALOGUE)}"
    raise UsageError(f"no data set called {name!r} can be downloaded; {hint}")


def _agree(entry: CatalogueEntry, yes: bool) -> None:
    """Ask before a large download; raises UsageError where nobody can be asked."""
    from cftui.paths import downloaded

    if yes or entry.size < ASKED_FROM or downloaded(entry.name).is_file():
        return
    about = "about " if entry.changes else ""
    words = f"{entry.name} is {about}{entry.size / 1e6:,.0f} MB to download"
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(f"{words}; say --yes")
    if not typer.confirm(f"{words}. Begin?", err=True):
        raise CommandError("nothing is downloaded")


def _download(entry: CatalogueEntry, unchecked: bool, json: bool) -> None:
    from cftui.ratings.sources.fetch import fetch as fetch_entry
    from cftui.ratings.sources.partial import PartialDownload, Uncheckable, sweep

    sweep()
    try:
        with meter("downloaded", json=json) as progress:
            path = fetch_entry(entry, progress, unchecked=unchecked)
    except Uncheckable as error:
        raise UsageError(str(error)) from None
    except KeyboardInterrupt:
        size = PartialDownload(entry).size
        if size:
            say(
                f"{size / 1e6:,.1f} MB of {entry.name} are kept for the next time;"
                f" cftui data fetch --discard {entry.name} removes them"
            )
        raise
    if json:
        print_json({"event": "downloaded", "name": entry.name, "path": str(path)})
    else:
        say(f"{path}\n{entry.name}: {entry.licence}")


def _read(entry: CatalogueEntry, json: bool) -> None:
    from cftui.library.door import Library

    ratings = open_told(Library(), entry.name, json=json)
    if json:
        print_json({"event": "ready", "store": str(ratings.path), "ratings": len(ratings)})
    else:
        print_summary(ratings)
