"""A user or an item as the model sees them, beside what was rated."""

import math

import numpy as np

from cftui.explore.neighbours import neighbours
from cftui.explore.recommend import recommend
from cftui.explore.trained import Trained
from cftui.questions import ItemAnswer, Metric, RatedItem, UserAnswer


def explore_user(trained: Trained, user: int, n: int) -> UserAnswer:
    """Return a user's ratings beside their predictions, newest first, and their top n."""
    ratings = trained.ratings
    own = np.asarray(ratings.by_user.of(user))
    if ratings.timestamp is not None:
        own = own[np.argsort(-ratings.timestamp[own], kind="stable")]
    items = ratings.item[own]
    predicted = trained.scorer.score(np.full(len(own), user), items)
    held_out = trained.held_out[own]
    squares = (predicted.astype(np.float64) - ratings.value[own]) ** 2
    rated = tuple(
        RatedItem(
            item=ratings.items.id_of(item),
            title=ratings.items.title_of(item),
            genres=ratings.items.genres_of(item),
            actual=float(ratings.value[position]),
            predicted=float(guess),
            held_out=bool(kept),
        )
        for position, item, guess, kept in zip(
            own.tolist(), items.tolist(), predicted.tolist(), held_out.tolist(), strict=True
        )
    )
    return UserAnswer(
        step=trained.step,
        user=ratings.users.id_of(user),
        mean=float(np.asarray(ratings.value[own], dtype=np.float64).mean()),
        bias=_entry(trained.user_bias, user),
        dated=ratings.timestamp is not None,
        rated=rated,
        rmse_training=_root_mean(squares[~held_out]),
        rmse_held_out=_root_mean(squares[held_out]),
        recommended=recommend(trained, user, n),
    )


def explore_item(
    trained: Trained, item: int, metric: Metric, n: int, min_ratings: int = 1
) -> ItemAnswer:
    """Return an item's ratings, its bias among all and its n nearest items."""
    ratings = trained.ratings
    values = np.asarray(ratings.value[ratings.by_item.of(item)])
    kinds, counts = np.unique(values, return_counts=True)
    bias = trained.item_bias
    known = bool(trained.trained_items[item])
    near = known and trained.item_factors is not None
    return ItemAnswer(
        step=trained.step,
        item=ratings.items.id_of(item),
        title=ratings.items.title_of(item),
        genres=ratings.items.genres_of(item),
        n_ratings=len(values),
        mean=float(values.astype(np.float64).mean()),
        bias=_entry(bias, item),
        bias_rank=None if bias is None else int((bias > bias[item]).sum()) + 1,
        n_items=ratings.n_items,
        histogram=tuple(zip(kinds.tolist(), counts.tolist(), strict=True)),
        metric=metric,
        trained=known,
        neighbours=neighbours(trained, item, metric, n, min_ratings) if near else (),
    )


def _entry(values: np.ndarray | None, code: int) -> float | None:
    return None if values is None else float(values[code])


def _root_mean(squares: np.ndarray) -> float | None:
    return math.sqrt(float(squares.mean())) if len(squares) else None
