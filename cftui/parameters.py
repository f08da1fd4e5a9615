"""Hyper-parameters of every built-in model, optimizer and schedule, described once.

Configurations validate with these, forms and help are drawn from them, modules are built from
them. Only pydantic is imported, so that the screen and the shell may use them freely.
"""

from dataclasses import dataclass
from math import prod
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo


@dataclass(frozen=True)
class DataInfo:
    """What a model must know of the ratings before it can be built."""

    n_users: int
    n_items: int
    low: float
    """Lowest rating value, in rating units."""
    high: float
    """Highest rating value, in rating units."""


@dataclass(frozen=True)
class Table:
    """One named parameter array and the uniform distribution that its initial values come from."""

    name: str
    shape: tuple[int, ...]
    low: float
    high: float


class Parameters(BaseModel):
    """Base of all hyper-parameter records: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: str


def parameter(default: Any, help: str, *, unit: str = "", **limits: Any) -> Any:
    """Describe one hyper-parameter: its default, a line of help, its unit and its limits."""
    return Field(default, description=help, json_schema_extra={"unit": unit}, **limits)


def unit_of(field: FieldInfo) -> str:
    """Return the unit that `parameter` was given, or an empty string."""
    extra = field.json_schema_extra
    return str(extra.get("unit", "")) if isinstance(extra, dict) else ""


def limits_of(field: FieldInfo) -> str:
    """Return the field's limits as words, such as `at least 0, below 1`; empty if it has none."""
    words = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
    return ", ".join(
        f"{word} {getattr(limit, key):g}"
        for key, word in words.items()
        for limit in field.metadata
        if getattr(limit, key, None) is not None
    )


class ModelParameters(Parameters):
    """Base of the models' hyper-parameters."""

    def tables(self, info: DataInfo) -> tuple[Table, ...]:
        """Return every parameter array of the model on these ratings."""
        raise TypeError(f"{type(self).__name__} does not say which tables it has")

    def parameter_count(self, info: DataInfo) -> int:
        """Return the number of trainable numbers."""
        return sum(prod(table.shape) for table in self.tables(info))


class DotBias(ModelParameters):
    """Dot product of embeddings plus biases, through a sigmoid, to the range of the ratings."""

    name: Literal["dot-bias"] = "dot-bias"
    n_factors: int = parameter(
        50, "Size of each user's and each item's embedding", unit="factors", ge=1, le=4096
    )
    init_range: float = parameter(
        0.01, "Initial values are uniform between minus and plus this", gt=0, le=10
    )

    def tables(self, info: DataInfo) -> tuple[Table, ...]:
        """Return the two embedding tables and the two bias tables (lesson 5, `get_emb`)."""
        low, high = -self.init_range, self.init_range
        return (
            Table("user_factors", (info.n_users, self.n_factors), low, high),
            Table("item_factors", (info.n_items, self.n_factors), low, high),
            Table("user_bias", (info.n_users, 1), low, high),
            Table("item_bias", (info.n_items, 1), low, high),
        )


class OptimizerParameters(Parameters):
    """Base of the optimizers' hyper-parameters."""

    learning_rate: float
    weight_decay: float

    @property
    def slots(self) -> int:
        """Return how many numbers the optimizer keeps for each trained number."""
        raise TypeError(f"{type(self).__name__} does not say how many slots it has")


class Sgd(OptimizerParameters):
    """Stochastic gradient descent with momentum (Sutskever et al. 2013, as torch.optim.SGD)."""

    name: Literal["sgd"] = "sgd"
    learning_rate: float = parameter(0.1, "Size of a step along the gradient", gt=0, le=1e3)
    momentum: float = parameter(0.9, "Share of the last step kept in the next", ge=0, lt=1)
    weight_decay: float = parameter(
        2e-4, "L2 penalty: this times the weight is added to its gradient", ge=0, le=10
    )

    @property
    def slots(self) -> int:
        """Return 1 with momentum, else 0."""
        return 1 if self.momentum else 0


class Adam(OptimizerParameters):
    """Adam (Kingma and Ba 2015) with L2 in the gradient, as torch.optim.Adam."""

    name: Literal["adam"] = "adam"
    learning_rate: float = parameter(1e-2, "Step size before scaling by the averages", gt=0, le=1e3)
    beta1: float = parameter(0.9, "Decay of the average of gradients", ge=0, lt=1)
    beta2: float = parameter(0.999, "Decay of the average of squared gradients", ge=0, lt=1)
    eps: float = parameter(1e-8, "Added to the root of the second average", gt=0, le=1)
    weight_decay: float = parameter(
        2e-4, "L2 penalty: this times the weight is added to its gradient", ge=0, le=10
    )

    @property
    def slots(self) -> int:
        """Return 2: the averages of the gradient and of its square."""
        return 2


class ScheduleParameters(Parameters):
    """Base of the learning-rate schedules."""


class Constant(ScheduleParameters):
    """The same learning rate at every step."""

    name: Literal["constant"] = "constant"


class CosineRestarts(ScheduleParameters):
    """Cosine annealing to zero, step by step, with warm restarts (Loshchilov and Hutter 2017)."""

    name: Literal["cosine-restarts"] = "cosine-restarts"
    cycle_len: int = parameter(1, "Length of the first cycle", unit="epochs", ge=1, le=10_000)
    cycle_mult: int = parameter(2, "Each cycle is this many times as long as the last", ge=1, le=10)


MODELS: dict[str, type[ModelParameters]] = {"dot-bias": DotBias}
OPTIMIZERS: dict[str, type[OptimizerParameters]] = {"sgd": Sgd, "adam": Adam}
SCHEDULES: dict[str, type[ScheduleParameters]] = {
    "constant": Constant,
    "cosine-restarts": CosineRestarts,
}
