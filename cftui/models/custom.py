"""The user's own models: a class in a file or in an installed package, loaded and called as ours.

Loading executes the user's source, here alone, where this person agreed to that.
"""

import inspect
import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

import torch
from pydantic import BaseModel, ValidationError, create_model
from torch import Tensor, nn

from cftui.config import ConfigError
from cftui.hyperparameters import CustomModel, DataInfo, parameter
from cftui.hyperparameters.complaints import complaints, unknown_key
from cftui.hyperparameters.fields import parse_fields
from cftui.hyperparameters.installed import installed_models
from cftui.models import lesson
from cftui.models.errors import ModelError, model_error
from cftui.models.features import KnownFeatures
from cftui.models.module import Adapted, inputs_of
from cftui.runs.model_source import ModelSource, refuse_untrusted

SIMPLE = (bool, int, float, str)


@dataclass(frozen=True)
class CustomClass:
    """A user's class, loaded: its parameters, and how it is built."""

    kind: type[nn.Module]
    path: str
    """Of its source; messages name it."""
    parameters: type[BaseModel]
    module: ModuleType
    """Where its globals are."""
    provided: Mapping[str, Any]
    """Globals of the lesson that the file uses without defining them, by name."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what the user should know about how it was loaded."""
        if not self.provided:
            return ()
        names = ", ".join(
            name if value is None else f"{name} = {value}"
            for name, value in lesson.told(self.provided).items()
        )
        return (f"{self.path} does not define {names}: given as the lesson has them",)

    def settle(self, model: CustomModel) -> CustomModel:
        """Return the record with every parameter's value; raises ConfigError for a wrong one."""
        values = self._validated(model).model_dump(mode="json", exclude_none=True)
        values.pop("name", None)
        return CustomModel(name=model.name, **values)

    @property
    def reads(self) -> tuple[str, ...]:
        """Return the fields that its attribute `features` names, such as `genres year`.

        Raises ModelError for one that is none.
        """
        words = getattr(self.kind, "features", "")
        try:
            return parse_fields(words) if isinstance(words, str) and words else ()
        except ValueError as error:
            raise ModelError(f"{self.path}: {self.kind.__name__}.features: {error}") from None

    def build(
        self, info: DataInfo, model: CustomModel, known: KnownFeatures | None = None
    ) -> Adapted:
        """Return the module, tried on a few ratings; `known` are the features that it reads.

        Raises ConfigError for a wrong parameter, ModelError where the class does not work.
        """
        parameters = self._validated(model)
        with redirect_stdout(sys.stderr):
            inner = self._made(info, parameters)
        if not isinstance(inner, nn.Module):
            raise ModelError(f"{self.path}: {self.kind.__name__} did not make a torch nn.Module")
        built = Adapted(inner, _caller(inner), self.path, lesson.aliases(inner, info))
        if known is not None:
            built.known = known
        _try(built, info)
        return built

    def _made(self, info: DataInfo, parameters: BaseModel) -> Any:
        values = {name: getattr(parameters, name) for name in type(parameters).model_fields}
        for name in self.provided.keys() & values.keys():
            setattr(self.module, name, values.pop(name))
        try:
            if hasattr(self.kind, "from_data"):
                return self.kind.from_data(info, parameters)
            return self.kind(info.n_users, info.n_items, **values)
        except Exception as error:
            raise model_error(self.path, f"building {self.kind.__name__}", error) from error

    def _validated(self, model: CustomModel) -> BaseModel:
        fields, values = self.parameters.model_fields, dict(model.values)
        for key in values:
            if key not in fields or key == "name":
                raise ConfigError(unknown_key("model", key, [f for f in fields if f != "name"]))
        if "name" in fields and fields["name"].is_required():
            values["name"] = model.name
        try:
            return self.parameters.model_validate(values)
        except ValidationError as error:
            raise ConfigError("\n".join(complaints(error, "model"))) from None
        except Exception as error:
            raise model_error(self.path, "its Parameters", error) from error


def load_source(source: ModelSource, info: DataInfo) -> CustomClass:
    """Execute a source and return its class; the only place where that is done.

    Raises Untrusted where this person never agreed to it, ModelError where it fails.
    """
    refuse_untrusted(source)
    module = ModuleType(f"cftui_model_{source.sha256[:16]}")
    module.__file__ = source.path
    try:
        code = compile(source.text, source.path, "exec", dont_inherit=True)
        provided = lesson.missing_globals(source.text, source.path, info)
    except SyntaxError as error:
        raise ModelError(f"{source.path} line {error.lineno}: {error.msg}") from None
    except ValueError as error:
        raise ModelError(f"{source.path}: not Python source: {error}") from None
    vars(module).update(provided)
    # Annotations of dataclasses and of pydantic's records are looked up there.
    sys.modules[module.__name__] = module
    try:
        with redirect_stdout(sys.stderr):
            exec(code, vars(module))
    except (Exception, SystemExit) as error:
        raise model_error(source.path, "loading it", error) from error
    kind = getattr(module, source.word, None)
    if kind is None:
        names = ", ".join(_modules_in(module)) or "none"
        raise ModelError(f"{source.path}: no class {source.word}; nn.Modules there: {names}")
    return _loaded(kind, source.path, module, provided)


def load_installed(name: str) -> CustomClass:
    """Import a model that an installed package offers; raises ModelError where that fails."""
    try:
        point = installed_models()[name]
    except KeyError:
        raise ModelError(f"model {name!r} is not installed here; install its package") from None
    try:
        with redirect_stdout(sys.stderr):
            kind = point.load()
    except Exception as error:
        raise model_error(point.value, f"loading the model {name}", error) from error
    module = sys.modules[getattr(kind, "__module__", __name__)]
    return _loaded(kind, module.__file__ or point.value, module, {})


def _loaded(kind: Any, path: str, module: ModuleType, provided: Mapping[str, Any]) -> CustomClass:
    if not (isinstance(kind, type) and issubclass(kind, nn.Module)):
        name = getattr(kind, "__name__", type(kind).__name__)
        raise ModelError(f"{path}: {name} is not a torch nn.Module")
    found = CustomClass(kind, path, BaseModel, module, provided)
    found.reads  # noqa: B018 - raises
    return replace(found, parameters=_parameters(found))


def _parameters(custom: CustomClass) -> type[BaseModel]:
    """Return the class's own record, or one made of what its `__init__` takes by default."""
    name, given = custom.kind.__name__, getattr(custom.kind, "Parameters", None)
    if given is not None:
        if not (isinstance(given, type) and issubclass(given, BaseModel)):
            raise ModelError(f"{custom.path}: {name}.Parameters is not a pydantic BaseModel")
        return given
    fields: dict[str, Any] = {}
    if not hasattr(custom.kind, "from_data"):
        for taken in _beyond_sizes(custom):
            if type(taken.default) in SIMPLE:
                fields[taken.name] = (type(taken.default), parameter(taken.default, ""))
    for key, value in custom.provided.items():
        if type(value) is int and key not in lesson.SIZES:
            fields[key] = (int, parameter(value, "As in the lesson", ge=1, le=4096))
    return create_model(f"{name}Parameters", **fields)


def _beyond_sizes(custom: CustomClass) -> list[inspect.Parameter]:
    """Return what `__init__` takes beyond n_users and n_items; raises ModelError if it needs it."""
    name = custom.kind.__name__
    taken = list(inspect.signature(custom.kind.__init__).parameters.values())[1:]
    named = [p for p in taken if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    needed = [p.name for p in named[2:] if p.default is p.empty]
    needed += [p.name for p in taken if p.kind is p.KEYWORD_ONLY and p.default is p.empty]
    if len(named) < 2 or needed:
        raise ModelError(
            f"{custom.path}: {name} takes ({', '.join(p.name for p in taken)}); write"
            f" {name}.from_data(info, parameters), or __init__(self, n_users, n_items)"
        )
    return [p for p in taken if p not in named[:2] and p.kind is not p.VAR_KEYWORD]


def _caller(inner: nn.Module) -> Callable[..., Any]:
    """Return how the module is called: as ours are, or as the lesson's."""
    if list(inspect.signature(inner.forward).parameters)[:1] != ["cats"]:
        return inner.__call__  # the bound method: a module would be registered as a part

    def call(users: Tensor, items: Tensor, *_: Any) -> Any:
        predicted = inner(torch.stack([users, items], 1), users.new_empty((len(users), 0)))
        # The lesson's EmbeddingNet gives a column, which its library takes as well.
        return predicted.reshape(-1) if predicted.shape == (len(users), 1) else predicted

    return call


def _try(built: Adapted, info: DataInfo) -> None:
    """Predict a few ratings; raises ModelError unless they are finite and can be trained."""
    path, name = built.path, type(built.inner).__name__
    if any(isinstance(part, nn.Embedding) and part.sparse for part in built.modules()):
        raise ModelError(f"{path}: {name} has an embedding with sparse=True; leave that out")
    users, items = torch.tensor([0, info.n_users - 1, 0]), torch.tensor([0, 0, info.n_items - 1])
    built.eval()
    predicted = built(*inputs_of(built, users, items))
    if not bool(torch.isfinite(predicted).all()):
        raise ModelError(f"{path}: {name}.forward gave {predicted.tolist()} before any training")
    if not predicted.requires_grad:
        raise ModelError(f"{path}: {name}.forward does not depend on any nn.Parameter")


def _modules_in(module: ModuleType) -> list[str]:
    return [
        name
        for name, value in vars(module).items()
        if isinstance(value, type)
        and issubclass(value, nn.Module)
        and value.__module__ == module.__name__
    ]
