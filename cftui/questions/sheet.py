"""Questions about the crosstab and its sheet."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cftui.questions.parts import PredictionParts
from cftui.questions.question import Question

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


Order = Literal["id", "activity"]
"""Rows and columns in ascending order of their ids, or the most active first."""


@dataclass(frozen=True)
class OpenCrosstab(Question["CrosstabAnswer"], answered_in="cftui.explore.cells"):
    """What did the most active users give the most rated items?"""

    store: str
    n_users: int = 15
    n_items: int = 15
    order: Order = "id"


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
    low: float = 0.5
    """Of all ratings of the data; so `high`."""
    high: float = 5.0


@dataclass(frozen=True)
class PredictCells(Question["PredictedCells"], answered_in="cftui.explore.cells"):
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

    Arrays are read-only. A prediction is the product of two rows of factors plus the biases, where
    ratings are from 0.5 to 5; ratings from `low` to `high` are mapped onto those and back.
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
    low: float = 0.5
    high: float = 5.0

    @property
    def n_factors(self) -> int:
        """Return the number of factors a side."""
        return int(self.user_factors.shape[1])


@dataclass(frozen=True)
class StartSheet(Question["SheetAnswer"], answered_in="cftui.sheet.solver"):
    """A sheet with fresh factors, uniform between 0 and 1."""

    actual: "Floats"
    n_factors: int = 5
    biases: bool = False
    seed: int = 0
    low: float = 0.5
    """Of all ratings of the data; so `high`."""
    high: float = 5.0


@dataclass(frozen=True)
class EvaluateSheet(Question["SheetAnswer"], answered_in="cftui.sheet.solver"):
    """What does a sheet predict as it stands?"""

    sheet: Sheet


def default_rate(n_users: int, n_items: int) -> float:
    """Return a learning rate that is quick and safe for `DescendSheet` with a momentum of 0.9.

    The gradient of a row shrinks as cells are added, hence the rate grows with the table: 1 for
    15 by 15.
    """
    return (n_users + n_items) / 30


@dataclass(frozen=True)
class DescendSheet(Question["SheetAnswer"], answered_in="cftui.sheet.solver"):
    """So many full steps of gradient descent on the RMSE of the known cells."""

    sheet: Sheet
    steps: int
    learning_rate: float
    momentum: float


@dataclass(frozen=True)
class SolveSheet(Question["SheetAnswer"], answered_in="cftui.sheet.solver"):
    """L-BFGS on the RMSE of the known cells, as far as it gets in some seconds."""

    sheet: Sheet
    seconds: float = 1.0


@dataclass(frozen=True, eq=False)
class SheetAnswer:
    """A sheet and what it predicts."""

    sheet: Sheet
    predicted: "Floats"
    """Shape (n, m); 0 where there is no rating, as the lesson has it."""
    rmse: float
    """Of the known cells, in rating units."""
    rmses: tuple[float, ...] = ()
    """After each step that led here, in rating units."""
    frames: tuple[Sheet, ...] = ()
    """The sheet on its way here, from the start on, thinned."""
    converged: bool = False
    """Whether going on would change next to nothing."""


@dataclass(frozen=True)
class ReadSheet(Question["ReadAnswer"], answered_in="cftui.sheet.read_workbook"):
    """What stands in a workbook that WriteCells made, and a spreadsheet may have solved since?"""

    path: str
    store: str
    """Of the ratings that its ids are of."""


@dataclass(frozen=True, eq=False)
class ReadAnswer:
    """A workbook's sheet, and its labels with the titles of the data."""

    sheet: Sheet
    labels: Labels


@dataclass(frozen=True, eq=False)
class WriteCells(Question["str"], answered_in="cftui.sheet.export"):
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
class CellOfSheet(Question["CellArithmetic"], answered_in="cftui.sheet.solver"):
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
    scale: float
    """Without a sigmoid, the prediction is the total times this plus `offset`; 1 and 0 where what
    was trained was ratings from 0.5 to 5.
    """
    offset: float
    predicted: float
    actual: float | None
    loss: Literal["squared error", "RMSE"]
    """What the gradients are of: this rating's squared error, or the RMSE of the sheet's cells."""
    loss_unit: float
    """What is descended is the loss divided by this: the loss as it is on ratings from 0.5 to 5."""
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


@dataclass(frozen=True)
class CellOfRun(Question[CellArithmetic | PredictionParts], answered_in="cftui.explore.arithmetic"):
    """How does a run's model come to its prediction for this pair?"""

    run: str
    user: str
    item: str
    when: str = ""
    """As of which time, as `Predict` has it."""
