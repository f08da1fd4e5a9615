"""One's own settings: a TOML file that a person writes, checked, with a word for what is wrong.

`cftui config` shows, edits and checks it. The screen takes what it can use.
"""

import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from cftui.hyperparameters import parameter
from cftui.hyperparameters.complaints import complaints
from cftui.paths import config_file
from cftui.remedies import words_of

LARGEST = 1 << 20
"""Bytes of a settings file; a larger one is none."""
KEYMAPS = ("visidata",)
"""Maps of keys that come with the program, by name (`cftui.keymaps`)."""

TEMPLATE = """\
# What cftui begins with. `cftui config show` tells what of it counts.

# theme = "textual-dark"      # : then Theme lists them
# marker = "braille"          # charts in braille, hd (blocks) or dot
# heat = "dusk"               # heat tables in ember, dusk (safe for the colour-blind) or fern
# hints = false               # no word on what to press first, though there are no runs yet
# keymap = "visidata"         # keys as VisiData has them, where it has any

[keys]                        # a command's id and its keys; `cftui config keys` lists them
# "train.start" = "s, f5"

[train]                       # what the form in Train begins with, as in a run's config.toml
# training.epochs = 5
# model.name = "dot-bias"
"""


class PreferencesError(ValueError):
    """Settings that cannot be used; the message names file, key, value and remedy."""


class Preferences(BaseModel):
    """What a person has set; all of it may be left out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    theme: str = parameter("", "The theme that the screen begins with")
    marker: Literal["", "braille", "hd", "dot"] = parameter("", "How charts are drawn")
    heat: Literal["", "ember", "dusk", "fern"] = parameter("", "The colours of heat tables")
    hints: bool = parameter(True, "Whether panes say what to press first, until there are runs")
    keymap: Literal["", "visidata"] = parameter("", "A map of keys that comes with cftui")
    keys: dict[str, str] = parameter({}, "Keys by a command's id, over those of the map")
    train: dict[str, dict[str, Any]] = parameter({}, "What the form in Train begins with")

    @field_validator("keys", mode="before")
    @classmethod
    def _lists_are_keys_too(cls, keys: Any) -> Any:
        if not isinstance(keys, dict):
            return keys
        return {
            name: ", ".join(map(str, key)) if isinstance(key, list) else key
            for name, key in keys.items()
        }

    @field_validator("train")
    @classmethod
    def _is_a_run(cls, train: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        if train:
            from cftui.config import make_config  # raises ConfigError, a ValueError

            make_config(train)
        return train


def read_preferences(path: Path | None = None) -> Preferences:
    """Return what is set; the defaults where there is no file.

    Raises PreferencesError, with the file and a line for each thing that is wrong.
    """
    path = path or config_file()
    try:
        return Preferences.model_validate(_read(path))
    except ValidationError as error:
        found = "\n".join(complaints(error, known=lambda _: list(Preferences.model_fields)))
        raise PreferencesError(f"{path}: {found}") from None


def usable(path: Path | None = None) -> tuple[Preferences, str]:
    """Return what of the file can be used, and what is wrong with the rest; empty if nothing."""
    path = path or config_file()
    try:
        given = _read(path)
    except PreferencesError as error:
        return Preferences(), str(error)
    try:
        return Preferences.model_validate(given), ""
    except ValidationError as error:
        wrong = {str(problem["loc"][0]) for problem in error.errors()}
        rest = {name: value for name, value in given.items() if name not in wrong}
        words = "; ".join(complaints(error, known=lambda _: list(Preferences.model_fields)))
        return Preferences.model_validate(rest), f"{path}: {words}"


def _read(path: Path) -> Mapping[str, Any]:
    try:
        facts = path.stat()  # a link is followed: so people keep their settings
        if not stat.S_ISREG(facts.st_mode):
            raise PreferencesError(f"{path}: not a file; move it away")
        if facts.st_size > LARGEST:
            raise PreferencesError(f"{path}: larger than {LARGEST:,} bytes; it is no settings file")
        raw = path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise PreferencesError(f"{path}: {words_of(error)}") from None
    try:
        return tomllib.loads(raw.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise PreferencesError(f"{path}: not a readable TOML file: {error}") from None
