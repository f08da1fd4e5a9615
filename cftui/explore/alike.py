"""Items that the same people like: by tastes, and how far a model's own neighbours agree."""

from functools import lru_cache

import numpy as np

from cftui.explore.items import counted
from cftui.explore.likes.kept import tastes_of
from cftui.explore.neighbours import nearness
from cftui.explore.recommend import first_of, top
from cftui.explore.search import find_item
from cftui.library.door import Library, answers
from cftui.library.trained import Trained
from cftui.questions.likes import AlikeAnswer, AlikeItem, AlikeItems, JudgeSpace, SpaceJudgement
from cftui.questions.trained import Metric
from cftui.ratings.values import Ratings

JUDGED, NEAREST = 200, 10
"""The most rated items that a space is judged by, and how many neighbours of each."""


@answers(AlikeItems)
def answer_alike(library: Library, question: AlikeItems) -> AlikeAnswer:
    """Find the items near one, which an id or a title names, by tastes."""
    ratings = library.ratings(question.store)
    code = find_item(ratings, question.item)
    return alike(ratings, code, question.n, question.min_ratings, question.threshold)


@answers(JudgeSpace)
def answer_judge(library: Library, question: JudgeSpace) -> SpaceJudgement:
    """Judge the space of a run's item factors."""
    return judge(library.trained(question.run), question.metric)


def alike(
    ratings: Ratings,
    code: int,
    n: int,
    min_ratings: int | None = None,
    threshold: float | None = None,
) -> AlikeAnswer:
    """Return the n items nearest to one by tastes, among those that somebody rated beside it.

    Raises QuestionError for a threshold that no rating reaches.
    """
    tastes = tastes_of(ratings, threshold)
    near = tastes.near(code)
    floor = ratings.usual_floor if min_ratings is None else min_ratings
    mask = (ratings.by_item.counts() >= floor) & (near.company.common > 0)
    rows = tuple(
        AlikeItem(
            rank=rank,
            **counted(ratings, other),
            score=float(near.score[other]),
            common=int(near.company.common[other]),
            lift=float(near.company.lift[other]),
        )
        for rank, other in enumerate(first_of(near.score, mask, n), start=1)
    )
    return AlikeAnswer(
        item=ratings.items.id_of(code),
        title=ratings.items.title_of(code),
        min_ratings=floor,
        way=tastes.ease.words,
        alike=rows,
        words="" if rows else _why_none(near.company.common, code, floor),
    )


def _why_none(common: np.ndarray, code: int, floor: int) -> str:
    others = common.copy()
    others[code] = 0
    if not others.any():
        return "nobody who rated it rated anything else, so that nothing is near by tastes"
    return (
        f"no item with {floor:,} ratings or more was rated by somebody who rated this one: ask for"
        " fewer"
    )


@lru_cache(maxsize=8)
def judge(trained: Trained, metric: Metric) -> SpaceJudgement:
    """Return how far neighbours in a run's item factors agree with those by tastes.

    Each weights' judgement is remembered. Raises QuestionError for a model without item factors.
    """
    ratings, table = trained.ratings, trained.require("item_factors")
    counts = ratings.by_item.counts()
    known = np.flatnonzero((counts >= ratings.usual_floor) & trained.trained_items)
    judged = known[top(counts[known].astype(np.float64), JUDGED)]
    k = min(NEAREST, max(len(known) - 1, 0))
    if k == 0:
        return SpaceJudgement(0.0, 0.0, 0, "too few items to judge by")
    tastes, factors = tastes_of(ratings), table[known].astype(np.float64)
    shares = np.empty(len(judged))
    for place, code in enumerate(judged.tolist()):
        own = int(np.searchsorted(known, code))
        near = nearness(factors, own, metric)
        near = -near if metric == "euclid" else near
        near[own] = -np.inf
        shares[place] = len({*top(near, k)} & {*top(tastes.near(code).score[known], k)}) / k
    agreement, by_chance = float(shares.mean()), k / (len(known) - 1)
    doubt = float(shares.std() / np.sqrt(len(shares)))
    return SpaceJudgement(
        agreement, by_chance, len(judged), _verdict(agreement, by_chance, doubt, k)
    )


def _verdict(agreement: float, by_chance: float, doubt: float, k: int) -> str:
    """Return what an agreement means; `doubt` is its standard error."""
    found = (
        f"{agreement * k:.1f} of {k} nearest are also near by tastes, {by_chance * k:.1f} by chance"
    )
    if agreement <= by_chance + 2 * doubt:
        return f"noise: its neighbours agree with tastes no better than chance ({found})"
    if agreement < 0.1:
        return f"mostly noise: {found}"
    if agreement < 0.25:
        return f"to be read with care: {found}"
    return f"agrees with tastes: {found}"
