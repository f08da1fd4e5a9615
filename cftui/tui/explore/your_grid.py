"""The table of what the user rated, whose values the arrows change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from cftui.people import Profile
from cftui.questions.band import Band
from cftui.questions.newcomer import YourRating
from cftui.tui.explore.stars_column import stars_column, stars_of
from cftui.tui.explore.value_grid import ValueGrid
from cftui.tui.shared.grid import Column


@dataclass(frozen=True)
class _Rated:
    """A rating, and what a model says of it where it has been asked."""

    value: float
    told: YourRating | None
    title: str

    @property
    def predicted(self) -> float | None:
        """Return the predicted rating; none where there is none."""
        return None if self.told is None else self.told.predicted

    @property
    def band(self) -> Band | None:
        """Return how far a rating may be from it, where the run tells."""
        return None if self.told is None else self.told.band

    @property
    def stars(self) -> str:
        """Return what the column of stars says."""
        return "?" if self.told is not None and not self.told.trained else stars_of(self)


VALUE = Column("you", 4, align="right", key=lambda row: f"{row.value:g}")
TITLE = Column("title", None, key=lambda row: row.title)


class YourGrid(ValueGrid):
    """What the user rated; left and right change the value under the cursor."""

    def __init__(self) -> None:
        words = "Nothing yet: press enter on a title"
        super().__init__((VALUE, TITLE), empty=words, id="yours", classes="rateable")
        self.border_title = "You rated"
        self.border_subtitle = "p profiles, i import"

    def show(self, yours: Profile, told: Sequence[YourRating], titles: Mapping[str, str]) -> None:
        """Show ratings beside what a model says of them, where it has been asked."""
        known = {row.item: row for row in told}
        rows = [
            _Rated(value, known.get(item), titles.get(item, item)) for item, value in yours.rated
        ]
        stars = replace(stars_column("stars", rows), key=lambda row: row.stars)
        shown = any(row.stars for row in rows)
        self.set_columns((VALUE, stars, TITLE) if shown else (VALUE, TITLE))
        self.set_rows(rows, [item for item, _ in yours.rated])
