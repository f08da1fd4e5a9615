"""Questions about people known by name: what they exported elsewhere, what to watch together."""

from dataclasses import dataclass
from typing import Literal

from cftui.questions.band import Band
from cftui.questions.items import EVERY_ITEM, ItemFilter, ListOrder
from cftui.questions.newcomer import REGULARIZATION
from cftui.questions.question import Question

Sureness = Literal["id", "exact", "near year", "no year", "part", "similar"]
SURENESS: dict[Sureness, str] = {
    "id": "same id",
    "exact": "title and year",
    "near year": "title, year ±1",
    "no year": "title alone",
    "part": "part and year",
    "similar": "similar title",
}
"""How sure a match is, the surest first, in words: what of row and item is the same."""


@dataclass(frozen=True)
class ReadExport(Question["ExportRead"], answered_in="cftui.explore.importing.read"):
    """What does somebody's export from elsewhere rate of these ratings' items? Nothing is kept."""

    store: str
    path: str
    """Of an export of Letterboxd (also its zip), IMDb, Goodreads, Trakt or Kinopoisk, or of a CSV
    file with a title (or an item's id) and a rating in each row."""
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


@dataclass(frozen=True)
class Person:
    """Somebody who wants a list with others."""

    name: str
    rated: tuple[tuple[str, float], ...]
    """(item id, value)."""
    regularization: float = REGULARIZATION
    threshold: float | None = None


@dataclass(frozen=True)
class ForGroup(Question["ForGroupAnswer"], answered_in="cftui.explore.for_group"):
    """What shall these people watch together? Nothing that any of them has rated."""

    store: str
    people: tuple[Person, ...]
    run: str = ""
    """Whose stars stand beside, by fold-in; empty for none."""
    order: ListOrder = "likes"
    """What each one's own list is ordered by."""
    n: int = 50
    only: ItemFilter = EVERY_ITEM


@dataclass(frozen=True)
class OnesView:
    """An item to one of several people."""

    place: int
    """In their own list, from 1."""
    score: float
    """Of EASE."""
    predicted: float | None
    """In rating units; none without a run that can."""
    band: Band | None = None
    """How far their rating may be from what is predicted, where the run tells."""


@dataclass(frozen=True)
class SharedItem:
    """One place of a list for several people."""

    rank: int
    item: str
    title: str
    genres: str
    n_ratings: int
    score: float
    """Mean over people of how many of their standard deviations it is above their mean item."""
    views: tuple[OnesView, ...]
    """One for each, in the order in which they were named."""


@dataclass(frozen=True)
class ForGroupAnswer:
    """A list for several people, and how their own lists became one."""

    people: tuple[str, ...]
    order: ListOrder
    combined: str
    """How, in words, and after whom."""
    way: str
    """How the likes were solved, in words."""
    step: int | None
    """The training step of the run's weights; none without stars."""
    no_stars: str
    recommended: tuple[SharedItem, ...]
