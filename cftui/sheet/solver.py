"""The lesson's sheet: factors of a crosstab's users and items, found from its known cells."""

import time
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from cftui.explore.arithmetic import cell_arithmetic
from cftui.library.door import Library, answers
from cftui.models.factors import Factors
from cftui.questions.errors import QuestionError
from cftui.questions.sheet import (
    CellArithmetic,
    CellOfSheet,
    DescendSheet,
    EvaluateSheet,
    Sheet,
    SheetAnswer,
    SolveSheet,
    StartSheet,
)
from cftui.ratings.unit import RatingUnit

Floats = NDArray[np.float64]

MOST_FACTORS = 20
FRAMES = 60
"""Of a solution's way that are kept to be shown."""
SOLVE_SECONDS = 1.0
RUNAWAY = 1e9
"""An RMSE that no sheet comes back from."""
MEMORY = 20
"""Pairs of steps and gradients from which L-BFGS estimates the curvature."""


@answers(StartSheet)
def answer_start(_: Library, question: StartSheet) -> SheetAnswer:
    """Begin a sheet."""
    start = (question.n_factors, question.biases, question.seed)
    sheet = start_sheet(question.actual, *start)
    return evaluate(replace(sheet, low=question.low, high=question.high))


@answers(EvaluateSheet)
def answer_evaluate(_: Library, question: EvaluateSheet) -> SheetAnswer:
    """Let a sheet predict as it stands."""
    return evaluate(question.sheet)


@answers(DescendSheet)
def answer_descend(_: Library, question: DescendSheet) -> SheetAnswer:
    """Take steps down."""
    return descend(question.sheet, question.steps, question.learning_rate, question.momentum)


@answers(SolveSheet)
def answer_solve(_: Library, question: SolveSheet) -> SheetAnswer:
    """Solve a sheet."""
    return solve(question.sheet, question.seconds)


@answers(CellOfSheet)
def answer_cell(_: Library, question: CellOfSheet) -> CellArithmetic:
    """Take a sheet's prediction apart."""
    return cell_of_sheet(question.sheet, question.row, question.column)


def start_sheet(actual: Floats, n_factors: int, biases: bool, seed: int) -> Sheet:
    """Return a sheet with factors, and biases if wished, uniform between 0 and 1 (lesson 5).

    `actual`: ratings, shape (n, m), NaN where there is none. Raises QuestionError for a number of
    factors that is not within 1 to 20, and where no cell is known.
    """
    if not 1 <= n_factors <= MOST_FACTORS:
        raise QuestionError(f"{n_factors} factors in the sheet: choose 1 to {MOST_FACTORS}")
    if np.isnan(actual).all():
        raise QuestionError("none of these users rated any of these items; choose more of them")
    n, m = actual.shape
    draw = np.random.default_rng(seed).uniform
    return Sheet(
        actual=actual,
        user_factors=draw(size=(n, n_factors)),
        item_factors=draw(size=(m, n_factors)),
        user_bias=draw(size=(n,)) if biases else None,
        item_bias=draw(size=(m,)) if biases else None,
    )


def evaluate(sheet: Sheet) -> SheetAnswer:
    """Return what a sheet predicts as it stands."""
    error = _error(sheet)
    unit = _unit(sheet)
    predicted = unit.to_ratings(error + np.nan_to_num(unit.to_unit(sheet.actual)))
    predicted = np.where(np.isnan(sheet.actual), 0.0, predicted)
    return SheetAnswer(sheet, predicted, _rmse(error, sheet) * unit.scale)


def descend(sheet: Sheet, steps: int, learning_rate: float, momentum: float) -> SheetAnswer:
    """Take full-batch steps of gradient descent on the RMSE of the known cells.

    v ← momentum·v + gradient, parameters ← parameters - learning_rate·v, as torch.optim.SGD.
    Raises QuestionError if the RMSE grows beyond all bounds.
    """
    velocity = np.zeros(len(_vector(sheet))) if sheet.velocity is None else sheet.velocity
    rmses: list[float] = []
    for _ in range(steps):
        velocity = momentum * velocity + gradient(sheet)[1]
        moved = _with_vector(sheet, _vector(sheet) - learning_rate * velocity)
        sheet = replace(moved, velocity=velocity, step=sheet.step + 1)
        rmse = _rmse(_error(sheet), sheet)
        rmses.append(rmse * _unit(sheet).scale)
        if not rmse < RUNAWAY:
            raise QuestionError(
                f"the sheet ran away at a learning rate of {learning_rate:g}; take a smaller one"
            )
    return replace(evaluate(sheet), rmses=tuple(rmses))


def solve(sheet: Sheet, seconds: float = SOLVE_SECONDS) -> SheetAnswer:
    """Minimise the RMSE of the known cells by L-BFGS (Liu and Nocedal 1989), for a time at most."""
    from scipy.optimize import minimize

    way: list[tuple[Floats, float]] = [(_vector(sheet), _rmse(_error(sheet), sheet))]
    deadline = time.monotonic() + seconds

    def objective(vector: Floats) -> tuple[float, Floats]:
        return gradient(_with_vector(sheet, vector))

    def note(intermediate_result: Any) -> None:
        way.append((intermediate_result.x.copy(), float(intermediate_result.fun)))
        if time.monotonic() > deadline:
            raise StopIteration

    options = {"maxcor": MEMORY, "maxiter": 5_000, "maxfun": 50_000, "ftol": 1e-9, "gtol": 1e-6}
    with threadpool_limits(limits=1):  # on vectors as short as these, threads only wait
        found = minimize(
            objective, way[0][0], jac=True, method="L-BFGS-B", callback=note, options=options
        )
    ways = np.unique(np.linspace(0, len(way) - 1, FRAMES).astype(int)).tolist()
    frames = tuple(
        replace(_with_vector(sheet, way[place][0]), step=sheet.step + place) for place in ways
    )
    return replace(
        evaluate(replace(frames[-1], velocity=None)),
        rmses=tuple(rmse * _unit(sheet).scale for _, rmse in way[1:]),
        frames=frames,
        converged=bool(found.success),
    )


def gradient(sheet: Sheet) -> tuple[float, Floats]:
    """Return the RMSE of the known cells and its derivative by every parameter, in the unit.

    The order is that of the sheet's fields: user factors, item factors, user and item biases.
    """
    error = _error(sheet)
    rmse = _rmse(error, sheet)
    # At an RMSE of 0 there is no slope: the sheet is solved.
    slope = error / (_known(sheet) * rmse) if rmse > 0 else np.zeros_like(error)
    parts = [slope @ sheet.item_factors, slope.T @ sheet.user_factors]
    if sheet.user_bias is not None:
        parts += [slope.sum(1), slope.sum(0)]
    return rmse, np.concatenate([part.ravel() for part in parts])


def cell_of_sheet(sheet: Sheet, row: int, column: int) -> CellArithmetic:
    """Return how a sheet comes to the prediction in one cell."""
    factors = Factors(
        sheet.user_factors,
        sheet.item_factors,
        sheet.user_bias,
        sheet.item_bias,
        low=sheet.low,
        high=sheet.high,
        sigmoid=False,
        unit=_unit(sheet),
    )
    actual = float(sheet.actual[row, column])
    rmse = _rmse(_error(sheet), sheet) * _unit(sheet).scale
    return cell_arithmetic(
        factors,
        row,
        column,
        None if np.isnan(actual) else actual,
        loss="RMSE",
        slope=1 / (_known(sheet) * rmse) if rmse > 0 else 0.0,
    )


def _unit(sheet: Sheet) -> RatingUnit:
    """Return what the sheet computes in, as trainers do: a rate means the same on every scale."""
    return RatingUnit(sheet.low, sheet.high)


def _error(sheet: Sheet) -> Floats:
    """Return predicted minus actual in the unit, 0 where there is no rating."""
    product = sheet.user_factors @ sheet.item_factors.T
    if sheet.user_bias is not None and sheet.item_bias is not None:
        product += sheet.user_bias[:, None] + sheet.item_bias
    return np.where(np.isnan(sheet.actual), 0.0, product - _unit(sheet).to_unit(sheet.actual))


def _rmse(error: Floats, sheet: Sheet) -> float:
    return float(np.sqrt(np.sum(error * error) / _known(sheet)))


def _known(sheet: Sheet) -> int:
    return int(np.count_nonzero(~np.isnan(sheet.actual)))


def _vector(sheet: Sheet) -> Floats:
    """Return all parameters as one vector."""
    parts = [sheet.user_factors, sheet.item_factors, sheet.user_bias, sheet.item_bias]
    return np.concatenate([part.ravel() for part in parts if part is not None])


def _with_vector(sheet: Sheet, vector: Floats) -> Sheet:
    """Return the sheet with other parameters."""
    (n, m), k = sheet.actual.shape, sheet.n_factors
    biases = vector[(n + m) * k :]
    return replace(
        sheet,
        user_factors=vector[: n * k].reshape(n, k),
        item_factors=vector[n * k : (n + m) * k].reshape(m, k),
        user_bias=biases[:n] if len(biases) else None,
        item_bias=biases[n:] if len(biases) else None,
    )
