"""Which learner trains a run."""

from typing import TYPE_CHECKING, Protocol

from cftui.config import RunConfig
from cftui.ratings.parts import TrainingRatings
from cftui.training.engines.torch_device import refuse_missing
from cftui.training.learners.gibbs import begin_gibbs, refuse_for_gibbs
from cftui.training.learners.gradient import begin_gradient_descent
from cftui.training.learners.protocol import Learner

if TYPE_CHECKING:
    from cftui.models.custom import CustomClass


class Beginning(Protocol):
    """Makes a learner that has not taken a step."""

    def __call__(
        self,
        config: RunConfig,
        ratings: TrainingRatings,
        custom: "CustomClass | None" = None,
        *,
        threads: int = 0,
    ) -> Learner:
        """Return it; `custom` is the class of a user's model, `threads` 0 where it may choose.

        Raises EngineError if its device is not there, ModelError if a user's model does not work.
        """


LEARNERS: dict[str, Beginning] = {
    "gradient-descent": begin_gradient_descent,
    "gibbs": begin_gibbs,
}
"""By the method's name, as in `cftui.hyperparameters.methods.METHODS`."""


def begin_learning(
    config: RunConfig,
    ratings: TrainingRatings,
    custom: "CustomClass | None" = None,
    *,
    threads: int = 0,
) -> Learner:
    """Return the learner of a run's method at its first step; raises what it raises."""
    return LEARNERS[config.method.name](config, ratings, custom, threads=threads)


def refuse_unable(config: RunConfig) -> None:
    """Raise EngineError, with the remedy, where a run cannot be trained here."""
    if config.method.name == "gibbs":
        refuse_for_gibbs(config.training.device)
    else:
        refuse_missing(config.training.device)
