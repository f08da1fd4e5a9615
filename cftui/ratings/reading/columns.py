"""Which column of a file means what: by the mapping asked for, else by the usual names."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cftui.questions.data import ColumnMapping
from cftui.ratings.values import DataError

NONE = "none"
"""Asked for as the times' column: that there is none."""
ROLES = ("user", "item", "rating", "timestamp")
NAMES: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "user": (
        ("userid", "user", "uid", "customerid", "customer", "reviewerid", "memberid", "accountid"),
        ("username", "reviewer", "member", "account", "reader", "readerid", "visitorid", "usr"),
    ),
    "item": (
        ("movieid", "movie", "itemid", "item", "productid", "product", "filmid", "bookid", "iid"),
        ("isbn", "asin", "film", "book", "trackid", "songid", "artistid", "gameid", "animeid"),
        ("businessid", "recipeid", "showid", "sku", "articleid", "contentid"),
    ),
    "rating": (
        ("rating", "score", "stars"),
        ("ratings", "star", "overall", "ratingvalue", "userrating", "bookrating", "starrating"),
        ("rate", "grade", "value", "points"),
    ),
    "timestamp": (
        ("timestamp",),
        ("unixreviewtime", "ratedat", "createdat", "reviewedat", "ts"),
        ("time", "datetime", "date", "ratingdate", "reviewdate", "daterated"),
    ),
}
"""What headers call each column, in small letters and digits alone; earlier rows win over later."""

NEEDED = ("user", "item", "rating")
OPTION = "--{0}-column (to train: --set data.{0}=…)"


@dataclass(frozen=True)
class Guess:
    """Where each role's column stands, as far as that is clear, and what is not."""

    places: Mapping[str, int]
    problem: str = ""
    notes: tuple[str, ...] = ()
    """What was taken that could have been meant otherwise, a sentence each."""


def known_names(names: Sequence[str]) -> int:
    """Return how many roles have a usual name among these."""
    words = {_word(name) for name in names}
    return sum(any(words.intersection(row) for row in rows) for rows in NAMES.values())


def asked_names(names: Sequence[str], mapping: ColumnMapping) -> int:
    """Return how many of the columns asked for are among these names."""
    small = {name.strip().lower() for name in names}
    return sum(
        bool(wanted) and wanted.strip().lower() in small
        for wanted in (getattr(mapping, role) for role in ROLES)
    )


def find_columns(
    names: Sequence[str], mapping: ColumnMapping, likely: Mapping[str, int] | None = None
) -> Guess:
    """Return where each column stands; `names` is the header, or 1, 2, 3… without one.

    `likely` are places to take where there are no names to go by.
    """
    places: dict[str, int] = {}
    problems: list[str] = []
    notes: list[str] = []
    for role in ROLES:
        asked = getattr(mapping, role).strip()
        if role == "timestamp" and asked == NONE and NONE not in map(_small, names):
            continue
        try:
            place = _asked(names, role, asked) if asked else _recognised(names, role, notes)
        except DataError as error:
            problems.append(str(error))
            continue
        if place is None and likely is not None and not asked:
            place = likely.get(role)
        if place is not None:
            places[role] = place
    problems += _clashes(names, places)
    missing = [role for role in NEEDED if role not in places]
    if missing and not problems:
        problems.append(_missing(names, missing))
    return Guess(places, problems[0] if problems else "", tuple(notes))


def _clashes(names: Sequence[str], places: Mapping[str, int]) -> list[str]:
    return [
        f"column {names[place]!r} cannot be both {first} and {second}; "
        f"choose another with {OPTION.format(second)}"
        for first, place in places.items()
        for second, other in places.items()
        if place == other and ROLES.index(first) < ROLES.index(second)
    ]


def _missing(names: Sequence[str], roles: Sequence[str]) -> str:
    options = ", ".join(f"--{role}-column" for role in roles)
    settings = " ".join(f"--set data.{role}=…" for role in roles)
    return (
        f"no column for {' and '.join(roles)} among {_list(names)}; "
        f"name or number them: {options} (to train: {settings})"
    )


def _asked(names: Sequence[str], role: str, asked: str) -> int:
    """Return the place of the column with this name or number; raises DataError."""
    for same in (lambda name: name.strip() == asked, lambda name: _small(name) == _small(asked)):
        found = [place for place, name in enumerate(names) if same(name)]
        if len(found) == 1:
            return found[0]
        if found:
            numbers = " and ".join(str(place + 1) for place in found)
            raise DataError(
                f"columns {numbers} are all called {asked!r}; "
                f"give the number of one: {OPTION.format(role)}"
            )
    if asked.isascii() and asked.isdigit() and 1 <= int(asked[:9]) <= len(names):
        return int(asked) - 1
    raise DataError(
        f"no column {asked!r} for {role} among {_list(names)}; "
        f"choose one of them with {OPTION.format(role)}"
    )


def _recognised(names: Sequence[str], role: str, notes: list[str]) -> int | None:
    """Return the place of the one column with the most usual name; raises DataError for two."""
    words = [_word(name) for name in names]
    for row in NAMES[role]:
        found = [place for place, word in enumerate(words) if word in row]
        if len(found) > 1:
            both = " and ".join(f"{place + 1} ({names[place].strip()})" for place in found)
            if role == "timestamp":  # which nothing needs
                notes.append(f"columns {both} could both be the time; {found[0] + 1} is taken")
                return found[0]
            raise DataError(
                f"columns {both} could both be the {role}; "
                f"choose one, by its name or number, with {OPTION.format(role)}"
            )
        if found:
            return found[0]
    return None


def _small(name: str) -> str:
    return name.strip().lower()


def _word(name: str) -> str:
    return re.sub("[^a-z0-9]", "", name.lower())


def _list(names: Sequence[str]) -> str:
    text = ", ".join(name.strip() for name in names)
    return repr(text if len(text) <= 200 else text[:200] + "…")
