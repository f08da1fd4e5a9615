"""The ratings that the user gave in Explore, one small file a data set, saved as they change."""

import csv
import json
import math
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cftui.files import replace_file, replacing
from cftui.paths import state_folder
from cftui.questions.newcomer import REGULARIZATION
from cftui.questions.trained import Recommendation


@dataclass(frozen=True)
class YourRatings:
    """What the user rated, newest first, and how they are folded in."""

    rated: tuple[tuple[str, float], ...] = ()
    """(item id, value)."""
    regularization: float = REGULARIZATION

    def value_of(self, item: str) -> float | None:
        """Return the value given to an item; none where it is not rated."""
        return next((value for yours, value in self.rated if yours == item), None)

    def rate(self, item: str, value: float) -> "YourRatings":
        """Return the ratings with one given or changed; a new one comes first."""
        if self.value_of(item) is None:
            return YourRatings(((item, value), *self.rated), self.regularization)
        changed = tuple((yours, value if yours == item else old) for yours, old in self.rated)
        return YourRatings(changed, self.regularization)

    def drop(self, item: str) -> "YourRatings":
        """Return the ratings without one."""
        return self.only({yours for yours, _ in self.rated} - {item})

    def only(self, items: Collection[str]) -> "YourRatings":
        """Return the ratings of these items."""
        kept = tuple(pair for pair in self.rated if pair[0] in items)
        return YourRatings(kept, self.regularization)


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
    return YourRatings(
        tuple({item: (item, float(value)) for item, value in pairs}.values()),
        float(weight) if _is_number(weight) and weight > 0 else REGULARIZATION,
    )


def save_yours(fingerprint: str, yours: YourRatings) -> None:
    """Write them, whole or not at all. Raises OSError where the disk refuses."""
    path = _path(fingerprint)
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, json.dumps(asdict(yours), indent=1).encode())


def export_list(path: Path, rows: Sequence[Recommendation]) -> None:
    """Write a list as CSV, whole or not at all. Raises OSError where it cannot be written."""
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("rank", "item", "title", "genres", "predicted", "ratings"))
        for r in rows:
            writer.writerow((r.rank, r.item, r.title, r.genres, f"{r.predicted:.4f}", r.n_ratings))


def refuse_path(text: str) -> str:
    """Return why a list cannot be written to such a file; empty if it can."""
    path = Path(text).expanduser()
    if not text or path.is_dir():
        return "a file name, such as my-list.csv"
    folder = path.absolute().parent
    return "" if folder.is_dir() else f"there is no folder {folder}"


def doubt_path(text: str) -> str:
    """Return what is to be confirmed before a list is written to a file; empty if nothing is."""
    path = Path(text).expanduser()
    return f"{path.name} is there already; enter again replaces it" if path.exists() else ""


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
