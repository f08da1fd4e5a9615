"""Titles and genres of items, from the movies.csv beside the ratings."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

NO_GENRES = "(no genres listed)"
"""What MovieLens writes where a movie has no genres."""


@dataclass(frozen=True)
class Titles:
    """Titles and genres by id, exactly as in the file, or a sentence on why there are none."""

    titles: Mapping[str, str] = field(default_factory=dict)
    genres: Mapping[str, str] = field(default_factory=dict)
    warning: str | None = None


def read_titles(path: Path) -> Titles:
    """Return the titles in a file; one that is broken gives none, and a warning, never an error."""
    line = 1
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file)
            places = {name.strip().lower(): place for place, name in enumerate(next(rows, []))}
            missing = [name for name in ("movieid", "title") if name not in places]
            if missing:
                return _none(path, f"line 1: no column {missing[0]}")
            own, title, genres = places["movieid"], places["title"], places.get("genres")
            found: dict[str, str] = {}
            kinds: dict[str, str] = {}
            for row in rows:
                line = rows.line_num
                if len(row) <= max(own, title):
                    continue
                key = row[own].strip()
                found[key] = row[title]
                if genres is not None and genres < len(row) and row[genres] != NO_GENRES:
                    kinds[key] = row[genres]
    except UnicodeDecodeError:
        return _none(path, f"after line {line}: not UTF-8 text")
    except (OSError, csv.Error) as error:
        return _none(path, f"after line {line}: {error}")
    return Titles(found, kinds)


def _none(path: Path, reason: str) -> Titles:
    return Titles(warning=f"{path} {reason}; items are shown by their ids")
