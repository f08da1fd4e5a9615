"""What tells runs apart that look alike in a list: the settings in which they differ."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

from pydantic import BaseModel

from cftui.config import SplitConfig, TrainingConfig
from cftui.hyperparameters import MODELS, OPTIMIZERS, SCHEDULES, specs_of
from cftui.hyperparameters.methods import METHODS
from cftui.runs.columns import BY_NAME
from cftui.runs.row import RunRow
from cftui.text import plain

Settings = tuple[tuple[str, str], ...]
"""Texts by the names of settings."""
NAMED = ("model", "method", "optimizer", "schedule")
"""Sections that say which one of several they are."""
COLUMNS = ("model", "optimizer", "schedule", "lr", "wd", "factors", "batch", "data")
"""Settings that a list may tell in columns of their own."""
BARE = ("model", "optimizer", "schedule")
"""Those that say what they are."""
TOLD = (
    *("model.name", "model.n_factors", "optimizer.name", "optimizer.learning_rate"),
    *("optimizer.weight_decay", "schedule.name", "training.batch_size", "training.epochs"),
    "training.rate_changes",
)
"""Settings that the fields of a row tell already."""
MOST, LONGEST = 64, 40
"""Settings that a row keeps, and characters of each: a received run may hold anything."""


def other_settings(settings: Mapping[str, Any]) -> Settings:
    """Return by full name, as text, what the fields of a row do not tell, defaults included.

    Of what is not in the file the default holds, as where a run is older than the setting.
    """
    parts = {part: values for part, values in settings.items() if isinstance(values, Mapping)}
    named = (str(parts.get(part, {}).get("name", "")) for part in NAMED)
    found = _defaults(*named) | {
        f"{part}.{key}": _text(value)
        for part, values in parts.items()
        if part != "data"
        for key, value in values.items()
        if not isinstance(value, Mapping)
    }
    return tuple((key, text) for key, text in found.items() if key not in TOLD)[:MOST]


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:g}"
    return (" ".join(map(str, value)) if isinstance(value, list | tuple) else str(value))[:LONGEST]


@lru_cache(maxsize=256)
def _defaults(model: str, method: str, optimizer: str, schedule: str) -> dict[str, str]:
    kinds: dict[str, type[BaseModel] | None] = {
        "split": SplitConfig,
        "model": MODELS.get(model),
        "method": METHODS.get(method),
        "optimizer": OPTIMIZERS.get(optimizer),
        "schedule": SCHEDULES.get(schedule),
        "training": TrainingConfig,
    }
    return {
        f"{part}.{spec.name}": _text(spec.default)
        for part, kind in kinds.items()
        if kind is not None
        for spec in specs_of(kind)
    }


def told_apart(rows: Sequence[RunRow], columns: Collection[str] = ()) -> dict[str, str]:
    """Return, by the ids of runs that look alike, the settings in which they differ.

    `columns`: fields that the list tells beside a run's label. The shortest comes first, as
    `fields all, split per-user-latest`; runs that look like no other one have nothing.
    """
    shown = [name for name in COLUMNS if name in columns]
    hidden = [name for name in COLUMNS if name not in columns]
    alike: dict[tuple[str, ...], dict[Settings, list[str]]] = defaultdict(dict)
    for row in rows:
        looks = row.label, *(BY_NAME[name].text(row) for name in shown)
        side = *((name, BY_NAME[name].text(row)) for name in hidden), *row.settings
        alike[looks].setdefault(side, []).append(row.id)
    told = (pair for group in alike.values() for pair in _differing(list(group)).items())
    known = {side: words for side, words in told if words}
    return {
        run: known[side]
        for group in alike.values()
        for side, runs in group.items()
        if side in known
        for run in runs
    }


def _differing(sides: Sequence[Settings]) -> dict[Settings, str]:
    """Return what tells each of some settings from the others, the shortest first."""
    if len(sides) < 2:
        return {}
    values = [dict(side) for side in sides]
    keys = [
        key for key in dict.fromkeys(key for side in values for key in side) if _differ(key, values)
    ]
    words = [{key: _words(key, side[key]) for key in keys if side.get(key)} for side in values]
    keys.sort(key=lambda key: max(len(side.get(key, "")) for side in words))
    told = [plain(", ".join(filter(None, map(side.get, keys)))) for side in words]
    return dict(zip(sides, told, strict=True))


def _differ(key: str, values: Sequence[Mapping[str, str]]) -> bool:
    """Return whether those that have a setting differ in it."""
    return len({side[key] for side in values if key in side}) > 1


def _words(key: str, text: str) -> str:
    """Return a setting in words: `seed 7`, `split per-user`, `split fraction 0.1`, `adam`."""
    if key in BARE:
        return text
    if key in COLUMNS:
        return f"{BY_NAME[key].label} {text}"
    part, _, name = key.partition(".")
    label = name.replace("_", " ")
    if part == "split":
        label = part if name == "kind" else f"{part} {label}"
    return f"{label} {text}"
