"""Sums of items, A + B - C: in the space of a run's item factors, and by tastes.

In the space each item counts as its unit vector, and what is near the sum is told by the cosine
(Mikolov, Yih and Zweig 2013, whose king - man + woman has its inputs left out, as here). By tastes
the items' own lists of what is near are added, score by score.
"""

import numpy as np

from cftui.explore.items import counted, item_rows
from cftui.explore.likes.kept import tastes_of
from cftui.explore.recommend import first_of
from cftui.explore.search import find_item
from cftui.library.door import Library, answers
from cftui.library.trained import Trained
from cftui.questions.errors import QuestionError
from cftui.questions.item_sums import ItemArithmetic, ItemSum, NearSum
from cftui.ratings.values import Ratings

WAYS = {
    "cosine": "sum of unit vectors, by cosine (Mikolov et al. 2013)",
    "tastes": "sum of what is near each by tastes",
}
MINUS = "\u2212"
TINY = np.finfo(np.float64).tiny


@answers(ItemArithmetic)
def answer_item_arithmetic(library: Library, question: ItemArithmetic) -> ItemSum:
    """Find what is near a sum of items."""
    if question.by == "tastes":
        return item_sum(library.ratings(question.store), question)
    trained = library.trained(question.run)
    return item_sum(trained.ratings, question, trained)


def item_sum(ratings: Ratings, asked: ItemArithmetic, trained: Trained | None = None) -> ItemSum:
    """Return the items nearest to a sum; in the space of `trained`, if it is given.

    Raises QuestionError where nothing is added or an item stands twice, where one has no rating
    that was trained on, and for a model without item factors; else as `find_item`.
    """
    plus = [find_item(ratings, item) for item in asked.plus]
    minus = [find_item(ratings, item) for item in asked.minus]
    _check(ratings, plus, minus)
    floor = ratings.usual_floor if asked.min_ratings is None else asked.min_ratings
    mask = ratings.by_item.counts() >= floor
    if trained is None:
        score, told = _by_tastes(ratings, plus, minus)
    else:
        score, told = _in_space(trained, plus, minus), trained.trained_items
    mask = mask & told
    mask[[*plus, *minus]] = False
    rows = (item_rows(ratings, plus), item_rows(ratings, minus))
    titles = (" + ".join(row.title for row in rows[0]), *(row.title for row in rows[1]))
    return ItemSum(
        plus=rows[0],
        minus=rows[1],
        by="tastes" if trained is None else "cosine",
        words=f" {MINUS} ".join(titles),
        way=WAYS["tastes" if trained is None else "cosine"],
        min_ratings=floor,
        step=None if trained is None else trained.step,
        near=tuple(
            NearSum(rank=rank, **counted(ratings, code), score=float(score[code]))
            for rank, code in enumerate(first_of(score, mask, asked.n), start=1)
        ),
    )


def _check(ratings: Ratings, plus: list[int], minus: list[int]) -> None:
    if not plus:
        raise QuestionError("a sum needs an item to begin with")
    seen: set[int] = set()
    for code in [*plus, *minus]:
        if code in seen:
            names = ratings.items
            raise QuestionError(
                f"{names.id_of(code)} {names.title_of(code)} stands twice in the sum"
            )
        seen.add(code)


def _by_tastes(
    ratings: Ratings, plus: list[int], minus: list[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return every item's sum of scores, and whether anybody rated it beside one that is added."""
    tastes = tastes_of(ratings)
    total, beside = np.zeros(ratings.n_items), np.zeros(ratings.n_items, np.bool_)
    for codes, sign in ((plus, 1.0), (minus, -1.0)):
        for code in codes:
            near = tastes.near(code)
            # An item is infinitely far from itself, so that its own list leaves it out.
            total += sign * np.where(np.isfinite(near.score), near.score, 0.0)
            if sign > 0:
                beside |= near.company.common > 0
    return total, beside


def _in_space(trained: Trained, plus: list[int], minus: list[int]) -> np.ndarray:
    """Return every item's cosine with the sum of unit vectors, shape (n_items,)."""
    names = trained.ratings.items
    for code in [*plus, *minus]:
        if not trained.trained_items[code]:
            raise QuestionError(
                f"no rating of {names.id_of(code)} {names.title_of(code)} was trained on: the model"
                " knows nothing of it"
            )
    factors = trained.require("item_factors").astype(np.float64)
    unit = factors / np.maximum(np.linalg.norm(factors, axis=1, keepdims=True), TINY)
    total = unit[plus].sum(axis=0) - unit[minus].sum(axis=0)
    return np.asarray(unit @ total / max(float(np.linalg.norm(total)), TINY))
