"""A run's charts as sentences, for those who listen to them."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import isfinite

from cftui.runs.events import Epoch
from cftui.runs.happened import marks_of
from cftui.runs.history import History
from cftui.runs.list_words import below_most_liked, judged_users, of_users, why_no_lists

STILL = 0.005
"""A change by less than this share is none."""
TREND = 10
"""The trend is told of the last tenth of the steps."""


def sentences(history: History) -> tuple[str, ...]:
    """Return what the charts of a run show: errors, best epoch, trend, marks."""
    told = (*_validation(history), *_training(history), *_rate(history), *_lists(history))
    return (*told, *_marks(history)) or ("Nothing has been measured yet.",)


def _validation(history: History) -> Iterator[str]:
    errors = [(e, e.valid_mse) for e in history.epochs if e.valid_mse is not None]
    if not errors:
        return
    best, least = min(errors, key=lambda pair: pair[1])
    (first, begun), (last, now) = errors[0], errors[-1]
    yield (
        f"Validation error (MSE): {begun:.4f} after epoch {first.epoch}, {now:.4f} after"
        f" epoch {last.epoch}; best {least:.4f} in epoch {best.epoch}."
    )
    if len(errors) > 1:
        yield f"It {_course([value for _, value in errors], errors.index((best, least)), best)}."
    yield from _beside(history, least)


def _course(values: Sequence[float], least: int, best: Epoch) -> str:
    """Return how errors went, by where the least is."""
    falling = all(later < earlier for earlier, later in pairwise(values))
    if falling:
        return "fell in every epoch"
    if least == len(values) - 1:
        return "is at its lowest now, with rises between"
    rises = values[-1] - values[least]
    if rises <= STILL * values[least]:
        return f"has hardly changed since epoch {best.epoch}"
    return f"has risen by {rises:.4f} since epoch {best.epoch}"


def _beside(history: History, best: float) -> Iterator[str]:
    """Yield whether the best error is below those of what needs no model."""
    known = history.baselines
    for name, words in (("biases", "user and item biases"), ("global_mean", "the mean")):
        if name in known:
            gap = known[name] - best
            side = "better" if gap > 0 else "worse"
            yield f"The best is {abs(gap):.4f} {side} than {words} alone ({known[name]:.4f})."


def _training(history: History) -> Iterator[str]:
    curve = history.curve
    if not len(curve):
        return
    first, last, lowest = curve.smooth[0], curve.smooth[-1], min(curve.smooth)
    at = curve.step[curve.smooth.index(lowest)]
    yield (
        f"Training loss (average): {first:.4f} at step {curve.step[0]:,}, {last:.4f} at step"
        f" {curve.step[-1]:,}; lowest {lowest:.4f} at step {at:,}."
    )
    tail = curve.smooth[-max(len(curve) // TREND, 2) :]
    if len(tail) > 1:
        yield f"Over its last {len(tail)} reports it {_trend(tail[0], tail[-1])}."


def _trend(before: float, now: float) -> str:
    if abs(now - before) <= STILL * abs(before):
        return "stays where it is"
    return f"{'falls' if now < before else 'rises'} from {before:.4f} to {now:.4f}"


def _rate(history: History) -> Iterator[str]:
    rates = [rate for rate in history.curve.learning_rate if isfinite(rate)]
    if not rates:
        return
    if min(rates) == max(rates):
        yield f"Learning rate: {rates[0]:g} throughout."
        return
    restarts = sum(later > 2 * now for now, later in pairwise(rates))
    jumps = f"; it jumps up {restarts} time{'s' * (restarts > 1)}" if restarts else ""
    yield (
        f"Learning rate: first {rates[0]:.3g}, last {rates[-1]:.3g}, highest {max(rates):.3g},"
        f" lowest {min(rates):.3g}{jumps}."
    )


def _lists(history: History) -> Iterator[str]:
    whose = of_users(judged_users(history))
    for name, of in (("Recall", "recall"), ("NDCG", "ndcg")):
        told = [(e.epoch, getattr(e, of)) for e in history.epochs if getattr(e, of) is not None]
        if told:
            epoch, best = max(told, key=lambda pair: pair[1])
            yield (
                f"{name} of the top 20{whose.replace(' of', ' lists of')}: last {told[-1][1]:.3f},"
                f" best {best:.3f} in epoch {epoch}."
            )
    yield from _beside_most_liked(history)
    if why := why_no_lists(history):
        yield f"{why[0].upper()}{why[1:]}."


def _beside_most_liked(history: History) -> Iterator[str]:
    """Yield whether lists of what most like, the same for all, would be better."""
    *_, last = (None, *(epoch for epoch in history.epochs if epoch.ndcg is not None))
    if last is None or last.ndcg is None or last.most_liked_ndcg is None:
        return
    side = "below" if below_most_liked(last) else "not below"
    yield (
        f"The last NDCG is {side} that of popularity: the most liked, the same for all, have"
        f" {last.most_liked_ndcg:.3f}."
    )


def _marks(history: History) -> Iterator[str]:
    told = [f"step {mark.step:,}: {mark.words}" for mark in marks_of(history)]
    if told:
        yield f"Marks: {'; '.join(told)}."
