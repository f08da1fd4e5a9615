"""The loss of a trained run's own model on its own training ratings, and its derivatives."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from cftui.library.features import features_for, info_with
from cftui.library.trained import TABLES, Trained
from cftui.models import build_model, load_of_run
from cftui.models.module import inputs_of, load_arrays, resident, trainable
from cftui.questions.errors import QuestionError
from cftui.ratings.parts import parts_of
from cftui.ratings.unit import IDENTITY
from cftui.runs.directory import Run
from cftui.training.order import epoch_order
from cftui.training.prepare import sees_ratings

CPU = torch.device("cpu")


@dataclass(frozen=True, eq=False)
class RunLoss:
    """A run's module as it was trained, without dropout, beside what it was trained on.

    In float64, so that differences can be trusted; a user's own model stays in float32, which its
    code may count on.
    """

    trained: Trained
    module: nn.Module
    users: Tensor
    items: Tensor
    values: Tensor
    """Of the training ratings, shape (n,), in the trainer's unit."""
    positions: Tensor
    """Theirs in the data."""
    squared_unit: float
    """What a squared error is divided by to be in that unit."""

    def __len__(self) -> int:
        return len(self.users)

    @property
    def exact(self) -> bool:
        """Return whether all is computed in float64."""
        return self.values.dtype == torch.float64

    @cached_property
    def parameters(self) -> dict[str, nn.Parameter]:
        """Return what is trained, by name."""
        return dict(trainable(self.module))

    def loss(self, batch: Tensor) -> Tensor:
        """Return the mean squared error of these training ratings, in the trainer's unit."""
        rated = self.positions[batch]
        inputs = inputs_of(self.module, self.users[batch], self.items[batch], rated)
        error: Tensor = ((self.module(*inputs) - self.values[batch]) ** 2).mean()
        return error / self.squared_unit

    def batches(self, n: int) -> Iterator[Tensor]:
        """Give the places of the first batches that training met; epochs after one another."""
        config, given, epoch = self.trained.config.training, 0, 0
        while given < n:
            order = epoch_order(config.seed, epoch, len(self))
            for first in range(0, len(order), config.batch_size)[: n - given]:
                given += 1
                yield torch.from_numpy(order[first : first + config.batch_size])
            epoch += 1

    def rated(self, table: str, row: int, most: int) -> Tensor:
        """Return the places of ratings that a table's row decides; of all where it has no rows."""
        parameter = self.parameters[table]
        if table not in TABLES or len(parameter) not in (self._n_users, self._n_items):
            return torch.arange(min(most, len(self)))
        codes = self.users if table.startswith("user") else self.items
        return torch.nonzero(codes == row).reshape(-1)[:most]

    def whose(self, table: str, row: int) -> str:
        """Return whom a row of a table is about, in words; empty where it is about nobody."""
        ratings = self.trained.ratings
        if table not in TABLES:
            return ""
        if table.startswith("user"):
            return f"user {ratings.users.id_of(row)}" if row < self._n_users else ""
        if row >= self._n_items:
            return ""
        own = ratings.items.id_of(row)
        title = ratings.items.title_of(row)
        return f"item {own}" if title == own else f"item {own}, {title}"

    @property
    def _n_users(self) -> int:
        return self.trained.ratings.n_users

    @property
    def _n_items(self) -> int:
        return self.trained.ratings.n_items


def loss_of(trained: Trained) -> RunLoss:
    """Return a run's loss; raises QuestionError, Untrusted, RunError or ModelError.

    A user's own model is executed, where they agreed to that.
    """
    config, ratings, unit = trained.config, trained.ratings, trained.record.unit
    own = sees_ratings(config)
    path = Path(trained.path)
    run = Run(path if path.is_dir() else path.parent)
    custom = load_of_run(run, trained.record, config.model, ratings.info())
    given = IDENTITY if own else unit
    features = features_for(config, ratings, custom)
    info = given.info(info_with(features, ratings))
    module = build_model(config.model, info, custom, features)
    load_arrays(module, trained.tables)
    dtype = torch.float32 if own else torch.float64
    training, _ = parts_of(config.split, ratings)
    if not len(training):
        raise QuestionError(f"{trained.run} was trained on no ratings")
    values = given.to_unit(np.array(training.value, np.float64))
    return RunLoss(
        trained,
        module.to(dtype).eval(),
        resident(training.user, CPU),
        resident(training.item, CPU),
        torch.from_numpy(values).to(dtype),
        torch.from_numpy(trained.split.train.copy()),
        unit.squared if own else 1.0,
    )
