"""How good the lists are at an epoch's end, on users that stay the same throughout a run.

Relevant is what was held out and liked; candidates are all items that the user did not train on.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cftui.evaluation.ranking import HeldOutLikes, held_out_likes, list_quality
from cftui.models.errors import ModelError
from cftui.ratings.liking import liking_threshold, reaches
from cftui.ratings.parts import TrainingRatings, ValidRatings
from cftui.training.progress import Progress

K = 20
SIZES = (20, 50, 100, 200)
"""As many users as the time allows: sizes are far apart, so that a run like it takes the same."""
TRIED, TRIALS = 4, 3
"""Users that tell what one costs; again where that is much, for the machine may just be busy."""
SHARE = 0.08
"""Of an epoch's seconds is planned with, so that in a quicker one it is still within a tenth."""
LEAST_SECONDS = 0.02
"""May be taken however short an epoch is; writing its checkpoint takes longer."""
SCORES_AT_ONCE = 1 << 21

Scorer = Callable[[np.ndarray], np.ndarray]
"""Gives users, shape (n,), all items: (n, n_items)."""

log = logging.getLogger("cftui.training")


@dataclass(frozen=True)
class ListFigures:
    """What is told of an epoch's lists."""

    recall: float | None = None
    """Mean over the users, as `ndcg`; None where no lists are judged."""
    ndcg: float | None = None
    users: int = 0
    why_none: str = ""
    """Where it turned out now that none are judged."""
    most_liked_ndcg: float | None = None
    """What the items that most like, the same for all, would have with these users."""


class ListJudge:
    """Judges the top 20 of a fixed sample of users; no random number of training's is drawn."""

    def __init__(
        self,
        training: TrainingRatings,
        valid: ValidRatings,
        values: np.ndarray,
        score: Scorer,
    ) -> None:
        """Take `score`, which gives users, shape (n,), all items: float32 (n, n_items).

        `values`: of all ratings; they decide from which one on a rating is liked.
        """
        self._training, self._valid, self._values = training, valid, values
        self._score = score
        self._known: HeldOutLikes | None = None
        self._most_liked: float | None = None

    def judge(self, progress: Progress) -> ListFigures:
        """Return how good the lists are; settle in `progress`, once, whose are judged."""
        if progress.list_users == ():
            return ListFigures()
        try:
            if progress.list_users is None:
                return self._settle(progress)
            likes = _only(self._likes(), progress.list_users)
            return self._figures(self._quality(likes), likes) if len(likes) else ListFigures()
        except ModelError as error:
            # A user's model that trains and validates is no failure, whatever it makes of this.
            log.warning("lists are not judged: %s", error)
            progress.list_users = ()
            return ListFigures(why_none=f"no recall and NDCG: {error}")

    def _settle(self, progress: Progress) -> ListFigures:
        """Judge more and more users, while that takes no more of the epoch than it may."""
        progress.list_users = ()
        if not len(self._valid):
            return ListFigures()  # which is said already
        likes = self._likes()
        if not len(likes):
            return ListFigures(why_none="no recall and NDCG: no held-out rating is a liked one")
        allowed = max(SHARE * progress.epoch_seconds, LEAST_SECONDS)
        each = self._cost(likes[:TRIED], enough=allowed / SIZES[0])
        found, n = [np.empty((0, 2))], 0
        for size in (min(size, len(likes)) for size in SIZES):
            if each * size > allowed:
                break
            if size > n:
                began = time.perf_counter()
                found.append(self._quality(likes[n:size]))
                each, n = min(each, (time.perf_counter() - began) / (size - n)), size
        if not n:
            return ListFigures(
                why_none=f"no recall and NDCG: the lists of {SIZES[0]} users take more than a tenth"
                " of an epoch; cftui evaluate judges all"
            )
        progress.list_users = tuple(likes.users[:n].tolist())
        return self._figures(np.concatenate(found), likes[:n])

    def _figures(self, quality: np.ndarray, likes: HeldOutLikes) -> ListFigures:
        """Return what each user's recall and NDCG, shape (n, 2), come to beside no model's."""
        if self._most_liked is None:
            self._most_liked = float(self._quality(likes, self._score_most_liked())[:, 1].mean())
        recall, ndcg = quality.mean(axis=0).tolist()
        return ListFigures(recall, ndcg, len(quality), most_liked_ndcg=self._most_liked)

    def _score_most_liked(self) -> Scorer:
        """Return what gives all users each item's likes in training."""
        training = self._training
        liked = reaches(training.value, liking_threshold(self._values).value)
        likes = np.bincount(training.item[liked], minlength=training.info.n_items)
        scores = likes.astype(np.float32)
        return lambda users: np.broadcast_to(scores, (len(users), len(scores)))

    def _cost(self, likes: HeldOutLikes, enough: float) -> float:
        """Return the seconds that a user takes: the least of some trials, or `enough` and less."""
        least = float("inf")
        for _ in range(TRIALS):
            began = time.perf_counter()
            self._quality(likes)
            least = min(least, (time.perf_counter() - began) / len(likes))
            if least <= enough:
                break
        return least

    def _likes(self) -> HeldOutLikes:
        """Return the users that may be judged, in a random order that is always the same."""
        if self._known is None:
            liked_from = liking_threshold(self._values).value
            found = held_out_likes(self._training, self._valid, liked_from, most=SIZES[-1])
            self._known = _at(found, np.random.default_rng(0).permutation(len(found)))
        return self._known

    def _quality(self, likes: HeldOutLikes, score: Scorer | None = None) -> np.ndarray:
        """Return each user's recall and NDCG, shape (n, 2), by the model unless told otherwise."""
        score = score or self._score
        at_once = max(1, SCORES_AT_ONCE // self._training.info.n_items)
        found = []
        for start in range(0, len(likes), at_once):
            part = likes[start : start + at_once]
            quality = list_quality(score(part.users), part.trained, part.relevant, K)
            found.append(np.column_stack((quality.recall, quality.ndcg)))
        return np.concatenate(found)


def _at(likes: HeldOutLikes, places: np.ndarray) -> HeldOutLikes:
    """Return the users at some places, in their order."""
    trained, relevant = likes.trained, likes.relevant
    return HeldOutLikes(
        likes.users[places], [trained[p] for p in places], [relevant[p] for p in places]
    )


def _only(likes: HeldOutLikes, users: tuple[int, ...]) -> HeldOutLikes:
    """Return those of some users, in their order."""
    place = {user: place for place, user in enumerate(likes.users.tolist())}
    return _at(likes, np.array([place[user] for user in users if user in place], np.int64))
