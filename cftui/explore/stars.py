"""What a run predicts for somebody new, by fold-in or from its draws, and what stops it."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from cftui.explore.fold_in import fold_in, mean_user
from cftui.hyperparameters import Ability, models_with
from cftui.library.bands import Scorer
from cftui.library.door import Library
from cftui.library.trained import Trained
from cftui.models.draws import Draws
from cftui.models.factors import Factors
from cftui.models.newcomer import Crowd, crowd_of, take_in
from cftui.questions.errors import QuestionError
from cftui.ratings.values import Ratings, Vocabulary
from cftui.remedies import words_of
from cftui.runs.directory import Run

Rated = Sequence[tuple[str, float]]
ABLE: tuple[Ability, ...] = ("dot-product", "draws")
"""Either of which a model needs to predict for somebody new."""


def run_for_stars(
    library: Library, run: str, ratings: Ratings, *, drawn: bool = True
) -> tuple[Trained | None, str]:
    """Return the run's weights if they can predict for newcomers to these ratings, else why not.

    `drawn`: whether a model may answer whose draws take newcomers in, and that has no factors.
    """
    able = ABLE if drawn else ABLE[:1]
    if not run:
        return None, f"no run stands beside: train {models_with(*able)} to see stars"
    path = Path(run)
    if path == Run(path.parent).best:
        path = path.parent
    try:
        model = Run(path).config().model
        if model.abilities.isdisjoint(able):
            return None, cannot_take_in(model.name, drawn=drawn)
        trained = library.trained(run)
    except (ValueError, OSError) as error:
        return None, words_of(error)
    if trained.ratings.fingerprint != ratings.fingerprint:
        return None, (
            f"{trained.run} was trained on {trained.ratings.name}, not on these ratings: choose"
            " another run"
        )
    return trained, ""


def cannot_take_in(model: str, *, drawn: bool = True) -> str:
    """Return why a model cannot predict for somebody new, and which can.

    Not `drawn`: for a new item, which draws take in as little.
    """
    what = "nobody new" if drawn else "no new item"
    able = models_with(*(ABLE if drawn else ABLE[:1]))
    return f"{model.rpartition(':')[2]} takes in {what}: choose a run of {able}"


def factors_of(trained: Trained) -> Factors:
    """Return the factors to fold in to; raises QuestionError where the model has none."""
    if trained.factors is None:
        raise QuestionError(cannot_take_in(trained.config.model.name))
    return trained.factors


def checked(
    ratings: Ratings, rated: Rated, ids: Vocabulary | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return codes and values of a newcomer's ratings, shape (n,) each.

    `ids`: the users, where it is they who rate something new; else items are rated. Raises
    QuestionError for one that is not in the data or stands twice, and for a value outside the
    data's range.
    """
    known = ratings.items if ids is None else ids
    codes = [known.code_of(one) for one, _ in rated]
    seen: set[int] = set()
    for code, (one, value) in zip(codes, rated, strict=True):
        if code in seen:
            verb = "is rated" if known.kind == "item" else "rates it"
            raise QuestionError(f"{known.kind} {one} {verb} twice; leave one of the ratings out")
        if not ratings.takes(value):
            word = "for" if known.kind == "item" else "by"
            raise QuestionError(
                f"{value:g} {word} {known.kind} {one} is outside these ratings: give"
                f" {ratings.low:g} to {ratings.high:g}"
            )
        seen.add(code)
    return np.array(codes, dtype=np.int64), np.array([value for _, value in rated], np.float64)


def fold(trained: Trained, items: np.ndarray, values: np.ndarray, regularization: float) -> Scorer:
    """Return who predicts for a newcomer, as for user 0, by items that were trained on alone.

    From draws theirs are drawn, and nothing holds them to the mean user but what users are like.
    """
    told = trained.trained_items[items]
    if isinstance(trained.scorer, Draws):
        return take_in(trained.scorer, _crowd(trained), items[told], values[told])
    return fold_in(factors_of(trained), mean_of(trained), items[told], values[told], regularization)


@lru_cache(maxsize=4)
def _crowd(trained: Trained) -> Crowd:
    assert isinstance(trained.scorer, Draws)
    return crowd_of(trained.scorer, trained.trained_users)


@lru_cache(maxsize=4)
def mean_of(trained: Trained) -> np.ndarray:
    """Return the mean user's factors and bias, as `mean_user` does."""
    return mean_user(factors_of(trained), trained.trained_users)


@lru_cache(maxsize=4)
def spread_of(trained: Trained) -> float:
    """Return how far users' factors move predictions, in rating units, at the mean rating."""
    factors = factors_of(trained)
    users = factors.user_factors[trained.trained_users]
    moved = users - users.mean(axis=0)
    counts = trained.ratings.by_item.counts()
    weights = (counts / counts.sum()).astype(np.float32)[:, None]
    items = factors.item_factors
    variance = float(((moved.T @ moved / len(users)) * ((items * weights).T @ items)).sum())
    slope = (factors.high - factors.low) / 4 if factors.sigmoid else factors.unit.scale
    return float(max(variance, 0.0) ** 0.5 * slope)
