"""Fields of a record of parameters as plain values, from which a form can be drawn anywhere."""

from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from cftui.hyperparameters.base import limits_of, unit_of, zero_of

Kind = Literal["int", "float", "bool", "choice", "text"]


@dataclass(frozen=True)
class FieldSpec:
    """One field: what it is called, what it takes, and what to say of it."""

    name: str
    kind: Kind
    default: Any
    help: str = ""
    unit: str = ""
    limits: str = ""
    options: tuple[str, ...] = ()
    """What a choice chooses from."""
    zero: str = ""
    """A word for 0 where that is no number."""


def specs_of(record: type[BaseModel]) -> tuple[FieldSpec, ...]:
    """Return the fields of a record, its name left out."""
    return tuple(_spec(name, info) for name, info in record.model_fields.items() if name != "name")


def _spec(name: str, info: FieldInfo) -> FieldSpec:
    kinds: dict[Any, Kind] = {bool: "bool", int: "int", float: "float"}
    kind: Kind = kinds.get(info.annotation, "text")
    options: tuple[str, ...] = ()
    if get_origin(info.annotation) is Literal:
        kind, options = "choice", tuple(str(option) for option in get_args(info.annotation))
    default = "" if info.is_required() else info.get_default(call_default_factory=True)
    return FieldSpec(
        *(name, kind, default, info.description or "", unit_of(info), limits_of(info)),
        options,
        zero_of(info),
    )
