"""Hyper-parameters of every built-in model, optimizer and schedule, described once.

Configurations validate with these, forms and help are drawn from them, modules are built from
them. Only pydantic is imported, so that the screen and the shell may use them freely.
"""

from collections.abc import Mapping
from typing import Any

from cftui.hyperparameters.base import (
    Ability,
    DataInfo,
    FieldSize,
    L2PerRating,
    ModelParameters,
    OptimizerParameters,
    Parameters,
    ScheduleParameters,
    Table,
    limits_of,
    parameter,
    unit_of,
)
from cftui.hyperparameters.models import BayesFm, CustomModel, Dot, DotBias, Fm, Net, is_source
from cftui.hyperparameters.optimizers import Adagrad, Adam, AdamW, RmsProp, Sgd
from cftui.hyperparameters.registry import MODELS, models_with, why_not_here
from cftui.hyperparameters.schedules import (
    Constant,
    Cosine,
    CosineRestarts,
    Exponential,
    OneCycle,
)
from cftui.hyperparameters.specs import FieldSpec, specs_of

OPTIMIZERS: dict[str, type[OptimizerParameters]] = {
    "sgd": Sgd,
    "adam": Adam,
    "adamw": AdamW,
    "rmsprop": RmsProp,
    "adagrad": Adagrad,
}
SCHEDULES: dict[str, type[ScheduleParameters]] = {
    "constant": Constant,
    "cosine": Cosine,
    "cosine-restarts": CosineRestarts,
    "one-cycle": OneCycle,
    "exponential": Exponential,
}


def usual(model: str) -> Mapping[str, Mapping[str, Any]]:
    """Return, by section and key, what suits a model where the lesson's recipe does not."""
    return MODELS.get(model, ModelParameters).usual


def suited(model: str, optimizer: str) -> dict[str, float]:
    """Return the learning rate and the weight decay that suit an optimizer with a model.

    Raises KeyError for an optimizer that is not there.
    """
    fields = OPTIMIZERS[optimizer].model_fields
    usual = (fields["learning_rate"].default, fields["weight_decay"].default)
    record = MODELS.get(model, ModelParameters)
    rate, decay = record.suited.get(optimizer, usual)
    return {"learning_rate": rate, "weight_decay": decay}


__all__ = [
    "MODELS",
    "OPTIMIZERS",
    "SCHEDULES",
    "Ability",
    "Adagrad",
    "Adam",
    "AdamW",
    "BayesFm",
    "Constant",
    "Cosine",
    "CosineRestarts",
    "CustomModel",
    "DataInfo",
    "Dot",
    "DotBias",
    "Exponential",
    "FieldSize",
    "FieldSpec",
    "Fm",
    "L2PerRating",
    "ModelParameters",
    "Net",
    "OneCycle",
    "OptimizerParameters",
    "Parameters",
    "RmsProp",
    "ScheduleParameters",
    "Sgd",
    "Table",
    "is_source",
    "limits_of",
    "models_with",
    "parameter",
    "specs_of",
    "suited",
    "unit_of",
    "usual",
    "why_not_here",
]
