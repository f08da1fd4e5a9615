"""`cftui you`: people known by name, and what they rated."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cftui.commands.console import CommandError, Debug, Json, UsageError, print_json, print_table
from cftui.commands.imported import print_report
from cftui.commands.opening import open_ratings_and_run
from cftui.commands.writing import checked_out, write_columns
from cftui.people import (
    Profile,
    known_as,
    load_profile,
    profile_names,
    refuse_name,
    remove_profile,
    same,
    save_profile,
)
from cftui.printing import put
from cftui.questions.people import ReadExport
from cftui.remedies import words_of
from cftui.text import plain

if TYPE_CHECKING:
    from cftui.library.door import Library
    from cftui.ratings.values import Ratings

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="People known by name.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="Whose ratings; you list shows who")]
WhichData = Annotated[
    str | None, typer.Option("--data", help="On which data set; else that of the latest run")
]


@app.command("list")
def list_people(*, data: WhichData = None, json: Json = False, debug: Debug = False) -> None:
    """List who is known on a data set, and how much each has rated."""
    _, ratings = _opened(data)
    people = [(name, _profile(ratings, name)) for name in profile_names(ratings.fingerprint)]
    if json:
        for name, profile in people:
            print_json({"profile": name, "ratings": len(profile.rated), "data": ratings.name})
        return
    rows = [(name, f"{len(profile.rated):,}", ratings.name) for name, profile in people]
    print_table(("profile", "ratings", "data"), rows, right=("ratings",), yielding=("data",))


@app.command()
def show(name: Name, *, data: WhichData = None, json: Json = False, debug: Debug = False) -> None:
    """List what somebody rated, newest first."""
    _, ratings = _opened(data)
    name = known_as(ratings.fingerprint, name)
    rows = _rows(ratings, _profile(ratings, name))
    if json:
        for item, title, value in rows:
            print_json({"profile": name, "item": item, "title": title, "rating": value})
        return
    table = [(f"{value:g}", item, title) for item, title, value in rows]
    print_table(("rating", "id", "title"), table, right=("rating", "id"), yielding=("title",))


@app.command()
def remove(name: Name, *, data: WhichData = None, json: Json = False, debug: Debug = False) -> None:
    """Forget somebody's ratings; there is no way back."""
    _, ratings = _opened(data)
    name = known_as(ratings.fingerprint, name)
    count = len(_profile(ratings, name).rated)
    try:
        remove_profile(ratings.fingerprint, name)
    except OSError as error:
        raise CommandError(f"{name} was not removed: {words_of(error)}") from None
    if json:
        print_json({"event": "removed", "profile": name, "ratings": count})
    else:
        put(f"removed {name} and {count:,} ratings, on {plain(ratings.name)}")


@app.command()
def export(
    name: Name,
    *,
    out: Annotated[Path | None, typer.Option(help="The .csv or .parquet file to write")] = None,
    data: WhichData = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Write what somebody rated into a file, which recommend --profiles and you import take."""
    target = checked_out("you export", out)
    _, ratings = _opened(data)
    name = known_as(ratings.fingerprint, name)
    rows = _rows(ratings, _profile(ratings, name))
    columns: dict[str, list[object]] = {
        "profile": [name] * len(rows),
        "item": [item for item, _, _ in rows],
        "title": [title for _, title, _ in rows],
        "rating": [value for _, _, value in rows],
    }
    write_columns(target, columns)
    if json:
        print_json({"event": "exported", "profile": name, "rows": len(rows), "out": str(target)})
    else:
        put(f"{len(rows):,} ratings of {name} written to {target}")


@app.command("import")
def import_file(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="An export of Letterboxd (ratings.csv, or the zip), IMDb, Goodreads, Trakt (CSV or"
            " JSON) or Kinopoisk (text); or a CSV file with columns title, year, rating, or item"
            " (an id), rating",
        ),
    ],
    *,
    name: Annotated[
        str | None, typer.Option("--as", metavar="NAME", help="The profile that it becomes")
    ] = None,
    merge: Annotated[
        bool, typer.Option("--merge", help="Add to the profile; the file's ratings stand")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Put the file's ratings in the profile's place")
    ] = False,
    similar: Annotated[
        bool, typer.Option("--similar", help="Take similar titles too, which are guesses")
    ] = False,
    scale: Annotated[
        str | None,
        typer.Option(
            metavar="LOW-HIGH", help="What the file's values can be, as 1-10, if it is not known"
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be taken, and keep nothing")
    ] = False,
    data: WhichData = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Make a profile of what somebody rated elsewhere: each match is shown with how sure it is."""
    if merge and replace:
        raise UsageError("you import: give --merge or --replace, not both")
    if name is not None and (words := refuse_name(name)):
        raise UsageError(f"--as {plain(name)}: choose {words}")
    library, ratings = _opened(data)
    path = str(file.expanduser().absolute())
    read = library.answer(ReadExport(str(ratings.path), path, _scale(scale)))
    name = name or read.profile
    rated = read.rated(similar=similar)
    taken = bool(rated) and not dry_run
    if taken:
        _keep(ratings, name, rated, merge=merge, replace=replace)
    print_report(read, name, ratings.name, similar=similar, kept=taken, json=json)
    if not rated:
        raise CommandError(f"{file}: nothing in it matches these ratings; no profile was made")


def _keep(
    ratings: "Ratings",
    name: str,
    rated: tuple[tuple[str, float], ...],
    *,
    merge: bool,
    replace: bool,
) -> None:
    """Save ratings as a profile; raises UsageError where it has some and nobody said what to do."""
    names = {same(own): own for own in profile_names(ratings.fingerprint)}
    name = names.get(same(name), name)
    old = load_profile(ratings.fingerprint, name)
    if old.rated and not (merge or replace):
        raise UsageError(
            f"{name} has {len(old.rated):,} ratings already: give --merge (the file's ratings"
            " stand), --replace, or another name with --as"
        )
    try:
        kept = old.merged(rated) if merge else Profile(rated, old.regularization, old.threshold)
        save_profile(ratings.fingerprint, kept, name)
    except OSError as error:
        raise CommandError(f"{name} was not saved: {words_of(error)}") from None


def _scale(text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    low, _, high = text.strip().rpartition("-")
    try:
        return float(low), float(high)
    except ValueError:
        raise UsageError(f"--scale {plain(text)}: write LOW-HIGH, such as 1-10") from None


def _opened(data: str | None) -> tuple["Library", "Ratings"]:
    from cftui.library.door import Library

    library = Library()
    return library, open_ratings_and_run(library, None, data, answers=False).ratings


def _profile(ratings: "Ratings", name: str) -> Profile:
    return load_profile(ratings.fingerprint, name)


def _rows(ratings: "Ratings", profile: Profile) -> list[tuple[str, str, float]]:
    """Return id, title and value of what somebody rated; what is not in the data has its id."""
    from cftui.ratings.values import UnknownId

    rows = []
    for item, value in profile.rated:
        try:
            title = ratings.items.title_of(ratings.items.code_of(item))
        except UnknownId:
            title = item
        rows.append((item, title, value))
    return rows
