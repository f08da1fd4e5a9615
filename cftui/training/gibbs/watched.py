"""Pairs whose predictions are averaged over all draws as they come, not over the kept ones."""

from collections.abc import Sequence

import numpy as np

from cftui.ratings.pairs import Pairs
from cftui.training.gibbs.rows import DrawRows, predicted


class Watched:
    """The held-out ratings: what each draw predicts of them."""

    def __init__(self) -> None:
        """Watch nothing."""
        nobody = np.empty(0, np.int32)
        self.watch(Pairs(nobody, nobody), np.empty((0, 0), np.uint32))

    def watch(self, pairs: Pairs, codes: np.ndarray) -> None:
        """Begin with these pairs, whose rows of `DrawRows.own` are `codes`, (fields, n)."""
        self._pairs, self._codes = pairs, codes
        self._users, self._items = (codes.astype(np.uint32) for codes in (pairs.users, pairs.items))
        self.sums = np.zeros(len(pairs))
        """Of all chains' mean prediction since the burn-in, shape (n,)."""
        self.count = 0
        self.last = np.zeros(len(pairs))
        """What the first chain's last draw predicts."""
        self._present = self.last

    def has(self, pairs: Pairs) -> bool:
        """Return whether these are the pairs."""
        return pairs.users is self._pairs.users and pairs.items is self._pairs.items

    def take_in(self, rows: Sequence[DrawRows], *, counts: bool) -> None:
        """Take in a draw of each chain; `counts`: whether the burn-in is over."""
        of_chains = [predicted(one, self._users, self._items, self._codes) for one in rows]
        self.last, self._present = of_chains[0], np.mean(of_chains, axis=0)
        if counts:
            self.sums += self._present
            self.count += 1

    def mean(self) -> np.ndarray:
        """Return the mean prediction since the burn-in, within it the present one; (n,)."""
        return self.sums / self.count if self.count else self._present

    def restore(self, sums: np.ndarray, count: int) -> None:
        """Go back to these sums; raises ValueError where they are of other pairs."""
        if sums.shape != self.sums.shape:
            raise ValueError(f"{len(sums)} predictions are averaged, not {len(self.sums)}")
        self.sums, self.count = sums.astype(np.float64), count
