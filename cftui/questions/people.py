"""Questions about people known by name: what they exported elsewhere."""

from dataclasses import dataclass
from typing import Literal

from cftui.questions.question import Question

Sureness = Literal["id", "exact", "near year", "no year", "part", "similar"]
SURENESS: dict[Sureness, str] = {
    "id": "same id",
    "exact": "title and year",
    "near year": "title, a year off",
    "no year": "title, the only one so called",
    "part": "part of the title, and year",
    "similar": "similar title",
}
"""How sure a match is, the surest first, in words."""


@dataclass(frozen=True)
class ReadExport(Question["ExportRead"], answered_in="cftui.explore.importing.read"):
    """What does somebody's export from elsewhere rate of these ratings' items? Nothing is kept."""

    store: str
    path: str
    """Of a CSV file by Letterboxd, IMDb or Goodreads, of one with a title (or an item's id) and a
    rating in each row, or of the zip that Letterboxd gives."""
    scale: tuple[float, float] | None = None
    """Lowest and highest value that the file could hold; none where it is known or as here."""


@dataclass(frozen=True)
class ExportMatch:
    """A row that rates an item of the data."""

    line: int
    title: str
    """As in the file."""
    year: int | None
    given: float
    """In the file's units."""
    value: float
    """In the data's."""
    item: str
    item_title: str
    sureness: Sureness


@dataclass(frozen=True)
class ExportLeft:
    """A row that could not be used."""

    line: int
    title: str
    year: int | None
    why: str


@dataclass(frozen=True)
class ExportRead:
    """What an export says of these ratings' items, row by row in the file's order."""

    kind: str
    """Who wrote it, such as Letterboxd; `CSV` for anything else."""
    profile: str
    """What its profile is called, unless somebody says otherwise."""
    scale_words: str
    """How its values became the data's."""
    matches: tuple[ExportMatch, ...]
    """One for each item."""
    left: tuple[ExportLeft, ...]
    unrated: int
    """Rows without a rating."""

    def rated(self, *, similar: bool = False) -> tuple[tuple[str, float], ...]:
        """Return (item id, value) of the matches; similar titles are guesses, taken if asked."""
        taken = [row for row in self.matches if similar or row.sureness != "similar"]
        return tuple((row.item, row.value) for row in taken)

    def counts(self) -> dict[Sureness, int]:
        """Return how many matches are how sure, the surest first, without those of none."""
        counts = {kind: sum(row.sureness == kind for row in self.matches) for kind in SURENESS}
        return {kind: count for kind, count in counts.items() if count}
