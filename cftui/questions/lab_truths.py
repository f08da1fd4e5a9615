"""Questions of the lab about what the lesson says in passing."""

from dataclasses import dataclass

from cftui.questions.question import Question

Matrix = tuple[tuple[float, ...], ...]
LESSON_A: Matrix = ((1.0, 2.0), (3.0, 4.0))
LESSON_B: Matrix = ((2.0, 2.0), (10.0, 10.0))


@dataclass(frozen=True)
class CallDotProduct(Question["DotProductAnswer"], answered_in="cftui.lab.truths"):
    """What is the sum of two tables' products, row by row? The lesson's module is called."""

    a: Matrix = LESSON_A
    b: Matrix = LESSON_B


@dataclass(frozen=True)
class DotProductAnswer:
    """A dot product for each row, in two ways."""

    a: Matrix
    b: Matrix
    products: Matrix
    """a * b, number by number."""
    sums: tuple[float, ...]
    """(a * b).sum(1)."""
    called: tuple[float, ...]
    """What the module returns."""


@dataclass(frozen=True)
class LookUpEmbedding(Question["EmbeddingAnswer"], answered_in="cftui.lab.truths"):
    """Is looking a row up the same as a one-hot vector times the matrix, and which is faster?"""

    store: str
    """Of the ratings; of the run's, where there is one."""
    user: str = ""
    """An id; empty for the first."""
    run: str = ""
    """Whose user factors; empty for a matrix drawn by a seed."""
    n_factors: int = 50
    """Of the drawn matrix."""


@dataclass(frozen=True)
class EmbeddingAnswer:
    """One user's factors in two ways."""

    user: str
    code: int
    """The row of the user, from 0."""
    n_users: int
    of: str
    """Whose matrix it is."""
    looked_up: tuple[float, ...]
    multiplied: tuple[float, ...]
    """The one-hot vector times the matrix."""
    equal: bool
    """Whether every bit is."""
    look_up_seconds: float
    """Fastest of several."""
    multiply_seconds: float
    """Fastest of several, the one-hot vector made before."""


@dataclass(frozen=True)
class AverageLoss(Question["AverageAnswer"], answered_in="cftui.lab.truths"):
    """How does alpha * old + (1 - alpha) * new follow a run's loss, biased and debiased?"""

    run: str
    """Its directory."""


@dataclass(frozen=True)
class AveragePoint:
    """The averages as of a report of the run."""

    step: int
    loss: float
    """Mean of the batches since the report before; each counts with it."""
    biased: float
    """The average, which began with 0."""
    debiased: float
    """It over 1 - alpha^step, which is what it lacks."""
    smooth: float
    """What the run reported as its smooth curve."""


@dataclass(frozen=True)
class AverageAnswer:
    """A run's loss, averaged anew from what it reported."""

    run: str
    alpha: float
    points: tuple[AveragePoint, ...]
    """A point a report of the run; a long run's are many."""

    @property
    def debiased_apart(self) -> float:
        """Return how far the debiased average and the smooth curve are apart, at most."""
        return max((abs(one.debiased - one.smooth) for one in self.points), default=0.0)

    @property
    def biased_apart(self) -> float:
        """Return how far the biased average and the smooth curve are apart, at most."""
        return max((abs(one.biased - one.smooth) for one in self.points), default=0.0)
