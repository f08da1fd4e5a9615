"""Questions for somebody who is not in the data."""

from dataclasses import dataclass

from cftui.questions.items import EVERY_ITEM, ItemFilter, ItemRow
from cftui.questions.question import Question
from cftui.questions.trained import Recommendation

REGULARIZATION = 3.0
"""Of a fold-in; measured, see `cftui.explore.fold_in`."""
FLAT = 0.02
"""Rating units: tastes that move predictions by less make one list for everybody."""


@dataclass(frozen=True)
class FoldIn(Question["FoldInAnswer"], answered_in="cftui.explore.newcomer"):
    """What would somebody like who gave these ratings, and is not in the data?

    `rated` and `before` are (item id, value) each; only models of the dot family can say.
    """

    run: str
    rated: tuple[tuple[str, float], ...]
    n: int = 50
    regularization: float = REGULARIZATION
    only: ItemFilter = EVERY_ITEM
    before: tuple[tuple[str, float], ...] | None = None
    """Their former ratings, to tell what moved since."""


@dataclass(frozen=True)
class YourRating:
    """A newcomer's rating beside what the model says of them now."""

    item: str
    title: str
    genres: str
    value: float
    predicted: float | None
    """By the run's fold-in; none where there is no run that can."""
    trained: bool
    """Whether any rating of the item was trained on; without one this rating tells the run
    nothing."""


@dataclass(frozen=True)
class FoldInAnswer:
    """A newcomer as the model sees them, and their top-N."""

    step: int
    regularization: float
    bias: float | None
    """Their own, in the model's units; none where the model has no biases."""
    spread: float
    """How far tastes move this model's predictions: standard deviation over users, at the mean
    rating, in rating units. Near 0 everybody gets the same list."""
    rated: tuple[YourRating, ...]
    recommended: tuple[Recommendation, ...]
    moved: tuple[int | None, ...]
    """Places that each recommended item rose (fell, where negative) since `before`, among those
    items that are rated in neither; none where there is nothing to compare with."""

    @property
    def flat(self) -> bool:
        """Return whether the model has learned too little of tastes for lists to differ."""
        return self.spread < FLAT


@dataclass(frozen=True)
class SuggestItems(Question[tuple[ItemRow, ...]], answered_in="cftui.explore.newcomer"):
    """What should a newcomer rate first? Well known items, unlike each other and the rated.

    Unlike by the run's item factors; without a run that has them, by tastes.
    """

    store: str
    run: str = ""
    rated: tuple[str, ...] = ()
    n: int = 30
