"""Users with items, pair by pair: what is scored, evaluated and predicted."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Pairs:
    """A user and an item each, as codes; arrays of shape (n,)."""

    users: np.ndarray
    items: np.ndarray
    positions: np.ndarray | None = None
    """Which of the data's ratings they are, -1 for none, so that models may know the times."""

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

    def __len__(self) -> int:
        return len(self.users)

    def __getitem__(self, where: slice | np.ndarray) -> "Pairs":
        """Return some of the pairs, as an array is indexed."""
        positions = None if self.positions is None else self.positions[where]
        return Pairs(self.users[where], self.items[where], positions)
