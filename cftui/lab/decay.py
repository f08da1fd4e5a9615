"""AdamW against L2 inside Adam on two real weights: one of steady gradients, one of noisy ones.

Loshchilov and Hutter 2019, section 2, proposition 2: L2 inside Adam is divided by the root of the
averaged squared gradient as all else is, so that what varies much decays little.
"""

from collections.abc import Callable, Collection, Iterator

import numpy as np
import torch
from torch import Tensor

from cftui.lab.asked import rule_of
from cftui.lab.run_loss import RunLoss, loss_of
from cftui.library.door import Library, answers, performs
from cftui.questions.errors import QuestionError
from cftui.questions.job import Progress
from cftui.questions.lab_runs import (
    CompareDecay,
    DecayAnswer,
    DecayIsQuick,
    DecayPath,
    RunWeight,
)

ALIKE = 0.05
"""Two rates that are no further apart, of one of them, are told as alike."""
CLEARLY = 1.5
"""Times as fast that a weight has to shrink for the difference to be a clear one."""
MOST_STEPS = 5_000
MOST_PARAMETERS = 30_000_000
"""Three float64 numbers are kept of each."""
QUICK = 300_000_000
"""Parameters times batches up to which the batches are gone over in some seconds."""
MOST_DECAY = 1e3
LEAST_MET = 0.1
"""Share of the batches that a weight must occur in to be chosen."""
NOISY = 0.05
"""The squared mean gradient of a noisy weight is below so much of its variance."""
OF_GRADIENT = 0.1
"""What L2 adds to the steady weight's gradient, by that gradient's root mean square."""

Place = tuple[str, tuple[int, ...]]
"""A parameter's name and an index into it."""


@answers(DecayIsQuick)
def answer_is_quick(library: Library, question: DecayIsQuick) -> bool:
    """Tell from the size of the run; raises as `load_trained`."""
    tables = library.trained(question.run).tables
    return sum(table.size for table in tables.values()) * question.steps <= QUICK


@performs(CompareDecay)
def perform_compare_decay(
    library: Library, question: CompareDecay, progress: Progress
) -> DecayAnswer:
    """Choose two weights by their gradients, and step both under both rules."""
    _refuse_unusable(question)
    trained, of = library.trained(question.run), 2 * question.steps
    if trained.ratings.fingerprint != library.ratings(question.store).fingerprint:
        raise QuestionError(f"{trained.run} was trained on other ratings than {question.store}")
    loss = loss_of(trained)
    words = f"gradients of {question.steps:,} batches"
    steady, noisy = _chosen(loss, question.steps, lambda done: progress(done, of, words))
    places = (_place(steady), _place(noisy))
    gradients = _recorded(
        *(loss, question.steps, places),
        lambda done: progress(question.steps + done, of, f"{words}, of the two weights"),
    )
    l2 = question.weight_decay
    if l2 is None:
        l2 = OF_GRADIENT * _size(steady) / abs(steady.value)
    decoupled = l2 / _size(noisy) if question.adamw_decay is None else question.adamw_decay
    start = np.array([steady.value, noisy.value])
    paths = (
        *_stepped("adam-l2", question.learning_rate, l2, start, gradients),
        *_stepped("adamw", question.learning_rate, decoupled, start, gradients),
    )
    return DecayAnswer(
        run=loss.trained.run,
        steps=question.steps,
        batch_size=loss.trained.config.training.batch_size,
        learning_rate=question.learning_rate,
        weight_decay=l2,
        adamw_decay=decoupled,
        steady=steady,
        noisy=noisy,
        gradients=(tuple(gradients[:, 0].tolist()), tuple(gradients[:, 1].tolist())),
        paths=paths,
        words=_words(steady, noisy, paths),
    )


def _refuse_unusable(question: CompareDecay) -> None:
    if not 0 < question.steps <= MOST_STEPS:
        raise QuestionError(f"steps {question.steps:,}: give 1 to {MOST_STEPS:,}")
    for decay in (question.weight_decay, question.adamw_decay):
        if decay is not None and not 0 < decay <= MOST_DECAY:
            raise QuestionError(f"weight decay {decay:g}: give a number above 0, to {MOST_DECAY:g}")


class _Sums:
    """Of one parameter's gradients over batches, each tensor of its shape, float64."""

    def __init__(self, parameter: Tensor) -> None:
        self.total, self.squares, self.met = (
            torch.zeros(parameter.shape, dtype=torch.float64) for _ in range(3)
        )

    def add(self, gradient: Tensor) -> None:
        """Take a batch in; most rows of a table are not in it."""
        rows = gradient.reshape(len(gradient), -1).any(1).nonzero().squeeze(1)
        some = gradient[rows]
        self.total[rows] += some
        self.squares[rows] += some**2
        self.met[rows] += (some != 0).double()


def _gradients(loss: RunLoss, steps: int, names: Collection[str]) -> Iterator[list[Tensor | None]]:
    """Give the gradients of each of the first batches, at the trained weights, in float64.

    None of a parameter that has no part in the loss.
    """
    parameters = [loss.parameters[name] for name in names]
    for batch in loss.batches(steps):
        found = torch.autograd.grad(loss.loss(batch), parameters, allow_unused=True)
        yield [one if one is None else one.double() for one in found]


def _chosen(loss: RunLoss, steps: int, done: Callable[[int], None]) -> tuple[RunWeight, RunWeight]:
    """Return the weight of the steadiest gradient, and one of large and noisy gradients.

    Of weights that occur often and are not small, for a small one has little to lose. Raises
    QuestionError where there are no two such.
    """
    n = sum(parameter.numel() for parameter in loss.parameters.values())
    if n > MOST_PARAMETERS:
        raise QuestionError(f"{n:,} parameters: this looks at up to {MOST_PARAMETERS:,}")
    sums = {name: _Sums(one) for name, one in loss.parameters.items() if one.dim()}
    for number, gradients in enumerate(_gradients(loss, steps, sums)):
        done(number)
        for one, gradient in zip(sums.values(), gradients, strict=True):
            if gradient is not None:
                one.add(gradient)
    weights = [*_often_met(loss, sums, steps)]
    noisy = max(
        (weight for weight in weights if weight.steadiness < NOISY),
        key=lambda weight: weight.deviation,
        default=None,
    )
    calm = [weight for weight in weights if noisy and _size(weight) < _size(noisy) / 2]
    if noisy is None or not calm:
        raise QuestionError(
            f"{loss.trained.run}: no two of its weights are alike in size and unlike in their"
            " gradients; choose a run of more ratings, or trained for longer"
        )
    return max(calm, key=lambda weight: weight.steadiness), noisy


def _often_met(loss: RunLoss, sums: dict[str, _Sums], steps: int) -> Iterator[RunWeight]:
    values = {name: loss.parameters[name].detach().numpy() for name in sums}
    met = {name: one.met.numpy() for name, one in sums.items()}
    often = {name: times >= max(LEAST_MET * steps, 2) for name, times in met.items()}
    sizes = np.concatenate([np.abs(values[name][often[name]]) for name in sums])
    least = np.median(sizes) if len(sizes) else 0.0
    for name, one in sums.items():
        mean = one.total.numpy() / steps
        deviation = np.sqrt(np.maximum(one.squares.numpy() / steps - mean**2, 0.0))
        for index in np.argwhere(often[name] & (np.abs(values[name]) > least)):
            place = tuple(index.tolist())
            yield RunWeight(
                *(name, place, loss.whose(name, place[0]), float(values[name][place])),
                *(float(mean[place]), float(deviation[place]), float(met[name][place] / steps)),
            )


def _place(weight: RunWeight) -> Place:
    return weight.parameter, weight.index


def _size(weight: RunWeight) -> float:
    """Return the root mean square of its gradient, which Adam divides by."""
    return float(np.hypot(weight.mean, weight.deviation))


def _recorded(
    loss: RunLoss, steps: int, places: tuple[Place, ...], done: Callable[[int], None]
) -> np.ndarray:
    """Return the gradients of some weights by step, float64, shape (steps, len(places))."""
    names = list(dict.fromkeys(name for name, _ in places))
    found = np.zeros((steps, len(places)))
    for number, gradients in enumerate(_gradients(loss, steps, names)):
        done(number)
        for column, (name, index) in enumerate(places):
            gradient = gradients[names.index(name)]
            found[number, column] = 0.0 if gradient is None else float(gradient[index])
    return found


def _stepped(
    name: str, rate: float, decay: float, start: np.ndarray, gradients: np.ndarray
) -> Iterator[DecayPath]:
    """Give the paths of the steady and of the noisy weight under a rule."""
    rule = rule_of(name, {"learning_rate": rate, "weight_decay": decay})
    weights, state = start, rule.begin(start)
    path, decayed = [start], [np.zeros_like(start)]
    for gradient in gradients:
        weights, state = rule.step(weights, gradient, state)
        path.append(weights)
        decayed.append(decayed[-1] + state["decay"])
    for kind, ours, moved in zip(
        ("steady", "noisy"), np.array(path).T, np.array(decayed).T, strict=True
    ):
        yield DecayPath(name, kind, tuple(ours.tolist()), tuple(moved.tolist()))


def _words(steady: RunWeight, noisy: RunWeight, paths: tuple[DecayPath, ...]) -> tuple[str, ...]:
    rates = {(path.rule, path.kind): path.rate for path in paths}

    def told(rule: str) -> str:
        ours, theirs = (rates[rule, kind] for kind in ("steady", "noisy"))
        return (
            f"{steady.label} by {ours:.2g} of itself a step, {noisy.label} by {theirs:.2g}:"
            f" {_times(ours / theirs)}"
        )

    clear = rates["adam-l2", "steady"] > CLEARLY * rates["adam-l2", "noisy"]
    why = (
        ", because it is divided by the size of the gradient as all else is: large gradients decay"
        " too little, small ones too much, and neither is what was asked for"
        if clear
        else "; where gradients are often near 0, as in a run that has not learned or is saturated,"
        " there is little else to divide by, and the two are no clear case"
    )
    return (
        f"The gradient of {steady.label} varies by {steady.deviation:.2g} about"
        f" {steady.mean:.2g}, that of {noisy.label} by {noisy.deviation:.2g} about"
        f" {noisy.mean:.2g}.",
        f"In the later half of the steps L2 inside Adam shrinks {told('adam-l2')}{why}.",
        f"AdamW shrinks {told('adamw')}: each at one rate, whatever its gradient does.",
    )


def _times(ratio: float) -> str:
    return "both alike" if abs(ratio - 1) < ALIKE else f"{ratio:.3g} times"
