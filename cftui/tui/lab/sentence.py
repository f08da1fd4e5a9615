"""What a step did and why, in one sentence, from the step's own numbers."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cftui.questions.lab import StepRow
from cftui.tui.lab.numbers import short, signed

STEADY = 0.8
"""Least |m̂| / √v̂ of a gradient that is called steady."""
GROWN = 1.2
"""Above this the gradient has grown of late: m̂ learns of it sooner than v̂."""
NOISY = 0.1
"""Most m̂² / v̂ of a gradient that is called noisy."""
NEARLY = 1e-9
"""Relative difference of numbers that are one but for rounding."""


@dataclass(frozen=True)
class TakenStep:
    """A step, and the rule that took it."""

    row: StepRow
    rule: str
    options: Mapping[str, float | bool]
    """All of the rule, by name."""
    letters: tuple[str, ...]
    diverged: bool = False

    @property
    def rate(self) -> float:
        """The learning rate."""
        return float(self.options["learning_rate"])

    @property
    def decay(self) -> float:
        """The weight decay."""
        return float(self.options.get("weight_decay", 0.0))

    @property
    def lead(self) -> int:
        """The weight that the sentence is about: of the largest gradient."""
        sizes = [abs(value) for value in self.row.gradient]
        return sizes.index(max(sizes))

    def moved(self, weight: int) -> float:
        """By how much a weight moved."""
        return self.row.new[weight] - self.row.weights[weight]

    def shown(self, name: str, weight: int) -> float:
        """What the rule's state says of a weight."""
        return dict(self.row.state)[name][weight]


def sentence(step: TakenStep) -> str:
    """Return what a step did and why."""
    if step.row.by_hand:
        return _by_hand(step)
    if step.diverged:
        return (
            f"Diverged at step {step.row.number:,}: the numbers are none any more, for a learning"
            f" rate of {step.rate:g} is too large here; , steps back,"
            f" l begins anew with {step.rate / 10:g}."
        )
    lead = step.lead
    others = [
        f"{letter} moves by {signed(step.moved(weight))}{_of_rate(step, weight)}"
        for weight, letter in enumerate(step.letters)
        if weight != lead
    ]
    return "; ".join([_WORDS[step.rule](step, lead), *others]) + "."


def _by_hand(step: TakenStep) -> str:
    row = step.row
    sets = [
        f"{letter} from {short(before)} to {short(after)}"
        for letter, before, after in zip(step.letters, row.weights, row.new, strict=True)
        if before != after
    ]
    what = " and ".join(sets) or "a weight to what it was"
    return f"By hand: you set {what}; what the optimizer remembers stays as it was."


def _of_rate(step: TakenStep, weight: int) -> str:
    """Return a step's size as a share of the learning rate, for rules that make it one.

    Not where a decay is in it.
    """
    if step.rule == "adam":
        return f", {short(_share(step, weight), 4)} of the rate"
    if step.rule in ("adagrad", "rmsprop"):
        return f", {short(abs(step.moved(weight)) / step.rate, 4)} of the rate"
    return ""


# SGD and momentum


def _with_l2(step: TakenStep, weight: int) -> float:
    """Return the gradient that the rule works with: L2 added."""
    return step.row.gradient[weight] + step.decay * step.row.weights[weight]


def _l2_words(step: TakenStep, weight: int) -> str:
    if not step.decay:
        return ""
    return f" ({signed(step.decay * step.row.weights[weight])} of it L2)"


def _sgd(step: TakenStep, weight: int) -> str:
    letter, g = step.letters[weight], _with_l2(step, weight)
    return (
        f"Against the gradient: {letter} moves by {signed(step.moved(weight))}"
        f" = -{step.rate:g} x {short(g)}{_l2_words(step, weight)}"
    )


def _momentum(step: TakenStep, weight: int) -> str:
    g, v, keeps = _with_l2(step, weight), step.shown("v", weight), _keeps(step)
    fresh = 1 - keeps if step.rule == "lesson-momentum" else 1.0
    old = v - fresh * g
    # Nesterov steps along where v leads next, the others along v.
    along = g + keeps * v if step.rule == "nesterov" else v
    return _momentum_words(step, weight, g, fresh * g, old, along)


def _keeps(step: TakenStep) -> float:
    return float(step.options["momentum"])


def _momentum_words(
    step: TakenStep, weight: int, g: float, added: float, old: float, along: float
) -> str:
    letter, moved = step.letters[weight], signed(step.moved(weight))
    if abs(old) <= NEARLY * abs(added):
        share = f", {short(added / g, 4)} of it," if g and added != g else ""
        return (
            f"No older step to go on from: {letter} moves along its gradient alone{share} {moved}"
        )
    if along * g < 0:
        return (
            f"Momentum goes on in the old direction: {letter}'s gradient turned ({signed(g)}),"
            f" yet older ones ({signed(old)}) outweigh it and {letter} moves by {moved}"
        )
    if old * g < 0:
        return (
            f"Older steps ({signed(old)}) brake: {letter}'s gradient {signed(g)} has turned and"
            f" outweighs them, so it moves by {moved}, {_times_sgd(along, g)}"
        )
    return (
        f"Older gradients agree and add up: {letter} moves by {moved}, {_times_sgd(along, g)},"
        f" for they come to {signed(old)}"
    )


def _times_sgd(along: float, g: float) -> str:
    return f"{short(abs(along / g), 4)} times SGD's step" if g else "though its gradient is 0"


# Rules that divide by the size of gradients


def _adagrad(step: TakenStep, weight: int) -> str:
    root = math.sqrt(step.shown("s", weight))
    share = abs(step.moved(weight)) / step.rate
    return (
        f"Adagrad divides by the root of all squared gradients so far ({short(root)}), which only"
        f" grows: {step.letters[weight]} moves by {signed(step.moved(weight))},"
        f" {short(share, 4)} of the learning rate"
    )


def _rmsprop(step: TakenStep, weight: int) -> str:
    g, root = _with_l2(step, weight), math.sqrt(step.shown("v", weight))
    share = abs(step.moved(weight)) / step.rate
    size = "larger" if abs(g) > root else "smaller"
    return (
        f"RMSProp divides by the root mean square of late ({short(root)}), and this gradient"
        f" ({short(g)}) is {size}: {step.letters[weight]} moves by"
        f" {signed(step.moved(weight))}, {short(share, 4)} of the learning rate"
    )


# Adam


def _share(step: TakenStep, weight: int) -> float:
    """Return |m̂| / √v̂: what share of the learning rate Adam's own step is."""
    root = math.sqrt(step.shown("v_hat", weight)) + float(step.options["eps"])
    return abs(step.shown("m_hat", weight)) / root


def _first(step: TakenStep, weight: int) -> bool:
    """Return whether the averages hold nothing but this gradient."""
    g = step.row.gradient[weight]
    g += step.decay * step.row.weights[weight] if step.rule == "adam-l2" else 0.0
    alone = (1 - float(step.options["beta1"])) * g
    return math.isclose(step.shown("m", weight), alone, rel_tol=NEARLY) and math.isclose(
        step.shown("v", weight), (1 - float(step.options["beta2"])) * g**2, rel_tol=NEARLY
    )


def _adam(step: TakenStep, weight: int) -> str:
    letter, share = step.letters[weight], _share(step, weight)
    m, v = step.shown("m_hat", weight), step.shown("v_hat", weight)
    if v == 0:
        return f"{letter} has had no gradient yet and stays"
    if _first(step, weight):
        return _first_words(step, letter, share)
    squares = f"m̂² = {short(m * m)}, v̂ = {short(v)}"
    size = f"{short(share, 4)} of the learning rate {step.rate:g}"
    turned = (
        ", on in the old direction though it turned" if m * step.row.gradient[weight] < 0 else ""
    )
    if share > GROWN:
        return f"{letter}'s gradient has grown of late ({squares}): its step is {size}{turned}"
    if share >= STEADY:
        return (
            f"{letter}'s gradient is steady ({squares}): its step is about the rate, {size}{turned}"
        )
    if m * m < NOISY * v:
        return (
            f"{letter}'s gradient is noisy (m̂² ≪ v̂: {squares}): its step shrinks to {size}{turned}"
        )
    return f"{letter}'s gradient is partly steady ({squares}): its step is {size}{turned}"


def _first_words(step: TakenStep, letter: str, share: float) -> str:
    if step.options["bias_correction"]:
        return (
            "The first step, bias-corrected: m̂ = g and v̂ = g², so that"
            f" {letter} moves by the learning rate {step.rate:g}, however large its gradient"
        )
    return (
        f"The first step without bias correction: m lacks more than √v does, so that {letter}"
        f" moves by {short(share, 4)} times the learning rate {step.rate:g}"
    )


def _adam_l2(step: TakenStep, weight: int) -> str:
    if not step.decay:
        return _adam(step, weight)
    letter, before = step.letters[weight], step.row.weights[weight]
    decay, beside = step.shown("decay", weight), -step.rate * step.decay * before
    root = math.sqrt(step.shown("v_hat", weight))
    return (
        f"Decay is meant: wd·{letter} = {step.decay:g} x {short(before)} ="
        f" {short(step.decay * before)}. L2 in Adam, divided by √v̂ = {short(root)} too, moved"
        f" {letter} by {signed(decay)}; AdamW: lr·wd·{letter} = {signed(beside)} beside the step."
        f" {_l2_verdict(decay, beside, root)}. {_adam_in_brief(step, weight)}"
    )


def _l2_verdict(decay: float, beside: float, root: float) -> str:
    """Return how L2 inside Adam compares with what AdamW would take."""
    if root > 1 and abs(decay) < abs(beside) / 2:
        return "Large gradients: too little"
    if root < 1 and abs(decay) > abs(beside) * 2:
        return "Small gradients: too much"
    if abs(decay) > abs(beside) * 2:
        return "The weight was larger before"
    return "Here about the same"


def _adamw(step: TakenStep, weight: int) -> str:
    if not step.decay:
        return _adam(step, weight)
    letter, decay = step.letters[weight], step.shown("decay", weight)
    return (
        f"AdamW decays beside the step: lr·wd·{letter} = {step.rate:g} x {step.decay:g} x"
        f" {short(step.row.weights[weight])} moves {letter} by {signed(decay)}, however large its"
        " gradients. Decay keeps weights small; on these points that costs error."
        f" {_adam_in_brief(step, weight)}"
    )


def _adam_in_brief(step: TakenStep, weight: int) -> str:
    """Return what Adam's own step was, where the decay has been told of."""
    m, v, share = step.shown("m_hat", weight), step.shown("v_hat", weight), _share(step, weight)
    if _first(step, weight):
        kind = "first"
    elif m * m < NOISY * v:
        kind = "noisy"
    else:
        kind = "steady" if share >= STEADY else "partly steady"
    return f"Adam's step ({kind} gradient): {short(share, 4)} of the rate"


_WORDS: Mapping[str, Callable[[TakenStep, int], str]] = {
    "sgd": _sgd,
    "lesson-momentum": _momentum,
    "momentum": _momentum,
    "nesterov": _momentum,
    "adagrad": _adagrad,
    "rmsprop": _rmsprop,
    "adam": _adam,
    "adam-l2": _adam_l2,
    "adamw": _adamw,
}
