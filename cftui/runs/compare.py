"""Settings of runs side by side, what differs from the defaults, and the line that repeats one."""

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cftui.config import ConfigError, RunConfig, make_config, merge, parse_assignments
from cftui.paths import BUNDLED
from cftui.runs.directory import Run, RunError
from cftui.runs.interventions import WHILE_LIVE, intervention_words, interventions_of
from cftui.runs.rates import CHANGED, as_setting, change_words, changes_of
from cftui.text import plain

Settings = Mapping[str, Any]
"""Configuration sections, each with its keys."""
Flat = dict[str, Any]
"""Values by their full names, such as `optimizer.momentum`."""
OPTIONS = {
    "model.name": "--model",
    "model.n_factors": "--factors",
    "optimizer.name": "--optimizer",
    "optimizer.learning_rate": "--lr",
    "optimizer.weight_decay": "--weight-decay",
    "schedule.name": "--schedule",
    "training.epochs": "--epochs",
    "training.batch_size": "--batch-size",
    "training.seed": "--seed",
}
"""Always written out: a line that repeats a run should do so when defaults have changed."""


@dataclass(frozen=True)
class Difference:
    """One setting that is not the same in all runs."""

    key: str
    values: tuple[Any, ...]
    """One a run, in their order; None where a run has no such setting."""


def settings_of(run: Run) -> dict[str, Any]:
    """Return a run's settings as its file has them; raises RunError if it is broken."""
    try:
        return run.settings()
    except (ConfigError, OSError) as error:
        raise RunError(f"{run.id}: {error}") from None


def flat(settings: Settings) -> Flat:
    """Return the values of all sections by their full names."""
    return {
        f"{section}.{key}": value
        for section, values in settings.items()
        if isinstance(values, Mapping)
        for key, value in values.items()
    }


def changed(settings: Settings) -> Flat:
    """Return what differs from the lesson's recipe, and from the defaults of what was chosen.

    Everything where these are not known here, as with another's model.
    """
    kinds = {
        section: {"name": values["name"]}
        for section, values in settings.items()
        if isinstance(values, Mapping) and "name" in values
    }
    try:
        usual = flat(make_config(kinds).to_settings())
    except ConfigError:
        usual = {}
    usual |= {key: value for key, value in flat(RunConfig().to_settings()).items() if _is_name(key)}
    return {key: value for key, value in flat(settings).items() if usual.get(key) != value}


def _is_name(key: str) -> bool:
    return key.endswith(".name")


def differences(settings: Sequence[Settings]) -> list[Difference]:
    """Return the settings in which runs differ, in the order of the file."""
    sides = [flat(one) for one in settings]
    keys = dict.fromkeys(key for side in sides for key in side)
    rows = [
        Difference(key, tuple(side.get(key) for side in sides)) for key in sorted(keys, key=_place)
    ]
    return [row for row in rows if any(value != row.values[0] for value in row.values)]


def run_differences(runs: Sequence[Run]) -> list[Difference]:
    """Return the settings in which runs differ, then what was done to them while they ran.

    Raises RunError if a run's settings are broken.
    """
    found = differences([settings_of(run) for run in runs])
    changes = tuple(change_words(changes_of(run)) or None for run in runs)
    others = tuple(intervention_words(interventions_of(run)) or None for run in runs)
    for key, values in ((CHANGED, changes), (WHILE_LIVE, others)):
        if len(set(values)) > 1:
            found.append(Difference(key, values))
    return found


def _place(key: str) -> int:
    sections = ("data", "split", "model", "method", "optimizer", "schedule", "training")
    section = key.partition(".")[0]
    return sections.index(section) if section in sections else len(sections)


def command_line(run: Run) -> str:
    """Return the shell's command that trains the same again. Raises RunError if damaged.

    It repeats what was configured, and the learning rates that a live run was given.
    """
    settings, record = settings_of(run), run.record()
    values = flat(settings)
    source = str(values.pop("data.source", BUNDLED))
    if source != BUNDLED and Path(record.data_source).is_absolute():
        source = record.data_source  # what was typed may hold in its own folder alone
    words = ["cftui", "train", "--data", source]
    for key, option in OPTIONS.items():
        if key in values:
            words += [option, str(values.pop(key))]
    if changes := changes_of(run):
        settings = merge(settings, {"training": {"rate_changes": as_setting(changes)}})
        values["training.rate_changes"] = as_setting(changes)
    unusual = changed(settings)
    for key in values:
        if key in unusual:
            words += ["--set", f"{key}={_as_toml(values[key])}"]
    # To be pasted into a shell: a control character among them could press enter there.
    return shlex.join(map(plain, words))


def _as_toml(value: Any) -> str:
    """Return a value as `--set` takes it: text bare where it would be read as text again."""
    if isinstance(value, str) and parse_assignments([f"a.b={value}"])["a"]["b"] == value:
        return value
    return _inline(value)


def _inline(value: Any) -> str:
    """Return a value as TOML writes it on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(k)} = {_inline(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return json.dumps(value)
