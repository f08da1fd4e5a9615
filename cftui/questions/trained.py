"""Questions to a trained model."""

from dataclasses import dataclass
from typing import Literal

from cftui.questions.band import Band
from cftui.questions.items import EVERY_ITEM, ItemFilter, ListOrder
from cftui.questions.question import Question

Metric = Literal["cosine", "dot", "euclid"]
METRICS: tuple[Metric, ...] = ("cosine", "dot", "euclid")
OFTEN_RATED = ItemFilter(min_ratings=20)


@dataclass(frozen=True)
class AskAbilities(Question["Abilities"], answered_in="cftui.explore.abilities"):
    """What can the model of a run be asked?"""

    run: str


@dataclass(frozen=True)
class Abilities:
    """The abilities of a trained model."""

    model: str
    has_item_factors: bool
    has_item_bias: bool
    has_arithmetic: bool
    """Whether a prediction can be taken apart on a page: a dot product, or a sum by fields."""


@dataclass(frozen=True)
class Predict(Question["Prediction"], answered_in="cftui.explore.predict"):
    """What would this user give this item?"""

    run: str
    user: str
    item: str
    when: str = ""
    """As of which time, such as 2018-05-03; without, as of the rating where there is one, else as
    lists are made: the day is left out."""


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
    band: Band | None = None
    """How far a rating may be from it, where the model tells."""
    knows_when: bool = False
    """Whether the model knows when a rating is given, so that a time may be named."""


@dataclass(frozen=True)
class Recommend(Question["tuple[Recommendation, ...]"], answered_in="cftui.explore.recommend"):
    """Which items that this user has not rated would they like best?"""

    run: str
    """Empty for none: by likes, or by popularity, alone."""
    user: str
    n: int = 10
    only: ItemFilter = EVERY_ITEM
    order: ListOrder = "likes"
    store: str = ""
    """Of the ratings, where there is no run that tells."""


@dataclass(frozen=True)
class Recommendation:
    """One place of a top-N list."""

    rank: int
    item: str
    title: str
    genres: str
    predicted: float | None
    """None without a run."""
    n_ratings: int
    """Ratings of the item in the whole data set."""
    score: float | None = None
    """From likes alone, comparable within one list; none where nobody fitted tastes."""
    band: Band | None = None
    """How far their rating may be from what is predicted, where the model tells."""


@dataclass(frozen=True)
class Similar(Question["SimilarItems"], answered_in="cftui.explore.neighbours"):
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
class ExploreUser(Question["UserAnswer"], answered_in="cftui.explore.profiles"):
    """What did this user rate, what does the model predict for it, and what would they like?"""

    run: str
    """Empty for none: what they rated and would like stands then without predictions."""
    user: str
    n: int = 50
    only: ItemFilter = EVERY_ITEM
    """Of what is recommended."""
    store: str = ""
    """Of the ratings, where there is no run that tells."""


@dataclass(frozen=True)
class RatedItem:
    """A rating beside its prediction, where a run makes one."""

    item: str
    title: str
    genres: str
    actual: float
    predicted: float | None
    held_out: bool
    """Whether the rating was kept from training, for validation."""
    star: float = 1.0
    """How large a star is in rating units, of which the range of the ratings is 4.5."""
    band: Band | None = None
    """How far a rating may be from what is predicted, where the model tells."""

    @property
    def error(self) -> float | None:
        """Return predicted minus actual."""
        return None if self.predicted is None else self.predicted - self.actual

    @property
    def is_far(self) -> bool:
        """Return whether the error is a star or more."""
        return abs(self.error or 0.0) >= self.star


@dataclass(frozen=True)
class UserAnswer:
    """A user's ratings, newest first where there are timestamps, and their top-N."""

    step: int | None
    """The training step that the weights are of; none without a run."""
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
class ExploreItem(Question["ItemAnswer"], answered_in="cftui.explore.profiles"):
    """What is this item like for the model?"""

    run: str
    item: str
    metric: Metric = "cosine"
    n: int = 50
    min_ratings: int = 1
    """Of its neighbours, as in `Similar`."""


@dataclass(frozen=True)
class Fan:
    """A user who rated an item, or one who would like it."""

    user: str
    value: float | None
    """What they gave it; none where they have not rated it."""
    predicted: float
    mean: float
    """Of all their ratings."""
    n_ratings: int
    band: Band | None = None
    """How far a rating may be from what is predicted, where the model tells."""


@dataclass(frozen=True)
class ItemAnswer:
    """An item, its ratings, its neighbours and its friends."""

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
    no_neighbours: str
    """Why the model has none to show; else empty."""
    fans: tuple[Fan, ...]
    """Who rated it highest; of equals, those who rate other things lower."""
    would_like: tuple[Fan, ...]
    """Who has not rated it and is predicted to like it best."""


@dataclass(frozen=True)
class ExploreBiases(Question["BiasAnswer"], answered_in="cftui.explore.biases"):
    """Which items have the highest and lowest biases: what is left once tastes are explained?"""

    run: str
    n: int = 50
    only: ItemFilter = OFTEN_RATED


@dataclass(frozen=True)
class BiasRow:
    """An item's bias beside its plain mean."""

    rank: int
    """By bias among the items that the filter lets pass; 1 is the highest."""
    item: str
    title: str
    genres: str
    bias: float
    mean: float
    mean_rank: int
    """By plain mean, among the same."""
    n_ratings: int


@dataclass(frozen=True)
class BiasAnswer:
    """The items of highest bias, highest first, and of lowest, lowest first."""

    step: int
    n_items: int
    """How many the filter lets pass."""
    best: tuple[BiasRow, ...]
    worst: tuple[BiasRow, ...]
