"""A trained model and the ratings it was trained on, ready for questions."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from cftui.config import RunConfig
from cftui.ratings.split import Split, split
from cftui.ratings.store import open_ratings, open_store
from cftui.ratings.values import DataError, Ratings
from cftui.runs.checkpoint import CheckpointError, load_checkpoint
from cftui.runs.directory import Run, RunError, RunRecord
from cftui.runs.factors import Factors


@dataclass(frozen=True, eq=False)
class Trained:
    """A run's weights as of a step, beside its ratings."""

    run: str
    record: RunRecord
    config: RunConfig
    ratings: Ratings
    factors: Factors
    step: int

    @cached_property
    def split(self) -> Split:
        """Return the split the run was trained with."""
        return split(self.config.split, self.ratings)

    @cached_property
    def held_out(self) -> np.ndarray:
        """Return, for each rating, whether it was kept from training; shape (n_ratings,)."""
        mask = np.zeros(len(self.ratings), np.bool_)
        mask[self.split.valid] = True
        return mask

    @cached_property
    def trained_users(self) -> np.ndarray:
        """Return, for each user, whether any rating of theirs was trained on."""
        return np.bincount(self.ratings.user[self.split.train], minlength=self.ratings.n_users) > 0

    @cached_property
    def trained_items(self) -> np.ndarray:
        """Return, for each item, whether any rating of it was trained on."""
        return np.bincount(self.ratings.item[self.split.train], minlength=self.ratings.n_items) > 0


def load_trained(run: Run, *, best: bool = False) -> Trained:
    """Open a run's weights: as training ended, or at the best validation error.

    Raises RunError or CheckpointError, with the remedy, where the run cannot answer.
    """
    if not run.has_weights:
        raise RunError(f"{run.id} has no weights yet; wait for its first checkpoint")
    record, config = run.record(), run.config()
    checkpoint = load_checkpoint(run.best if best else run.last, prefix="parameters/")
    tables = {name.removeprefix("parameters/"): a for name, a in checkpoint.arrays.items()}
    ratings = _ratings_of(record)
    try:
        factors = Factors.from_tables(
            tables, record.low, record.high, sigmoid=config.model.name == "dot-bias"
        )
    except KeyError as error:
        raise RunError(f"{run.id}: the model has no table {error}; choose a dot model") from None
    if factors.user_factors.shape[0] != ratings.n_users or (
        factors.item_factors.shape[0] != ratings.n_items
    ):
        raise CheckpointError(f"{run.last}: its tables do not fit the ratings; train anew")
    return Trained(run.id, record, config, ratings, factors, checkpoint.step)


def _ratings_of(record: RunRecord) -> Ratings:
    """Return the ratings a run was trained on; raises RunError if they are gone or changed."""
    try:
        ratings = open_store(Path(record.store))
    except (DataError, OSError):
        try:
            ratings = open_ratings(Path(record.data_source))
        except (DataError, OSError) as error:
            raise RunError(f"the ratings of {record.run} cannot be read: {error}") from None
    if ratings.fingerprint != record.fingerprint:
        raise RunError(
            f"{record.data_source} has changed since {record.run} was trained;"
            " bring the old file back or train anew"
        )
    return ratings
