"""A question about an item that is not in the data: for whom would it be?"""

from dataclasses import dataclass
from typing import Literal

from cftui.questions.question import Question

ITEM_REGULARIZATION = 0.5
"""How many times the weight that the scatter of items says; measured, see
`cftui.explore.for_whom`."""
AudienceOrder = Literal["stars", "taste", "sure"]
"""By predicted stars, by how much more than an average item, or by stars less their doubt."""
AUDIENCE_ORDERS: tuple[AudienceOrder, ...] = ("stars", "taste", "sure")


@dataclass(frozen=True)
class ForWhom(Question["ForWhomAnswer"], answered_in="cftui.explore.for_whom"):
    """Who would like an item that is not in the data, told by few ratings, genres or its year?

    At least one of them is given. The answer needs no run; with one it is by fold-in.
    """

    store: str
    run: str = ""
    """Whose factors answer; empty for tastes and biases alone."""
    ratings: tuple[tuple[str, float], ...] = ()
    """(user id, value) each."""
    genres: tuple[str, ...] = ()
    """Of the data, in any case."""
    year: int | None = None
    n: int = 20
    order: AudienceOrder = "stars"
    regularization: float = ITEM_REGULARIZATION
    """Of the fold-in: how much more the item is held to what genres and year say, or to the mean
    item, than the scatter of items around them says."""
    min_ratings: int | None = None
    """Of the nearest items; none for what suits the data."""


@dataclass(frozen=True)
class LikelyUser:
    """One place of an item's audience."""

    rank: int
    user: str
    predicted: float
    """In rating units."""
    doubt: float | None
    """Standard deviation of what is predicted, in rating units; none without a run."""
    more: float
    """By how much more they would like it than an average item: rating units, and with a sigmoid
    as in the middle of the scale."""
    because: str
    """The user whose rating speaks most for it; empty where none does."""
    because_share: float
    """What that rating adds to `more`."""
    mean: float
    """Of all their ratings."""
    n_ratings: int


@dataclass(frozen=True)
class NearNewItem:
    """An item of the data that is near the new one."""

    rank: int
    item: str
    title: str
    genres: str
    score: float
    n_ratings: int


@dataclass(frozen=True)
class RatedNewItem:
    """A given rating beside what is predicted for that user now."""

    user: str
    value: float
    predicted: float
    trained: bool
    """Whether the run knows the user; else the rating tells it nothing."""


@dataclass(frozen=True)
class ForWhomAnswer:
    """The audience of an item that is not in the data, and what tells it."""

    order: AudienceOrder
    way: str
    """How the audience was found, in words."""
    source: str
    """The method, and where it was published."""
    step: int | None
    """The training step of the run's weights; none without a run."""
    no_run: str
    """Why no run answers; empty where one does."""
    expected: float
    """The mean rating that is expected of it, in rating units."""
    expected_doubt: float
    """Its standard deviation."""
    data_mean: float
    """Of all ratings, beside it."""
    explained: str
    """How well genres and year tell biases and factors of items held out; empty without them."""
    rated: tuple[RatedNewItem, ...]
    audience: tuple[LikelyUser, ...]
    near: tuple[NearNewItem, ...]
    near_way: str
    """What nearness means here, or why there is none."""
