"""Questions of the lab to a trained run: how its weights decay, and one of its derivatives."""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from cftui.questions.job import Job
from cftui.questions.question import Question

VERSION = 1
"""Of how decays are compared; answers of another one are not taken for ours."""


@dataclass(frozen=True)
class DecayIsQuick(Question[bool], answered_in="cftui.lab.decay"):
    """Are decays of this run's weights compared in some seconds, so that it takes no process?"""

    run: str
    steps: int = 300


@dataclass(frozen=True)
class CompareDecay(Job["DecayAnswer"], answered_in="cftui.lab.decay"):
    """What do Adam with L2 and AdamW make of a steady and of a noisy weight of a run?

    Both step along the same gradients, those of the run's first batches at its trained weights.
    """

    store: str
    run: str
    step: int = 0
    """Of the checkpoint, so that an answer about an older one is not taken for the present one."""
    steps: int = 300
    learning_rate: float = 1e-3
    weight_decay: float | None = None
    """L2 inside Adam; none for a tenth of the steady weight's gradient."""
    adamw_decay: float | None = None
    """Of AdamW; none for what shrinks the noisy weight as Adam with L2 should."""

    @property
    def key(self) -> str:
        """What the answer is kept as; an answer about no known step is not."""
        asked = (self.steps, self.learning_rate, self.weight_decay, self.adamw_decay)
        numbers = "-".join(map(str, (self.step, *asked)))
        return f"decay{VERSION}-{Path(self.run).name}-{numbers}" if self.step else ""


@dataclass(frozen=True)
class RunWeight:
    """One number that a run has trained, and how its gradient goes from batch to batch."""

    parameter: str
    index: tuple[int, ...]
    whose: str
    """Which user or item it is of; empty where it is of none."""
    value: float
    mean: float
    """Of the gradient over the batches."""
    deviation: float
    """Its standard deviation."""
    met: float
    """Share of the batches that have it in their gradient."""

    @property
    def steadiness(self) -> float:
        """Return the mean gradient, squared, by its variance."""
        return float("inf") if not self.deviation else (self.mean / self.deviation) ** 2

    @property
    def label(self) -> str:
        """Return its name, such as `item_factors[3, 7]`."""
        return f"{self.parameter}[{', '.join(map(str, self.index))}]"


@dataclass(frozen=True)
class DecayPath:
    """One weight under one update rule; tuples by step, the first before any."""

    rule: str
    kind: str
    """Which weight: `steady` or `noisy`."""
    weights: tuple[float, ...]
    decayed: tuple[float, ...]
    """How far decay alone has moved it so far."""

    @property
    def rate(self) -> float:
        """Return how fast decay shrinks the weight: what it moves it by in a step, by the weight.

        Of the later half of the steps, sizes without their signs: before a weight's first gradients
        Adam has nothing but the decay to divide the decay by.
        """
        half = len(self.weights) // 2
        decayed, weights = self.decayed[half:], self.weights[half:-1]
        moved = sum(abs(after - before) for before, after in pairwise(decayed))
        return moved / (sum(map(abs, weights)) or 1.0)


@dataclass(frozen=True)
class DecayAnswer:
    """Two weights under two rules."""

    run: str
    steps: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    """L2 inside Adam."""
    adamw_decay: float
    steady: RunWeight
    noisy: RunWeight
    gradients: tuple[tuple[float, ...], tuple[float, ...]]
    """By step, of the steady weight and of the noisy one."""
    paths: tuple[DecayPath, ...]
    """Adam with L2, steady and noisy; AdamW, steady and noisy."""
    words: tuple[str, ...]
    """What it shows, a sentence each."""


@dataclass(frozen=True)
class CheckDerivative(Question["DerivativeAnswer"], answered_in="cftui.lab.derivative"):
    """Is autograd's derivative of a run's loss by one of its parameters that of differences?"""

    run: str
    parameter: str = ""
    """Such as `item_bias`; empty for the run's first."""
    index: tuple[int, ...] = ()
    """Such as (5,); as many as the parameter has dimensions, or one less where the last is 1.

    Empty for the first number of all.
    """
    h: float | None = None
    """None for what suits the precision that the model computes in."""


@dataclass(frozen=True)
class DerivativeAnswer:
    """One derivative in three ways."""

    run: str
    label: str
    whose: str
    value: float
    """Of the parameter."""
    n_ratings: int
    """The loss is the mean squared error of these: of the row's user or item, where it has one."""
    loss: float
    h: float
    exact: bool
    """Whether it was computed in float64; a user's own model is in float32."""
    autograd: float
    forward: float
    """(loss(w + h) - loss(w)) / h, as in the lesson."""
    central: float
    """(loss(w + h) - loss(w - h)) / 2h."""
    parameters: tuple[tuple[str, tuple[int, ...]], ...] = ()
    """All that the run has trained, each with its shape."""

    @property
    def central_apart(self) -> float | None:
        """Return how far the central difference is from autograd's, by that; none where it is 0."""
        return self._apart(self.central)

    @property
    def forward_apart(self) -> float | None:
        """Return the same of the forward difference."""
        return self._apart(self.forward)

    def _apart(self, difference: float) -> float | None:
        return abs(difference / self.autograd - 1) if self.autograd else None
