"""What the tour says, a file a language: `texts/LANGUAGE.toml`, a section a stop in their order."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).with_name("texts")
PANEL = "panel"
"""The section of the words that are none of a stop's."""
USUAL = "en"


@dataclass(frozen=True)
class StopText:
    """What is said at one stop."""

    title: str
    text: str
    """What this is about."""
    look: str
    """What to look at, and which key does what; said once it is there to be looked at."""


@dataclass(frozen=True)
class TourTexts:
    """All that the tour says in one language."""

    language: str
    stops: Mapping[str, StopText]
    """By the ids of the stops, in their order."""
    panel: Mapping[str, str]

    @property
    def ids(self) -> tuple[str, ...]:
        """Return the stops in their order."""
        return tuple(self.stops)

    def place_of(self, stop: str) -> int:
        """Return a stop's place from 0; the first where none is called so."""
        return self.ids.index(stop) if stop in self.stops else 0


def languages() -> tuple[str, ...]:
    """Return the languages that there are, the usual one first."""
    found = sorted(path.stem for path in FOLDER.glob("*.toml"))
    return (USUAL, *(name for name in found if name != USUAL))


def load_texts(language: str = USUAL) -> TourTexts:
    """Return what the tour says in a language; in the usual one where there is no such file."""
    known = language if language in languages() else USUAL
    sections = tomllib.loads((FOLDER / f"{known}.toml").read_text(encoding="utf-8"))
    panel = sections.pop(PANEL)
    return TourTexts(known, {name: StopText(**said) for name, said in sections.items()}, panel)
