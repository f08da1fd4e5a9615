"""A trained model and the ratings it was trained on, ready for questions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, runtime_checkable

import numpy as np

from cftui.config import RunConfig
from cftui.hyperparameters import Ability, models_with
from cftui.library.bands import (
    Banded,
    Bands,
    ManyMembers,
    MemberNoise,
    Scorer,
    bands_of_members,
    learn_noise,
    words_of_draws,
)
from cftui.library.features import features_for, info_with
from cftui.models import build_model, load_of_run
from cftui.models.draws import Draws
from cftui.models.errors import ModelError
from cftui.models.factors import Factors
from cftui.models.summed import SummedPrediction
from cftui.questions.errors import QuestionError
from cftui.ratings.clock import Clock
from cftui.ratings.features import Features
from cftui.ratings.pairs import Pairs
from cftui.ratings.split import Split, split
from cftui.ratings.unit import IDENTITY, RatingUnit
from cftui.ratings.values import Ratings
from cftui.regular import is_regular
from cftui.runs.checkpoint import CheckpointError, check_finite, load_checkpoint, remedy
from cftui.runs.directory import Run, RunError
from cftui.runs.ratings_of import ratings_of, read_whole
from cftui.runs.record import RunRecord


@runtime_checkable
class Summable(Protocol):
    """A scorer that may know what its predictions are the sum of."""

    def summed(self, pair: Pairs) -> SummedPrediction | None:
        """Return what makes up the prediction of one pair; none where it is no such sum."""


@runtime_checkable
class Featured(Protocol):
    """A scorer that may read features."""

    @property
    def features(self) -> Features | None:
        """Return them; none where it reads none."""


TABLES: dict[str, Ability] = {
    "user_factors": "factors",
    "item_factors": "factors",
    "user_bias": "biases",
    "item_bias": "biases",
}
"""Which ability of a model each of the tables that are asked for comes of."""


@dataclass(frozen=True, eq=False)
class Trained:
    """A run's weights as of a step, beside its ratings."""

    run: str
    record: RunRecord
    config: RunConfig
    ratings: Ratings
    scorer: Scorer
    """Predicts with any model; what needs no more than predictions asks it."""
    factors: Factors | None
    """The tables of a dot-product model, for what needs its arithmetic; else none."""
    tables: Mapping[str, np.ndarray]
    """Every array of the model by name, read-only; they give what `record.trained_in` says."""
    step: int
    path: str = ""
    """What questions call it: the run's directory, or its checkpoint of the best weights."""

    @cached_property
    def user_factors(self) -> np.ndarray | None:
        """Return the users' embedding, shape (n_users, k), where the model has one."""
        return self._table("user_factors", self.ratings.n_users)

    @cached_property
    def item_factors(self) -> np.ndarray | None:
        """Return the items' embedding, shape (n_items, k), where the model has one."""
        return self._table("item_factors", self.ratings.n_items)

    @cached_property
    def user_bias(self) -> np.ndarray | None:
        """Return the users' biases, shape (n_users,), where the model has them."""
        found = self._table("user_bias", self.ratings.n_users)
        return None if found is None or found.size != len(found) else found.reshape(-1)

    @cached_property
    def item_bias(self) -> np.ndarray | None:
        """Return the items' biases, shape (n_items,), where the model has them."""
        found = self._table("item_bias", self.ratings.n_items)
        return None if found is None or found.size != len(found) else found.reshape(-1)

    def _table(self, name: str, rows: int) -> np.ndarray | None:
        found = self.tables.get(name)
        return found if found is not None and found.ndim > 0 and len(found) == rows else None

    def require(self, table: str) -> np.ndarray:
        """Return one of the four tables; raises QuestionError where the model has none."""
        found: np.ndarray | None = getattr(self, table)
        if found is None:
            raise QuestionError(
                f"the model {self.config.model.name} of {self.run} has no table {table}, which"
                f" this is read from; choose a run of {models_with(TABLES[table])}"
            )
        return found

    def bands(self, pairs: Pairs) -> Bands | None:
        """Return how far pairs' ratings may be from predictions; none where that is not known.

        A model that is drawn from knows, and one of several members.
        """
        if isinstance(self.scorer, Banded):
            return Bands(*self.scorer.interval(pairs), self.drawn_words)
        if isinstance(self.scorer, ManyMembers) and self.member_noise is not None:
            return bands_of_members(self.scorer, self.member_noise, self.ratings, pairs)
        return None

    @cached_property
    def drawn_words(self) -> str:
        """Return what bands of its draws are called, a newcomer's too."""
        assert isinstance(self.scorer, Banded)
        return words_of_draws(self.scorer, self.ratings, self.split)

    @cached_property
    def member_noise(self) -> MemberNoise | None:
        """Return what ratings scatter by besides what members differ in; none of one member."""
        nobody = np.empty(0, np.int64)
        if (
            not isinstance(self.scorer, ManyMembers)
            or self.scorer.spread(Pairs(nobody, nobody)) is None
        ):
            return None
        return learn_noise(self.scorer, self.ratings, self.split)

    @cached_property
    def clock(self) -> Clock | None:
        """Return what tells the model of a time; none where it knows nothing of when."""
        features = self.scorer.features if isinstance(self.scorer, Featured) else None
        if features is None or all(field.of != "rating" for field in features.fields):
            return None
        return features.clock

    @property
    def is_summed(self) -> bool:
        """Return whether the model tells what its predictions are the sum of."""
        first = Pairs.of_user(0, np.zeros(1, np.int64))
        return isinstance(self.scorer, Summable) and self.scorer.summed(first) is not None

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

    @cached_property
    def known_items(self) -> np.ndarray:
        """Return, for each item, whether its prediction is its own; shape (n_items,).

        Of one that nobody trained on, where the model reads genres or year.
        """
        told = not {"genres", "year"}.isdisjoint(self.config.model.reads)
        return np.ones_like(self.trained_items) if told else self.trained_items


def load_trained(
    run: Run,
    *,
    best: bool = False,
    find: Callable[[RunRecord, RunConfig], Ratings] = ratings_of,
) -> Trained:
    """Open a run's weights: as training ended, or at the best validation error.

    `find` opens its ratings. Raises RunError, CheckpointError, ModelError or Untrusted, with the
    remedy, where the run cannot answer.
    """
    record, config = read_whole(run)
    if not run.has_weights and not (best and is_regular(run.best)):
        if run.status().alive:
            raise RunError(f"{run.id} has no weights yet; wait for its first checkpoint")
        words = f"{run.id} has no weights: {run.last.name} is not there; {remedy(run.last)}"
        raise RunError(words)
    if best and config.split.kind == "none":
        raise RunError(f"{run.id} has no best weights, as nothing was held out; leave --best out")
    if best and "draws" in config.model.abilities:
        raise RunError(f"{run.id} has no best weights: its draws are averaged; leave --best out")
    path = run.best if best else run.last
    checkpoint = load_checkpoint(path, prefix="parameters/")
    check_finite(path, checkpoint.arrays)
    tables = {name.removeprefix("parameters/"): a for name, a in checkpoint.arrays.items()}
    for table in tables.values():
        table.flags.writeable = False
    ratings = find(record, config)
    factors = None
    try:
        if "dot-product" in config.model.abilities:
            factors = _factors(config, record.unit, ratings, tables)
        scorer: Scorer = factors or _scorer(run, record, config, ratings, tables)
    except (QuestionError, RunError, ModelError):
        raise
    except (KeyError, ValueError) as error:
        raise CheckpointError(
            f"{path}: its tables do not fit the ratings ({error}); train anew"
        ) from None
    named = str(run.best if best else run.path)
    return Trained(run.id, record, config, ratings, scorer, factors, tables, checkpoint.step, named)


def _scorer(
    run: Run,
    record: RunRecord,
    config: RunConfig,
    ratings: Ratings,
    tables: Mapping[str, np.ndarray],
) -> Scorer:
    if "draws" not in config.model.abilities:
        return _module_scorer(run, record, config, ratings, tables)
    features = features_for(config, ratings)
    draws = Draws.from_tables(tables, ratings.low, ratings.high, record.unit, features)
    if draws.shape != (ratings.n_users, ratings.n_items):
        raise ValueError(f"its draws are of {draws.shape[0]} users and {draws.shape[1]} items")
    return draws


def _factors(
    config: RunConfig, unit: RatingUnit, ratings: Ratings, tables: Mapping[str, np.ndarray]
) -> Factors:
    for table in config.model.tables(ratings.info()):
        if tables[table.name].shape != table.shape:
            raise ValueError(f"{table.name} has shape {tables[table.name].shape}")
    sigmoid = "sigmoid" in config.model.abilities
    return Factors.from_tables(tables, ratings.low, ratings.high, sigmoid=sigmoid, unit=unit)


def _module_scorer(
    run: Run,
    record: RunRecord,
    config: RunConfig,
    ratings: Ratings,
    tables: Mapping[str, np.ndarray],
) -> Scorer:
    custom = load_of_run(run, record, config.model, ratings.info())
    # torch is loaded for those models alone that numpy cannot score.
    from cftui.models.module import ModuleScorer, load_arrays

    # A user's own model gives ratings as they are.
    unit = record.unit if custom is None else IDENTITY
    features = features_for(config, ratings, custom)
    info = unit.info(info_with(features, ratings))
    module = build_model(config.model, info, custom, features)
    load_arrays(module, tables)
    return ModuleScorer(module, ratings.n_items, unit, features)
