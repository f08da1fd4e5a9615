"""Whether the arrays of a store fit each other, and the codes in them are of somebody."""

from pathlib import Path

import numpy as np

from cftui.ratings.sums import mark
from cftui.ratings.values import Ratings, TextColumn

FEW = 4_000_000
"""Ratings whose codes are looked through in milliseconds."""


def check_lengths(ratings: Ratings) -> None:
    """Raise ValueError unless the arrays fit each other."""
    n = len(ratings.value)
    groups = ((ratings.by_user, ratings.users), (ratings.by_item, ratings.items))
    named = (ratings.items.titles_column, ratings.items.genres_column)
    sound = n > 0 and len(ratings.user) == len(ratings.item) == n
    sound = sound and (ratings.timestamp is None or len(ratings.timestamp) == n)
    for group, vocabulary in groups:
        sound = sound and len(group.indptr) == len(vocabulary) + 1
        sound = sound and len(group.order) == n == int(group.indptr[-1])
    for column in (ratings.users.ids, ratings.items.ids, *named):
        if isinstance(column, TextColumn):
            sound = sound and int(column.offsets[-1]) == len(column.blob)
    for column in named:
        sound = sound and (column is None or len(column) == len(ratings.items))
    if not sound:
        raise ValueError("its arrays do not fit each other")


def check_codes(path: Path, ratings: Ratings) -> None:
    """Mark a store and raise ValueError where a rating is of nobody, nothing or out of range."""
    if reason := _what_is_out_of_range(ratings):
        mark(path, reason)
        raise ValueError(reason)


def _what_is_out_of_range(ratings: Ratings) -> str:
    for codes, vocabulary in ((ratings.user, ratings.users), (ratings.item, ratings.items)):
        low, high = int(codes.min()), int(codes.max())
        if low < 0 or high >= len(vocabulary):
            worst = low if low < 0 else high
            return f"{vocabulary.kind} code {worst} is of none of {len(vocabulary):,}"
    for group, vocabulary in ((ratings.by_user, ratings.users), (ratings.by_item, ratings.items)):
        order, steps = group.order, np.diff(group.indptr)
        if int(order.min()) < 0 or int(order.max()) >= len(order) or int(steps.min()) < 0:
            return f"the ratings of a {vocabulary.kind} are none of those there are"
    if (float(ratings.value.min()), float(ratings.value.max())) != (ratings.low, ratings.high):
        return "a value is out of the range"
    return ""
