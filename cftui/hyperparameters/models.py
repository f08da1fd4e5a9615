"""The built-in models' entries, and the record that stands for a user's own.

What suits a model was found by trying, on the bundled ratings, three epochs in batches of 64.
"""

import os
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from cftui.hyperparameters.base import DataInfo, L2PerRating, ModelParameters, Table, parameter
from cftui.hyperparameters.fields import FIELDS, HELP, FieldWords, parse_fields
from cftui.hyperparameters.registry import built_in

L2 = "L2 per rating: this times the squares of the {} it touches, added to its squared error"
L2_FACTORS, L2_BIASES = L2.format("factors"), L2.format("biases")


def _factors(info: DataInfo, n_factors: int, low: float, high: float) -> tuple[Table, Table]:
    return (
        Table("user_factors", (info.n_users, n_factors), low, high),
        Table("item_factors", (info.n_items, n_factors), low, high),
    )


@built_in(
    "cftui.models.dot_bias:DotBias", abilities=("factors", "biases", "dot-product", "sigmoid")
)
class DotBias(ModelParameters):
    """Dot product of embeddings plus biases, through a sigmoid, to the range of the ratings."""

    name: Literal["dot-bias"] = "dot-bias"
    n_factors: int = parameter(
        50, "Size of each user's and each item's embedding", unit="factors", ge=1, le=4096
    )
    init_range: float = parameter(
        0.01, "Initial values are uniform between minus and plus this", gt=0, le=10
    )
    l2_factors: float = parameter(0.0, L2_FACTORS, ge=0, le=10)
    l2_biases: float = parameter(0.0, L2_BIASES, ge=0, le=10)

    @property
    def l2_per_rating(self) -> L2PerRating:
        """Return both."""
        return L2PerRating(self.l2_factors, self.l2_biases)

    def tables(self, info: DataInfo) -> tuple[Table, ...]:
        """Return the two embedding tables and the two bias tables (lesson 5, `get_emb`)."""
        low, high = -self.init_range, self.init_range
        return (
            *_factors(info, self.n_factors, low, high),
            Table("user_bias", (info.n_users, 1), low, high),
            Table("item_bias", (info.n_items, 1), low, high),
        )


@built_in(
    "cftui.models.dot:Dot",
    abilities=("factors", "dot-product"),
    suited={
        "sgd": (0.1, 1e-5),
        "adam": (3e-3, 1e-5),
        "adamw": (3e-3, 1e-2),
        "rmsprop": (3e-3, 1e-5),
        "adagrad": (0.1, 1e-5),
    },
)
class Dot(ModelParameters):
    """Dot product of embeddings alone; predictions may leave the range of the ratings."""

    name: Literal["dot"] = "dot"
    n_factors: int = parameter(
        50, "Size of each user's and each item's embedding", unit="factors", ge=1, le=4096
    )
    init_range: float = parameter(
        0.05, "Initial values are uniform between 0 and this", gt=0, le=10
    )
    l2_factors: float = parameter(0.0, L2_FACTORS, ge=0, le=10)

    @property
    def l2_per_rating(self) -> L2PerRating:
        """Return that of the factors."""
        return L2PerRating(self.l2_factors)

    def tables(self, info: DataInfo) -> tuple[Table, ...]:
        """Return the two embedding tables (lesson 5, EmbeddingDot)."""
        return _factors(info, self.n_factors, 0.0, self.init_range)


def _sizes(value: Any) -> Any:
    """Return the numbers in a text such as `64 32`, as a form or the shell gives them."""
    if isinstance(value, str):
        words = value.strip("()[] ").replace(",", " ").split()
        return [int(word) if word.isdecimal() else word for word in words]
    return [value] if isinstance(value, int) else value


Size = Annotated[int, Field(ge=1, le=65_536)]


@built_in(
    "cftui.models.net:Net",
    abilities=("factors",),
    suited={
        "sgd": (1e-2, 1e-5),
        "adam": (1e-3, 1e-5),
        "adamw": (1e-3, 1e-2),
        "rmsprop": (1e-3, 1e-5),
        "adagrad": (2e-2, 1e-5),
    },
)
class Net(ModelParameters):
    """Both embeddings side by side through hidden layers and a sigmoid, with dropout."""

    name: Literal["net"] = "net"
    n_factors: int = parameter(50, "Size of each user's embedding", unit="factors", ge=1, le=4096)
    n_item_factors: int = parameter(
        *(0, "Size of each item's embedding; 0: as the users'"),
        unit="factors",
        zero="same",
        ge=0,
        le=4096,
    )
    hidden: Annotated[tuple[Size, ...], BeforeValidator(_sizes)] = parameter(
        (10,), "Sizes of the hidden layers, such as 64 32; none: linear", max_length=32
    )
    embedding_dropout: float = parameter(
        0.05, "Share of the embeddings' numbers left out at each step", ge=0, lt=1
    )
    dropout: float = parameter(
        0.5, "Share of each hidden layer's numbers left out at each step", ge=0, lt=1
    )
    init_range: float = parameter(
        0.01, "Initial embeddings are uniform between minus and plus this", gt=0, le=10
    )
    genres: bool = parameter(False, "The item's genres go into the first layer too")
    year: bool = parameter(False, "So does the year of the film, three years as one")
    calendar: bool = parameter(
        False, "So does the half-year of the rating, which is unknown of ratings to come"
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """Return the fields that are switched on."""
        return tuple(field for field in FIELDS if getattr(self, field, False) is True)

    def sizes(self, info: DataInfo) -> tuple[int, ...]:
        """Return the width of each layer's input, from embeddings and features to the output's."""
        embeddings = self.n_factors + (self.n_item_factors or self.n_factors)
        return (embeddings + sum(field.width for field in info.fields), *self.hidden, 1)

    def tables(self, info: DataInfo) -> tuple[Table, ...]:
        """Return the embeddings (lesson 5, EmbeddingNet) and the layers (as nn.Linear begins)."""
        low, high = -self.init_range, self.init_range
        users, _ = _factors(info, self.n_factors, low, high)
        _, items = _factors(info, self.n_item_factors or self.n_factors, low, high)
        found = [users, items]
        for place, (width, out) in enumerate(pairwise(self.sizes(info))):
            bound = width**-0.5
            found.append(Table(f"layers.{place}.weight", (out, width), -bound, bound))
            found.append(Table(f"layers.{place}.bias", (out,), -bound, bound))
        return tuple(found)


FEW = 80_000
"""Training ratings of the bundled data, to which 40 steps an epoch suit."""


@built_in(
    "cftui.models.fm:FactorizationMachine",
    suited={
        "sgd": (0.1, 0.0),
        "adam": (1e-2, 0.0),
        "adamw": (1e-2, 0.0),
        "rmsprop": (3e-3, 0.0),
        "adagrad": (5e-2, 0.0),
    },
    usual={
        "optimizer": {"name": "adam"},
        "schedule": {"name": "cosine"},
        "training": {"epochs": 6, "batch_size": 0},
    },
)
class Fm(ModelParameters):
    """Factorization machine: every two features that meet in a rating, by factors of each."""

    name: Literal["fm"] = "fm"
    fields: FieldWords = parameter("future", HELP)
    n_factors: int = parameter(
        24, "Size of each feature's embedding", unit="factors", ge=1, le=4096
    )
    members: int = parameter(
        1,
        "Machines trained at once, each from other initial values; their mean predicts",
        ge=1,
        le=64,
    )
    l2: float = parameter(
        18.0,
        "What is lowered is the sum of squared errors plus this times the sum of all squared"
        " numbers; it decides how good the model is",
        ge=0,
        le=1e6,
    )
    init_range: float = parameter(
        0.02, "Initial values are uniform between minus and plus this", gt=0, le=10
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """Return the fields that the words mean."""
        return parse_fields(self.fields)

    def batch_size(self, n_train: int) -> int:
        """Return 2048, and with more ratings more: each step goes over all tables."""
        return 2048 * max(1, min(round(n_train / FEW), 64))

    def tables(self, info: DataInfo) -> tuple[Table, ...]:
        """Return the mean, and a table for each field that the ratings tell.

        Of shape (width, members, n_factors + 1): each column's factors and, last, its weight.
        """
        low, high, mean = -self.init_range, self.init_range, info.mean or 0.0
        shape = (self.members, self.n_factors + 1)
        return (
            Table("mean", (), mean, mean),
            *(Table(f"tables.{f.name}", (f.width, *shape), low, high) for f in info.fields),
        )


def usual_chains() -> int:
    """Return how many chains this machine has cores for, at most 3."""
    affinity = getattr(os, "sched_getaffinity", None)
    return min(3, len(affinity(0)) if affinity else os.cpu_count() or 1)


@built_in(
    "cftui.models.draws:Draws",
    abilities=("draws",),
    usual={"method": {"name": "gibbs"}, "training": {"epochs": 200}},
    needs="numba",
)
class BayesFm(ModelParameters):
    """Factorization machine whose posterior is drawn from: the draws' mean predicts, with bands.

    Nothing to tune; each user's ratings have a noise of their own.
    """

    name: Literal["bayes-fm"] = "bayes-fm"
    fields: FieldWords = parameter("future", HELP)
    n_factors: int = parameter(10, "Size of each feature's embedding", unit="factors", ge=1, le=256)
    chains: int = Field(
        default_factory=usual_chains,
        description="Samplers side by side, each on a core; the mean of all predicts",
        ge=1,
        le=16,
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """Return the fields that the words mean."""
        return parse_fields(self.fields)

    def tables(self, info: DataInfo) -> tuple[Table, ...]:
        """Return none: how many draws there are depends on how far it is."""
        return ()

    def parameter_count(self, info: DataInfo) -> int | None:
        """Return the numbers of one draw; none before the features were counted."""
        width = sum(field.width for field in info.fields)
        return 1 + width * (1 + self.n_factors) if info.fields else None


class CustomModel(ModelParameters):
    """A model of the user's own: `path/to/file.py:Class`, or the name of an installed one.

    Its parameters are whatever its class takes; the trainer, which loads it, validates them.
    """

    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False)

    @property
    def label(self) -> str:
        """Return the class's name, as far as a run's id may hold it."""
        word = self.name.rpartition(":")[2]
        return "".join(c for c in word.lower() if c.isalnum() or c in "-_")[:40] or "model"

    @property
    def values(self) -> dict[str, Any]:
        """Return the parameters that were given."""
        return dict(self.model_extra or {})

    def parameter_count(self, info: DataInfo) -> int | None:
        """Return none: nobody knows before the class has been loaded and built."""
        return None


def is_source(name: str) -> bool:
    """Return whether a model's name means a class in a file, `path.py:Class`."""
    path, colon, word = name.rpartition(":")
    return bool(colon) and path.endswith(".py") and word.isidentifier()
