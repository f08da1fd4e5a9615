"""What every model and optimizer reaches with its defaults on the bundled ratings."""

import argparse
import contextlib
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from measuring import a_home
from terminal import environment

ENOUGH = 0.83
"""Validation MSE that every optimizer's defaults must reach in three epochs."""
BIASES = 0.785
"""Of user and item biases alone."""


@dataclass(frozen=True)
class Recipe:
    """Words of `cftui train` and what the validation MSE must be within, in the last epochs."""

    words: str
    low: Sequence[float] = (0, 0, 0)
    high: Sequence[float] = (9, 9, ENOUGH)


RECIPES = (
    *(Recipe(f"--optimizer {name}") for name in ("sgd", "adam", "adamw", "rmsprop", "adagrad")),
    Recipe("--optimizer sgd --set optimizer.nesterov=true"),
    *(Recipe(f"--optimizer {name} --schedule one-cycle") for name in ("sgd", "adam", "adamw")),
    # The lesson's net: 0.815 to 0.819, 0.790 to 0.799, 0.788 to 0.791 with other seeds.
    Recipe(
        "--model net --optimizer adam --lr 1e-3 --weight-decay 1e-5",
        (0, 0, 0.77),
        (0.827, 0.816, 0.810),
    ),
    *(Recipe(f"--model net --optimizer {name}") for name in ("sgd", "adamw", "rmsprop", "adagrad")),
    # The lesson's dot product alone: 1.627 1.303 1.230 with other seeds.
    Recipe(
        "--model dot --optimizer sgd --lr 0.1 --set optimizer.momentum=0.9 --weight-decay 1e-5",
        (1.597, 1.273, 1.200),
        (1.657, 1.333, 1.260),
    ),
    *(
        Recipe(f"--model dot --optimizer {name}", high=(9, 9, 1.6))
        for name in ("adam", "adamw", "rmsprop", "adagrad")
    ),
    Recipe("--recipe field-sgd", low=(0,), high=(0.757,)),
)


def main() -> int:
    """Train each; return 1 if a bound is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="Recipes that hold these words")
    parser.add_argument("--seed", default="42")
    chosen = parser.parse_args()
    held = []
    with contextlib.contextmanager(a_home)() as home:
        for recipe in RECIPES:
            if chosen.only not in recipe.words:
                continue
            words = ["train", *recipe.words.split(), "--seed", chosen.seed, "--json"]
            done = subprocess.run(
                [sys.executable, "-m", "cftui.cli", *words],
                env=environment(home),
                capture_output=True,
                text=True,
                check=True,
            )
            lines = [json.loads(line) for line in done.stdout.splitlines()]
            found = [line["valid_mse"] for line in lines if line["event"] == "epoch"]
            bounds = zip(recipe.low, found[-len(recipe.low) :], recipe.high, strict=True)
            held.append(all(low <= mse <= high for low, mse, high in bounds))
            figures = " ".join(f"{mse:.4f}" for mse in found)
            seconds = lines[-1]["train_seconds"]
            print(f"{'ok  ' if held[-1] else 'OUT '} {figures}  {seconds:5.1f} s  {recipe.words}")
            held.append(abs(lines[-1]["baselines"]["biases"] - BIASES) < 0.002)
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
