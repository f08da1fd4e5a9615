"""Users and items: found, described, narrowed."""

from dataclasses import dataclass
from typing import Literal

from cftui.questions.question import Question

ListOrder = Literal["likes", "stars", "popular"]
"""For me (likes, with the run's stars where there are some), by predicted stars, by likes given."""
ORDERS: tuple[ListOrder, ...] = ("likes", "stars", "popular")


@dataclass(frozen=True)
class FindUsers(Question["tuple[UserRow, ...]"], answered_in="cftui.explore.search"):
    """Which users have ids that begin with the text? Most active first."""

    store: str
    text: str
    limit: int = 500


@dataclass(frozen=True)
class FindItems(Question["tuple[ItemRow, ...]"], answered_in="cftui.explore.search"):
    """Which items have titles near the text, or its very id? Best match first.

    An empty text gives the most rated items.
    """

    store: str
    text: str
    limit: int = 500


@dataclass(frozen=True)
class IdentifyItem(Question["ItemRow"], answered_in="cftui.explore.search"):
    """Which item has this id, or else the title nearest to the text?"""

    store: str
    text: str


@dataclass(frozen=True)
class DescribeItems(Question["tuple[ItemRow, ...]"], answered_in="cftui.explore.items"):
    """What are these items? In their order; ids that are not in the data are left out."""

    store: str
    items: tuple[str, ...]


@dataclass(frozen=True)
class UserRow:
    """A user in a list."""

    user: str
    n_ratings: int
    mean: float


@dataclass(frozen=True)
class ItemRow:
    """An item in a list."""

    item: str
    title: str
    genres: str
    n_ratings: int
    mean: float


@dataclass(frozen=True)
class ItemFilter:
    """Which items a list may hold; the default lets all pass."""

    genre: str = ""
    """A genre of the data, in any case; empty lets all pass."""
    first_year: int | None = None
    """As titles name it: `(1999)`; an item without a year passes only where no year is asked."""
    last_year: int | None = None
    min_ratings: int = 1
    """Ratings of the item in the whole data set."""


EVERY_ITEM = ItemFilter()


@dataclass(frozen=True)
class Facets(Question["FacetsAnswer"], answered_in="cftui.explore.data"):
    """Which genres and years are there to filter by?"""

    store: str


@dataclass(frozen=True)
class FacetsAnswer:
    """Genres, the commonest first, and the span of years; none where titles name no years."""

    genres: tuple[str, ...]
    first_year: int | None
    last_year: int | None
