"""A prediction number by number, and the gradient that its error sends back."""

import math
from typing import Literal

import numpy as np

from cftui.explore.parts import parts_of
from cftui.explore.predict import predict
from cftui.explore.rated_pairs import rated_pairs
from cftui.explore.when import time_of
from cftui.hyperparameters import models_with
from cftui.library.door import Library, answers
from cftui.library.trained import Trained
from cftui.models.factors import Factors
from cftui.questions.band import stars_words
from cftui.questions.errors import QuestionError
from cftui.questions.parts import PredictionParts
from cftui.questions.sheet import CellArithmetic, CellOfRun


def cell_arithmetic(
    factors: Factors,
    user: int,
    item: int,
    actual: float | None,
    *,
    loss: Literal["squared error", "RMSE"] = "squared error",
    slope: float = 2.0,
) -> CellArithmetic:
    """Return how a dot-product model comes to its prediction for one pair of codes.

    `slope` times the error is the derivative of the loss by the prediction: 2 for the squared
    error of this rating alone, 1/(n·RMSE) for the RMSE of n cells. The other derivatives follow
    by the chain rule. In float64, whatever the tables are in.
    """
    vector = factors.user_factors[user].astype(np.float64)
    other = factors.item_factors[item].astype(np.float64)
    biases = [
        None if bias is None else float(bias[code])
        for bias, code in ((factors.user_bias, user), (factors.item_bias, item))
    ]
    total = float(vector @ other) + sum(bias or 0.0 for bias in biases)
    predicted, steepness = _to_range(factors, total)
    loss_slope = 0.0 if actual is None else slope * (predicted - actual)
    total_slope = loss_slope * steepness
    return CellArithmetic(
        user_factors=tuple(vector.tolist()),
        item_factors=tuple(other.tolist()),
        products=tuple((vector * other).tolist()),
        user_bias=biases[0],
        item_bias=biases[1],
        total=total,
        sigmoid=factors.sigmoid,
        low=factors.low,
        high=factors.high,
        scale=1.0 if factors.sigmoid else factors.unit.scale,
        offset=0.0 if factors.sigmoid else factors.unit.offset,
        predicted=predicted,
        actual=actual,
        loss=loss,
        loss_unit=factors.unit.squared if loss == "squared error" else factors.unit.scale,
        loss_slope=loss_slope,
        total_slope=total_slope,
        user_gradient=tuple((total_slope * other).tolist()),
        item_gradient=tuple((total_slope * vector).tolist()),
    )


@answers(CellOfRun)
def answer_cell(library: Library, question: CellOfRun) -> CellArithmetic | PredictionParts:
    """Take a run's prediction for a user and an item apart."""
    trained = library.trained(question.run)
    user = trained.ratings.users.code_of(question.user)
    item = trained.ratings.items.code_of(question.item)
    if trained.factors is None:
        pair = rated_pairs(trained.ratings, np.array([user]), np.array([item]))
        parts = parts_of(trained, pair.at(time_of(trained, question.when)))
        if parts is not None:
            return parts
    return cell_of_run(trained, user, item)


def cell_of_run(trained: Trained, user: int, item: int) -> CellArithmetic:
    """Return how a dot-product model comes to its prediction for one pair of codes.

    Raises QuestionError for another model.
    """
    if trained.factors is None:
        found = predict(trained, user, item)
        raise QuestionError(
            f"Predicted {stars_words(found)}. {trained.config.model.name} is no sum of products:"
            " its arithmetic does not fit on a page; choose a run of"
            f" {models_with('dot-product')}, or of a factorization machine"
        )
    ratings = trained.ratings
    rated = ratings.by_user.of(user)
    known = rated[ratings.item[rated] == item]
    actual = float(ratings.value[known[0]]) if len(known) else None
    return cell_arithmetic(trained.factors, user, item, actual)


def _to_range(factors: Factors, total: float) -> tuple[float, float]:
    """Return the prediction, and its derivative by the total."""
    if not factors.sigmoid:
        unit = factors.unit
        return total * unit.scale + unit.offset, unit.scale
    share = 0.5 + 0.5 * math.tanh(0.5 * total)
    width = factors.high - factors.low
    return factors.low + width * share, width * share * (1.0 - share)
