"""Pairs of users and items, taken apart and put together."""

import numpy as np

from cftui.ratings.pairs import Pairs


def told(pairs: Pairs) -> list[tuple[int, int]]:
    return list(zip(pairs.users.tolist(), pairs.items.tolist(), strict=True))


def test_one_of_a_kind_with_many_of_the_other() -> None:
    assert told(Pairs.of_user(3, np.array([5, 1]))) == [(3, 5), (3, 1)]
    assert told(Pairs.of_item(np.array([5, 1]), 3)) == [(5, 3), (1, 3)]
    crossed = Pairs.crossed(np.array([7, 8]), np.array([1, 2, 3]))
    assert told(crossed) == [(7, 1), (7, 2), (7, 3), (8, 1), (8, 2), (8, 3)]


def test_some_of_them() -> None:
    pairs = Pairs(np.arange(5), np.arange(5) * 10)
    assert len(pairs) == 5 and told(pairs[1:3]) == [(1, 10), (2, 20)]
    assert told(pairs[np.array([4, 0])]) == [(4, 40), (0, 0)]
