"""One frozen dataclass a question that the brain answers, and one an answer.

Ids are the data set's own, as text. Runs and stores are named by the path of their directory.
Values are in rating units. Nothing here needs more than the standard library, so that screen,
shell and brain share it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Metric = Literal["cosine", "dot", "euclid"]


class QuestionError(ValueError):
    """A question that cannot be answered; the message says what to do instead."""


class Untrusted(QuestionError):
    """A run's own model that nobody agreed here to execute; the message says how to."""


class Ambiguous(QuestionError):
    """Several items fit a title equally well; the message lists them."""


# Data


@dataclass(frozen=True)
class Problem:
    """A row that was left out, and why."""

    line: int
    """Counted from 1, the header included."""
    column: str
    value: str
    reason: str
    counted: str = "line"
    """What is counted: `line`, or `row` where a file has no lines."""


@dataclass(frozen=True)
class ColumnMapping:
    """Which columns of a file mean what: names of its header, or numbers counted from 1.

    Whatever is empty is recognised by looking.
    """

    user: str = ""
    item: str = ""
    rating: str = ""
    timestamp: str = ""
    separator: str = ""
    """What stands between two columns: one character, `::`, or `tab`."""


AS_RECOGNISED = ColumnMapping()
"""Every column as it is recognised by looking."""


@dataclass(frozen=True)
class OpenData:
    """What is in the ratings that a data set's name or a path means?

    The answer is a DataSummary, or None where they must be ingested first.
    """

    source: str
    mapping: ColumnMapping = AS_RECOGNISED


@dataclass(frozen=True)
class LookAtFile:
    """What does the beginning of a ratings file look like? The answer is a FileLook."""

    source: str
    mapping: ColumnMapping = AS_RECOGNISED


@dataclass(frozen=True)
class FileLook:
    """The beginning of a ratings file, and what was recognised of it."""

    source: str
    """The file that was looked at, with the member where it is in a zip."""
    format: str = ""
    """What it is, in words, such as `comma-separated`; empty where that is not known."""
    packed: str = ""
    """`gzip`, `zip` or nothing."""
    encoding: str = ""
    separator: str = ""
    has_header: bool = False
    columns: tuple[str, ...] = ()
    """The header's names; 1, 2, 3… where there is no header."""
    rows: tuple[tuple[str, ...], ...] = ()
    """The first rows, as text."""
    mapping: ColumnMapping = AS_RECOGNISED
    """The mapping asked for, completed by what was recognised; empty where that is uncertain."""
    members: tuple[str, ...] = ()
    """Paths that could be given instead: the ratings files of a zip or a folder that has more."""
    titles: str = ""
    """The file that gives the items titles; empty where there is none."""
    problem: str = ""
    """Why it cannot be read as it is, and what to do; empty where it can."""


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
class ValueBar:
    """How many ratings have values from `low` to `high`; the two are equal for a single value."""

    low: float
    high: float
    """Not included, but for the last bar."""
    count: int


QUANTILES = (("min", 0.0), ("1/4", 0.25), ("median", 0.5), ("3/4", 0.75),
             ("90%", 0.9), ("99%", 0.99), ("max", 1.0))  # fmt: skip
"""What is told of the ratings per user and per item."""


@dataclass(frozen=True)
class Tail:
    """How ratings are shared out among users, or among items: few have many, many have few."""

    quantiles: tuple[float, ...]
    """Of the number of ratings, one for each of QUANTILES."""
    ranks: tuple[int, ...]
    """From 1, the one with most ratings; thinned evenly on a logarithmic axis."""
    counts: tuple[int, ...]
    """Ratings of each rank."""
    top_1_percent: float
    """Share of all ratings that the top 1 % have, 0 to 1; at least one is the top."""
    top_10_percent: float
    single: int
    """How many have one rating alone."""


@dataclass(frozen=True)
class Timeline:
    """Ratings in each year, month, day or hour, of equal times from the first on."""

    unit: Literal["year", "month", "day", "hour"]
    first: str
    """The first period, as in ISO 8601: 1996, 1996-03, 1996-03-29 or 1996-03-29T18."""
    last: str
    counts: tuple[int, ...]
    outside: int
    """Ratings centuries away from the median, of which nothing is shown."""


@dataclass(frozen=True)
class FirstRow:
    """One of the first ratings, in the file's order."""

    user: str
    item: str
    title: str
    """Empty where the items have no titles."""
    value: float
    time: str
    """Date and time in UTC; empty without timestamps."""


@dataclass(frozen=True, kw_only=True)
class DataProfile(DataSummary):
    """What there is to know of a data set before a model is chosen."""

    density: float
    """Share of all pairs of a user and an item that are rated, 0 to 1."""
    text_users: int
    """How many user ids are other than whole numbers."""
    text_items: int
    values: tuple[ValueBar, ...]
    """Each value where they are few, else bins of equal width."""
    users: Tail
    items: Tail
    timeline: Timeline | None
    """None where there are no timestamps."""
    rows: tuple[FirstRow, ...]
    problems: tuple[Problem, ...]
    """The first unusable rows."""
    warnings: tuple[str, ...]
    """What else is wrong with the files, a sentence each."""


@dataclass(frozen=True)
class ListDataSets:
    """Which data sets are there to open or to download? The answer is a tuple of DataSetRow."""


@dataclass(frozen=True)
class DataSetRow:
    """A data set that can be opened, or downloaded first."""

    name: str
    kind: Literal["bundled", "recent", "downloaded", "catalogue"]
    """`recent`: a file of the user's own, opened before."""
    source: str
    """What opens it, once it is there: its name, or its path."""
    where: str
    """The path of its file, or where it can be downloaded from."""
    size: int | None
    """Bytes of the file; none where it is gone."""
    state: str
    """In words: ready, downloaded, to download, 12 of 66 MB, gone."""
    ready: bool
    """Whether it can be opened now."""
    n_ratings: int | None
    """Counts as last seen or as published; none where they are not known."""
    n_users: int | None
    n_items: int | None
    holds: str
    """In a few words, what is in it."""
    licence: str
    """Empty where it is not known."""
    opened: float | None = None
    """When it was last opened or trained on, in seconds since 1970."""
    received: int = 0
    """Bytes that an unfinished download left; the next one goes on from them."""
    changes: bool = False
    """Whether its publisher replaces it now and then, so that it can be held against nothing."""
    mapping: ColumnMapping = AS_RECOGNISED


@dataclass(frozen=True)
class DescribeSplit:
    """What would a split hold out, and what of it would training never have seen?"""

    store: str
    settings: Mapping[str, Any]
    """Of the section `split`: kind, fraction, seed; what is not said is as by default."""


@dataclass(frozen=True)
class SplitSummary:
    """How ratings are split into training and validation."""

    kind: str
    n_train: int
    n_valid: int
    unseen_users: int
    """Validation users without a training rating."""
    unseen_items: int
    """Validation items without a training rating."""
    unseen_pairs: int
    """Validation ratings of such a user or item."""
    cut: int | None
    """For `time`: the timestamp of the first validation rating."""


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
class DescribeItems:
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


@dataclass(frozen=True)
class Facets:
    """Which genres and years are there to filter by?"""

    store: str


@dataclass(frozen=True)
class FacetsAnswer:
    """Genres, the commonest first, and the span of years; none where titles name no years."""

    genres: tuple[str, ...]
    first_year: int | None
    last_year: int | None


# A model of the user's own


@dataclass(frozen=True)
class DescribeModel:
    """Which parameters does the class in a file, `path.py:Class`, or an installed model take?

    The answer is a ModelDescription; or NeedsAgreement, where reading them would execute a source
    that nobody agreed to here. With `agreed`, that is done, and remembered.
    """

    name: str
    store: str
    """Of the ratings, whose size and range a model is built for."""
    values: tuple[tuple[str, object], ...] = ()
    """Its parameters, by name, as far as they are given."""
    agreed: bool = False


@dataclass(frozen=True)
class NeedsAgreement:
    """A source that would be executed."""

    name: str
    path: str


@dataclass(frozen=True)
class ModelDescription:
    """What a form needs to know of a user's model."""

    name: str
    about: str
    fields: tuple[dict[str, object], ...]
    """Each the keywords of a FieldSpec."""
    values: tuple[tuple[str, object], ...]
    """As they were asked about."""
    parameter_count: int | None
    """Trainable numbers with these values; none where there is a problem."""
    problem: str
    """Why the model cannot be built with these values; empty where it can."""
    notes: tuple[str, ...]


# A trained model


@dataclass(frozen=True)
class AskAbilities:
    """What can the model of a run be asked?"""

    run: str


@dataclass(frozen=True)
class Abilities:
    """The abilities of a trained model."""

    model: str
    has_item_factors: bool
    has_item_bias: bool
    takes_newcomers: bool
    """Whether somebody new can be folded in without training."""


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
    only: ItemFilter = ItemFilter()


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
    only: ItemFilter = ItemFilter()
    """Of what is recommended."""


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
class Fan:
    """A user who rated an item, or one who would like it."""

    user: str
    value: float | None
    """What they gave it; none where they have not rated it."""
    predicted: float
    mean: float
    """Of all their ratings."""
    n_ratings: int


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
class ExploreBiases:
    """Which items have the highest and lowest biases: what is left once tastes are explained?"""

    run: str
    n: int = 50
    only: ItemFilter = ItemFilter(min_ratings=20)


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


# Somebody who is not in the data

REGULARIZATION = 3.0
"""Of a fold-in; measured, see `cftui.explore.fold_in`."""


@dataclass(frozen=True)
class FoldIn:
    """What would somebody like who gave these ratings, and is not in the data?

    `rated` and `before` are (item id, value) each; only models of the dot family can say.
    """

    run: str
    rated: tuple[tuple[str, float], ...]
    n: int = 50
    regularization: float = REGULARIZATION
    only: ItemFilter = ItemFilter()
    before: tuple[tuple[str, float], ...] | None = None
    """Their former ratings, to tell what moved since."""


@dataclass(frozen=True)
class OwnRating:
    """A newcomer's rating beside what the model says of them now."""

    item: str
    title: str
    genres: str
    value: float
    predicted: float
    trained: bool
    """Whether any rating of the item was trained on; without one this rating tells nothing."""


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
    rated: tuple[OwnRating, ...]
    recommended: tuple[Recommendation, ...]
    moved: tuple[int | None, ...]
    """Places that each recommended item rose (fell, where negative) since `before`, among those
    items that are rated in neither; none where there is nothing to compare with."""

    @property
    def flat(self) -> bool:
        """Return whether the model has learned too little of tastes for lists to differ."""
        return self.spread < 0.02


@dataclass(frozen=True)
class SuggestItems:
    """What should a newcomer rate first? Well known items, unlike each other and the rated."""

    run: str
    rated: tuple[str, ...] = ()
    n: int = 30


# Crosstab and sheet


@dataclass(frozen=True)
class OpenCrosstab:
    """What did the most active users give the most rated items?"""

    store: str
    n_users: int = 15
    n_items: int = 15
    order: Literal["id", "activity"] = "id"


@dataclass(frozen=True)
class Labels:
    """What the rows and columns of a crosstab stand for."""

    users: tuple[str, ...]
    """Ids of the rows; so `items` of the columns."""
    items: tuple[str, ...]
    titles: tuple[str, ...]
    """Of the items, exactly as in the file."""


@dataclass(frozen=True, eq=False)
class CrosstabAnswer:
    """The crosstab: n users by m items."""

    labels: Labels
    user_counts: tuple[int, ...]
    """Each user's ratings in the whole data set; so for `item_counts`."""
    item_counts: tuple[int, ...]
    values: "Floats"
    """Ratings, shape (n, m), NaN where there is none."""


@dataclass(frozen=True)
class PredictCells:
    """What would each of these users give each of these items?"""

    run: str
    labels: Labels


@dataclass(frozen=True, eq=False)
class PredictedCells:
    """Predictions for users by items."""

    step: int
    """The training step that the weights are of."""
    values: "Floats"
    """Shape (n, m), in rating units."""


@dataclass(frozen=True, eq=False)
class Sheet:
    """The lesson's spreadsheet: known ratings, and factors that explain them.

    Arrays are read-only. A prediction is the product of two rows of factors plus the biases.
    """

    actual: "Floats"
    """Shape (n, m), NaN where there is no rating."""
    user_factors: "Floats"
    """Shape (n, k)."""
    item_factors: "Floats"
    """Shape (m, k)."""
    user_bias: "Floats | None"
    """Shape (n,); none in a sheet without biases. So `item_bias`, shape (m,)."""
    item_bias: "Floats | None"
    velocity: "Floats | None" = None
    """What gradient descent with momentum carries on, one number a parameter; none at rest."""
    step: int = 0

    @property
    def n_factors(self) -> int:
        """Return the number of factors a side."""
        return int(self.user_factors.shape[1])


@dataclass(frozen=True)
class StartSheet:
    """A sheet with fresh factors, uniform between 0 and 1."""

    actual: "Floats"
    n_factors: int = 5
    biases: bool = False
    seed: int = 0


@dataclass(frozen=True)
class LookAtSheet:
    """What does a sheet predict as it stands?"""

    sheet: Sheet


@dataclass(frozen=True)
class DescendSheet:
    """So many full steps of gradient descent on the RMSE of the known cells."""

    sheet: Sheet
    steps: int
    learning_rate: float
    momentum: float


@dataclass(frozen=True)
class SolveSheet:
    """L-BFGS on the RMSE of the known cells, as far as it gets in a second."""

    sheet: Sheet


@dataclass(frozen=True, eq=False)
class SheetAnswer:
    """A sheet and what it predicts."""

    sheet: Sheet
    predicted: "Floats"
    """Shape (n, m); 0 where there is no rating, as the lesson has it."""
    rmse: float
    """Of the known cells, in rating units."""
    rmses: tuple[float, ...] = ()
    """After each step that led here."""
    frames: tuple[Sheet, ...] = ()
    """The sheet on its way here, from the start on, thinned."""
    converged: bool = False
    """Whether going on would change next to nothing."""


@dataclass(frozen=True, eq=False)
class WriteCells:
    """The cells as a file, or as text where there is no path: TSV, for a clipboard.

    The answer is the text, or the path of the file as it was written.
    """

    labels: Labels
    values: "Floats"
    """Shape (n, m), NaN for an empty cell."""
    path: str = ""
    """Ends in .csv, .tsv, .md or .xlsx; the last needs a sheet."""
    sheet: Sheet | None = None


@dataclass(frozen=True)
class CellOfRun:
    """How does a run's model come to its prediction for this pair?"""

    run: str
    user: str
    item: str


@dataclass(frozen=True)
class CellOfSheet:
    """How does the sheet come to the prediction in this cell?"""

    sheet: Sheet
    row: int
    column: int


@dataclass(frozen=True)
class CellArithmetic:
    """A prediction number by number, and the gradient that its error sends back."""

    user_factors: tuple[float, ...]
    item_factors: tuple[float, ...]
    products: tuple[float, ...]
    """Factor by factor."""
    user_bias: float | None
    item_bias: float | None
    total: float
    """Sum of products and biases."""
    sigmoid: bool
    """Whether the total goes through a sigmoid to `low` … `high`."""
    low: float
    high: float
    predicted: float
    actual: float | None
    loss: Literal["squared error", "RMSE"]
    """What the gradients are of: this rating's squared error, or the RMSE of the sheet's cells."""
    loss_slope: float
    """Derivative of the loss by the prediction; 0 without a rating."""
    total_slope: float
    """Derivative of the loss by the total, and thereby by each bias."""
    user_gradient: tuple[float, ...]
    """Derivative of the loss by each of the user's factors; so for `item_gradient`."""
    item_gradient: tuple[float, ...]

    @property
    def error(self) -> float | None:
        """Return predicted minus actual."""
        return None if self.actual is None else self.predicted - self.actual


Question = (
    OpenData
    | ListDataSets
    | DescribeSplit
    | LookAtFile
    | FindUsers
    | FindItems
    | DescribeItems
    | Facets
    | DescribeModel
    | AskAbilities
    | Predict
    | Recommend
    | Similar
    | ExploreUser
    | ExploreItem
    | ExploreBiases
    | FoldIn
    | SuggestItems
    | OpenCrosstab
    | PredictCells
    | StartSheet
    | LookAtSheet
    | DescendSheet
    | SolveSheet
    | WriteCells
    | CellOfRun
    | CellOfSheet
)
