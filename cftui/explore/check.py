"""How right a run is on what was held out from it, beside baselines on the same split."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from cftui.evaluation.audit import audit_split
from cftui.evaluation.measuring import Measured, Measurements, Predictor, Resampled, measured
from cftui.evaluation.predictions import (
    band_coverage,
    calibration,
    farthest_off,
    joint_counts,
    residual_cells,
)
from cftui.explore.baselines import NAMES, Trial, baseline_measurements, trial_of
from cftui.explore.likes.kept import ONE_THREAD_SIDE
from cftui.hyperparameters.fields import TIMED
from cftui.library.bands import Bands
from cftui.library.door import Library, performs
from cftui.library.trained import Trained
from cftui.questions.check import (
    BandCoverage,
    CheckAnswer,
    CheckRun,
    Comparison,
    HeldOutPrediction,
    Interval,
    Measure,
    MethodRow,
    SplitAudit,
)
from cftui.questions.errors import QuestionError
from cftui.questions.job import Progress
from cftui.ratings.pairs import Pairs

WORST = 100
"""Predictions farthest off that are told."""
COMPARED: tuple[tuple[Measure, str], ...] = (
    ("rmse", "biases"),
    ("ndcg", "popularity"),
    ("ndcg", "ease"),
    ("rmse", "item-knn"),
    ("ndcg", "item-knn"),
    ("rmse", "mean"),
)
"""The most telling first."""
_CALLED = {"mean": "the mean", "item-knn": "item k-NN", "ease": "EASE"}


@performs(CheckRun)
def perform_check(library: Library, job: CheckRun, progress: Progress) -> CheckAnswer:
    """Check a run against what was held out from it."""
    trained = library.trained(job.run)
    if trained.config.split.kind == "none":
        repeated = trained.record.refit_of
        instead = f"; check {repeated}, which it repeats" if repeated else ""
        raise QuestionError(f"nothing was held out from {trained.run} to check it by{instead}")
    if trained.ratings.fingerprint != library.ratings(job.store).fingerprint:
        raise QuestionError(f"{trained.run} was trained on other ratings than {job.store}")
    small = min(trained.ratings.n_users, trained.ratings.n_items) <= ONE_THREAD_SIDE
    with threadpool_limits(limits=1 if small else None):
        return check(trained, job.at, progress)


def check(trained: Trained, at: int, progress: Progress) -> CheckAnswer:
    """Return how right a run is; raises QuestionError where it predicts no numbers."""
    told = _Stages(progress, 3 + len(NAMES))
    told("the split", 0.0)
    trial = trial_of(trained.config.split, trained.ratings, at)
    predicted = _predicted(trained, trial)
    measurements = [
        trial.measure(_run(trained, predicted), lambda share, words: told(words, share))
    ]
    measurements += baseline_measurements(trial, lambda share, words: told(words, share))
    told("intervals", 0.0)
    return _answer(trained, trial, predicted, measurements)


def _answer(
    trained: Trained, trial: Trial, predicted: np.ndarray, measurements: list[Measurements]
) -> CheckAnswer:
    valid, found = trial.valid, measured(measurements)
    user_counts = np.bincount(trial.training.user, minlength=trained.ratings.n_users)
    counts = (user_counts[valid.user], trial.item_counts[valid.item])
    bands = trained.bands(valid.pairs)
    return CheckAnswer(
        run=trained.run,
        step=trained.step,
        weights="best" if Path(trained.path).suffix == ".safetensors" else "last",
        at=trial.at,
        n_users=len(trial.likes),
        liked_from=trial.threshold.value,
        methods=tuple(map(_row, measurements, found)),
        comparisons=_comparisons(trial, measurements, found),
        joint=joint_counts(predicted, valid.value, valid.low, valid.high),
        calibration=calibration(predicted, valid.value, valid.user),
        residuals=residual_cells(predicted, valid.value, *counts),
        worst=_worst(trained, trial, predicted, bands, *counts),
        audit=_audit(trained, trial, predicted),
        coverage=None if bands is None else _coverage(bands, trial, *counts),
    )


class _Stages:
    """Tells progress of doings one after the other, as each begins with words of its own."""

    def __init__(self, progress: Progress, n: int) -> None:
        self._progress, self._n = progress, n
        self._seen: list[str] = []
        self._done = 0

    def __call__(self, words: str, share: float) -> None:
        doing = words.partition(":")[0]
        if doing not in self._seen:
            self._seen.append(doing)
        # A doing may have parts, each from 0 to 1.
        self._done = max(self._done, 100 * (len(self._seen) - 1) + round(99 * share))
        self._progress(self._done, 100 * self._n, words)


def _predicted(trained: Trained, trial: Trial) -> np.ndarray:
    """Return the run's predictions of held-out ratings, float64, shape (n_valid,)."""
    predicted = np.asarray(trained.scorer.score(trial.valid.pairs), np.float64)
    unusable = np.count_nonzero(~np.isfinite(predicted))
    if unusable:
        raise QuestionError(
            f"{trained.run} predicts no number for {unusable:,} of {len(predicted):,} held-out"
            " ratings: its training diverged; train again with a lower learning rate"
        )
    return predicted


def _run(trained: Trained, predicted: np.ndarray) -> Predictor:
    def ranks(users: np.ndarray) -> np.ndarray:
        return np.stack([trained.scorer.score_all_items(user) for user in users.tolist()])

    return Predictor("run", f"the run's {trained.config.model.name}", lambda _: predicted, ranks)


def _row(measurements: Measurements, found: Measured) -> MethodRow:
    measures = tuple((measure, value.interval) for measure, value in found.items())
    return MethodRow(measurements.name, measurements.words, measures)


def _comparisons(
    trial: Trial, measurements: list[Measurements], found: list[Measured]
) -> tuple[Comparison, ...]:
    by_name = dict(zip((one.name for one in measurements), found, strict=True))
    ours = by_name["run"]
    return tuple(
        _compared(trial, measure, against, ours[measure], by_name[against][measure])
        for measure, against in COMPARED
        if measure in ours and measure in by_name[against]
    )


def _compared(
    trial: Trial, measure: Measure, against: str, ours: Resampled, theirs: Resampled
) -> Comparison:
    gain = theirs.minus(ours) if measure == "rmse" else ours.minus(theirs)
    called, form = ("RMSE", ".4f") if measure == "rmse" else (f"NDCG@{trial.at}", ".3f")
    name, values = _CALLED.get(against, against), f"{called} {ours.value:{form}}"
    words = _verdict(gain, name, f"{values} against {theirs.value:{form}}", form)
    return Comparison(measure, against, gain, words)


def _verdict(gain: Interval, name: str, values: str, form: str) -> str:
    """Return what a gain over a baseline means, as a sentence without its end."""
    if gain.low <= 0 <= gain.high:
        change = f"{gain.value:+{form}} (95 %: {gain.low:+{form}} to {gain.high:+{form}})"
        return f"no better than {name}, as far as can be told: {values}, {change}"
    word, sign = ("better", 1) if gain.low > 0 else ("worse", -1)
    low, high = sorted((sign * gain.low, sign * gain.high))
    sure = f"95 %: {low:{form}} to {high:{form}}"
    return f"{word} than {name} by {sign * gain.value:{form}}: {values} ({sure})"


def _worst(
    trained: Trained,
    trial: Trial,
    predicted: np.ndarray,
    bands: Bands | None,
    user_counts: np.ndarray,
    item_counts: np.ndarray,
) -> tuple[HeldOutPrediction, ...]:
    valid, users, items = trial.valid, trained.ratings.users, trained.ratings.items
    return tuple(
        HeldOutPrediction(
            user=users.id_of(int(valid.user[place])),
            item=items.id_of(int(valid.item[place])),
            title=items.title_of(int(valid.item[place])),
            predicted=float(predicted[place]),
            actual=float(valid.value[place]),
            user_ratings=int(user_counts[place]),
            item_ratings=int(item_counts[place]),
            band=None if bands is None else bands[place],
        )
        for place in farthest_off(predicted, valid.value, WORST).tolist()
    )


def _coverage(
    bands: Bands, trial: Trial, user_counts: np.ndarray, item_counts: np.ndarray
) -> BandCoverage:
    ends = bands.low, bands.high
    return band_coverage(bands.words, ends, trial.valid.value, user_counts, item_counts)


def _audit(trained: Trained, trial: Trial, predicted: np.ndarray) -> SplitAudit:
    audit = audit_split(trained.config.split.kind, trained.ratings, trained.split)
    words = (_about_now(trained, trial, predicted), _about_lists(trial))
    return replace(audit, warnings=(*audit.warnings, *filter(None, words)))


def _about_now(trained: Trained, trial: Trial, predicted: np.ndarray) -> str:
    """Return what the run's error is where it is asked as for a list; empty where that is it."""
    if not set(trained.config.model.reads) & set(TIMED):
        return ""
    valid = trial.valid
    now = np.asarray(trained.scorer.score(Pairs(valid.user, valid.item)), np.float64)
    asked, told = (
        math.sqrt(np.mean((each - valid.value.astype(np.float64)) ** 2))
        for each in (now, predicted)
    )
    return (
        "the model knows when a held-out rating was given; a list is asked without, as of the last"
        f" day trained on: RMSE {asked:.4f} then instead of {told:.4f}"
    )


def _about_lists(trial: Trial) -> str:
    """Return why lists are judged on few users, or on none; empty where they are not."""
    judged, all_of_them = len(trial.likes), trial.n_likers
    if not judged:
        return f"nothing held out is liked ({trial.threshold.words}): lists cannot be judged"
    if judged < all_of_them:
        return f"lists are judged on a sample of {judged:,} of {all_of_them:,} users"
    return ""
