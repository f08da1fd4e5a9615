"""The draws that predictions will be made of, compact, and when they are taken."""

from collections.abc import Mapping, Sequence

import numpy as np

from cftui.training.gibbs.design import Design
from cftui.training.gibbs.rows import DrawRows, rows_of
from cftui.training.gibbs.sample import Sample

WANTED = 90
"""Draws that are kept of all chains together: the mean of 30 misses that of all by 0.003 MSE."""
MOST, LEAST = 30, 8
"""Of each chain, where others are beside it; as many as there is room for."""
ROOM = 256 << 20
"""Bytes for all of them."""
NAMES = ("draw_intercepts", "draw_users", "draw_items", "draw_ratings", "draw_variances")
Tables = dict[str, np.ndarray]


class KeptDraws:
    """Draws in the order in which they were kept, all chains' of a sweep together.

    Rows are kept as float16: that moves a prediction of some stars by less than 0.001, which the
    mean over many draws makes less still.
    """

    def __init__(self, design: Design, chains: int, burn_in: int, sweeps: int, rank: int) -> None:
        """Begin without any; they are spread evenly over the sweeps after the burn-in."""
        self._design = design
        rows = design.users.n_rows + design.items.n_rows + design.n_features - design.first_own
        fitting = ROOM // (2 * rows * (rank + 1) * chains)
        self._most = int(np.clip(fitting, LEAST, max(MOST, WANTED // chains)))
        self._burn_in, self._sweeps = burn_in, sweeps
        self._draws: list[Tables] = []

    def __len__(self) -> int:
        return len(self._draws)

    def is_due(self, sweep: int) -> bool:
        """Return whether the draws of a sweep, counted from 1, are to be kept."""
        after = max(self._sweeps - self._burn_in, 1)
        done = sweep - self._burn_in
        return done > 0 and done * self._most // after > (done - 1) * self._most // after

    def keep(self, samples: Sequence[Sample], rows: Sequence[DrawRows]) -> None:
        """Keep a draw of each chain."""
        self._draws.extend(map(_table, samples, rows))

    def tables(self, samples: Sequence[Sample], since: int = 0) -> Tables:
        """Return all kept draws, stacked; before the first of them those that the chains are at.

        `since`: without so many of the first.
        """
        draws = self._draws[since:] or [_table(one, rows_of(self._design, one)) for one in samples]
        first = self._design.first[self._design.n_of_sides :] - self._design.first_own
        stacked = {name: np.stack([draw[name] for draw in draws]) for name in draws[0]}
        return {**stacked, "first_of_ratings": first}

    def restore(self, tables: Mapping[str, np.ndarray], count: int) -> None:
        """Take back so many draws; raises KeyError or ValueError where they are others."""
        for name in NAMES:
            if len(tables[name]) < count:
                raise ValueError(f"{name} has {len(tables[name])} draws, not {count}")
        self._draws = [{name: tables[name][draw] for name in NAMES} for draw in range(count)]


def _table(sample: Sample, rows: DrawRows) -> Tables:
    """Return one draw by the names of `NAMES`."""
    own = np.delete(rows.own, rows.unknown, axis=0)
    return {
        "draw_intercepts": np.array(rows.intercept, np.float32),
        "draw_users": rows.user.astype(np.float16),
        "draw_items": rows.item.astype(np.float16),
        "draw_ratings": own.astype(np.float16),
        "draw_variances": (1 / sample.noise).astype(np.float32),
    }
