"""What anybody could do without training a model, on the same training ratings: the yardsticks.

Nothing here ever sees a held-out rating. What the baselines are worth on a split is kept, so that
another run of the same split is checked at once.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import sparse

from cftui.config import SplitConfig
from cftui.evaluation.baselines import fit_biases
from cftui.evaluation.measuring import (
    Measurements,
    Predictor,
    UserErrors,
    UserLists,
    user_errors,
    user_lists,
)
from cftui.evaluation.ranking import HeldOutLikes, held_out_likes
from cftui.explore.likes.ease import fit_ease
from cftui.explore.likes.item_knn import fit_item_knn
from cftui.library.kept_arrays import keep_arrays, kept_arrays
from cftui.paths import answers_folder
from cftui.ratings.liking import LikingThreshold, liking_threshold
from cftui.ratings.pairs import Pairs
from cftui.ratings.parts import TrainingRatings, ValidRatings, parts_of
from cftui.ratings.values import Ratings

MOST_USERS = 10_000
"""Whose lists are judged; of more a sample, whose NDCG has a standard error of 0.003."""
FORMAT = "1"
"""Of what is kept; another one is not read. To be raised when a baseline changes."""
NAMES = ("mean", "biases", "popularity", "item-knn", "ease")

Heard = Callable[[float, str], None]
"""Told which share of the present doing is done, and in words what that is, the method first."""


@dataclass(frozen=True, eq=False)
class Trial:
    """What predictors are measured by: one split of some ratings."""

    ratings: Ratings
    split: SplitConfig
    training: TrainingRatings
    valid: ValidRatings
    threshold: LikingThreshold
    """From the training ratings alone."""
    likes: HeldOutLikes
    n_likers: int
    """Users with held-out likes, of whom `likes` may be a sample."""
    item_counts: np.ndarray
    """Training ratings of every item, shape (n_items,)."""
    at: int

    def measure(self, predictor: Predictor, heard: Heard) -> Measurements:
        """Return what a predictor is worth to each user."""
        return Measurements(
            predictor.name,
            predictor.words,
            self._errors(predictor, heard),
            self._lists(predictor, heard),
        )

    def _errors(self, predictor: Predictor, heard: Heard) -> UserErrors | None:
        if predictor.rates is None:
            return None
        heard(0.0, f"{predictor.name}: held-out ratings")
        predicted = predictor.rates(self.valid.pairs)
        return user_errors(predicted, self.valid.value, self.valid.user)

    def _lists(self, predictor: Predictor, heard: Heard) -> UserLists | None:
        n = len(self.likes)
        if predictor.ranks is None or not n:
            return None
        words = f"{predictor.name}: lists of {n:,} users"
        heard(0.0, words)
        return user_lists(
            *(predictor.ranks, self.likes, self.item_counts, self.at),
            lambda done: heard(done / n, words),
        )


def trial_of(split: SplitConfig, ratings: Ratings, at: int) -> Trial:
    """Return what predictors of a split are measured by; raises ConfigError as `parts_of`."""
    training, valid = parts_of(split, ratings)
    threshold = liking_threshold(training.value)
    likes = held_out_likes(training, valid, threshold.value, most=MOST_USERS)
    n_likers = len(np.unique(valid.user[threshold.liked(valid.value)]))
    counts = np.bincount(training.item, minlength=ratings.n_items)
    return Trial(ratings, split, training, valid, threshold, likes, n_likers, counts, at)


def baseline_measurements(trial: Trial, heard: Heard) -> list[Measurements]:
    """Return what every baseline is worth on a split; made only where it is not kept."""
    place = _place(trial)
    found = kept_arrays(place, form=FORMAT)
    if found is not None:
        arrays, words = found
        return [Measurements.from_arrays(name, words[name], arrays) for name in NAMES]
    made = [trial.measure(one, heard) for one in baselines(trial.training, trial.threshold, heard)]
    arrays = {name: array for one in made for name, array in one.to_arrays().items()}
    keep_arrays(place, arrays, {one.name: one.words for one in made}, form=FORMAT)
    return made


def baselines(
    training: TrainingRatings, threshold: LikingThreshold, heard: Heard
) -> Iterator[Predictor]:
    """Yield each baseline, fitted to training ratings; the next is fitted when it is asked for."""
    info, pairs, value = training.info, training.pairs, training.value
    shape = (info.n_users, info.n_items)
    biases = fit_biases(pairs, value, *shape)
    yield Predictor("mean", "the mean", lambda asked: np.full(len(asked), biases.mean), None)

    def by_bias(users: np.ndarray) -> np.ndarray:
        return np.asarray(biases.mean + biases.user[users, None] + biases.item[None, :])

    yield Predictor("biases", "user and item biases", biases.score, by_bias)
    liked = np.bincount(pairs.items, threshold.liked(value), info.n_items)
    yield Predictor("popularity", "most liked", None, lambda users: _for_each(liked, users))
    weights = threshold.weights(value)
    knn = fit_item_knn(
        *(pairs, value, weights, *shape), lambda share: heard(share, "item-knn: neighbours")
    )
    yield Predictor("item-knn", knn.words, knn.score, knn.ranks)
    del knn
    yield _ease(pairs, weights, shape, heard)


def _ease(pairs: Pairs, weights: np.ndarray, shape: tuple[int, int], heard: Heard) -> Predictor:
    heard(0.0, "ease: weights")
    ease = fit_ease(
        *(pairs.users, pairs.items, weights, *shape),
        progress=lambda share: heard(share, "ease: weights"),
    )
    given = sparse.csr_array((weights, (pairs.users, pairs.items)), shape=shape)

    return Predictor("ease", ease.words, None, lambda users: ease.scores_of_many(given[users]))


def _for_each(scores: np.ndarray, users: Sequence[int] | np.ndarray) -> np.ndarray:
    return np.broadcast_to(scores, (len(users), len(scores)))


def _place(trial: Trial) -> Path:
    """Return where the baselines of a split are kept."""
    split = trial.split
    part = f"{split.kind}-{split.held or f'{split.fraction!r}-{split.seed}'}"
    name = f"baselines-{part}-{trial.at}-{len(trial.likes)}"
    return answers_folder() / trial.ratings.fingerprint / f"{name}.safetensors"
