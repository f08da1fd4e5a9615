"""Users with items, pair by pair: what is scored, evaluated and predicted."""

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True, eq=False)
class Pairs:
    """A user and an item each, as codes; arrays of shape (n,)."""

    users: np.ndarray
    items: np.ndarray
    positions: np.ndarray | None = None
    """Which of the data's ratings they are, -1 for none, so that models may know the times."""
    times: np.ndarray | None = None
    """When each is asked about instead, in what the ratings' times count; int64, shape (n,)."""

    @classmethod
    def of_user(cls, user: int, items: np.ndarray) -> "Pairs":
        """Return one user with each of some items."""
        return cls(np.full(len(items), user), items)

    @classmethod
    def of_item(cls, users: np.ndarray, item: int) -> "Pairs":
        """Return each of some users with one item."""
        return cls(users, np.full(len(users), item))

    @classmethod
    def crossed(cls, users: np.ndarray, items: np.ndarray) -> "Pairs":
        """Return every user with every item, user by user; n is the product of the two numbers."""
        return cls(np.repeat(users, len(items)), np.tile(items, len(users)))

    def at(self, time: int | None) -> "Pairs":
        """Return the same pairs, all asked about as of a time; as they are where there is none."""
        return self if time is None else replace(self, times=np.full(len(self), time, np.int64))

    def __len__(self) -> int:
        return len(self.users)

    def __getitem__(self, where: slice | np.ndarray) -> "Pairs":
        """Return some of the pairs, as an array is indexed."""
        positions = None if self.positions is None else self.positions[where]
        times = None if self.times is None else self.times[where]
        return Pairs(self.users[where], self.items[where], positions, times)
