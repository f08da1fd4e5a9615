"""Why an item stands where it does: a score by likes and a predicted rating, taken apart."""

from collections.abc import Sequence

import numpy as np

from cftui.explore.effects import SOURCE_EFFECTS, effects_of
from cftui.explore.fold_in import fold_in_parts
from cftui.explore.items import names_of
from cftui.explore.likes.kept import tastes_of
from cftui.explore.parts import SOURCE_PARTS, parts_of
from cftui.explore.rated_pairs import rated_pairs
from cftui.explore.search import find_item
from cftui.explore.stars import Rated, checked, factors_of, mean_of
from cftui.explore.when import time_of
from cftui.library.door import Library, answers
from cftui.library.trained import Trained
from cftui.models.factors import Factors
from cftui.questions.errors import QuestionError
from cftui.questions.likes import Share, WhyLiked, WhyLikedAnswer, WhyStars, WhyStarsAnswer
from cftui.questions.parts import PredictionParts
from cftui.ratings.values import Ratings

SOURCE_LIKES = "a score of EASE is the sum of what each rating adds (Steck 2019)"
SOURCE_STARS = (
    "fold-in towards the mean user: at its minimum, ridge regression on working responses"
    " (Koren, Bell and Volinsky 2009, eq. 5)"
)
SMALL = 1e-9
"""Less than this before the sigmoid is no distance to measure a slope along."""


NO_SHARES = (
    "these stars are a mean over draws of your own factors, and no sum of shares of your ratings:"
    " a run of dot-bias or dot has shares"
)

ONLY_NOW = "what user and item add to this model's prediction is told as of now: leave the time out"


@answers(WhyLiked)
def answer_why_liked(library: Library, question: WhyLiked) -> WhyLikedAnswer:
    """Take a score by likes apart."""
    return why_liked(library.ratings(question.store), question)


@answers(WhyStars)
def answer_why_stars(library: Library, question: WhyStars) -> WhyStarsAnswer:
    """Take a run's prediction apart."""
    trained = library.trained(question.run)
    if trained.factors is None and question.user:
        return why_of_any_model(trained, question)
    return why_stars(trained, question)


def why_liked(ratings: Ratings, asked: WhyLiked) -> WhyLikedAnswer:
    """Return what each rating adds to an item's score; a rating of the item itself adds nothing.

    Raises QuestionError for what is not in the data or out of range, and where nobody is named.
    """
    tastes = tastes_of(ratings, asked.threshold)
    target = find_item(ratings, asked.item)
    codes, values = _profile(ratings, asked.user, asked.rated)
    others = codes != target
    codes, values = codes[others], values[others]
    shares = _shares(ratings, codes, values, tastes.parts(codes, values, target))
    return WhyLikedAnswer(
        item=ratings.items.id_of(target),
        title=ratings.items.title_of(target),
        score=sum(share.share for share in shares),
        shares=shares,
        way=tastes.ease.words,
        source=SOURCE_LIKES,
    )


def why_stars(trained: Trained, asked: WhyStars) -> WhyStarsAnswer:
    """Return what a prediction by fold-in is made of; of a user of the data, their own prediction.

    Raises QuestionError for a model that cannot take in anybody, an item that was never trained
    on, and as `why_liked`.
    """
    if trained.factors is None and "draws" in trained.config.model.abilities:
        raise QuestionError(NO_SHARES)
    factors, ratings = factors_of(trained), trained.ratings
    target = find_item(ratings, asked.item)
    _refuse_unknown(trained, target)
    codes, values = _profile(ratings, asked.user, asked.rated, trained.held_out)
    told = trained.trained_items[codes]
    codes, values = codes[told], values[told]
    mean, parts = fold_in_parts(
        factors, mean_of(trained), codes, values, asked.regularization, target
    )
    bias = 0.0 if factors.item_bias is None else float(factors.item_bias[target])
    base = mean + bias
    beyond = 0.0
    if asked.user:
        user = ratings.users.code_of(asked.user)
        beyond = _before_the_sigmoid(factors, user, target) - base - float(parts.sum())
    total = base + float(parts.sum()) + beyond
    return WhyStarsAnswer(
        item=ratings.items.id_of(target),
        title=ratings.items.title_of(target),
        predicted=_in_range(factors, total),
        total=total,
        mean_user=mean,
        item_bias=bias,
        shares=_shares(ratings, codes, values, parts),
        beyond=beyond,
        stars_a_unit=_stars_a_unit(factors, base, total),
        source=SOURCE_STARS,
    )


def why_of_any_model(trained: Trained, asked: WhyStars) -> WhyStarsAnswer:
    """Return what a user of the data and an item add to a prediction of any model.

    Of a factorization machine, what each field adds and each pair of them. Raises QuestionError for
    a user or an item that is not in the data, or where it takes that, was never trained on.
    """
    ratings = trained.ratings
    user, target = ratings.users.code_of(asked.user), find_item(ratings, asked.item)
    pair = rated_pairs(ratings, np.array([user]), np.array([target]))
    time = time_of(trained, asked.when)
    if (parts := parts_of(trained, pair.at(time))) is not None:
        return _by_parts(ratings, target, parts)
    if time is not None:
        raise QuestionError(ONLY_NOW)
    _refuse_unknown(trained, target)
    if not trained.trained_users[user]:
        raise QuestionError(f"no rating of user {asked.user} was trained on")
    effects = effects_of(trained, user, target)
    predicted = effects.usual + effects.user + effects.item
    return WhyStarsAnswer(
        item=ratings.items.id_of(target),
        title=ratings.items.title_of(target),
        predicted=predicted,
        total=predicted,
        mean_user=effects.usual,
        item_bias=effects.item,
        shares=(),
        beyond=effects.user,
        stars_a_unit=1.0,
        source=SOURCE_EFFECTS,
        effects=effects,
    )


def _by_parts(ratings: Ratings, item: int, parts: PredictionParts) -> WhyStarsAnswer:
    return WhyStarsAnswer(
        item=ratings.items.id_of(item),
        title=ratings.items.title_of(item),
        predicted=parts.predicted,
        total=parts.predicted,
        mean_user=parts.base,
        item_bias=0.0,
        shares=(),
        beyond=parts.predicted - parts.base,
        stars_a_unit=1.0,
        source=SOURCE_PARTS,
        parts=parts,
    )


def _refuse_unknown(trained: Trained, item: int) -> None:
    if not trained.trained_items[item]:
        title = trained.ratings.items.title_of(item)
        raise QuestionError(f"no rating of {title} was trained on: the run knows nothing of it")


def _profile(
    ratings: Ratings, user: str, rated: Rated, held_out: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return codes and values, shape (n,), of ratings given, or of those of a user of the data.

    `held_out` marks ratings of the data, shape (n_ratings,), that do not count.
    """
    if bool(user) == bool(rated):
        raise QuestionError("why: name a user, or give ratings")
    if not user:
        return checked(ratings, rated)
    own = ratings.by_user.of(ratings.users.code_of(user))
    if held_out is not None:
        own = own[~held_out[own]]
    return ratings.item[own].astype(np.int64), ratings.value[own].astype(np.float64)


def _shares(
    ratings: Ratings, codes: np.ndarray, values: np.ndarray, parts: np.ndarray
) -> tuple[Share, ...]:
    """Return what each rating adds, those that speak most, for or against, first."""
    first = np.argsort(-np.abs(parts), kind="stable")
    return tuple(_share(ratings, *row) for row in _rows(codes[first], values[first], parts[first]))


def _rows(*columns: np.ndarray) -> Sequence[tuple[int, float, float]]:
    return list(zip(*(column.tolist() for column in columns), strict=True))


def _share(ratings: Ratings, code: int, value: float, part: float) -> Share:
    names = names_of(ratings, code)
    return Share(names["item"], names["title"], value, part)


def _before_the_sigmoid(factors: Factors, user: int, item: int) -> float:
    """Return product and biases in float64."""
    raw = factors.user_factors[user].astype(np.float64) @ factors.item_factors[item]
    for table, code in ((factors.user_bias, user), (factors.item_bias, item)):
        if table is not None:
            raw += float(table[code])
    return float(raw)


def _in_range(factors: Factors, raw: float) -> float:
    return float(factors.to_range(np.array([raw]))[0])


def _stars_a_unit(factors: Factors, base: float, total: float) -> float:
    """Return the mean slope from the mean user's prediction to this one.

    So parts times it add up to the difference between the two exactly.
    """
    if abs(total - base) < SMALL:
        total = base + SMALL**0.5
    return (_in_range(factors, total) - _in_range(factors, base)) / (total - base)
