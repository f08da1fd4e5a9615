"""The items that a user would like best among those they have not rated."""

import numpy as np

from cftui.explore.items import counted
from cftui.library.door import Library, answers
from cftui.library.trained import Trained
from cftui.questions.items import ItemFilter
from cftui.questions.trained import Recommend, Recommendation
from cftui.ratings.features import passing
from cftui.ratings.values import Ratings


@answers(Recommend)
def answer_recommend(library: Library, question: Recommend) -> tuple[Recommendation, ...]:
    """Find what a user of the data would like."""
    trained = library.trained(question.run)
    user = trained.ratings.users.code_of(question.user)
    return recommend(trained, user, question.n, question.only)


def recommend(
    trained: Trained, user: int, n: int, only: ItemFilter | None = None
) -> tuple[Recommendation, ...]:
    """Return the n items of highest predicted rating among those the user has not rated.

    Raises QuestionError for a filter that these ratings cannot serve.
    """
    ratings = trained.ratings
    scores = trained.scorer.score_all_items(user)
    mask = passing(ratings, only or ItemFilter())
    mask[ratings.item[ratings.by_user.of(user)]] = False
    return best_of(ratings, scores, mask, n)


def best_of(
    ratings: Ratings, scores: np.ndarray, mask: np.ndarray, n: int
) -> tuple[Recommendation, ...]:
    """Return the n items of highest score, shape (n_items,), among those that `mask` marks."""
    ranked = np.where(mask, scores, -np.inf)
    best = top(ranked, min(n, int(np.isfinite(ranked).sum())))
    return tuple(
        Recommendation(
            rank=rank,
            **counted(ratings, code),
            predicted=float(scores[code]),
        )
        for rank, code in enumerate(best, start=1)
    )


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
