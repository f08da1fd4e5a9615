"""Whether a run is worth more than no model at all; where it is not, why, and what to do."""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from typing import Literal

from cftui.runs.standing import BY, WorseThan, worse_than

Reason = Literal[
    "stretched-scale",
    "rate-too-high",
    "strong-decay",
    "overfit",
    "too-little-data",
    "too-few-epochs",
    "rate-too-low",
    "unclear",
]

SATURATED = 0.5
"""Share of predictions at the ends of the scale from which on a sigmoid is called saturated."""
STRETCHED = 0.03
"""Deviation of the ratings over their range, below which few values stretch it: the bundled
ratings have 0.24, with a single 500 among them 0.002."""
ROSE = 1.3
"""A loss so many times that of the first steps has risen, and is no noise of the batches."""
FLAT = 0.002
"""A fall of the validation error by this share in an epoch, or less, is none to wait for."""
PATIENCE = 10
"""Where reaching the baseline would take so many times the epochs done, the rate is too low."""
SPARSE = 5.0
"""Training ratings for each user and item, below which there is little to learn from."""


@dataclass(frozen=True)
class Verdict:
    """That a run is worse than what needs no model, and the likely reason."""

    worse_than: WorseThan
    mse: float
    """Of validation, at the end of the last whole epoch."""
    baseline: float
    """Validation MSE of what it is worse than."""
    reason: Reason
    why: str
    sign: str
    """What was measured that says so; empty where nothing does."""
    remedy: str
    so_far: bool = False
    """Whether the run is still at work."""

    @property
    def headline(self) -> str:
        """Return that it is worse, and by how much."""
        return headline(self.worse_than, self.mse, self.baseline, so_far=self.so_far)

    @property
    def words(self) -> str:
        """Return all of it in a line."""
        sign = f": {self.sign}" if self.sign else ""
        return f"{self.headline}. {self.why}{sign}. {self.remedy}"

    @property
    def brief(self) -> str:
        """Return it without what was measured, for little room."""
        return f"{self.headline}. {self.why}. {self.remedy}"

    def told(self) -> dict[str, str | float]:
        """Return it as JSON has it."""
        return {
            "worse_than": self.worse_than,
            "valid_mse": self.mse,
            "baseline_mse": self.baseline,
            "reason": self.reason,
            "why": self.why,
            "sign": self.sign,
            "remedy": self.remedy,
        }


def headline(worse: WorseThan, mse: float, baseline: float, *, so_far: bool) -> str:
    """Return that a run is worse than a baseline, and by how much."""
    return (
        f"{'So far worse' if so_far else 'Worse'} than {BY[worse]} alone:"
        f" MSE {mse:.4f}, not {baseline:.4f}"
    )


@dataclass(frozen=True)
class Evidence:
    """What a verdict is found from: measured by the trainer, or set by the user."""

    mean: float
    """Validation MSE of the mean alone; so for `biases`, of user and item biases."""
    biases: float
    valid: tuple[float, ...]
    """Validation MSE of each whole epoch; so for `train`, of the training ratings."""
    train: tuple[float, ...]
    low: float
    """Lowest rating value; so for `high`."""
    high: float
    saturated: float | None = None
    """As in the last epoch's event."""
    first_loss: float | None = None
    """Smoothed, of the first steps reported; so for `last_loss`, of the last."""
    last_loss: float | None = None
    steps: int = 0
    rate: float | None = None
    decay: float | None = None
    usual_rate: float | None = None
    """The learning rate that suits model and optimizer; so for `usual_decay`."""
    usual_decay: float | None = None
    ratings_each: float | None = None
    """Training ratings for each user and item."""
    alive: bool = False

    @property
    def best_baseline(self) -> float:
        """Return the validation MSE that a run must be below to be worth anything."""
        return min(self.mean, self.biases)


def judge(evidence: Evidence) -> Verdict | None:
    """Return the verdict on a run; none where it is better than both baselines, or unmeasured."""
    if not evidence.valid:
        return None
    mse = evidence.valid[-1]
    worse = worse_than(mse, evidence.mean, evidence.biases)
    if not worse:
        return None
    baseline = evidence.mean if worse == "mean" else evidence.biases
    found = (find(evidence, baseline) for find in FINDERS)
    said = next(said for said in found if said is not None)
    return Verdict(worse, mse, baseline, *said, evidence.alive)


Said = tuple[Reason, str, str, str]
"""The reason, why, its sign, and the remedy."""


def _stretched(e: Evidence, _: float) -> Said | None:
    span = e.high - e.low
    if span <= 0 or sqrt(e.mean) / span >= STRETCHED:
        return None
    return (
        "stretched-scale",
        "Few values stretch the scale",
        f"ratings span {e.low:g} to {e.high:g}, and are mostly within {sqrt(e.mean):.3g} of their"
        " mean",
        "Mend the outliers (Data pane, describe); read counts as logarithms",
    )


def _too_high(e: Evidence, _: float) -> Said | None:
    signs = []
    if e.saturated is not None and e.saturated >= SATURATED:
        signs.append(f"the sigmoid is saturated, {e.saturated:.0%} of predictions at its ends")
    if e.first_loss and e.last_loss and e.last_loss > ROSE * e.first_loss:
        signs.append(f"the training loss rose from {e.first_loss:.4g} to {e.last_loss:.4g}")
    elif len(e.train) > 1 and e.train[-1] > ROSE * e.train[0]:
        signs.append(f"the training loss rose from {e.train[0]:.4g} to {e.train[-1]:.4g}")
    if not signs:
        return None
    why = f"The learning rate{_value(e.rate)} is too high"
    return (
        "rate-too-high",
        why,
        ", and ".join(signs),
        f"Train anew with a lower one{_lower_rate(e)}",
    )


def _strong_decay(e: Evidence, baseline: float) -> Said | None:
    """Tell where decay has had the steps to pull weights back, and training errs as well."""
    if not (e.decay and e.rate and e.usual_decay is not None):
        return None
    strong = e.decay >= 10 * max(e.usual_decay, 1e-6) and e.rate * e.decay * e.steps >= 1
    if not strong or e.train[-1] < 0.9 * baseline or _epochs_needed(e) is not None:
        return None
    why = f"The weight decay {e.decay:g} is too strong"
    return (
        "strong-decay",
        why,
        "it holds all weights near 0",
        f"Train anew with less, such as {e.usual_decay:g}",
    )


def _overfit(e: Evidence, baseline: float) -> Said | None:
    """Tell what was learned of the training ratings alone."""
    if e.train[-1] >= 0.9 * baseline or e.train[-1] >= 0.8 * e.valid[-1]:
        return None
    least = min(e.valid)
    if len(e.valid) > 1 and e.valid[-1] > (1 + FLAT) * least:
        best = e.valid.index(least) + 1
        return (
            "overfit",
            "It overfits",
            f"the validation error was least in epoch {best} ({least:.4f}), while that of training"
            f" fell to {e.train[-1]:.4f}",
            f"Train {best} epoch{'s' * (best > 1)}, or with patience, fewer factors or more"
            " weight decay",
        )
    if e.ratings_each is not None and e.ratings_each < SPARSE:
        return (
            "too-little-data",
            "There is too little data",
            f"{e.ratings_each:.2g} training ratings for each user and item",
            "Take fewer factors and more weight decay, or more ratings",
        )
    return None


def _falling(e: Evidence, _: float) -> Said | None:
    needed = _epochs_needed(e)
    if needed is None:
        return None
    done = len(e.valid)
    if needed > PATIENCE * done:
        return _too_low(e, f"at this pace {needed:,.0f} more epochs would be needed")
    epochs = f"{done + max(round(needed), 1)} or more"
    if e.alive:
        return "too-few-epochs", "The error is still falling", "", f"Wait; {epochs} epochs may do"
    why = f"It had too few epochs ({done})"
    return "too-few-epochs", why, "the error was still falling", f"Train {epochs}"


def _epochs_needed(e: Evidence) -> float | None:
    """Return how many more epochs would reach both baselines; none where the error stands."""
    if len(e.valid) > 1:
        fall, from_ = e.valid[-2] - e.valid[-1], e.valid[-2]
    elif e.first_loss and e.last_loss:
        fall, from_ = e.first_loss - e.last_loss, e.first_loss
    else:
        return None
    return None if fall <= FLAT * from_ else (e.valid[-1] - e.best_baseline) / fall


def _slow(e: Evidence, baseline: float) -> Said | None:
    """Tell where nothing moves, though the training ratings are not learned yet."""
    if e.train[-1] < 0.9 * baseline or not (e.rate and e.usual_rate):
        return None
    slow = e.rate <= 0.1 * e.usual_rate
    return _too_low(e, "the error hardly moves") if slow else None


def _too_low(e: Evidence, sign: str) -> Said:
    usual = f", such as {e.usual_rate:g}" if _usual_differs(e) else ""
    why = f"The learning rate{_value(e.rate)} is too low"
    return "rate-too-low", why, sign, f"Train anew with a higher one{usual}"


def _unclear(_: Evidence, __: float) -> Said:
    return (
        "unclear",
        "Nothing measured says why",
        "",
        "Train longer, or with the optimizer adam or the model dot-bias at their usual settings",
    )


FINDERS: tuple[Callable[[Evidence, float], Said | None], ...] = (
    _stretched,
    _too_high,
    _strong_decay,
    _overfit,
    _falling,
    _slow,
    _unclear,
)
"""In this order: what spoils a run altogether hides what is found later."""


def _value(setting: float | None) -> str:
    return "" if setting is None else f" {setting:g}"


def _usual_differs(e: Evidence) -> bool:
    return e.usual_rate is not None and e.usual_rate != e.rate


def _lower_rate(e: Evidence) -> str:
    if e.rate is None:
        return ""
    usual = e.usual_rate if e.usual_rate is not None else e.rate
    return f", such as {min(usual, e.rate / 10):g}"
