"""`cftui recommend --profiles`: lists for many newcomers at once, from a file into a file."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cftui.commands.console import UsageError, print_json, say
from cftui.commands.writing import checked_out, write_columns
from cftui.printing import put
from cftui.questions.band import ends_of
from cftui.questions.likes import ForYou, LikelyItem

if TYPE_CHECKING:
    from cftui.library.door import Library
    from cftui.ratings.values import Ratings

COLUMNS = ("profile", "item", "rating")
TOLD = 10
"""Bad rows that are named; the others are counted."""

Profiles = dict[str, dict[str, float]]
"""What each newcomer gave each item, by ids."""


@dataclass
class ProfilesRead:
    """Newcomers by name, and what could not be used."""

    profiles: Profiles = field(default_factory=dict)
    bad: list[str] = field(default_factory=list)
    unknown: int = 0
    """Ratings of items that are not in the data."""


def recommend_to_profiles(
    library: "Library",
    ratings: "Ratings",
    asked: ForYou,
    path: Path,
    out: Path | None,
    *,
    json: bool,
) -> None:
    """Write a list for every newcomer of a file; say which rows were left out."""
    target = checked_out("recommend", out)
    read = read_profiles(path, ratings)
    for words in read.bad[:TOLD]:
        say(words)
    if len(read.bad) > TOLD:
        say(f"and {len(read.bad) - TOLD:,} more rows that cannot be used")
    if not read.profiles:
        raise UsageError(f"{path}: no row below the header can be used")
    lists = list(_lists(library, asked, read.profiles))
    write_columns(target, _columns(lists))
    if json:
        counts = {"profiles": len(read.profiles), "bad": len(read.bad), "unknown": read.unknown}
        print_json({"event": "lists", **counts, "rows": len(lists), "out": str(target)})
        return
    left_out = f"; {len(read.bad):,} rows left out" if read.bad else ""
    unknown = (
        f"; of items that are not in the data: {read.unknown:,} ratings" if read.unknown else ""
    )
    put(f"lists for {len(read.profiles):,} profiles written to {target}{left_out}{unknown}")


def read_profiles(path: Path, ratings: "Ratings") -> ProfilesRead:
    """Return the newcomers of a CSV file; raises UsageError for a file that has none."""
    read = ProfilesRead()
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file)
            places = _places(path, next(reader, []))
            for row in reader:
                if row:
                    _take(read, ratings, f"{path} line {reader.line_num}", row, places)
    except (UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path}: not a readable CSV file: {error}") from None
    return read


def _places(path: Path, header: list[str]) -> list[int]:
    names = [name.strip().lower() for name in header]
    missing = [name for name in COLUMNS if names.count(name) != 1]
    if missing:
        raise UsageError(
            f"{path} line 1: one column each is needed called {', '.join(COLUMNS)}; this has"
            f" {', '.join(header) or 'none'}"
        )
    return [names.index(name) for name in COLUMNS]


def _take(
    read: ProfilesRead, ratings: "Ratings", where: str, row: list[str], places: list[int]
) -> None:
    """Take in one row, or note what is wrong with it."""
    from cftui.ratings.values import UnknownId

    if len(row) <= max(places):
        read.bad.append(f"{where}: {len(row)} cells are too few")
        return
    name, item, text = (row[place].strip() for place in places)
    try:
        value = float(text)
    except ValueError:
        read.bad.append(f"{where}: rating {text!r} is not a number")
        return
    if not ratings.takes(value):
        read.bad.append(f"{where}: rating {text} is not within {ratings.low:g} to {ratings.high:g}")
        return
    if not name:
        read.bad.append(f"{where}: no profile is named")
        return
    own = read.profiles.setdefault(name, {})
    try:
        known = ratings.items.id_of(ratings.items.code_of(item))
    except UnknownId:
        read.unknown += 1
        return
    if known in own:
        read.bad.append(f"{where}: {name} has rated item {item} before; the first rating stands")
        return
    own[known] = value


def _lists(
    library: "Library", asked: ForYou, profiles: Profiles
) -> Iterator[tuple[str, LikelyItem]]:
    for name, rated in profiles.items():
        answer = library.answer(replace(asked, rated=tuple(rated.items())))
        if answer.order != asked.order:
            raise UsageError(f"--order {asked.order}: {answer.no_stars}")
        yield from ((name, row) for row in answer.recommended)


def _columns(lists: list[tuple[str, LikelyItem]]) -> dict[str, Sequence[object]]:
    return {
        "profile": [name for name, _ in lists],
        "rank": [row.rank for _, row in lists],
        "item": [row.item for _, row in lists],
        "title": [row.title for _, row in lists],
        "score": [row.score for _, row in lists],
        "prediction": [row.predicted for _, row in lists],
        **ends_of([row for _, row in lists]),
    }
