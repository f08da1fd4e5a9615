"""For whom an item would be that is not in the data: from a few ratings, its genres, its year.

With a run whose factors can be folded in to, the item's own k + 1 numbers are solved for, those of
the users staying as trained (Sarwar, Karypis, Konstan and Riedl 2002; the ridge of Koren, Bell and
Volinsky 2009, eq. 5, with the roles swapped). A Gaussian prior holds them near the mean item, or
near what genres and year tell of factors and bias (`cftui.explore.content`). Without a run: biases,
the likeness of users to those who rated it, and their means on films of its genres.

Measured on the bundled ratings (`tests/bench/new_items.py`: 300 films with 30 ratings or more, held
out wholly, Adam): RMSE of the rest of a film's ratings, from k of them at random,

    k                                          0      3      5      10
    damped mean                                0.934  0.908  0.889  0.868
    the same, genres and year                  0.916  0.896  0.884  0.866
    fold-in                                    0.951  0.913  0.890  0.866
    fold-in, genres and year                   0.922  0.894  0.878  0.857
    without a run                              0.934  0.906  0.887  0.863
    without a run, genres and year             0.905  0.884  0.870  0.850

so genres and year are worth some two ratings, and a run adds doubts and a space rather than lower
errors. Of the prior's weight 0.1, 0.2, 0.3, 0.5, 1 and 3 times what scatter says, 0.5 is the best
from 3 ratings (0.894; with 0.1 0.915, with 3 0.909) and within 0.002 of the best from 10. A ridge
that is the same for factors and bias (3, as for users) gives 0.896 and 0.860, but doubts of 0.65
and more, where the scatter gives 0.26 to 0.31.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cftui.explore.audience import Audience, by_run, by_tastes
from cftui.explore.content import Told, overlap_of, told_features
from cftui.explore.expected import Expected, Plain, bias_by_features, expect, plain_of
from cftui.explore.items import counted, user_means
from cftui.explore.likes.kept import tastes_of
from cftui.explore.recommend import first_of
from cftui.explore.stars import checked, run_for_stars
from cftui.library.door import Library, answers
from cftui.library.trained import Trained
from cftui.questions.errors import QuestionError
from cftui.questions.new_item import (
    AudienceOrder,
    ForWhom,
    ForWhomAnswer,
    LikelyUser,
    NearNewItem,
    RatedNewItem,
)
from cftui.ratings.facets import facets
from cftui.ratings.values import Ratings

SOURCE_RUN = (
    "fold-in of the item (Sarwar et al. 2002; ridge of Koren, Bell and Volinsky 2009, eq. 5)"
)
SOURCE_CONTENT = "genres and year by ridge regression (the idea of LightFM, Kula 2015)"
SOURCE_BIASES = "damped biases (Koren 2010, section 2.1)"
SOURCE_TASTES = "user k-NN on residuals from biases, shrunk (Bell and Koren 2007)"
YEAR_WEIGHT = 1e-3
"""Of a year apart, beside the overlap of genres: it settles ties."""


@answers(ForWhom)
def answer_for_whom(library: Library, question: ForWhom) -> ForWhomAnswer:
    """Find for whom an item would be that is not in the data."""
    ratings = library.ratings(question.store)
    trained, no_run = run_for_stars(library, question.run, ratings)
    return explore_for_whom(ratings, question, trained, no_run)


def explore_for_whom(
    ratings: Ratings, asked: ForWhom, trained: Trained | None = None, no_run: str = ""
) -> ForWhomAnswer:
    """Return the audience of an item; `trained` answers by its factors.

    Raises QuestionError where nothing is told of the item, for a user that is not in the data or
    rates it twice, a value outside the data's range, a genre or a year that the data do not have,
    and a regularization that is not above 0.
    """
    if not (asked.ratings or asked.genres or asked.year is not None):
        raise QuestionError("nothing is told of the item: give ratings of it, genres or a year")
    new = _NewItem(ratings, asked, trained)
    audience, expected = new.audience, new.expected
    usual = new.plain.biases.mean
    return ForWhomAnswer(
        order=new.order,
        way=new.way,
        source=new.source,
        step=None if trained is None else trained.step,
        no_run=no_run,
        expected=float(np.clip(usual + expected.bias, ratings.low, ratings.high)),
        expected_doubt=float(np.sqrt(expected.variance)),
        data_mean=ratings.mean,
        explained=_explained_words(ratings, asked.year, new.told, audience.explained),
        rated=tuple(new.rated()),
        audience=tuple(new.likely(rank, user) for rank, user in enumerate(new.first(), start=1)),
        near=new.near(),
        near_way=new.near_way,
    )


def _explained_words(
    ratings: Ratings, year: int | None, told: Told | None, factors: float | None
) -> str:
    """Return how well genres and year do on items held out, beside the plain mean."""
    if told is None:
        return ""
    years = facets(ratings).years
    first, last = int(years[years > 0].min(initial=9999)), int(years.max(initial=0))
    outside = "" if year is None or first <= year <= last else f"; {year} is taken as "
    outside += "" if not outside else f"{min(max(year or 0, first), last)}, the nearest here"
    if told.n_items == 0 or told.explained == 0:
        return f"genres and year: too few {told.n_items:,} items to learn from"
    words = f"genres and year explain {max(told.explained, 0.0):.0%} of item biases"
    if factors is not None:
        words += f" and {max(factors, 0.0):.0%} of item factors"
    often = ratings.usual_floor
    of = f"{told.n_items:,} with {often:,} ratings or more, which are liked more than others"
    return f"{words} (R² on items held out, of {of}){outside}"


@dataclass(frozen=True, eq=False)
class _NewItem:
    """An item, and what can be told of it."""

    ratings: Ratings
    asked: ForWhom
    trained: Trained | None

    @cached_property
    def _given(self) -> tuple[np.ndarray, np.ndarray]:
        return checked(self.ratings, self.asked.ratings, self.ratings.users)

    @cached_property
    def _features(self) -> np.ndarray | None:
        asked = self.asked
        if not asked.genres and asked.year is None:
            return None
        return told_features(self.ratings, asked.genres, asked.year)

    @cached_property
    def plain(self) -> Plain:
        """Return biases of the data."""
        return plain_of(self.ratings)

    @cached_property
    def told(self) -> Told | None:
        """Return what genres and year tell of its bias."""
        features = self._features
        return None if features is None else bias_by_features(self.ratings).tell(features)

    @cached_property
    def expected(self) -> Expected:
        """Return its bias, as far as it is known."""
        return expect(self.plain, *self._given, self.told)

    @cached_property
    def audience(self) -> Audience:
        """Return what it is to every user."""
        users, values = self._given
        if self.trained is not None:
            kept = self.trained.trained_users[users]
            weight = self.asked.regularization
            return by_run(self.trained, users[kept], values[kept], weight, self._features)
        residuals = tastes_of(self.ratings).residuals
        genres = self._overlap if self.asked.genres else None
        return by_tastes(
            *(self.ratings, self.plain, residuals, users, values, self.expected, genres)
        )

    @cached_property
    def _overlap(self) -> np.ndarray:
        return overlap_of(self.ratings, self.asked.genres)

    @property
    def order(self) -> AudienceOrder:
        """Return the order of the audience: by doubt only where it is told."""
        without = self.trained is None and self.asked.order == "sure"
        return "stars" if without else self.asked.order

    @property
    def way(self) -> str:
        """Return how its audience was found."""
        told = "genres and year" if self._features is not None else "the mean item"
        if self.trained is not None:
            return f"folded in to {self.trained.run}, held to {told}"
        parts = ["biases"]
        if self.asked.ratings:
            parts.append("likeness to those who rated it")
        if self.asked.genres:
            parts.append("means on films of its genres")
        return f"by {', '.join(parts)}, without a run"

    @property
    def source(self) -> str:
        """Return the methods."""
        told = [SOURCE_RUN if self.trained is not None else SOURCE_BIASES]
        if self.trained is None and self.asked.ratings:
            told.append(SOURCE_TASTES)
        if self._features is not None:
            told.append(SOURCE_CONTENT)
        return "; ".join(told)

    # The lists

    def first(self) -> list[int]:
        """Return the codes of its audience, the first places, those who rated it left out."""
        audience = self.audience
        worth = audience.more if self.order == "taste" else audience.predicted
        if self.order == "sure" and audience.doubt is not None:
            worth = audience.predicted - audience.doubt
        mask = audience.reached.copy()
        mask[self._given[0]] = False
        return first_of(worth, mask, self.asked.n)

    def likely(self, rank: int, user: int) -> LikelyUser:
        """Return one place of the audience."""
        ratings, audience = self.ratings, self.audience
        because, share = self._because(user)
        return LikelyUser(
            rank=rank,
            user=ratings.users.id_of(user),
            predicted=float(audience.predicted[user]),
            doubt=None if audience.doubt is None else float(audience.doubt[user]),
            more=float(audience.more[user]),
            because=because,
            because_share=share,
            mean=float(user_means(ratings)[user]),
            n_ratings=ratings.by_user.count_of(user),
        )

    def _because(self, user: int) -> tuple[str, float]:
        """Return whose rating speaks most for it, and how much."""
        shares = self.audience.shares[user]
        if not len(shares) or shares.max() <= 0:
            return "", 0.0
        raters = self._given[0]
        if self.trained is not None:
            raters = raters[self.trained.trained_users[raters]]
        place = int(shares.argmax())
        return self.ratings.users.id_of(int(raters[place])), float(shares[place])

    def rated(self) -> list[RatedNewItem]:
        """Return the ratings given, beside what is predicted now."""
        audience = self.audience
        return [
            RatedNewItem(
                user=self.ratings.users.id_of(user),
                value=value,
                predicted=float(audience.predicted[user]),
                trained=bool(audience.reached[user]),
            )
            for user, value in zip(*(given.tolist() for given in self._given), strict=True)
        ]

    @property
    def near_way(self) -> str:
        """Return what nearness is."""
        if self.trained is not None:
            return "cosine of the folded-in factors"
        if self.asked.ratings:
            return "shrunk cosine of residuals"
        return "genres in common, then years"

    def near(self) -> tuple[NearNewItem, ...]:
        """Return the items nearest to it."""
        score = self.audience.cosine if self.audience.cosine is not None else self._by_content()
        floor = self.asked.min_ratings or self.ratings.usual_floor
        mask = self.ratings.by_item.counts() >= floor
        codes = first_of(score, mask, self.asked.n)
        return tuple(
            NearNewItem(rank=rank, **counted(self.ratings, code), score=float(score[code]))
            for rank, code in enumerate(codes, start=1)
        )

    def _by_content(self) -> np.ndarray:
        years, score = facets(self.ratings).years, np.zeros(self.ratings.n_items)
        if self.asked.genres:
            score = self._overlap.copy()
        if self.asked.year is not None:
            score -= YEAR_WEIGHT * np.where(years > 0, np.abs(years - self.asked.year), 100)
        return score
