"""Methods of training, each with the settings that it alone has."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, SerializeAsAny, model_validator

from cftui.hyperparameters.base import Parameters, parameter
from cftui.hyperparameters.choosing import Optimizer, Schedule, chooser
from cftui.hyperparameters.optimizers import Sgd
from cftui.hyperparameters.schedules import Constant

PARTS = ("optimizer", "schedule")
"""Sections of a configuration that gradient descent is written as."""


class TrainingMethod(Parameters):
    """Base of the methods; one that has no learning rate needs to say nothing more."""

    only: ClassVar[str] = ""
    """The model that it trains; empty where it trains any that has no method of its own."""

    @model_validator(mode="before")
    @classmethod
    def _is_whole(cls, given: Any) -> Any:
        foreign = [part for part in PARTS if part in given and part not in cls.model_fields]
        if foreign:
            raise ValueError(f"it takes no {' and no '.join(foreign)}; leave that out")
        return given

    @property
    def label(self) -> str:
        """Return a word for it that fits into a run's id."""
        return self.name

    @property
    def learning_rate(self) -> float | None:
        """Return the rate that training begins with; none where there is no such thing."""
        return None

    @property
    def numbers_a_parameter(self) -> int:
        """Return how many numbers it keeps beside each parameter."""
        return 0

    def to_sections(self) -> dict[str, dict[str, Any]]:
        """Return the sections of a configuration that mean this, as plain values."""
        return {"method": self.model_dump(mode="json")}


class GradientDescent(TrainingMethod):
    """Steps along the gradient of a batch's error, by an optimizer, scaled by a schedule."""

    name: Literal["gradient-descent"] = "gradient-descent"
    optimizer: Optimizer = Sgd()
    schedule: Schedule = Constant()

    @property
    def label(self) -> str:
        """Return the optimizer's name."""
        return self.optimizer.name

    @property
    def learning_rate(self) -> float:
        """Return the optimizer's."""
        return self.optimizer.learning_rate

    @property
    def numbers_a_parameter(self) -> int:
        """Return one for the gradient, and the optimizer's."""
        return 1 + self.optimizer.slots

    def to_sections(self) -> dict[str, dict[str, Any]]:
        """Return the sections `optimizer` and `schedule`, which stand for the method as well."""
        record = self.model_dump(mode="json")
        return {part: record[part] for part in PARTS}


class Gibbs(TrainingMethod):
    """Draws from the posterior by sweeps over all parameters (Freudenthaler et al. 2011).

    `training.epochs` are sweeps.
    """

    only: ClassVar[str] = "bayes-fm"
    name: Literal["gibbs"] = "gibbs"
    burn_in: int = parameter(
        10,
        "Sweeps, at most half of all, whose draws are not averaged",
        unit="sweeps",
        ge=0,
        le=10**6,
    )


USUAL = "gradient-descent"
METHODS: dict[str, type[TrainingMethod]] = {USUAL: GradientDescent, "gibbs": Gibbs}
Method = Annotated[SerializeAsAny[TrainingMethod], BeforeValidator(chooser(METHODS, USUAL))]


def gathered(settings: dict[str, Any]) -> dict[str, Any]:
    """Return a configuration's settings with the method's parts where the method is."""
    method = settings.get("method", {})
    if isinstance(method, str):
        method = {"name": method}
    parts = {part: settings[part] for part in PARTS if settings.get(part, {}) != {}}
    if not isinstance(method, dict):
        return settings
    rest = {key: value for key, value in settings.items() if key not in PARTS}
    if not parts:
        return rest
    return {**rest, "method": {**method, **parts}}


def as_written(path: list[str]) -> list[str]:
    """Return a key's path in a validated configuration as it is in the settings."""
    return path[1:] if path[:1] == ["method"] and path[1:2] and path[1] in PARTS else path
