"""The fields of features: what is known of a rating, by name, and the words for several."""

import difflib
from typing import Annotated

from pydantic import BeforeValidator

FIELDS = (
    "user",
    "item",
    "history",
    "raters",
    "genres",
    "year",
    "popularity",
    "calendar",
    "user-day",
    "since-first",
    "place",
    "film-age",
)
"""Every field, in the order in which models number their columns."""
FUTURE = FIELDS[:7]
"""Those that hold for a rating that is yet to come."""
TIMED = FIELDS[7:]
"""Those that the time of a rating tells: beyond training a user's day, say, is known to nobody."""
WORDS = {"all": FIELDS, "future": FUTURE}
HELP = (
    "future: what holds for ratings to come; all: also when it was rated, unknown of those."
    f" future is {' '.join(FUTURE)}; all adds {' '.join(TIMED)}"
)
"""What a form says of the choice."""


def parse_fields(text: str) -> tuple[str, ...]:
    """Return the fields that words such as `future user-day` mean, in the order of FIELDS.

    Raises ValueError for a word that is none, and where there is none at all.
    """
    wanted: set[str] = set()
    for word in text.replace(",", " ").split():
        if word not in FIELDS and word not in WORDS:
            raise ValueError(_unknown(word))
        wanted.update(WORDS.get(word, (word,)))
    if not wanted:
        raise ValueError(f"name at least one field of {', '.join(FIELDS)}; or all, or future")
    return tuple(field for field in FIELDS if field in wanted)


def _unknown(word: str) -> str:
    known = (*FIELDS, *WORDS)
    near = difflib.get_close_matches(word, known, 1)
    return f"no field {word!r}; " + (
        f"did you mean {near[0]}?" if near else f"there are {', '.join(FIELDS)}; all, future"
    )


def _checked(value: object) -> object:
    """Return words for fields as one text; raises ValueError for one that is none."""
    text = " ".join(map(str, value)) if isinstance(value, list | tuple) else value
    if not isinstance(text, str):
        raise ValueError(f"give words such as {' '.join(FIELDS[:3])}, not {value!r}")
    parse_fields(text)
    return " ".join(text.replace(",", " ").split())


FieldWords = Annotated[str, BeforeValidator(_checked)]
"""Words for fields, as one text."""
