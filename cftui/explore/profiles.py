"""A user or an item as the model sees them, beside what was rated."""

import math

import numpy as np

from cftui.explore.items import counted, names_of, user_means
from cftui.explore.neighbours import neighbours
from cftui.explore.recommend import recommend, recommend_by_likes, top
from cftui.explore.search import find_item
from cftui.hyperparameters import models_with
from cftui.library.door import Library, answers
from cftui.library.trained import Trained
from cftui.questions.items import ItemFilter
from cftui.questions.trained import (
    ExploreItem,
    ExploreUser,
    Fan,
    ItemAnswer,
    Metric,
    RatedItem,
    UserAnswer,
)
from cftui.ratings.pairs import Pairs
from cftui.ratings.unit import RatingUnit
from cftui.ratings.values import Ratings


@answers(ExploreUser)
def answer_user(library: Library, question: ExploreUser) -> UserAnswer:
    """Look at a user, as a run's model sees them where there is one."""
    if not question.run:
        ratings = library.ratings(question.store)
        code = ratings.users.code_of(question.user)
        return user_by_ratings(ratings, code, question.n, question.only)
    trained = library.trained(question.run)
    user = trained.ratings.users.code_of(question.user)
    return explore_user(trained, user, question.n, question.only)


@answers(ExploreItem)
def answer_item(library: Library, question: ExploreItem) -> ItemAnswer:
    """Look at an item, which an id or a title names, as a run's model sees it."""
    trained = library.trained(question.run)
    code = find_item(trained.ratings, question.item)
    return explore_item(trained, code, question.metric, question.n, question.min_ratings)


def explore_user(trained: Trained, user: int, n: int, only: ItemFilter | None = None) -> UserAnswer:
    """Return a user's ratings beside their predictions, newest first, and their top n."""
    ratings = trained.ratings
    own = _newest_first(ratings, user)
    items = ratings.item[own]
    pairs = Pairs(ratings.user[own], items, own)
    predicted, bands = trained.scorer.score(pairs), trained.bands(pairs)
    held_out = trained.held_out[own]
    star = RatingUnit(ratings.low, ratings.high).scale
    squares = (predicted.astype(np.float64) - ratings.value[own]) ** 2
    rated = tuple(
        RatedItem(
            **names_of(ratings, item),
            actual=float(ratings.value[position]),
            predicted=float(guess),
            held_out=bool(kept),
            star=star,
            band=None if bands is None else bands[place],
        )
        for place, (position, item, guess, kept) in enumerate(
            zip(own.tolist(), items.tolist(), predicted.tolist(), held_out.tolist(), strict=True)
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
        recommended=recommend(trained, user, n, only),
    )


def user_by_ratings(
    ratings: Ratings, user: int, n: int, only: ItemFilter | None = None
) -> UserAnswer:
    """Return a user's ratings, newest first, and the n items that likes alone put first."""
    own = _newest_first(ratings, user)
    items, values = ratings.item[own].tolist(), ratings.value[own].tolist()
    rated = tuple(
        RatedItem(**names_of(ratings, item), actual=value, predicted=None, held_out=False)
        for item, value in zip(items, values, strict=True)
    )
    return UserAnswer(
        step=None,
        user=ratings.users.id_of(user),
        mean=float(user_means(ratings)[user]),
        bias=None,
        dated=ratings.timestamp is not None,
        rated=rated,
        rmse_training=None,
        rmse_held_out=None,
        recommended=recommend_by_likes(ratings, user, n, only),
    )


def _newest_first(ratings: Ratings, user: int) -> np.ndarray:
    """Return the positions of a user's ratings; in the file's order where they have no times."""
    own = np.asarray(ratings.by_user.of(user))
    if ratings.timestamp is None:
        return own
    # ~ turns the order of all integers about; the least, an unknown time, has no negative
    return own[np.argsort(~ratings.timestamp[own], kind="stable")]


def explore_item(
    trained: Trained, item: int, metric: Metric, n: int, min_ratings: int = 1
) -> ItemAnswer:
    """Return an item's ratings, its bias among all, its n nearest items and n of its friends."""
    ratings = trained.ratings
    values = np.asarray(ratings.value[ratings.by_item.of(item)])
    kinds, counts = np.unique(values, return_counts=True)
    bias = trained.item_bias
    known = bool(trained.trained_items[item])
    no_neighbours = _no_neighbours(trained, known)
    fans, would_like = _friends(trained, item, n)
    return ItemAnswer(
        step=trained.step,
        **counted(ratings, item),
        mean=float(values.astype(np.float64).mean()),
        bias=_entry(bias, item),
        bias_rank=None if bias is None else int((bias > bias[item]).sum()) + 1,
        n_items=ratings.n_items,
        histogram=tuple(zip(kinds.tolist(), counts.tolist(), strict=True)),
        metric=metric,
        trained=known,
        neighbours=() if no_neighbours else neighbours(trained, item, metric, n, min_ratings),
        no_neighbours=no_neighbours,
        fans=fans,
        would_like=would_like,
    )


def _no_neighbours(trained: Trained, known: bool) -> str:
    if trained.item_factors is None:
        name, others = trained.config.model.name, models_with("factors")
        return f"The model {name} has no item factors to be near in; choose a run of {others}"
    return "" if known else "No rating of it was trained on: the model knows nothing of it"


def _friends(trained: Trained, item: int, n: int) -> tuple[tuple[Fan, ...], tuple[Fan, ...]]:
    """Return the n users who rated an item highest, and the n who have not and would like it."""
    ratings, means = trained.ratings, user_means(trained.ratings)
    positions = ratings.by_item.of(item)
    raters, values = ratings.user[positions], ratings.value[positions]
    users = np.arange(ratings.n_users)
    rated = np.full(ratings.n_users, -1, np.int64)
    rated[raters] = positions
    pairs = Pairs(users, np.full_like(users, item), rated)
    predicted = trained.scorer.score(pairs)
    counts = ratings.by_user.counts()

    def fans(codes: list[int], given: list[float] | None = None) -> tuple[Fan, ...]:
        bands = trained.bands(pairs[np.array(codes, np.int64)])
        return tuple(
            Fan(
                user=ratings.users.id_of(user),
                value=None if given is None else given[place],
                predicted=float(predicted[user]),
                mean=float(means[user]),
                n_ratings=int(counts[user]),
                band=None if bands is None else bands[place],
            )
            for place, user in enumerate(codes)
        )

    highest = np.lexsort((means[raters], -values))[:n]
    ranked = np.where(trained.trained_users, predicted, -np.inf)
    ranked[raters] = -np.inf
    best = top(ranked, min(n, int(np.isfinite(ranked).sum())))
    return fans(raters[highest].tolist(), values[highest].tolist()), fans(best)


def _entry(values: np.ndarray | None, code: int) -> float | None:
    return None if values is None else float(values[code])


def _root_mean(squares: np.ndarray) -> float | None:
    return math.sqrt(float(squares.mean())) if len(squares) else None
