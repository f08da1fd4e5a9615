"""Which column of a file means what: by the mapping asked for, else by the usual names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cftui.questions.data import ColumnMapping
from cftui.ratings.reading import cells
from cftui.ratings.reading.asked import OPTION, asked_place, listed
from cftui.ratings.reading.names import (
    ID_ENDS,
    NAMES,
    NOT_RATINGS,
    ROLES,
    candidates,
    known_names,
    word_of,
)
from cftui.ratings.reading.time_columns import TimeColumns, time_columns
from cftui.ratings.values import DataError

NEEDED = ("user", "item", "rating")
LEAST_ROWS = 3
"""Fewer rows say nothing of a column."""

Rows = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Guess:
    """Where each role's column stands, as far as that is clear, and what is not."""

    places: Mapping[str, int]
    problem: str = ""
    notes: tuple[str, ...] = ()
    """What was taken that could have been meant otherwise, a sentence each."""
    joined: tuple[int, ...] = ()
    """Where the parts of the time stand, the timestamp's column first; none where it is whole."""


def find_columns(
    names: Sequence[str],
    mapping: ColumnMapping,
    likely: Mapping[str, int] | None = None,
    rows: Rows = (),
) -> Guess:
    """Return where each column stands; `names` is the header, or 1, 2, 3… without one.

    `likely` are places to take where there are no names to go by; `rows` the first rows, which
    tell where names do not.
    """
    places: dict[str, int] = {}
    problems: list[str] = []
    for role in NEEDED:
        asked = getattr(mapping, role).strip()
        try:
            found = asked_place(names, role, asked) if asked else _recognised(names, role, rows)
        except DataError as error:
            problems.append(str(error))
            continue
        place = likely.get(role) if found is None and likely is not None else found
        if place is not None:
            places[role] = place
    times = _times(names, mapping.timestamp.strip(), likely, rows, problems)
    if times.places:
        places["timestamp"] = times.places[0]
    notes = list(times.notes)
    problems += _clashes(names, places)
    missing = [role for role in NEEDED if role not in places]
    if len(missing) == 1 and not problems and likely is None and rows:
        left, why_not = _the_one_left(names, places, missing[0], rows)
        if left is not None:
            places[missing[0]] = left
            notes.append(_left_words(names[left].strip(), missing[0]))
            missing = []
        elif why_not:
            problems.append(why_not)
    notes += [] if mapping.item else _named_items(names, places)
    if missing and not problems:
        problems.append(_missing(names, missing))
    joined = times.places if len(times.places) > 1 else ()
    return Guess(places, problems[0] if problems else "", tuple(notes), joined)


def _times(
    names: Sequence[str],
    asked: str,
    likely: Mapping[str, int] | None,
    rows: Rows,
    problems: list[str],
) -> TimeColumns:
    try:
        found = time_columns(names, asked, rows)
    except DataError as error:
        problems.append(str(error))
        return TimeColumns()
    if not found.places and not asked and likely and "timestamp" in likely:
        return TimeColumns((likely["timestamp"],))
    return found


def _named_items(names: Sequence[str], places: Mapping[str, int]) -> list[str]:
    """Return that items go by their titles, where another column could be their ids."""
    place = places.get("item")
    if place is None or not any(word_of(names[place]) in row for row in NAMES["item"][-2:]):
        return []
    left = [n for n in range(len(names)) if n not in places.values() and names[n].strip()]
    could = [names[n].strip() for n in left if _can_be(word_of(names[n]), "item")]
    others = ", ".join(map(repr, could))
    return [f"column {names[place].strip()!r} is taken for the item, not {others}"] if could else []


def _left_words(name: str, role: str) -> str:
    return f"column {name!r} is taken for the {role}: the only one left that could be"


def _the_one_left(
    names: Sequence[str], places: Mapping[str, int], role: str, rows: Rows
) -> tuple[int | None, str]:
    """Return the only column left that can have a role, or none and why it was not taken."""
    plausible = [
        n
        for n, name in enumerate(names)
        if n not in places.values() and name.strip() and _can_be(word_of(name), role)
    ]
    if len(plausible) != 1 or len(rows) < LEAST_ROWS:
        return None, ""
    (place,) = plausible
    column = cells.column(rows, place)
    if role == "rating":
        return _if_ratings(names[place].strip(), place, column)
    return (None, "") if cells.counts_rows(column) or cells.fractional(column) else (place, "")


def _can_be(word: str, role: str) -> bool:
    """Return whether a column of an unusual name can have a role."""
    if word in NOT_RATINGS or known_names([word]):
        return False
    return role != "rating" or not word.endswith(ID_ENDS)


def _if_ratings(name: str, place: int, column: Sequence[str]) -> tuple[int | None, str]:
    if not cells.mostly(column, cells.is_number) or any(map(cells.is_time, column)):
        return None, ""
    if len(set(column)) <= 2 and set(map(str.strip, column)) <= {"0", "1", ""}:
        return None, (
            f"no column for rating; {name!r} is only 0 or 1: to take it say "
            f"{OPTION.format('rating')}"
        )
    return place, ""


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
        f"no column for {' and '.join(roles)} among {listed(names)}; "
        f"name or number them: {options} (to train: {settings})"
    )


def _recognised(names: Sequence[str], role: str, rows: Rows) -> int | None:
    """Return the place of the one column with the most usual name; raises DataError for two."""
    found = candidates(names, role)
    if role == "item" and (own := _bare_id(names, found, rows)) is not None:
        return own
    if len(found) > 1:
        both = " and ".join(f"{place + 1} ({names[place].strip()})" for place in found)
        raise DataError(
            f"columns {both} could both be the {role}; "
            f"choose one, by its name or number, with {OPTION.format(role)}"
        )
    return found[0] if found else None


def _bare_id(names: Sequence[str], found: Sequence[int], rows: Rows) -> int | None:
    """Return the place of `id` beside an item's `name` or `title`, if it does not count rows."""
    words = [word_of(name) for name in names]
    if words.count("id") != 1 or not found or words[found[0]] not in ("name", "title"):
        return None
    own = words.index("id")
    enough = len(rows) >= LEAST_ROWS
    return own if enough and not cells.counts_rows(cells.column(rows, own)) else None
