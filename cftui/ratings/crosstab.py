"""The crosstab: the most active users by the most rated items (lesson 5)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cftui.questions.errors import QuestionError
from cftui.questions.sheet import Order
from cftui.ratings.values import Grouping, Ratings, Vocabulary


@dataclass(frozen=True, eq=False)
class Crosstab:
    """Users, items and what each user gave each item; arrays are read-only."""

    users: NDArray[np.int64]
    """Codes, shape (n,)."""
    items: NDArray[np.int64]
    """Codes, shape (m,)."""
    values: NDArray[np.float64]
    """Ratings, shape (n, m), NaN where there is none."""


def crosstab(
    ratings: Ratings, n_users: int = 15, n_items: int = 15, order: Order = "id"
) -> Crosstab:
    """Return the `n_users` most active users by the `n_items` most rated items.

    Counts are ranked descending, ties by id. Raises QuestionError for a number that is not
    within 1 and what there is.
    """
    for word, wanted, known in (
        ("users", n_users, ratings.n_users),
        ("items", n_items, ratings.n_items),
    ):
        if not 1 <= wanted <= known:
            raise QuestionError(
                f"{wanted} {word} by the crosstab's wish, but {ratings.name} has {known:,};"
                f" choose 1 to {known:,}"
            )
    users = most_active(ratings.by_user, ratings.users, n_users)
    items = most_active(ratings.by_item, ratings.items, n_items)
    if order == "id":
        users = users[np.argsort(id_ranks(ratings.users, users))]
        items = items[np.argsort(id_ranks(ratings.items, items))]
    values = cells(ratings, users, items)
    for array in (users, items, values):
        array.flags.writeable = False
    return Crosstab(users, items, values)


def most_active(group: Grouping, vocabulary: Vocabulary, n: int) -> NDArray[np.int64]:
    """Return the codes of the `n` with most ratings, shape (n,), ties by id."""
    counts = group.counts()
    least = np.partition(counts, len(counts) - n)[len(counts) - n]
    near = np.flatnonzero(counts >= least)  # the tied ones at the edge included
    return near[np.lexsort((id_ranks(vocabulary, near), -counts[near]))][:n].astype(np.int64)


def id_ranks(vocabulary: Vocabulary, codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return each code's place among these in ascending order of ids, shape (len(codes),).

    Numbers by their size, texts by their letters.
    """
    ids = vocabulary.ids
    keys = ids[codes] if isinstance(ids, np.ndarray) else np.array([ids[int(c)] for c in codes])
    ranks = np.empty(len(codes), np.int64)
    ranks[np.argsort(keys, kind="stable")] = np.arange(len(codes))
    return ranks


def cells(
    ratings: Ratings, users: NDArray[np.int64], items: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return what each of these users gave each of these items, shape (n, m), NaN for nothing."""
    values = np.full((len(users), len(items)), np.nan)
    column = np.full(ratings.n_items, -1, np.int64)
    column[items] = np.arange(len(items))
    for row, user in enumerate(users.tolist()):
        own = ratings.by_user.of(user)
        place = column[ratings.item[own]]
        values[row, place[place >= 0]] = ratings.value[own][place >= 0]
    return values
