"""A newcomer's list by fold-in, what moved in it, and what to rate first."""

from collections.abc import Callable, Sequence

import numpy as np

from cftui.explore.items import item_rows, names_of
from cftui.explore.likes.kept import at_hand, tastes_of
from cftui.explore.ordering import rise
from cftui.explore.recommend import best_of, top
from cftui.explore.stars import checked, fold, spread_of
from cftui.library.door import Library, answers
from cftui.library.trained import Trained
from cftui.questions.items import ItemRow
from cftui.questions.newcomer import FoldIn, FoldInAnswer, SuggestItems, YourRating
from cftui.ratings.features import passing
from cftui.ratings.values import Ratings

Nearness = Callable[[np.ndarray, int], np.ndarray]
"""How near some items are to one, from their codes and its code, shape (len(codes),), at most 1."""
KNOWN = 200
"""How many of the most rated items may be suggested: a newcomer has to know them."""


@answers(FoldIn)
def answer_fold_in(library: Library, question: FoldIn) -> FoldInAnswer:
    """Ask a run what a newcomer would like."""
    return explore_newcomer(library.trained(question.run), question)


@answers(SuggestItems)
def answer_suggest(library: Library, question: SuggestItems) -> tuple[ItemRow, ...]:
    """Find what a newcomer should rate first, by a run or by tastes."""
    if question.run:
        return suggest(library.trained(question.run), question.rated, question.n)
    ratings = library.ratings(question.store)
    return suggest_by_tastes(ratings, question.rated, question.n)


def explore_newcomer(trained: Trained, asked: FoldIn) -> FoldInAnswer:
    """Return what somebody who gave these ratings would like.

    Raises QuestionError for a model without factors, an item that is not in the data or is rated
    twice, a value outside the data's range, and a filter that these ratings cannot serve.
    """
    items, values = checked(trained.ratings, asked.rated)
    custom = fold(trained, items, values, asked.regularization)
    scores = custom.score_all_items(0)
    mask = passing(trained.ratings, asked.only) & trained.trained_items
    mask[items] = False
    recommended = best_of(trained.ratings, scores, mask, asked.n)
    moved: tuple[int | None, ...] = (None,) * len(recommended)
    if asked.before is not None:
        old_items, old_values = checked(trained.ratings, asked.before)
        mask[old_items] = False
        old = fold(trained, old_items, old_values, asked.regularization)
        risen = rise(old.score_all_items(0), scores, mask)
        codes = [trained.ratings.items.code_of(row.item) for row in recommended]
        moved = tuple(int(risen[code]) if mask[code] else None for code in codes)
    return FoldInAnswer(
        step=trained.step,
        regularization=asked.regularization,
        bias=None if custom.user_bias is None else float(custom.user_bias[0]),
        spread=spread_of(trained),
        rated=tuple(_own_ratings(trained, scores, items, values)),
        recommended=recommended,
        moved=moved,
    )


def suggest(trained: Trained, rated: Sequence[str], n: int) -> tuple[ItemRow, ...]:
    """Return well known items that a run was trained on, unlike each other and the rated ones.

    By the cosine of item factors; without item factors by tastes.
    """
    table = trained.item_factors
    if table is None:
        return suggest_by_tastes(trained.ratings, rated, n, trained.trained_items)
    factors = table

    def near(codes: np.ndarray, code: int) -> np.ndarray:
        others, custom = factors[codes].astype(np.float64), factors[code].astype(np.float64)
        lengths = np.linalg.norm(others, axis=1) * np.linalg.norm(custom)
        return np.asarray(others @ custom / np.maximum(lengths, np.finfo(np.float64).tiny))

    return _spread_out(trained.ratings, trained.trained_items, near, rated, n)


def suggest_by_tastes(
    ratings: Ratings, rated: Sequence[str], n: int, among: np.ndarray | None = None
) -> tuple[ItemRow, ...]:
    """Return well known items, unlike each other and the rated ones by how they are rated.

    `among` marks the items that may be suggested, shape (n_items,); all, unless it is given. Where
    tastes are not at hand, which many ratings take a while for, by the number of ratings alone.
    """
    tastes = tastes_of(ratings) if at_hand(ratings) else None

    def near(codes: np.ndarray, code: int) -> np.ndarray:
        if tastes is None:
            return np.zeros(len(codes))
        return np.asarray(tastes.residuals.company(code).cosine[codes])

    allowed = np.ones(ratings.n_items, np.bool_) if among is None else among
    return _spread_out(ratings, allowed, near, rated, n)


def _spread_out(
    ratings: Ratings, among: np.ndarray, nearness: Nearness, rated: Sequence[str], n: int
) -> tuple[ItemRow, ...]:
    """Choose greedily by the number of ratings times one minus the highest nearness so far."""
    done = [ratings.items.code_of(item) for item in rated]
    weight = np.where(among, ratings.by_item.counts(), 0).astype(np.float64)
    weight[done] = 0
    known = np.array(top(weight, min(KNOWN, int((weight > 0).sum()))), dtype=np.int64)
    near = np.zeros(len(known))
    for code in done:
        near = np.maximum(near, nearness(known, code))
    chosen: list[int] = []
    left = weight[known]
    for _ in range(min(n, len(known))):
        place = int(np.argmax(left * (1 - near)))
        chosen.append(int(known[place]))
        near = np.maximum(near, nearness(known, chosen[-1]))
        left[place] = -1.0
    return item_rows(ratings, chosen)


def _own_ratings(
    trained: Trained, scores: np.ndarray, items: np.ndarray, values: np.ndarray
) -> list[YourRating]:
    return [
        YourRating(
            **names_of(trained.ratings, code),
            value=value,
            predicted=float(scores[code]),
            trained=bool(trained.trained_items[code]),
        )
        for code, value in zip(items.tolist(), values.tolist(), strict=True)
    ]
