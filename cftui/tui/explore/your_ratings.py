"""The ratings that the user gave in Explore, one small file a data set, saved as they change."""

import json
import math
from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from cftui.files import replace_file
from cftui.paths import state_folder
from cftui.questions.newcomer import REGULARIZATION


@dataclass(frozen=True)
class YourRatings:
    """What the user rated, newest first, and how it is understood."""

    rated: tuple[tuple[str, float], ...] = ()
    """(item id, value)."""
    regularization: float = REGULARIZATION
    threshold: float | None = None
    """From which value on a rating is a like; none for what suits the data."""

    def value_of(self, item: str) -> float | None:
        """Return the value given to an item; none where it is not rated."""
        return next((value for yours, value in self.rated if yours == item), None)

    def rate(self, item: str, value: float) -> "YourRatings":
        """Return the ratings with one given or changed; a new one comes first."""
        if self.value_of(item) is None:
            return replace(self, rated=((item, value), *self.rated))
        changed = tuple((yours, value if yours == item else old) for yours, old in self.rated)
        return replace(self, rated=changed)

    def drop(self, item: str) -> "YourRatings":
        """Return the ratings without one."""
        return self.only({yours for yours, _ in self.rated} - {item})

    def only(self, items: Collection[str]) -> "YourRatings":
        """Return the ratings of these items."""
        kept = tuple(pair for pair in self.rated if pair[0] in items)
        return replace(self, rated=kept)


def load_yours(fingerprint: str) -> YourRatings:
    """Return what was rated of the ratings with this fingerprint; nothing where no file says."""
    try:
        raw = json.loads(_path(fingerprint).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return YourRatings()
    if not isinstance(raw, dict):
        return YourRatings()
    rated = raw.get("rated")
    pairs = [pair for pair in rated if _is_rating(pair)] if isinstance(rated, list) else []
    weight: Any = raw.get("regularization")
    threshold: Any = raw.get("threshold")
    return YourRatings(
        tuple({item: (item, float(value)) for item, value in pairs}.values()),
        float(weight) if _is_number(weight) and weight > 0 else REGULARIZATION,
        float(threshold) if _is_number(threshold) else None,
    )


def save_yours(fingerprint: str, yours: YourRatings) -> None:
    """Write them, whole or not at all. Raises OSError where the disk refuses."""
    path = _path(fingerprint)
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, json.dumps(asdict(yours), indent=1).encode())


def _path(fingerprint: str) -> Path:
    return state_folder() / "own-ratings" / f"{fingerprint[:32]}.json"


def _is_rating(pair: Any) -> bool:
    return (
        isinstance(pair, list)
        and len(pair) == 2
        and isinstance(pair[0], str)
        and _is_number(pair[1])
    )


def _is_number(value: Any) -> bool:
    known = isinstance(value, int | float) and not isinstance(value, bool)
    return known and math.isfinite(value)
