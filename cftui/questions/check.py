"""Questions about how right a run is on the ratings held out from it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cftui.questions.band import Band
from cftui.questions.job import Job

Measure = Literal["rmse", "mae", "precision", "recall", "ndcg", "mrr", "coverage", "popularity"]
ERRORS: tuple[Measure, ...] = ("rmse", "mae")
LISTS: tuple[Measure, ...] = ("precision", "recall", "ndcg", "mrr", "coverage", "popularity")
AT = 20
"""Places of a list that is judged."""
MUCH_LATER = 0.05
"""Share of the future in training that is worth a warning."""
VERSION = 5
"""Of how answers are made; those of another one are not taken for ours."""


@dataclass(frozen=True)
class CheckRun(Job["CheckAnswer"], answered_in="cftui.explore.check"):
    """How right is a run on what was held out from it, beside what needs no model?

    Lists are judged on every user who has held-out likes; candidates are all items that the user
    has no training rating of.
    """

    store: str
    run: str
    """Its directory, or its checkpoint of the best weights."""
    step: int = 0
    """Of the checkpoint, so that an answer about an older one is not taken for the present one."""
    at: int = AT

    @property
    def key(self) -> str:
        """What the answer is kept as: every run's best checkpoint is called alike."""
        named = "-".join(Path(self.run).parts[-2:])
        return f"check{VERSION}-{named}-{self.step}-{self.at}" if self.step else ""


@dataclass(frozen=True)
class Interval:
    """A measured value, and the 95 % interval of a bootstrap over users around it.

    Coverage has none, since fewer users cover less: `low` and `high` are its value.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class MethodRow:
    """How right a run or a baseline is."""

    name: str
    """`run`, `mean`, `biases`, `popularity`, `item-knn` or `ease`."""
    words: str
    """What it is, for a table."""
    measures: tuple[tuple[Measure, Interval], ...]
    """A baseline of ratings has errors, one of lists alone has none."""

    def measured(self, measure: Measure) -> Interval | None:
        """Return one of them; none where the method has it not."""
        return dict(self.measures).get(measure)


@dataclass(frozen=True)
class Comparison:
    """The run against a baseline, paired by user."""

    measure: Measure
    against: str
    """A MethodRow's name."""
    gain: Interval
    """How much better the run is, in the measure's unit: positive is better."""
    words: str
    """One plain sentence: better by how much and how surely, or not at all."""


@dataclass(frozen=True)
class JointCounts:
    """Predicted against actual: how many held-out ratings fall where."""

    predicted_edges: tuple[float, ...]
    """Rating units, ascending, one more than rows of `counts`."""
    actual_edges: tuple[float, ...]
    """One more than columns; where values are few each has a column of its own in its middle."""
    counts: tuple[tuple[int, ...], ...]
    """By predicted, then by actual."""


@dataclass(frozen=True)
class CalibrationPoint:
    """Held-out ratings that were predicted about alike."""

    predicted: float
    """Their mean prediction."""
    actual: Interval
    """Their mean rating."""
    n: int


@dataclass(frozen=True)
class ResidualCell:
    """Held-out ratings of users about as active and items about as popular."""

    activity: tuple[int, int]
    """Fewest and most training ratings of these users."""
    popularity: tuple[int, int]
    """Fewest and most training ratings of these items."""
    n: int
    residual: float
    """Mean of predicted minus actual; 0 where n is."""
    rmse: float


@dataclass(frozen=True)
class CoveredPart:
    """How many ratings of a quarter of the held-out ones are within their bands."""

    training: tuple[int, int]
    """Fewest and most training ratings of these users, or of these items."""
    n: int
    inside: float
    """Share."""


@dataclass(frozen=True)
class BandCoverage:
    """How many held-out ratings are within the bands that the run told of."""

    words: str
    """What the bands are called: `80 %`, or else."""
    inside: float
    """Share."""
    width: float
    """Of the bands, in the mean, in rating units."""
    by_activity: tuple[CoveredPart, ...]
    """By quarter of the users' activity, least first."""
    by_popularity: tuple[CoveredPart, ...]


@dataclass(frozen=True)
class HeldOutPrediction:
    """A held-out rating and what the run thought of it."""

    user: str
    item: str
    title: str
    predicted: float
    actual: float
    user_ratings: int
    """Training ratings of the user."""
    item_ratings: int
    band: Band | None = None
    """How far a rating may be from what is predicted, where the model tells."""


@dataclass(frozen=True)
class SplitAudit:
    """What makes a split easier or harder than life."""

    kind: str
    n_training: int
    n_held_out: int
    unseen_users: int
    """Users with held-out ratings and none in training."""
    unseen_items: int
    unseen_pairs: int
    """Held-out ratings of either."""
    duplicates: int
    """Pairs of user and item that are in training and held out."""
    future: float | None
    """Share of training ratings later than their user's earliest held-out one; none without
    times."""
    warnings: tuple[str, ...]
    """In words: what a reader of the figures should know."""

    @property
    def knows_future(self) -> bool:
        """Return whether so much of training is later that figures are easier to reach."""
        return self.future is not None and self.future > MUCH_LATER


@dataclass(frozen=True)
class CheckAnswer:
    """How right a run is."""

    run: str
    step: int
    weights: str
    """`last` or `best`."""
    at: int
    n_users: int
    """Users whose lists were judged."""
    liked_from: float
    """A held-out rating of at least this is relevant."""
    methods: tuple[MethodRow, ...]
    """The run first."""
    comparisons: tuple[Comparison, ...]
    """The most telling first; the first one's words are the verdict."""
    joint: JointCounts
    calibration: tuple[CalibrationPoint, ...]
    residuals: tuple[tuple[ResidualCell, ...], ...]
    """By activity of users, then by popularity of items; least first."""
    worst: tuple[HeldOutPrediction, ...]
    """Farthest off first."""
    audit: SplitAudit
    coverage: BandCoverage | None = None
    """None where the model tells no bands."""
