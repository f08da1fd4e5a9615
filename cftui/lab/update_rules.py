"""Update rules as their papers state them, one numpy formula a line, their state in the open.

Each takes weights w and the gradient g of the loss, float64 arrays of one shape, and returns the
new weights and what it remembers: named arrays of that shape, beside `t`, the steps done. What
decays a weight is part of the rule: as L2, wd·w is added to g, as torch does it (a loss with wd·w²,
which is how the lesson puts it, adds 2·wd·w: the same with half the number); decoupled, the weight
shrinks beside the step.

All is the arithmetic of `torch.optim`, by which the tests judge it, but for `LessonMomentumRule`,
which torch has not.
"""

from collections.abc import Mapping
from typing import ClassVar, Literal

import numpy as np

from cftui.hyperparameters.base import Parameters, parameter

State = Mapping[str, np.ndarray]
"""What a rule remembers, and what the last step was made of, by the letters of its paper."""
Updated = tuple[np.ndarray, State]

RATE = "Size of a step"
L2 = "L2 penalty: this times the weight is added to its gradient"


class UpdateRule(Parameters):
    """A way to change weights by their gradient."""

    memory: ClassVar[tuple[str, ...]] = ()
    """What it needs of the state before a step; zeros at the beginning."""
    shown: ClassVar[tuple[str, ...]] = ()
    """What its state tells, in the order in which it is computed."""
    source: ClassVar[str] = ""
    """Where the rule is from."""
    learning_rate: float = parameter(1e-4, RATE, gt=0, le=1e9)
    weight_decay: float = parameter(0.0, L2, ge=0, le=1e3)

    def begin(self, weights: np.ndarray) -> State:
        """Return the state before the first step."""
        return {"t": np.array(0), **{name: np.zeros_like(weights) for name in self.memory}}

    def step(self, weights: np.ndarray, gradient: np.ndarray, state: State) -> Updated:
        """Return the weights after a step, and the state; nothing given is changed."""
        new, told = self._step(weights, gradient, state)
        return new, {"t": state["t"] + 1, **told}

    def _step(self, w: np.ndarray, g: np.ndarray, state: State) -> Updated:
        raise NotImplementedError


class SgdRule(UpdateRule):
    """Stochastic gradient descent: a step against the gradient (Robbins and Monro 1951)."""

    source: ClassVar[str] = "Robbins and Monro 1951"
    name: Literal["sgd"] = "sgd"

    def _step(self, w: np.ndarray, g: np.ndarray, state: State) -> Updated:
        g = g + self.weight_decay * w
        return w - self.learning_rate * g, {}


class MomentumRule(UpdateRule):
    """A step along the sum of gradients, older ones fading (Polyak 1964; as `torch.optim.SGD`)."""

    memory: ClassVar[tuple[str, ...]] = ("v",)
    shown: ClassVar[tuple[str, ...]] = ("v",)
    source: ClassVar[str] = "Polyak 1964; Sutskever et al. 2013, equation 1, as torch has it"
    name: Literal["momentum"] = "momentum"
    learning_rate: float = parameter(1e-5, RATE, gt=0, le=1e9)
    momentum: float = parameter(0.9, "Share of the last step kept in the next", ge=0, lt=1)

    def _step(self, w: np.ndarray, g: np.ndarray, state: State) -> Updated:
        g = g + self.weight_decay * w
        v = self.momentum * state["v"] + g
        return w - self.learning_rate * v, {"v": v}


class LessonMomentumRule(UpdateRule):
    """A step between the gradient and the last step: linear interpolation (lesson 5, momentum).

    By a constant factor that of `MomentumRule`: the same path with (1 - momentum) times its rate.
    """

    memory: ClassVar[tuple[str, ...]] = ("v",)
    shown: ClassVar[tuple[str, ...]] = ("v",)
    source: ClassVar[str] = "fast.ai 2018, lesson 5, its workbook's second sheet"
    name: Literal["lesson-momentum"] = "lesson-momentum"
    momentum: float = parameter(0.9, "Weight of the last step, 1 - this that of g", ge=0, lt=1)

    def _step(self, w: np.ndarray, g: np.ndarray, state: State) -> Updated:
        g = g + self.weight_decay * w
        v = self.momentum * state["v"] + (1 - self.momentum) * g
        return w - self.learning_rate * v, {"v": v}


class NesterovRule(UpdateRule):
    """Momentum that looks ahead along itself (Nesterov 1983; as `torch.optim.SGD`)."""

    memory: ClassVar[tuple[str, ...]] = ("v",)
    shown: ClassVar[tuple[str, ...]] = ("v",)
    source: ClassVar[str] = "Nesterov 1983; Sutskever et al. 2013, equation 3, as torch has it"
    name: Literal["nesterov"] = "nesterov"
    learning_rate: float = parameter(1e-5, RATE, gt=0, le=1e9)
    momentum: float = parameter(0.9, "Share of the last step kept in the next", gt=0, lt=1)

    def _step(self, w: np.ndarray, g: np.ndarray, state: State) -> Updated:
        g = g + self.weight_decay * w
        v = self.momentum * state["v"] + g
        return w - self.learning_rate * (g + self.momentum * v), {"v": v}


class AdagradRule(UpdateRule):
    """Steps divided by the root of all squared gradients so far (Duchi et al. 2011)."""

    memory: ClassVar[tuple[str, ...]] = ("s",)
    shown: ClassVar[tuple[str, ...]] = ("s",)
    source: ClassVar[str] = "Duchi, Hazan and Singer 2011, section 1.1, diagonal"
    name: Literal["adagrad"] = "adagrad"
    learning_rate: float = parameter(1.0, RATE, gt=0, le=1e9)
    eps: float = parameter(1e-10, "Added to the root of the sum", gt=0, le=1)

    def _step(self, w: np.ndarray, g: np.ndarray, state: State) -> Updated:
        g = g + self.weight_decay * w
        s = state["s"] + g**2
        return w - self.learning_rate * g / (np.sqrt(s) + self.eps), {"s": s}


class RmsPropRule(UpdateRule):
    """Steps divided by a running root mean square of the gradient (Hinton 2012)."""

    memory: ClassVar[tuple[str, ...]] = ("v",)
    shown: ClassVar[tuple[str, ...]] = ("v",)
    source: ClassVar[str] = "Hinton 2012, lecture 6e"
    name: Literal["rmsprop"] = "rmsprop"
    learning_rate: float = parameter(0.05, RATE, gt=0, le=1e9)
    alpha: float = parameter(0.99, "Decay of the average of squared gradients", ge=0, lt=1)
    eps: float = parameter(1e-8, "Added to the root of the average", gt=0, le=1)

    def _step(self, w: np.ndarray, g: np.ndarray, state: State) -> Updated:
        g = g + self.weight_decay * w
        v = self.alpha * state["v"] + (1 - self.alpha) * g**2
        return w - self.learning_rate * g / (np.sqrt(v) + self.eps), {"v": v}


class _Averages(UpdateRule):
    """What Adam and AdamW share: averages of the gradient and of its square, corrected or not."""

    memory: ClassVar[tuple[str, ...]] = ("m", "v")
    shown: ClassVar[tuple[str, ...]] = ("m", "v", "m_hat", "v_hat")
    learning_rate: float = parameter(1.0, RATE, gt=0, le=1e9)
    beta1: float = parameter(0.9, "Decay of the average of gradients", ge=0, lt=1)
    beta2: float = parameter(0.999, "Decay of the average of squared gradients", ge=0, lt=1)
    eps: float = parameter(1e-8, "Added to the root of the second average", gt=0, le=1)
    bias_correction: bool = parameter(
        True, "Divide the averages by what they lack for having begun with 0"
    )

    def _averages(self, g: np.ndarray, state: State) -> dict[str, np.ndarray]:
        t = int(state["t"]) + 1
        m = self.beta1 * state["m"] + (1 - self.beta1) * g
        v = self.beta2 * state["v"] + (1 - self.beta2) * g**2
        m_lacks, v_lacks = self._lacks(t)
        return {"m": m, "v": v, "m_hat": m / m_lacks, "v_hat": v / v_lacks}

    def _lacks(self, t: int) -> tuple[float, float]:
        """Return 1 - beta^t of both averages: they began with 0 (Kingma and Ba 2015, section 3)."""
        if not self.bias_correction:
            return 1.0, 1.0
        return 1 - self.beta1**t, 1 - self.beta2**t

    def _scale(self, averages: State) -> np.ndarray:
        """Return what an averaged gradient is multiplied by."""
        scale: np.ndarray = self.learning_rate / (np.sqrt(averages["v_hat"]) + self.eps)
        return scale


class AdamRule(_Averages):
    """The averaged gradient over the root of its averaged square (Kingma and Ba 2015, algorithm 1).

    No weight decays here: see `AdamL2Rule` and `AdamWRule`.
    """

    source: ClassVar[str] = "Kingma and Ba 2015, algorithm 1"
    name: Literal["adam"] = "adam"
    weight_decay: float = parameter(0.0, "None here: adam-l2 and adamw decay", ge=0, le=0)

    def _step(self, w: np.ndarray, g: np.ndarray, state: State) -> Updated:
        averages = self._averages(g, state)
        return w - self._scale(averages) * averages["m_hat"], averages


class AdamL2Rule(_Averages):
    """Adam with L2 in the loss: the decay goes through both averages (as `torch.optim.Adam`).

    `decay` is how much of the step, so averaged and scaled, came of it.
    """

    memory: ClassVar[tuple[str, ...]] = ("m", "v", "m_decay")
    shown: ClassVar[tuple[str, ...]] = ("m", "v", "m_hat", "v_hat", "decay")
    source: ClassVar[str] = "Loshchilov and Hutter 2019, algorithm 2, the L2 form"
    name: Literal["adam-l2"] = "adam-l2"
    weight_decay: float = parameter(0.1, L2, ge=0, le=1e3)

    def _step(self, w: np.ndarray, g: np.ndarray, state: State) -> Updated:
        averages = self._averages(g + self.weight_decay * w, state)
        # Averages are sums: the decay's part of m can be told from that of the gradient.
        m_decay = self.beta1 * state["m_decay"] + (1 - self.beta1) * self.weight_decay * w
        decay = -self._scale(averages) * m_decay / self._lacks(int(state["t"]) + 1)[0]
        new = w - self._scale(averages) * averages["m_hat"]
        return new, {**averages, "m_decay": m_decay, "decay": decay}


class AdamWRule(_Averages):
    """Adam, the weight shrunk beside the step (Loshchilov and Hutter 2019, algorithm 2).

    `decay` is how much of the step came of that.
    """

    shown: ClassVar[tuple[str, ...]] = ("m", "v", "m_hat", "v_hat", "decay")
    source: ClassVar[str] = "Loshchilov and Hutter 2019, algorithm 2, the decoupled form"
    name: Literal["adamw"] = "adamw"
    weight_decay: float = parameter(
        0.1, "Each step shrinks a weight by this times the learning rate", ge=0, le=1e3
    )

    def _step(self, w: np.ndarray, g: np.ndarray, state: State) -> Updated:
        averages = self._averages(g, state)
        decay = -self.learning_rate * self.weight_decay * w
        return w + decay - self._scale(averages) * averages["m_hat"], {**averages, "decay": decay}


RULES: Mapping[str, type[UpdateRule]] = {
    rule.model_fields["name"].default: rule
    for rule in (
        *(SgdRule, LessonMomentumRule, MomentumRule, NesterovRule, AdagradRule, RmsPropRule),
        *(AdamRule, AdamL2Rule, AdamWRule),
    )
}
"""By name, in the order of the lesson."""
