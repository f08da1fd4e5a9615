"""What the lesson says in passing, computed: each with numbers that one can check by hand."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np

from cftui.library.door import Library, answers
from cftui.questions.errors import QuestionError
from cftui.questions.lab_truths import (
    AverageAnswer,
    AverageLoss,
    AveragePoint,
    CallDotProduct,
    DotProductAnswer,
    EmbeddingAnswer,
    LookUpEmbedding,
    Matrix,
)
from cftui.runs.directory import Run
from cftui.runs.history import Curve, read_history
from cftui.training.progress import SMOOTHING

TIMES = 25
"""How often something is timed."""
V = TypeVar("V")


@answers(CallDotProduct)
def answer_call_dot_product(_: Library, question: CallDotProduct) -> DotProductAnswer:
    """Compute row by row, and call the lesson's module."""
    import torch

    from cftui.lab.dot_product import DotProduct

    if {len(row) for row in question.a} != {len(row) for row in question.b} or len(
        question.a
    ) != len(question.b):
        raise QuestionError("the two tables have unlike shapes; give as many rows and columns")
    a, b = torch.tensor(question.a), torch.tensor(question.b)
    called: list[float] = DotProduct()(a, b).tolist()
    products: Matrix = tuple(tuple(row) for row in (a * b).tolist())
    sums: list[float] = (a * b).sum(1).tolist()
    return DotProductAnswer(question.a, question.b, products, tuple(sums), tuple(called))


@answers(LookUpEmbedding)
def answer_look_up(library: Library, question: LookUpEmbedding) -> EmbeddingAnswer:
    """Look a user's factors up, and multiply; raises QuestionError where a run has none."""
    if question.run:
        trained = library.trained(question.run)
        ratings, matrix, of = trained.ratings, trained.require("user_factors"), trained.run
    else:
        ratings, of = library.ratings(question.store), "drawn by seed 0"
        draw = np.random.default_rng(0)
        matrix = draw.normal(size=(ratings.n_users, question.n_factors)).astype(np.float32)
    code = ratings.users.code_of(question.user) if question.user else 0
    one_hot = np.zeros(len(matrix), matrix.dtype)
    one_hot[code] = 1
    looked_up, look_up_seconds = _timed(lambda: matrix[code])
    multiplied, multiply_seconds = _timed(lambda: one_hot @ matrix)
    return EmbeddingAnswer(
        *(ratings.users.id_of(code), code, ratings.n_users, of),
        tuple(looked_up.tolist()),
        tuple(multiplied.tolist()),
        bool(np.array_equal(looked_up, multiplied)),
        look_up_seconds,
        multiply_seconds,
    )


def _timed(compute: Callable[[], V]) -> tuple[V, float]:
    """Return what is computed, and the seconds of the fastest of several times."""
    found, fastest = compute(), float("inf")
    for _ in range(TIMES):
        began = time.perf_counter()
        compute()
        fastest = min(fastest, time.perf_counter() - began)
    return found, fastest


@answers(AverageLoss)
def answer_average_loss(_: Library, question: AverageLoss) -> AverageAnswer:
    """Average a run's reported losses anew; raises QuestionError where it reported none."""
    run = Run(Path(question.run))
    curve = read_history(run.events).curve
    if not len(curve):
        raise QuestionError(f"{run.id} has reported no loss; choose a run that took steps")
    return AverageAnswer(run.id, SMOOTHING, tuple(_averaged(curve, SMOOTHING)))


def _averaged(curve: Curve, alpha: float) -> Iterator[AveragePoint]:
    """Give the averages at each report.

    Of the k steps since the one before only the mean is known: taken k times, alpha * old +
    (1 - alpha) * new is alpha^k * old + (1 - alpha^k) * new.
    """
    average, before = 0.0, 0
    for step, loss, smooth in zip(curve.step, curve.loss, curve.smooth, strict=True):
        kept = alpha ** (step - before)
        average, before = kept * average + (1 - kept) * loss, step
        yield AveragePoint(step, loss, average, average / (1 - alpha**step), smooth)
