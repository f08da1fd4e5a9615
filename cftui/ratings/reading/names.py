"""What headers of the field call users, items, ratings and times."""

import re
from collections.abc import Mapping, Sequence

ROLES = ("user", "item", "rating", "timestamp")
TYPED = re.compile(r":(token|float|token_seq|float_seq)\s*$")
"""RecBole's atomic files write `user_id:token`."""
NESTED = re.compile(r"^\s*reviews?\.")
"""Flattened reviews have `reviews.rating`."""
ID_ENDS = ("id", "uid", "key", "code", "no")


def _ids(nouns: str) -> tuple[str, ...]:
    return tuple(noun + end for noun in nouns.split() for end in ID_ENDS)


def _both(nouns: str) -> tuple[str, ...]:
    return (*nouns.split(), *_ids(nouns))


def _with(nouns: str, ends: str) -> tuple[str, ...]:
    return tuple(noun + end for noun in nouns.split() for end in ends.split())


PEOPLE = "user cust customer reviewer member account"
OTHER_PEOPLE = (
    "reader visitor critic rater voter client buyer consumer person player listener viewer"
    " subscriber guest"
)
THINGS = "movie item product film book"
OTHER_THINGS = (
    "track song artist album game anime manga business recipe show series video article content"
    " place shop store restaurant hotel venue course beer wine joke app merchant stock brand"
)

NAMES: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "user": (
        (*_ids(PEOPLE), "user", "customer", "cust", "uid"),
        ("reviewer", "member", "account", *_both(OTHER_PEOPLE), "usr", "username"),
        (*(f"{noun}s" for noun in f"{PEOPLE} {OTHER_PEOPLE}".split()), "profile"),
        ("profilename", "reviewprofilename", "nickname", "customername", "reviewername"),
    ),
    "item": (
        (*_ids(THINGS), "movie", "item", "product", "iid"),
        ("parentasin",),
        ("isbn", "asin", "asins", "film", "book", "sku", "gtin", *_ids(OTHER_THINGS), "beerbeerid"),
        tuple(OTHER_THINGS.split()),
        tuple(f"{noun}s" for noun in f"{THINGS} {OTHER_THINGS}".split()),
        ("title", *_with(f"{THINGS} {OTHER_THINGS}", "title name")),
        ("name",),
    ),
    "rating": (
        ("rating", "score", "stars"),
        ("ratings", "star", "overall", "ratingvalue", "ratingscore", "starrating"),
        _with(f"my user review reviews {THINGS} {OTHER_THINGS}", "rating score stars overall"),
        ("rate", "grade", "value", "points"),
        ("weight", "plays", "playcount", "count", "listens", "purchases", "views", "clicks"),
    ),
    "timestamp": (
        ("timestamp",),
        ("unixreviewtime", "ratedat", "createdat", "reviewedat", "ts"),
        ("time", "datetime", "date", "ratingdate", "reviewdate", "daterated"),
        ("updatedat", "mylastupdated", "lastupdated", "reviewtime", "reviewsdate", "datereviews"),
    ),
}
"""What headers call each column, in small letters and digits alone; earlier rows win over later."""

_OTHERS = (
    "age sex gender zip zipcode country state city location price unitprice year text comment"
    " review reviewtext summary description note notes link url genre genres category tags tag"
    " event action status type index rank helpful useful"
)
NOT_RATINGS = frozenset(_OTHERS.split())
"""Columns beside users and items that say something else of them, or of the rating."""


COUNTED = re.compile(
    "(num|n|cnt|count|times|freq|quantity|qty|plays?|playcount|listens|purchases|views|clicks)"
    "(of|s|tx|count|plays|times|orders|purchases|views|clicks|listens|transactions)?$|weight$"
)
"""Names of columns of counts, from their beginning."""


def word_of(name: str) -> str:
    """Return a name in small letters and digits alone, without its type and what it is in."""
    return re.sub("[^a-z0-9]", "", NESTED.sub("", TYPED.sub("", name).lower()))


def known_names(names: Sequence[str]) -> int:
    """Return how many roles have a usual name among these."""
    words = {word_of(name) for name in names}
    return sum(any(words.intersection(row) for row in rows) for rows in NAMES.values())


def candidates(names: Sequence[str], role: str) -> list[int]:
    """Return the places of the columns with the most usual names of a role, none for no name.

    Of an id and what has its name without `id`, the second is what the first stands for.
    """
    words = [word_of(name) for name in names]
    own = {"uid"} if role == "user" and _own_ids(words) else set()
    for row in NAMES[role]:
        found = [n for n, word in enumerate(words) if word in row and word not in own]
        stood_for = {word.removesuffix(end) for word in (words[n] for n in found)
                     for end in ID_ENDS if word.endswith(end)}  # fmt: skip
        found = [n for n in found if words[n] not in stood_for] or found
        if found:
            return found
    return []


def _own_ids(words: Sequence[str]) -> bool:
    """Return whether `uid` is of the row itself: where an item's is called `anime_uid`."""
    return any(word.endswith("uid") and word in sum(NAMES["item"], ()) for word in words)
