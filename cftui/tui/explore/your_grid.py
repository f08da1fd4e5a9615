"""The table of what the user rated, whose values the arrows change."""

from collections.abc import Mapping, Sequence

from cftui.people import Profile
from cftui.questions.newcomer import YourRating
from cftui.text import fitting
from cftui.tui.explore.value_grid import ValueGrid
from cftui.tui.shared.grid import Column

COLUMNS = (
    Column("you", 4, align="right", key=lambda row: row[0]),
    Column("stars", 5, align="right", key=lambda row: row[1]),
    Column("title", None, key=lambda row: row[2]),
)


class YourGrid(ValueGrid):
    """What the user rated; left and right change the value under the cursor."""

    def __init__(self) -> None:
        words = "Nothing yet: press enter on a title"
        super().__init__(COLUMNS, empty=words, id="yours", classes="rateable")
        self.border_title = "You rated"
        self.border_subtitle = "p profiles, i import"

    def show(self, yours: Profile, told: Sequence[YourRating], titles: Mapping[str, str]) -> None:
        """Show ratings beside what a model says of them, where it has been asked."""
        known = {row.item: row for row in told}
        rows = [
            (f"{value:g}", _stars(known.get(item)), titles.get(item, item))
            for item, value in yours.rated
        ]
        has_stars = any(stars for _, stars, _ in rows)
        self.set_columns(c for c in COLUMNS if has_stars or c.label != "stars")
        self.set_rows(rows, [item for item, _ in yours.rated])


def _stars(row: YourRating | None) -> str:
    if row is None or not row.trained:
        return "" if row is None else "?"
    return "" if row.predicted is None else fitting(row.predicted, 2, 5)
