"""Fields that hold one record of several kinds, told by its `name` key."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, SerializeAsAny

from cftui.hyperparameters import MODELS, OPTIMIZERS, SCHEDULES
from cftui.hyperparameters.base import (
    ModelParameters,
    OptimizerParameters,
    Parameters,
    ScheduleParameters,
)
from cftui.hyperparameters.installed import installed_models
from cftui.hyperparameters.models import CustomModel, is_source


def chooser(kinds: Mapping[str, type[Parameters]], default: str) -> Callable[[Any], Any]:
    """Return a validator that picks the record by its `name` key."""

    def choose(value: Any) -> Any:
        if isinstance(value, str):
            value = {"name": value}
        if not isinstance(value, Mapping):
            return value
        name = value.get("name", default)
        kind = kinds.get(name) if isinstance(name, str) else None
        if kind is None and kinds is MODELS and isinstance(name, str):
            kind = _custom_kind(name)
        if kind is None:
            raise ValueError(f"{name!r} is not one of {_choices(kinds)}")
        return kind.model_validate({**value, "name": name})

    return choose


def _custom_kind(name: str) -> type[Parameters] | None:
    """Return the record of a user's own model, if the name means one."""
    if not name:
        raise ValueError("name a file and the class in it: path/to/file.py:Class")
    if name.endswith(".py"):
        raise ValueError(f"{name!r} names no class; write it as {name}:Class")
    return CustomModel if is_source(name) or name in installed_models() else None


def _choices(kinds: Mapping[str, type[Parameters]]) -> str:
    if kinds is not MODELS:
        return ", ".join(sorted(kinds))
    names = ", ".join(sorted({*kinds, *installed_models()}))
    return f"{names}; one of your own is path/to/file.py:Class"


DEFAULTS = {"model": "dot-bias", "optimizer": "sgd", "schedule": "constant"}
"""What is meant where a section names nothing: the lesson's recipe."""

Model = Annotated[
    SerializeAsAny[ModelParameters], BeforeValidator(chooser(MODELS, DEFAULTS["model"]))
]
Optimizer = Annotated[
    SerializeAsAny[OptimizerParameters], BeforeValidator(chooser(OPTIMIZERS, DEFAULTS["optimizer"]))
]
Schedule = Annotated[
    SerializeAsAny[ScheduleParameters], BeforeValidator(chooser(SCHEDULES, DEFAULTS["schedule"]))
]
