"""A newcomer's list, from likes alone or with the stars that a run predicts for them."""

from dataclasses import dataclass

import numpy as np

from cftui.explore.items import counted, names_of
from cftui.explore.likes.kept import tastes_of
from cftui.explore.likes.tastes import Tastes
from cftui.explore.ordering import likes_given, ordered, rise
from cftui.explore.recommend import first_of
from cftui.explore.stars import Rated, checked, fold, run_for_stars, spread_of
from cftui.library.bands import Banded, Bands, Scorer
from cftui.library.door import Library, answers
from cftui.library.trained import Trained
from cftui.questions.band import Band
from cftui.questions.items import ListOrder
from cftui.questions.likes import ForYou, ForYouAnswer, LikelyItem
from cftui.questions.newcomer import YourRating
from cftui.ratings.facets import passing
from cftui.ratings.pairs import Pairs
from cftui.ratings.unit import RatingUnit
from cftui.ratings.values import Ratings


@answers(ForYou)
def answer_for_you(library: Library, question: ForYou) -> ForYouAnswer:
    """Find what somebody would like who is not in the data."""
    ratings = library.ratings(question.store)
    trained, no_stars = run_for_stars(library, question.run, ratings)
    return explore_for_you(ratings, question, trained, no_stars)


def explore_for_you(
    ratings: Ratings, asked: ForYou, trained: Trained | None = None, no_stars: str = ""
) -> ForYouAnswer:
    """Return what somebody who gave these ratings would like; `trained` predicts stars beside.

    Asked for the order by stars where there are none, the list is by likes, and says so. Raises
    QuestionError for an item that is not in the data or is rated twice, a value outside the data's
    range, a filter that these ratings cannot serve, and a threshold that no rating reaches.
    """
    tastes = tastes_of(ratings, asked.threshold)
    order: ListOrder = "likes" if trained is None and asked.order == "stars" else asked.order
    lists = NewcomerLists(ratings, tastes, trained, order, asked.regularization)
    now = lists.of(asked.rated)
    mask = passing(ratings, asked.only)
    if trained is not None and order == "stars":
        mask = mask & trained.trained_items
    mask[now.codes] = False
    codes = first_of(now.worth, mask, asked.n)
    return ForYouAnswer(
        order=order,
        threshold=tastes.threshold.value,
        threshold_words=tastes.threshold.words,
        way=tastes.ease.words,
        step=None if trained is None else trained.step,
        no_stars=no_stars,
        spread=None if trained is None or trained.factors is None else spread_of(trained),
        rated=tuple(lists.rated(now)),
        recommended=tuple(lists.likely(now, *one) for one in enumerate(codes, 1)),
        moved=_moved(lists, now, asked.before, mask, codes),
        scale=RatingUnit(ratings.low, ratings.high).scale,
    )


@dataclass(frozen=True, eq=False)
class ScoredItems:
    """Somebody's ratings, and what every item is to them; arrays of shape (n_items,)."""

    codes: np.ndarray
    """Of what they rated, shape (n rated,), as `values`."""
    values: np.ndarray
    score: np.ndarray
    predicted: np.ndarray | None
    worth: np.ndarray
    """What the list is sorted by."""
    newcomer: Scorer | None = None
    """Who predicts."""


@dataclass(frozen=True, eq=False)
class NewcomerLists:
    """Makes lists of one kind, for whatever ratings."""

    ratings: Ratings
    tastes: Tastes
    trained: Trained | None
    order: ListOrder
    regularization: float

    def of(self, rated: Rated) -> ScoredItems:
        """Return what every item is to somebody; to whom has rated nothing, how liked it is."""
        ratings, trained = self.ratings, self.trained
        codes, values = checked(ratings, rated)
        score = self.tastes.scores(codes, values)
        predicted = told = newcomer = None
        if trained is not None:
            newcomer = fold(trained, codes, values, self.regularization)
            predicted = newcomer.score_all_items(0)
            # Nobody trained on some items: their prediction says nothing for or against them.
            told = np.where(trained.trained_items, predicted, ratings.mean)
        if len(codes) or self.order == "stars":
            worth = ordered(ratings, self.tastes, self.order, score, told)
        else:
            worth = likes_given(ratings, self.tastes)
        return ScoredItems(codes, values, score, predicted, worth, newcomer)

    def likely(self, profile: ScoredItems, rank: int, code: int) -> LikelyItem:
        """Return one place of a list."""
        return LikelyItem(
            rank=rank,
            **counted(self.ratings, code),
            n_liked=int(likes_given(self.ratings, self.tastes)[code]),
            score=float(profile.score[code]),
            predicted=self._predicted(profile, code),
            band=self._band(profile, code),
        )

    def rated(self, profile: ScoredItems) -> list[YourRating]:
        """Return their own ratings, beside what the run says of them now."""
        return [
            YourRating(
                **names_of(self.ratings, code),
                value=value,
                predicted=self._predicted(profile, code),
                trained=self.trained is None or bool(self.trained.trained_items[code]),
                band=self._band(profile, code),
            )
            for code, value in zip(profile.codes.tolist(), profile.values.tolist(), strict=True)
        ]

    def _predicted(self, profile: ScoredItems, code: int) -> float | None:
        if self.trained is None or profile.predicted is None:
            return None
        return float(profile.predicted[code]) if self.trained.trained_items[code] else None

    def _band(self, profile: ScoredItems, code: int) -> Band | None:
        newcomer, trained = profile.newcomer, self.trained
        if trained is None or not isinstance(newcomer, Banded) or not trained.trained_items[code]:
            return None
        ends = newcomer.interval(Pairs.of_user(0, np.array([code])))
        return Bands(*ends, trained.drawn_words)[0]


def _moved(
    lists: NewcomerLists, now: ScoredItems, before: Rated | None, mask: np.ndarray, codes: list[int]
) -> tuple[int | None, ...]:
    """Return by how many places each item of the list rose, among those rated in neither."""
    if before is None:
        return (None,) * len(codes)
    old = lists.of(before)
    both = mask.copy()
    both[old.codes] = False
    risen = rise(old.worth, now.worth, both)
    return tuple(int(risen[code]) if both[code] else None for code in codes)
