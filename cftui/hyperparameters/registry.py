"""The built-in models: one entry each, from which everything else knows them.

An entry is a record of hyper-parameters under `@built_in`; with the module's file it is all that a
new model takes.
"""

from collections.abc import Callable, Iterable, Mapping
from importlib.util import find_spec
from typing import Any, TypeVar

from cftui.hyperparameters.base import Ability, ModelParameters, SuitedNumbers

Record = TypeVar("Record", bound=ModelParameters)
MODELS: dict[str, type[ModelParameters]] = {}
"""Records by the models' names, in the order in which a choice offers them."""


def built_in(
    module: str,
    *,
    abilities: Iterable[Ability] = (),
    suited: Mapping[str, SuitedNumbers] = {},
    usual: Mapping[str, Mapping[str, Any]] = {},
    needs: str = "",
) -> Callable[[type[Record]], type[Record]]:
    """Make a record of hyper-parameters the entry of a model.

    `module` is where its class is, `file:Class`, loaded only when it is trained or asked;
    `abilities`, what else than predictions it can be asked for; `suited`, by optimizer, the
    learning rate and the weight decay that suit it, where the optimizer's own defaults do not;
    `usual`, by section and key, what else of a configuration does, where the lesson's does not;
    `needs`, a package that training it takes and that may be missing.
    """

    def enter(record: type[Record]) -> type[Record]:
        record.module, record.suited = module, dict(suited)
        record.abilities, record.usual = frozenset(abilities), dict(usual)
        record.needs = needs
        MODELS[record.model_fields["name"].default] = record
        return record

    return enter


def why_not_here(name: str) -> str:
    """Return why a built-in model cannot be trained here, and the remedy; empty where it can."""
    needed = MODELS[name].needs if name in MODELS else ""
    if not needed or find_spec(needed) is not None:
        return ""
    return f"needs the package {needed}, which is not installed here: pip install {needed}"


def models_with(*abilities: Ability) -> str:
    """Return the built-in models that have an ability, in words such as `dot-bias or dot`."""
    *others, last = [
        name
        for ability in abilities
        for name, record in MODELS.items()
        if ability in record.abilities
    ]
    return f"{', '.join(others)} or {last}" if others else last
