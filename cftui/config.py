"""RunConfig: the one description of a run, from which it can be repeated."""

import math
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ValidationError,
    field_validator,
    model_validator,
)

from cftui.hyperparameters import (
    MODELS,
    OPTIMIZERS,
    SCHEDULES,
    Adam,
    CosineRestarts,
    DotBias,
    OptimizerParameters,
    ScheduleParameters,
    parameter,
    suited,
    usual,
)
from cftui.hyperparameters.choosing import DEFAULTS, Model
from cftui.hyperparameters.complaints import complaints
from cftui.hyperparameters.methods import (
    METHODS,
    PARTS,
    USUAL,
    GradientDescent,
    Method,
    as_written,
    gathered,
)
from cftui.paths import BUNDLED
from cftui.questions.data import ColumnMapping


class ConfigError(ValueError):
    """A configuration that cannot be used; the message names the key, the value and the remedy."""


class Section(BaseModel):
    """Base of a configuration's sections: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def _number_as_text(value: Any) -> Any:
    """Return a column's number as text, which is what the shell and TOML do not write."""
    return str(value) if type(value) is int else value


def _lasting_path(value: Any) -> Any:
    """Return a path that means the same from any folder."""
    lasting = isinstance(value, str) and value.strip()
    return str(Path(value.strip()).expanduser().absolute()) if lasting else value


ColumnName = Annotated[str, BeforeValidator(_number_as_text)]


def _numbers_as_text(value: Any) -> Any:
    """Return numbers separated by commas as text; raises ValueError for what is none."""
    text = f"{value:g}" if type(value) in (int, float) else value
    try:
        ColumnMapping(unrated=text).unrated_values  # noqa: B018 - raises
    except (ValueError, AttributeError):
        raise ValueError("give a number, or several with commas between") from None
    return text


Numbers = Annotated[str, BeforeValidator(_numbers_as_text)]


class DataConfig(Section):
    """Which ratings, and which columns of a file mean what."""

    source: str = parameter(BUNDLED, "A data set's name, or the path of a ratings file")
    user: ColumnName = parameter("", "The users' column: name or number; empty: recognised")
    item: ColumnName = parameter("", "The items' column: name or number; empty: recognised")
    rating: ColumnName = parameter("", "The ratings' column: name or number; empty: recognised")
    timestamp: ColumnName = parameter(
        "",
        "The times' column: name or number, date+time joins two; none: without; empty: recognised",
    )
    separator: str = parameter("", "What separates columns, such as ; or tab; empty: recognised")
    values: Literal["", "log"] = parameter(
        "", "log: counts become log2(1 + count); empty: values as they are"
    )
    titles: Annotated[str, BeforeValidator(_lasting_path)] = parameter(
        "", "A file with the items' titles; empty: the one that fits"
    )
    unrated: Numbers = parameter(
        "", "Values that mean not rated, such as 0 or -1,99: their rows are left out"
    )
    dates: Literal["", "day-first", "month-first", "excel", "days", "numbers"] = parameter(
        "",
        "How dates such as 01/02/2015 are read, or times that are numbers: Excel's days, days since"
        " 1970, as they stand; empty: as the file tells",
    )

    @property
    def mapping(self) -> ColumnMapping:
        """Return which columns mean what."""
        return ColumnMapping(
            **{field.name: getattr(self, field.name) for field in fields(ColumnMapping)}
        )


class SplitConfig(Section):
    """Which ratings are held out for validation."""

    kind: Literal[
        "random", "per-user", "per-user-latest", "leave-last-out", "time", "given", "none"
    ] = parameter(
        "random",
        "Validation ratings: random, a share of each user's, each user's latest share, each user's"
        " last one, the latest of all, given by a file, or none: all ratings train, and no error"
        " can be measured",
    )
    fraction: float = parameter(
        0.2, "Share of the ratings held out; leave-last-out holds out one a user", gt=0, lt=1
    )
    seed: int = parameter(
        42, "Seed of a random or per-user choice (42 is the lesson's)", ge=0, le=2**32 - 1
    )

    file: Annotated[str, BeforeValidator(_lasting_path)] = parameter(
        "", "For given: a file with the rows that validate, such as u1.test"
    )
    held: str = parameter("", "For given: a hash of these rows, as they were when the run began")

    @model_validator(mode="after")
    def _has_its_file(self) -> "SplitConfig":
        if self.kind == "given" and not self.file:
            raise ValueError("given: name the file with the rows that validate: split.file=u1.test")
        return self

    @property
    def needs_timestamps(self) -> bool:
        """Return whether ratings without timestamps cannot be split so."""
        return self.kind in ("per-user-latest", "leave-last-out", "time")

    def expected_training(self, n_ratings: int, n_users: int) -> int:
        """Return how many ratings will train, near enough for a forecast where kinds round."""
        if self.kind == "leave-last-out":
            return n_ratings - n_users
        if self.kind == "none":
            return n_ratings
        return n_ratings - int(self.fraction * n_ratings)


def rates_by_step(changes: str) -> dict[int, float]:
    """Return learning rates by step, of words such as `3260=0.002 4000=1e-4`.

    Raises ValueError for others.
    """
    found: dict[int, float] = {}
    for word in changes.split():
        step, equals, rate = word.partition("=")
        try:
            found[int(step)] = float(rate)
        except ValueError:
            raise ValueError(f"{word!r} is not STEP=RATE, such as 3260=0.002") from None
        if not equals or int(step) < 0 or not 0 < found[int(step)] < math.inf:
            raise ValueError(f"{word!r}: a step is 0 or more, a learning rate above 0")
    return found


class TrainingConfig(Section):
    """How long, in what portions and where."""

    epochs: int = parameter(
        3, "Passes over the training ratings", unit="epochs", ge=1, le=1_000_000
    )
    batch_size: int = parameter(
        *(64, "Ratings in a step; 0: as suits model and data"),
        unit="ratings",
        zero="auto",
        ge=0,
        le=2**24,
    )
    seed: int = parameter(42, "Seed of initial values and order", ge=0, le=2**32 - 1)
    device: str = parameter(
        "auto",
        "auto, cpu, cuda, cuda:N or mps",
    )
    threads: int = parameter(
        0, "CPU threads; 0 lets torch choose", unit="threads", zero="auto", ge=0, le=1024
    )
    patience: int = parameter(
        0,
        "End after so many epochs without improvement; 0: never early",
        unit="epochs",
        zero="off",
        ge=0,
        le=1_000_000,
    )
    min_improvement: float = parameter(
        0.0,
        "What a fall of the validation MSE must exceed to count as improvement, as on 0.5 to 5",
        ge=0,
        le=1e6,
    )

    rate_changes: str = parameter(
        "", "Other learning rates on the way: STEP=RATE, such as 3260=0.002 4000=1e-4"
    )

    @property
    def rates_by_step(self) -> dict[int, float]:
        """Return the learning rates that `rate_changes` names, by the steps done before each."""
        return rates_by_step(self.rate_changes)

    @field_validator("rate_changes")
    @classmethod
    def _are_changes(cls, changes: str) -> str:
        rates_by_step(changes)
        return changes

    @field_validator("device")
    @classmethod
    def _is_device(cls, device: str) -> str:
        if not re.fullmatch(r"auto|cpu|cuda(:\d+)?|mps", device):
            raise ValueError(f"no device is called {device!r}; give auto, cpu, cuda, cuda:0 or mps")
        return device


class RunConfig(Section):
    """Everything that decides a run. `RunConfig()` is the lesson's SGD recipe.

    Gradient descent is written as its two sections, `optimizer` and `schedule`; any other method as
    a section `method` with its name and what else it takes.
    """

    data: DataConfig = DataConfig()
    split: SplitConfig = SplitConfig()
    model: Model = DotBias()
    method: Method = GradientDescent()
    training: TrainingConfig = TrainingConfig()

    @model_validator(mode="before")
    @classmethod
    def _gathered(cls, settings: Any) -> Any:
        return gathered(dict(settings)) if isinstance(settings, Mapping) else settings

    @model_validator(mode="after")
    def _has_its_method(self) -> "RunConfig":
        name, method = self.model.name, self.method.name
        needed = method_of(name)
        if method != needed and (needed != USUAL or self.method.only):
            own = f"{method} trains {self.method.only} alone" if self.method.only else ""
            raise ValueError(
                f"{own or f'{name} is trained by {needed}, not by {method}'};"
                " choose the model, and leave method, optimizer and schedule out"
            )
        return self

    @model_validator(mode="after")
    def _has_a_rate_to_change(self) -> Self:
        if self.training.rate_changes and self.method.learning_rate is None:
            raise ValueError(
                f"training.rate_changes: training by {self.method.name} has no learning rate"
            )
        return self

    @property
    def optimizer(self) -> OptimizerParameters:
        """Return gradient descent's optimizer; raises ConfigError where the method is another."""
        return self._gradient_descent.optimizer

    @property
    def schedule(self) -> ScheduleParameters:
        """Return gradient descent's schedule; raises ConfigError where the method is another."""
        return self._gradient_descent.schedule

    @property
    def _gradient_descent(self) -> GradientDescent:
        if isinstance(self.method, GradientDescent):
            return self.method
        raise ConfigError(f"training by {self.method.name} has neither optimizer nor schedule")

    def settled(self, n_train: int) -> "RunConfig":
        """Return the same with a number for what is to suit so many training ratings."""
        if self.training.batch_size:
            return self
        size = {"batch_size": self.model.batch_size(n_train)}
        return self.model_copy(update={"training": self.training.model_copy(update=size)})

    def to_settings(self) -> dict[str, dict[str, Any]]:
        """Return the sections as plain values, ready for TOML or JSON."""
        sections: dict[str, dict[str, Any]] = {}
        for name in type(self).model_fields:
            if name == "method":
                sections |= self.method.to_sections()
            else:
                sections[name] = getattr(self, name).model_dump(mode="json")
        if not self.training.rate_changes:
            del sections["training"]["rate_changes"]
        if self.split.kind != "given":
            del sections["split"]["file"], sections["split"]["held"]
        return sections


def method_of(model: str) -> str:
    """Return the name of the method that trains a model."""
    return _name_of(usual(model).get("method", {}), USUAL)


SECTIONS: dict[str, type[BaseModel]] = {
    "data": DataConfig,
    "split": SplitConfig,
    "training": TrainingConfig,
}


def make_config(settings: Mapping[str, Any]) -> RunConfig:
    """Return the validated configuration of nested settings (section → key → value).

    What is not given is what suits the model: learning rate and weight decay with its optimizer,
    and for some the optimizer itself, the schedule, epochs and batch size.
    Raises ConfigError, which names every key that is unknown, mistyped or out of range.
    """
    try:
        return RunConfig.model_validate(_with_suited(settings))
    except ValidationError as error:
        raise ConfigError(
            "\n".join(complaints(error, known=partial(_known_keys, settings), path=as_written))
        ) from None


def _with_suited(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with what suits the model, where they do not say it."""
    if _name_of(settings.get("method", {}), USUAL) != USUAL:
        return dict(settings)
    name_of_model = _name_of(settings.get("model", {}), DEFAULTS["model"])
    filled = dict(settings)
    for section, keys in usual(name_of_model).items():
        filled[section] = _filled(settings.get(section, {}), keys)
    if _name_of(filled.get("method", {}), USUAL) != USUAL:
        return filled
    optimizer = filled.get("optimizer", {})
    given = {"name": optimizer} if isinstance(optimizer, str) else optimizer
    name = _name_of(given, DEFAULTS["optimizer"])
    if not isinstance(given, Mapping) or name not in OPTIMIZERS:
        return filled
    model = settings.get("model", {})
    numbers = suited(name_of_model, name)
    if isinstance(model, Mapping) and (model.get("l2_factors") or model.get("l2_biases")):
        numbers["weight_decay"] = 0.0  # which that is instead of
    return {**filled, "optimizer": {"name": name, **numbers, **given}}


def _filled(given: Any, keys: Mapping[str, Any]) -> Any:
    return {**keys, **given} if isinstance(given, Mapping) else given


def _name_of(section: Any, default: str) -> str:
    name = section.get("name", default) if isinstance(section, Mapping) else section
    return name if isinstance(name, str) else ""


def read_config(path: Path) -> dict[str, Any]:
    """Return the settings in a TOML file; raises ConfigError with file and line if it is broken."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: not a readable TOML file: {error}") from None


def merge(settings: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with changes laid over them, section by section.

    Choosing another model, method, optimizer or schedule by name drops the former one's parameters;
    with another model, so go a learning rate and a weight decay that merely suited the former, and
    where another optimizer or another number of epochs suits it, so do those.
    """
    merged = {k: dict(v) if isinstance(v, Mapping) else v for k, v in settings.items()}
    _drop_suited(merged, changes)
    if _name_of(changes.get("method", {}), USUAL) != USUAL:
        merged = {section: keys for section, keys in merged.items() if section not in PARTS}
    for section, change in changes.items():
        old = merged.get(section)
        if not isinstance(old, dict) or not isinstance(change, Mapping):
            merged[section] = dict(change) if isinstance(change, Mapping) else change
        elif change.get("name", old.get("name")) != old.get("name"):
            merged[section] = dict(change)
        else:
            merged[section] = {**old, **change}
    return merged


def _drop_suited(merged: dict[str, Any], changes: Mapping[str, Any]) -> None:
    """Take out what nobody chose: it was what suits a model that is to change."""
    before = _name_of(merged.get("model", {}), DEFAULTS["model"])
    after = _name_of(changes.get("model", {}), before)
    if after == before:
        return
    if method_of(before) != method_of(after):
        _drop_method(merged)
    elif usual(before) != usual(after):
        _drop_usual(merged, before)
    optimizer = merged.get("optimizer")
    name = _name_of(optimizer, DEFAULTS["optimizer"])
    if isinstance(optimizer, dict) and name in OPTIMIZERS:
        for key, number in suited(before, name).items():
            if optimizer.get(key) == number:
                del optimizer[key]


def _drop_method(merged: dict[str, Any]) -> None:
    """Take out all that means nothing to another method: an epoch is not a sweep."""
    for section in ("method", *PARTS):
        merged.pop(section, None)
    for key in ("epochs", "batch_size"):
        merged.get("training", {}).pop(key, None)


def _drop_usual(merged: dict[str, Any], before: str) -> None:
    """Take sections out that are as is usual with a model, and such numbers of `training`.

    Only of settings that are whole: in others somebody chose what is there.
    """
    try:
        whole = make_config({"model": before}).to_settings()
    except ConfigError:
        return
    if merged.get("optimizer", {}) != whole["optimizer"]:
        return
    del merged["optimizer"]
    if merged.get("schedule") == whole["schedule"]:
        del merged["schedule"]
    training = merged.get("training", {})
    for key in ("epochs", "batch_size"):
        if key in training and whole["training"][key] in (0, training[key]):
            del training[key]


def parse_assignments(assignments: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return nested settings from words such as `optimizer.momentum=0.9`.

    Values are read as TOML and taken as text where they are not. Raises ConfigError for a word
    of another form.
    """
    settings: dict[str, dict[str, Any]] = {}
    for assignment in assignments:
        key, equals, text = assignment.partition("=")
        section, dot, name = key.strip().partition(".")
        if not (equals and dot and section and name):
            raise ConfigError(
                f"--set {assignment}: write it as SECTION.KEY=VALUE, such as optimizer.momentum=0.9"
            )
        settings.setdefault(section, {})[name] = _value(text.strip())
    return settings


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _known_keys(settings: Mapping[str, Any], path: list[str]) -> list[str]:
    if not path:
        return ["data", "split", "model", *PARTS, "training", "method"]
    section = path[0]
    kinds: dict[str, Mapping[str, type[BaseModel]]] = {
        "model": MODELS,
        "method": METHODS,
        "optimizer": OPTIMIZERS,
        "schedule": SCHEDULES,
    }
    if section in kinds:
        records, default = kinds[section], {**DEFAULTS, "method": USUAL}[section]
        chosen = settings.get(section, {})
        name = chosen.get("name", default) if isinstance(chosen, Mapping) else default
        return [key for key in records[name].model_fields if key != "name"]
    return list(SECTIONS[section].model_fields)


__all__ = ["Adam", "ConfigError", "CosineRestarts", "RunConfig", "make_config", "merge"]
