"""All that training needs at its first step, with or without a run's directory."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cftui.config import RunConfig
from cftui.hyperparameters import CustomModel
from cftui.library.features import features_for
from cftui.ratings.parts import TrainingRatings, ValidRatings, parts_of
from cftui.ratings.unit import IDENTITY, RatingUnit
from cftui.ratings.values import Ratings
from cftui.training.learners.choose import Beginning, begin_learning
from cftui.training.learners.protocol import Learner, Sampler

if TYPE_CHECKING:
    from cftui.models.custom import CustomClass


@dataclass(frozen=True, eq=False)
class Prepared:
    """Ratings parted, in rating units, and a learner that has not taken a step, in the unit."""

    config: RunConfig
    learner: Learner
    training: TrainingRatings
    valid: ValidRatings
    values: np.ndarray
    """Of all ratings, as they are stored."""
    unit: RatingUnit = IDENTITY
    """What the learner's losses are in."""

    def predicted(self) -> np.ndarray:
        """Return the learner's predictions of the held-out ratings, float32, in rating units."""
        found = self.learner.score(self.valid.pairs)
        return found if sees_ratings(self.config) else self.unit.to_ratings(found)


def sees_ratings(config: RunConfig) -> bool:
    """Return whether a model is a user's own, to which ratings are given as they are."""
    return isinstance(config.model, CustomModel)


def prepare(
    config: RunConfig,
    ratings: Ratings,
    custom: "CustomClass | None" = None,
    *,
    threads: int = 0,
    begin: Beginning = begin_learning,
    unit: RatingUnit | None = None,
) -> Prepared:
    """Part the ratings and begin to learn; nothing is written anywhere.

    `custom` is the class of a user's model; `unit` what an older run goes on in. Raises ConfigError
    if there are too few ratings, EngineError if the device is not there, ModelError if a user's
    model does not work.
    """
    unit = RatingUnit(ratings.low, ratings.high) if unit is None else unit
    training, valid = parts_of(config.split, ratings)
    if (features := features_for(config, ratings, custom)) is not None:
        info = features.sized(training.info)
        training = replace(training, info=info, features=features)
    config = config.settled(len(training))
    threads = threads or config.training.threads
    learner = begin(config, _to_learn(training, config, unit), custom, threads=threads)
    if isinstance(learner, Sampler):
        learner.watch(valid.pairs)
    return Prepared(config, learner, training, valid, ratings.value, unit)


def _to_learn(training: TrainingRatings, config: RunConfig, unit: RatingUnit) -> TrainingRatings:
    """Return the training ratings as the learner is given them."""
    if sees_ratings(config):
        return replace(training, squared_unit=unit.squared)
    return replace(training, value=unit.to_unit(training.value), info=unit.info(training.info))
