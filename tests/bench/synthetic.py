"""Synthetic ratings of any size with the long tails of real ones, and what may be wrong in them.

python tests/bench/synthetic.py OUT.csv --ratings 10000000 --bad 1000 --duplicates 1000
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np

HEADER = "userId,movieId,rating,timestamp\n"
BAD = (
    "12,oops",
    "{u},{i},five,1234567890",
    "{u},,3.5,1234567890",
    "{u},{i},3.5,soon",
    "{u},{i},nan,1234567890",
    "{u},{i},3.5,1234567890,extra",
    ",{i},4,1234567890",
    "{u},{i},,1234567890",
)
"""Rows that cannot be used; none of them names a rating that another row gives."""


@dataclass(frozen=True)
class Shape:
    """How many ratings of each kind."""

    ratings: int = 1_000_000
    """Sound ones, each of its own user and item."""
    bad: int = 0
    duplicates: int = 0
    """Rows that rate again, later, what another row rates."""
    shuffled: bool = False
    """Whether the rows are in no order; else those of a user stand together."""
    seed: int = 1


def write_synthetic(path: Path, shape: Shape) -> None:
    """Write a comma-separated file with a header; bad rows and duplicates at random places."""
    random = np.random.default_rng(shape.seed)
    pairs = _pairs(random, shape)
    values = random.choice(np.arange(1, 11), size=len(pairs), p=_VALUES)
    times = random.integers(789_652_009, 1_700_000_000, len(pairs))
    again = random.choice(len(pairs), shape.duplicates, replace=False)
    bad = set(random.choice(len(pairs), shape.bad, replace=False).tolist())
    late = dict(zip(random.integers(0, len(pairs), len(again)).tolist(), again, strict=True))
    width = max(int(pairs[:, 1].max()), 1)
    with path.open("w", encoding="ascii", newline="") as file:
        file.write(HEADER)
        for begin in range(0, len(pairs), 1 << 18):
            end = min(begin + (1 << 18), len(pairs))
            rows = [
                f"{user},{item},{value / 2},{time}\n"
                for (user, item), value, time in zip(
                    pairs[begin:end].tolist(), values[begin:end].tolist(),
                    times[begin:end].tolist(), strict=True,
                )
            ]  # fmt: skip
            for place in range(begin, end):
                if place in bad:
                    row = BAD[place % len(BAD)].format(u=pairs[place, 0], i=width + 1)
                    rows[place - begin] += row + "\n"
                if place in late:
                    user, item = pairs[late[place]].tolist()
                    rows[place - begin] += f"{user},{item},0.5,1800000000\n"
            file.write("".join(rows))


_VALUES = np.array([1.6, 3.1, 1.6, 6.6, 5.0, 19.6, 12.7, 26.6, 8.8, 14.4]) / 100
"""Shares of half to five stars, as in MovieLens 25M."""


def _pairs(random: np.random.Generator, shape: Shape) -> np.ndarray:
    """Return distinct (user, item) ids, shape (ratings, 2), with long tails on both sides."""
    n_users = max(shape.ratings // 140, 20)
    n_items = max(min(shape.ratings // 300, 60_000), 200)
    activity = random.lognormal(0.0, 1.25, n_users)
    popularity = random.permutation(np.arange(1, n_items + 1) ** -0.8)
    ids = np.sort(random.choice(np.arange(1, n_items * 4), n_items, replace=False))
    found = np.empty(0, np.int64)
    while len(found) < shape.ratings:
        wanted = int((shape.ratings - len(found)) * 1.3) + 100
        users = random.choice(n_users, wanted, p=activity / activity.sum())
        items = random.choice(n_items, wanted, p=popularity / popularity.sum())
        found = np.unique(np.concatenate([found, users * n_items + items]))
    found = np.sort(random.choice(found, shape.ratings, replace=False))
    if shape.shuffled:
        found = random.permutation(found)
    return np.stack([found // n_items + 1, ids[found % n_items]], axis=1)


def main() -> None:
    """Write a file as the command line says."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("out", type=Path)
    words.add_argument("--ratings", type=int, default=1_000_000)
    words.add_argument("--bad", type=int, default=0)
    words.add_argument("--duplicates", type=int, default=0)
    words.add_argument("--shuffled", action="store_true")
    words.add_argument("--seed", type=int, default=1)
    given = words.parse_args()
    shape = Shape(given.ratings, given.bad, given.duplicates, given.shuffled, given.seed)
    write_synthetic(given.out, shape)


if __name__ == "__main__":
    main()
