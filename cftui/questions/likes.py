"""Questions about likes and tastes, told from ratings alone; a run may add its stars."""

from dataclasses import dataclass
from typing import Literal

from cftui.questions.band import Band
from cftui.questions.items import EVERY_ITEM, ItemFilter, ListOrder
from cftui.questions.job import Job
from cftui.questions.newcomer import FLAT, REGULARIZATION, YourRating
from cftui.questions.parts import PredictionParts
from cftui.questions.question import Question


@dataclass(frozen=True)
class TastesAtHand(Question[bool], answered_in="cftui.explore.likes.kept"):
    """Would a question about tastes be answered soon? Else `FitTastes`, a job, comes first."""

    store: str
    threshold: float | None = None


@dataclass(frozen=True)
class FitTastes(Job["TastesFitted"], answered_in="cftui.explore.likes.kept"):
    """Fit likes and tastes to all ratings, so that questions about them are answered at once.

    Few ratings need no job: the first question fits them (`TastesAtHand`). Nothing is done twice.
    """

    store: str
    threshold: float | None = None


@dataclass(frozen=True)
class TastesFitted:
    """Tastes are ready, for every process."""

    threshold: float
    threshold_words: str
    way: str
    """How they were solved, in words."""


@dataclass(frozen=True)
class ForYou(Question["ForYouAnswer"], answered_in="cftui.explore.for_you"):
    """What would somebody like who gave these ratings, and is not in the data?

    `rated` and `before` are (item id, value) each. The list needs no run.
    """

    store: str
    rated: tuple[tuple[str, float], ...]
    run: str = ""
    """Whose stars stand beside, by fold-in; empty for none."""
    order: ListOrder = "likes"
    n: int = 50
    only: ItemFilter = EVERY_ITEM
    before: tuple[tuple[str, float], ...] | None = None
    """Their former ratings, to tell what moved since."""
    regularization: float = REGULARIZATION
    """Of the fold-in."""
    threshold: float | None = None
    """From which value on a rating is a like; none for what suits the ratings."""


@dataclass(frozen=True)
class LikelyItem:
    """One place of a list made from likes."""

    rank: int
    item: str
    title: str
    genres: str
    score: float
    """Of EASE, from likes alone; comparable within one list."""
    predicted: float | None
    """In rating units, by the run's fold-in; none where there is no run that can."""
    n_ratings: int
    """Ratings of the item in the whole data set."""
    n_liked: int
    """How many of these are likes."""
    band: Band | None = None
    """How far a rating may be from what is predicted, where the run tells."""


@dataclass(frozen=True)
class ForYouAnswer:
    """A newcomer's list, and what it was made from."""

    order: ListOrder
    threshold: float
    threshold_words: str
    """Which ratings count as likes, and why."""
    way: str
    """How the likes were solved, in words: exactly, or by which fallback."""
    step: int | None
    """The training step of the run's weights; none without stars."""
    no_stars: str
    """Why there are no stars beside; empty where there are."""
    spread: float | None
    """How far tastes move the run's predictions: standard deviation over users, at the mean rating,
    in rating units. Near 0 everybody gets the same stars; none without a run that has them."""
    rated: tuple[YourRating, ...]
    recommended: tuple[LikelyItem, ...]
    moved: tuple[int | None, ...]
    """Places that each item rose (fell, where negative) since `before`; none where it cannot be
    told."""
    scale: float = 1.0
    """How much wider than 0.5 to 5 the ratings' range is."""

    @property
    def flat(self) -> bool:
        """Return whether the run has learned too little of tastes for its stars to differ."""
        return self.spread is not None and self.spread < FLAT * self.scale


@dataclass(frozen=True)
class WhyLiked(Question["WhyLikedAnswer"], answered_in="cftui.explore.why"):
    """Which of these ratings speak for an item, and which against it, by likes?

    `rated`: (item id, value) each; or the ratings of `user`, where one is named.
    """

    store: str
    item: str
    rated: tuple[tuple[str, float], ...] = ()
    user: str = ""
    threshold: float | None = None


@dataclass(frozen=True)
class Share:
    """What one rating adds."""

    item: str
    title: str
    value: float
    share: float


@dataclass(frozen=True)
class WhyLikedAnswer:
    """A score taken apart; shares add up to it exactly. Those that speak most come first."""

    item: str
    title: str
    score: float
    shares: tuple[Share, ...]
    way: str
    source: str
    """The method, and where it was published."""


@dataclass(frozen=True)
class WhyStars(Question["WhyStarsAnswer"], answered_in="cftui.explore.why"):
    """Why does a run predict this value for this item and these ratings?

    `rated`: (item id, value) each; or the ratings of `user` that were trained on. By fold-in; a
    model that nobody can be folded in to answers for users of the data alone.
    """

    run: str
    item: str
    rated: tuple[tuple[str, float], ...] = ()
    user: str = ""
    regularization: float = REGULARIZATION
    when: str = ""
    """Of a user of the data: as of which time, as `Predict` has it."""


@dataclass(frozen=True)
class Effects:
    """What a user and an item add to what is usual; in rating units, the first, third and fourth
    add up to the prediction.
    """

    usual: float
    """Mean prediction, over users and items."""
    error: float
    """Its standard error, as it is of a sample of users."""
    user: float
    item: float
    together: float
    """What neither adds alone: half of it is in `user`, half in `item`."""


@dataclass(frozen=True)
class WhyStarsAnswer:
    """A prediction taken apart, before the sigmoid; in stars by one common factor.

    `mean_user + item_bias + sum of shares + beyond` is `total`, whose value through the model's
    range is `predicted`. Of a model that is no such sum there are `effects` or `parts` instead.
    """

    item: str
    title: str
    predicted: float
    """In rating units."""
    total: float
    """Before the sigmoid, as all parts here."""
    mean_user: float
    item_bias: float
    shares: tuple[Share, ...]
    beyond: float
    """What the run learned of a user of the data beyond their fold-in; 0 for a newcomer."""
    stars_a_unit: float
    """Rating units that one unit before the sigmoid is worth here."""
    source: str
    effects: Effects | None = None
    parts: PredictionParts | None = None
    """Of a factorization machine, in the place of effects."""


@dataclass(frozen=True)
class AlikeItems(Question["AlikeAnswer"], answered_in="cftui.explore.alike"):
    """Which items are near this one by the tastes of those who rated both? Needs no run."""

    store: str
    item: str
    """An id if one equals it, else a title to search for."""
    n: int = 50
    min_ratings: int | None = None
    """Only items with at least so many ratings; none for what suits the data."""
    threshold: float | None = None


@dataclass(frozen=True)
class AlikeItem:
    """An item near another by tastes."""

    rank: int
    item: str
    title: str
    genres: str
    score: float
    """Symmetric EASE weight and shrunk residual cosine, each on a scale of its own."""
    common: int
    """How many people rated both."""
    lift: float
    """How many times as many as by chance."""
    n_ratings: int


@dataclass(frozen=True)
class AlikeAnswer:
    """An item and those near it."""

    item: str
    title: str
    min_ratings: int
    """That was used."""
    way: str
    alike: tuple[AlikeItem, ...]
    words: str = ""
    """Why nothing is near, and what to do; empty where something is."""


@dataclass(frozen=True)
class JudgeSpace(Question["SpaceJudgement"], answered_in="cftui.explore.alike"):
    """How far can neighbours in a run's item factors be trusted? Beside those by tastes."""

    run: str
    metric: Literal["cosine", "dot", "euclid"] = "cosine"


@dataclass(frozen=True)
class SpaceJudgement:
    """The agreement of a model's space with tastes, over the most rated items."""

    agreement: float
    """Mean share of an item's ten nearest by tastes that are among its ten nearest here, 0 to 1."""
    by_chance: float
    n_items: int
    words: str
    """What that means: noise is called noise."""
