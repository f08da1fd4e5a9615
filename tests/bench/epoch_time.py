"""Seconds of an epoch of the torch engine, beside a plain loop of torch over sliced tensors.

The same settings of torch.optim and the same number of threads (the engine's choice) for both.
"""

import argparse
import contextlib
import os
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
from measuring import a_home, busy, percentile, spread, verdict

RATIO = 1.1
CHUNK = 20
"""Steps that the trainer gives the engine at a time, about 40 ms of them."""


def engine_epoch(optimizer: str) -> Callable[[np.ndarray], float]:
    """Return a function that trains an epoch in the trainer's portions and says how long it took.

    The learner has the same order by itself; its losses come back to numpy, as the trainer needs.
    """
    from cftui.config import make_config
    from cftui.training.learners.gradient import begin_gradient_descent

    config = make_config({"optimizer": {"name": optimizer}, "training": {"device": "cpu"}})
    learner = begin_gradient_descent(config, the_ratings())

    def run(order: np.ndarray) -> float:
        began = time.perf_counter()
        while not learner.advance(CHUNK).epoch_done:
            pass
        return time.perf_counter() - began

    return run


def plain_epoch(optimizer: str, *, fused: bool) -> Callable[[np.ndarray], float]:
    """Return the like for the loop that one would write by hand, with torch's own optimizer."""
    import torch
    from torch import nn
    from torch.nn import functional

    from cftui.config import make_config

    training = the_ratings()
    settings = make_config({"optimizer": {"name": optimizer}}).optimizer
    users = torch.from_numpy(training.user.astype(np.int64))
    items = torch.from_numpy(training.item.astype(np.int64))
    values = torch.from_numpy(np.array(training.value))
    info, n_factors, size = training.info, 50, 64
    tables = nn.ModuleList(
        nn.Embedding(rows, columns)
        for rows, columns in (
            (info.n_users, n_factors),
            (info.n_items, n_factors),
            (info.n_users, 1),
            (info.n_items, 1),
        )
    )
    for table in tables:
        nn.init.uniform_(table.weight, -0.01, 0.01)
    p, q, b, c = tables
    kinds = {
        "sgd": lambda: torch.optim.SGD(
            tables.parameters(),
            lr=settings.learning_rate,
            momentum=settings.momentum,
            weight_decay=settings.weight_decay,
            fused=fused,
        ),
        "adam": lambda: torch.optim.Adam(
            tables.parameters(),
            lr=settings.learning_rate,
            weight_decay=settings.weight_decay,
            fused=fused,
        ),
    }
    step = kinds[optimizer]()
    low, high = info.low, info.high

    def run(order: np.ndarray) -> float:
        began = time.perf_counter()
        places = torch.from_numpy(order.astype(np.int64))
        user, item, value = users[places], items[places], values[places]
        for first in range(0, len(order), size):
            batch = slice(first, first + size)
            u, i = user[batch], item[batch]
            found = (p(u) * q(i)).sum(1) + b(u).squeeze(1) + c(i).squeeze(1)
            loss = functional.mse_loss(torch.sigmoid(found) * (high - low) + low, value[batch])
            step.zero_grad()
            loss.backward()
            step.step()
        return time.perf_counter() - began

    return run


def the_ratings() -> "TrainingRatings":  # noqa: F821
    """Return the lesson's training part of the bundled ratings."""
    from cftui.config import SplitConfig
    from cftui.hyperparameters import DataInfo
    from cftui.paths import BUNDLED, resolve_source
    from cftui.ratings.parts import TrainingRatings
    from cftui.ratings.split import split
    from cftui.ratings.store import open_ratings

    r = open_ratings(resolve_source(BUNDLED))
    train = split(SplitConfig(), r).train
    info = DataInfo(r.n_users, r.n_items, r.low, r.high)
    return TrainingRatings(r.user[train], r.item[train], r.value[train], info)


def main() -> int:
    """Measure; return 1 if a bound is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=5)
    epochs = parser.parse_args().epochs
    held = []
    with contextlib.contextmanager(a_home)() as home:
        os.environ["CFTUI_HOME"] = str(home)
        from cftui.training.order import epoch_order

        n = len(the_ratings())
        for optimizer in ("sgd", "adam"):
            ways = {
                "engine": engine_epoch(optimizer),
                "plain loop": plain_epoch(optimizer, fused=True),
                "plain loop, optimizer not fused": plain_epoch(optimizer, fused=False),
            }
            seconds: dict[str, list[float]] = {name: [] for name in ways}
            for epoch in range(epochs):
                order = epoch_order(42, epoch, n)
                for name, run in ways.items() if epoch % 2 else reversed(ways.items()):
                    seconds[name].append(run(order))
            for name, values in seconds.items():
                print(f"{optimizer}, {name}: median {spread(values)} s an epoch, {busy()}")
            pairs = zip(seconds["engine"], seconds["plain loop"], strict=True)
            ratios = [ours / theirs for ours, theirs in pairs]
            print(
                f"  ratio of pairs {percentile(ratios, 0.25):.3f}..{percentile(ratios, 0.75):.3f}"
            )
            held.append(verdict(f"{optimizer}, engine to loop", statistics.median(ratios), RATIO))
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
