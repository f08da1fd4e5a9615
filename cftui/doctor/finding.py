"""One thing that was looked at, and how it was found."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from cftui.remedies import words_of
from cftui.text import plain

State = Literal["ok", "note", "warn", "fail"]
"""`note`: worth knowing, nothing to do; `warn`: something will not work as well as it could."""


@dataclass(frozen=True)
class Mend:
    """What can be done about a finding without a loss of what nothing could bring back."""

    offer: str
    """What it would do: `remove it`."""
    done: str
    """What it has done: `removed`."""
    do: Callable[[], None]
    """Raises OSError where the disk refuses, RunError and RunHeld in words for the user."""


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
    mend: Mend | None = field(default=None, compare=False)
    """What `--repair` does about it; none where that is for the user to do."""

    def settled(self, *, repair: bool) -> "Finding":
        """Return the finding with what can be done about it: offered, or done and said."""
        if self.mend is None:
            return self
        if not repair:
            offer = f"cftui doctor --repair: {self.mend.offer}"
            remedy = f"{self.remedy}, or {offer}" if self.remedy else offer
            return replace(self, remedy=remedy, mend=None)
        try:
            self.mend.do()
        except (OSError, ValueError, RuntimeError) as error:  # RunError and RunHeld too
            words = f"{self.value}; not mended: {words_of(error)}"
            return replace(self, value=words, mend=None)
        numbers = {**self.numbers, "repaired": self.mend.done}
        words = f"{self.value}; mended: {self.mend.done}"
        return replace(self, value=words, state="note", remedy="", numbers=numbers, mend=None)

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
