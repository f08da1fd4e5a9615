"""What a user would give an item."""

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from cftui.explore.rated_pairs import rated_pairs
from cftui.explore.search import find_item
from cftui.explore.when import time_of
from cftui.library.bands import Bands
from cftui.library.door import Library, answers
from cftui.library.trained import Trained
from cftui.questions.trained import Predict, Prediction
from cftui.ratings.pairs import Pairs
from cftui.ratings.values import Ratings, UnknownId, Vocabulary


@answers(Predict)
def answer_predict(library: Library, question: Predict) -> Prediction:
    """Predict for a user and an item, which an id or a title names."""
    trained = library.trained(question.run)
    user = trained.ratings.users.code_of(question.user)
    item = find_item(trained.ratings, question.item)
    return predict(trained, user, item, time_of(trained, question.when))


def predict(trained: Trained, user: int, item: int, time: int | None = None) -> Prediction:
    """Return the prediction for one pair of codes, beside the actual rating if there is one.

    `time`: as of when, in what the ratings' times count.
    """
    ratings = trained.ratings
    pairs = rated_pairs(ratings, np.array([user]), np.array([item])).at(time)
    predicted, bands = trained.scorer.score(pairs)[0], trained.bands(pairs)
    return Prediction(
        user=ratings.users.id_of(user),
        item=ratings.items.id_of(item),
        title=ratings.items.title_of(item),
        predicted=float(predicted),
        actual=actual_of(ratings, pairs),
        user_seen=bool(trained.trained_users[user]),
        item_seen=bool(trained.trained_items[item]),
        band=None if bands is None else bands[0],
        knows_when=trained.clock is not None,
    )


@dataclass(frozen=True, eq=False)
class PredictedPairs:
    """Predictions for many pairs of a user and an item."""

    users: tuple[str, ...]
    """Ids, as `items`."""
    items: tuple[str, ...]
    actual: np.ndarray
    """What the user gave the item, float32, shape (n_pairs,), NaN where it is not rated."""
    predicted: np.ndarray
    """Shape (n_pairs,), float32, NaN where there is no such user or item."""
    n_unknown: int = 0
    """How many of the pairs are of a user or an item that is not in the data."""
    bands: Bands | None = None
    """How far ratings may be from predictions, where the model tells; NaN where none is."""

    @property
    def n_rated(self) -> int:
        """How many of the pairs are rated."""
        return int(np.count_nonzero(~np.isnan(self.actual)))

    @property
    def rmse(self) -> float | None:
        """The error on the rated ones, in rating units; none where there are none."""
        if not self.n_rated:
            return None
        squares = (self.predicted.astype(np.float64) - self.actual) ** 2
        return math.sqrt(float(squares[~np.isnan(self.actual)].mean()))


def predict_held_out(trained: Trained) -> PredictedPairs:
    """Return the held-out ratings beside their predictions."""
    positions, predicted = predict_valid(trained)
    ratings = trained.ratings
    pairs = Pairs(ratings.user[positions], ratings.item[positions], positions)
    actual = np.asarray(ratings.value[positions])
    return _with_ids(ratings, pairs, actual, predicted, trained.bands(pairs))


def predict_pairs(
    trained: Trained,
    users: Sequence[int] | np.ndarray,
    items: Sequence[int] | np.ndarray,
    time: int | None = None,
) -> PredictedPairs:
    """Return the predictions for pairs of codes, beside the actual ratings; `time` as `predict`."""
    pairs = rated_pairs(trained.ratings, np.array(users, np.int64), np.array(items, np.int64))
    pairs = pairs.at(time)
    predicted = trained.scorer.score(pairs)
    actual = _values(trained.ratings, pairs)
    return _with_ids(trained.ratings, pairs, actual, predicted, trained.bands(pairs))


def predict_ids(
    trained: Trained, users: Sequence[str], items: Sequence[str], time: int | None = None
) -> PredictedPairs:
    """Return the predictions for pairs of ids; those that are not in the data have none."""
    ratings = trained.ratings
    rows, columns = _codes(ratings.users, users), _codes(ratings.items, items)
    known = (rows >= 0) & (columns >= 0)
    actual = np.full(len(known), np.nan, np.float32)
    predicted, bands = actual.copy(), None
    if known.any():
        found = predict_pairs(trained, rows[known], columns[known], time)
        actual[known], predicted[known] = found.actual, found.predicted
        bands = None if found.bands is None else found.bands.among(known)
    unknown = len(known) - int(known.sum())
    return PredictedPairs(tuple(users), tuple(items), actual, predicted, unknown, bands)


def knows_pair(ratings: Ratings, user: str, item: str) -> bool:
    """Tell whether there are a user and an item of these ids."""
    return bool(_codes(ratings.users, [user])[0] >= 0 and _codes(ratings.items, [item])[0] >= 0)


def _codes(ids: Vocabulary, texts: Sequence[str]) -> np.ndarray:
    """Return the code of each id, -1 where there is none."""
    codes: dict[str, int] = {}
    for text in set(texts):
        with suppress(UnknownId):
            codes[text] = ids.code_of(text)
    return np.array([codes.get(text, -1) for text in texts], np.int64)


def _with_ids(
    ratings: Ratings,
    pairs: Pairs,
    actual: np.ndarray,
    predicted: np.ndarray,
    bands: Bands | None,
) -> PredictedPairs:
    return PredictedPairs(
        tuple(map(ratings.users.id_of, pairs.users.tolist())),
        tuple(map(ratings.items.id_of, pairs.items.tolist())),
        actual,
        predicted,
        bands=bands,
    )


def predict_valid(trained: Trained) -> tuple[np.ndarray, np.ndarray]:
    """Return the positions of the held-out ratings and their predictions, shape (n_valid,)."""
    positions = trained.split.valid
    ratings = trained.ratings
    pairs = Pairs(ratings.user[positions], ratings.item[positions], positions)
    return positions, trained.scorer.score(pairs)


def actual_values(ratings: Ratings, users: np.ndarray, items: np.ndarray) -> np.ndarray:
    """Return what each user gave each item, float32, NaN where they did not rate it."""
    return _values(ratings, rated_pairs(ratings, users, items))


def actual_of(ratings: Ratings, pair: Pairs) -> float | None:
    """Return what the user of one pair gave its item; none where they did not rate it."""
    value = float(_values(ratings, pair)[0])
    return None if math.isnan(value) else value


def _values(ratings: Ratings, pairs: Pairs) -> np.ndarray:
    assert pairs.positions is not None
    values = np.full(len(pairs), np.nan, np.float32)
    rated = pairs.positions >= 0
    values[rated] = ratings.value[pairs.positions[rated]]
    return values
