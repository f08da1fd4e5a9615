"""All that training needs at its first step, with or without a run's directory."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cftui.config import RunConfig
from cftui.ratings.parts import TrainingRatings, ValidRatings, parts_of
from cftui.ratings.values import Ratings
from cftui.training.learners.choose import Beginning, begin_learning
from cftui.training.learners.protocol import Learner

if TYPE_CHECKING:
    from cftui.models.custom import CustomClass


@dataclass(frozen=True, eq=False)
class Prepared:
    """Ratings parted, and a learner that has not taken a step."""

    config: RunConfig
    learner: Learner
    training: TrainingRatings
    valid: ValidRatings
    values: np.ndarray
    """Of all ratings, as they are stored."""


def prepare(
    config: RunConfig,
    ratings: Ratings,
    custom: "CustomClass | None" = None,
    *,
    threads: int = 0,
    begin: Beginning = begin_learning,
) -> Prepared:
    """Part the ratings and begin to learn; nothing is written anywhere.

    `custom` is the class of a user's model. Raises ConfigError if there are too few ratings,
    EngineError if the device is not there, ModelError if a user's model does not work.
    """
    training, valid = parts_of(config.split, ratings)
    threads = threads or config.training.threads
    learner = begin(config, training, custom, threads=threads)
    return Prepared(config, learner, training, valid, ratings.value)
