"""The training form, made from the parameters' own descriptions."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Static

from cftui.config import (
    ConfigError,
    RunConfig,
    SplitConfig,
    TrainingConfig,
    make_config,
    merge,
    method_of,
)
from cftui.hyperparameters import MODELS, OPTIMIZERS, SCHEDULES, FieldSpec, specs_of, why_not_here
from cftui.hyperparameters.installed import installed_models
from cftui.hyperparameters.methods import METHODS, PARTS, USUAL
from cftui.questions.custom_model import ModelDescription
from cftui.text import plain
from cftui.tui.shared.inputs import (
    Choice,
    FieldChanged,
    FieldForm,
    FileField,
    FileGiven,
    NumberField,
    TextField,
)

REGISTRIES: dict[str, Mapping[str, type[BaseModel]]] = {
    "model": MODELS,
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
}
FIXED: dict[str, type[BaseModel]] = {"training": TrainingConfig, "split": SplitConfig}
ELSEWHERE = ("file", "held")
"""Of a split that is given: chosen in the Data pane."""
SETTLE_SECONDS = 0.15
"""A layout has come to rest by then."""
WHERE_SET = ("rate_changes",)
"""Shown where a run to be repeated has them: nobody plans them in a form."""
FROM_FILE = "file…"
"""What the choice of models says for one of the user's own."""
FILE_HELP = "Your own: path/to/file.py:Class; enter reads its parameters"
SECTIONS = ("model", "method", "optimizer", "schedule", "training", "split")
HINTS = {
    "model": "Left and right choose",
    "optimizer": "Left and right choose",
    "schedule": "Left and right choose",
}


@dataclass(frozen=True)
class FieldHelp:
    """What the form can say of one field."""

    name: str
    help: str
    unit: str = ""
    limits: str = ""

    def __str__(self) -> str:
        return "; ".join(part for part in (self.help, self.limits, self.unit) if part)


class FormRow(Horizontal):
    """A label and its field."""

    DEFAULT_CSS = """
    FormRow {
        height: 1;
        & > Static {
            width: 16;
            padding: 0 1 0 0;
            color: $text-muted;
            text-wrap: nowrap;
            text-overflow: ellipsis;
        }
        & > TextField { width: 1fr; }
        & > Choice { width: 1fr; }
        &:focus-within > Static { color: $text; text-style: bold; }
    }
    """


class TrainingForm(FieldForm, VerticalScroll, can_focus=False):
    """Fields for a run's settings; says what is wrong with them as they are typed."""

    @dataclass
    class SettingsChanged(Message):
        """The settings are other than they were."""

        config: RunConfig | None
        """None while they cannot be used."""
        problem: str

    @dataclass
    class CustomModelNamed(Message):
        """The user's own model was named, or given values that it was not asked about yet."""

        name: str
        values: tuple[tuple[str, object], ...]
        asked: bool
        """Whether the user asked for them, and so may be asked back."""

    def __init__(self, settings: Mapping[str, Mapping[str, Any]]) -> None:
        """Begin with settings remembered; those that no longer hold give way to the defaults."""
        super().__init__()
        try:
            remembered = make_config(settings)
        except ConfigError:
            remembered = RunConfig()
        self._settings: dict[str, dict[str, Any]] = remembered.to_settings()
        self._left: dict[str, dict[str, Any]] = {}
        """As the settings were before a model with another method of training was chosen."""
        self._described: dict[str, ModelDescription] = {}
        self.problem = ""
        self._config: RunConfig | None = remembered
        self._settling: Timer | None = None

    @property
    def config(self) -> RunConfig | None:
        """Return the settings as a configuration; none while they cannot be used."""
        return self._config

    def settings(self) -> dict[str, dict[str, Any]]:
        """Return the settings as they stand."""
        return {key: dict(values) for key, values in self._settings.items()}

    def compose(self) -> ComposeResult:
        """Lay out every section's fields."""
        for section in SECTIONS:
            yield from self._rows(section)

    def watch_scroll_y(self, before: float, after: float) -> None:
        """Tell how much is below."""
        super().watch_scroll_y(before, after)
        self._tell_more()

    def watch_virtual_size(self) -> None:
        """Tell how much is below."""
        self._tell_more_soon()

    def on_resize(self) -> None:
        """Tell how much is below."""
        self._tell_more_soon()

    def _tell_more_soon(self) -> None:
        """Tell it once the layout stands: one change of size may bring another."""
        self.call_after_refresh(self._tell_more)
        if self._settling is not None:
            self._settling.stop()
        self._settling = self.set_timer(SETTLE_SECONDS, self._tell_more)

    def _tell_more(self) -> None:
        more = round(self.max_scroll_y - self.scroll_offset.y)
        self.border_subtitle = f"↓ {more} more" if more > 0 else ""

    def _rows(self, section: str) -> Iterator[FormRow]:
        for key, label, field in self._fields(section):
            row = FormRow(Static(label, markup=False), field, classes=f"section-{section}")
            row.tooltip = str(self.help_of(key))
            yield row

    def _fields(self, section: str) -> Iterator[tuple[str, str, Choice | TextField]]:
        values = self._settings.get(section)
        if values is None:
            return  # not of this model's method of training
        if section in REGISTRIES:
            key, options = f"{section}.name", self._options(section)
            name = str(values["name"])
            shown = name if name in options else FROM_FILE
            yield key, section, Choice(key, shown, options)
            if shown == FROM_FILE:
                yield "model.file", "file", FileField("model.file", name)
        for spec in self._specs(section):
            key, value = f"{section}.{spec.name}", values.get(spec.name, spec.default)
            label = f"{section} {spec.name}" if section == "split" else spec.name
            yield key, label, _make_field(key, value, spec)

    def _options(self, section: str) -> tuple[str, ...]:
        if section != "model":
            return tuple(REGISTRIES[section])
        return (*MODELS, *installed_models(), FROM_FILE)

    def _shown(self, section: str, spec: FieldSpec) -> bool:
        if spec.name in WHERE_SET:
            return bool(self._settings.get(section, {}).get(spec.name))
        return spec.name not in ELSEWHERE

    def _specs(self, section: str) -> tuple[FieldSpec, ...]:
        if section in FIXED:
            return tuple(spec for spec in specs_of(FIXED[section]) if self._shown(section, spec))
        name = str(self._settings[section]["name"])
        if section == "method":
            return specs_of(METHODS[name])
        if name in REGISTRIES[section]:
            return specs_of(REGISTRIES[section][name])
        described = self._described.get(name)
        return tuple(FieldSpec(**spec) for spec in described.fields) if described else ()  # type: ignore[arg-type]

    def help_of(self, key: str) -> FieldHelp:
        """Return the help of a field by its full name, such as `optimizer.momentum`."""
        section, _, name = key.partition(".")
        if key == "model.file":
            return FieldHelp("file", FILE_HELP)
        if name == "name":
            return FieldHelp(section, f"{HINTS[section]}. {self._about(section)}")
        spec = next(spec for spec in self._specs(section) if spec.name == name)
        return FieldHelp(name, spec.help, spec.unit, spec.limits)

    def _about(self, section: str) -> str:
        name = str(self._settings[section]["name"])
        if name in REGISTRIES[section]:
            missing = why_not_here(name) if section == "model" else ""
            about = (REGISTRIES[section][name].__doc__ or "").splitlines()[0]
            return f"{about} It {missing}." if missing else about
        return (
            self._described[name].about
            if name in self._described
            else "A class in a file of yours."
        )

    @on(FieldChanged)
    async def _take(self, message: FieldChanged) -> None:
        message.stop()
        section, _, name = message.key.partition(".")
        if name == "name":
            await self._choose(section, "" if message.value == FROM_FILE else message.value)
        elif message.key == "model.file":
            await self._choose("model", message.value, typing=True)
        else:
            spec = next(spec for spec in self._specs(section) if spec.name == name)
            self._settings.setdefault(section, {})[name] = _parse(message.value, spec)
        self._tell()

    async def _choose(self, section: str, name: str, *, typing: bool = False) -> None:
        """Take another model, optimizer or schedule, with the numbers that suit it."""
        before = self.settings()
        back = section == "model" and "method" in before and method_of(name) == USUAL
        base = {**self._left, "split": before["split"]} if back and self._left else before
        self._settings = merge(base, {section: {"name": name}})
        self._fill(name if section == "model" and name in MODELS else None)
        if self._settings.keys() != before.keys():
            # Another method of training, which has other sections: what was chosen in them waits.
            self._left = before if "method" in self._settings else {}
        with contextlib.suppress(ConfigError, KeyError):
            # Other sections may be wrong just now.
            chosen = {"optimizer": self._settings["optimizer"]}
            if name in MODELS or section != "model":
                chosen["model"] = self._settings["model"]
            self._settings["optimizer"] = make_config(chosen).to_settings()["optimizer"]
        await self._rebuild(section, keep=2 if typing else 1)
        if section == "model":
            await self._rebuild_changed(before)
        if section == "model" and name in installed_models():
            self.post_message(self.CustomModelNamed(name, self._values, asked=True))

    def _fill(self, model: str | None) -> None:
        """Put what suits the model where a choice of another took out what suited the former."""
        whole = make_config({} if model is None else {"model": model}).to_settings()
        for part in ("method", *PARTS):
            if part in whole:
                self._settings.setdefault(part, whole[part])
        self._settings["training"] = {**whole["training"], **self._settings.get("training", {})}

    async def _rebuild_changed(self, before: Mapping[str, Mapping[str, Any]]) -> None:
        """Show other values of the sections that the choice of a model changes."""
        if self._settings.keys() != before.keys():
            for part in ("method", *PARTS):
                await self._remake(part)
        for part in (part for part in PARTS if part in self._settings and part in before):
            if self._settings[part] != before.get(part):
                await self._rebuild(part)
                self.show_section(part, self._settings[part])
        if self._settings["training"] != before.get("training"):
            self.show_section("training", self._settings["training"])

    @on(FileGiven)
    def _file_given(self, message: FileGiven) -> None:
        message.stop()
        self.post_message(self.CustomModelNamed(message.name, self._values, asked=True))

    @property
    def optimizer(self) -> Choice | None:
        """Return the choice of the optimizer; none where the model is trained by another method."""
        return next((one for one in self.query(Choice) if one.key == "optimizer.name"), None)

    def ask_for_custom(self) -> None:
        """Ask for the parameters of a user's model that is remembered."""
        name = str(self._settings["model"]["name"])
        if name not in MODELS:
            self.post_message(self.CustomModelNamed(name, self._values, asked=False))

    @property
    def _values(self) -> tuple[tuple[str, object], ...]:
        """Return the model's parameters as they stand."""
        model = self._settings["model"]
        return tuple((key, value) for key, value in model.items() if key != "name")

    @property
    def described(self) -> ModelDescription | None:
        """Return what is known of the user's own model with its present values."""
        known = self._described.get(str(self._settings["model"]["name"]))
        return known if known is not None and known.values == self._values else None

    async def describe(self, description: ModelDescription) -> None:
        """Show the parameters of a user's model, and what is wrong with their values."""
        name = description.name
        before, self._described[name] = self._described.get(name), description
        if str(self._settings["model"]["name"]) == name:
            if before is None or before.fields != description.fields:
                await self._rebuild("model", keep=1 if name in installed_models() else 2)
            self._tell()

    async def _rebuild(self, section: str, keep: int = 1) -> None:
        """Replace a section's parameters by those of what was chosen; its first rows stay."""
        rows = list(self.query(f".section-{section}"))
        new = list(self._rows(section))[keep:]
        async with self.batch():
            for row in rows[keep:]:
                await row.remove()
            if new:
                await self.mount_all(new, after=rows[keep - 1])

    async def _remake(self, section: str) -> None:
        """Show all rows of a section that is new, none of one that is gone."""
        above = {f"section-{name}" for name in SECTIONS[: SECTIONS.index(section)]}
        async with self.batch():
            await self.query(f".section-{section}").remove()
            if new := list(self._rows(section)):
                await self.mount_all(
                    new, after=[row for row in self.query(FormRow) if above & row.classes][-1]
                )

    def _tell(self) -> None:
        self._check()
        name = str(self._settings["model"]["name"])
        if name in self._described and self.described is None:
            self.post_message(self.CustomModelNamed(name, self._values, asked=False))
        self.post_message(self.SettingsChanged(self._config, self.problem))

    async def load(self, settings: Mapping[str, Mapping[str, Any]]) -> None:
        """Show other settings."""
        self._settings = {key: dict(values) for key, values in settings.items()}
        await self.recompose()
        self.ask_for_custom()
        self._tell()

    def show_section(self, section: str, values: Mapping[str, Any]) -> None:
        """Show a section's values as they were chosen elsewhere."""
        self._settings[section] = dict(values)
        for field in (*self.query(Choice), *self.query(TextField)):
            of, _, name = field.key.partition(".")
            if of == section and name in values:
                field.value = _written(values[name])

    def _check(self) -> None:
        try:
            self._config, self.problem = make_config(self._settings), ""
        except ConfigError as error:
            self._config, self.problem = None, plain(str(error).splitlines()[0])
        name = str(self._settings["model"]["name"])
        if not self.problem and (missing := why_not_here(name)):
            self._config, self.problem = None, f"{name} {missing}"
        if not self.problem and self.described is not None and self.described.problem:
            self._config, self.problem = None, plain(self.described.problem.splitlines()[0])


def _make_field(key: str, value: Any, spec: FieldSpec) -> Choice | TextField:
    match spec.kind:
        case "choice":
            return Choice(key, str(value), spec.options)
        case "bool":
            return Choice(key, "yes" if value else "no", ("no", "yes"))
        case "int" | "float":
            return NumberField(key, _written(value), spec.zero, whole=spec.kind == "int")
    words = value if isinstance(value, list | tuple) else [] if value is None else [value]
    return TextField(key, " ".join(map(str, words)))


def _written(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _parse(text: str, spec: FieldSpec) -> Any:
    """Return the text as the field's type where it can be; else as it is, for the complaint."""
    try:
        match spec.kind:
            case "bool":
                return text == "yes"
            case "int":
                return int(text)
            case "float":
                return float(text)
            case "choice" if isinstance(spec.default, int | float):
                return type(spec.default)(text)
    except ValueError:
        pass
    return text
