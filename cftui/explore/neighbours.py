"""The items nearest to an item in the space of item factors."""

import numpy as np

from cftui.explore.items import counted
from cftui.explore.recommend import top
from cftui.explore.search import find_item
from cftui.library.door import Library, answers
from cftui.library.trained import Trained
from cftui.questions.errors import QuestionError
from cftui.questions.trained import Metric, Neighbour, Similar, SimilarItems


def nearness(factors: np.ndarray, code: int, metric: Metric) -> np.ndarray:
    """Return every item's score against one, shape (n_items,).

    `cosine` of the angle, `dot` product, or `euclid`: the distance. Raises QuestionError for
    another metric.
    """
    # In float64: weight decay leaves rarely met factors at 1e-30, whose squares are no float32.
    factors = factors.astype(np.float64)
    vector = factors[code]
    scores: np.ndarray
    match metric:
        case "dot":
            scores = factors @ vector
        case "cosine":
            lengths = np.linalg.norm(factors, axis=1) * np.linalg.norm(vector)
            scores = (factors @ vector) / np.maximum(lengths, np.finfo(np.float64).tiny)
        case "euclid":
            scores = np.linalg.norm(factors - vector, axis=1)
        case _:
            raise QuestionError(f"metric {metric!r} is not one of cosine, dot, euclid")
    return scores


@answers(Similar)
def answer_similar(library: Library, question: Similar) -> SimilarItems:
    """Find the items nearest to one, which an id or a title names."""
    trained = library.trained(question.run)
    code, items = find_item(trained.ratings, question.item), trained.ratings.items
    near = neighbours(trained, code, question.metric, question.n, question.min_ratings)
    return SimilarItems(items.id_of(code), items.title_of(code), question.metric, near)


def neighbours(
    trained: Trained, code: int, metric: Metric, n: int, min_ratings: int = 1
) -> tuple[Neighbour, ...]:
    """Return the n items nearest to one, nearest first, itself left out.

    Items with fewer than `min_ratings` ratings are left out, and those that were never trained
    on: their factors are still the random start. Raises QuestionError if `code` is such an item.
    """
    ratings = trained.ratings
    if not trained.trained_items[code]:
        raise QuestionError(
            f"no rating of {ratings.items.id_of(code)} {ratings.items.title_of(code)} was trained"
            " on: the model knows nothing of it"
        )
    counts = ratings.by_item.counts()
    scores = nearness(trained.require("item_factors"), code, metric)
    order = -scores if metric == "euclid" else scores.copy()
    order[~trained.trained_items | (counts < min_ratings)] = -np.inf
    order[code] = -np.inf
    best = top(order, min(n, int(np.isfinite(order).sum())))
    return tuple(
        Neighbour(
            rank=rank,
            **counted(ratings, place),
            score=float(scores[place]),
        )
        for rank, place in enumerate(best, start=1)
    )
