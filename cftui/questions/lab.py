"""Questions to the lab: a descent, step by step."""

from dataclasses import dataclass

from cftui.questions.question import Question

LESSON = "lesson"
"""The points of the lesson's kind."""
RULE_NAMES = (
    *("sgd", "lesson-momentum", "momentum", "nesterov", "adagrad", "rmsprop"),
    *("adam", "adam-l2", "adamw"),
)
"""Update rules, in the order of the lesson."""
FUNCTION_NAMES = ("line", "parabola")


@dataclass(frozen=True)
class WeightChange:
    """A weight set by hand, as a step of its own."""

    after: int
    """Steps done before it."""
    letter: str
    value: float


@dataclass(frozen=True)
class DescentSettings:
    """What is descended, from where, and how: all that decides every number."""

    rule: str = "sgd"
    options: tuple[tuple[str, float | bool], ...] = ()
    """Of the rule, by name, such as `learning_rate`; others suit the lesson's points."""
    points: str = LESSON
    """`lesson`, or the path of a CSV file."""
    function: str = "line"
    start: tuple[float, ...] = ()
    """First weights; empty for 1 each."""
    batch: int = 1
    """Points in a step; 0 for all."""
    difference: float = 0.01
    """h of the estimated derivatives."""
    changes: tuple[WeightChange, ...] = ()


@dataclass(frozen=True)
class Descend(Question["DescentAnswer"], answered_in="cftui.lab.asked"):
    """What happens in these steps of a descent?

    Steps `first` to `last`, counted from 1; those before are taken silently.
    """

    settings: DescentSettings
    first: int
    last: int


@dataclass(frozen=True)
class WriteDescent(Question[str], answered_in="cftui.lab.export"):
    """Write the first steps of descents to a file; the answer is its path.

    An .xlsx, with a sheet each and live formulas, needs the same points for all; or a .csv.
    """

    settings: tuple[DescentSettings, ...]
    """At least one."""
    steps: int
    """Of each; 0 for one pass over the points."""
    path: str


@dataclass(frozen=True)
class StepRow:
    """One step of a descent; tuples by weight but for x and y, which are by point of the batch."""

    number: int
    by_hand: bool
    """Whether a weight was set here, in place of a step."""
    place: int
    """Of its first point, from 0."""
    x: tuple[float, ...]
    y: tuple[float, ...]
    weights: tuple[float, ...]
    """Before the step."""
    prediction: tuple[float, ...]
    squared_error: float
    """Mean over the batch."""
    estimated: tuple[float, ...]
    """Derivatives of the squared error by forward difference."""
    gradient: tuple[float, ...]
    """The same by the chain rule."""
    state: tuple[tuple[str, tuple[float, ...]], ...]
    """What the rule shows, by the letters of its paper."""
    new: tuple[float, ...]


@dataclass(frozen=True)
class DescentAnswer:
    """Steps of a descent."""

    letters: tuple[str, ...]
    """Of the weights."""
    formula: str
    n_points: int
    steps_per_epoch: int
    learning_rate: float
    source: str
    """Where the rule is from."""
    rows: tuple[StepRow, ...]
    epoch_rmse: tuple[float, ...]
    """Of whole epochs up to the last step asked for."""
    diverged: int | None
    """The step whose numbers are none any more, where that is among those taken."""
