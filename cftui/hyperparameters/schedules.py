"""Hyper-parameters of the learning-rate schedules."""

from typing import Literal, Self

from pydantic import model_validator

from cftui.hyperparameters.base import ScheduleParameters, parameter


class Constant(ScheduleParameters):
    """The same learning rate at every step."""

    name: Literal["constant"] = "constant"


class Cosine(ScheduleParameters):
    """Down to zero along one cosine over all epochs (Loshchilov and Hutter 2017, no restarts)."""

    name: Literal["cosine"] = "cosine"


class CosineRestarts(ScheduleParameters):
    """Cosine annealing to zero, step by step, with warm restarts (Loshchilov and Hutter 2017)."""

    name: Literal["cosine-restarts"] = "cosine-restarts"
    cycle_len: int = parameter(1, "Length of the first cycle", unit="epochs", ge=1, le=10_000)
    cycle_mult: int = parameter(2, "Each cycle is this many times as long as the last", ge=1, le=10)


class Exponential(ScheduleParameters):
    """The rate is multiplied by the same number after each epoch (torch's ExponentialLR)."""

    name: Literal["exponential"] = "exponential"
    gamma: float = parameter(0.97, "The rate is multiplied by this after each epoch", gt=0, le=1)


class OneCycle(ScheduleParameters):
    """Up to the learning rate, then down to almost nothing, momentum the other way (Smith 2018)."""

    name: Literal["one-cycle"] = "one-cycle"
    warm_up: float = parameter(0.3, "Share of all steps spent rising", gt=0, lt=1)
    start_div: float = parameter(25.0, "The first rate is the highest over this", ge=1, le=1e6)
    end_div: float = parameter(1e4, "The last rate is the first over this", ge=1, le=1e9)
    cycle_momentum: bool = parameter(True, "Lower the momentum while the rate is high")
    low_momentum: float = parameter(0.85, "Momentum at the highest rate", ge=0, lt=1)
    high_momentum: float = parameter(0.95, "Momentum at the first and the last step", ge=0, lt=1)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.low_momentum > self.high_momentum:
            raise ValueError(
                f"low_momentum = {self.low_momentum:g} must not be above high_momentum ="
                f" {self.high_momentum:g}"
            )
        return self
