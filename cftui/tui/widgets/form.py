"""The training form, made from the parameters' own descriptions."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.message import Message
from textual.widgets import Static

from cftui.config import ConfigError, RunConfig, SplitConfig, TrainingConfig, make_config
from cftui.parameters import MODELS, OPTIMIZERS, SCHEDULES, limits_of, unit_of
from cftui.tui.widgets.fields import Choice, FieldChanged, NumberField, TextField

REGISTRIES: dict[str, Mapping[str, type[BaseModel]]] = {
    "model": MODELS,
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
}
FIXED: dict[str, type[BaseModel]] = {"training": TrainingConfig, "split": SplitConfig}
SECTIONS = ("model", "optimizer", "schedule", "training", "split")
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
        & > Static { width: 15; color: $text-muted; text-wrap: nowrap; text-overflow: ellipsis; }
        & > TextField { width: 1fr; }
        & > Choice { width: 1fr; }
        &:focus-within > Static { color: $text; text-style: bold; }
    }
    """


class TrainingForm(VerticalScroll, can_focus=False):
    """Fields for a run's settings; says what is wrong with them as they are typed."""

    @dataclass
    class Changed(Message):
        """The settings are other than they were."""

        config: RunConfig | None
        """None while they cannot be used."""
        problem: str

    def __init__(self, settings: Mapping[str, Mapping[str, Any]]) -> None:
        """Begin with settings remembered; those that no longer hold give way to the defaults."""
        super().__init__()
        try:
            remembered = make_config(settings)
        except ConfigError:
            remembered = RunConfig()
        self._settings: dict[str, dict[str, Any]] = remembered.to_settings()
        self.problem = ""
        self._config: RunConfig | None = remembered

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

    def _rows(self, section: str) -> Iterator[FormRow]:
        for key, label, field in self._fields(section):
            row = FormRow(Static(label, markup=False), field, classes=f"section-{section}")
            row.tooltip = str(self.help_of(key))
            yield row

    def _fields(self, section: str) -> Iterator[tuple[str, str, Choice | TextField]]:
        values = self._settings.get(section, {})
        record = self._record(section)
        if section in REGISTRIES:
            key = f"{section}.name"
            yield key, section, Choice(key, str(values["name"]), tuple(REGISTRIES[section]))
        for name, info in record.model_fields.items():
            if name == "name":
                continue
            key, value = f"{section}.{name}", values.get(name, info.default)
            label = f"{section} {name}" if section == "split" else name
            yield key, label, _make_field(key, value, info)

    def _record(self, section: str) -> type[BaseModel]:
        if section in REGISTRIES:
            return REGISTRIES[section][str(self._settings[section]["name"])]
        return FIXED[section]

    def help_of(self, key: str) -> FieldHelp:
        """Return the help of a field by its full name, such as `optimizer.momentum`."""
        section, _, name = key.partition(".")
        if name == "name":
            chosen = self._record(section).__doc__ or ""
            return FieldHelp(section, f"{HINTS[section]}. {chosen.splitlines()[0]}")
        info = self._record(section).model_fields[name]
        return FieldHelp(name, info.description or "", unit_of(info), limits_of(info))

    @on(FieldChanged)
    async def _take(self, message: FieldChanged) -> None:
        message.stop()
        section, _, name = message.key.partition(".")
        if name == "name":
            self._settings[section] = {"name": message.value}
            await self._rebuild(section)
        else:
            self._settings.setdefault(section, {})[name] = _parse(
                message.value, self._record(section).model_fields[name]
            )
        self._check()
        self.post_message(self.Changed(self._config, self.problem))

    async def _rebuild(self, section: str) -> None:
        """Replace a section's parameters by those of what was chosen; its choice stays."""
        rows = list(self.query(f".section-{section}"))
        new = list(self._rows(section))[1:]
        async with self.batch():
            for row in rows[1:]:
                await row.remove()
            if new:
                await self.mount_all(new, after=rows[0])

    async def load(self, settings: Mapping[str, Mapping[str, Any]]) -> None:
        """Show other settings."""
        self._settings = {key: dict(values) for key, values in settings.items()}
        self._check()
        await self.recompose()
        self.post_message(self.Changed(self._config, self.problem))

    def _check(self) -> None:
        try:
            self._config, self.problem = make_config(self._settings), ""
        except ConfigError as error:
            self._config, self.problem = None, str(error).splitlines()[0]


def _make_field(key: str, value: Any, info: FieldInfo) -> Choice | TextField:
    if get_origin(info.annotation) is Literal:
        return Choice(key, str(value), [str(option) for option in get_args(info.annotation)])
    if info.annotation in (int, float):
        return NumberField(key, f"{value:g}" if isinstance(value, float) else str(value))
    return TextField(key, str(value))


def _parse(text: str, info: FieldInfo) -> Any:
    """Return the text as the field's type where it can be; else as it is, for the complaint."""
    try:
        if info.annotation is int:
            return int(text)
        if info.annotation is float:
            return float(text)
    except ValueError:
        pass
    return text
