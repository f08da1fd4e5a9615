"""What this library asks of the rest of the program: through the one door, all of it here."""

from collections.abc import Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray

from cftui.config import DataConfig
from cftui.explore.predict import predict_pairs
from cftui.explore.search import find_item
from cftui.explore.when import time_of
from cftui.library.door import Library
from cftui.library.trained import Trained
from cftui.questions.errors import QuestionError
from cftui.questions.items import ItemFilter, ListOrder
from cftui.questions.likes import ForYou, LikelyItem
from cftui.questions.trained import Metric, Neighbour, Recommend, Recommendation, Similar
from cftui.ratings.values import Ratings
from cftui.runs.directory import Run

Floats = NDArray[np.float32]


@cache
def door() -> Library:
    """Return this process's library, which remembers the last few stores and runs."""
    return Library()


def open_data(data: DataConfig) -> Ratings:
    """Return the ratings that a run's data section means.

    Raises FileNotFoundError where there are none, DataError where they cannot be read.
    """
    return door().open(data.source, data.mapping)


def trained_on(run: Run) -> Ratings:
    """Return the ratings that a run was trained on; raises RunError where they are gone."""
    return door().ratings_of(run)


def trained(run: Run) -> Trained:
    """Return a run's newest weights.

    Raises RunError, CheckpointError, ModelError or QuestionError where it cannot answer.
    """
    return door().trained(run.path)


def predictions(
    run: Run, users: NDArray[np.int64], items: NDArray[np.int64], when: str
) -> dict[str, Floats]:
    """Return the columns that predictions for codes of shape (n,) come to, (n,) each.

    `prediction`, and of a model that tells how sure it is `low` and `high`. NaN for codes below 0.
    `when`: as of which time. Raises QuestionError where that is none, or tells the model nothing.
    """
    known, opened = (users >= 0) & (items >= 0), trained(run)
    found = predict_pairs(opened, users[known], items[known], time_of(opened, when))
    columns = {"prediction": found.predicted}
    if found.bands is not None:
        columns |= {"low": found.bands.low, "high": found.bands.high}
    return {name: _spread(values, known) for name, values in columns.items()}


def _spread(values: Floats, known: NDArray[np.bool_]) -> Floats:
    """Return values at the places that are marked, NaN at all others."""
    whole = np.full(len(known), np.nan, np.float32)
    whole[known] = values
    return whole


def recommended(
    run: Run, user: str, n: int, only: ItemFilter, order: ListOrder
) -> tuple[Recommendation, ...]:
    """Return what a user of the data would like best; raises QuestionError for an unknown id."""
    return door().answer(Recommend(str(run.path), user, n, only, order))


def recommended_to_newcomer(
    run: Run, rated: Mapping[str, float], n: int, only: ItemFilter, order: ListOrder
) -> tuple[LikelyItem, ...]:
    """Return what somebody who gave these ratings would like best; stars by fold-in.

    Items are ids or titles. Raises QuestionError for what is not to be found or out of range, and
    for an order by stars of a run that cannot predict them.
    """
    ratings = trained_on(run)
    named = tuple(
        (ratings.items.id_of(find_item(ratings, text)), value) for text, value in rated.items()
    )
    answer = door().answer(ForYou(str(ratings.path), named, str(run.path), order, n, only))
    if answer.order != order:
        raise QuestionError(answer.no_stars)
    return answer.recommended


def nearest(run: Run, item: str, n: int, min_ratings: int, metric: Metric) -> tuple[Neighbour, ...]:
    """Return the items nearest to one that an id or a title means; raises QuestionError."""
    return door().answer(Similar(str(run.path), item, metric, n, min_ratings)).neighbours
