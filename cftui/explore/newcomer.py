"""A newcomer's list by fold-in, what moved in it, and what to rate first."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from cftui.explore.fold_in import fold_in, mean_user
from cftui.explore.items import item_rows, names_of
from cftui.explore.recommend import best_of, top
from cftui.hyperparameters import models_with
from cftui.library.door import Library, answers
from cftui.library.trained import Trained
from cftui.models.factors import Factors
from cftui.questions.errors import QuestionError
from cftui.questions.items import ItemRow
from cftui.questions.newcomer import FoldIn, FoldInAnswer, SuggestItems, YourRating
from cftui.ratings.features import passing
from cftui.ratings.values import Ratings

Rated = Sequence[tuple[str, float]]
KNOWN = 200
"""How many of the most rated items may be suggested: a newcomer has to know them."""


@answers(FoldIn)
def answer_fold_in(library: Library, question: FoldIn) -> FoldInAnswer:
    """Ask a run what a newcomer would like."""
    return explore_newcomer(library.trained(question.run), question)


@answers(SuggestItems)
def answer_suggest(library: Library, question: SuggestItems) -> tuple[ItemRow, ...]:
    """Ask a run what a newcomer should rate first."""
    return suggest(library.trained(question.run), question.rated, question.n)


def explore_newcomer(trained: Trained, asked: FoldIn) -> FoldInAnswer:
    """Return what somebody who gave these ratings would like.

    Raises QuestionError for a model without factors, an item that is not in the data or is rated
    twice, a value outside the data's range, and a filter that these ratings cannot serve.
    """
    factors = _factors(trained)
    items, values = _checked(trained.ratings, asked.rated)
    custom = _fold(trained, factors, items, values, asked.regularization)
    scores = custom.score_all_items(0)
    mask = passing(trained.ratings, asked.only) & trained.trained_items
    mask[items] = False
    recommended = best_of(trained.ratings, scores, mask, asked.n)
    moved: tuple[int | None, ...] = (None,) * len(recommended)
    if asked.before is not None:
        old_items, old_values = _checked(trained.ratings, asked.before)
        mask[old_items] = False
        old = _fold(trained, factors, old_items, old_values, asked.regularization)
        rise = _rise(old.score_all_items(0), scores, mask)
        codes = [trained.ratings.items.code_of(row.item) for row in recommended]
        moved = tuple(int(rise[code]) if mask[code] else None for code in codes)
    return FoldInAnswer(
        step=trained.step,
        regularization=asked.regularization,
        bias=None if custom.user_bias is None else float(custom.user_bias[0]),
        spread=_spread(trained),
        rated=tuple(_own_ratings(trained, scores, items, values)),
        recommended=recommended,
        moved=moved,
    )


def suggest(trained: Trained, rated: Sequence[str], n: int) -> tuple[ItemRow, ...]:
    """Return well known items to rate, each unlike those before it and unlike the rated ones.

    Greedy: the number of ratings times one minus the highest cosine with what stands already;
    without item factors by the number of ratings alone.
    """
    ratings, table = trained.ratings, trained.item_factors
    counts = ratings.by_item.counts()
    done = [ratings.items.code_of(item) for item in rated]
    weight = np.where(trained.trained_items, counts, 0).astype(np.float64)
    weight[done] = 0
    known = np.array(top(weight, min(KNOWN, int((weight > 0).sum()))), dtype=np.int64)
    near = np.zeros(len(known))
    for code in done:
        near = np.maximum(near, _cosines(table, known, code))
    chosen: list[int] = []
    left = weight[known]
    for _ in range(min(n, len(known))):
        place = int(np.argmax(left * (1 - near)))
        chosen.append(int(known[place]))
        near = np.maximum(near, _cosines(table, known, chosen[-1]))
        left[place] = -1.0
    return item_rows(ratings, chosen)


def _factors(trained: Trained) -> Factors:
    if trained.factors is None:
        raise QuestionError(
            f"the model {trained.config.model.name} cannot take in somebody new without training:"
            f" that takes a dot product alone; choose a run of {models_with('dot-product')}"
        )
    return trained.factors


def _checked(ratings: Ratings, rated: Rated) -> tuple[np.ndarray, np.ndarray]:
    """Return codes and values of a newcomer's ratings, shape (n,) each."""
    codes = [ratings.items.code_of(item) for item, _ in rated]
    for place, (item, value) in enumerate(rated):
        if codes[place] in codes[:place]:
            raise QuestionError(f"item {item} is rated twice; leave one of the ratings out")
        if not ratings.low <= value <= ratings.high:
            raise QuestionError(
                f"{value:g} for item {item} is outside these ratings: give {ratings.low:g} to"
                f" {ratings.high:g}"
            )
    return np.array(codes, dtype=np.int64), np.array([value for _, value in rated], np.float64)


def _fold(
    trained: Trained, factors: Factors, items: np.ndarray, values: np.ndarray, weight: float
) -> Factors:
    """Fold in, without those items that no training rating gave factors to."""
    told = trained.trained_items[items]
    return fold_in(factors, _mean(trained), items[told], values[told], weight)


@lru_cache(maxsize=4)
def _mean(trained: Trained) -> np.ndarray:
    return mean_user(_factors(trained), trained.trained_users)


@lru_cache(maxsize=4)
def _spread(trained: Trained) -> float:
    """Return how far users' factors move predictions, in rating units, at the mean rating."""
    factors = _factors(trained)
    users = factors.user_factors[trained.trained_users]
    moved = users - users.mean(axis=0)
    counts = trained.ratings.by_item.counts()
    weights = (counts / counts.sum()).astype(np.float32)[:, None]
    items = factors.item_factors
    variance = float(((moved.T @ moved / len(users)) * ((items * weights).T @ items)).sum())
    slope = (factors.high - factors.low) / 4 if factors.sigmoid else 1.0
    return float(max(variance, 0.0) ** 0.5 * slope)


def _rise(before: np.ndarray, after: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return by how many places each item rose among those that `mask` marks; 0 for the others."""
    places = np.flatnonzero(mask)
    rise = np.zeros(len(mask), np.int64)
    for scores, sign in ((before, 1), (after, -1)):
        order = places[np.argsort(-scores[places], kind="stable")]
        rise[order] += sign * np.arange(len(order))
    return rise


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


def _cosines(table: np.ndarray | None, codes: np.ndarray, code: int) -> np.ndarray:
    """Return the cosine of each of some items with one, shape (len(codes),); 0 without factors."""
    if table is None:
        return np.zeros(len(codes))
    others, custom = table[codes].astype(np.float64), table[code].astype(np.float64)
    lengths = np.linalg.norm(others, axis=1) * np.linalg.norm(custom)
    return np.asarray(others @ custom / np.maximum(lengths, np.finfo(np.float64).tiny))
