"""Items in lists: what every list tells of them, and means of items and users."""

from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from typing import TypedDict

import numpy as np

from cftui.library.door import Library, answers
from cftui.questions.items import DescribeItems, ItemRow
from cftui.ratings.values import Ratings, UnknownId


class ItemNames(TypedDict):
    """What every item in a list tells."""

    item: str
    title: str
    genres: str


class CountedItem(ItemNames):
    """The same, and how many ratings it has in the whole data set."""

    n_ratings: int


def names_of(ratings: Ratings, code: int) -> ItemNames:
    """Return id, title and genres of an item, as keywords of what stands in a list."""
    items = ratings.items
    return {
        "item": items.id_of(code),
        "title": items.title_of(code),
        "genres": items.genres_of(code),
    }


def counted(ratings: Ratings, code: int) -> CountedItem:
    """Return id, title, genres and number of ratings of an item, as keywords."""
    items = ratings.items
    return {  # built at once: lists are made of hundreds
        "item": items.id_of(code),
        "title": items.title_of(code),
        "genres": items.genres_of(code),
        "n_ratings": ratings.by_item.count_of(code),
    }


@answers(DescribeItems)
def describe_items(library: Library, question: DescribeItems) -> tuple[ItemRow, ...]:
    """Return items by their ids, in their order; ids that are not in the data are left out."""
    ratings = library.ratings(question.store)
    codes = []
    for item in question.items:
        with suppress(UnknownId):
            codes.append(ratings.items.code_of(item))
    return item_rows(ratings, codes)


def item_rows(ratings: Ratings, codes: Iterable[int]) -> tuple[ItemRow, ...]:
    """Return items by their codes, in their order."""
    means = item_means(ratings)
    return tuple(ItemRow(**counted(ratings, code), mean=float(means[code])) for code in codes)


@lru_cache(maxsize=4)
def item_means(ratings: Ratings) -> np.ndarray:
    """Return each item's mean rating, shape (n_items,); do not change it."""
    return _means(ratings.item, ratings.value, ratings.n_items)


@lru_cache(maxsize=4)
def user_means(ratings: Ratings) -> np.ndarray:
    """Return each user's mean rating, shape (n_users,); do not change it."""
    return _means(ratings.user, ratings.value, ratings.n_users)


def _means(codes: np.ndarray, values: np.ndarray, n: int) -> np.ndarray:
    return np.bincount(codes, weights=values, minlength=n) / np.bincount(codes, minlength=n)
