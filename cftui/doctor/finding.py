"""One thing that was looked at, and how it was found."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from cftui.text import plain

State = Literal["ok", "note", "warn", "fail"]
"""`note`: worth knowing, nothing to do; `warn`: something will not work as well as it could."""


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    section: str
    name: str
    value: str
    state: State = "ok"
    remedy: str = ""
    """What to do; empty where nothing is to be done."""
    numbers: Mapping[str, float | str | None] = field(default_factory=dict)
    """What was measured, for `--json`."""

    def as_row(self) -> dict[str, object]:
        """Return the finding as a mapping, fit to be shown and pasted."""
        return {
            "event": "finding",
            "section": self.section,
            "name": self.name,
            "state": self.state,
            "value": shown(self.value),
            "remedy": shown(self.remedy),
            **self.numbers,
        }


def shown(text: str) -> str:
    """Return text on one line with the home folder as `~`, so that it can be pasted anywhere."""
    home = re.escape(str(Path.home()).rstrip("/"))
    return plain(re.sub(home + r"(?![\w-]|\.\w)", "~", text) if home else text)


def first_line(error: BaseException) -> str:
    """Return the first line of an error's words, or its name where it has none."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
