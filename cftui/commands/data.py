"""`cftui data …`: list and download data sets, read ratings into a store, describe them."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cftui.commands import datasets
from cftui.commands.console import Debug, Json, UsageError, print_json
from cftui.commands.job import WhileStdin, begin_job
from cftui.commands.opening import open_told, print_summary
from cftui.paths import BUNDLED
from cftui.questions.data import (
    NUMBERS,
    ORDERS,
    ColumnMapping,
    DescribeData,
    DescribeSplit,
    SplitSummary,
)

if TYPE_CHECKING:
    from cftui.library.door import Library

app = typer.Typer(
    no_args_is_help=True, help="List, download, read and describe ratings.", rich_markup_mode=None
)
app.command("list")(datasets.list_data_sets)
app.command("fetch")(datasets.fetch)

Source = Annotated[str, typer.Argument(metavar="DATA", help="A data set's name, or a path")]
UserColumn = Annotated[str, typer.Option(help="The users' column: its name or its number")]
ItemColumn = Annotated[str, typer.Option(help="The items' column: its name or its number")]
RatingColumn = Annotated[str, typer.Option(help="The ratings' column: its name or its number")]
TimestampColumn = Annotated[
    str, typer.Option(help="The times' column: name, number, none, or date+time")
]
Separator = Annotated[str, typer.Option(help="What separates columns, such as ';' or tab")]
Unrated = Annotated[
    str, typer.Option(help="Values that mean not rated, such as 0 or -1,99: left out")
]
Dates = Annotated[
    str,
    typer.Option(
        help="How 01/02/2015 is read, day-first or month-first; 43831: excel, days, numbers"
    ),
]
Values = Annotated[str, typer.Option(help="log: read counts as log2(1 + count); else as they are")]
Titles = Annotated[str, typer.Option(metavar="FILE", help="A table with the items' titles")]


@app.command()
def ingest(
    source: Source = BUNDLED,
    user_column: UserColumn = "",
    item_column: ItemColumn = "",
    rating_column: RatingColumn = "",
    timestamp_column: TimestampColumn = "",
    separator: Separator = "",
    values: Values = "",
    titles: Titles = "",
    unrated: Unrated = "",
    dates: Dates = "",
    json: Json = False,
    while_stdin: WhileStdin = False,
    debug: Debug = False,
) -> None:
    """Read ratings into a store that opens in milliseconds; done already, it says so.

    Columns and separator are recognised by looking; the options are for what cannot be.
    """
    begin_job(while_stdin=while_stdin)
    mapping = _mapping(
        user=user_column,
        item=item_column,
        rating=rating_column,
        timestamp=timestamp_column,
        separator=separator,
        values=values,
        titles=_lasting(titles),
        unrated=unrated,
        dates=dates,
    )
    from cftui.library.door import Library

    ratings = open_told(Library(), source, mapping, json=json)
    if json:
        print_json({"event": "ready", "store": str(ratings.path), "ratings": len(ratings)})
        return
    print_summary(ratings)


@app.command()
def describe(
    source: Source = BUNDLED,
    user_column: UserColumn = "",
    item_column: ItemColumn = "",
    rating_column: RatingColumn = "",
    timestamp_column: TimestampColumn = "",
    separator: Separator = "",
    values: Values = "",
    titles: Titles = "",
    unrated: Unrated = "",
    dates: Dates = "",
    split: Annotated[
        str,
        typer.Option(
            help="Also what would be held out: random, per-user, per-user-latest, leave-last-out,"
            " time, given"
        ),
    ] = "",
    settings: Annotated[
        list[str], typer.Option("--set", metavar="split.KEY=VALUE", help="Of that split")
    ] = [],  # noqa: B006 - Typer copies it
    json: Json = False,
    while_stdin: WhileStdin = False,
    debug: Debug = False,
) -> None:
    """Show how values, users, items and times are spread, the first rows, and what was left out."""
    begin_job(while_stdin=while_stdin)
    mapping = _mapping(
        user=user_column,
        item=item_column,
        rating=rating_column,
        timestamp=timestamp_column,
        separator=separator,
        values=values,
        titles=_lasting(titles),
        unrated=unrated,
        dates=dates,
    )
    from cftui.library.door import Library

    library = Library()
    store = str(open_told(library, source, mapping, json=json).path)
    held_out = _held_out(library, store, split, settings)
    profile = library.answer(DescribeData(store))
    if json:
        print_json({"event": "profile", **asdict(profile)})
        if held_out:
            print_json({"event": "split", **asdict(held_out)})
        return
    from cftui.commands.describe import print_profile, print_split

    print_profile(profile)
    if held_out:
        print_split(held_out, profile.items_word)


def _mapping(**options: str) -> ColumnMapping:
    """Return how a file is to be read; raises UsageError for a word that says nothing."""
    mapping = ColumnMapping(**options)
    if mapping.values not in ("", "log"):
        raise UsageError(f"--values {mapping.values}: give log, or leave it out")
    if mapping.dates not in ("", *ORDERS, *NUMBERS):
        known = f"{', '.join((*ORDERS, *NUMBERS[:-1]))} or {NUMBERS[-1]}"
        raise UsageError(f"--dates {mapping.dates}: give {known}")
    try:
        mapping.unrated_values  # noqa: B018 - raises
    except ValueError:
        raise UsageError(
            f"--unrated {mapping.unrated}: give a number, or several with commas between"
        ) from None
    return mapping


def _lasting(titles: str) -> str:
    return str(Path(titles).expanduser().absolute()) if titles else ""


def _held_out(
    library: "Library", store: str, kind: str, settings: list[str]
) -> SplitSummary | None:
    """Return what the split would hold out that was asked about; none where none was."""
    if not kind and not settings:
        return None
    from cftui.config import make_config, merge, parse_assignments

    asked = {"split": {"kind": kind}} if kind else {}
    config = make_config(merge(parse_assignments(settings), asked))
    return library.answer(DescribeSplit(store, config.to_settings()["split"]))
