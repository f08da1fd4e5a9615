"""Users whose lists are judged after each sweep: what the kept draws predict of every item."""

from collections.abc import Callable

import numpy as np

from cftui.models.draws import Draws


class ListedUsers:
    """Sums over draws, to which those that are new are added.

    A resumed run adds up all of its kept draws anew, in their order: to the same sums.
    """

    def __init__(self) -> None:
        """Begin without anybody."""
        self._sums: dict[bytes, tuple[np.ndarray, int]] = {}
        """By users that are asked about together; and how many draws are in it."""
        self._kept = 0

    def mean(self, users: np.ndarray, kept: int, draws: Callable[[int], Draws]) -> np.ndarray:
        """Return users' mean predictions of every item, float32 (len(users), n_items).

        `draws(since)`: the kept draws but so many of the first, of which there are `kept` in all;
        the present ones where there are none.
        """
        if not kept:
            present = draws(0)
            return np.asarray(_added(users, None, present) / np.float32(len(present.intercepts)))
        if kept > self._kept:  # who was not asked about since the last ones will not be any more
            self._sums = {k: found for k, found in self._sums.items() if found[1] == self._kept}
            self._kept = kept
        key = users.tobytes()
        sums, done = self._sums.get(key, (None, 0))
        if sums is None or done < kept:
            sums = _added(users, sums, draws(done))
            self._sums[key] = sums, kept
        return np.asarray(sums / np.float32(kept))


def _added(users: np.ndarray, sums: np.ndarray | None, draws: Draws) -> np.ndarray:
    nothing = np.zeros((len(users), draws.shape[1]), np.float32)
    return draws.add_all_items(users, nothing if sums is None else sums)
