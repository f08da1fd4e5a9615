"""Optimizers and learning-rate schedules by name."""

import inspect
from typing import TYPE_CHECKING

import numpy as np

from cftui.hyperparameters import (
    Adagrad,
    Adam,
    AdamW,
    Constant,
    CosineRestarts,
    OneCycle,
    OptimizerParameters,
    RmsProp,
    ScheduleParameters,
    Sgd,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import torch


def make_optimizer(
    parameters: OptimizerParameters, weights: "Iterable[torch.nn.Parameter]"
) -> "torch.optim.Optimizer":
    """Return the torch.optim optimizer that the hyper-parameters describe.

    Fused kernels do the same arithmetic in one pass over memory (1.3 to 2 times as fast a step).
    """
    from torch import optim

    _leave_compiler_out()
    weights = list(weights)
    rate, decay = parameters.learning_rate, parameters.weight_decay
    match parameters:
        case Sgd():
            return optim.SGD(
                weights,
                lr=rate,
                momentum=parameters.momentum,
                nesterov=parameters.nesterov,
                weight_decay=decay,
                fused=True,
            )
        case Adam() | AdamW():
            kind = optim.Adam if isinstance(parameters, Adam) else optim.AdamW
            betas = (parameters.beta1, parameters.beta2)
            return kind(
                weights, lr=rate, betas=betas, eps=parameters.eps, weight_decay=decay, fused=True
            )
        case RmsProp():
            return optim.RMSprop(
                weights,
                lr=rate,
                alpha=parameters.alpha,
                eps=parameters.eps,
                weight_decay=decay,
                momentum=parameters.momentum,
                centered=parameters.centered,
            )
        case Adagrad():
            return optim.Adagrad(
                weights,
                lr=rate,
                lr_decay=parameters.lr_decay,
                weight_decay=decay,
                initial_accumulator_value=parameters.initial_sum,
                eps=parameters.eps,
                # Its fused kernel is for the CPU alone, and twice as fast there.
                fused=all(weight.device.type == "cpu" for weight in weights),
            )
    raise TypeError(f"no optimizer for {type(parameters).__name__}")


def _leave_compiler_out() -> None:
    """Spare an optimizer's first use the import of torch's compiler, which takes about 2 s.

    Some of its methods load the compiler only to tell it to keep out of them. They remember what
    it answers on themselves, as `__dynamo_disable`; that answer is given here beforehand. A torch
    that does otherwise loads the compiler as ever.
    """
    from torch.optim import Optimizer

    for name in ("add_param_group", "zero_grad", "state_dict", "load_state_dict"):
        method = getattr(getattr(Optimizer, name), "__wrapped__", None)
        if method is not None:
            method.__dynamo_disable = method


def stepper(optimizer: "torch.optim.Optimizer") -> "Callable[[], None]":
    """Return what takes a step: the optimizer's own, without the wrappers for the compiler."""
    import torch

    step = inspect.unwrap(type(optimizer).step)

    def take() -> None:
        with torch.no_grad():
            step(optimizer)

    return take


def set_rates(optimizer: "torch.optim.Optimizer", rate: float, momentum: float | None) -> None:
    """Set the next step's learning rate, and its momentum (Adam's beta1) where one is given."""
    for group in optimizer.param_groups:
        group["lr"] = rate
        if momentum is None:
            continue
        if "betas" in group:
            group["betas"] = (momentum, group["betas"][1])
        else:
            group["momentum"] = momentum


def learning_rates(
    schedule: ScheduleParameters,
    base: float,
    steps_per_epoch: int,
    first: int,
    count: int,
    *,
    epochs: int,
) -> np.ndarray:
    """Return the learning rates of `count` steps from step `first` (from 0), shape (count,).

    `epochs`: how many there will be in all, which some schedules stretch over.
    """
    steps = np.arange(first, first + count)
    match schedule:
        case Constant():
            return np.full(count, base)
        case CosineRestarts():
            factors: np.ndarray = base * _cosine_restarts(schedule, steps, steps_per_epoch)
            return factors
        case OneCycle():
            low = 1 / schedule.start_div
            last = low / schedule.end_div
            return base * _one_cycle(schedule, steps, steps_per_epoch * epochs, low, 1, last)
    raise TypeError(f"no schedule for {type(schedule).__name__}")


def momenta(
    schedule: ScheduleParameters,
    optimizer: OptimizerParameters,
    steps_per_epoch: int,
    first: int,
    count: int,
    *,
    epochs: int,
) -> np.ndarray | None:
    """Return the momentum of `count` steps from step `first` (from 0), shape (count,).

    None where the schedule leaves it alone, or the optimizer has none.
    """
    if not isinstance(schedule, OneCycle) or not schedule.cycle_momentum:
        return None
    if not (getattr(optimizer, "momentum", 0) or hasattr(optimizer, "beta1")):
        return None
    steps = np.arange(first, first + count)
    high, low = schedule.high_momentum, schedule.low_momentum
    return _one_cycle(schedule, steps, steps_per_epoch * epochs, high, low, high)


def _one_cycle(
    schedule: OneCycle, steps: np.ndarray, total: int, first: float, middle: float, last: float
) -> np.ndarray:
    """Return cosine arcs from `first` to `middle` over the warm-up, then to `last` (Smith 2018).

    The turn is where torch.optim.lr_scheduler.OneCycleLR has it.
    """
    turn, end = schedule.warm_up * total - 1, total - 1
    rising = np.clip(steps / turn, 0, 1) if turn > 0 else np.ones(len(steps))
    falling = np.clip((steps - turn) / max(end - turn, 1e-9), 0, 1)
    up = middle + (first - middle) * _annealed(rising)
    down = last + (middle - last) * _annealed(falling)
    found: np.ndarray = np.where(steps <= turn, up, down)
    return found


def _cosine_restarts(
    schedule: CosineRestarts, steps: np.ndarray, steps_per_epoch: int
) -> np.ndarray:
    """Return the annealing factor of each step: 1 at a cycle's start, towards 0 at its end.

    Loshchilov and Hutter 2017, eq. 5 with a lowest rate of 0, per step as the lesson's `fit`.
    """
    length, mult = schedule.cycle_len * steps_per_epoch, schedule.cycle_mult
    if mult == 1:
        return _annealed((steps % length) / length)
    starts, lengths = [0], [length]
    while len(steps) and starts[-1] + lengths[-1] <= int(steps[-1]):
        starts.append(starts[-1] + lengths[-1])
        lengths.append(lengths[-1] * mult)
    # In whole steps, so that no rounding moves a restart.
    cycle = np.searchsorted(starts, steps, side="right") - 1
    done = steps - np.array(starts)[cycle]
    return _annealed(done / np.array(lengths)[cycle])


def _annealed(share: np.ndarray) -> np.ndarray:
    factors: np.ndarray = 0.5 * (1 + np.cos(np.pi * share))
    return factors
