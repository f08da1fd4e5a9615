"""What time is worth: the factorization machine on a random split and on each user's latest.

And with a tenth of the movies held out wholly, where genres and years are all that is known of one.
Each line has the mean squared error with predictions clipped, beside that of biases on the same
ratings: of a movie that nobody trained on these are the mean and the user's own.
"""

import argparse
import contextlib
import csv
import json
import subprocess
import sys
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import numpy as np
from measuring import a_home, busy, verdict
from terminal import environment

from cftui.paths import BUNDLED, bundled_folder
from cftui.ratings.store import open_ratings

AHEAD = 0.03
"""By how much the future's fields must be better than biases on each user's latest fifth."""
TENTH = 0.1


def trained(home: Path, seed: int, *words: str) -> tuple[float, float, float]:
    """Train an fm; return its error, that of biases, and seconds of training."""
    command = ["train", "--model", "fm", "--seed", str(seed), *words, "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "cftui.cli", *command],
        env=environment(home),
        capture_output=True,
        text=True,
        check=True,
    )
    told = [json.loads(line) for line in done.stdout.splitlines()]
    epoch = [one for one in told if one["event"] == "epoch"][-1]
    end = told[-1]
    return epoch["valid_mse_clipped"], end["baselines"]["biases"], end["train_seconds"]


def hold_out_movies(path: Path, seed: int) -> int:
    """Write all ratings of a tenth of the movies; return how many movies these are."""
    ratings = open_ratings(bundled_folder() / BUNDLED)
    draw = np.random.default_rng(seed)
    out = draw.choice(ratings.n_items, int(TENTH * ratings.n_items), replace=False)
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("userId", "movieId", "rating"))
        for place in np.flatnonzero(np.isin(ratings.item, out)).tolist():
            user, item = int(ratings.user[place]), int(ratings.item[place])
            ids = ratings.users.id_of(user), ratings.items.id_of(item)
            rows.writerow((*ids, f"{ratings.value[place]:g}"))
    return len(out)


def told(name: str, home: Path, seeds: Sequence[int], *words: str) -> tuple[float, float]:
    """Train with each seed, print a line; return the mean error and that of biases."""
    found = [trained(home, seed, *words) for seed in seeds]
    errors, biases, seconds = (np.array(column) for column in zip(*found, strict=True))
    print(
        f"{name:44} {errors.mean():.4f} ({errors.min():.4f}..{errors.max():.4f})"
        f"  biases {biases[0]:.4f}  {seconds.mean():5.1f} s"
    )
    return float(errors.mean()), float(biases[0])


def main() -> int:
    """Measure; return 1 if a bound is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[42])
    seeds = parser.parse_args().seeds
    held = []
    with contextlib.contextmanager(a_home)() as home:
        print(busy())
        for fields in ("future", "all"):
            chosen = ("--set", f"model.fields={fields}")
            told(f"fm {fields}, drawn at random (42)", home, seeds, *chosen)
            name = f"fm {fields}, each user's latest fifth"
            error, biases = told(name, home, seeds, *chosen, "--split", "per-user-latest")
            if fields == "future":
                held.append(verdict(name, error, biases - AHEAD))
        for draw, fields in product((0, 1), ("future", "all")):
            rows = home / f"movies{draw}.csv"
            n = hold_out_movies(rows, draw)
            given = ("--split", "given", "--set", f"split.file={rows}")
            name = f"fm {fields}, {n} movies held out wholly ({draw})"
            chosen = ("--set", f"model.fields={fields}")
            error, biases = told(name, home, seeds, *chosen, *given)
            held.append(verdict(f"{name}, against mean and user", error, biases))
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
