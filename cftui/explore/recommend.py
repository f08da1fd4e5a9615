"""The items that a user would like best among those they have not rated."""

from dataclasses import replace

import numpy as np

from cftui.explore.items import counted
from cftui.explore.likes.kept import at_hand, tastes_of
from cftui.explore.ordering import ordered
from cftui.library.door import Library, answers
from cftui.library.trained import Trained
from cftui.questions.errors import QuestionError
from cftui.questions.items import ItemFilter, ListOrder
from cftui.questions.trained import Recommend, Recommendation
from cftui.ratings.facets import passing
from cftui.ratings.values import Ratings


@answers(Recommend)
def answer_recommend(library: Library, question: Recommend) -> tuple[Recommendation, ...]:
    """Find what a user of the data would like."""
    if not question.run:
        ratings = library.ratings(question.store)
        code = ratings.users.code_of(question.user)
        return recommend_by_likes(ratings, code, question.n, question.only, question.order)
    trained = library.trained(question.run)
    user = trained.ratings.users.code_of(question.user)
    tastes_of(trained.ratings)  # however long that takes: it was asked for
    return recommend(trained, user, question.n, question.only, question.order)


def recommend(
    trained: Trained,
    user: int,
    n: int,
    only: ItemFilter | None = None,
    order: ListOrder = "likes",
) -> tuple[Recommendation, ...]:
    """Return the n items, of those the user has not rated, that stand first in an order.

    By likes and predicted rating together, unless another order is asked for. Where tastes are not
    at hand, which many ratings take a while for, by predicted rating. Raises QuestionError for a
    filter that these ratings cannot serve.
    """
    ratings = trained.ratings
    predicted = trained.scorer.score_all_items(user)
    mask = passing(ratings, only or ItemFilter())
    own = ratings.by_user.of(user)
    mask[ratings.item[own]] = False
    if not at_hand(ratings):
        return best_of(ratings, predicted, mask, n)
    tastes = tastes_of(ratings)
    score = tastes.scores(ratings.item[own], ratings.value[own])
    # Nothing is known of some items: their prediction says nothing for or against them.
    told = np.where(trained.known_items, predicted, ratings.mean)
    worth = ordered(ratings, tastes, order, score, predicted if order == "stars" else told)
    rows = best_of(ratings, predicted, mask, n, by=worth)
    codes = [ratings.items.code_of(row.item) for row in rows]
    return tuple(replace(r, score=float(score[c])) for r, c in zip(rows, codes, strict=True))


def recommend_by_likes(
    ratings: Ratings,
    user: int,
    n: int,
    only: ItemFilter | None = None,
    order: ListOrder = "likes",
) -> tuple[Recommendation, ...]:
    """Return the n items, of those the user has not rated, that likes alone put first.

    Raises QuestionError for a filter that these ratings cannot serve, and for an order by stars,
    which takes a run.
    """
    if order == "stars":
        raise QuestionError("there are no stars to order by without a run: cftui train")
    own = ratings.by_user.of(user)
    mask = passing(ratings, only or ItemFilter())
    mask[ratings.item[own]] = False
    tastes = tastes_of(ratings)
    score = tastes.scores(ratings.item[own], ratings.value[own])
    worth = ordered(ratings, tastes, order, score, None)
    return tuple(
        Recommendation(
            rank=rank, **counted(ratings, code), predicted=None, score=float(score[code])
        )
        for rank, code in enumerate(first_of(worth, mask, n), start=1)
    )


def best_of(
    ratings: Ratings,
    predicted: np.ndarray,
    mask: np.ndarray,
    n: int,
    by: np.ndarray | None = None,
) -> tuple[Recommendation, ...]:
    """Return the n items, among those that `mask` marks, of highest prediction, or first `by`.

    Arrays of shape (n_items,).
    """
    return tuple(
        Recommendation(
            rank=rank,
            **counted(ratings, code),
            predicted=float(predicted[code]),
        )
        for rank, code in enumerate(first_of(predicted if by is None else by, mask, n), start=1)
    )


def first_of(worth: np.ndarray, mask: np.ndarray, n: int) -> list[int]:
    """Return the codes of the n highest, highest first, among those that `mask` marks."""
    ranked = np.where(mask, worth, -np.inf)
    return top(ranked, min(n, int(np.isfinite(ranked).sum())))


def top(scores: np.ndarray, n: int) -> list[int]:
    """Return the places of the n highest scores, highest first, ties by place."""
    if n <= 0:
        return []
    if n >= len(scores):
        places = np.arange(len(scores))
    else:
        # Everything that ties with the n-th is a candidate, so that ties are settled by place.
        threshold = np.partition(scores, len(scores) - n)[len(scores) - n]
        places = np.flatnonzero(scores >= threshold)
    chosen: list[int] = places[np.argsort(-scores[places], kind="stable")][:n].tolist()
    return chosen
