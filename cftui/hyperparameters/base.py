"""What every record of hyper-parameters is made of, and how its fields describe themselves."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from pydantic.fields import FieldInfo


@dataclass(frozen=True)
class FieldSize:
    """How large a field of features is on some data."""

    name: str
    width: int
    """The number of its columns."""
    one_hot: bool
    """Whether a rating has at most one of them; else it has a set of them."""


@dataclass(frozen=True)
class DataInfo:
    """What a model must know of the ratings before it can be built."""

    n_users: int
    n_items: int
    low: float
    """Lowest rating value, in rating units."""
    high: float
    """Highest rating value, in rating units."""
    mean: float | None = None
    """Of the training ratings, where they are known."""
    fields: tuple[FieldSize, ...] = ()
    """The features that the model reads, as far as these ratings tell them."""

    def width(self, field: str) -> int:
        """Return the number of a field's columns; 0 where these ratings do not tell it."""
        return next((size.width for size in self.fields if size.name == field), 0)


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


Ability = Literal["factors", "biases", "dot-product", "sigmoid", "draws"]
"""What a model can be asked for beyond predictions.

`factors`, `biases`: it has tables `user_factors` and `item_factors`, or `user_bias` and
`item_bias`. `dot-product`: it predicts from these tables alone, by a dot product, so that numpy
scores it, its arithmetic fits on a page, and newcomers are folded in. `sigmoid`: which brings that
product to the range of the ratings. `draws`: its tables are draws from a posterior, whose mean
predicts and whose spread gives bands.
"""


@dataclass(frozen=True)
class L2PerRating:
    """What a rating adds to its squared error: these times the squares of the rows it touches."""

    factors: float = 0.0
    biases: float = 0.0

    def __bool__(self) -> bool:
        """Return whether there is any."""
        return self.factors > 0 or self.biases > 0


SuitedNumbers = tuple[float, float]
"""A learning rate and a weight decay."""


class ModelParameters(Parameters):
    """Base of the models' hyper-parameters."""

    module: ClassVar[str] = ""
    """Where the class of a built-in model is, `file:Class`."""
    abilities: ClassVar[frozenset[Ability]] = frozenset()
    suited: ClassVar[Mapping[str, SuitedNumbers]] = {}
    """By optimizer, where its own defaults do not suit the model."""
    needs: ClassVar[str] = ""
    """A package that training it takes; the app works without it."""
    usual: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """By section and key, what else suits the model where nothing is said."""

    @property
    def label(self) -> str:
        """Return a word for the model that fits into a run's id."""
        return self.name

    @property
    def reads(self) -> tuple[str, ...]:
        """Return the fields of features that the model reads, in the order of FIELDS."""
        return ()

    def batch_size(self, n_train: int) -> int:
        """Return how many ratings of a step suit the model and so many training ratings."""
        return 64

    @property
    def l2_per_rating(self) -> L2PerRating:
        """Return the penalties that a rating puts on its own rows; none by default."""
        return L2PerRating()

    def tables(self, info: DataInfo) -> tuple[Table, ...]:
        """Return every parameter array of the model on these ratings."""
        raise TypeError(f"{type(self).__name__} does not say which tables it has")

    def parameter_count(self, info: DataInfo) -> int | None:
        """Return the number of trainable numbers; none where only the built model knows."""
        if self.reads and not info.fields:
            return None  # features are counted at the start
        return sum(prod(table.shape) for table in self.tables(info))


class OptimizerParameters(Parameters):
    """Base of the optimizers' hyper-parameters."""

    learning_rate: float
    weight_decay: float

    @property
    def slots(self) -> int:
        """Return how many numbers the optimizer keeps for each trained number."""
        raise TypeError(f"{type(self).__name__} does not say how many slots it has")


class ScheduleParameters(Parameters):
    """Base of the learning-rate schedules."""


def parameter(default: Any, help: str, *, unit: str = "", zero: str = "", **limits: Any) -> Any:
    """Describe one hyper-parameter: its default, a line of help, its unit and its limits.

    `zero`: what 0 means where it is no number, such as auto; forms show it and take it.
    """
    extra: dict[str, JsonValue] = {"unit": unit, "zero": zero}
    return Field(default, description=help, json_schema_extra=extra, **limits)


def unit_of(field: FieldInfo) -> str:
    """Return the unit that `parameter` was given, or an empty string."""
    extra = field.json_schema_extra
    return str(extra.get("unit", "")) if isinstance(extra, dict) else ""


def zero_of(field: FieldInfo) -> str:
    """Return the word for 0 that `parameter` was given, or an empty string."""
    extra = field.json_schema_extra
    return str(extra.get("zero", "")) if isinstance(extra, dict) else ""


def limits_of(field: FieldInfo) -> str:
    """Return the field's limits as words, such as `at least 0, below 1`; empty if it has none."""
    words = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
    return ", ".join(
        f"{word} {getattr(limit, key):g}"
        for key, word in words.items()
        for limit in field.metadata
        if getattr(limit, key, None) is not None
    )
