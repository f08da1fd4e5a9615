"""What a model that knows features comes to on one split: error, CPU seconds, cover of its bands.

    python tests/bench/known_models.py fm --set model.fields=all model.members=3 --seeds 1 2 3
    python tests/bench/known_models.py bayes-fm --set split.kind=per-user-latest

Errors are of clipped predictions, on one thread; beside them those of the mean and of biases. Where
users are held out wholly, theirs stand apart. Bands: the share of held-out ratings within, overall
and by quarters of the held-out ratings by their user's activity and their movie's popularity.
"""

import argparse
import contextlib
import os
import sys
import time
from collections.abc import Sequence

import numpy as np
from measuring import a_home, busy

from cftui.config import RunConfig, make_config
from cftui.evaluation.baselines import fit_biases
from cftui.evaluation.predictions import band_coverage
from cftui.library.trained import Trained, load_trained
from cftui.questions.covered import coverage_lines
from cftui.ratings.parts import parts_of
from cftui.runs.events import Event, Finished, Started
from cftui.runs.find import find_run
from cftui.training.start import start_run


def settings(model: str, words: Sequence[str], seed: int) -> RunConfig:
    """Return a run's settings; `words`: such as `model.fields=all`."""
    sections: dict[str, dict[str, str]] = {"model": {"name": model}}
    for word in (*words, f"training.seed={seed}", "training.threads=1", "training.device=cpu"):
        key, _, value = word.partition("=")
        section, _, name = key.partition(".")
        sections.setdefault(section, {})[name] = value
    return make_config(sections)


def trained(config: RunConfig, run_id: str) -> tuple[Trained, float]:
    """Train a run; return it and its CPU seconds, with its validation and checkpoints."""
    at: dict[type[Event], float] = {}
    start_run(
        config,
        lambda event: at.setdefault(type(event), time.process_time()),
        run_id=run_id,
        began=time.monotonic(),
    )
    return load_trained(find_run(run_id)), at[Finished] - at[Started]


def told(found: Trained, *, bands: bool) -> float:
    """Print what a run and the baselines come to; return the run's error."""
    ratings = found.ratings
    training, valid = parts_of(found.config.split, ratings)
    biases = fit_biases(training.pairs, training.value, ratings.n_users, ratings.n_items)
    scores = {
        "run": found.scorer.score(valid.pairs),
        "biases": biases.score(valid.pairs),
        "mean": np.full(len(valid.user), biases.mean),
    }
    squares = {
        name: (np.clip(one.astype(np.float64), valid.low, valid.high) - valid.value) ** 2
        for name, one in scores.items()
    }
    seen = found.trained_users[valid.user]
    parts = {"": np.ones_like(seen)}
    if not seen.all():
        parts |= {" of seen users": seen, " of unseen users": ~seen}
    for words, mask in parts.items():
        each = "  ".join(f"{name} {square[mask].mean():.4f}" for name, square in squares.items())
        print(f"  {mask.sum():,} ratings{words}: {each}")
    if bands and (ends := found.bands(valid.pairs)) is not None:
        counts = (
            np.bincount(part, minlength=n)[codes]
            for part, n, codes in (
                (training.user, ratings.n_users, valid.user),
                (training.item, ratings.n_items, valid.item),
            )
        )
        covered = band_coverage(ends.words, (ends.low, ends.high), valid.value, *counts)
        print("\n".join(f"  {line}" for line in coverage_lines(covered, "movies")))
    return float(squares["run"].mean())


def main() -> int:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", choices=("fm", "bayes-fm"))
    parser.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE")
    parser.add_argument("--seeds", type=int, nargs="+", default=[42])
    asked = parser.parse_args()
    errors, seconds = [], []
    with contextlib.contextmanager(a_home)() as home:
        os.environ["CFTUI_HOME"] = str(home)
        print(asked.model, *asked.set, busy(), flush=True)
        for seed in asked.seeds:
            found, took = trained(settings(asked.model, asked.set, seed), f"seed-{seed}")
            print(f" seed {seed}: {took:.1f} CPU s")
            errors.append(told(found, bands=True))
            seconds.append(took)
    print(f" mean {np.mean(errors):.4f}, {np.mean(seconds):.1f} CPU s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
