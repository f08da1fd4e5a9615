"""Tastes of a data set: fitted once, remembered, and kept on disk where fitting takes long."""

import time
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from threadpoolctl import threadpool_limits

from cftui.explore.likes.kernels import Progress
from cftui.explore.likes.tastes import Tastes, fit_tastes
from cftui.library.door import Library, answers, performs
from cftui.library.kept_arrays import keep_arrays, kept_arrays
from cftui.paths import answers_folder
from cftui.questions.job import Progress as JobProgress
from cftui.questions.likes import FitTastes, TastesAtHand, TastesFitted
from cftui.ratings.values import Ratings

WORTH_KEEPING = 1.0
"""Seconds of fitting; what takes less is fitted anew by each process."""
FORMAT = "2"
"""Of the file; another one is not read."""
ONE_THREAD_SIDE = 1_500
"""Users or items up to which more threads than one wait for each other more than they do.

The bundled ratings take 0.15 s with one, and 2.3 s with two on a machine that is busy.
"""
QUICK_SIDE, QUICK_RATINGS = 4_000, 5_000_000
"""Users or items, and ratings, up to which tastes are fitted in passing, within some seconds."""


@answers(TastesAtHand)
def answer_at_hand(library: Library, question: TastesAtHand) -> bool:
    """Tell whether tastes are there, or soon will be when they are asked for."""
    return at_hand(library.ratings(question.store), question.threshold)


@performs(FitTastes)
def perform_fit_tastes(library: Library, job: FitTastes, progress: JobProgress) -> TastesFitted:
    """Fit tastes, or find them fitted already, and say what they are."""
    ratings = library.ratings(job.store)
    words = f"tastes of {ratings.n_users:,} users"
    tastes = tastes_of(
        ratings, job.threshold, lambda share: progress(round(100 * share), 100, words)
    )
    return TastesFitted(tastes.threshold.value, tastes.threshold.words, tastes.ease.words)


def tastes_of(
    ratings: Ratings, threshold: float | None = None, progress: Progress | None = None
) -> Tastes:
    """Return the tastes that all ratings tell, fitted only where they were not before.

    Raises QuestionError for a threshold that no rating reaches.
    """
    slot = _slot(ratings, threshold)
    if slot.tastes is None:
        slot.tastes = _read(ratings, threshold) or _fit(ratings, threshold, progress)
    return slot.tastes


def at_hand(ratings: Ratings, threshold: float | None = None) -> bool:
    """Tell whether `tastes_of` would keep nobody waiting for long."""
    return (
        (min(ratings.n_users, ratings.n_items) <= QUICK_SIDE and len(ratings) <= QUICK_RATINGS)
        or _slot(ratings, threshold).tastes is not None
        or place_of(ratings, threshold).is_file()
    )


def place_of(ratings: Ratings, threshold: float | None) -> Path:
    """Return where tastes of these ratings are kept."""
    name = "usual" if threshold is None else repr(float(threshold))
    return answers_folder() / ratings.fingerprint / f"tastes-{name}.safetensors"


@dataclass
class _Slot:
    """Holds tastes once they are there."""

    tastes: Tastes | None = None


@lru_cache(maxsize=2)  # of many ratings each is a gigabyte
def _slot(ratings: Ratings, threshold: float | None) -> _Slot:
    return _Slot()


def _fit(ratings: Ratings, threshold: float | None, progress: Progress | None) -> Tastes:
    began = time.monotonic()
    small = min(ratings.n_users, ratings.n_items) <= ONE_THREAD_SIDE
    with threadpool_limits(limits=1 if small else None):
        tastes = fit_tastes(
            *(ratings.user, ratings.item, ratings.value, ratings.n_users, ratings.n_items),
            threshold=threshold,
            progress=progress,
        )
    if time.monotonic() - began >= WORTH_KEEPING:
        keep_arrays(place_of(ratings, threshold), tastes.to_arrays(), {}, form=FORMAT)
    return tastes


def _read(ratings: Ratings, threshold: float | None) -> Tastes | None:
    """Return what is kept; none where there is nothing, or nothing that fits and is whole."""
    found = kept_arrays(place_of(ratings, threshold), form=FORMAT)
    if found is not None:
        with suppress(KeyError, ValueError, IndexError):
            tastes = Tastes.from_arrays(found[0])
            shape = (ratings.n_items, ratings.n_users)
            if tastes.residuals.by_item.shape == shape:
                return tastes
    return None
