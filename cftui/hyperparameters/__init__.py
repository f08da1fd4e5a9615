"""Hyper-parameters of every built-in model, optimizer and schedule, described once.

Configurations validate with these, forms and help are drawn from them, modules are built from
them. Only pydantic is imported, so that the screen and the shell may use them freely.
"""

from cftui.hyperparameters.base import (
    DataInfo,
    ModelParameters,
    OptimizerParameters,
    Parameters,
    ScheduleParameters,
    Table,
    limits_of,
    parameter,
    unit_of,
)
from cftui.hyperparameters.models import CustomModel, Dot, DotBias, Net, is_source
from cftui.hyperparameters.optimizers import Adagrad, Adam, AdamW, RmsProp, Sgd
from cftui.hyperparameters.schedules import Constant, CosineRestarts, OneCycle
from cftui.hyperparameters.specs import FieldSpec, specs_of

MODELS: dict[str, type[ModelParameters]] = {"dot-bias": DotBias, "dot": Dot, "net": Net}
OPTIMIZERS: dict[str, type[OptimizerParameters]] = {
    "sgd": Sgd,
    "adam": Adam,
    "adamw": AdamW,
    "rmsprop": RmsProp,
    "adagrad": Adagrad,
}
SCHEDULES: dict[str, type[ScheduleParameters]] = {
    "constant": Constant,
    "cosine-restarts": CosineRestarts,
    "one-cycle": OneCycle,
}

SUITED: dict[tuple[str, str], tuple[float, float]] = {
    ("dot", "sgd"): (0.1, 1e-5),
    ("dot", "adam"): (3e-3, 1e-5),
    ("dot", "adamw"): (3e-3, 1e-2),
    ("dot", "rmsprop"): (3e-3, 1e-5),
    ("dot", "adagrad"): (0.1, 1e-5),
    ("net", "sgd"): (1e-2, 1e-5),
    ("net", "adam"): (1e-3, 1e-5),
    ("net", "adamw"): (1e-3, 1e-2),
    ("net", "rmsprop"): (1e-3, 1e-5),
    ("net", "adagrad"): (2e-2, 1e-5),
}
"""Learning rate and weight decay by model and optimizer, where they differ from dot-bias's.

Found by trying, on the bundled ratings, three epochs in batches of 64.
"""


def suited(model: str, optimizer: str) -> dict[str, float]:
    """Return the learning rate and the weight decay that suit an optimizer with a model.

    Raises KeyError for an optimizer that is not there.
    """
    fields = OPTIMIZERS[optimizer].model_fields
    usual = (fields["learning_rate"].default, fields["weight_decay"].default)
    rate, decay = SUITED.get((model, optimizer), usual)
    return {"learning_rate": rate, "weight_decay": decay}


__all__ = [
    "MODELS",
    "OPTIMIZERS",
    "SCHEDULES",
    "Adagrad",
    "Adam",
    "AdamW",
    "Constant",
    "CosineRestarts",
    "CustomModel",
    "DataInfo",
    "Dot",
    "DotBias",
    "FieldSpec",
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
    "parameter",
    "specs_of",
    "suited",
    "unit_of",
]
