"""One frozen dataclass a question that the brain answers, and one an answer.

Ids are the data set's own, as text. Runs and stores are named by the path of their directory.
Values are in rating units. Nothing here needs more than the standard library, so that screen,
shell and brain share it.
"""

from dataclasses import dataclass
from typing import Literal

Metric = Literal["cosine", "dot", "euclid"]


class QuestionError(ValueError):
    """A question that cannot be answered; the message says what to do instead."""


class Ambiguous(QuestionError):
    """Several items fit a title equally well; the message lists them."""


# Data


@dataclass(frozen=True)
class OpenData:
    """What is in the ratings that a data set's name or a path means?

    The answer is a DataSummary, or None where they must be ingested first.
    """

    source: str


@dataclass(frozen=True)
class DataSummary:
    """The size and the range of a data set."""

    name: str
    source: str
    store: str
    fingerprint: str
    n_users: int
    n_items: int
    n_ratings: int
    low: float
    high: float
    step: float | None
    """Greatest common step between rating values; none where there is no such step."""
    mean: float
    unusable_rows: int
    duplicates: int
    titled: bool
    """Whether a movies file gave the items titles."""

    @property
    def items_word(self) -> str:
        """Return what the screen calls the items."""
        return "movies" if self.titled else "items"


@dataclass(frozen=True)
class FindUsers:
    """Which users have ids that begin with the text? Most active first."""

    store: str
    text: str
    limit: int = 500


@dataclass(frozen=True)
class FindItems:
    """Which items have titles near the text, or its very id? Best match first.

    An empty text gives the most rated items.
    """

    store: str
    text: str
    limit: int = 500


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


# A trained model


@dataclass(frozen=True)
class Predict:
    """What would this user give this item?"""

    run: str
    user: str
    item: str


@dataclass(frozen=True)
class Prediction:
    """A predicted rating and, where there is one, the actual rating."""

    user: str
    item: str
    title: str
    predicted: float
    actual: float | None
    user_seen: bool
    """Whether the user has a rating in training; without one the factors are as they started."""
    item_seen: bool


@dataclass(frozen=True)
class Recommend:
    """Which items that this user has not rated would they like best?"""

    run: str
    user: str
    n: int = 10


@dataclass(frozen=True)
class Recommendation:
    """One place of a top-N list."""

    rank: int
    item: str
    title: str
    genres: str
    predicted: float
    n_ratings: int
    """Ratings of the item in the whole data set."""


@dataclass(frozen=True)
class Similar:
    """Which items are nearest to this one in the model's item factors?"""

    run: str
    item: str
    """An id if one equals it, else a title to search for."""
    metric: Metric = "cosine"
    n: int = 10
    min_ratings: int = 1
    """Only items with at least so many ratings in the data."""


@dataclass(frozen=True)
class Neighbour:
    """An item near another."""

    rank: int
    item: str
    title: str
    genres: str
    score: float
    """Cosine or dot product (higher is nearer), or Euclidean distance (lower is nearer)."""
    n_ratings: int


@dataclass(frozen=True)
class SimilarItems:
    """An item and its neighbours."""

    item: str
    title: str
    metric: Metric
    neighbours: tuple[Neighbour, ...]


@dataclass(frozen=True)
class ExploreUser:
    """What did this user rate, what does the model predict for it, and what would they like?"""

    run: str
    user: str
    n: int = 50


@dataclass(frozen=True)
class RatedItem:
    """A rating beside its prediction."""

    item: str
    title: str
    genres: str
    actual: float
    predicted: float
    held_out: bool
    """Whether the rating was kept from training, for validation."""

    @property
    def error(self) -> float:
        """Return predicted minus actual."""
        return self.predicted - self.actual


@dataclass(frozen=True)
class UserAnswer:
    """A user's ratings, newest first where there are timestamps, and their top-N."""

    step: int
    """The training step that the weights are of."""
    user: str
    mean: float
    bias: float | None
    dated: bool
    """Whether ratings have timestamps; without them `rated` is in the file's order."""
    rated: tuple[RatedItem, ...]
    rmse_training: float | None
    rmse_held_out: float | None
    recommended: tuple[Recommendation, ...]


@dataclass(frozen=True)
class ExploreItem:
    """What is this item like for the model?"""

    run: str
    item: str
    metric: Metric = "cosine"
    n: int = 50
    min_ratings: int = 1
    """Of its neighbours, as in `Similar`."""


@dataclass(frozen=True)
class ItemAnswer:
    """An item, its ratings and its neighbours."""

    step: int
    item: str
    title: str
    genres: str
    n_ratings: int
    mean: float
    bias: float | None
    bias_rank: int | None
    """1 for the highest bias of all items."""
    n_items: int
    histogram: tuple[tuple[float, int], ...]
    """(value, count) for each rating value that occurs."""
    metric: Metric
    trained: bool
    """Whether any rating of it was trained on; without one it has no neighbours."""
    neighbours: tuple[Neighbour, ...]


Question = (
    OpenData | FindUsers | FindItems | Predict | Recommend | Similar | ExploreUser | ExploreItem
)
