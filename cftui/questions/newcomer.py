"""Questions for somebody who is not in the data."""

from dataclasses import dataclass

from cftui.questions.band import Band
from cftui.questions.items import ItemRow
from cftui.questions.question import Question

REGULARIZATION = 3.0
"""Of a fold-in; measured, see `cftui.explore.fold_in`."""
FLAT = 0.02
"""Of ratings from 0.5 to 5: tastes that move predictions by less make one list for everybody."""


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
    band: Band | None = None
    """How far a rating may be from what is predicted, where the run tells."""


@dataclass(frozen=True)
class SuggestItems(Question[tuple[ItemRow, ...]], answered_in="cftui.explore.newcomer"):
    """What should a newcomer rate first? Well known items, unlike each other and the rated.

    Unlike by the run's item factors; without a run that has them, by tastes.
    """

    store: str
    run: str = ""
    rated: tuple[str, ...] = ()
    n: int = 30
