"""Reads the small files of a run as what they are: somebody else's words, checked before use."""

import math
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cftui.config import ConfigError
from cftui.regular import read_regular

MOST_BYTES = 4 << 20
"""Of a run's record, settings or annotations; real ones have a few thousand."""
MOST_LEVELS = 16
"""Of tables and arrays within one another; real settings have three."""


class Unreadable(ValueError):
    """What cannot be taken as settings; the message says why."""


def read_toml(path: Path) -> dict[str, Any]:
    """Return a TOML file's content: finite numbers that arrays hold, few levels.

    Raises OSError, and ValueError or RecursionError for what it should not hold.
    """
    content = tomllib.loads(read_regular(path, MOST_BYTES).decode("utf-8"))
    _check(content, MOST_LEVELS)
    return content


def read_settings(path: Path) -> dict[str, Any]:
    """Return the settings in a run's TOML file; raises ConfigError, whatever is wrong with it."""
    try:
        return read_toml(path)
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file") from None
    except Exception as error:  # whoever wrote it, it is this run that is damaged
        raise ConfigError(f"{path}: not a readable TOML file: {why(error)}") from None


def _check(value: Any, levels: int) -> None:
    if not levels:
        raise Unreadable(f"nested more than {MOST_LEVELS} levels deep")
    match value:
        case dict():
            for one in value.values():
                _check(one, levels - 1)
        case list():
            for one in value:
                _check(one, levels - 1)
        case int() if not -(2**63) < value < 2**63:
            raise Unreadable("a whole number of more than 63 bits")
        case float() if not math.isfinite(value) or abs(value) > 1e100:
            raise Unreadable(f"a number that is none to compute with: {value}")


def why(error: Exception) -> str:
    """Return in words why something could not be read."""
    match error:
        case ValidationError():
            first = error.errors(include_url=False, include_input=False)[0]
            return ": ".join([*map(str, first["loc"]), first["msg"]])
        case OSError():
            return error.strerror or str(error)
        case RecursionError():
            return "nested too deeply"
        case MemoryError():
            return "too large for this machine's memory"
        case OverflowError():
            return f"a number beyond all bounds: {error}"
        case ValueError():
            return str(error)
    return f"{type(error).__name__}: {error}"
