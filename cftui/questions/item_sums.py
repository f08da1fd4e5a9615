"""A question about sums of items: what is near A + B - C?"""

from dataclasses import dataclass
from typing import Literal

from cftui.questions.items import ItemRow
from cftui.questions.question import Question

SumSpace = Literal["tastes", "cosine"]
"""Of whose neighbours: by tastes, or in the space of a run's item factors."""


@dataclass(frozen=True)
class ItemArithmetic(Question["ItemSum"], answered_in="cftui.explore.item_sums"):
    """Which items are near what some items have in common, less what others have?

    Items are named by ids or titles; at least one is added, and none stands twice.
    """

    store: str
    plus: tuple[str, ...]
    minus: tuple[str, ...] = ()
    by: SumSpace = "tastes"
    run: str = ""
    """Whose factors; needed by cosine alone."""
    n: int = 50
    min_ratings: int | None = None
    """Only items with at least so many ratings; none for what suits the data."""


@dataclass(frozen=True)
class NearSum:
    """An item near a sum."""

    rank: int
    item: str
    title: str
    genres: str
    score: float
    """Cosine with the sum; by tastes the sum of the items' own scores."""
    n_ratings: int


@dataclass(frozen=True)
class ItemSum:
    """A sum and what is near it."""

    plus: tuple[ItemRow, ...]
    minus: tuple[ItemRow, ...]
    by: SumSpace
    words: str
    """`Toy Story (1995) + Alien (1979) − Aladdin (1992)`."""
    way: str
    """How it was reckoned, and where that was published."""
    min_ratings: int
    """That was used."""
    step: int | None
    """The training step of the run's weights; none by tastes."""
    near: tuple[NearSum, ...]
